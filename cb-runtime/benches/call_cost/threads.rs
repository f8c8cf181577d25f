//! What a second thread on the same breaker adds to the calls that are made through it.

use std::{
    error::Error,
    hint,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::rows::{Batch, Effort, Group, Row, calls_in, median};

/// How many times the calls of one thread two threads make together.
pub(crate) struct Scaling {
    pub(crate) label: &'static str,
    pub(crate) ratio: f64,
    pub(crate) aim: Option<f64>,
}

pub(crate) fn measure(groups: &[Group], effort: Effort) -> Result<Vec<Scaling>, Box<dyn Error>> {
    let rows: Vec<&Row> =
        groups.iter().flat_map(|group| &group.rows).filter(|row| row.shared).collect();
    let calls: Vec<u32> = rows.iter().map(|row| calls_in(effort.batch, &row.batch)).collect();
    let mut ratios = vec![Vec::new(); rows.len()];
    for _ in 0..effort.thread_rounds {
        for ((row, &calls), ratios) in rows.iter().zip(&calls).zip(&mut ratios) {
            let alone = together(1, calls, &row.batch)?;
            let both = together(2, calls, &row.batch)?;
            ratios.push(2.0 * alone.as_secs_f64() / both.as_secs_f64());
        }
    }
    let scaling = |(row, ratios): (&&Row, &Vec<f64>)| Scaling {
        label: row.label,
        ratio: median(ratios),
        aim: row.aim.map(|_| 1.95),
    };
    Ok(rows.iter().zip(&ratios).map(scaling).collect())
}

/// How long it takes so many threads to make so many calls each, from the first start to the last end.
fn together(threads: usize, calls: u32, batch: &Batch) -> Result<Duration, Box<dyn Error>> {
    // Threads that slept at a barrier may be woken on one core, one behind the other.
    let arrived = AtomicUsize::new(0);
    let spans = thread::scope(|scope| {
        let work = || {
            // What a thread does once for each breaker is not what is measured.
            batch(1);
            arrived.fetch_add(1, Ordering::SeqCst);
            while arrived.load(Ordering::SeqCst) < threads {
                hint::spin_loop();
            }
            let start = Instant::now();
            batch(calls);
            (start, Instant::now())
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect::<Result<Vec<_>, _>>()
    });
    let spans = spans.map_err(|_| "a thread panicked")?;
    let start = spans.iter().map(|span| span.0).min().ok_or("no thread")?;
    let end = spans.iter().map(|span| span.1).max().ok_or("no thread")?;
    Ok(end - start)
}
