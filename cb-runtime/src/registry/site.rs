//! An annotated function's way to its breaker.

use std::{
    fmt::Display,
    sync::{Arc, OnceLock},
};

#[cfg(feature = "testing")]
use super::parent_and_key;
use super::{
    Conflicts, Declaration, Registry, declarations,
    keyed::{Family, Text},
    make::Unsettled,
    registry,
};
use crate::{
    breaker::{
        CircuitBreaker,
        core::{Core, contain},
        permit::{Held, WhenDropped},
        refusal::Refusal,
        ticket::Ticket,
    },
    config::ConfigBuilder,
    isolation,
    name::Name,
    observe::log,
};

/// A static beside each annotated function that finds the function's breaker at the first call and
/// keeps it.
pub struct Site {
    declaration: &'static Declaration,
    found: OnceLock<Found>,
    family: OnceLock<Arc<Family>>,
}

/// A breaker, and the one that took its place if it was taken out of the registry since.
struct Found {
    breaker: CircuitBreaker,
    next: OnceLock<Box<Found>>,
}

impl Site {
    /// The site of one function.
    pub const fn new(declaration: &'static Declaration) -> Self {
        Self { declaration, found: OnceLock::new(), family: OnceLock::new() }
    }

    /// Asks the breaker to let a call pass.
    ///
    /// # Errors
    /// A refusal where it does not.
    #[inline]
    pub fn admit(&'static self) -> Result<Held<&'static Core>, Refusal<'static>> {
        if let Some(found) = self.at_hand() {
            let core = &*found.breaker.0;
            if let Some(ticket) = core.admit_if_closed() {
                return Ok(Held::new(core, ticket, WhenDropped::Cancelled));
            }
            if let Some(refusal) = core.refuse_if_open() {
                return Err(refusal);
            }
        }
        self.admit_with_care()
    }

    #[inline(never)]
    fn admit_with_care(&'static self) -> Result<Held<&'static Core>, Refusal<'static>> {
        let core = self.core();
        let ticket = core.admit()?;
        Ok(Held::new(core, ticket, WhenDropped::Cancelled))
    }

    /// Asks the breaker, if it is to be asked at all.
    ///
    /// # Errors
    /// A refusal where the breaker does not let the call pass.
    #[inline]
    pub fn admit_if(&'static self, enabled: bool) -> Result<Held<&'static Core>, Refusal<'static>> {
        if enabled {
            self.admit()
        } else {
            Ok(Held::new(self.core(), Ticket::PLAIN, WhenDropped::Cancelled))
        }
    }

    /// Counts an answer that a fallback gave, and whether that is a failure too.
    #[inline]
    pub fn count_answer<R, E>(&'static self, answer: R, failure: fn(&R) -> Option<&E>) -> R {
        self.count_fallback(failure(&answer).is_some());
        answer
    }

    /// Counts an answer that a fallback gave.
    #[inline]
    pub fn count_fallback(&'static self, failed: bool) {
        if !self.at_hand().is_some_and(|found| found.breaker.0.count_fallback_quietly(failed)) {
            self.count_fallback_with_care(failed);
        }
    }

    #[cold]
    #[inline(never)]
    fn count_fallback_with_care(&'static self, failed: bool) {
        self.core().count_fallback(failed);
    }

    /// The breaker for this value of the function's key. Finding one that is there allocates
    /// nothing.
    #[inline]
    pub fn at(&'static self, key: &(impl Display + ?Sized)) -> KeyedSite {
        self.at_text(&Text::of(&key))
    }

    fn at_text(&'static self, key: &Text) -> KeyedSite {
        let site = self.here();
        let family = site.family.get().unwrap_or_else(|| site.find_family());
        KeyedSite { core: registry().keyed(family, key) }
    }

    /// The breaker's core.
    pub fn core(&'static self) -> &'static Core {
        let site = self.here();
        let mut news = News::default();
        let mut found = match site.found.get() {
            Some(found) => found,
            None => {
                registry().load_by_default();
                site.found.get_or_init(|| site.find(&mut news))
            }
        };
        while found.breaker.0.is_detached() {
            found = found.next.get_or_init(|| Box::new(site.find(&mut news)));
        }
        news.tell();
        &found.breaker.0
    }

    /// What is found already, and is surely what calls go through.
    #[inline]
    fn at_hand(&'static self) -> Option<&'static Found> {
        if isolation::is_possible() { None } else { self.found.get() }
    }

    /// The site that calls go through: in a test with a registry of its own, another than in the
    /// program.
    #[inline]
    fn here(&'static self) -> &'static Self {
        isolation::here(self, || Self::new(self.declaration))
    }

    #[cold]
    fn find(&self, news: &mut News) -> Found {
        let name = Name::literal(self.declaration.name());
        let News { conflicts, unsettled } = news;
        let (breaker, made) = registry().get_or_make(&name, None, || self.settings(conflicts));
        *unsettled = made;
        Found { breaker, next: OnceLock::new() }
    }

    #[cold]
    fn find_family(&'static self) -> &'static Arc<Family> {
        let name = Name::literal(self.declaration.name());
        let mut news = News::default();
        registry().load_by_default();
        let family = self.family.get_or_init(|| {
            let News { conflicts, unsettled } = &mut news;
            let own = || self.settings(conflicts);
            let (family, made) = registry().get_or_make_family(&name, own);
            *unsettled = made;
            family
        });
        news.tell();
        family
    }

    /// What all functions of this breaker say together.
    fn settings(&self, conflicts: &mut Option<Conflicts>) -> ConfigBuilder {
        let declared = declarations().sharing_with(self.declaration);
        *conflicts = declared.verify().err();
        declared.settings()
    }
}

impl Registry {
    /// Registers the breakers that annotated functions declare, as their first calls would, so that they
    /// can be seen and acted on before; of those with a key, what they share. For a program whose own
    /// health page is to have them all from the start; the management API and the metrics do it by
    /// themselves. Does nothing for a registry that is not the [program's](super::registry()).
    ///
    /// ```
    /// use cb_runtime::{circuit_breaker, registry};
    ///
    /// #[circuit_breaker(name = "mail")]
    /// async fn send(letter: &str) -> Result<(), cb_runtime::CircuitError> {
    ///     println!("{letter}");
    ///     Ok(())
    /// }
    ///
    /// assert!(registry().get("mail").is_none(), "nobody has sent a letter");
    /// registry().register_declared();
    /// assert!(registry().get("mail").is_some());
    /// ```
    pub fn register_declared(&self) {
        if !self.is_the_programs() {
            return;
        }
        self.load_by_default();
        let all = declarations();
        for declaration in all.iter() {
            let name = Name::literal(declaration.name());
            let mut conflicts = None;
            let own = || {
                let declared = all.sharing_with(declaration);
                conflicts = declared.verify().err();
                declared.settings()
            };
            let unsettled = if declaration.is_keyed() {
                self.get_or_make_family(&name, own).1
            } else {
                self.get_or_make(&name, None, own).1
            };
            News { conflicts, unsettled }.tell();
        }
    }
}

/// Makes the breaker of this name in the present registry, if an annotated function declares it, as the
/// function's first call would.
#[cfg(feature = "testing")]
pub(crate) fn make_declared(name: &str) {
    let (declared, key) = match parent_and_key(name) {
        Some((parent, key)) => (parent, Some(key)),
        None => (name, None),
    };
    let Some(declaration) = declarations().iter().find(|found| found.name() == declared) else {
        return;
    };
    // Never freed, as what a test has of its own is not.
    let site: &'static Site = Box::leak(Box::new(Site::new(declaration)));
    match key {
        Some(key) => drop(site.at_text(&Text::of(&key))),
        None => drop(site.core()),
    }
}

/// What there is to say of a breaker that was made now. Logged once, by the call that made it, and when
/// nothing is held any more that the log's subscriber might ask for.
#[derive(Default)]
struct News {
    conflicts: Option<Conflicts>,
    unsettled: Option<Unsettled>,
}

impl News {
    #[inline]
    fn tell(self) {
        // Those who find the breaker made by another leave it to that one.
        if let Some(unsettled) = self.unsettled {
            settle(unsettled, self.conflicts.as_ref());
        }
    }
}

#[cold]
fn settle(unsettled: Unsettled, conflicts: Option<&Conflicts>) {
    contain(|| conflicts.into_iter().flat_map(Conflicts::iter).for_each(log::conflict));
    unsettled.settle(registry());
}

/// What an annotated function with a key goes through: the breaker of one value of it.
///
/// It is held from its look-up to the end of the call: taken out of the registry meanwhile, it ends
/// the call without effect on the breaker that the next call with this key finds.
pub struct KeyedSite {
    core: Arc<Core>,
}

impl KeyedSite {
    /// Asks the breaker to let a call pass.
    ///
    /// # Errors
    /// A refusal where it does not.
    #[inline]
    pub fn admit(&self) -> Result<Held<&Core>, Refusal<'_>> {
        let ticket = self.core.admit()?;
        Ok(Held::new(&*self.core, ticket, WhenDropped::Cancelled))
    }

    /// Asks the breaker, if it is to be asked at all.
    ///
    /// # Errors
    /// A refusal where the breaker does not let the call pass.
    #[inline]
    pub fn admit_if(&self, enabled: bool) -> Result<Held<&Core>, Refusal<'_>> {
        if enabled {
            self.admit()
        } else {
            Ok(Held::new(&*self.core, Ticket::PLAIN, WhenDropped::Cancelled))
        }
    }

    /// The breaker's core.
    #[inline]
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Counts an answer that a fallback gave, and whether that is a failure too.
    #[inline]
    pub fn count_answer<R, E>(&self, answer: R, failure: fn(&R) -> Option<&E>) -> R {
        self.count_fallback(failure(&answer).is_some());
        answer
    }

    /// Counts an answer that a fallback gave.
    #[inline]
    pub fn count_fallback(&self, failed: bool) {
        self.core.count_fallback(failed);
    }
}
