//! The health check that is run at the end of an open time, so that no user's call is the probe.

use std::{sync::Weak, time::Duration};

use tokio::runtime::Handle;

use super::Core;
use crate::{
    breaker::machine::{Judged, Outcome, Role},
    clock::Tick,
    config::HealthCheck,
    observe::text,
    primitive::lock,
};

/// Whether there is a runtime for the check to be run on. Where there is none, calls are the probes.
pub(super) fn can_run() -> bool {
    !cfg!(cb_loom) && Handle::try_current().is_ok()
}

/// One opening's checks. However it ends, the breaker does not wait for it any longer.
struct Watch {
    core: Weak<Core>,
    generation: u64,
    /// The permit of the check under way.
    checking: Option<Role>,
}

/// What one check is to be.
struct Due {
    generation: u64,
    permit: Role,
    check: HealthCheck,
    within: Duration,
}

impl Watch {
    async fn run(mut self, until: Tick) {
        tokio::time::sleep_until(until.instant()).await;
        while let Some(due) = self.core.upgrade().and_then(|core| core.begin_check(self.generation))
        {
            self.generation = due.generation;
            self.checking = Some(due.permit);
            #[cfg(feature = "redis")]
            if let Some(wait) = self.denied(&due).await {
                self.end((Judged::Nothing, None));
                tokio::time::sleep(wait).await;
                continue;
            }
            let found = match tokio::time::timeout(due.within, due.check.run()).await {
                Ok(found) => found,
                Err(_) => Err("the health check took too long".to_owned()),
            };
            self.end(match found {
                Ok(()) => (Judged::Success, None),
                Err(error) => (Judged::Failure, Some(error)),
            });
        }
    }

    /// For how long other instances make all checks that there may be.
    #[cfg(feature = "redis")]
    async fn denied(&self, due: &Due) -> Option<Duration> {
        self.core.upgrade()?.denied_check(due.generation, due.permit).await
    }

    fn end(&mut self, (judged, error): (Judged, Option<String>)) {
        if let (Some(permit), Some(core)) = (self.checking.take(), self.core.upgrade()) {
            core.end_check(self.generation, permit, judged, error.as_deref());
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.end((Judged::Failure, Some("the health check panicked".to_owned())));
        } else {
            // The runtime is shut down.
            self.end((Judged::Nothing, None));
        }
        if let Some(core) = self.core.upgrade() {
            // The next change may begin a check anew. This is none itself: a runtime that is shut down
            // would drop that one too, and so on.
            lock(&core.inner).machine.set_checked(self.generation, false);
        }
    }
}

impl Core {
    /// Runs checks from `until` on, for the opening of this generation, on the present runtime.
    pub(super) fn begin_checks(&self, generation: u64, until: Tick) {
        let watch = Watch { core: self.this.clone(), generation, checking: None };
        let Ok(runtime) = Handle::try_current() else { return };
        let checks = watch.run(until);
        #[cfg(feature = "testing")]
        let checks = crate::testing::inherited(checks);
        let task = runtime.spawn(checks).abort_handle();
        let mut inner = lock(&self.inner);
        let wanted = inner.machine.is_checked();
        let late = inner.outbox.get_or_insert_default().put_check(generation, task, wanted);
        drop(inner);
        if let Some(late) = late {
            late.abort();
        }
    }

    fn begin_check(&self, generation: u64) -> Option<Due> {
        if self.is_detached() {
            return None;
        }
        let ((permit, generation), _) = self
            .change(|machine, step| (machine.admit_check(generation, step), machine.generation()));
        let config = self.config();
        let (check, within) = (config.health_check()?, config.probe_timeout());
        Some(Due { generation, permit: permit?, check, within })
    }

    fn end_check(&self, generation: u64, permit: Role, judged: Judged, error: Option<&str>) {
        if let Some(error) = error {
            drop(lock(&self.inner).ledger.note_error(text::cut(&error)));
        }
        self.change(|machine, step| {
            machine.record(generation, permit, Outcome::from(judged), step);
        });
        #[cfg(feature = "redis")]
        self.end_lease_of_check(generation, permit, judged);
    }
}
