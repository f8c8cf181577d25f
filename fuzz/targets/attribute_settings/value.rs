//! Values of settings, right and wrong.

use arbitrary::Arbitrary;
use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote};

use crate::function::Pattern;

/// What may stand behind `key =`.
#[derive(Arbitrary)]
pub(crate) enum Value {
    Text(Text),
    Whole(u64),
    Negative(Box<Value>),
    Fraction(f64),
    Switch(bool),
    Character(char),
    Bytes(Vec<u8>),
    Path(Path),
    Call(Path, Vec<Value>),
    Closure(Closure),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    /// Of a setting that has several.
    Part(Part, Box<Value>),
    Flag(Part),
    Pattern(Vec<Pattern>, Option<Box<Value>>),
    Range(Option<Box<Value>>, Option<Box<Value>>),
    Block(Vec<Value>),
    Never,
    Asynchronous(Box<Value>),
    /// As it comes through a variable of `macro_rules!`: in a group that cannot be seen.
    Handed(Box<Value>),
    Nothing,
}

#[derive(Arbitrary)]
pub(crate) enum Text {
    Name,
    Duration(u64, Unit),
    Any,
    Rejected,
    Failed,
    Failure,
    Ignore,
    Registered,
    Other(String),
}

#[derive(Arbitrary)]
pub(crate) enum Part {
    Factor,
    Max,
    Jitter,
    MaxAttempts,
    Delay,
    MaxDelay,
    When,
    MaxAge,
    Key,
    Capacity,
    Store,
    Elsewhere,
}

#[derive(Arbitrary)]
pub(crate) enum Unit {
    None,
    Nanos,
    Millis,
    Seconds,
    Years,
}

#[derive(Arbitrary)]
pub(crate) enum Path {
    Function,
    Associated,
    Qualified,
    Generic,
    Absolute,
    Constant,
}

#[derive(Arbitrary)]
#[allow(clippy::struct_excessive_bools, reason = "each is a word that is there or not")]
pub(crate) struct Closure {
    asynchronous: bool,
    moves: bool,
    this: bool,
    parameters: Vec<Pattern>,
    typed: bool,
    returns: bool,
    body: Body,
}

#[derive(Arbitrary)]
enum Body {
    Value(Box<Value>),
    Asynchronous(Box<Value>),
    MovedAsynchronous(Box<Value>),
    OfSelf,
    Tried(Box<Value>),
}

impl Text {
    fn value(&self) -> String {
        match self {
            Self::Name => "vector_search".to_owned(),
            Self::Duration(length, unit) => {
                let unit = match unit {
                    Unit::None => "",
                    Unit::Nanos => "ns",
                    Unit::Millis => "ms",
                    Unit::Seconds => "s",
                    Unit::Years => "y",
                };
                format!("{length}{unit}")
            }
            Self::Any => "any".to_owned(),
            Self::Rejected => "rejected".to_owned(),
            Self::Failed => "failed".to_owned(),
            Self::Failure => "failure".to_owned(),
            Self::Ignore => "ignore".to_owned(),
            Self::Registered => "registered".to_owned(),
            Self::Other(text) => text.clone(),
        }
    }
}

impl ToTokens for Part {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Factor => quote!(factor),
            Self::Max => quote!(max),
            Self::Jitter => quote!(jitter),
            Self::MaxAttempts => quote!(max_attempts),
            Self::Delay => quote!(delay),
            Self::MaxDelay => quote!(max_delay),
            Self::When => quote!(when),
            Self::MaxAge => quote!(max_age),
            Self::Key => quote!(key),
            Self::Capacity => quote!(capacity),
            Self::Store => quote!(store),
            Self::Elsewhere => quote!(max_retries),
        });
    }
}

impl ToTokens for Path {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Function => quote!(other),
            Self::Associated => quote!(Self::other),
            Self::Qualified => quote!(<Self as Trait<u8>>::other),
            Self::Generic => quote!(other::<T, 3, { 1 + 2 }>),
            Self::Absolute => quote!(::module::r#type),
            Self::Constant => quote!(crate::LIMIT),
        });
    }
}

impl ToTokens for Closure {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let asynchronous = self.asynchronous.then(|| quote!(async));
        let moves = self.moves.then(|| quote!(move));
        let this = self.this.then(|| quote!(this,));
        let kind = self.typed.then(|| quote!(: &mut T));
        let parameters = self.parameters.iter().map(|pattern| quote!(#pattern #kind));
        let body = self.body.to_token_stream();
        let rest = if self.returns { quote!(-> Result<u8, E> { #body }) } else { body };
        tokens.extend(quote!(#asynchronous #moves |#this #(#parameters),*| #rest));
    }
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Value(value) => value.to_token_stream(),
            Self::Asynchronous(value) => quote!(async { #value }),
            Self::MovedAsynchronous(value) => quote!({ async move { #value } }),
            Self::OfSelf => quote!(self.other(a, cause)),
            Self::Tried(value) => quote!(Ok((#value)?)),
        });
    }
}

impl ToTokens for Value {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Text(text) => text.value().to_token_stream(),
            Self::Whole(number) => Literal::u64_unsuffixed(*number).to_token_stream(),
            Self::Negative(value) => quote!(-#value),
            Self::Fraction(number) if number.is_finite() => {
                Literal::f64_unsuffixed(number.abs()).to_token_stream()
            }
            Self::Fraction(_) | Self::Nothing => TokenStream::new(),
            Self::Switch(on) => on.to_token_stream(),
            Self::Character(c) => c.to_token_stream(),
            Self::Bytes(bytes) => Literal::byte_string(bytes).to_token_stream(),
            Self::Path(path) => path.to_token_stream(),
            Self::Call(path, values) => quote!(#path(#(#values),*)),
            Self::Closure(closure) => closure.to_token_stream(),
            Self::List(values) => quote!([#(#values),*]),
            Self::Tuple(values) => quote!((#(#values),*)),
            Self::Part(part, value) => quote!(#part = #value),
            Self::Flag(part) => part.to_token_stream(),
            Self::Pattern(patterns, guard) => {
                let guard = guard.iter();
                quote!(#(#patterns)|* #(if #guard)*)
            }
            Self::Range(from, to) => {
                let (from, to) = (from.iter(), to.iter());
                quote!(#(#from)* .. #(#to)*)
            }
            Self::Block(values) => quote!({ #(#values);* }),
            Self::Never => quote!(return),
            Self::Asynchronous(value) => quote!(async move { #value.await }),
            Self::Handed(value) => {
                tokens
                    .append(TokenTree::Group(Group::new(Delimiter::None, value.to_token_stream())));
                return;
            }
        });
    }
}
