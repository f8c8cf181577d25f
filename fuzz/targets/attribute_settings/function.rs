//! Functions of every shape, and some things that are none.

use arbitrary::Arbitrary;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};

#[derive(Arbitrary)]
pub(crate) struct Function {
    attributes: Vec<Attribute>,
    public: bool,
    qualifiers: [Option<Qualifier>; 2],
    asynchronous: bool,
    raw_name: bool,
    generics: Generics,
    receiver: Option<Receiver>,
    arguments: Vec<(Pattern, Type)>,
    returns: Returns,
    body: Body,
}

#[derive(Arbitrary)]
enum Attribute {
    Doc,
    Instrument,
    AnotherBreaker,
    Inside,
}

#[derive(Arbitrary)]
enum Qualifier {
    Const,
    Unsafe,
    Extern,
}

#[derive(Arbitrary)]
enum Generics {
    None,
    Lifetime,
    All,
}

#[derive(Arbitrary)]
enum Receiver {
    Shared,
    SharedFor,
    Exclusive,
    Owned,
    OwnedMut,
    Counted,
    Pinned,
    TypedShared,
}

#[derive(Arbitrary)]
pub(crate) enum Pattern {
    Name,
    Underscored,
    RawName,
    This,
    Mutable,
    ByReference,
    Wild,
    Rest,
    Tuple(Vec<Pattern>),
    Struct(Box<Pattern>),
    Variant(Vec<Pattern>),
    Bound(Box<Pattern>),
    Reference(Box<Pattern>),
    Literal(u8),
    Range,
    Or(Vec<Pattern>),
    Macro,
}

#[derive(Arbitrary)]
enum Type {
    Plain,
    Parameter,
    Text,
    Shared(Box<Type>),
    Exclusive(Box<Type>),
    ImplTrait,
    Tuple(Vec<Type>),
    Pointer,
    Inferred,
    Macro,
    /// As it comes through a variable of `macro_rules!`.
    Handed(Box<Type>),
    Variadic,
}

#[derive(Arbitrary)]
enum Returns {
    Nothing,
    Never,
    Unit,
    Plain(Type),
    Result(Type),
    Alias(Type),
    Parameter,
    Opaque,
    Future(Type),
    Boxed(Type),
    BoxFuture(Type),
    Handed(Box<Returns>),
}

#[derive(Arbitrary)]
enum Body {
    Empty,
    Answer,
    OfSelf,
    Tried,
    AsyncBlock,
    MovedBlock,
    Boxed,
    BoxedAfterMore,
    AsyncTrait,
    MovedClosure,
    Macro,
    Inside,
    Missing,
    Struct,
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        if let Body::Struct = self.body {
            tokens.extend(quote!(
                struct S {
                    x: u8,
                }
            ));
            return;
        }
        let Self { attributes, qualifiers, generics, arguments, returns, body, .. } = self;
        let public = self.public.then(|| quote!(pub(crate)));
        let asynchronous = self.asynchronous.then(|| quote!(async));
        let qualifiers = qualifiers.iter().flatten();
        let name = if self.raw_name { quote!(r#match) } else { quote!(f) };
        let (generics, clause) = match generics {
            Generics::None => (quote!(), quote!()),
            Generics::Lifetime => (quote!(<'a>), quote!()),
            Generics::All => (
                quote!(<'a, T: Trait<'a> + ?Sized, const N: usize>),
                quote!(where Self: 'a, T: Clone),
            ),
        };
        let receiver = self.receiver.iter();
        let arguments = arguments.iter().map(|(pattern, kind)| quote!(#pattern: #kind));
        tokens.extend(quote! {
            #(#attributes)* #public #asynchronous #(#qualifiers)* fn #name #generics
            (#(#receiver,)* #(#arguments),*) #returns #clause #body
        });
    }
}

impl ToTokens for Attribute {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Doc => quote!(#[doc = "Does it."]),
            Self::Instrument => quote!(#[tracing::instrument(skip_all)]),
            Self::AnotherBreaker => quote!(#[cb_runtime::circuit_breaker(name = "other")]),
            Self::Inside => quote!(#[cfg_attr(test, allow(unused))]),
        });
    }
}

impl ToTokens for Qualifier {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Const => quote!(const),
            Self::Unsafe => quote!(unsafe),
            Self::Extern => quote!(extern "C"),
        });
    }
}

impl ToTokens for Receiver {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Shared => quote!(&self),
            Self::SharedFor => quote!(&'a self),
            Self::Exclusive => quote!(&mut self),
            Self::Owned => quote!(self),
            Self::OwnedMut => quote!(mut self),
            Self::Counted => quote!(self: Arc<Self>),
            Self::Pinned => quote!(mut self: Pin<&mut Self>),
            Self::TypedShared => quote!(self: &Self),
        });
    }
}

impl ToTokens for Pattern {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Name => quote!(a),
            Self::Underscored => quote!(_a),
            Self::RawName => quote!(r#type),
            Self::This => quote!(this),
            Self::Mutable => quote!(mut a),
            Self::ByReference => quote!(ref mut a),
            Self::Wild => quote!(_),
            Self::Rest => quote!(..),
            Self::Tuple(patterns) => quote!((#(#patterns),*)),
            Self::Struct(pattern) => quote!(S { a: #pattern, .. }),
            Self::Variant(patterns) => quote!(module::Error::Io(#(#patterns),*)),
            Self::Bound(pattern) => quote!(a @ #pattern),
            Self::Reference(pattern) => quote!(&#pattern),
            Self::Literal(number) => number.to_token_stream(),
            Self::Range => quote!(1..=5),
            Self::Or(patterns) => quote!((#(#patterns)|*)),
            Self::Macro => quote!(pattern!()),
        });
    }
}

impl ToTokens for Type {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Plain => quote!(u32),
            Self::Parameter => quote!(T),
            Self::Text => quote!(&'a str),
            Self::Shared(kind) => quote!(&#kind),
            Self::Exclusive(kind) => quote!(&mut #kind),
            Self::ImplTrait => quote!(impl Fn(&str) -> T + Send),
            Self::Tuple(kinds) => quote!((#(#kinds,)*)),
            Self::Pointer => quote!(fn(*const u8) -> !),
            Self::Inferred => quote!(_),
            Self::Macro => quote!(kind!()),
            Self::Handed(kind) => handed(kind.to_token_stream()),
            Self::Variadic => quote!(...),
        });
    }
}

impl ToTokens for Returns {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let kind = match self {
            Self::Nothing => return,
            Self::Handed(inner) => handed(inner.kind()),
            other => other.kind(),
        };
        tokens.extend(quote!(-> #kind));
    }
}

impl Returns {
    fn kind(&self) -> TokenStream {
        match self {
            Self::Nothing | Self::Unit => quote!(()),
            Self::Never => quote!(!),
            Self::Plain(kind) => quote!(#kind),
            Self::Result(kind) => quote!(Result<#kind, E>),
            Self::Alias(kind) => quote!(anyhow::Result<#kind>),
            Self::Parameter => quote!(Result<u8, T>),
            Self::Opaque => quote!(Result<impl Iterator<Item = T> + 'a, impl Error>),
            Self::Future(kind) => quote!(impl Future<Output = Result<#kind, E>> + Send),
            Self::Boxed(kind) => {
                quote!(::core::pin::Pin<Box<dyn Future<Output = #kind> + Send + 'a>>)
            }
            Self::BoxFuture(kind) => quote!(BoxFuture<'_, #kind>),
            Self::Handed(inner) => handed(inner.kind()),
        }
    }
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Empty => quote!({}),
            Self::Answer => quote!({ Ok(a) }),
            Self::OfSelf => quote!({ self.other(a).await }),
            Self::Tried => quote!({
                let b = g(a)?;
                return Err(b.into());
            }),
            Self::AsyncBlock => quote!({ async { Ok(1) } }),
            Self::MovedBlock => quote!({ async move { Ok(a) } }),
            Self::Boxed => quote!({ Box::pin(async move { self.other(a).await }) }),
            Self::BoxedAfterMore => {
                quote!({
                    let a = a + 1;
                    use std::boxed::Box;
                    std::boxed::Box::pin(async move { a })
                })
            }
            Self::AsyncTrait => quote!({
                Box::pin(async move {
                    if let ::core::option::Option::Some(__ret) = None::<u8> {
                        return __ret;
                    }
                    let __self = self;
                    let a = a;
                    __self.other(a).await
                })
            }),
            Self::MovedClosure => quote!({ (move || self.other(a))() }),
            Self::Macro => quote!({
                g!(move |x| self::g(self.x));
            }),
            Self::Inside => quote!(
                {
                    #![allow(unused)]
                    let _ = a;
                }
            ),
            Self::Missing => quote!(;),
            Self::Struct => quote!(),
        });
    }
}

/// In a group that cannot be seen.
fn handed(tokens: TokenStream) -> TokenStream {
    TokenTree::from(Group::new(Delimiter::None, tokens)).into()
}
