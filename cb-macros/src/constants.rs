//! Values that are worked out once for the program, and so can depend on nothing that a call has.

use darling::{Error, error::Accumulator};
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, GenericParam, Meta, Token, parse::Parser, punctuated::Punctuated};

use crate::{
    args::Args,
    function::Function,
    value::{find, ungroup},
};

const KEYS: &[&str] = &[
    "max_keys",
    "failure_threshold",
    "failure_rate",
    "slow_call",
    "slow_call_rate",
    "window",
    "min_calls",
    "recovery_timeout",
    "backoff",
    "half_open_max_calls",
    "success_threshold",
    "probe_timeout",
    "reset_timeout",
    "shed",
    "call_timeout",
    "max_concurrent",
    "retry",
];

/// Such a key, and what it has for its value without the parts that are asked at each call.
pub(crate) fn value(entry: &Meta) -> Option<(String, TokenStream)> {
    let key = entry.path().get_ident()?.to_string();
    if !KEYS.contains(&key.as_str()) {
        return None;
    }
    let parts: Vec<Expr> = match entry {
        Meta::Path(_) => return None,
        Meta::List(list) => {
            let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
            parser.parse2(list.tokens.clone()).ok()?.into_iter().collect()
        }
        Meta::NameValue(pair) => match ungroup(&pair.value) {
            Expr::Tuple(tuple) => tuple.elems.iter().cloned().collect(),
            Expr::Paren(one) => vec![(*one.expr).clone()],
            value => vec![value.clone()],
        },
    };
    Some((key, parts.iter().filter_map(once).collect()))
}

/// A part's value without its name; `when` is asked at each call.
fn once(part: &Expr) -> Option<TokenStream> {
    match ungroup(part) {
        Expr::Assign(part) => match &*part.left {
            Expr::Path(name) if name.path.is_ident("when") => None,
            _ => Some(part.right.to_token_stream()),
        },
        value => Some(value.to_token_stream()),
    }
}

/// Refuses what the compiler would refuse in the words of items that nobody has written.
pub(crate) fn check(args: &Args, function: &Function, errors: &mut Accumulator) {
    let mut refuse =
        |span: Span, message: String| errors.push(Error::custom(message).with_span(&span));
    let of_function: Vec<&Ident> = function
        .signature
        .generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    let arguments: Vec<&Ident> = function
        .arguments
        .iter()
        .filter_map(|argument| argument.name().map(|name| &name.ident))
        .collect();
    for (key, value) in &args.constants {
        if let Some(at) = find(value.clone(), "Self") {
            refuse(
                at,
                format!(
                    "`{key}` cannot be reached through `Self`, because it is set apart from any call: write the type's name, as in `MyType::LIMIT`; where the type has parameters, a constant outside of it"
                ),
            );
        } else if let Some(at) = find(value.clone(), "self") {
            refuse(at, of_call(key, "self"));
        } else if let Some((at, name)) = variable(value.clone(), &arguments) {
            refuse(at, of_call(key, &name));
        } else if let Some((at, name)) = variable(value.clone(), &of_function) {
            refuse(
                at,
                format!(
                    "`{key}` is the same for all calls, and `{name}` is what each use of the function has its own of: write a value or a constant"
                ),
            );
        }
    }
}

fn of_call(key: &str, name: &str) -> String {
    format!(
        "`{key}` is the same for all calls, and `{name}` is what each call has its own of: write a value or a constant"
    )
}

/// Where one of the names first stands by itself, and is no part of a path or a field. A block may
/// have names of its own, and is left to the compiler.
fn variable(tokens: TokenStream, names: &[&Ident]) -> Option<(Span, String)> {
    let mut is_part = false;
    for token in tokens {
        match &token {
            TokenTree::Ident(name) if !is_part && names.contains(&name) => {
                return Some((name.span(), name.to_string()));
            }
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                let found = variable(group.stream(), names);
                if found.is_some() {
                    return found;
                }
            }
            _ => {}
        }
        is_part = matches!(&token, TokenTree::Punct(sign) if matches!(sign.as_char(), '.' | ':'));
    }
    None
}
