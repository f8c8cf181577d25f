//! The fallback's call, which the compiler checks.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprClosure, ExprPath, Ident, Stmt, spanned::Spanned};

use super::{Fallback, async_end, takes_self};
use crate::{
    expand::typed_edge,
    function::{Function, last_span},
    runtime::Runtime,
};

/// What a call of one fallback is made of.
pub(crate) struct Call<'a> {
    pub(crate) function: &'a Function,
    pub(crate) runtime: &'a Runtime,
    /// The receiver's value, where there is one.
    pub(crate) receiver: Option<TokenStream>,
    /// The values of the arguments, by place.
    pub(crate) arguments: Vec<TokenStream>,
    /// The cause's value.
    pub(crate) cause: TokenStream,
}

impl Call<'_> {
    /// The call, ending in the fallback's answer.
    ///
    /// For `fallback = search_in_database` on `async fn search(query: &str) -> Found` it is
    ///
    /// ```text
    /// {
    ///     fn circuit_breaker_fallback<A0, R, F: FnOnce(A0) -> R>(a0: A0, fallback: F) -> R {
    ///         fallback(a0)
    ///     }
    ///     let answer: Found = match circuit_breaker_fallback::<_, _, _>(query, search_in_database) {
    ///         returned => (&returned).kind_of_answer().wait_for(returned),
    ///     }
    ///     .await;
    ///     answer
    /// }
    /// ```
    ///
    /// The small function makes the compiler compare whole signatures: called directly, a wrong
    /// fallback would be told about in terms of the call. The arguments come first, so that their
    /// types are known when a closure's parameters are to be inferred.
    pub(crate) fn to(&self, fallback: &Fallback) -> TokenStream {
        match fallback {
            Fallback::Path(path) => self.path(path),
            Fallback::Closure(closure) => self.closure(fallback, closure),
            Fallback::Registered => TokenStream::new(),
        }
    }

    fn path(&self, path: &ExprPath) -> TokenStream {
        let values: Vec<&TokenStream> = self.receiver.iter().chain(&self.arguments).collect();
        let output = &self.function.output.annotation;
        // What is to be said of the fallback is said at its name, the last of the path: as the path is
        // several tokens, the compiler would say it once for the first of them and once for all.
        let span = path.path.segments.last().map_or_else(|| path.span(), |last| last.ident.span());
        let fallback = Ident::new("circuit_breaker_chosen", span);
        let bind = code!(let #fallback = #path;);
        if !self.function.is_async() {
            let (definition, call) =
                adapter(&values, Shape::Plain, &code!(#output), &fallback, span);
            return code!({ #bind { #definition #call } });
        }
        let runtime = self.runtime;
        let hole = quote_spanned!(span=> _);
        let (definition, call) = adapter(&values, Shape::Plain, &hole, &fallback, span);
        let import = code!(use #runtime::__private::{IsAnswer as _, IsFuture as _};);
        let returned = code!(returned);
        let answer = quote_spanned! {span=>
            let answer: #output = match #call {
                #returned => {
                    #import
                    (&#returned).kind_of_answer().wait_for(#returned)
                }
            }
            .await;
            answer
        };
        code!({ #bind { #definition #answer } })
    }

    fn closure(&self, fallback: &Fallback, closure: &ExprClosure) -> TokenStream {
        let output = &self.function.output.annotation;
        let with_self = takes_self(closure, self.function);
        let receiver = with_self.then_some(self.receiver.as_ref()).flatten();
        let offset = usize::from(with_self);
        let wanted: Vec<usize> =
            (0..self.arguments.len()).filter(|&at| fallback.takes(at, self.function)).collect();
        let mut values: Vec<&TokenStream> = receiver.into_iter().collect();
        values.extend(wanted.iter().map(|&place| &self.arguments[place]));
        let told = fallback.takes_cause(self.function);
        if told {
            values.push(&self.cause);
        }
        // Parameters that the closure declines are left out, so that nothing is kept for them.
        let last = self.arguments.len() + offset;
        let mut closure = closure.clone();
        closure.inputs =
            std::mem::take(&mut closure.inputs)
                .into_iter()
                .enumerate()
                .filter(|&(at, _)| {
                    if at < last { at < offset || wanted.contains(&(at - offset)) } else { told }
                })
                .map(|(_, parameter)| parameter)
                .collect();
        let span = closure.inputs_begin.span();
        // An `async` closure and one with an `async` body are called in one form, in which the type of
        // the answer can be given.
        let edge = typed_edge(&self.function.output);
        let is_future = if let Some(asyncness) = closure.asyncness.take() {
            closure.output = syn::ReturnType::Default;
            // At the user's own `async`: the compiler shows a closure from its bars to its body.
            let (body, span) = (&closure.body, asyncness.span);
            *closure.body = Expr::Verbatim(quote_spanned!(span=> async move { #edge #body }));
            true
        } else if let Some(block) = async_end(&mut closure.body) {
            block.block.stmts.insert(0, Stmt::Expr(Expr::Verbatim(edge), None));
            true
        } else {
            false
        };
        let (definition, call) = adapter(
            &values,
            if is_future { Shape::Future } else { Shape::Plain },
            &code!(#output),
            &closure,
            span,
        );
        let wait = is_future.then(|| quote_spanned!(span=> .await));
        // The closure may have lost parameters, and is not to be judged by what is left.
        code! {{
            #definition
            #[allow(clippy::redundant_closure, clippy::redundant_closure_for_method_calls)]
            let answer = #call #wait;
            answer
        }}
    }
}

#[derive(Clone, Copy)]
enum Shape {
    Plain,
    Future,
}

/// A function of its own around the call, and the call of that, see [`Call::to`].
fn adapter(
    values: &[&TokenStream],
    shape: Shape,
    output: &TokenStream,
    fallback: &impl ToTokens,
    span: Span,
) -> (TokenStream, TokenStream) {
    // All of it stands at the fallback, so that what is to be said of it is said there.
    let numbered =
        |letter| (0..values.len()).map(move |at| Ident::new(&format!("{letter}{at}"), span));
    let (types, names): (Vec<_>, Vec<_>) = (numbered("A").collect(), numbered("a").collect());
    let holes = types.iter().map(|_| quote_spanned!(span=> _));
    let name = Ident::new("circuit_breaker_fallback", span);
    // The called function's path spans just the fallback's tokens: the compiler tells the same thing
    // of two places twice, and of one place once.
    let last = last_span(fallback);
    let close = quote_spanned!(last=> >);
    let (generics, returned, more) = match shape {
        Shape::Plain => {
            (quote_spanned!(span=> R), quote_spanned!(span=> R), quote_spanned!(span=> _))
        }
        Shape::Future => (
            quote_spanned!(span=> R, W: ::core::future::Future<Output = R>),
            quote_spanned!(span=> W),
            quote_spanned!(span=> _, _),
        ),
    };
    let definition = quote_spanned! {span=>
        #[allow(clippy::too_many_arguments)]
        fn #name<#(#types,)* #generics, F: ::core::ops::FnOnce(#(#types),*) -> #returned>(
            #(#names: #types,)*
            fallback: F,
        ) -> #returned {
            fallback(#(#names),*)
        }
    };
    let arguments = quote_spanned!(last=> (#(#values,)* #fallback));
    let call = quote_spanned!(span=> #name::<#(#holes,)* #output, #more #close #arguments);
    (definition, call)
}
