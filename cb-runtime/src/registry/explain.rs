//! Which settings breakers have, and why.

use std::collections::BTreeMap;

use super::{Declaration, Registry, declarations, make::Registered, parent_and_key};
use crate::{
    breaker::CircuitBreaker,
    config::{
        ConfigBuilder, ExplainedCalls, ExplainedSetting, Explanation, Layer, Layers, Origin,
        Overridden, Setting as _,
    },
};

impl Registry {
    /// Each setting of a breaker with its value and where that comes from. Of a breaker that annotated
    /// functions declare and none has called yet, the settings that it will have; `None` for a name that
    /// is not known at all.
    ///
    /// ```
    /// use cb_runtime::{Config, Origin, Registry};
    ///
    /// let registry = Registry::new();
    /// let db = registry.get_or_register("db", Config::builder().failure_threshold(3).build()?)?;
    /// db.reconfigure(|settings| settings.critical(true))?;
    ///
    /// let explanation = registry.explain("db").unwrap();
    /// let origin = |name| {
    ///     explanation.settings.iter().find(|found| found.setting == name).map(|found| &found.origin)
    /// };
    /// assert!(matches!(origin("failure_threshold"), Some(Origin::Code { .. })));
    /// assert_eq!(origin("critical"), Some(&Origin::Runtime));
    /// assert_eq!(origin("recovery_timeout"), Some(&Origin::Default));
    /// println!("{explanation}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(&self, name: &str) -> Option<Explanation> {
        self.load_by_default();
        let of_all = parent_and_key(name).map_or(name, |(parent, _)| parent);
        let breaker = self.get(name);
        let declared = self.declared(of_all);
        if breaker.is_none() && declared.is_empty() {
            return None;
        }
        Some(self.explain_one(name, of_all, breaker.as_ref(), &declared))
    }

    fn explain_one(
        &self,
        name: &str,
        of_all: &str,
        breaker: Option<&CircuitBreaker>,
        declared: &[&'static Declaration],
    ) -> Explanation {
        let layers = self.layers();
        let attributes: Vec<Layer> = declared.iter().map(|one| one.layer()).collect();
        let said = attributes
            .iter()
            .fold(ConfigBuilder::new(), |settings, layer| settings.or(layer.settings));
        let (own, runtime) =
            breaker.map_or((said, ConfigBuilder::new()), |breaker| breaker.0.said());
        let mut own_layers = attributes;
        own_layers.push(Layer::from(own.except(&said), &self.code(of_all)));
        let family = self.family(name);
        let in_force = match (breaker, &family) {
            (Some(breaker), _) => breaker.config(),
            (None, Some(family)) => family.config(),
            (None, None) => layers.settings(of_all, said, runtime).build_what_fits().0,
        };
        Explanation {
            name: name.to_owned(),
            registered: breaker.is_some() || family.is_some(),
            settings: layers.explain(of_all, &own_layers, runtime, &in_force),
            calls: declared
                .iter()
                .map(|function| explain_calls(function, &layers))
                .filter(|calls| !calls.settings.is_empty())
                .collect(),
        }
    }

    /// The same of every breaker that is there, and of every one that annotated functions declare, by
    /// name; those of single keys aside, which have the settings of the name that they share.
    pub fn explain_all(&self) -> Vec<Explanation> {
        self.load_by_default();
        let mut declared = BTreeMap::<String, Vec<&'static Declaration>>::new();
        if self.is_the_programs() {
            for declaration in declarations() {
                declared.entry(declaration.name().to_owned()).or_default().push(declaration);
            }
        }
        for registered in self.0.breakers.all() {
            declared.entry(registered.breaker.name().to_owned()).or_default();
        }
        declared
            .iter()
            .map(|(name, declared)| self.explain_one(name, name, self.get(name).as_ref(), declared))
            .collect()
    }

    /// The functions that share the breaker of this name, in the order of files and lines.
    pub(super) fn declared(&self, name: &str) -> Vec<&'static Declaration> {
        if !self.is_the_programs() {
            return Vec::new();
        }
        declarations().iter().filter(|declared| declared.name() == name).collect()
    }

    fn code(&self, name: &str) -> Origin {
        let at = self.0.breakers.get(name).and_then(|Registered { code, .. }| code);
        at.map_or(Origin::Default, |at| Origin::Code { file: at.file(), line: at.line() })
    }
}

/// The settings of a function's calls, which are the attribute's where nothing was loaded of them.
fn explain_calls(function: &'static Declaration, layers: &Layers) -> ExplainedCalls {
    let written = function.calls_written();
    let in_force = function.calls_in_force().given();
    let loaded = function.calls_loaded(layers);
    let settings = written.given().into_iter().zip(in_force).map(|((setting, own), (_, value))| {
        let attribute = if setting == "call_timeout" && written.is_preset {
            let service_type = function.service_type().unwrap_or_default();
            Origin::Preset { service_type: service_type.into() }
        } else {
            function.origin()
        };
        let of_function = loaded.own.and_then(|calls| calls.origins.get(setting));
        let of_type = loaded.of_type.filter(|_| setting == "call_timeout");
        // The highest first, which is in force.
        let mut places = [
            of_function.map(|origin| (value.clone(), origin.clone())),
            of_type.map(|timeout| (timeout.limit.show(), timeout.origin.clone())),
            Some((own, attribute)),
        ]
        .into_iter()
        .flatten();
        let origin = places.next().map_or(Origin::Default, |(_, origin)| origin);
        let overridden = places.map(|(value, origin)| Overridden { value, origin }).collect();
        ExplainedSetting { setting, value, origin, overridden }
    });
    ExplainedCalls { function: function.function(), settings: settings.collect() }
}
