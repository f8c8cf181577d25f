//! Names and other strings.

use darling::{FromMeta, Result};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{LitStr, Meta};

use super::{Setting, expression, string, wrong};
use crate::runtime::Runtime;

/// The breaker's name.
pub(crate) struct Name(pub(crate) LitStr);

impl FromMeta for Name {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        let literal = string(&key, value)?;
        let name = literal.value();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
        if name.is_empty() {
            return Err(wrong(
                literal,
                "the name is empty: give the breaker one of 1 to 128 characters",
            ));
        }
        if let Some(c) = name.chars().find(|&c| !allowed(c)) {
            let message = format!(
                "the name has {c:?} in it: a breaker's name is made of letters (a to z, A to Z), digits and `_ - . : /`"
            );
            return Err(wrong(literal, message));
        }
        if name.len() > 128 {
            let message = format!("the name has {} characters: 128 are the most", name.len());
            return Err(wrong(literal, message));
        }
        Ok(Self(literal.clone()))
    }
}

/// A string of the user's own.
pub(crate) struct Text(LitStr);

impl FromMeta for Text {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        let literal = string(&key, value)?;
        if literal.value().trim().is_empty() {
            return Err(wrong(literal, format!("`{key}` is empty: leave it out if there is none")));
        }
        Ok(Self(literal.clone()))
    }
}

impl Text {
    pub(crate) fn text(&self) -> String {
        self.0.value()
    }
}

impl Setting for Text {
    fn value(&self, _: &Runtime) -> TokenStream {
        self.0.to_token_stream()
    }
}
