//! What is measured of the breakers of a registry, by their names.

use std::collections::BTreeMap;

use super::{Declaration, Registered, Registry, declarations};
use crate::{
    breaker::CircuitBreaker,
    name::Name,
    observe::figures::{Figures, gone::Gone},
    primitive::{Mutex, lock},
};

/// What was counted by breakers that were taken out, by the names of those that come back: an annotated
/// function makes another at its next call. No more names than the program has are kept.
#[derive(Default)]
pub(super) struct Removed(Mutex<BTreeMap<&'static str, Gone>>);

impl Registry {
    /// Takes out a breaker that has no key.
    pub(super) fn remove_plain(&self, name: &str) -> Option<CircuitBreaker> {
        let declared = self.declared_name(name);
        let Removed(removed) = &self.0.removed;
        let mut removed = lock(removed);
        let Registered { breaker, .. } = self.0.breakers.remove(name)?;
        if let Some(name) = declared {
            removed.entry(name).or_default().add(breaker.clone());
        }
        Some(breaker)
    }

    fn declared_name(&self, name: &str) -> Option<&'static str> {
        if !self.is_the_programs() {
            return None;
        }
        declarations().iter().map(Declaration::name).find(|known| *known == name)
    }

    /// What is measured of each name, in the order of names. The breakers of one name that have keys are
    /// one, and so is the breaker that they share where there are too many of them.
    pub(crate) fn figures(&self) -> Vec<Figures> {
        self.register_declared();
        let Removed(removed) = &self.0.removed;
        // Between the two there is none that is in both, or in neither.
        let mut removed = lock(removed);
        let plain = self.0.breakers.all();
        let gone: Vec<_> = removed.iter_mut().map(|(name, gone)| (*name, gone.counts())).collect();
        drop(removed);
        let figures = |Registered { breaker, .. }| {
            let mut figures = Figures::none(breaker.0.name().clone());
            figures.add(breaker.0.present(), &breaker.0.counts());
            figures
        };
        let mut all: Vec<Figures> = plain.into_iter().map(figures).collect();
        for (name, counts) in gone {
            let at = place(&all, name).unwrap_or_else(|at| {
                all.insert(at, Figures::none(Name::literal(name)));
                at
            });
            all[at].counts.add_if_any(counts);
        }
        for family in self.0.families.all() {
            let figures = family.figures();
            match place(&all, &figures.name) {
                Ok(at) => all[at].add(figures.now, &figures.counts),
                Err(at) => all.insert(at, figures),
            }
        }
        all
    }
}

fn place(all: &[Figures], name: &str) -> Result<usize, usize> {
    all.binary_search_by(|figures| (*figures.name).cmp(name))
}
