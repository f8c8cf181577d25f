//! Rows of the table, and how they are timed.

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

use tokio::runtime::Builder;

/// Makes so many calls and says how long they took.
pub(crate) type Batch = Box<dyn Fn(u32) -> Duration + Sync>;

/// One kind of call, and its figures once it has been measured.
pub(crate) struct Row {
    pub(crate) label: &'static str,
    /// The most that it is to cost.
    pub(crate) aim: Option<Aim>,
    /// Whether the row is also measured with two threads on one breaker.
    pub(crate) shared: bool,
    pub(crate) batch: Batch,
    /// Makes one call: what it answered, or `None` where it was turned away.
    probe: Box<dyn Fn() -> Option<u64>>,
    expected: Option<u64>,
    calls: u32,
    /// Nanoseconds a call, and `fetch_add`s a call, for each round.
    nanos: Vec<f64>,
    ratios: Vec<f64>,
    pub(crate) allocations: f64,
    /// Instructions a call, where they were counted.
    pub(crate) instructions: Option<f64>,
}

/// The most that a call is to cost.
#[derive(Clone, Copy)]
pub(crate) enum Aim {
    FetchAdds(f64),
    /// What it takes to read the clock, and so many `fetch_add`s.
    ClockReads {
        reads: f64,
        fetch_adds: f64,
    },
    Nanos(f64),
}

/// Rows that stand together in the table.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// How much time a measurement takes.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rounds: u32,
    pub(crate) thread_rounds: u32,
    pub(crate) batch: Duration,
}

impl Effort {
    /// `--quick` is for seeing that it runs. Cargo adds arguments of its own, so others are ignored.
    pub(crate) fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Self {
        if arguments.any(|argument| argument == "--quick") {
            Self { rounds: 15, thread_rounds: 15, batch: Duration::from_millis(3) }
        } else {
            Self { rounds: 101, thread_rounds: 51, batch: Duration::from_millis(10) }
        }
    }
}

impl Group {
    pub(crate) fn new(title: &'static str, rows: Vec<Row>) -> Self {
        Self { title, rows }
    }
}

impl Row {
    /// Calls that are made on this thread.
    pub(crate) fn blocking<T: 'static, F>(
        label: &'static str,
        expected: Option<u64>,
        call: F,
        result: fn(T) -> Option<u64>,
    ) -> Self
    where
        F: Fn() -> T + Clone + Sync + 'static,
    {
        let once = call.clone();
        let batch = move |calls| {
            let start = Instant::now();
            for _ in 0..calls {
                black_box(&call());
            }
            start.elapsed()
        };
        Self::by_hand(label, expected, Box::new(batch), Box::new(move || result(once())))
    }

    /// Calls that are awaited, one after the other, by one task.
    pub(crate) fn awaited<Fut, F>(
        label: &'static str,
        expected: Option<u64>,
        call: F,
        result: fn(Fut::Output) -> Option<u64>,
    ) -> Self
    where
        Fut: Future + 'static,
        F: Fn() -> Fut + Clone + Sync + 'static,
    {
        let once = call.clone();
        let batch = move |calls| {
            on_runtime(async {
                let start = Instant::now();
                for _ in 0..calls {
                    black_box(&call().await);
                }
                start.elapsed()
            })
            .unwrap_or_default()
        };
        let probe = move || on_runtime(once()).and_then(result);
        Self::by_hand(label, expected, Box::new(batch), Box::new(probe))
    }

    /// Calls that fit neither loop.
    pub(crate) fn by_hand(
        label: &'static str,
        expected: Option<u64>,
        batch: Batch,
        probe: Box<dyn Fn() -> Option<u64>>,
    ) -> Self {
        Self {
            label,
            aim: None,
            shared: false,
            batch,
            probe,
            expected,
            calls: 0,
            nanos: Vec::new(),
            ratios: Vec::new(),
            allocations: 0.0,
            instructions: None,
        }
    }

    pub(crate) fn aim(self, aim: Aim) -> Self {
        Self { aim: Some(aim), ..self }
    }

    pub(crate) fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    /// A figure of the wrong path is worse than none.
    fn check(&self) -> Result<(), Box<dyn Error>> {
        let found = (self.probe)();
        if found == self.expected {
            return Ok(());
        }
        Err(format!("`{}` ended in {found:?} instead of {:?}", self.label, self.expected).into())
    }

    fn prepare(&mut self, effort: Effort) -> Result<(), Box<dyn Error>> {
        self.check()?;
        self.calls = calls_in(effort.batch, &self.batch);
        // The difference between two batches leaves out what a batch allocates once.
        let (few, many) = (self.allocations_of(1000), self.allocations_of(2000));
        self.allocations = (f64::from(many) - f64::from(few)) / 1000.0;
        Ok(())
    }

    fn allocations_of(&self, calls: u32) -> u32 {
        let counted = allocation_counter::measure(|| {
            (self.batch)(calls);
        });
        u32::try_from(counted.count_total).unwrap_or(u32::MAX)
    }

    fn time(&self) -> f64 {
        (self.batch)(self.calls).as_secs_f64() * 1e9 / f64::from(self.calls)
    }

    fn note(&mut self, nanos: f64, fetch_add: f64) {
        self.nanos.push(nanos);
        self.ratios.push(nanos / fetch_add);
    }

    /// Nanoseconds a call.
    pub(crate) fn nanos(&self) -> f64 {
        median(&self.nanos)
    }

    /// `fetch_add`s a call.
    pub(crate) fn ratio(&self) -> f64 {
        median(&self.ratios)
    }
}

/// Times every row once a round, so that what slows the machine for a while slows them alike.
pub(crate) fn measure(groups: &mut [Group], effort: Effort) -> Result<(), Box<dyn Error>> {
    for row in groups.iter_mut().flat_map(|group| &mut group.rows) {
        row.prepare(effort)?;
    }
    for _ in 0..effort.rounds {
        let times: Vec<f64> = groups.iter().flat_map(|group| &group.rows).map(Row::time).collect();
        let rows = || groups.iter().flat_map(|group| &group.rows);
        let fetch_add = rows()
            .position(|row| row.label == crate::yardsticks::FETCH_ADD)
            .and_then(|at| times.get(at).copied())
            .ok_or("there is no row to measure the others by")?;
        let rows = groups.iter_mut().flat_map(|group| &mut group.rows);
        rows.zip(times).for_each(|(row, nanos)| row.note(nanos, fetch_add));
    }
    groups.iter().flat_map(|group| &group.rows).try_for_each(Row::check)
}

/// How many calls take about this long.
pub(crate) fn calls_in(time: Duration, batch: &Batch) -> u32 {
    let mut calls = 1000;
    loop {
        let taken = batch(calls);
        if taken * 4 >= time {
            let scaled = u128::from(calls) * time.as_nanos() / taken.as_nanos().max(1);
            return u32::try_from(scaled).unwrap_or(u32::MAX);
        }
        calls *= 2;
    }
}

/// Runs a future to its end on a runtime of its own. The runtime is made outside of what is timed.
pub(crate) fn on_runtime<F: Future>(future: F) -> Option<F::Output> {
    Some(Builder::new_current_thread().build().ok()?.block_on(future))
}

pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
