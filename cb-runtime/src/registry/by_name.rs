//! Things that know their own names, and are found by them.

use std::{borrow::Borrow, cmp::Ordering, collections::BTreeSet};

use crate::primitive::{RwLock, read, write};

/// Something with a name that does not change.
pub(super) trait Named: Clone {
    fn name(&self) -> &str;
}

/// One of each name, in their order. The names are not kept beside the things.
pub(super) struct ByName<T>(RwLock<BTreeSet<Entry<T>>>);

struct Entry<T>(T);

impl<T: Named> ByName<T> {
    pub(super) fn get(&self, name: &str) -> Option<T> {
        read(&self.0).get(name).map(|Entry(found)| found.clone())
    }

    /// What is there, or what is made now: without the lock, since it may take its time. Says too
    /// whether it is that.
    pub(super) fn get_or_insert(&self, name: &str, make: impl FnOnce() -> T) -> (T, bool) {
        if let Some(there) = self.get(name) {
            return (there, false);
        }
        let new = make();
        let mut all = write(&self.0);
        match all.get(name) {
            Some(Entry(there)) => (there.clone(), false),
            None => {
                all.insert(Entry(new.clone()));
                (new, true)
            }
        }
    }

    pub(super) fn remove(&self, name: &str) -> Option<T> {
        write(&self.0).take(name).map(|Entry(found)| found)
    }

    pub(super) fn all(&self) -> Vec<T> {
        read(&self.0).iter().map(|Entry(found)| found.clone()).collect()
    }
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(RwLock::new(BTreeSet::new()))
    }
}

impl<T: Named> Borrow<str> for Entry<T> {
    fn borrow(&self) -> &str {
        self.0.name()
    }
}

impl<T: Named> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
    }
}

impl<T: Named> Eq for Entry<T> {}

impl<T: Named> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Named> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.name().cmp(other.0.name())
    }
}
