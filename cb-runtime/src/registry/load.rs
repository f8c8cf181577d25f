//! Loading settings from a file and the environment, as a whole or not at all.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    Registry,
    check::{Known, Unknown},
    make::Registered,
    watch::Stamp,
};
use crate::{
    breaker::{CircuitBreaker, Mode, core::contain},
    clock::Tick,
    config::{ConfigProblem, Layers, LoadError, Read, Source},
    observe::log,
    primitive::{Mutex, lock, write},
};

/// What was loaded, from [`Registry::load`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// The file, if there is one.
    pub file: Option<PathBuf>,
    /// The environment that is in force, if one is.
    pub environment: Option<String>,
    /// What may be a mistake: patterns that match no breaker, and so on. It is logged too. Of more than
    /// 100, the last counts the rest.
    pub warnings: Vec<ConfigProblem>,
}

/// How loading stands in a registry.
#[derive(Default)]
pub(super) struct Loading {
    /// Whether nothing was loaded yet, and the first breaker is to find what is the default.
    by_default: AtomicBool,
    /// Held while something is loaded: one at a time.
    turn: Mutex<Turn>,
    /// Why what was to be loaded last was not, and since when that is so.
    failed: Mutex<Option<(Tick, String)>>,
}

/// What was loaded last, be it in vain.
#[derive(Default)]
pub(super) struct Turn {
    source: Option<Source>,
    /// What its file looked like.
    pub(super) stamp: Stamp,
    /// Whether there is a thread that looks at it.
    pub(super) watched: bool,
}

impl Turn {
    /// The file that was loaded last.
    pub(super) fn path(&self) -> Option<PathBuf> {
        self.source.as_ref()?.path()
    }
}

impl Loading {
    /// Of a registry that loads what is the default.
    pub(super) fn by_default() -> Self {
        Self { by_default: AtomicBool::new(true), ..Self::default() }
    }

    pub(super) fn turn(&self) -> &Mutex<Turn> {
        &self.turn
    }

    pub(super) fn failed(&self) -> Option<(Tick, String)> {
        lock(&self.failed).clone()
    }

    /// Of several failures in a row, the first says since when.
    fn note(&self, failed: Option<String>) {
        let mut before = lock(&self.failed);
        let since = before.take().map_or_else(Tick::now, |(since, _)| since);
        *before = failed.map(|text| (since, text));
    }
}

impl Registry {
    /// Loads settings from a file and from variables, see [`Source`], in the place of all that was
    /// loaded before. [The guide](crate::guide::configuration) has the file, the layers and the
    /// variables.
    ///
    /// All is checked before anything is changed: of every breaker that is there, and of every one that
    /// an annotated function declares, called or not. Calls under way end under the settings that they
    /// began with; states, rows and windows stay. What was changed while the program runs still stands
    /// over what is loaded.
    ///
    /// The program's registry loads [`Source::default`] by itself with its first breaker, where nothing
    /// was loaded before; as nobody is there to be told, what is wrong is then logged, and shows as an
    /// alert.
    ///
    /// Blocks for as long as the file takes to be read.
    ///
    /// ```
    /// use cb_runtime::{Config, Registry, Source};
    ///
    /// let registry = Registry::new();
    /// let orders = registry.get_or_register("orders", Config::default())?;
    /// registry.load(Source::toml("[breakers.orders]\nfailure_threshold = 3").without_variables())?;
    /// assert_eq!(orders.config().failure_threshold(), 3);
    ///
    /// let wrong = Source::toml("[breakers.order]\nfailure_threshold = 4").without_variables();
    /// let refused = registry.load(wrong).unwrap_err();
    /// assert!(refused.to_string().contains("did you mean `orders`?"));
    /// assert_eq!(orders.config().failure_threshold(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LoadError`] with all that is wrong: a file that is missing or cannot be read, unknown keys and
    /// breakers, bad values, and settings that contradict each other. Nothing is changed then, and an
    /// [alert](Self::alerts) says so until something is loaded.
    pub fn load(&self, source: Source) -> Result<Loaded, LoadError> {
        self.0.loading.by_default.store(false, Ordering::Relaxed);
        self.load_now(source, Unknown::Refuse)
    }

    /// Loads what is the default, if nothing was loaded yet.
    pub(super) fn load_by_default(&self) {
        let by_default = &self.0.loading.by_default;
        if by_default.load(Ordering::Relaxed) && by_default.swap(false, Ordering::Relaxed) {
            let source = Source::default();
            let is_off = source.is_switched_off();
            if let Err(problem) = self.load_now(source, Unknown::Warn) {
                contain(|| log::not_loaded(&problem));
                // Who turns breakers off is in a hurry, and nobody would tell him of the file.
                if is_off {
                    self.commit(Layers { enabled: false, ..Layers::default() }, &Known::default());
                }
            }
        }
    }

    /// Loads once more what was loaded last, and logs what comes of it.
    pub(super) fn load_again(&self) {
        let Some(source) = lock(&self.0.loading.turn).source.clone() else { return };
        match self.load_now(source, Unknown::Refuse) {
            Ok(loaded) => contain(|| log::loaded_again(loaded.file.as_deref())),
            Err(problem) => contain(|| log::not_loaded(&problem)),
        }
    }

    fn load_now(&self, source: Source, unknown: Unknown) -> Result<Loaded, LoadError> {
        let mut turn = lock(&self.0.loading.turn);
        // Seen before it is read: what is written meanwhile is seen by who watches.
        let stamp = source.path().map(|path| Stamp::of(&path)).unwrap_or_default();
        let result = self.take(&source, unknown);
        (turn.source, turn.stamp) = (Some(source), stamp);
        let failed = result.as_ref().err().map(ToString::to_string);
        self.0.loading.note(failed);
        drop(turn);
        if let Ok(loaded) = &result {
            let warnings = loaded.warnings.iter().map(ConfigProblem::with_file);
            contain(|| warnings.for_each(|warning| log::load_warning(&warning)));
        }
        result
    }

    /// Reads a source and puts it in force, if it fits the program.
    fn take(&self, source: &Source, unknown: Unknown) -> Result<Loaded, LoadError> {
        let known = Known::of(self, source.announced());
        let read = source.read(|read, findings| {
            known.check_names(&read.named, unknown, findings);
            known.check_settings(read, findings);
        })?;
        let Read { layers, warnings, path: file, environment, .. } = read;
        self.commit(layers, &known);
        Ok(Loaded { file, environment, warnings })
    }

    /// Puts in force what was checked.
    fn commit(&self, layers: Layers, known: &Known) {
        let layers = Arc::new(layers);
        let before = std::mem::replace(&mut *write(&self.0.layers), Arc::clone(&layers));
        self.0.families.all().iter().for_each(|family| self.adapt_family(family));
        for Registered { breaker, .. } in self.0.breakers.all() {
            self.adapt(&breaker);
        }
        if before.enabled != layers.enabled {
            contain(|| log::switched(layers.enabled));
            self.iter().for_each(|breaker| switch(&breaker, layers.enabled));
        }
        self.load_alert_bounds(layers.alert_bounds);
        for function in known.functions() {
            function.change_calls(function.calls_loaded(&layers).changes().as_ref());
        }
    }
}

/// Turns a breaker off, or on again if it is.
pub(super) fn switch(breaker: &CircuitBreaker, enabled: bool) {
    match (enabled, breaker.mode()) {
        (false, _) => breaker.disable(),
        (true, Mode::Disabled) => breaker.resume(),
        (true, _) => {}
    }
}
