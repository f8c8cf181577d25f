//! Environment variables.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    sync::Arc,
};

use super::{
    calls, near,
    place::Place,
    problem::{ConfigProblem, Problems},
    settings,
    shown::{quoted, shown},
    tree::Value,
    value::{self, Found},
};
use crate::config::{ConfigBuilder, Layer, Origin};

pub(super) const FILE: &str = "CIRCUIT_BREAKER_CONFIG";
const ENABLED: &str = "CIRCUIT_BREAKERS_ENABLED";
const ENVIRONMENT: &str = "CIRCUIT_BREAKER_ENVIRONMENT";
const CONTROLS: [&str; 3] = [FILE, ENABLED, ENVIRONMENT];
const PREFIX: &str = "CB_BREAKER__";

/// What the variables say.
#[derive(Debug, Default)]
pub(super) struct Variables {
    pub(super) enabled: Option<bool>,
    pub(super) environment: Option<(Arc<str>, String)>,
    /// By breakers' names as variables have them.
    pub(super) layers: BTreeMap<String, Layer>,
}

/// Reads those that are this library's.
pub(super) fn read(
    variables: impl Iterator<Item = (OsString, OsString)>,
    problems: &mut Problems,
    warnings: &mut Problems,
) -> Variables {
    // Sorted, so that the same variables have the same problems in the same order.
    let ours: BTreeMap<OsString, OsString> =
        variables.filter(|(name, _)| is_ours(&name.to_string_lossy())).collect();
    let mut read = Variables::default();
    for (name, value) in &ours {
        one(&mut read, name, value, problems, warnings);
    }
    read
}

/// The file that they name. Its path need not be Unicode.
pub(super) fn file(mut variables: impl Iterator<Item = (OsString, OsString)>) -> Option<OsString> {
    variables
        .find(|(name, _)| name.eq_ignore_ascii_case(FILE))
        .map(|(_, file)| file)
        .filter(|file| !file.is_empty())
}

fn is_ours(name: &str) -> bool {
    starts_with(name, "CB_BREAKER") || starts_with(name, "CIRCUIT_BREAKER")
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn one(
    read: &mut Variables,
    name: &OsStr,
    value: &OsStr,
    problems: &mut Problems,
    warnings: &mut Problems,
) {
    let text = name.to_string_lossy();
    let shown_name: Arc<str> = shown(&text).into();
    let place = Place::Variable { name: &shown_name, part: None };
    let is_setting = starts_with(&text, PREFIX);
    let control = CONTROLS.into_iter().find(|control| text.eq_ignore_ascii_case(control));
    if control == Some(FILE) {
        return;
    }
    if !is_setting && control.is_none() {
        let hint = near::nearest(&text, CONTROLS).map_or_else(
            || format!("a setting is `{PREFIX}NAME__SETTING`"),
            |near| format!("did you mean {}?", quoted(near)),
        );
        let origin = Origin::Variable { name: shown_name };
        warnings.push(ConfigProblem::at(&origin, format!("is not read: {hint}")));
        return;
    }
    let Some(value) = value.to_str() else {
        problems.add(&place, || "is not in Unicode".to_owned());
        return;
    };
    let value = value.trim();
    match control {
        None if name.to_str().is_none() => {
            problems.add(&place, || "has a name that is not in Unicode".to_owned());
        }
        None => setting(read, &text, value, &shown_name, problems),
        Some(_) if value.is_empty() => {}
        Some(ENABLED) => match value::flag(value) {
            Some(flag) => read.enabled = Some(flag),
            None => {
                problems
                    .add(&place, || format!("takes `true` or `false`, found {}", quoted(value)));
            }
        },
        Some(_) => read.environment = Some((shown_name, value.to_owned())),
    }
}

/// A variable of the form `CB_BREAKER__NAME__SETTING`.
fn setting(
    read: &mut Variables,
    text: &str,
    value: &str,
    shown_name: &Arc<str>,
    problems: &mut Problems,
) {
    let place = Place::Variable { name: shown_name, part: None };
    let rest = text.get(PREFIX.len()..).unwrap_or_default();
    let Some((breaker, setting)) =
        rest.rsplit_once("__").filter(|(breaker, _)| !breaker.is_empty())
    else {
        problems.add(&place, || {
            format!(
                "names no setting: write `{PREFIX}NAME__SETTING`, such as `{PREFIX}WEB_APP_DATABASE__FAILURE_THRESHOLD`"
            )
        });
        return;
    };
    if let Some(wrong) = breaker.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '_') {
        problems.add(&place, || {
            format!(
                "has {wrong:?} in the breaker's name, which a variable has in letters and digits, and `_` for all else"
            )
        });
        return;
    }
    let setting = setting.to_ascii_lowercase();
    if !ConfigBuilder::SETTINGS.contains(&setting.as_str()) {
        problems.add(&place, || {
            if calls::KEYS.contains(&setting.as_str()) {
                return "is a setting of calls, which a file changes under `[breakers.\"NAME\".calls.FUNCTION]`, and a variable cannot".to_owned();
            }
            near::unknown_setting(&setting, &settings::names())
        });
        return;
    }
    let layer = read.layers.entry(breaker.to_ascii_uppercase()).or_default();
    if value.is_empty() {
        problems.add(&place, || "is empty: give it a value, or leave it out".to_owned());
        settings::unread(layer, &setting, &place, problems);
        return;
    }
    if let Some(Origin::Variable { name }) = layer.origins.get(setting.as_str()) {
        problems.add(&place, || format!("says the same as the variable `{name}`: leave one out"));
        return;
    }
    let words = Value::Words(value.into());
    settings::put(layer, &setting, &Found { place, value: &words }, problems);
}
