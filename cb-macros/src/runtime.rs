//! The path of the runtime crate, as an expansion names it.

use darling::{FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Meta, Path};

use crate::value::{expression, kind, wrong};

/// Where the runtime crate is, if not where it is by default.
#[derive(Clone)]
pub(crate) struct RuntimePath(Path);

impl FromMeta for RuntimePath {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (_, value) = expression(item)?;
        match value {
            Expr::Path(path) if path.qself.is_none() && is_module(&path.path) => {
                Ok(Self(path.path.clone()))
            }
            other => Err(wrong(
                other,
                format!(
                    "`crate` takes the path of `cb_runtime`, such as `crate = my_facade::cb_runtime`; found {}",
                    kind(other)
                ),
            )),
        }
    }
}

/// Whether a path may lead to a module.
fn is_module(path: &Path) -> bool {
    path.segments.iter().all(|segment| segment.arguments.is_none() && segment.ident != "Self")
}

/// The runtime crate's path.
#[derive(Clone, Default)]
pub(crate) struct Runtime(pub(crate) Option<RuntimePath>);

impl Runtime {
    /// The paths of the module that expansions name and of `CircuitError`, standing at the user's own
    /// tokens: an error in what they are part of is then shown there and not at the attribute.
    pub(crate) fn named_at(&self, span: Span) -> (TokenStream, TokenStream) {
        let runtime = match &self.0 {
            Some(RuntimePath(path)) => quote_spanned!(span=> #path),
            None => quote_spanned!(span=> ::cb_runtime),
        };
        (quote_spanned!(span=> #runtime::__private), quote_spanned!(span=> #runtime::CircuitError))
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match &self.0 {
            Some(RuntimePath(path)) => code!(#path),
            None => code!(::cb_runtime),
        });
    }
}
