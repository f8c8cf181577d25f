//! What a look at all breakers costs, with ten thousand of them: `cargo bench -p cb-runtime --bench health`.
//!
//! Every breaker has had calls, a tenth of them are open, and a tenth have a history of a hundred
//! events. Health and alerts are to take less than 50 ms together.

mod looks;

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

use looks::{ROUNDS, median};

const BREAKERS: u32 = 10_000;
const AIM: Duration = Duration::from_millis(50);

fn main() -> Result<(), Box<dyn Error>> {
    let registry = looks::registry(BREAKERS, |number| if number % 10 == 1 { 100 } else { 0 })?;
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

fn row(label: &str, look: impl Fn()) -> Duration {
    let median = median(look);
    println!("{label:<20} {:>8.2} ms", millis(median));
    median
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
