//! The values of settings: what each may be, and what is said when it is something else.

use std::time::Duration;

use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprLit, ExprUnary, Ident, Lit, LitStr, Meta, UnOp, spanned::Spanned};

use crate::keys;

pub(crate) fn wrong(at: &impl Spanned, message: impl std::fmt::Display) -> Error {
    Error::custom(message).with_span(&at.span())
}

/// The expression after `key =`. A key without one, or with a list, is told how it is written.
pub(crate) fn expression(item: &Meta) -> Result<(String, &Expr)> {
    let key = item.path().to_token_stream().to_string();
    match item {
        Meta::NameValue(pair) => Ok((key, ungroup(&pair.value))),
        Meta::Path(_) | Meta::List(_) => {
            let example = keys::find(&key).map_or("", |key| key.example);
            Err(wrong(item.path(), format!("`{key}` takes a value: write `{example}`")))
        }
    }
}

/// A value that came through a `macro_rules!` variable is wrapped in a group that cannot be seen.
pub(crate) fn ungroup(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}

/// What a value is, in the words of a message.
pub(crate) fn kind(value: &Expr) -> &'static str {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Str(_) => "a string",
            Lit::Int(_) => "a whole number",
            Lit::Float(_) => "a number with a fraction",
            Lit::Bool(_) => "a `bool`",
            Lit::Char(_) => "a character",
            _ => "a byte string",
        },
        Expr::Closure(_) => "a closure",
        Expr::Array(_) => "a list",
        Expr::Tuple(_) => "a tuple",
        _ => "an expression",
    }
}

/// A value that the compiler works out.
fn is_computed(value: &Expr) -> bool {
    !matches!(
        value,
        Expr::Lit(_)
            | Expr::Unary(_)
            | Expr::Closure(_)
            | Expr::Array(_)
            | Expr::Tuple(_)
            | Expr::Async(_)
            | Expr::Verbatim(_)
    )
}

fn string<'a>(key: &str, value: &'a Expr) -> Result<&'a LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text),
        other => {
            Err(wrong(other, format!("`{key}` takes a string literal, found {}", kind(other))))
        }
    }
}

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
pub(crate) struct Text(pub(crate) LitStr);

impl FromMeta for Text {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        let literal = string(&key, value)?;
        if literal.value().is_empty() {
            return Err(wrong(literal, format!("`{key}` is empty: leave it out if there is none")));
        }
        Ok(Self(literal.clone()))
    }
}

/// On if it is written.
pub(crate) struct Flag(pub(crate) bool);

impl FromMeta for Flag {
    fn from_meta(item: &Meta) -> Result<Self> {
        let key = item.path().to_token_stream().to_string();
        match item {
            Meta::Path(_) => Ok(Self(true)),
            Meta::NameValue(pair) => match ungroup(&pair.value) {
                Expr::Lit(ExprLit { lit: Lit::Bool(on), .. }) => Ok(Self(on.value)),
                other => Err(wrong(
                    other,
                    format!(
                        "`{key}` is a flag: write it alone, or with `= true` or `= false`; found {}",
                        kind(other)
                    ),
                )),
            },
            Meta::List(list) => {
                Err(wrong(&list.path, format!("`{key}` is a flag: write it alone")))
            }
        }
    }
}

/// `true` or `false`, or a constant.
pub(crate) struct Switch(pub(crate) Expr);

impl FromMeta for Switch {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        let is_bool = matches!(value, Expr::Lit(ExprLit { lit: Lit::Bool(_), .. }));
        if is_bool
            || is_computed(value)
            || matches!(value, Expr::Unary(ExprUnary { op: UnOp::Not(_), .. }))
        {
            Ok(Self(value.clone()))
        } else {
            Err(wrong(value, format!("`{key}` takes `true` or `false`, found {}", kind(value))))
        }
    }
}

/// A value for one of the builder's setters.
pub(crate) trait Setting: ToTokens {
    /// What the compiler is to check of it.
    fn check(&self) -> TokenStream {
        TokenStream::new()
    }
}

impl Setting for Text {}
impl Setting for Flag {}
impl Setting for Switch {}

/// A whole number of at least 1, of type `u32`.
pub(crate) struct Count {
    value: TokenStream,
    check: TokenStream,
}

impl FromMeta for Count {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        let too_small =
            |found: String| wrong(value, format!("`{key}` must be at least 1, but is {found}"));
        match value {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
                let out_of_range = |_| {
                    let message = format!("`{key}` must be at most {}, but is {number}", u32::MAX);
                    wrong(value, message)
                };
                if !matches!(number.suffix(), "" | "u32") {
                    return Err(wrong(
                        value,
                        format!("`{key}` is a `u32`: write `{}`", number.base10_digits()),
                    ));
                }
                match number.base10_parse::<u32>().map_err(out_of_range)? {
                    0 => Err(too_small("0".to_owned())),
                    number => {
                        let value = quote_spanned!(value.span()=> #number);
                        Ok(Self { value, check: TokenStream::new() })
                    }
                }
            }
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. })
                if matches!(**expr, Expr::Lit(_)) =>
            {
                Err(too_small(value.to_token_stream().to_string().replace(' ', "")))
            }
            other if is_computed(other) => {
                let constant =
                    Constant::new(&key, other, &code!(u32), &code!(value >= 1), "at least 1");
                Ok(Self { value: constant.name.to_token_stream(), check: constant.check })
            }
            other => Err(wrong(
                other,
                format!("`{key}` takes a whole number of at least 1, found {}", kind(other)),
            )),
        }
    }
}

impl ToTokens for Count {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.value.to_tokens(tokens);
    }
}

impl Setting for Count {
    fn check(&self) -> TokenStream {
        self.check.clone()
    }
}

/// A value that is worked out by the compiler, which checks it and complains at the value.
struct Constant {
    name: Ident,
    check: TokenStream,
}

impl Constant {
    fn new(key: &str, value: &Expr, kind: &TokenStream, holds: &TokenStream, bound: &str) -> Self {
        // Names of constants are seen by the user's expressions too.
        let name = format!("CIRCUIT_BREAKER_{}", key.to_uppercase());
        let name = Ident::new(&name, Span::mixed_site());
        let message = format!("`{key}` must be {bound}");
        let panic = quote_spanned!(value.span()=> ::core::panic!(#message));
        let check = code! {
            const #name: #kind = #value;
            const _: () = { let value = #name; if !(#holds) { #panic } };
        };
        Self { name, check }
    }
}

/// A length of time above zero, of type `Duration`.
pub(crate) struct Length {
    value: TokenStream,
    check: TokenStream,
}

impl FromMeta for Length {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        let zero = || wrong(value, format!("`{key}` must be longer than zero"));
        match value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let written = text.value();
                let length = humantime::parse_duration(&written).map_err(|problem| {
                    let message = format!(
                        "{written:?} is no duration: {problem}; write it like `\"250ms\"`, `\"30s\"` or `\"1m 30s\"`"
                    );
                    wrong(value, message)
                })?;
                if length.is_zero() {
                    return Err(zero());
                }
                Ok(Self { value: tokens_of(length, value), check: TokenStream::new() })
            }
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
                let digits = number.base10_digits();
                let message = format!(
                    "`{key}` takes a duration, and a number alone says no unit: write `\"{digits}s\"` or `\"{digits}ms\"`"
                );
                Err(wrong(value, message))
            }
            other if is_computed(other) => {
                let kind = code!(::core::time::Duration);
                let constant =
                    Constant::new(&key, other, &kind, &code!(!value.is_zero()), "longer than zero");
                Ok(Self { value: constant.name.to_token_stream(), check: constant.check })
            }
            other => Err(wrong(
                other,
                format!(
                    "`{key}` takes a duration such as `\"30s\"`, or a constant of type `Duration`; found {}",
                    kind(other)
                ),
            )),
        }
    }
}

fn tokens_of(length: Duration, value: &Expr) -> TokenStream {
    let (seconds, nanos) = (length.as_secs(), length.subsec_nanos());
    quote_spanned!(value.span()=> ::core::time::Duration::new(#seconds, #nanos))
}

impl ToTokens for Length {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.value.to_tokens(tokens);
    }
}

impl Setting for Length {
    fn check(&self) -> TokenStream {
        self.check.clone()
    }
}

/// A pattern over the error type, with a guard or without.
pub(crate) struct Pattern(pub(crate) TokenStream);

impl FromMeta for Pattern {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (_, value) = expression(item)?;
        Ok(Self(value.to_token_stream()))
    }
}

/// Code of the user's own, for the compiler to judge.
pub(crate) struct Code(pub(crate) Expr);

impl FromMeta for Code {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (_, value) = expression(item)?;
        Ok(Self(value.clone()))
    }
}

/// What a call counts as that its caller dropped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancelled {
    Ignore,
    Failure,
}

impl FromMeta for Cancelled {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        match string(&key, value)?.value().as_str() {
            "ignore" => Ok(Self::Ignore),
            "failure" => Ok(Self::Failure),
            other => Err(wrong(
                value,
                format!("`{key}` is `\"ignore\"` (the default) or `\"failure\"`, found {other:?}"),
            )),
        }
    }
}

/// Which non-answers the fallback stands in for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FallbackOn {
    Any,
    Rejected,
    Failed,
}

impl FromMeta for FallbackOn {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        match string(&key, value)?.value().as_str() {
            "any" => Ok(Self::Any),
            "rejected" => Ok(Self::Rejected),
            "failed" => Ok(Self::Failed),
            other => Err(wrong(
                value,
                format!(
                    "`{key}` is `\"any\"` (the default), `\"rejected\"` or `\"failed\"`, found {other:?}"
                ),
            )),
        }
    }
}

impl ToTokens for Text {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

impl ToTokens for Flag {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

impl ToTokens for Switch {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
