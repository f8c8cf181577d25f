//! The function that asks whether a service is well.

use darling::{FromMeta, Result};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprPath, Ident, Meta, spanned::Spanned};

use super::{Setting, expression, find, kind, written, wrong};
use crate::{function::last_span, runtime::Runtime};

/// The path of an `async fn` without arguments.
pub(crate) struct HealthCheck(ExprPath);

impl FromMeta for HealthCheck {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        match value {
            Expr::Path(path) => match find(path.to_token_stream(), "Self") {
                None => Ok(Self(path.clone())),
                Some(at) => {
                    let last = path.path.segments.last().map(|last| last.ident.to_string());
                    let last = last.unwrap_or_default();
                    let message = format!(
                        "`{key}` cannot be reached through `Self`, because it is run apart from any call: write the type's name, `{key} = MyType::{last}`; where the type has parameters, a function outside of it"
                    );
                    Err(darling::Error::custom(message).with_span(&at))
                }
            },
            Expr::Call(call) => Err(wrong(
                value,
                format!(
                    "this calls the check, which is the breaker's to call: give it the function itself (`{key} = {}`)",
                    written(&call.func)
                ),
            )),
            other => Err(wrong(
                other,
                format!(
                    "`{key}` takes the path of an `async fn() -> Result<(), E>`, found {}",
                    kind(other)
                ),
            )),
        }
    }
}

impl Setting for HealthCheck {
    fn value(&self, runtime: &Runtime) -> TokenStream {
        let name = written(&self.0);
        code!(#runtime::HealthCheck::new(#name, circuit_breaker_health))
    }

    /// For `health_check = ping` it is
    ///
    /// ```text
    /// fn circuit_breaker_health() -> HealthFuture {
    ///     fn circuit_breaker_health_check<R, F: FnOnce() -> R>(check: F) -> R {
    ///         check()
    ///     }
    ///     checked(async move {
    ///         match Health::health(Check::begin(circuit_breaker_health_check::<_, _>(ping)).await) {
    ///             Ok(()) => Ok(()),
    ///             Err(error) => Err((&&&Describe(&error)).circuit_breaker_text()),
    ///         }
    ///     })
    /// }
    /// ```
    ///
    /// The small function is there for what the compiler says of a function with arguments, as with
    /// fallbacks.
    fn check(&self, runtime: &Runtime) -> TokenStream {
        let path = &self.0;
        let span = path.path.segments.last().map_or_else(|| path.span(), |last| last.ident.span());
        let last = last_span(path);
        let (private, _) = runtime.named_at(span);
        let chosen = Ident::new("circuit_breaker_chosen", span);
        let name = Ident::new("circuit_breaker_health_check", span);
        let close = quote_spanned!(last=> >);
        let argument = quote_spanned!(last=> (#chosen));
        let call = quote_spanned!(span=> #name::<_, _ #close #argument);
        let describe = code!({
            use #runtime::__private::{ByDebug as _, ByDisplay as _, ByNothing as _};
            (&&&#runtime::__private::Describe(&error)).circuit_breaker_text()
        });
        let error = code!(error);
        let body = quote_spanned! {span=>
            fn #name<R, F: ::core::ops::FnOnce() -> R>(check: F) -> R {
                check()
            }
            #private::checked(async move {
                match #private::Health::health(#private::Check::begin(#call).await) {
                    ::core::result::Result::Ok(()) => ::core::result::Result::Ok(()),
                    ::core::result::Result::Err(#error) => ::core::result::Result::Err(#describe),
                }
            })
        };
        code! {
            fn circuit_breaker_health() -> #runtime::HealthFuture {
                let #chosen = #path;
                #body
            }
        }
    }
}
