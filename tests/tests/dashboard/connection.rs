//! Tokens, and servers that go and come back.

use cb_runtime::{Config, admin::Auth};

use crate::{Browser, Server, open};

#[tokio::test]
async fn a_wrong_token_is_told_and_the_right_one_opens() {
    let auth = Auth::tokens("to-read", "to-write");
    let server = Server::with(auth, "127.0.0.1:0".parse().unwrap());
    server.opened("db", "connection refused").await;
    let Some(page) = Browser::start().await else { return };
    page.go(&server.url("")).await;
    page.until("document.activeElement.id === 'token'").await;
    page.until("document.querySelector('.gate .error').hidden").await;
    page.fill("#token", "guessed").await;
    page.click(".gate [type=submit]").await;
    page.until(
        "document.querySelector('.gate .error').textContent.startsWith('That token was refused.')",
    )
    .await;
    page.until("sessionStorage.length === 0").await;

    page.fill("#token", "to-read").await;
    page.click(".gate [type=submit]").await;
    page.until("document.querySelector('.row[data-kind=open]')").await;
    assert_eq!(page.js("document.querySelector('#gate').hidden").await, true);
    // To look is all that it is good for.
    page.click(".name-button").await;
    page.click("[data-act=reset]").await;
    page.click("dialog [type=submit]").await;
    page.until("document.querySelector('dialog .error').textContent.includes('only look')").await;
    // Kept over a reload, and in no address.
    page.client.refresh().await.unwrap();
    page.until("document.querySelector('.row[data-kind=open]')").await;
    assert!(!page.client.current_url().await.unwrap().as_str().contains("to-read"));
    page.click("#sign-out").await;
    page.until("document.activeElement.id === 'token' && sessionStorage.length === 0").await;
    page.end(&["401", "403"]).await;
}

#[tokio::test]
async fn a_restart_is_survived_and_told() {
    let server = Server::start();
    let address = server.address;
    server.opened("db", "connection refused").await;
    let Some(page) = open(&server).await else { return };
    page.until("document.querySelector('.row[data-kind=open]')").await;
    drop(server);
    page.until("document.body.dataset.phase === 'gone'").await;
    page.until("document.querySelector('#link-text').textContent.startsWith('Reconnecting…')")
        .await;
    page.until("document.querySelector('#banner').textContent.includes('does not answer')").await;
    // What was known is there still.
    page.until("document.querySelector('.row[data-kind=open]')").await;

    let server = Server::with(Auth::loopback_only(), address);
    let llm = server.breaker("llm", Config::builder().failure_threshold(1));
    page.until(
        "document.body.dataset.phase === 'live' && document.querySelector('#banner').hidden",
    )
    .await;
    page.until(
        "document.querySelector('#events').textContent.includes('The program was restarted')",
    )
    .await;
    page.until("document.querySelector('.name-button').textContent === 'llm'").await;
    // Events come again, too.
    llm.try_acquire().unwrap().failure();
    page.until("document.querySelector('#events').textContent.includes('llm is open')").await;
    page.until("document.querySelectorAll('.row').length === 1").await;
    page.end(&[
        "ERR_CONNECTION_REFUSED",
        "ERR_INCOMPLETE_CHUNKED_ENCODING",
        "ERR_EMPTY_RESPONSE",
        "ERR_CONNECTION_RESET",
    ])
    .await;
}
