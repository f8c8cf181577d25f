//! A value that is worked out by the compiler, which checks it and complains at the value.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Ident, spanned::Spanned};

use super::Setting;
use crate::runtime::Runtime;

/// A constant of the expansion's own for an expression of the user's.
pub(crate) struct Constant {
    name: Ident,
    value: Box<Expr>,
    /// What the expression stands in, where that is more than itself.
    wrap: fn(&Expr, &Runtime) -> TokenStream,
    kind: fn(&Runtime) -> TokenStream,
    bounds: Vec<Bound>,
}

/// What a constant must keep to.
pub(crate) struct Bound {
    /// Over `value` and, perhaps, the runtime's names.
    pub(crate) holds: fn(&Runtime) -> TokenStream,
    /// What is said where it does not hold.
    pub(crate) message: String,
}

impl Constant {
    pub(crate) fn new(
        key: &str,
        value: &Expr,
        kind: fn(&Runtime) -> TokenStream,
        bounds: Vec<Bound>,
    ) -> Self {
        // Names of constants are seen by the user's expressions too.
        let name = format!("CIRCUIT_BREAKER_{}", key.replace('.', "_").to_uppercase());
        Self {
            name: Ident::new(&name, Span::mixed_site()),
            value: Box::new(value.clone()),
            wrap: |value, _| value.to_token_stream(),
            kind,
            bounds,
        }
    }

    /// The same with the expression inside something.
    pub(crate) fn wrapped(self, wrap: fn(&Expr, &Runtime) -> TokenStream) -> Self {
        Self { wrap, ..self }
    }
}

impl Setting for Constant {
    fn value(&self, _: &Runtime) -> TokenStream {
        self.name.to_token_stream()
    }

    fn check(&self, runtime: &Runtime) -> TokenStream {
        let Self { name, value, wrap, kind, bounds } = self;
        let (kind, span) = (kind(runtime), value.span());
        let value = wrap(value, runtime);
        let bounds = bounds.iter().map(|Bound { holds, message }| {
            let holds = holds(runtime);
            let panic = quote_spanned!(span=> ::core::panic!(#message));
            code!(if !(#holds) { #panic })
        });
        code! {
            const #name: #kind = #value;
            const _: () = { let value = #name; #(#bounds)* };
        }
    }
}

/// A value that is known here, or one that the compiler works out.
pub(crate) enum Known<T> {
    Literal(T),
    Computed(Constant),
}

impl<T> Known<T> {
    /// The value, where it is known here.
    pub(crate) fn literal(&self) -> Option<&T> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Computed(_) => None,
        }
    }

    /// The value's tokens, or the constant's name.
    pub(crate) fn tokens(
        &self,
        literal: impl FnOnce(&T) -> TokenStream,
        runtime: &Runtime,
    ) -> TokenStream {
        match self {
            Self::Literal(value) => literal(value),
            Self::Computed(constant) => constant.value(runtime),
        }
    }

    pub(crate) fn check(&self, runtime: &Runtime) -> TokenStream {
        match self {
            Self::Literal(_) => TokenStream::new(),
            Self::Computed(constant) => constant.check(runtime),
        }
    }
}
