//! The `#[circuit_breaker]` attribute. Use it through the crate `cb-runtime`, which re-exports it and
//! has what it expands to.

/// Tokens that stand at the attribute and whose local names no code of the user's can see.
macro_rules! code {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}

mod args;
mod constants;
mod expand;
mod fallback;
mod function;
mod judge;
mod keys;
mod locals;
mod passing;
mod runtime;
#[cfg(test)]
mod tests;
mod validate;
mod value;

use darling::Error;
use proc_macro2::{Span, TokenStream};

use crate::{args::Args, function::Function, runtime::Runtime};

// Its documentation is where the user finds it, and where its examples compile: at the re-export, in
// `cb-runtime/src/attribute.md`.
#[allow(missing_docs, reason = "documented at the re-export")]
#[cfg(not(cb_fuzz))]
#[proc_macro_attribute]
pub fn circuit_breaker(
    attribute: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    protect(attribute.into(), item.into()).into()
}

/// The attribute, for the crate `fuzz`, whose library this file is as well: only a crate of macros can
/// have macros.
#[cfg(cb_fuzz)]
pub fn expanded(attribute: TokenStream, item: TokenStream) -> TokenStream {
    protect(attribute, item)
}

/// Every key, with how it is written.
#[cfg(cb_fuzz)]
pub fn keys() -> impl ExactSizeIterator<Item = (&'static str, &'static str)> {
    keys::KEYS.iter().map(|key| (key.name, key.example))
}

/// Reads, checks, and emits the protected function, or else the function as it was beside all that is
/// wrong.
fn protect(attribute: TokenStream, tokens: TokenStream) -> TokenStream {
    let item = match validate::item(&tokens) {
        Ok(item) => item,
        Err(error) => {
            let error = error.into_compile_error();
            return quote::quote!(#error #tokens);
        }
    };
    let mut errors = Error::accumulator();
    let mut args = Args::read(attribute, &mut errors);
    let function = Function::new(item);
    validate::check(&args, &function, &mut errors);
    if function.is_async() {
        args.settings.add_preset();
    }
    match errors.finish() {
        Ok(()) => {
            let runtime = Runtime(args.settings.runtime.clone());
            expand::expand(&args.settings, function, &runtime)
        }
        Err(errors) => {
            let errors = errors.write_errors();
            let untouched = validate::without_attribute(tokens);
            quote::quote!(#errors #untouched)
        }
    }
}

/// Where the user's tokens stand, for what the compiler has to say; with this macro's own names.
fn near(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}
