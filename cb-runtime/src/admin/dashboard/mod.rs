//! The page that shows all breakers, served from the binary.

use axum::{
    Router,
    extract::OriginalUri,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

mod assets;
mod base;

use assets::{ASSETS, Asset, PAGE};

/// What the page may do: load its own files, talk to its own server, and nothing else. Where a browser
/// knows trusted types, no script of it can make elements of text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'self'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'";

/// Asked for each time, and answered with the tag alone while it is the same: a new version of the program
/// is never shown with files of the old one.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The page and what it is made of. They hold nothing of the program, so no token is asked for them.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    ASSETS.iter().fold(Router::new().route("/", get(page)), |router, asset| {
        let tag = tag(asset.content);
        let path = format!("/assets/{}", asset.path);
        router
            .route(&path, get(move |headers: HeaderMap| async move { file(asset, tag, &headers) }))
    })
}

/// The page. It is at `/` too where a router is nested under a prefix and the request ends with a slash,
/// which is no route of its own there.
pub(super) async fn page(OriginalUri(uri): OriginalUri) -> Response {
    let page =
        PAGE.replace("{{base}}", &base::of(uri.path())).replace("{{modules}}", &assets::modules());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, ASK_AGAIN),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        NO_SNIFFING,
    ];
    (headers, page).into_response()
}

const NO_SNIFFING: (HeaderName, HeaderValue) =
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

fn file(asset: &'static Asset, tag: u64, asked: &HeaderMap) -> Response {
    let tag = format!("\"{tag:016x}\"");
    let is_there = asked.get_all(header::IF_NONE_MATCH).iter().any(|tags| has(tags, &tag));
    let status = if is_there { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let content = if is_there { &[][..] } else { asset.content };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type())),
        (header::CACHE_CONTROL, ASK_AGAIN),
        NO_SNIFFING,
    ];
    let mut response = (status, headers, content).into_response();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Whether the header lists the tag. A proxy that compresses makes a weak one of it.
fn has(tags: &HeaderValue, tag: &str) -> bool {
    let tags = tags.to_str().unwrap_or_default().split(',');
    tags.map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// FNV-1a: to tell two versions of a file apart, not to withstand anybody.
fn tag(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |tag, byte| {
        (tag ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
