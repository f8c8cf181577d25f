//! The breaker's settings: who says what of them, and how they change while calls are made.

use super::{Core, Inner};
use crate::{
    breaker::{
        change::Change,
        outbox::{Outbox, Said},
        state::Mode,
    },
    clock::Tick,
    config::{Config, ConfigBuilder, ConfigError},
    observe::{event::SettingChange, operation::Operation},
    primitive::{MutexGuard, Ordering, lock},
};

impl Inner {
    fn said(&self) -> Said {
        let said = self.outbox.as_deref().and_then(Outbox::said);
        said.unwrap_or_else(|| Said { own: self.config.to_builder(), ..Said::default() })
    }

    /// Keeps who says what, unless it can be seen from the settings that are `given` in all.
    fn put_said(&mut self, said: &Said, given: &ConfigBuilder) {
        if said.own != *given || said.runtime != ConfigBuilder::new() {
            self.outbox.get_or_insert_default().put_said(Some(Box::new(*said)));
        } else if let Some(outbox) = &mut self.outbox {
            outbox.put_said(None);
        }
    }
}

impl Core {
    /// What the program says of the settings, and what was changed since.
    pub(crate) fn said(&self) -> (ConfigBuilder, ConfigBuilder) {
        let Said { own, runtime } = lock(&self.inner).said();
        (own, runtime)
    }

    /// For a breaker that has just been made, with other settings in force than what the program says.
    pub(crate) fn put_own(&self, own: ConfigBuilder) {
        let mut inner = lock(&self.inner);
        let given = inner.config.to_builder();
        inner.put_said(&Said { own, ..Said::default() }, &given);
    }

    /// For a breaker that has just been made, where none is in force: it tells nobody.
    pub(crate) fn begin_disabled(&self) {
        let now = Tick::now();
        let mut inner = lock(&self.inner);
        let ((), _) = inner.step(now, self.passed(), |machine, step| {
            machine.set_mode(Mode::Disabled, Tick::NEVER, step);
        });
        self.word.store(inner.word(now).0, Ordering::Release);
    }

    /// Changes the settings as the caller's function says. It runs outside of the lock, and of two at
    /// once each has its effect: the settings that it changed are changed in what is there then.
    pub(crate) fn reconfigure(
        &self,
        change: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
    ) -> Result<(), ConfigError> {
        self.reconfigure_for(None, change, &[], |own, _| own)
    }

    /// The same for an operator. That this was asked for comes before it in the history. The settings
    /// that are taken `back` are as they would be if they had not been changed while the program ran;
    /// `below` makes all settings of what the program says and what was changed since.
    pub(crate) fn reconfigure_for(
        &self,
        operation: Option<Operation>,
        change: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
        back: &[&str],
        below: impl FnOnce(ConfigBuilder, ConfigBuilder) -> ConfigBuilder,
    ) -> Result<(), ConfigError> {
        let others =
            |settings: ConfigBuilder| back.iter().fold(settings, |all, name| all.without(name));
        let before = self.config().to_builder();
        let after = change(before);
        let now = Tick::now();
        let mut inner = lock(&self.inner);
        let present = inner.config.to_builder();
        let new = if present == before { after } else { after.changed_from(&before).or(present) };
        let Said { own, runtime } = inner.said();
        // What is taken away is not said any more.
        let runtime = others(new.changed_from(&present).or(runtime.where_given(&new)));
        let below = below(own, runtime);
        let new = others(new).or(below.except(&others(below)));
        let config = new.build()?;
        inner.put_said(&Said { own, runtime }, &new);
        self.put_config(inner, config, now, operation);
        Ok(())
    }

    /// Puts the settings in force that come of what the program says, and of what was changed since.
    ///
    /// # Errors
    /// That of `settings`; nothing is changed then.
    pub(crate) fn adapt<E>(
        &self,
        settings: impl FnOnce(ConfigBuilder, ConfigBuilder) -> Result<Config, E>,
    ) -> Result<(), E> {
        let now = Tick::now();
        let mut inner = lock(&self.inner);
        let said = inner.said();
        let config = settings(said.own, said.runtime)?;
        inner.put_said(&said, &config.to_builder());
        self.put_config(inner, config, now, None);
        Ok(())
    }

    fn put_config(
        &self,
        mut inner: MutexGuard<'_, Inner>,
        new: Config,
        now: Tick,
        operation: Option<Operation>,
    ) {
        let differences = inner.config.differences(&new);
        let ((), mut news) = inner.step(now, self.passed(), |machine, step| {
            step.news.extend(operation.map(|operation| Change::Operated(Box::new(operation))));
            machine.reconfigure(&new, step);
        });
        if !differences.is_empty() {
            let changes = differences.into_iter().map(SettingChange::new).collect();
            news.push(Change::Config(changes));
        }
        inner.slow_calls.change(&new);
        self.published.store_quickest_slow(inner.slow_calls.quickest());
        let old = std::mem::replace(&mut inner.config, new);
        let aftermath = self.publish(&mut inner, now, news);
        drop(inner);
        drop::<Config>(old);
        self.after(aftermath);
    }
}
