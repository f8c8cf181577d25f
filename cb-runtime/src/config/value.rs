//! The types of settings, and how each is shown to people.

use std::time::Duration;

use serde::{Serialize, ser::SerializeMap};

use super::{Backoff, HealthCheck, Window};

/// A type that a setting may have.
pub(crate) trait Setting {
    /// The value as a user would write it in the attribute.
    fn show(&self) -> String;

    /// Writes the value under its name, as a configuration file would have it.
    fn entry<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error>;
}

impl Setting for u32 {
    fn show(&self) -> String {
        self.to_string()
    }

    fn entry<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry(name, self)
    }
}

impl Setting for bool {
    fn show(&self) -> String {
        self.to_string()
    }

    fn entry<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry(name, self)
    }
}

impl Setting for Duration {
    fn show(&self) -> String {
        humantime::format_duration(*self).to_string()
    }

    fn entry<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry(name, &self.show())
    }
}

impl Setting for &str {
    fn show(&self) -> String {
        format!("{self:?}")
    }

    fn entry<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry(name, self)
    }
}

impl Setting for f64 {
    fn show(&self) -> String {
        // `1.0`, where `Display` would say `1`.
        format!("{self:?}")
    }

    fn entry<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry(name, self)
    }
}

impl Setting for Window {
    fn show(&self) -> String {
        match self {
            Self::Calls(calls) => calls.show(),
            Self::Time(time) => time.show(),
        }
    }

    fn entry<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        match self {
            Self::Calls(calls) => calls.entry(name, map),
            Self::Time(time) => time.entry(name, map),
        }
    }
}

impl Setting for Backoff {
    fn show(&self) -> String {
        let Self { factor, max, jitter } = self;
        format!("(factor = {}, max = {}, jitter = {})", factor.show(), max.show(), jitter.show())
    }

    fn entry<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        #[derive(Serialize)]
        struct Parts {
            factor: f64,
            max: String,
            jitter: f64,
        }
        let Self { factor, max, jitter } = *self;
        map.serialize_entry(name, &Parts { factor, max: max.show(), jitter })
    }
}

impl Setting for HealthCheck {
    fn show(&self) -> String {
        self.name().to_owned()
    }

    fn entry<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry(name, self.name())
    }
}

impl<T: Setting> Setting for Option<T> {
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), Setting::show)
    }

    fn entry<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        self.as_ref().map_or(Ok(()), |value| value.entry(name, map))
    }
}
