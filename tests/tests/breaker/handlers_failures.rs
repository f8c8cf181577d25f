//! Handlers that fail: by an error, by a panic, and by what they leave behind.

use std::{
    error::Error,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use cb_runtime::{Event, Registry, Selector};
use tokio::{
    sync::mpsc::unbounded_channel,
    task::yield_now,
    time::{sleep, timeout},
};
use tracing::Level;

use super::{events::registered, logs::logged, *};

/// What is logged at the level of errors while breakers do this, on a runtime with one thread and a paused
/// clock.
fn errors(act: impl AsyncFnOnce()) -> Vec<String> {
    of_log(false, act)
}

fn of_log(panics: bool, act: impl AsyncFnOnce()) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let lines = logged(panics, || runtime.block_on(act()));
    let errors = lines.into_iter().filter(|(level, _)| *level == Level::ERROR);
    errors.map(|(_, line)| line).collect()
}

/// One outage from its beginning to its end, each told as it comes.
async fn outage(breaker: &CircuitBreaker) {
    breaker.force_open();
    settle().await;
    breaker.reset();
    settle().await;
}

/// The handlers have done what there was to do, or wait for the clock.
async fn settle() {
    for _ in 0..10 {
        yield_now().await;
    }
}

/// Counts how often it is run.
fn counted(registry: &Registry) -> Arc<AtomicU32> {
    let count = Arc::<AtomicU32>::default();
    let of_handler = Arc::clone(&count);
    registry.on_transition(Selector::all(), move |_| {
        of_handler.fetch_add(1, Ordering::Relaxed);
        async {}
    });
    count
}

#[derive(Debug)]
struct Down(&'static str);

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Down {}

async fn page(answer: Result<(), Down>) -> Result<(), Down> {
    yield_now().await;
    answer
}

#[test]
fn given_a_handler_with_an_error_when_more_happens_then_it_is_logged_and_the_handler_goes_on() {
    let lines = errors(async || {
        let registry = Registry::new();
        let breaker = registered(&registry, "orders", settings());
        registry.on_degraded("orders", |_| async {
            page(Err(Down("the pager is off"))).await?;
            Ok::<_, Down>(())
        });
        registry.on_recovered("orders", |event| async move {
            let text = format!("nobody hears that {} is back", event.name());
            Err::<(), _>(text)
        });
        let others = counted(&registry);

        for times in 1..=2 {
            outage(&breaker).await;
            assert_eq!(others.load(Ordering::Relaxed), 2 * times);
        }
    });

    let failed = "a handler failed on an event of circuit breaker `orders`: the pager is off";
    let back = "a handler failed on an event of circuit breaker `orders`: nobody hears that orders is back";
    assert_eq!(lines, [failed, back, failed, back]);
}

#[test]
fn given_an_error_with_causes_when_it_is_logged_then_they_are_in_the_line() {
    let lines = errors(async || {
        let registry = Registry::new();
        let breaker = registered(&registry, "orders", settings());
        registry.on_degraded("orders", |_| async {
            use anyhow::Context as _;
            page(Err(Down("no route to it"))).await.context("the pager was not told")
        });
        outage(&breaker).await;
    });

    let line = "a handler failed on an event of circuit breaker `orders`: the pager was not told: no route to it";
    assert_eq!(lines, [line]);
}

#[test]
fn given_handlers_of_every_kind_when_all_goes_well_then_nothing_is_logged() {
    let lines = errors(async || {
        let registry = Registry::new();
        let breaker = registered(&registry, "orders", settings());
        let told = Arc::<AtomicU32>::default();
        let count = || {
            let told = Arc::clone(&told);
            move || told.fetch_add(1, Ordering::Relaxed)
        };
        let tell = count();
        registry.on_degraded("orders", move |event| {
            tell();
            async move { drop(event) }
        });
        let tell = count();
        registry.on_degraded("orders", move |_| {
            tell();
            async {
                page(Ok(())).await?;
                Ok::<_, Down>(())
            }
        });
        let tell = count();
        registry.on_degraded("orders", move |_: Event| {
            tell();
            async {
                page(Ok(())).await?;
                // Neither `Send` nor `Sync`, which the outcome of a task of tokio's would have to be.
                Ok::<_, Box<dyn Error>>(())
            }
        });
        let tell = count();
        registry.on_degraded("orders", move |_| {
            tell();
            std::future::ready(Ok::<_, String>(()))
        });
        let tell = count();
        registry.on_degraded("orders", move |_| {
            tell();
            async {
                loop {
                    sleep(SECOND).await;
                }
            }
        });
        outage(&breaker).await;
        assert_eq!(told.load(Ordering::Relaxed), 5);
    });

    assert_eq!(lines, [""; 0]);
}

#[test]
fn given_handlers_that_panic_when_more_happens_then_it_is_logged_and_they_go_on() {
    let lines = errors(async || {
        let registry = Registry::new();
        let breaker = registered(&registry, "orders", settings());
        registry.on_degraded("orders", |_| {
            panic_with(1).unwrap();
            async {}
        });
        registry.on_recovered("orders", |_| async {
            yield_now().await;
            panic_with(2)
        });
        let others = counted(&registry);

        for times in 1..=2 {
            outage(&breaker).await;
            assert_eq!(others.load(Ordering::Relaxed), 2 * times);
        }
    });

    assert_eq!(lines, ["a handler panicked on an event of circuit breaker `orders`"; 4]);
}

/// An error that cannot even be shown.
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic_with(3).map_err(|_| fmt::Error)
    }
}

#[test]
fn given_an_error_whose_text_panics_when_more_happens_then_that_is_the_handlers_panic() {
    let lines = errors(async || {
        let registry = Registry::new();
        let breaker = registered(&registry, "orders", settings());
        registry.on_degraded("orders", |_| async { Err(Unspeakable) });
        outage(&breaker).await;
        outage(&breaker).await;
    });

    assert_eq!(lines, ["a handler panicked on an event of circuit breaker `orders`"; 2]);
}

#[test]
fn given_a_log_that_panics_when_a_handler_fails_then_it_is_run_again_all_the_same() {
    let runs = Arc::<AtomicU32>::default();
    let of_handler = Arc::clone(&runs);
    let lines = of_log(true, async move || {
        let registry = Registry::new();
        let breaker = registered(&registry, "orders", settings());
        registry.on_degraded("orders", move |_| {
            of_handler.fetch_add(1, Ordering::Relaxed);
            async { page(Err(Down("the pager is off"))).await }
        });
        for _ in 0..3 {
            outage(&breaker).await;
        }
    });

    assert_eq!(lines.len(), 3, "the log was asked, and panicked");
    assert_eq!(runs.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn given_a_handler_when_its_registry_and_all_breakers_are_gone_then_it_ends() {
    let registry = Registry::new();
    let (to, mut heard) = unbounded_channel();
    registry.on_degraded(Selector::all(), move |event| {
        let to = to.clone();
        async move { to.send(event.name().to_owned()) }
    });
    let breaker = registered(&registry, "orders", settings());

    drop(registry);
    breaker.force_open();
    assert_eq!(
        heard.recv().await.as_deref(),
        Some("orders"),
        "who holds a breaker goes on using it"
    );
    breaker.reset();
    breaker.force_open();
    drop(breaker);

    assert_eq!(heard.recv().await.as_deref(), Some("orders"), "what has happened is told");
    let ended = timeout(SECOND, heard.recv()).await;
    assert_eq!(ended, Ok(None), "the handler is gone, and what it held");
}
