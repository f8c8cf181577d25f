//! Stale answers: the last good one for a key, where the service gives none.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Type, spanned::Spanned};

use super::Expansion;
use crate::{
    function::{Receiver, last_span},
    near,
    value::{Setting as _, Stale},
};

/// How many parts a tuple may have to be hashed and compared.
const LARGEST_TUPLE: usize = 12;

impl Expansion<'_> {
    /// What an answer is kept under, and where:
    ///
    /// ```text
    /// let stale = {
    ///     static CIRCUIT_BREAKER_STALE: Memories = Memories::new(1000);
    ///     in_memory::<_, Rate>(
    ///         StaleKey::hashed_key((&KeyOf(&(query))).circuit_breaker_part()),
    ///         &CIRCUIT_BREAKER_STALE,
    ///         calls.max_age(),
    ///     )
    /// };
    /// ```
    ///
    /// The key is made before the call, which has the arguments after it.
    pub(super) fn stale(&self) -> TokenStream {
        let Self { settings, runtime, .. } = self;
        let Some(stale) = &settings.stale_if_error else { return TokenStream::new() };
        let age = code!(calls.max_age());
        let (check, capacity) = match &stale.capacity {
            Some(capacity) => (capacity.check(runtime), capacity.value(runtime)),
            None => (TokenStream::new(), code!(1_000)),
        };
        let key = self.stale_key(stale);
        // A store is more than this block's: it is lent to all that follows.
        let (before, made) = match &stale.store {
            Some(store) => {
                // Both stand at the store, where the compiler is to say what is wrong with its type.
                let span = store.span();
                let (private, _) = runtime.named_at(span);
                let (lent, good) = (Ident::new("store", near(span)), self.judge().good());
                let made = quote_spanned!(span=> #private::in_store::<_, #good, _>);
                (code!(let #lent = &(#store);), code!(#made(#key, #lent, #age)))
            }
            None => {
                let memories = code! {{
                    static CIRCUIT_BREAKER_STALE: #runtime::__private::Memories =
                        #runtime::__private::Memories::new(#capacity);
                    CIRCUIT_BREAKER_STALE.seen_from(|| {})
                }};
                let good = self.judge().good();
                let output = &self.function.output;
                let (private, _) = runtime.named_at(output.span);
                let given = quote_spanned!(output.last=> >(#key, #memories, #age));
                let made = quote_spanned!(output.span=> #private::in_memory::<_, #good #given);
                (TokenStream::new(), made)
            }
        };
        let made = code!({ #check #made });
        let made = match settings.enabled {
            Some(_) => {
                code!(if enabled { ::core::option::Option::Some(#made) } else { ::core::option::Option::None })
            }
            None => code!(::core::option::Option::Some(#made)),
        };
        code! {
            #before
            // A key of nothing is `()`.
            #[allow(clippy::unused_unit)]
            let stale = #made;
        }
    }

    fn stale_key(&self, stale: &Stale) -> TokenStream {
        let runtime = self.runtime;
        let import = code! {
            #[allow(unused_imports)]
            use #runtime::__private::{KeyByReference as _, KeyByValue as _};
        };
        let parts: Vec<TokenStream> = match &stale.key {
            Some(Expr::Tuple(tuple)) => tuple.elems.iter().map(|part| self.part(part)).collect(),
            Some(key) => vec![self.part(key)],
            None => self.receiver_part().into_iter().chain(self.argument_parts()).collect(),
        };
        let bound = stale.key.as_ref().map(|_| self.bound());
        let key = match parts.as_slice() {
            [only] => only.clone(),
            // No tuple of more has `Hash` and `Eq`, but one of tuples has.
            parts if parts.len() > LARGEST_TUPLE => {
                let tuples = parts.chunks(LARGEST_TUPLE).map(|parts| code!((#(#parts,)*)));
                code!((#(#tuples,)*))
            }
            parts => code!((#(#parts,)*)),
        };
        code!({ #import #bound #key })
    }

    fn part(&self, part: &Expr) -> TokenStream {
        let span = part.span();
        let (private, _) = self.runtime.named_at(span);
        let last = last_span(part);
        let part = quote_spanned!(span=> (&#private::KeyOf(&(#part))).circuit_breaker_part());
        self.owned(span, last, "StaleKey", &part)
    }

    fn argument_parts(&self) -> impl Iterator<Item = TokenStream> {
        self.function.arguments.iter().filter_map(|argument| {
            let kind = match &argument.kind {
                Type::Reference(reference) => &reference.elem,
                kind => kind,
            };
            let span = kind.span();
            let mut name = argument.name()?.ident.clone();
            name.set_span(span.resolved_at(name.span()));
            let (private, _) = self.runtime.named_at(span);
            let part = quote_spanned!(span=> (&#private::KeyOf(&#name)).circuit_breaker_part());
            Some(self.owned(span, span, "StaleKey", &part))
        })
    }

    /// Answers of one `self` are not those of another.
    fn receiver_part(&self) -> Option<TokenStream> {
        let receiver = self.function.signature.receiver()?;
        let me = receiver.self_token;
        let lent = match self.function.receiver? {
            Receiver::Shared | Receiver::Exclusive => quote_spanned!(me.span=> &*#me),
            Receiver::Owned => quote_spanned!(me.span=> &#me),
        };
        Some(self.owned(me.span, me.span, "StaleSelf", &lent))
    }

    /// A part of the key to keep. What is to be said of its type is said of all that is from the one
    /// place to the other.
    fn owned(&self, span: Span, last: Span, of_trait: &str, part: &TokenStream) -> TokenStream {
        let stale = self.settings.stale_if_error.as_ref();
        let in_memory = stale.is_some_and(|stale| stale.store.is_none());
        let method = if in_memory { "hashed_key" } else { "owned_key" };
        let (private, _) = self.runtime.named_at(span);
        let (of_trait, method) = (Ident::new(of_trait, span), Ident::new(method, last));
        let part = quote_spanned!(last=> (#part));
        quote_spanned!(span=> #private::#of_trait::#method #part)
    }

    /// `answer`, of which another is kept if it is a good one.
    pub(super) fn kept_answer(&self) -> TokenStream {
        let Some(stale) = &self.settings.stale_if_error else { return code!(answer) };
        let (runtime, (good, _), another) =
            (self.runtime, self.judge().good_parts(), self.another());
        let keep = if stale.store.is_some() { code!(keep) } else { code!(keep_in_memory) };
        code!(#runtime::__private::#keep(stale, answer, #good, #another))
    }

    /// Returns the stale answer, if there is one.
    pub(super) fn stale_answer(&self) -> TokenStream {
        let Some(stale) = &self.settings.stale_if_error else { return TokenStream::new() };
        let (runtime, (_, of)) = (self.runtime, self.judge().good_parts());
        let found = if stale.store.is_some() {
            code!(#runtime::__private::look_up(&stale, site.core()).await)
        } else {
            let another = self.another();
            code!(#runtime::__private::find(&stale, site.core(), #another))
        };
        code! {
            if let ::core::option::Option::Some(good) = #found {
                return (#of)(good);
            }
        }
    }

    /// What makes another of a good answer: what is said of its type is said at the type.
    fn another(&self) -> TokenStream {
        let output = &self.function.output;
        let (private, _) = self.runtime.named_at(output.span);
        let good = self.judge().good();
        let close = quote_spanned!(output.last=> >);
        quote_spanned!(output.span=> #private::another::<#good #close)
    }
}
