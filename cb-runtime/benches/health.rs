//! What a look at all breakers costs, with ten thousand of them: `cargo bench -p cb-runtime --bench health`.
//!
//! Every breaker has had calls, a tenth of them are open, and a tenth have a history of a hundred
//! events. Health and alerts are to take less than 50 ms together.

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

use cb_runtime::{Config, Registry};

const BREAKERS: u32 = 10_000;
const ROUNDS: usize = 21;
const AIM: Duration = Duration::from_millis(50);

fn main() -> Result<(), Box<dyn Error>> {
    let registry = registry()?;
    println!(
        "{BREAKERS} breakers, a tenth open, a tenth with 100 events; median of {ROUNDS} looks\n"
    );
    row("should_continue", || {
        black_box(registry.should_continue());
    });
    row("recommendations", || drop(black_box(registry.recommendations())));
    let first = Instant::now();
    black_box(registry.alerts());
    println!("{:<20} {:>8.2} ms", "the first alerts", millis(first.elapsed()));
    let health = row("health", || drop(black_box(registry.health())));
    let alerts = row("alerts", || drop(black_box(registry.alerts())));
    let both = health + alerts;
    let kept = if both < AIM { "kept" } else { "missed" };
    println!("\n{:<20} {:>8.2} ms, aim {:.0} ms: {kept}", "together", millis(both), millis(AIM));
    Ok(())
}

fn registry() -> Result<Registry, Box<dyn Error>> {
    let registry = Registry::new();
    let config =
        Config::builder().failure_threshold(2).slow_call(Duration::from_secs(1)).build()?;
    for number in 0..BREAKERS {
        let breaker = registry.get_or_register(&format!("service/{number}"), config.clone())?;
        for _ in 0..30 {
            breaker.try_acquire()?.success();
        }
        match number % 10 {
            0 => (0..2).try_for_each(|_| breaker.try_acquire().map(cb_runtime::Permit::failure))?,
            1 => (0..100).for_each(|_| breaker.reset()),
            _ => {}
        }
    }
    Ok(registry)
}

fn row(label: &str, look: impl Fn()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            look();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let median = times[ROUNDS / 2];
    println!("{label:<20} {:>8.2} ms", millis(median));
    median
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
