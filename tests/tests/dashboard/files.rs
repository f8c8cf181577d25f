//! The page and its files, as they come over the wire.

use reqwest::{StatusCode, header};

use crate::Server;

async fn page(url: &str) -> (header::HeaderMap, String) {
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{url}");
    (answer.headers().clone(), answer.text().await.unwrap())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).unwrap().0
}

/// Asks for all that the page at this place names, where its `<base>` says it is.
async fn is_whole(place: &str) {
    let (_, text) = page(place).await;
    let base = between(&text, "<base href=\"", "\"").replace("&amp;", "&");
    let base = reqwest::Url::parse(place).unwrap().join(&base).unwrap();
    let named: Vec<_> =
        text.split("\"assets/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(named.contains(&"main.js") && named.contains(&"store.js"), "{named:?}");
    for path in named {
        page(base.join(&format!("assets/{path}")).unwrap().as_str()).await;
    }
    page(base.join("status").unwrap().as_str()).await;
}

#[tokio::test]
async fn files_are_found_from_the_page_wherever_it_is() {
    let server = Server::nested(&["/breakers", "/api/circuit-breaker", "/a&b"]);
    is_whole(&Server::start().url("")).await;
    for path in ["breakers", "api/circuit-breaker", "a&b", "breakers?x=/", "breakers/", "a&b/"] {
        is_whole(&server.url(path)).await;
    }
}

#[tokio::test]
async fn the_page_may_load_nothing_from_elsewhere() {
    let (headers, text) = page(&Server::start().url("")).await;
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    for part in
        ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
    assert!(!text.contains("://"), "{text}");
}

#[tokio::test]
async fn a_file_is_sent_again_only_when_it_is_another() {
    let server = Server::start();
    let url = server.url("assets/main.js");
    let (headers, _) = page(&url).await;
    assert_eq!(headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();
    let client = reqwest::Client::new();
    let asked = |tags: String| client.get(&url).header(header::IF_NONE_MATCH, tags).send();
    for tags in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let answer = asked(tags).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answer.headers()[header::ETAG], *tag);
        assert!(answer.bytes().await.unwrap().is_empty());
    }
    let answer = asked("\"other\"".to_owned()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let (headers, _) = page(&server.url("assets/base.css")).await;
    assert_ne!(headers[header::ETAG], *tag);
    assert_eq!(
        reqwest::get(server.url("assets/other.js")).await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_licence_of_the_charts_goes_with_them() {
    let server = Server::start();
    let (_, licence) = page(&server.url("assets/vendor/uPlot.LICENSE")).await;
    assert!(licence.contains("The MIT License") && licence.contains("Leon Sorokin"), "{licence}");
}
