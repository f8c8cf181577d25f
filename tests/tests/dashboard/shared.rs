//! What instances share, as the page of one of them shows and steers it.

use std::time::{Duration, Instant};

use cb_runtime::{
    CircuitBreaker, Config, Exchange, Mode, Registry, SharedOptions, SharedState, State,
};
use serde_json::json;

use crate::{Browser, Server, open};

/// Two instances that share their breakers; the first one's page is looked at.
struct Two {
    exchange: Exchange,
    here: Server,
    there: Registry,
}

impl Two {
    fn start() -> Self {
        let exchange = Exchange::new();
        let [here, there] = ["here", "there"].map(|instance| {
            let registry = Registry::new();
            let options =
                SharedOptions::new().instance(instance).read_again(Duration::from_secs(1));
            registry.share(SharedState::in_memory(&exchange, options).unwrap()).unwrap();
            within("it is connected", || registry.shared().unwrap().status().connected);
            registry
        });
        within("they know of each other", || here.shared().unwrap().status().instances == 2);
        Self { exchange, here: Server::of(&here), there }
    }

    /// A breaker in both.
    fn breaker(&self, name: &str) -> (CircuitBreaker, CircuitBreaker) {
        let settings = Config::builder().failure_threshold(1).service_type("database");
        let config = settings.build().unwrap();
        let other = self.there.get_or_register(name, config).unwrap();
        (self.here.breaker(name, settings), other)
    }
}

fn within(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(20), "not in time: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Chooses all instances in the dialog that is open, and does it.
async fn everywhere(page: &Browser) {
    page.click("dialog [name=scope][value=cluster]").await;
    page.click("dialog [type=submit]").await;
    page.until("!document.querySelector('dialog')").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_can_be_for_all_instances() {
    let two = Two::start();
    let (ours, other) = two.breaker("db");
    other.try_acquire().unwrap().failure();
    within("it is open here", || ours.state() == State::Open);
    let Some(page) = open(&two.here).await else { return };
    page.until("document.querySelector('.verdict-shared').textContent === 'Shared with 1 other instance through memory'").await;
    page.go(&format!("{}#name=db", two.here.url(""))).await;
    page.until(
        "document.querySelector('.row .under').textContent.includes('another instance opened it')",
    )
    .await;
    page.until("document.querySelector('.told').textContent === 'All instances were told to open by there.'").await;

    page.click("[data-act=reset]").await;
    page.until("document.querySelector('dialog').textContent.includes('All 2 instances')").await;
    everywhere(&page).await;
    within("it is closed there", || other.state() == State::Closed);
    page.until(
        "document.querySelector('.history').textContent.includes('Reset in all instances by')",
    )
    .await;

    page.click("[data-act=forced_open]").await;
    // It ends by itself, and what is empty does not: the server says so.
    page.click("dialog [name=scope][value=cluster]").await;
    page.fill("dialog [name=for]", "40days").await;
    page.click("dialog [type=submit]").await;
    page.until("document.querySelector('dialog .error').textContent.includes('30 days')").await;
    page.fill("dialog [name=for]", "10m").await;
    page.click("dialog [type=submit]").await;
    page.until("!document.querySelector('dialog')").await;
    within("it is forced open there", || other.mode() == Mode::ForcedOpen);
    page.until(
        "/in all instances for (9 min|10 min)/.test(document.querySelector('.told').textContent)",
    )
    .await;
    page.until("document.querySelector('.row .under').textContent.includes('in all instances')")
        .await;
    page.click("[data-act=normal]").await;
    // What was set for all is taken back from all.
    page.until("document.querySelector('dialog [name=scope][value=cluster]').checked").await;
    page.click("dialog [type=submit]").await;
    page.until("!document.querySelector('dialog')").await;
    within("it decides again there", || other.mode() == Mode::Normal);

    page.click("[data-act=edit]").await;
    page.fill("dialog [name=failure_threshold]", "7").await;
    everywhere(&page).await;
    within("it is in force there", || other.config().failure_threshold() == 7);
    page.until("document.querySelector('.told').textContent.includes('failure_threshold 7 in all instances for ')").await;
    page.click("[data-act=undo]").await;
    page.click("dialog [type=submit]").await;
    page.until("!document.querySelector('dialog')").await;
    within("it is taken back there", || other.config().failure_threshold() == 1);
    page.until("document.querySelector('[data-act=undo]').hidden").await;
    page.end(&["422"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_away_is_seen_and_only_this_instance_can_be_changed() {
    let two = Two::start();
    let (ours, other) = two.breaker("db");
    let Some(page) = open(&two.here).await else { return };
    page.until("document.querySelector('#shared-banner').hidden").await;
    page.go(&format!("{}#name=db", two.here.url(""))).await;
    two.exchange.set_away(true);
    page.until("document.querySelector('#shared-banner').checkVisibility() && document.querySelector('#shared-banner').textContent.includes('it was set to be away')").await;
    page.until("document.querySelector('.verdict-shared').hidden").await;
    page.until(
        "document.querySelector('#events').textContent.includes('The shared store memory is away')",
    )
    .await;
    ours.try_acquire().unwrap().failure();
    page.until("document.querySelector('#shared-banner').textContent.includes('one has something to tell')").await;

    page.click("[data-act=reset]").await;
    page.until("document.querySelector('dialog [name=scope][value=cluster]').disabled").await;
    page.until("document.querySelector('dialog .scope').textContent.includes('is away')").await;
    page.click("dialog [type=submit]").await;
    page.until("!document.querySelector('dialog')").await;
    within("it is closed here", || ours.state() == State::Closed);
    assert_eq!(other.state(), State::Closed);

    // Told on a telephone too, and with enough contrast by day and by night.
    page.size(380, 760).await;
    page.press(&fantoccini::key::Key::Escape).await;
    page.until("innerWidth === 380 && document.querySelector('#detail').hidden").await;
    assert_eq!(page.js("document.documentElement.scrollWidth").await, 380);
    for scheme in ["light", "dark"] {
        page.prefer("prefers-color-scheme", scheme).await;
        page.until(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches")).await;
        assert_eq!(page.js(&crate::looks::pale()).await, json!([]), "{scheme}");
    }
    two.exchange.set_away(false);
    page.until("document.querySelector('#shared-banner').hidden").await;
    page.until("document.querySelector('#said').textContent.includes('is back')").await;
    page.end(&[]).await;
}

#[tokio::test]
async fn who_shares_nothing_is_not_bothered() {
    let server = Server::start();
    server.opened("db", "connection refused").await;
    let Some(page) = open(&server).await else { return };
    page.go(&format!("{}#name=db", server.url(""))).await;
    page.click("[data-act=reset]").await;
    page.until("document.querySelector('dialog[open]')").await;
    assert_eq!(page.js("document.querySelectorAll('.scope').length").await, 0);
    for part in ["#shared-banner", ".verdict-shared", ".told", "[data-act=undo]"] {
        let is_hidden = format!("document.querySelector('{part}').hidden");
        assert_eq!(page.js(&is_hidden).await, json!(true), "{part}");
    }
    page.end(&[]).await;
}
