use cb_runtime::CallError;
use tokio::time::{advance, sleep};

use super::*;

#[test]
fn all_series_are_there_at_zero_before_the_first_call() {
    let registry = Registry::new();
    make(&registry, "db", settings());

    let Scrape(all) = Scrape::of(&registry);

    // 1 state, 3 in_state, 4 calls, 1 failures, 9 trips, 5 transitions, 1 slow, 3 fallbacks, 1 retries,
    // 13 buckets with sum and count, 1 open seconds; no ratio before there are calls.
    assert_eq!(all.len(), 1 + 3 + 4 + 1 + 9 + 5 + 1 + 3 + 1 + 15 + 1, "{all:#?}");
    let (ones, zeros): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, value)| *value > 0.0);
    assert_eq!(ones, [(r#"circuit_breaker_in_state{name="db",state="closed"}"#.to_owned(), 1.0)]);
    assert!(zeros.iter().all(|(_, value)| *value == 0.0));
}

#[tokio::test(start_paused = true)]
async fn calls_are_counted_by_how_they_ended() {
    let registry = Registry::new();
    let db = make(&registry, "db", settings().slow_call(2 * SECOND).min_calls(4));
    for _ in 0..3 {
        succeed(&db);
    }
    db.try_acquire().unwrap().ignore();
    let slow = db.call(|| async {
        sleep(3 * SECOND).await;
        Ok::<_, ()>(())
    });
    assert_eq!(slow.await, Ok(()));
    {
        let mut dropped = Box::pin(db.call(|| async {
            sleep(SECOND).await;
            Ok::<_, ()>(())
        }));
        assert!(tokio::time::timeout(SECOND / 2, &mut dropped).await.is_err());
    }
    fail(&db);
    fail(&db);
    for _ in 0..5 {
        assert!(db.try_acquire().is_err());
    }

    let scrape = Scrape::of(&registry);

    scrape.is(r#"calls_total{name="db",outcome="success"}"#, 4.0);
    scrape.is(r#"calls_total{name="db",outcome="failure"}"#, 2.0);
    scrape.is(r#"calls_total{name="db",outcome="ignored"}"#, 2.0);
    scrape.is(r#"calls_total{name="db",outcome="rejected"}"#, 5.0);
    scrape.is(r#"failures_total{name="db"}"#, 2.0);
    scrape.is(r#"slow_calls_total{name="db"}"#, 1.0);
    scrape.is(r#"trips_total{name="db",reason="consecutive_failures"}"#, 1.0);
    scrape.is(r#"transitions_total{name="db",from="closed",to="open"}"#, 1.0);
    scrape.is(r#"state{name="db"}"#, 2.0);
    scrape.is(r#"in_state{name="db",state="open"}"#, 1.0);
    scrape.is(r#"in_state{name="db",state="closed"}"#, 0.0);
}

#[tokio::test(start_paused = true)]
async fn ratios_are_of_the_window_and_absent_below_min_calls() {
    let registry = Registry::new();
    let patient = settings().failure_threshold(u32::MAX).min_calls(4);
    let db = make(&registry, "db", patient.slow_call(SECOND));
    make(&registry, "quick", patient);
    for name in ["db", "quick"] {
        let breaker = registry.get(name).unwrap();
        (0..3).for_each(|_| succeed(&breaker));
    }
    let scrape = Scrape::of(&registry);
    assert_eq!(scrape.find(r#"failure_ratio{name="db"}"#), None);
    assert_eq!(scrape.find(r#"slow_ratio{name="db"}"#), None);

    let slow = db.call(|| async {
        sleep(2 * SECOND).await;
        Err::<(), _>("no")
    });
    assert_eq!(slow.await, Err(CallError::Failed("no")));
    succeed(&registry.get("quick").unwrap());

    let scrape = Scrape::of(&registry);
    scrape.is(r#"failure_ratio{name="db"}"#, 0.25);
    scrape.is(r#"slow_ratio{name="db"}"#, 0.25);
    scrape.is(r#"failure_ratio{name="quick"}"#, 0.0);
    assert_eq!(scrape.find(r#"slow_ratio{name="quick"}"#), None, "nothing is slow there");
}

#[tokio::test(start_paused = true)]
async fn transitions_and_trips_are_counted_by_kind_and_dry_runs_are_not() {
    let registry = Registry::new();
    let db = make(&registry, "db", settings());
    for _ in 0..2 {
        fail(&db);
        fail(&db);
        advance(30 * SECOND).await;
        fail(&db);
        advance(30 * SECOND).await;
        succeed(&db);
    }
    db.force_open();
    db.resume();
    db.force_open();
    db.reset();
    db.metrics_only();
    fail(&db);
    fail(&db);
    advance(30 * SECOND).await;
    fail(&db);

    let scrape = Scrape::of(&registry);

    let transition = |from: &str, to: &str, count: f64| {
        scrape.is(&format!(r#"transitions_total{{name="db",from="{from}",to="{to}"}}"#), count);
    };
    transition("closed", "open", 4.0);
    transition("open", "half_open", 4.0);
    transition("half_open", "open", 2.0);
    transition("half_open", "closed", 2.0);
    transition("open", "closed", 2.0);
    scrape.is(r#"trips_total{name="db",reason="consecutive_failures"}"#, 2.0);
    scrape.is(r#"trips_total{name="db",reason="probe_failed"}"#, 2.0);
    scrape.is(r#"trips_total{name="db",reason="forced_open"}"#, 2.0);
    scrape.is(r#"state{name="db"}"#, 0.0);
}

#[tokio::test(start_paused = true)]
async fn fallbacks_are_counted_by_what_they_answered() {
    let registry = Registry::new();
    let db = make(&registry, "db", settings().failure_threshold(u32::MAX));
    for answer in [Ok(1), Ok(2), Err("neither")] {
        let answered =
            db.call_with_fallback(|| async { Err("no") }, |_| async move { answer }).await;
        assert_eq!(answered, answer);
    }

    let scrape = Scrape::of(&registry);

    scrape.is(r#"fallbacks_total{name="db",result="success"}"#, 2.0);
    scrape.is(r#"fallbacks_total{name="db",result="failure"}"#, 1.0);
    scrape.is(r#"fallbacks_total{name="db",result="stale"}"#, 0.0);
    assert_eq!(db.snapshot().totals.fallbacks, 3, "failed ones included");
}

#[tokio::test(start_paused = true)]
async fn the_histogram_adds_up() {
    let registry = Registry::new();
    let db = make(&registry, "db", settings());
    for millis in [0, 1, 2, 40, 1_000, 1_000, 100_000] {
        let call = db.call(|| async move {
            sleep(Duration::from_millis(millis)).await;
            Ok::<_, ()>(())
        });
        assert_eq!(call.await, Ok(()));
    }

    let scrape = Scrape::of(&registry);

    let below = |edge: &str, count: f64| {
        let series = format!(r#"call_duration_seconds_bucket{{name="db",le="{edge}"}}"#);
        scrape.is(&series, count);
    };
    below("0.000393216", 1.0);
    below("0.001048576", 2.0);
    below("0.003145728", 3.0);
    below("0.025165824", 3.0);
    below("0.067108864", 4.0);
    below("0.536870912", 4.0);
    below("1.610612736", 6.0);
    below("34.359738368", 6.0);
    below("+Inf", 7.0);
    scrape.is(r#"call_duration_seconds_count{name="db"}"#, 7.0);
    scrape.is(r#"call_duration_seconds_sum{name="db"}"#, 102.043);
}
