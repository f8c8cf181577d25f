//! Which value each setting has, and where it comes from.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::{Config, ConfigBuilder, Layer, Layers, Origin};

/// Each setting of a breaker with its value and where that comes from, from
/// [`Registry::explain`](crate::Registry::explain).
///
/// Shown as text, it is a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Explanation {
    /// The breaker.
    pub name: String,
    /// Whether the breaker is there. If not, it will be at the first call of a function, and these are the
    /// settings that it would have now.
    pub registered: bool,
    /// The breaker's settings.
    pub settings: Vec<ExplainedSetting>,
    /// The settings of calls, of those of its functions that have any.
    pub calls: Vec<ExplainedCalls>,
}

/// A setting's value, where it comes from, and the values that it stands over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ExplainedSetting {
    /// The setting.
    pub setting: &'static str,
    /// The value in force, as it would be written in the attribute; `none` for what is off.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
    /// What other places say, the higher one first.
    pub overridden: Vec<Overridden>,
}

/// A value that another one stands over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Overridden {
    /// The value.
    pub value: String,
    /// Where it stands.
    pub origin: Origin,
}

/// The settings of the calls of one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ExplainedCalls {
    /// The function's path.
    pub function: String,
    /// The settings that its attribute has.
    pub settings: Vec<ExplainedSetting>,
}

impl Layers {
    /// Explains the settings of a breaker. `own` is what the program says, the first to be heard first.
    pub(crate) fn explain(
        &self,
        name: &str,
        own: &[Layer],
        runtime: ConfigBuilder,
        in_force: &Config,
    ) -> Vec<ExplainedSetting> {
        let runtime = Layer::from(runtime, &Origin::Runtime);
        let service_type = in_force.service_type();
        let preset = service_type.map(|service_type| {
            let settings = ConfigBuilder::new().service_type(service_type).preset();
            Layer::from(settings, &Origin::Preset { service_type: service_type.into() })
        });
        let layers = [&runtime]
            .into_iter()
            .chain(self.above(name))
            .chain(own)
            .chain(self.of_type(service_type))
            .chain(&preset)
            .chain([&self.defaults]);
        let mut places = BTreeMap::<_, Vec<Overridden>>::new();
        for layer in layers {
            for (setting, value) in layer.settings.given() {
                if let Some(origin) = layer.origins.get(setting).cloned() {
                    places.entry(setting).or_default().push(Overridden { value, origin });
                }
            }
        }
        let explain = |(setting, value)| {
            let mut overridden = places.remove(setting).unwrap_or_default();
            let origin = match overridden.first() {
                Some(highest) if highest.value == value => overridden.remove(0).origin,
                // Taken away while the program ran, so that no layer has it.
                Some(_) => Origin::Runtime,
                None => Origin::Default,
            };
            ExplainedSetting { setting, value, origin, overridden }
        };
        in_force.entries().into_iter().map(explain).collect()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, registered, settings, calls } = self;
        let called = if *registered { "" } else { ", which has not been called yet" };
        writeln!(f, "circuit breaker `{name}`{called}")?;
        table(settings, f)?;
        for ExplainedCalls { function, settings } in calls {
            writeln!(f, "\ncalls of `{function}`")?;
            table(settings, f)?;
        }
        Ok(())
    }
}

fn table(settings: &[ExplainedSetting], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let width = |text: fn(&ExplainedSetting) -> &str| {
        settings.iter().map(|setting| text(setting).chars().count()).max().unwrap_or_default()
    };
    let (names, values) = (width(|setting| setting.setting), width(|setting| &setting.value));
    for ExplainedSetting { setting, value, origin, .. } in settings {
        writeln!(f, "  {setting:names$}  {value:values$}  {origin}")?;
    }
    Ok(())
}
