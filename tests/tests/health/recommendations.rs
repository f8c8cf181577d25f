use cb_runtime::{Backoff, Window};

use super::*;

#[tokio::test(start_paused = true)]
async fn one_that_reopens_often() {
    let registry = Registry::new();
    let breaker = make(&registry, "llm", settings().recovery_timeout(10 * SECOND));
    open(&breaker).await;
    for _ in 0..2 {
        reopen(&breaker).await;
    }
    assert_eq!(advice(&registry), [""; 0]);
    for _ in 0..2 {
        reopen(&breaker).await;
    }
    assert_eq!(
        advice(&registry),
        [
            "`llm` has reopened 4 times in 10 minutes: its recovery_timeout of 10s is shorter than the \
          outages; consider backoff"
        ]
    );
    let backoff = Backoff::new(2.0, MINUTE);
    breaker.reconfigure(|settings| settings.backoff(backoff)).unwrap();
    assert!(advice(&registry)[0].ends_with("consider more than 1m as its backoff's `max`"));
    assert_eq!(registry.health().recommendations, registry.recommendations());
    recover(&breaker).await;
    assert_eq!(advice(&registry), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn reopenings_of_more_than_ten_minutes_ago_are_forgotten() {
    let registry = Registry::new();
    let breaker = make(&registry, "llm", settings().recovery_timeout(SECOND));
    open(&breaker).await;
    for _ in 0..3 {
        reopen(&breaker).await;
    }
    let reopened = |advice: &[String]| advice.iter().any(|text| text.contains("reopened"));
    advance(10 * MINUTE - 2 * SECOND).await;
    assert!(reopened(&advice(&registry)));
    advance(NANO).await;
    assert!(!reopened(&advice(&registry)), "the first is out");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_closed_by_hand_and_opens_again_is_not_put_down_to_its_probes() {
    let registry = Registry::new();
    let breaker = make(&registry, "llm", settings());
    for _ in 0..3 {
        open(&breaker).await;
        breaker.reset();
        open(&breaker).await;
        breaker.reset();
        breaker.force_open();
        breaker.resume();
    }
    let flaps = advice(&registry).into_iter().find(|text| text.contains("success_threshold"));
    assert_eq!(flaps, None);
}

#[tokio::test(start_paused = true)]
async fn one_that_opens_and_closes_and_opens() {
    let registry = Registry::new();
    let breaker = make(&registry, "llm", settings().recovery_timeout(SECOND));
    for _ in 0..2 {
        open(&breaker).await;
        recover(&breaker).await;
    }
    assert_eq!(advice(&registry), [""; 0]);
    open(&breaker).await;
    assert_eq!(
        advice(&registry),
        [
            "`llm` has opened 3 times in 10 minutes and closed in between: a success_threshold of 1 takes \
          the service for well too early; consider 3"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_is_open_for_long() {
    let registry = Registry::new();
    let breaker = make(&registry, "llm", settings().recovery_timeout(HOUR));
    open(&breaker).await;
    advance(5 * MINUTE).await;
    assert_eq!(advice(&registry), [""; 0]);
    advance(NANO).await;
    assert_eq!(
        advice(&registry),
        ["`llm` was last closed 5m ago: probes alone do not bring it back; look \
          after the service"]
    );
}

#[tokio::test(start_paused = true)]
async fn modes_that_were_forgotten() {
    type Set = fn(&CircuitBreaker);
    let modes: [(Set, &str); 3] = [
        (CircuitBreaker::force_open, "forced open for 1h: no call reaches the service"),
        (CircuitBreaker::disable, "disabled for 1h: it protects nothing"),
        (CircuitBreaker::metrics_only, "set to metrics only for 1h: it protects nothing"),
    ];
    for (set, text) in modes {
        let registry = Registry::new();
        let breaker = make(&registry, "llm", settings());
        set(&breaker);
        advance(HOUR).await;
        assert_eq!(advice(&registry), [""; 0]);
        advance(NANO).await;
        let expected = format!("`llm` has been {text}; resume it unless that is meant");
        assert_eq!(advice(&registry), [expected]);
        breaker.resume();
        assert_eq!(advice(&registry), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_slow_but_do_not_open_yet() {
    let registry = Registry::new();
    let settings = patient().slow_call(SECOND).slow_call_rate(0.5).window(Window::calls(20));
    let breaker = make(&registry, "llm", settings);
    for _ in 0..16 {
        succeed(&breaker).await;
    }
    for _ in 0..4 {
        take(&breaker, 2 * SECOND).await;
    }
    assert_eq!(advice(&registry), [""; 0], "20 % of 50 %");
    take(&breaker, 2 * SECOND).await;
    let [text] = &advice(&registry)[..] else { panic!("one piece of advice") };
    assert!(
        text.starts_with(
            "25 % of the latest calls through `llm` took longer than its slow_call of 1s, "
        ),
        "{text}"
    );
    assert!(text.contains("; it opens at 50 %: "), "{text}");
}

#[tokio::test(start_paused = true)]
async fn rejections_that_nothing_answers_for() {
    let registry = Registry::new();
    let breaker = make(&registry, "llm", settings().recovery_timeout(HOUR));
    for _ in 0..90 {
        succeed(&breaker).await;
    }
    open(&breaker).await;
    for _ in 0..10 {
        breaker.try_acquire().unwrap_err();
    }
    assert_eq!(advice(&registry), [""; 0], "10 of 102");
    breaker.try_acquire().unwrap_err();
    assert_eq!(
        advice(&registry),
        [
            "`llm` turned away 11 of 103 calls, and no fallback answered for one of them: callers got the \
          error; consider a fallback"
        ]
    );
    let answer: Result<_, &str> =
        breaker.call_with_fallback(|| async { Err("refused") }, |_| async { Ok(1) }).await;
    assert_eq!(answer, Ok(1));
    assert_eq!(advice(&registry), [""; 0]);
}
