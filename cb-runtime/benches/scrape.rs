//! What a scrape costs, with a thousand breakers: `cargo bench -p cb-runtime --features prometheus --bench scrape`.
//!
//! Every breaker has had calls, a tenth of them are open and have a history. A scrape is to take less
//! than 20 ms, in either format.

mod looks;

use std::{error::Error, hint::black_box, time::Duration};

use cb_runtime::prometheus::{Format, encode};
use looks::{ROUNDS, median};

const BREAKERS: u32 = 1_000;
const AIM: Duration = Duration::from_millis(20);

fn main() -> Result<(), Box<dyn Error>> {
    let registry = looks::registry(BREAKERS, |number| if number % 10 == 0 { 20 } else { 0 })?;
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
