//! What a scrape costs, with a thousand breakers: `cargo bench -p cb-runtime --features prometheus --bench scrape`.
//!
//! Every breaker has had calls, a tenth of them are open and have a history. A scrape is to take less
//! than 20 ms, in either format.

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

use cb_runtime::{
    Config, Registry,
    prometheus::{Format, encode},
};

const BREAKERS: u32 = 1_000;
const ROUNDS: usize = 21;
const AIM: Duration = Duration::from_millis(20);

fn main() -> Result<(), Box<dyn Error>> {
    let registry = registry()?;
    println!("{BREAKERS} breakers, a tenth open; median of {ROUNDS} scrapes\n");
    for (label, format) in
        [("Prometheus", Format::Prometheus), ("OpenMetrics", Format::OpenMetrics)]
    {
        let text = encode(&registry, format);
        let series = text.lines().filter(|line| !line.starts_with('#')).count();
        let size = text.len() / 1024;
        let median = median(|| drop(black_box(encode(&registry, format))));
        let kept = if median < AIM { "kept" } else { "missed" };
        println!(
            "{label:<12} {:>8.2} ms, aim {} ms: {kept}; {series} series, {size} KiB",
            median.as_secs_f64() * 1e3,
            AIM.as_millis(),
        );
    }
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
        if number % 10 == 0 {
            (0..20).for_each(|_| breaker.reset());
            (0..2).try_for_each(|_| breaker.try_acquire().map(cb_runtime::Permit::failure))?;
        }
    }
    Ok(registry)
}

fn median(scrape: impl Fn()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            scrape();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}
