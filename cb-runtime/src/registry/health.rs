//! How the breakers of a registry are: gathers what `observe` works it out from.

use std::collections::HashMap;

use super::{Registry, declarations, registry};
use crate::{
    breaker::CircuitBreaker,
    clock::Tick,
    config::ConfigError,
    observe::{
        alert_bounds::AlertBounds,
        alerts::{self, Alert, AlertKind},
        health::{self, Health, Tally},
        look::Look,
        recommend::{self, Instead, Recommendation},
        snapshot::wall,
        trend::Trend,
    },
    primitive::{read, write},
};

/// Every breaker at one moment, each beside what was seen of it.
pub(super) struct Overview {
    breakers: Vec<CircuitBreaker>,
    pub(super) looks: Vec<Look>,
    bounds: AlertBounds,
}

/// The bounds that were set, and those of a file.
#[derive(Default)]
pub(super) struct Bounds {
    own: AlertBounds,
    loaded: Option<AlertBounds>,
}

impl Bounds {
    fn in_force(&self) -> AlertBounds {
        self.loaded.unwrap_or(self.own)
    }
}

/// When the registry was made.
pub(super) struct Made(Tick);

impl Default for Made {
    fn default() -> Self {
        Self(Tick::now())
    }
}

impl Registry {
    /// How all breakers are together: a verdict, a score from 0 to 1, which critical ones are down, and
    /// what is advised.
    ///
    /// ```
    /// use cb_runtime::{Config, Registry, Verdict};
    ///
    /// let registry = Registry::new();
    /// registry.get_or_register("cache", Config::default())?;
    /// registry.get_or_register("db", Config::builder().critical(true).build()?)?.force_open();
    ///
    /// let health = registry.health();
    /// assert_eq!(health.score, 1.0 / 3.0, "a critical breaker counts double");
    /// assert_eq!(health.critical_down, ["db"]);
    /// assert_eq!(health.verdict, Verdict::Failed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn health(&self) -> Health {
        self.overview().health(self)
    }

    /// Whether the program can do its work: no critical breaker is open, and the score, half-open breakers
    /// taken for closed, is not under the [floor](AlertBounds::floor). The same as that the
    /// [verdict](crate::Verdict) is not "failed", and quicker to ask.
    ///
    /// A half-open breaker, critical or not, does not stop the program: it is by the program's calls that
    /// it closes, and one that waited for that would wait for ever. A breaker that is forced open is an
    /// open one; one that is disabled or only keeps figures is a closed one.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use cb_runtime::{Config, Registry};
    ///
    /// let registry = Registry::new();
    /// let db = registry.get_or_register("db", Config::builder().critical(true).build()?)?;
    /// assert!(registry.should_continue());
    ///
    /// db.force_open();
    /// assert!(!registry.should_continue());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn should_continue(&self) -> bool {
        let mut tally = Tally::default();
        for breaker in self.iter() {
            let (critical, met) = breaker.0.standing();
            tally.add(critical, met);
        }
        tally.should_continue(self.alert_bounds().floor)
    }

    /// What the figures advise, by the breakers' names. Of keyed breakers, the same advice is given once
    /// for all of a name.
    ///
    /// | advice | where |
    /// |---|---|
    /// | more patience | it is not closed and has reopened 3 times in 10 minutes |
    /// | more good probes before it closes | it has opened 3 times in 10 minutes and closed in between |
    /// | a look at the service | it was last closed longer ago than [`AlertBounds::open_for`], and is not forced open |
    /// | to resume it | it has been forced open, disabled or on metrics only for over an hour |
    /// | a longer `call_timeout` | half of its failures, of 10 or more, are timeouts |
    /// | a look at slow calls | their share in the window is half of that which opens it |
    /// | a fallback | a tenth of its calls, of 100 or more, were turned away, and one of its functions has no fallback; of a breaker without declared functions, no fallback ever answered |
    /// | fewer retries | a tenth of them, of 20 or more, helped, or less |
    /// | a higher `max_concurrent` | a tenth of its calls, of 100 or more, found no place |
    ///
    /// The numbers are rules of thumb. Where none of 10 minutes or the window is named, counts are those
    /// since the breaker was made.
    ///
    /// ```
    /// use cb_runtime::{Config, Registry};
    ///
    /// let registry = Registry::new();
    /// let db = registry.get_or_register("db", Config::default())?;
    /// db.force_open();
    /// for _ in 0..100 {
    ///     assert!(db.try_acquire().is_err());
    /// }
    ///
    /// assert_eq!(
    ///     registry.recommendations()[0].to_string(),
    ///     "`db` turned away 100 of 100 calls, and no fallback answered for one of them: callers got the \
    ///      error; consider a fallback"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recommendations(&self) -> Vec<Recommendation> {
        self.overview().recommendations(self)
    }

    /// What ought to be looked at, the worst first and then by name. [`AlertKind`] has each kind with its
    /// bound.
    ///
    /// Ages are those of tokio's clock. Each look at the alerts keeps some figures for the next, half
    /// a kilobyte for each breaker that has had a call; no call pays for them, and they go with the
    /// breaker. Only the latest 100 events of a breaker are there to be told of.
    ///
    /// ```
    /// use cb_runtime::{AlertKind, Config, Registry};
    ///
    /// let registry = Registry::new();
    /// let db = registry.get_or_register("db", Config::default())?;
    /// db.reconfigure(|settings| settings.failure_threshold(3))?;
    ///
    /// let [alert] = &registry.alerts()[..] else { unreachable!() };
    /// assert_eq!(alert.kind, AlertKind::ConfigChanged);
    /// assert_eq!(
    ///     alert.text,
    ///     "settings of circuit breaker `db` were changed: `failure_threshold` from 5 to 3"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn alerts(&self) -> Vec<Alert> {
        self.overview().alerts(self)
    }

    /// The bounds that [`alerts`](Self::alerts) and [`should_continue`](Self::should_continue) go by.
    pub fn alert_bounds(&self) -> AlertBounds {
        read(&self.0.alert_bounds).in_force()
    }

    /// Sets the bounds that [`alerts`](Self::alerts) and [`should_continue`](Self::should_continue) go by.
    ///
    /// # Errors
    /// [`ConfigError`] for the first that is out of its range; nothing is changed then.
    pub fn set_alert_bounds(&self, bounds: AlertBounds) -> Result<(), ConfigError> {
        bounds.check()?;
        *write(&self.0.alert_bounds) = Bounds { own: bounds, loaded: None };
        Ok(())
    }

    /// Sets those of a file, or takes them back. Until they are set otherwise, they stand over what was
    /// set before.
    #[cfg(feature = "config")]
    pub(super) fn load_alert_bounds(&self, loaded: Option<AlertBounds>) {
        write(&self.0.alert_bounds).loaded = loaded;
    }

    pub(super) fn overview(&self) -> Overview {
        let bounds = self.alert_bounds();
        let within = bounds.reach().max(recommend::LATELY);
        let breakers: Vec<_> = self.iter().collect();
        let looks = breakers.iter().map(|breaker| breaker.0.look(within)).collect();
        Overview { breakers, looks, bounds }
    }

    /// Whether the program's functions are those of this registry.
    pub(super) fn is_the_programs(&self) -> bool {
        std::sync::Arc::ptr_eq(&self.0, &registry().0)
    }
}

impl Overview {
    pub(super) fn health(&self, registry: &Registry) -> Health {
        let health = health::health(&self.looks, &self.bounds, self.recommendations(registry));
        Health { store_connected: registry.store_connected(), ..health }
    }

    pub(super) fn recommendations(&self, registry: &Registry) -> Vec<Recommendation> {
        let instead = instead(registry);
        recommend::recommendations(&self.looks, &self.bounds, |name| {
            instead.get(name).cloned().unwrap_or(Instead::Unknown)
        })
    }

    pub(super) fn alerts(&self, registry: &Registry) -> Vec<Alert> {
        let mut all: Vec<Alert> = alerts::of_all(&self.looks, &self.bounds).into_iter().collect();
        all.extend(conflicts(registry));
        #[cfg(feature = "config")]
        all.extend(not_loaded(registry));
        #[cfg(all(feature = "redis", not(cb_loom)))]
        all.extend(registry.store_away());
        for (breaker, look) in self.breakers.iter().zip(&self.looks) {
            let find = |trend: &mut Trend| alerts::of_breaker(look, &self.bounds, trend);
            all.extend(if alerts::has_trend(look) {
                breaker.0.with_trend(find)
            } else {
                find(&mut Trend::default())
            });
        }
        all.sort_by_key(|alert| std::cmp::Reverse(alert.severity));
        all
    }
}

/// What the program's functions answer with, by the names of their breakers.
fn instead(registry: &Registry) -> HashMap<&'static str, Instead> {
    let mut found = HashMap::new();
    if registry.is_the_programs() {
        for declaration in declarations() {
            let answer = found.entry(declaration.name()).or_insert(Instead::Something);
            if *answer == Instead::Something && declaration.fallback().is_none() {
                *answer = Instead::Nothing(declaration.function());
            }
        }
    }
    found
}

fn conflicts(registry: &Registry) -> Vec<Alert> {
    let found = registry.is_the_programs().then(|| declarations().verify().err()).flatten();
    let Some(found) = found else { return Vec::new() };
    let Made(made) = registry.0.made;
    let since = wall(Tick::now(), made);
    let alert = |conflict: &super::Conflict| {
        let name = conflict.kept().name();
        Alert::new(AlertKind::Conflict, Some(name), since, conflict.to_string())
    };
    found.iter().map(alert).collect()
}

/// What was to be loaded last, and was refused.
#[cfg(feature = "config")]
fn not_loaded(registry: &Registry) -> Option<Alert> {
    let (since, text) = registry.0.loading.failed()?;
    Some(Alert::new(AlertKind::Load, None, wall(Tick::now(), since), text))
}
