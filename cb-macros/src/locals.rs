//! What an `async` block at the end of a plain `fn` finds bound before it.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    PatIdent, Stmt,
    visit::{self, Visit},
};

use crate::function::{Function, Kind};

/// The names in an `async` block, where something comes before it that may have used up the others.
pub(crate) fn used_in_block(function: &Function) -> Option<HashSet<Ident>> {
    let Kind::AsyncBlock(block) = &function.kind else { return None };
    if block.before.is_empty() {
        return None;
    }
    let mut used = HashSet::new();
    for statement in &block.statements {
        names(statement.to_token_stream(), &mut used);
    }
    Some(used)
}

/// The variables that are bound before an `async` block and used in it.
pub(crate) fn locals(function: &Function) -> Vec<Ident> {
    let (Kind::AsyncBlock(block), Some(used)) = (&function.kind, used_in_block(function)) else {
        return Vec::new();
    };
    let mut bound = Bound(Vec::new());
    for statement in &block.before {
        if let Stmt::Local(local) = statement {
            bound.visit_pat(&local.pat);
        }
    }
    let is_argument = |name: &Ident| {
        let mut arguments = function.arguments.iter().filter_map(|argument| argument.name());
        arguments.any(|own| own.ident == *name)
    };
    let mut locals: Vec<Ident> = Vec::new();
    for name in bound.0 {
        if used.contains(&name) && !is_argument(&name) && !locals.contains(&name) {
            locals.push(name);
        }
    }
    locals
}

/// The names among tokens, those within strings too, which may be formatted.
fn names(tokens: TokenStream, found: &mut HashSet<Ident>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                found.insert(name);
            }
            TokenTree::Group(group) => names(group.stream(), found),
            TokenTree::Literal(text) => {
                let text = text.to_string();
                let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                found.extend(words.filter_map(|word| syn::parse_str::<Ident>(word).ok()));
            }
            TokenTree::Punct(_) => {}
        }
    }
}

/// The names that a pattern binds.
struct Bound(Vec<Ident>);

impl Visit<'_> for Bound {
    fn visit_pat_ident(&mut self, name: &PatIdent) {
        self.0.push(name.ident.clone());
        visit::visit_pat_ident(self, name);
    }
}
