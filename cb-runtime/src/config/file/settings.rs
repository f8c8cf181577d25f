//! Tables of a breaker's settings.

use super::{
    calls, near,
    place::Place,
    problem::Problems,
    tree::{Entry, Value},
    value::Found,
};
use crate::config::{ConfigBuilder, Layer};

/// What a table of settings is about, which says what else may stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Defaults,
    ServiceType,
    Breaker,
}

/// Puts the setting of this key into a layer.
pub(super) fn put(layer: &mut Layer, name: &str, found: &Found<'_>, problems: &mut Problems) {
    match layer.settings.put(name, found, problems) {
        Some(name) => drop(layer.origins.insert(name, found.place.origin())),
        None => unread(layer, name, &found.place, problems),
    }
}

/// Notes which setting was meant by a key whose value cannot be read, or that there is none of. Where no
/// more problems are told, nothing that follows from it would be.
pub(super) fn unread(layer: &mut Layer, name: &str, place: &Place<'_>, problems: &Problems) {
    if problems.has_room()
        && let Some(setting) = near::nearest(name, ConfigBuilder::SETTINGS.iter().copied())
    {
        layer.unread.insert(setting, place.origin());
    }
}

/// Reads a setting of a table that is about several breakers or one.
pub(super) fn read(
    layer: &mut Layer,
    table: &Place<'_>,
    entry: &Entry<'_>,
    about: About,
    problems: &mut Problems,
) {
    read_at(layer, table.inner(&entry.key, entry.at), entry, about, problems);
}

/// Reads a setting that stands here.
pub(super) fn read_at(
    layer: &mut Layer,
    place: Place<'_>,
    entry: &Entry<'_>,
    about: About,
    problems: &mut Problems,
) {
    let name = entry.key.as_ref();
    if name == "service_type" && about == About::ServiceType {
        problems.add(&place, || {
            "is what the table is named after: it cannot have another one".to_owned()
        });
    } else if ConfigBuilder::SETTINGS.contains(&name) {
        put(layer, name, &Found { place, value: &entry.value }, problems);
    } else {
        problems.add(&place, || unknown(name, &entry.value, about));
        unread(layer, name, &place, problems);
    }
}

fn unknown(name: &str, value: &Value<'_>, about: About) -> String {
    if calls::KEYS.contains(&name) {
        return calls::belongs(name);
    }
    if name == "calls" {
        return "is of one breaker: it stands under `[breakers.\"NAME\".calls.FUNCTION]`"
            .to_owned();
    }
    let is_dotted = about == About::Breaker && matches!(value, Value::Table(_));
    let message = near::unknown_setting(name, &names());
    if is_dotted && near::nearest(name, ConfigBuilder::SETTINGS.iter().copied()).is_none() {
        return "unknown setting: if it is a part of the breaker's name, put the whole name in quotes, as in `[breakers.\"web.db\"]`".to_owned();
    }
    message
}

/// The settings that a file or a variable can give, which is all but a function.
pub(super) fn names() -> Vec<&'static str> {
    let settings = ConfigBuilder::SETTINGS.iter().copied();
    settings.filter(|setting| *setting != "health_check").collect()
}
