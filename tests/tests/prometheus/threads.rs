//! Scrapes while calls are made.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use cb_runtime::{circuit_breaker, registry, testing};

use super::*;

#[circuit_breaker(name = "prometheus.busy", key = key, max_keys = 3, failure_threshold = 2)]
fn ask(key: u32, up: bool) -> anyhow::Result<u32> {
    anyhow::ensure!(up, "down");
    Ok(key)
}

const CALLS: u32 = 20_000;

/// Makes the calls on several threads, and scrapes until they are done.
fn scrape_during(call: impl Fn(u32) + Sync) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let call = &call;
        let callers: Vec<_> = (0..4_u32)
            .map(|first| {
                let calls = move || (0..CALLS).for_each(|number| call(first + number));
                scope.spawn(testing::inherited_blocking(calls))
            })
            .collect();
        let scraper = scope.spawn(testing::inherited_blocking(|| {
            let mut earlier = Scrape::of(registry());
            while !done.load(Ordering::Relaxed) {
                let now = Scrape::of(registry());
                now.has_only_grown_since(&earlier);
                whole_histograms(&now);
                earlier = now;
            }
        }));
        for caller in callers {
            caller.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        scraper.join().unwrap();
    });
}

/// What is in the last bucket is the count.
fn whole_histograms(scrape: &Scrape) {
    for (series, count) in &scrape.0 {
        if let Some(of) = series.strip_prefix("circuit_breaker_call_duration_seconds_count{") {
            let of = of.trim_end_matches('}');
            scrape.is(&format!(r#"call_duration_seconds_bucket{{{of},le="+Inf"}}"#), *count);
        }
    }
}

#[test]
fn no_counter_falls_while_calls_are_made() {
    testing::isolated_blocking(|| {
        let settings = settings().failure_threshold(u32::MAX).min_calls(1);
        let db = make(registry(), "db", settings);
        scrape_during(|number| {
            let permit = db.try_acquire().unwrap();
            match number % 16 {
                0 => permit.failure(),
                1 => permit.ignore(),
                _ => permit.success(),
            }
        });
        let scrape = Scrape::of(registry());
        scrape.is(r#"calls_total{name="db",outcome="failure"}"#, f64::from(CALLS * 4 / 16));
        scrape.is(r#"calls_total{name="db",outcome="ignored"}"#, f64::from(CALLS * 4 / 16));
        scrape.is(r#"calls_total{name="db",outcome="success"}"#, f64::from(CALLS * 4 / 16 * 14));
    });
}

#[test]
fn no_counter_falls_while_keys_come_and_go() {
    testing::isolated_blocking(|| {
        scrape_during(|number| drop(ask(number % 50, number % 3 > 0)));
        let scrape = Scrape::of(registry());
        let all: f64 = ["success", "failure", "ignored", "rejected"]
            .iter()
            .map(|outcome| {
                scrape.get(&format!(r#"calls_total{{name="prometheus.busy",outcome="{outcome}"}}"#))
            })
            .sum();
        assert!((all - f64::from(CALLS * 4)).abs() < 0.5, "{all}");
    });
}
