//! What the store decides, as plain data that is told the time.
//!
//! The store in memory uses it as it is. The scripts in `redis/scripts` say the same in Lua, and a test
//! runs both against each other.

#[cfg(all(test, not(cb_loom)))]
mod tests;

use std::collections::BTreeMap;

use super::wire::{
    GivenBack, LONGEST, Millis, Opening, Order, Ordered, Reply, Request, Since, Synced, View,
    millis,
};

/// A lease is refused so long before the end of the open time, by the store's clock. Instances know
/// that clock about as well as they are far from the store.
pub(crate) const EARLY: Millis = 100;
/// An opening that another instance has made already is made longer only by so much or more.
pub(crate) const LONGER: Millis = 1_000;
/// Who was refused a lease waits at least so long before asking again, and at most so long; in
/// between, a millisecond for each living instance, so that all together ask a thousand times a second.
pub(crate) const ASK_AGAIN: (Millis, Millis) = (20, 1_000);
/// A breaker that is closed, and of which nothing is ordered, is forgotten after so long.
pub(crate) const KEPT: Millis = 3_600_000;
/// So many breakers are told of at once.
pub(crate) const AT_ONCE: usize = 100;

/// All breakers that instances share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    /// When it was begun; 0 before that.
    born: Millis,
    /// The latest epoch given out.
    latest: u64,
    /// The version that was published last.
    published: u64,
    pages: BTreeMap<String, Page>,
    /// The instances, and until when they are known to live.
    living: BTreeMap<String, Millis>,
}

/// One breaker.
#[derive(Clone, Debug, Default)]
struct Page {
    view: View,
    /// The greatest epoch of what is in the view.
    version: u64,
    /// Who finds the service down, and until when that counts.
    votes: BTreeMap<String, Millis>,
    /// Until when the leases run.
    leases: BTreeMap<u64, Millis>,
    /// Of probes since it was opened.
    successes: u32,
    kept_until: Millis,
}

impl Book {
    /// Takes one request. What is to be published comes second.
    pub(crate) fn take(&mut self, now: Millis, request: Request) -> (Reply, Option<View>) {
        match request {
            Request::Sync { instance, since, ttl } => {
                self.living.insert(instance, now.saturating_add(ttl));
                (Reply::Synced(self.sync(now, since)), None)
            }
            Request::Leave { instance } => {
                self.living.remove(&instance);
                (Reply::Done { now }, None)
            }
            Request::Open(opening) => self.open(now, &opening),
            Request::Close { name, instance, base } => self.close(now, &name, &instance, base),
            Request::Withdraw { name, instance } => {
                if let Some(page) = self.pages.get_mut(&name) {
                    page.votes.remove(&instance);
                }
                (Reply::Done { now }, None)
            }
            Request::Lease { name, instance: _, most, ttl } => {
                (self.lease(now, &name, most, ttl), None)
            }
            Request::GiveBack(given) => self.give_back(now, &given),
            Request::Order { name, order, lasts } => self.order(now, &name, order, lasts),
        }
    }

    /// A new epoch. Those of a store that starts empty are greater than all before, by its clock.
    fn next(&mut self, now: Millis) -> u64 {
        self.latest = now.max(self.latest + 1);
        self.latest
    }

    /// Tells all, and what was told last before, so that who has heard that has missed nothing.
    fn publish(&mut self, now: Millis, name: &str) -> (Reply, Option<View>) {
        let after = self.published;
        let page = self.page(name);
        let (version, view) = (page.version, View { after: Some(after), ..page.view(now) });
        self.published = version;
        (Reply::Told { accepted: true, view: view.clone() }, Some(view))
    }

    fn page(&mut self, name: &str) -> &mut Page {
        let page = self.pages.entry(name.to_owned()).or_default();
        if page.view.name.is_empty() {
            name.clone_into(&mut page.view.name);
        }
        page
    }

    fn sync(&mut self, now: Millis, since: Since) -> Synced {
        self.living.retain(|_, until| *until > now);
        self.pages.retain(|_, page| page.kept_until > now);
        if self.born == 0 {
            self.born = now;
        }
        let is_another = since.born != 0 && since.born != self.born;
        let lost = is_another || since.seen > self.latest;
        self.latest = self.latest.max(since.seen);
        let from = if lost { 0 } else { since.cursor };
        let mut news: Vec<&Page> = self.pages.values().filter(|page| page.version > from).collect();
        news.sort_by_key(|page| page.version);
        let more = news.len() > AT_ONCE;
        news.truncate(AT_ONCE);
        let told = news.last().map_or(0, |page| page.version);
        Synced {
            now,
            since: Since {
                born: self.born,
                cursor: if more { told } else { self.latest },
                seen: self.latest,
            },
            lost,
            living: u32::try_from(self.living.len()).unwrap_or(u32::MAX),
            views: news.into_iter().map(|page| page.view(now)).collect(),
            more,
        }
    }

    fn open(&mut self, now: Millis, opening: &Opening) -> (Reply, Option<View>) {
        let Opening { name, instance, base, decided, time, row, needed, again } = opening;
        let decided = (*decided).min(now);
        let until = decided.saturating_add(*time);
        let page = self.page(name);
        let view = &page.view;
        // Who has not seen what another has changed since, has decided on what is over.
        if view.epoch > *base && view.changed > decided {
            return (page.told(now, false), None);
        }
        if *needed > 1 {
            page.votes.retain(|_, until| *until > now);
            page.votes.insert(instance.clone(), until.saturating_add(*time));
        }
        let is_early = view.until > now;
        let votes = u32::try_from(page.votes.len()).unwrap_or(u32::MAX);
        let is_enough = *needed <= 1 || votes >= *needed;
        let is_wanted = if is_early {
            is_enough && until >= page.view.until.saturating_add(LONGER)
        } else if *again {
            !page.view.is_open()
        } else {
            is_enough && until > now
        };
        if !is_wanted {
            page.keep(now, until);
            return (page.told(now, true), None);
        }
        let epoch = self.next(now);
        let page = self.page(name);
        let row = (*row).max(page.view.row);
        page.turn(now, epoch, instance, until, row);
        self.publish(now, name)
    }

    fn close(
        &mut self,
        now: Millis,
        name: &str,
        instance: &str,
        base: u64,
    ) -> (Reply, Option<View>) {
        let page = self.page(name);
        page.votes.remove(instance);
        if !page.view.is_open() || page.view.epoch != base {
            let accepted = !page.view.is_open();
            return (page.told(now, accepted), None);
        }
        let epoch = self.next(now);
        let page = self.page(name);
        page.turn(now, epoch, instance, 0, 0);
        self.publish(now, name)
    }

    fn lease(&mut self, now: Millis, name: &str, most: u32, ttl: Millis) -> Reply {
        self.living.retain(|_, until| *until > now);
        let living = self.living.len();
        let page = self.page(name);
        page.leases.retain(|_, until| *until > now);
        let denied = if page.view.until > now.saturating_add(EARLY) {
            Some(page.view.until - now)
        } else if page.leases.len() >= most as usize {
            let (least, greatest) = ASK_AGAIN;
            Some(Millis::try_from(living).unwrap_or(greatest).clamp(least, greatest))
        } else {
            None
        };
        if let Some(wait) = denied {
            return Reply::Lease { lease: Err(wait), view: page.view(now) };
        }
        let lease = self.next(now);
        let page = self.page(name);
        page.leases.insert(lease, now.saturating_add(ttl));
        page.keep(now, now.saturating_add(ttl));
        Reply::Lease { lease: Ok(lease), view: page.view(now) }
    }

    fn give_back(&mut self, now: Millis, given: &GivenBack) -> (Reply, Option<View>) {
        let GivenBack { name, instance, lease, success_of } = given;
        let page = self.page(name);
        let in_time = page.leases.remove(lease).is_some_and(|until| until > now);
        let counts = in_time && *success_of > 0 && page.view.is_open();
        if counts {
            page.successes = page.successes.saturating_add(1);
        }
        if !counts || page.successes < *success_of {
            return (page.told(now, true), None);
        }
        let epoch = self.next(now);
        let page = self.page(name);
        page.turn(now, epoch, instance, 0, 0);
        self.publish(now, name)
    }

    fn order(
        &mut self,
        now: Millis,
        name: &str,
        order: Order,
        lasts: Millis,
    ) -> (Reply, Option<View>) {
        let epoch = self.next(now);
        let page = self.page(name);
        let until = now.saturating_add(lasts.min(millis(LONGEST)));
        let ordered = |what| Some(Ordered { epoch, at: now, until, what });
        match order {
            Order::Reset => {
                page.turn(now, epoch, "", 0, 0);
                page.view.reset = ordered(String::new());
            }
            Order::Mode(mode) => page.view.mode = ordered(mode),
            Order::Config(settings) => page.view.config = ordered(settings),
        }
        page.version = epoch;
        page.keep(now, until);
        self.publish(now, name)
    }
}

impl Page {
    /// Opens until then, or closes where that is 0. What was found out before counts no more.
    fn turn(&mut self, now: Millis, epoch: u64, by: &str, until: Millis, row: u32) {
        let (by, view) = (by.to_owned(), std::mem::take(&mut self.view));
        self.view = View { epoch, changed: now, by, until, row, ..view };
        self.version = epoch;
        self.votes.clear();
        self.leases.clear();
        self.successes = 0;
        self.keep(now, until);
    }

    /// It is not to be forgotten before then.
    fn keep(&mut self, now: Millis, until: Millis) {
        self.kept_until = self.kept_until.max(now.max(until).saturating_add(KEPT));
    }

    fn view(&self, now: Millis) -> View {
        let mut view = View { now, ..self.view.clone() };
        for ordered in [&mut view.reset, &mut view.mode, &mut view.config] {
            ordered.take_if(|ordered| ordered.until <= now);
        }
        view
    }

    fn told(&self, now: Millis, accepted: bool) -> Reply {
        Reply::Told { accepted, view: self.view(now) }
    }
}
