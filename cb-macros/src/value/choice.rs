//! Values of which there are a few.

use darling::{FromMeta, Result};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, ExprLit, ExprUnary, Lit, Meta, UnOp};

use super::{Setting, expression, is_computed, kind, string, ungroup, wrong};
use crate::runtime::Runtime;

/// On if it is written.
pub(crate) struct Flag(bool);

impl Flag {
    pub(crate) fn is_on(&self) -> bool {
        self.0
    }
}

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

impl Setting for Flag {
    fn value(&self, _: &Runtime) -> TokenStream {
        self.0.to_token_stream()
    }
}

/// `true` or `false`, or a constant.
pub(crate) struct Switch(Expr);

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

impl Setting for Switch {
    fn value(&self, _: &Runtime) -> TokenStream {
        self.0.to_token_stream()
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
