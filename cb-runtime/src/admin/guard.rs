//! Who is let in, and what every answer has in its head.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Shared,
    audit::Refusal,
    auth::{Caller, bearer},
    origin::{self, Page},
    problem::Problem,
};

/// Who sent a request and from where, for the handlers.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) caller: Caller,
    pub(super) from: Option<String>,
}

/// Before everything: what was not sent to this machine, where only that is served.
pub(super) async fn at_the_gate(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = match sent_to_us(&shared, &parts) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => refuse(&shared, &parts, None, problem),
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    response
}

/// Before each handler that shows or changes anything.
pub(super) async fn at_the_door(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    // The function of `Auth::custom` may look at the whole head, and so it is called with nothing held.
    let caller = shared.auth.caller(&parts);
    match may(&shared, &parts, caller.as_ref()) {
        Ok(caller) => {
            let from = origin::peer(&parts).map(|peer| peer.to_string());
            parts.extensions.insert(Sender { caller: caller.clone(), from });
            next.run(Request::from_parts(parts, body)).await
        }
        Err(problem) => refuse(&shared, &parts, caller.as_ref(), problem),
    }
}

fn sent_to_us(shared: &Shared, request: &Parts) -> Result<(), Problem> {
    if !shared.auth.is_loopback_only() {
        return Ok(());
    }
    if origin::is_from_elsewhere(request) {
        return Err(Problem::forbidden("this is for callers on the server's own machine"));
    }
    if !origin::is_for_loopback(request) {
        return Err(Problem::forbidden(
            "the `Host` is not a name of loopback: use `localhost`, `127.0.0.1` or `[::1]`",
        ));
    }
    Ok(())
}

fn may<'a>(
    shared: &Shared,
    request: &Parts,
    caller: Option<&'a Caller>,
) -> Result<&'a Caller, Problem> {
    let Some(caller) = caller else {
        let detail = if shared.auth.has_tokens() {
            "this needs a token that is known here: `Authorization: Bearer TOKEN`"
        } else {
            "this needs somebody who is known here"
        };
        let challenge = HeaderValue::from_static("Bearer");
        return Err(Problem::new(StatusCode::UNAUTHORIZED, detail)
            .with_header(header::WWW_AUTHENTICATE, challenge));
    };
    if !is_change(&request.method) {
        return Ok(caller);
    }
    let proves_itself = !shared.auth.is_loopback_only() && bearer(&request.headers).is_some();
    match origin::page(request) {
        _ if proves_itself => {}
        Page::Own => {}
        Page::Foreign => {
            return Err(Problem::forbidden(
                "a page of another origin may change nothing here: the `Origin` is not that of the `Host`",
            ));
        }
        Page::None => {
            // Where there are no tokens, none would help.
            let proof = if shared.auth.is_loopback_only() { "" } else { "a bearer token, or " };
            return Err(Problem::forbidden(format!(
                "a change needs proof that no page elsewhere sent it: {proof}the server's own `Origin`, such as `Origin: http://127.0.0.1:PORT`"
            )));
        }
    }
    if !caller.may_write() {
        return Err(Problem::forbidden(
            "a change needs the right to make one: this caller may only look",
        ));
    }
    Ok(caller)
}

/// Only what can do nothing but read is no change.
fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

fn refuse(shared: &Shared, request: &Parts, caller: Option<&Caller>, problem: Problem) -> Response {
    if is_change(&request.method) {
        shared.refusals.tell(&Refusal {
            request,
            who: caller.map(Caller::who),
            status: problem.status(),
            why: problem.detail(),
        });
    }
    problem.into_response()
}
