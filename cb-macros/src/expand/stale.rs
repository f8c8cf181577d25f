//! Stale answers: the last good one for a key, where the service gives none.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Expr, spanned::Spanned};

use super::Expansion;
use crate::{
    function::Receiver,
    value::{Setting as _, Stale},
};

impl Expansion<'_> {
    /// What an answer is kept under, and where:
    ///
    /// ```text
    /// let stale = {
    ///     static CIRCUIT_BREAKER_STALE: Memories = Memories::new(1000);
    ///     StaleAnswers::new(
    ///         (&KeyOf(&(query))).stale_key(),
    ///         &CIRCUIT_BREAKER_STALE,
    ///         Duration::new(300, 0),
    ///     )
    /// };
    /// ```
    ///
    /// The key is made before the call, which has the arguments after it.
    pub(super) fn stale(&self) -> TokenStream {
        let Self { settings, runtime, .. } = self;
        let Some(stale) = &settings.stale_if_error else { return TokenStream::new() };
        let (check, age) = (stale.check(runtime), stale.max_age.value(runtime));
        let capacity = match &stale.capacity {
            Some(capacity) => capacity.value(runtime),
            None => code!(1_000),
        };
        let key = self.stale_key(stale);
        // A store is more than this block's: it is lent to all that follows.
        let (before, store) = match &stale.store {
            Some(store) => (code!(let store = &(#store);), code!(store)),
            None => {
                let memories = code! {{
                    static CIRCUIT_BREAKER_STALE: #runtime::__private::Memories =
                        #runtime::__private::Memories::new(#capacity);
                    &CIRCUIT_BREAKER_STALE
                }};
                (TokenStream::new(), memories)
            }
        };
        let made = code!({
            #check
            #runtime::__private::StaleAnswers::new(#key, #store, #age)
        });
        let made = match settings.enabled {
            Some(_) => code!(if enabled { ::core::option::Option::Some(#made) } else { ::core::option::Option::None }),
            None => code!(::core::option::Option::Some(#made)),
        };
        code! {
            #before
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
            parts => code!((#(#parts,)*)),
        };
        code!({ #import #bound #key })
    }

    fn part(&self, part: &Expr) -> TokenStream {
        let span = part.span();
        let (private, _) = self.runtime.named_at(span);
        quote_spanned!(span=> (&#private::KeyOf(&(#part))).stale_key())
    }

    fn argument_parts(&self) -> impl Iterator<Item = TokenStream> {
        self.function.arguments.iter().filter_map(|argument| {
            let span = argument.kind.span();
            let mut name = argument.name()?.ident.clone();
            name.set_span(span.resolved_at(name.span()));
            let (private, _) = self.runtime.named_at(span);
            Some(quote_spanned!(span=> (&#private::KeyOf(&#name)).stale_key()))
        })
    }

    /// Answers of one `self` are not those of another.
    fn receiver_part(&self) -> Option<TokenStream> {
        let receiver = self.function.signature.receiver()?;
        let span = receiver.span();
        let (private, _) = self.runtime.named_at(span);
        let me = receiver.self_token;
        let lent = match self.function.receiver? {
            Receiver::Shared | Receiver::Exclusive => code!(&*#me),
            Receiver::Owned => code!(&#me),
        };
        Some(quote_spanned!(span=> #private::StaleSelf::stale_self(#lent)))
    }

    /// `answer`, of which another is kept if it is a good one.
    pub(super) fn kept_answer(&self) -> TokenStream {
        if self.settings.stale_if_error.is_none() {
            return code!(answer);
        }
        let (runtime, judge) = (self.runtime, self.judge());
        let (how, kept) = (judge.how(), judge.kept());
        code!({
            #kept
            #runtime::__private::keep_answer::<#how, _, _, _>(stale, answer)
        })
    }

    /// Returns the stale answer, if there is one.
    pub(super) fn stale_answer(&self) -> TokenStream {
        let Some(stale) = &self.settings.stale_if_error else { return TokenStream::new() };
        let (runtime, how) = (self.runtime, self.judge().how());
        let (private, kind) = (code!(#runtime::__private), &self.function.output.annotation);
        let found = match stale.store {
            Some(_) => code!(#private::look_up::<#how, _, _, #kind>(&stale, site.core()).await),
            None => code!(#private::find::<#how, _, #kind>(&stale, site.core())),
        };
        code! {
            if let ::core::option::Option::Some(answer) = #found {
                return answer;
            }
        }
    }
}
