//! The body, as what the breaker runs.

use proc_macro2::TokenStream;
use syn::{Expr, Stmt, Type, parse_quote};

use super::Expansion;
use crate::{
    function::{Kind, Receiver},
    value::{Cancelled, Setting as _},
};

impl Expansion<'_> {
    /// Makes the call; `held` is what the breaker gave for it.
    pub(super) fn call(&self, again: bool) -> TokenStream {
        let Self { settings, runtime, function, lead } = self;
        let judge = self.judge().closure();
        let held = match settings.cancelled {
            Some(Cancelled::Failure) => code!(held.drop_is_failure()),
            Some(Cancelled::Ignore) | None => code!(held),
        };
        let kind = &function.output.annotation;
        let edge = typed_edge(kind);
        // Where the fallback comes after the body, `&mut self` is lent to it and not given away.
        let lent = again && function.receiver == Some(Receiver::Exclusive);
        let capture = if lent { code!() } else { code!(move) };
        let claim = if lent { self.claim() } else { code!() };
        match &function.kind {
            Kind::Plain => {
                let statements = &function.body.stmts;
                code! {
                    #runtime::__private::run(
                        #held,
                        #capture || -> #kind { #claim #(#lead)* #(#statements)* },
                        #judge,
                    )
                }
            }
            Kind::Async | Kind::AsyncBlock(_) => {
                let statements = match &function.kind {
                    Kind::AsyncBlock(block) if lent => lend_self(&block.statements),
                    Kind::AsyncBlock(block) => block.statements.clone(),
                    Kind::Plain | Kind::Async => function.body.stmts.clone(),
                };
                let limit = settings.call_timeout.as_ref().map_or_else(
                    || code!(#runtime::__private::NoLimit),
                    |limit| {
                        let check = limit.check();
                        code!({ #check held.within(#limit) })
                    },
                );
                code! {{
                    let limit = #limit;
                    let held = #held;
                    #runtime::__private::guard(
                        held,
                        async #capture { #claim #edge #(#lead)* #(#statements)* },
                        limit,
                        #judge,
                    )
                    .await
                }}
            }
        }
    }

    /// Makes a body that only borrows take all of `self` and each argument, as a body that moves
    /// would: so it is `Send` when that would be.
    fn claim(&self) -> TokenStream {
        let names = self
            .function
            .arguments
            .iter()
            .filter_map(|argument| argument.name().map(|name| &name.ident));
        let this = self.function.self_token();
        code! {
            let _ = &mut *#this;
            #(let #names = #names;)*
        }
    }
}

/// `let __self = self;`, as `#[async_trait]` begins the body, with `self` lent instead of moved.
fn lend_self(statements: &[Stmt]) -> Vec<Stmt> {
    let is_self =
        |expression: &Expr| matches!(expression, Expr::Path(path) if path.path.is_ident("self"));
    let mut statements = statements.to_vec();
    for statement in &mut statements {
        if let Stmt::Local(local) = statement
            && let Some(init) = &mut local.init
            && is_self(&init.expr)
        {
            let this = &init.expr;
            *init.expr = parse_quote!(&mut *#this);
        }
    }
    statements
}

/// Makes `?` and a last expression in an `async` block infer, as they would in a function of this
/// return type.
pub(crate) fn typed_edge(kind: &Type) -> TokenStream {
    code! {
        #[allow(
            unknown_lints, unreachable_code, clippy::diverging_sub_expression,
            clippy::empty_loop, clippy::let_with_type_underscore, clippy::needless_return,
        )]
        if false {
            let answer: #kind = loop {};
            return answer;
        }
    }
}
