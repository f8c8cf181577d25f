//! `&mut self` for a body after which a fallback has it back.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Expr, ExprAsync, ExprClosure, ExprPath, Item, Macro, Stmt, parse_quote,
    visit::{self, Visit},
    visit_mut::{self, VisitMut},
};

use crate::near;

/// Whether the body has a `move` closure or block with `self` in it, as `#[tracing::instrument]` makes
/// of a body: that takes `self` for good, where all around it only borrows.
pub(super) fn moves_self(statements: &[Stmt]) -> bool {
    let mut found = MovesSelf(false);
    for statement in statements {
        found.visit_stmt(statement);
    }
    found.0
}

struct MovesSelf(bool);

impl Visit<'_> for MovesSelf {
    fn visit_expr_async(&mut self, block: &ExprAsync) {
        self.0 |= block.capture.is_some() && names(block.to_token_stream(), "self");
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_closure(&mut self, closure: &ExprClosure) {
        self.0 |= closure.capture.is_some() && names(closure.to_token_stream(), "self");
        visit::visit_expr_closure(self, closure);
    }

    fn visit_macro(&mut self, call: &Macro) {
        self.0 |= names(call.tokens.clone(), "move") && names(call.tokens.clone(), "self");
    }

    /// An item's `self` is its own.
    fn visit_item(&mut self, _: &Item) {}
}

fn names(tokens: TokenStream, wanted: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == wanted,
        TokenTree::Group(group) => names(group.stream(), wanted),
        _ => false,
    })
}

/// Makes the body say `this` for `self`. Another `self` cannot be made.
pub(super) fn rename_self(statements: &mut [Stmt]) {
    for statement in statements {
        RenameSelf.visit_stmt_mut(statement);
    }
}

struct RenameSelf;

impl VisitMut for RenameSelf {
    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        match path.path.get_ident() {
            Some(name) if name == "self" => path.path = this(name).into(),
            _ => visit_mut::visit_expr_path_mut(self, path),
        }
    }

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        call.tokens = renamed(call.tokens.clone());
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// The same in what is given to a macro, where `self::` is a path all the same.
fn renamed(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut made = TokenStream::new();
    while let Some(token) = tokens.next() {
        let token = match token {
            TokenTree::Ident(name) if name == "self" => {
                let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(colon)) if colon.as_char() == ':');
                TokenTree::Ident(if is_path { name } else { this(&name) })
            }
            TokenTree::Group(group) => {
                let mut inside =
                    proc_macro2::Group::new(group.delimiter(), renamed(group.stream()));
                inside.set_span(group.span());
                TokenTree::Group(inside)
            }
            other => other,
        };
        made.extend([token]);
    }
    made
}

fn this(me: &Ident) -> Ident {
    Ident::new("this", near(me.span()))
}

/// `let __self = self;`, as `#[async_trait]` begins the body, with `self` lent instead of moved.
pub(super) fn lend_self(statements: &mut [Stmt]) {
    let is_self =
        |expression: &Expr| matches!(expression, Expr::Path(path) if path.path.is_ident("self"));
    for statement in statements {
        if let Stmt::Local(local) = statement
            && let Some(init) = &mut local.init
            && is_self(&init.expr)
        {
            let this = &init.expr;
            *init.expr = parse_quote!(&mut *#this);
        }
    }
}
