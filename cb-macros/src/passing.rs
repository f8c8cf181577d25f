//! How arguments get to the fallback: moved where the body never had them, kept, copied or lent where
//! it did.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use crate::{
    fallback::Fallbacks,
    function::{Argument, Function, Receiver, is_parameter},
    locals, near,
    runtime::Runtime,
};

/// The values that fallbacks want, of a function all of whose arguments have names.
pub(crate) struct Values<'a> {
    function: &'a Function,
    /// For each argument, whether a fallback wants it.
    wanted: Vec<bool>,
    /// The body is to borrow `self` instead of moving it, because a fallback has it after the body.
    pub(crate) borrows_self: bool,
    /// `self` goes to a fallback by value.
    moves_self: bool,
}

/// How one value outlives the body.
#[derive(Clone, Copy)]
enum Way {
    Copied,
    Lent,
    Kept,
}

fn way(argument: &Argument) -> Way {
    if argument.is_shared() {
        Way::Copied
    } else if argument.is_exclusive() {
        Way::Lent
    } else {
        Way::Kept
    }
}

impl<'a> Values<'a> {
    pub(crate) fn new(function: &'a Function, fallbacks: &Fallbacks) -> Self {
        let wanted = (0..function.arguments.len())
            .map(|place| fallbacks.0.iter().any(|fallback| fallback.takes(place, function)))
            .collect();
        let uses_self = fallbacks.0.iter().any(|fallback| fallback.uses_self(function));
        let takes_self = fallbacks.0.iter().any(|fallback| fallback.takes_self(function));
        Self {
            function,
            wanted,
            borrows_self: uses_self && function.receiver == Some(Receiver::Exclusive),
            moves_self: takes_self && function.receiver == Some(Receiver::Owned),
        }
    }

    fn wanted(&self) -> impl Iterator<Item = (&'a Ident, &'a Argument)> {
        let arguments = self.function.arguments.iter().zip(&self.wanted);
        arguments
            .filter_map(|(argument, wanted)| wanted.then_some((&argument.name()?.ident, argument)))
    }

    /// The names under which the fallback finds the values.
    pub(crate) fn names(&self) -> Vec<TokenStream> {
        let this = self.moves_self.then(|| code!(this));
        this.into_iter().chain(self.wanted().map(|(name, _)| code!(#name))).collect()
    }

    /// The values, where the body never had them.
    pub(crate) fn given(&self) -> Vec<TokenStream> {
        let me = self.function.self_token();
        let this = self.moves_self.then(|| code!(#me));
        this.into_iter().chain(self.wanted().map(|(name, _)| code!(#name))).collect()
    }

    /// Makes another of each value that the body uses up.
    pub(crate) fn keep(&self, runtime: &Runtime) -> TokenStream {
        let mut tokens = TokenStream::new();
        if self.moves_self {
            let me = self.function.self_token();
            let another = kept_at(me.span(), &code!(#me), runtime, "Keep");
            tokens.extend(code!(let this = #another;));
        }
        for (at, (name, argument)) in self.wanted().enumerate() {
            if let Way::Kept = way(argument) {
                let (kept, value) = (kept(at), self.another(name, argument, runtime));
                tokens.extend(code!(let #kept = #value;));
            }
        }
        tokens
    }

    /// Another of an owned argument's value. What is to be said of its type is said at the type: in
    /// this crate's words, or of a type parameter in the compiler's own, which names the bound.
    fn another(&self, name: &Ident, argument: &Argument, runtime: &Runtime) -> TokenStream {
        another(self.function, name, argument, runtime, "Keep")
    }

    /// Lends the body what it may change, so that the fallback has it back.
    pub(crate) fn lend(&self) -> TokenStream {
        let lent = self.wanted().filter(|(_, argument)| matches!(way(argument), Way::Lent));
        lent.map(|(name, _)| code!(#[allow(clippy::shadow_same)] let #name = &mut *#name;))
            .collect()
    }

    /// The values after the body.
    pub(crate) fn kept(&self) -> Vec<TokenStream> {
        let this = self.moves_self.then(|| code!(this));
        let arguments =
            self.wanted().enumerate().map(|(at, (name, argument))| match way(argument) {
                Way::Copied | Way::Lent => code!(#name),
                Way::Kept => {
                    let kept = kept(at);
                    code!(#kept)
                }
            });
        this.into_iter().chain(arguments).collect()
    }

    /// `self` for one fallback's call, and for the next one's after it if there is one.
    pub(crate) fn receiver(&self, again: bool, runtime: &Runtime) -> Option<TokenStream> {
        let me = self.function.self_token();
        Some(match (self.function.receiver?, again) {
            (Receiver::Shared, _) | (Receiver::Exclusive, false) => code!(#me),
            (Receiver::Exclusive, true) => code!(&mut *#me),
            (Receiver::Owned, false) => code!(this),
            (Receiver::Owned, true) => code!(#runtime::__private::Keep::keep(&this)),
        })
    }

    /// The arguments, by place, for one fallback's call, and for the next one's after it.
    pub(crate) fn arguments(&self, again: bool, runtime: &Runtime) -> Vec<TokenStream> {
        let value = |argument: &Argument| {
            let name = &argument.name()?.ident;
            Some(match (way(argument), again) {
                (Way::Copied, _) | (_, false) => code!(#name),
                (Way::Lent, true) => code!(&mut *#name),
                (Way::Kept, true) => self.another(name, argument, runtime),
            })
        };
        self.function.arguments.iter().map(|argument| value(argument).unwrap_or_default()).collect()
    }
}

/// What one of several attempts is given: another of each value that the body uses up, and what it
/// changes as a loan.
pub(crate) fn attempt(function: &Function, runtime: &Runtime) -> TokenStream {
    let mut tokens = TokenStream::new();
    if let (Some(Receiver::Owned), Some(receiver)) =
        (function.receiver, function.signature.receiver())
    {
        let me = receiver.self_token;
        let another = kept_at(me.span, &code!(#me), runtime, "KeepForRetry");
        let this = Ident::new("this", near(me.span));
        tokens.extend(code!(#[allow(unused_mut, unused_variables)] let mut #this = #another;));
    }
    for name in locals::locals(function) {
        tokens.extend(code! {
            #[allow(unused_mut, unused_variables)]
            let mut #name = #runtime::__private::KeepForRetry::keep(&#name);
        });
    }
    let used = locals::used_in_block(function);
    for argument in &function.arguments {
        let Some(name) = argument.name().map(|name| &name.ident) else { continue };
        if used.as_ref().is_some_and(|used| !used.contains(name)) {
            continue;
        }
        tokens.extend(match way(argument) {
            Way::Copied => continue,
            Way::Lent => {
                code!(#[allow(unused_variables, clippy::shadow_same)] let #name = &mut *#name;)
            }
            Way::Kept => {
                let value = another(function, name, argument, runtime, "KeepForRetry");
                code!(#[allow(unused_variables)] let #name = #value;)
            }
        });
    }
    tokens
}

fn another(
    function: &Function,
    name: &Ident,
    argument: &Argument,
    runtime: &Runtime,
    of_trait: &str,
) -> TokenStream {
    let span = argument.kind.span();
    if is_parameter(&argument.kind, &function.signature) {
        let mut name = name.clone();
        name.set_span(span.resolved_at(name.span()));
        return quote_spanned!(span=> ::core::clone::Clone::clone(&#name));
    }
    kept_at(span, &code!(#name), runtime, of_trait)
}

/// Another of a value. All of it stands at the type, but as this macro's own: of code that is the
/// user's the compiler would advise to borrow, in the place of what this crate has to say.
fn kept_at(span: Span, value: &TokenStream, runtime: &Runtime, of_trait: &str) -> TokenStream {
    let span = near(span);
    let (private, _) = runtime.named_at(span);
    let (of_trait, lent) = (Ident::new(of_trait, span), Ident::new("lent", span));
    quote_spanned! {span=> {
        let #lent = &#value;
        #private::#of_trait::keep(#lent)
    }}
}

/// The name of what is kept of a wanted argument.
fn kept(at: usize) -> Ident {
    Ident::new(&format!("kept_{at}"), Span::mixed_site())
}
