//! Schemas of what no derive can see: what is written by hand, or comes of the schema of files.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema, schema::Object},
};

use crate::config::CONFIG_SCHEMA;

/// What is said of each name in a path.
pub(super) const NAME: &str =
    "The breaker's name, percent-encoded: `web_app%2Fdatabase`. A slash may stand as it is, too.";

/// All settings of a breaker; those that are off are left out. Each is written as in a configuration file.
pub(super) struct Settings;

/// Settings that are to be others.
pub(super) struct SettingsChange;

/// An annotated function.
#[derive(ToSchema)]
#[allow(
    dead_code,
    clippy::struct_field_names,
    reason = "has the shape of what `Declaration` serializes"
)]
pub(super) struct Function {
    /// The breaker's name.
    name: String,
    /// The function's path.
    function: String,
    /// The source file.
    file: String,
    /// The line of the attribute.
    line: u32,
    /// The settings that are written there.
    settings: BTreeMap<String, String>,
    /// The settings of its calls that are written there.
    call_settings: BTreeMap<String, String>,
    /// What answers when the call does not.
    fallback: Option<String>,
}

/// A series of a metric.
#[derive(ToSchema)]
#[allow(dead_code, reason = "has the shape of what `prometheus::json` makes")]
pub(super) struct Series {
    /// Its labels.
    labels: BTreeMap<String, String>,
    /// Its value at this moment.
    value: f64,
}

impl PartialSchema for Settings {
    fn schema() -> RefOr<Schema> {
        let mut properties = properties();
        let check = json!({ "type": "string", "description": "The health check's name." });
        properties.insert("health_check".to_owned(), check);
        schema(json!({
            "type": "object",
            "description": "All settings of a breaker, as in a configuration file; those that are off are left out.",
            "properties": properties,
        }))
    }
}

impl ToSchema for Settings {
    fn name() -> Cow<'static, str> {
        "Settings".into()
    }
}

impl PartialSchema for SettingsChange {
    fn schema() -> RefOr<Schema> {
        let mut properties = properties();
        // Of all breakers of a name together, and not of one.
        properties.remove("max_keys");
        if let Some(service_type) = properties.get_mut("service_type") {
            service_type["maxLength"] = 128.into();
        }
        properties.values_mut().for_each(or_null);
        schema(json!({ "type": "object", "properties": properties, "additionalProperties": false }))
    }
}

impl ToSchema for SettingsChange {
    fn name() -> Cow<'static, str> {
        "SettingsChange".into()
    }
}

/// A duration.
pub(super) fn duration() -> RefOr<Schema> {
    schema(definition("duration"))
}

/// What takes a setting back is no value of it.
fn or_null(property: &mut Value) {
    let description = property.as_object_mut().and_then(|property| property.remove("description"));
    *property = json!({ "anyOf": [property.take(), { "type": "null" }] });
    property["description"] = description.unwrap_or_default();
}

/// A duration, or none.
pub(super) fn optional_duration() -> RefOr<Schema> {
    let mut duration = definition("duration");
    duration["type"] = json!(["string", "null"]);
    schema(duration)
}

/// The settings of the schema of files, with what they refer to in its place.
fn properties() -> Map<String, Value> {
    let settings = definition("settings");
    let Some(properties) = settings["properties"].as_object() else { return Map::new() };
    let whole = |(name, property): (&String, &Value)| {
        let mut property = property.clone();
        put_in(&mut property);
        (name.clone(), property)
    };
    properties.iter().map(whole).collect()
}

/// Puts what is referred to in the place of each reference. What stands beside it stays.
fn put_in(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.remove("$ref") {
                let name = reference.rsplit('/').next().unwrap_or_default();
                if let Value::Object(definition) = definition(name) {
                    for (member, value) in definition {
                        members.entry(member).or_insert(value);
                    }
                }
            }
            members.values_mut().for_each(put_in);
        }
        Value::Array(all) => all.iter_mut().for_each(put_in),
        _ => {}
    }
}

fn definition(name: &str) -> Value {
    let all: Value = serde_json::from_str(CONFIG_SCHEMA).unwrap_or_default();
    all["$defs"][name].clone()
}

/// A schema that is JSON; an object of any kind where it were none.
fn schema(json: Value) -> RefOr<Schema> {
    serde_json::from_value(json).unwrap_or_else(|_| RefOr::T(Object::new().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_described_as_in_the_schema_of_files() {
        let settings = serde_json::to_value(Settings::schema()).expect("it is JSON");
        let described = settings["properties"].as_object().expect("it has properties");
        for name in crate::ConfigBuilder::SETTINGS {
            assert!(described[*name]["description"].is_string(), "{name}");
        }
        let of_files = &properties()["backoff"];
        let kept = &described["backoff"]["properties"]["factor"];
        assert_eq!(kept["minimum"], of_files["properties"]["factor"]["minimum"]);
        assert_eq!(described["failure_threshold"]["minimum"], 1);
        assert_eq!(described["failure_rate"]["exclusiveMinimum"], 0);
        assert!(described["recovery_timeout"]["pattern"].is_string());
        assert!(described["window"]["anyOf"].is_array() || described["window"]["oneOf"].is_array());
        let change = serde_json::to_value(SettingsChange::schema()).expect("it is JSON");
        assert_eq!(change["additionalProperties"], false);
        assert!(change["properties"]["max_keys"].is_null());
    }
}
