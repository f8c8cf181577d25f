//! The body, as what the breaker runs.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::quote_spanned;
use syn::Ident;

use super::{Expansion, lend};
use crate::{
    function::{Kind, Output, Receiver},
    near,
    value::Cancelled,
};

impl Expansion<'_> {
    /// Makes the call; `held` is what the breaker gave for it.
    pub(super) fn call(&self, again: bool) -> TokenStream {
        let Self { settings, runtime, function, lead, .. } = self;
        let judge = self.judge().closure();
        let held = match settings.cancelled {
            Some(Cancelled::Failure) => code!(held.drop_is_failure()),
            Some(Cancelled::Ignore) | None => code!(held),
        };
        let kind = &function.output.annotation;
        let edge = typed_edge(&function.output);
        // Where the body is not the last to have `self`, `&mut self` is lent to it and not given away.
        let lent = again && function.receiver == Some(Receiver::Exclusive);
        // Of `self` by value it has another, see `passing::attempt`.
        let another = again && function.receiver == Some(Receiver::Owned);
        let mut statements = match &function.kind {
            Kind::AsyncBlock(block) => block.statements.clone(),
            Kind::Plain | Kind::Async => function.body.stmts.clone(),
        };
        let (capture, claim, reborrow) = if lent && lend::moves_self(&statements) {
            let this = function.self_token();
            lend::rename_self(&mut statements);
            (code!(move), code!(), code!(let this = &mut *#this;))
        } else if another {
            lend::rename_self(&mut statements);
            (code!(move), code!(), code!())
        } else if lent {
            lend::lend_self(&mut statements);
            (code!(), self.claim(), code!())
        } else {
            (code!(move), code!(), code!())
        };
        let (run, guard, span) = if settings.has_span() {
            (code!(run_in), code!(guard_in), code!(&span,))
        } else {
            (code!(run), code!(guard), code!())
        };
        match &function.kind {
            Kind::Plain => {
                code! {{
                    #reborrow
                    #runtime::__private::#run(
                        #span
                        #held,
                        #capture || -> #kind { #claim #(#lead)* #(#statements)* },
                        #judge,
                    )
                }}
            }
            Kind::Async | Kind::AsyncBlock(_) => {
                let limit = match settings.call_timeout {
                    Some(_) => code!(held.within(calls.call_timeout())),
                    None => code!(#runtime::__private::NoLimit),
                };
                let body = code!(#claim #edge #(#lead)* #(#statements)*);
                // At the user's own brace: there the compiler says that a last expression is missing.
                let mut braces = Group::new(Delimiter::Brace, body);
                let at = near(function.body.brace_token.span.open());
                braces.set_span(at);
                let capture = (!capture.is_empty()).then(|| quote_spanned!(at=> move));
                let begin = quote_spanned!(at=> async);
                code! {{
                    let limit = #limit;
                    let held = #held;
                    #reborrow
                    #runtime::__private::#guard(
                        #span
                        held,
                        #begin #capture #braces,
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

/// Makes `?` and a last expression in an `async` block infer, as they would in a function of this
/// return type.
pub(crate) fn typed_edge(output: &Output) -> TokenStream {
    let kind = &output.annotation;
    // From here the compiler has the type, and the return type is where it is to say so.
    let (back, answer) = (near(output.span), Ident::new("answer", near(output.span)));
    let back = quote_spanned!(back=> return #answer;);
    code! {
        #[allow(
            unknown_lints, unreachable_code, clippy::diverging_sub_expression,
            clippy::empty_loop, clippy::let_with_type_underscore, clippy::needless_return,
        )]
        if false {
            let #answer: #kind = loop {};
            #back
        }
    }
}
