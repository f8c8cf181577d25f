//! The attribute on settings that it knows, with values of every kind, on functions of every shape: what
//! text made at random seldom gets to.

#![no_main]

#[path = "../answered.rs"]
mod answered;
mod function;
mod value;

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::{Corpus, fuzz_target};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use crate::{function::Function, value::Value};

#[derive(Arbitrary)]
struct Input {
    named: bool,
    settings: Vec<Setting>,
    function: Function,
}

#[derive(Arbitrary)]
struct Setting {
    /// Its place among the keys.
    key: u8,
    written: Written,
}

#[derive(Arbitrary)]
enum Written {
    /// As the messages say that it is written.
    AsShown,
    Alone,
    Is(Value),
    With(Vec<Value>),
}

impl ToTokens for Setting {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let keys = attribute::keys();
        let place = usize::from(self.key) % keys.len();
        let Some((key, example)) = attribute::keys().nth(place) else { return };
        let key = if key == "crate" {
            quote!(crate)
        } else {
            Ident::new(key, Span::call_site()).into_token_stream()
        };
        tokens.extend(match &self.written {
            Written::AsShown => example.parse().unwrap_or_default(),
            Written::Alone => key,
            Written::Is(value) => quote!(#key = #value),
            Written::With(values) => quote!(#key(#(#values),*)),
        });
    }
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let input = Input::arbitrary_take_rest(Unstructured::new(bytes));
    match input {
        Ok(Input { named, settings, function }) if bytes.len() <= answered::LONGEST => {
            let name = named.then(|| quote!(name = "search",));
            let settings = quote!(#name #(#settings),*);
            answered::check(&settings, &function.into_token_stream());
            Corpus::Keep
        }
        _ => Corpus::Reject,
    }
});
