//! Settings of several parts, each written with its name or in its place:
//! `backoff(factor = 2.0, max = "10m")` is `backoff = (2.0, "10m")`.

use darling::{Error, Result};
use proc_macro2::Span;
use quote::ToTokens;
use syn::{
    Expr, ExprAssign, Meta, Token, parse::Parser, parse_quote_spanned, punctuated::Punctuated,
    spanned::Spanned,
};

use super::{is_computed, ungroup, written, wrong};
use crate::keys;

/// The parts that a setting has.
pub(super) struct Parts<const N: usize> {
    /// In the order in which they stand where they are not named.
    pub(super) names: [&'static str; N],
    /// The one that may stand alone, for `= true`.
    pub(super) flag: Option<&'static str>,
    /// The last one, where it always has its name, and how it is written.
    pub(super) only_named: Option<(&'static str, &'static str)>,
    /// What to say beside the names to who wrote another.
    pub(super) hint: fn(&str) -> Option<&'static str>,
}

/// What stands behind the key.
pub(super) enum Written<'a> {
    Parts(Vec<Expr>),
    /// One value that is not in brackets, or a computed one that is.
    One(&'a Expr),
}

/// What is read of the parts.
pub(super) struct Found<const N: usize> {
    /// By their places among the names.
    pub(super) parts: [Option<Part>; N],
    /// Whether a part that is not there was not written: what could not be read may be it.
    pub(super) is_complete: bool,
}

/// One part.
pub(super) struct Part {
    pub(super) value: Expr,
    /// Where its name stands, or else its value.
    pub(super) at: Span,
    /// Its place among those that are written.
    order: usize,
}

/// What stands behind the key, and the key as it is written.
pub(super) fn behind_key(item: &Meta) -> Result<(String, Written<'_>)> {
    let key = item.path().to_token_stream().to_string();
    let found = match item {
        Meta::Path(path) => {
            return Err(wrong(
                path,
                format!("`{key}` takes a value: write `{}`", keys::example(&key)),
            ));
        }
        Meta::List(list) => {
            let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
            Written::Parts(parser.parse2(list.tokens.clone())?.into_iter().collect())
        }
        Meta::NameValue(pair) => match ungroup(&pair.value) {
            Expr::Tuple(tuple) => Written::Parts(tuple.elems.iter().cloned().collect()),
            Expr::Paren(one) if !is_computed(ungroup(&one.expr)) => {
                Written::Parts(vec![(*one.expr).clone()])
            }
            other => Written::One(other),
        },
    };
    Ok((key, found))
}

/// Where the later of two parts stands, of those that are written.
pub(super) fn later(one: Option<&Part>, other: Option<&Part>) -> Option<Span> {
    one.into_iter().chain(other).max_by_key(|part| part.order).map(|part| part.at)
}

impl<const N: usize> Parts<N> {
    /// Finds each part's value. What is wrong with the list goes to `errors`, and the rest is found all
    /// the same.
    pub(super) fn find(
        &self,
        key: &str,
        list: Vec<Expr>,
        errors: &mut darling::error::Accumulator,
    ) -> Found<N> {
        let mut found = Found { parts: [const { None }; N], is_complete: true };
        for (order, part) in list.into_iter().enumerate() {
            let part =
                self.place(key, order, part).and_then(|(place, part)| match &found.parts[place] {
                    None => Ok((place, part)),
                    Some(_) => {
                        let name = self.names[place];
                        let message =
                            format!("`{key}.{name}` is given twice: remove one of the two");
                        Err(Error::custom(message).with_span(&part.at))
                    }
                });
            match errors.handle(part) {
                Some((place, part)) => found.parts[place] = Some(part),
                None => found.is_complete = false,
            }
        }
        found
    }

    /// The place of a part among the names.
    fn place(&self, key: &str, order: usize, part: Expr) -> Result<(usize, Part)> {
        if let Expr::Assign(ExprAssign { left, right, .. }) = part {
            let name = written(&left);
            let place = self.names.iter().position(|part| *part == name);
            let place = place.ok_or_else(|| wrong(&left, self.unknown(key, &name)))?;
            return Ok((place, Part { value: *right, at: left.span(), order }));
        }
        let at = part.span();
        if let Some(place) = self.flag_of(&part) {
            return Ok((place, Part { value: parse_quote_spanned!(at=> true), at, order }));
        }
        match self.only_named {
            // Of what else stands in a wrong place, its value is refused.
            Some((name, example)) if matches!(part, Expr::Closure(_)) => {
                Err(wrong(&part, format!("`{key}.{name}` is written with its name: `{example}`")))
            }
            _ if order < self.unnamed() => Ok((order, Part { value: part, at, order })),
            _ => Err(wrong(&part, self.too_many(key))),
        }
    }

    fn flag_of(&self, part: &Expr) -> Option<usize> {
        let Expr::Path(path) = part else { return None };
        let flag = path.path.get_ident().filter(|name| self.flag.is_some_and(|flag| *name == flag));
        self.names.iter().position(|name| flag.is_some_and(|flag| flag == name))
    }

    /// How many parts may stand without their names.
    fn unnamed(&self) -> usize {
        N - usize::from(self.only_named.is_some())
    }

    fn unknown(&self, key: &str, name: &str) -> String {
        let quoted: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
        let names = match quoted.split_last() {
            Some((last, before)) if !before.is_empty() => {
                format!("{} and {last}", before.join(", "))
            }
            _ => quoted.concat(),
        };
        let hint = (self.hint)(name).map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("`{key}` has no `{name}`: it takes {names}{hint}")
    }

    fn too_many(&self, key: &str) -> String {
        const WORDS: [&str; 7] = ["no", "one", "two", "three", "four", "five", "six"];
        let most = WORDS.get(self.unnamed()).copied().unwrap_or("fewer");
        let most = match self.only_named {
            None => format!("{most} values at most"),
            Some((_, example)) => {
                format!("{most} values at most without names, and `{example}` with its own")
            }
        };
        format!("`{key}` takes {most}: write `{}`", keys::example(key))
    }
}
