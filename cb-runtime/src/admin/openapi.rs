//! `GET openapi.json`: the API in words that programs read, made from the handlers and their answers.

use std::sync::Arc;

use axum::{Json, extract::State};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Content, Header, HttpMethod, Object, Ref, Response, Server, Type,
        path::{Operation, PathItem},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use super::{Shared, answers, check, metrics, overview, problem, status, steer, stream};
use crate::observe::event::Event;

/// The API as it is documented.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Circuit breakers",
        description = "The circuit breakers of a program: how they are, what happens to them, and how they are steered. Times are RFC 3339, durations seconds.\n\nWhat is wrong is answered as `application/problem+json` (RFC 9457).",
    ),
    paths(
        status::all, status::one, overview::health, overview::alerts, overview::all_declarations,
        metrics::metrics, metrics::metrics_json, stream::events, steer::reset, steer::reset_all,
        steer::reset_by_type, steer::set_mode, steer::configure, check::test_service, document,
    ),
    components(schemas(problem::Body, Event, answers::Row)),
    tags(
        (name = "see", description = "How the breakers are."),
        (name = "steer", description = "Changes. Each goes into the breaker's history, with who asked for it, from where and why."),
    ),
    modifiers(&Common),
)]
struct Documented;

/// The API's description. Holds nothing of the program.
#[utoipa::path(
    get, path = "/openapi.json", tag = "see",
    responses((status = 200, description = "This document.", body = Object)),
    security(()),
)]
pub(super) async fn document(State(shared): State<Arc<Shared>>) -> Json<utoipa::openapi::OpenApi> {
    let mut document = Documented::openapi();
    if !shared.auth.has_tokens() {
        // Whom the program knows otherwise needs no token.
        for (_, operation) in document.paths.paths.values_mut().flat_map(operations) {
            let known = operation.security.get_or_insert_default();
            known.insert(0, SecurityRequirement::default());
        }
    }
    Json(document)
}

/// What all operations have in common.
struct Common;

const BEARER: &str = "bearer";

impl Modify for Common {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        // Relative to where the document is, so that it holds wherever the API is nested.
        document.servers = Some(vec![Server::new(".")]);
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in operations(item) {
                complete(path, &method, operation);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> Vec<(HttpMethod, &mut Operation)> {
    let PathItem { get, post, put, .. } = item;
    let all = [(HttpMethod::Get, get), (HttpMethod::Post, post), (HttpMethod::Put, put)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?))).collect()
}

fn complete(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let is_change = !matches!(method, HttpMethod::Get);
    let mut add = |status: &str, why: &str| {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| problem(why).into());
    };
    add(
        "403",
        "It was sent by a page of another origin, to another host, or by somebody who may not.",
    );
    if path == "/openapi.json" {
        return;
    }
    let mut unknown = problem("The caller is not known.");
    let challenge = Header::new(Object::with_type(Type::String));
    unknown.headers.insert("WWW-Authenticate".to_owned(), challenge.into());
    add("400", "The parameters are wrong, or the body is no JSON.");
    add("500", "The answer could not be made.");
    if path.contains('{') || path == "/test-service" {
        add("404", "There is none of this name; `did_you_mean` has those that are written alike.");
    }
    if is_change {
        if path != "/test-service" {
            add(
                "409",
                "It is for all instances of the program, and breakers are not shared with others. Nothing was done.",
            );
            add(
                "503",
                "It is for all instances of the program, and the store does not answer that they share. Of several breakers, `detail` says how many it was done to.",
            );
        }
        add("408", "The body did not come in time.");
        add("413", "The body has more than 64 KiB.");
        add("415", "The body is not `application/json`.");
        add(
            "422",
            "A value is not what it must be: `field` and `bound` say which and what. Nothing was changed.",
        );
    }
    operation.responses.responses.insert("401".to_owned(), unknown.into());
    operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, [])]);
}

fn problem(why: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    Response::builder().description(why).content("application/problem+json", content).build()
}
