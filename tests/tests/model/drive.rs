//! Takes a breaker and the model through a script, and looks after every step whether they agree.

use std::{
    cell::Cell,
    collections::BTreeMap,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use cb_runtime::{CallError, CircuitBreaker, Mode, Permit};
use tokio::time::advance;

use super::{
    api,
    judged::{Time, after},
    model::{Hint, Model, Phase, Refusal},
    script::{End, Moment, Offset, Script, Step, Way},
    seen::{Seen, compare, look, refusal},
    settings::{Over, Setting},
};

const NANO: Duration = Duration::from_nanos(1);

/// What a script's calls end in.
type Answer = Result<(), CallError<&'static str>>;

/// A call under way through the breaker under test.
enum Held {
    Permit(Permit),
    Call { end: Rc<Cell<Option<End>>>, call: Pin<Box<dyn Future<Output = Answer>>> },
}

struct Pair {
    breaker: CircuitBreaker,
    model: Model,
    held: BTreeMap<usize, Held>,
    /// The breaker before the present step.
    before: Seen,
}

/// Where the breaker does other than the model, and at which step.
pub(crate) fn run(script: &Script) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let breaker = CircuitBreaker::new("under test", api::config(&script.settings));
        let model = Model::new(script.settings.clone());
        let before = look(&breaker);
        let mut pair = Pair { breaker, model, held: BTreeMap::new(), before };
        for (number, step) in script.steps.iter().enumerate() {
            pair.step(*step).await.map_err(|difference| {
                let time = pair.model.now;
                format!("after step {}, {step:?}, at {time:?}:\n{difference}", number + 1)
            })?;
        }
        Ok(())
    })
}

impl Pair {
    async fn step(&mut self, step: Step) -> Result<(), String> {
        if self.would_hide_chance(step) {
            return Ok(());
        }
        match step {
            Step::Call(way, end, time) => self.call(way, end, time).await,
            Step::Calls(number, end) => {
                for _ in 0..number {
                    self.call(Way::Call, end, Duration::ZERO).await?;
                }
                Ok(())
            }
            Step::Begin(way) => self.begin(way).map(|_| ()),
            Step::Finish(which, end) => {
                let under_way: Vec<_> = self.held.keys().copied().collect();
                match under_way.len() {
                    0 => Ok(()),
                    some => self.finish(under_way[which % some], end),
                }
            }
            Step::Wait(time) => self.wait(time).await,
            Step::WaitFor(moment, offset) => match self.time_until(moment, offset) {
                Some(time) => self.wait(time).await,
                None => Ok(()),
            },
            Step::Reset => {
                self.breaker.reset();
                self.model.reset();
                self.look()
            }
            Step::ForceOpen => self.set_mode(CircuitBreaker::force_open, Mode::ForcedOpen, None),
            Step::ForceOpenFor(time) => {
                self.set_mode(|it| it.force_open_for(time), Mode::ForcedOpen, Some(time))
            }
            Step::Disable => self.set_mode(CircuitBreaker::disable, Mode::Disabled, None),
            Step::MetricsOnly => {
                self.set_mode(CircuitBreaker::metrics_only, Mode::MetricsOnly, None)
            }
            Step::Resume => self.set_mode(CircuitBreaker::resume, Mode::Normal, None),
            Step::DisableFor(time) => {
                self.set_mode(|it| it.disable_for(time), Mode::Disabled, Some(time))
            }
            Step::MetricsOnlyFor(time) => {
                self.set_mode(|it| it.metrics_only_for(time), Mode::MetricsOnly, Some(time))
            }
            Step::Reconfigure(setting) => {
                let outcome = self.breaker.reconfigure(|settings| api::set(settings, setting));
                let expected = self.model.reconfigure(setting);
                if outcome.is_ok() != expected {
                    return Err(format!("valid: {expected} by the model, {outcome:?}"));
                }
                self.look()
            }
        }
    }

    /// Whether the breaker would shed calls in a dry run: then it lets them pass and does not count
    /// them as it counts others, and nothing says which they were.
    fn would_hide_chance(&self, step: Step) -> bool {
        let dry_run = self.model.mode == Mode::MetricsOnly;
        match step {
            Step::MetricsOnly | Step::MetricsOnlyFor(_) => self.model.settings.shed().is_some(),
            Step::Reconfigure(Setting::Shed(_)) => dry_run,
            _ => false,
        }
    }

    fn set_mode(
        &mut self,
        set: impl FnOnce(&CircuitBreaker),
        mode: Mode,
        time: Option<Duration>,
    ) -> Result<(), String> {
        set(&self.breaker);
        self.model.set_mode(mode, time);
        self.look()
    }

    async fn wait(&mut self, time: Duration) -> Result<(), String> {
        advance(time).await;
        self.model.wait(time);
        self.look()
    }

    /// How long it is from now to the moment, if it lies ahead.
    fn time_until(&self, moment: Moment, offset: Offset) -> Option<Duration> {
        let model = &self.model;
        let at: Time = match (moment, &model.phase) {
            (Moment::OpenEnd, Phase::Open { until }) => (*until)?,
            (Moment::ProbeEnd, Phase::HalfOpen { probes, .. }) => {
                probes.iter().filter_map(|probe| probe.expires).min()?
            }
            (Moment::WindowEnd, Phase::Closed(calls)) => match model.settings.window() {
                Over::Time(time) => calls.window_end(time, model.now)?,
                Over::Calls(_) => return None,
            },
            (Moment::SliceEnd, Phase::Closed(calls)) => match model.settings.window() {
                Over::Time(time) => after(calls.window_end(time, model.now)?, time / 16)?,
                Over::Calls(_) => return None,
            },
            (Moment::ModeEnd, _) => model.mode_until?,
            (Moment::Forgetting, _) => after(model.last_call, model.settings.reset_timeout()?)?,
            (Moment::Slow, _) => {
                let first = model.under_way.values().next()?;
                after(first.began, first.slow_call?)?
            }
            _ => return None,
        };
        let at = match offset {
            Offset::At => at,
            Offset::NanoBefore => at.checked_sub(NANO)?,
            Offset::NanoAfter => at.checked_add(NANO)?,
        };
        at.checked_sub(model.now)
    }

    async fn call(&mut self, way: Way, end: End, time: Duration) -> Result<(), String> {
        if let Some(call) = self.begin(way)? {
            if !time.is_zero() {
                self.wait(time).await?;
            }
            self.finish(call, end)?;
        }
        Ok(())
    }

    /// The number of the call, where it is let through.
    fn begin(&mut self, way: Way) -> Result<Option<usize>, String> {
        let (held, seen) = match begin(&self.breaker, way) {
            Ok(held) => (Some(held), None),
            Err(refusal) => (None, Some(refusal)),
        };
        let hint = Hint { shed: seen == Some(Refusal::Shed), ..Hint::default() };
        let expected = self.model.begin(way, hint);
        if expected.err() != seen {
            let said = |refusal: Option<Refusal>| {
                refusal.map_or_else(|| "let through".to_owned(), |refusal| format!("{refusal:?}"))
            };
            return Err(format!(
                "the call: {} by the model, {} by the breaker",
                said(expected.err()),
                said(seen)
            ));
        }
        if let (Ok(number), Some(held)) = (expected, held) {
            self.held.insert(number, held);
        }
        self.look().map(|()| expected.ok())
    }

    fn finish(&mut self, call: usize, end: End) -> Result<(), String> {
        if let Some(held) = self.held.remove(&call) {
            finish(held, end);
        }
        let after = look(&self.breaker);
        let opened = after.opened_since(&self.before);
        let hint = Hint {
            shed: false,
            opened: opened.map(|(why, _)| why),
            open_for: opened.map(|(_, time)| time),
        };
        self.model.finish(call, end, hint);
        self.look()
    }

    fn look(&mut self) -> Result<(), String> {
        self.before = look(&self.breaker);
        compare(&self.model, &self.before)
    }
}

fn begin(breaker: &CircuitBreaker, way: Way) -> Result<Held, Refusal> {
    match way {
        Way::Permit => breaker.try_acquire().map(Held::Permit).map_err(|error| refusal(&error)),
        Way::Call => {
            let end = Rc::new(Cell::new(None));
            let (breaker, told) = (breaker.clone(), Rc::clone(&end));
            let body = move || {
                poll_fn(move |_| match told.get() {
                    Some(End::Success) => Poll::Ready(Ok(())),
                    Some(End::Failure) => Poll::Ready(Err("refused")),
                    // Without a message on the test's output.
                    Some(End::Panicked) => resume_unwind(Box::new(())),
                    Some(End::Ignored | End::Dropped) | None => Poll::Pending,
                })
            };
            let mut call: Pin<Box<dyn Future<Output = Answer>>> =
                Box::pin(async move { breaker.call(body).await });
            match poll_once(&mut call) {
                Poll::Pending => Ok(Held::Call { end, call }),
                Poll::Ready(Err(CallError::Rejected(error))) => Err(refusal(&error)),
                Poll::Ready(other) => unreachable!("the call ended before its time in {other:?}"),
            }
        }
    }
}

fn finish(held: Held, how: End) {
    match (held, how) {
        (Held::Permit(permit), End::Success) => permit.success(),
        (Held::Permit(permit), End::Failure) => permit.failure(),
        (Held::Permit(permit), End::Ignored) => permit.ignore(),
        (Held::Permit(permit), End::Dropped) => drop(permit),
        (Held::Permit(permit), End::Panicked) => {
            let panic = catch_unwind(AssertUnwindSafe(|| {
                let _permit = permit;
                resume_unwind(Box::new(()));
            }));
            assert!(panic.is_err());
        }
        (Held::Call { call, .. }, End::Ignored | End::Dropped) => drop(call),
        (Held::Call { end, mut call }, End::Success | End::Failure | End::Panicked) => {
            end.set(Some(how));
            let answer = catch_unwind(AssertUnwindSafe(|| poll_once(&mut call)));
            match (how, answer) {
                (End::Success, Ok(Poll::Ready(Ok(()))))
                | (End::Failure, Ok(Poll::Ready(Err(CallError::Failed("refused")))))
                | (End::Panicked, Err(_)) => {}
                (_, answer) => unreachable!("the call ended in {answer:?}"),
            }
        }
    }
}

fn poll_once<T>(future: &mut Pin<Box<dyn Future<Output = T>>>) -> Poll<T> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}
