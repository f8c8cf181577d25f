//! What happens shows itself, and what can be done works.

use cb_runtime::{Config, Mode, State};
use fantoccini::key::Key;
use serde_json::json;

use crate::{Server, open};

/// The line of a breaker in the list, as an expression.
fn line(name: &str) -> String {
    let name = json!(name);
    format!(
        "[...document.querySelectorAll('.row')].find((row) => row.querySelector('.name-button').textContent === {name})"
    )
}

fn shows(name: &str, kind: &str) -> String {
    format!("{}.dataset.kind === '{kind}'", line(name))
}

#[tokio::test]
async fn changes_appear_without_a_reload() {
    let server = Server::start();
    let Some(page) = open(&server).await else { return };
    page.until("document.querySelector('.nothing h3').textContent === 'No breakers yet'").await;
    let llm = server.breaker("llm", Config::builder().failure_threshold(2).critical(true));
    page.until(&shows("llm", "closed")).await;
    page.until("document.querySelector('.verdict-word').textContent === 'Healthy'").await;

    llm.try_acquire().unwrap().failure();
    page.until(&format!("{}.querySelector('.of-row').textContent === '1/2'", line("llm"))).await;
    llm.try_acquire().unwrap().failure();
    page.until(&shows("llm", "open")).await;
    page.until("document.querySelector('.verdict-word').textContent === 'Failed'").await;
    // In words, counted down, among the alerts and the events, in the title, and aloud.
    page.until(&format!(
        "/^Openprobe in \\d+ s$/.test({}.querySelector('.of-state').textContent)",
        line("llm")
    ))
    .await;
    page.until("document.querySelector('#alerts .alert').textContent.includes('critical circuit breaker llm is open')").await;
    page.until("document.querySelector('#events .event').textContent.includes('llm is open')")
        .await;
    page.until("document.querySelector('#said').textContent.includes('llm is open')").await;
    page.until("document.title === '1 open – Circuit breakers'").await;

    let before =
        page.text(&format!("{}.querySelector('.of-state small').textContent", line("llm"))).await;
    page.until(&format!(
        "{}.querySelector('.of-state small').textContent !== {}",
        line("llm"),
        json!(before)
    ))
    .await;

    llm.reset();
    page.until(&shows("llm", "closed")).await;
    page.until("document.querySelector('.verdict-word').textContent === 'Healthy'").await;
    llm.disable();
    page.until(&shows("llm", "disabled")).await;
    page.end(&[]).await;
}

#[tokio::test]
async fn a_reset_asks_and_is_done() {
    let server = Server::start();
    let breaker = server.opened("db", "connection refused").await;
    let other = server.opened("cache", "timed out").await;
    let Some(page) = open(&server).await else { return };
    page.until(&shows("db", "open")).await;
    page.js(&format!("{}.querySelector('.name-button').click()", line("db"))).await;
    page.click("[data-act=reset]").await;
    page.until("document.querySelector('dialog[open] h2').textContent === 'Reset db?'").await;
    page.click("dialog .buttons button:first-child").await;
    page.until("!document.querySelector('dialog')").await;
    assert_eq!(breaker.state(), State::Open);

    page.click("[data-act=reset]").await;
    page.fill("dialog [name=reason]", "the \"new\" <b>disk</b>").await;
    page.click("dialog [type=submit]").await;
    page.until(&shows("db", "closed")).await;
    page.until("!document.querySelector('dialog')").await;
    page.until(
        "document.querySelector('.history').textContent.includes('– the \"new\" <b>disk</b>')",
    )
    .await;
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(other.state(), State::Open);
    page.end(&[]).await;
}

#[tokio::test]
async fn the_keyboard_is_enough() {
    let server = Server::start();
    for name in ["a", "b", "c"] {
        server.opened(name, "connection refused").await;
    }
    let Some(page) = open(&server).await else { return };
    page.until(&shows("c", "open")).await;
    // Into the list with Tab alone, and there to the next one.
    let focus = "document.activeElement.dataset.name";
    let mut tabs = 0;
    while page.js(focus).await.is_null() {
        page.press(&Key::Tab).await;
        tabs += 1;
        assert!(tabs < 25, "Tab does not lead to the list");
        let shown = page.js("getComputedStyle(document.activeElement.closest('.row') ?? document.activeElement).outlineStyle").await;
        assert_ne!(
            shown,
            "none",
            "the focus is not seen on {}",
            page.js("document.activeElement.outerHTML").await
        );
    }
    assert_eq!(page.js(focus).await, "a");
    page.press(&Key::Down).await;
    assert_eq!(page.js(focus).await, "b");
    page.press(&Key::Enter).await;
    page.until(
        "document.activeElement.textContent === 'b' && document.activeElement.tagName === 'H2'",
    )
    .await;
    // From the heading over the button that closes to the first thing that can be done.
    page.press(&Key::Tab).await;
    page.press(&Key::Tab).await;
    assert_eq!(page.js("document.activeElement.dataset.act").await, "reset");
    page.press(&Key::Enter).await;
    page.until("document.querySelector('dialog[open]')").await;
    assert_eq!(page.js("document.activeElement.textContent").await, "Reset");
    page.press(&Key::Enter).await;
    page.until(&shows("b", "closed")).await;
    page.until("!document.querySelector('dialog')").await;
    assert_eq!(server.registry.get("b").unwrap().state(), State::Closed);
    assert_eq!(server.registry.get("a").unwrap().state(), State::Open);
    // And back.
    page.until("document.activeElement.dataset.act === 'reset'").await;
    page.press(&Key::Escape).await;
    page.until("document.querySelector('#detail').hidden && document.activeElement.dataset.name !== undefined").await;
    // By its key, and away from it without a change.
    page.press("f").await;
    page.until("document.querySelector('dialog[open] h2').textContent.startsWith('Force ')").await;
    page.press(&Key::Escape).await;
    page.until("!document.querySelector('dialog')").await;
    page.press("/").await;
    page.press("c").await;
    page.until("document.querySelectorAll('.row').length === 1").await;
    page.end(&[]).await;
}

#[tokio::test]
async fn modes_are_set_for_a_time_and_ended() {
    let server = Server::start();
    let breaker = server.breaker("mail", Config::builder());
    let Some(page) = open(&server).await else { return };
    page.go(&format!("{}#name=mail", server.url(""))).await;
    page.click("[data-act=forced_open]").await;
    // The server's words for what it does not take.
    page.fill("dialog [name=for]", "soon").await;
    page.click("dialog [type=submit]").await;
    page.until("document.querySelector('dialog .error').textContent.includes('10m')").await;
    assert_eq!(breaker.mode(), Mode::Normal);
    page.fill("dialog [name=for]", "5m").await;
    page.fill("dialog [name=reason]", "deploy").await;
    page.click("dialog [type=submit]").await;
    page.until(&shows("mail", "forced_open")).await;
    assert_eq!(breaker.mode(), Mode::ForcedOpen);
    page.until("!document.querySelector('dialog') && document.querySelector('.history').textContent.includes('deploy')").await;
    page.click("[data-act=normal]").await;
    page.click("dialog [type=submit]").await;
    page.until(&shows("mail", "closed")).await;
    assert_eq!(breaker.mode(), Mode::Normal);
    page.end(&["422"]).await;
}

#[tokio::test]
async fn settings_are_changed_and_refused_in_the_servers_words() {
    let server = Server::start();
    let breaker = server.breaker("mail", Config::builder().failure_threshold(7));
    let Some(page) = open(&server).await else { return };
    page.go(&format!("{}#name=mail", server.url(""))).await;
    page.click("[data-act=edit]").await;
    page.fill("dialog [name=failure_threshold]", "0").await;
    page.click("dialog [type=submit]").await;
    page.until("document.querySelector('dialog .error').textContent.includes('failure_threshold')")
        .await;
    page.until("document.activeElement.name === 'failure_threshold'").await;
    assert_eq!(breaker.config().failure_threshold(), 7);
    page.fill("dialog [name=failure_threshold]", "3").await;
    page.fill("dialog [name=recovery_timeout]", "90s").await;
    page.until("document.querySelector('.changes').textContent.startsWith('failure_threshold: 7 → 3, recovery_timeout: ')").await;
    page.click("dialog [type=submit]").await;
    page.until("!document.querySelector('dialog')").await;
    assert_eq!(breaker.config().failure_threshold(), 3);
    assert_eq!(breaker.config().recovery_timeout().as_secs(), 90);
    let row = "[...document.querySelectorAll('.settings tr')].find((row) => row.textContent.startsWith('failure_threshold'))";
    page.until(&format!("{row}.textContent.includes('changed while running')")).await;
    page.until(&format!("{}.querySelector('.of-row').textContent === '0/3'", line("mail"))).await;
    page.end(&["422"]).await;
}
