//! An annotated function's way to its breaker.

use std::sync::OnceLock;

use super::{Declaration, declarations, registry};
use crate::{
    breaker::{
        CircuitBreaker,
        core::Core,
        permit::{Held, WhenDropped},
        refusal::Refusal,
        ticket::Ticket,
    },
    config::Config,
    name::Name,
    observe::log,
};

/// A static beside each annotated function that finds the function's breaker at the first call and
/// keeps it.
pub struct Site {
    declaration: &'static Declaration,
    found: OnceLock<Found>,
}

/// A breaker, and the one that took its place if it was taken out of the registry since.
struct Found {
    breaker: CircuitBreaker,
    next: OnceLock<Box<Found>>,
}

impl Site {
    /// The site of one function.
    pub const fn new(declaration: &'static Declaration) -> Self {
        Self { declaration, found: OnceLock::new() }
    }

    /// Asks the breaker to let a call pass.
    ///
    /// # Errors
    /// A refusal where it does not.
    #[inline]
    pub fn admit(&'static self) -> Result<Held<&'static Core>, Refusal<'static>> {
        if let Some(found) = self.found.get() {
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

    /// Counts an answer that a fallback gave.
    #[inline]
    pub fn count_fallback(&'static self) {
        match self.found.get() {
            Some(found) if !found.breaker.0.is_detached() => found.breaker.0.count_fallback(),
            _ => self.core().count_fallback(),
        }
    }

    fn core(&'static self) -> &'static Core {
        let mut found = self.found.get_or_init(|| self.find());
        while found.breaker.0.is_detached() {
            found = found.next.get_or_init(|| Box::new(self.find()));
        }
        &found.breaker.0
    }

    #[cold]
    fn find(&self) -> Found {
        let name = self.declaration.name();
        let breaker = registry().get_or_insert(Name::literal(name), || self.config());
        Found { breaker, next: OnceLock::new() }
    }

    /// What all functions of this breaker say together. Runs once for each breaker, so a
    /// contradiction is logged once.
    fn config(&self) -> Config {
        let declared = declarations().sharing_with(self.declaration);
        if let Err(conflicts) = declared.verify() {
            conflicts.iter().for_each(log::conflict);
        }
        declared.settings().build().unwrap_or_else(|problem| {
            log::conflict(&problem);
            Config::default()
        })
    }
}

/// STAND-IN, to be dropped: a breaker per key, all kept.
pub struct KeyedSite {
    breaker: CircuitBreaker,
}

impl Site {
    /// The site of one key.
    pub fn at(&'static self, key: &(impl std::fmt::Display + ?Sized)) -> KeyedSite {
        let name = format!("{}[{key}]", self.declaration.name());
        let breaker = registry().get_or_insert(Name::shared(name.into()), || self.config());
        KeyedSite { breaker }
    }
}

impl KeyedSite {
    /// Asks the breaker to let a call pass.
    ///
    /// # Errors
    /// A refusal where it does not.
    pub fn admit(&self) -> Result<Held<std::sync::Arc<Core>>, Refusal<'_>> {
        let ticket = self.breaker.0.admit()?;
        Ok(Held::new(std::sync::Arc::clone(&self.breaker.0), ticket, WhenDropped::Cancelled))
    }

    /// Asks the breaker, if it is to be asked at all.
    ///
    /// # Errors
    /// A refusal where it does not.
    pub fn admit_if(&self, enabled: bool) -> Result<Held<std::sync::Arc<Core>>, Refusal<'_>> {
        if enabled {
            return self.admit();
        }
        let core = std::sync::Arc::clone(&self.breaker.0);
        Ok(Held::new(core, Ticket::PLAIN, WhenDropped::Cancelled))
    }

    /// Counts an answer that a fallback gave.
    pub fn count_fallback(&self) {
        self.breaker.0.count_fallback();
    }
}
