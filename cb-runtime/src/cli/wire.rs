//! What the API answers, as far as it is shown. What is missing is empty and what is more is left alone,
//! so that server and `cbctl` need not be of one version.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `GET status`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    pub(super) at: String,
    pub(super) verdict: String,
    pub(super) score: f64,
    pub(super) store: Option<Store>,
    pub(super) totals: Count,
    pub(super) breakers: Vec<Row>,
    pub(super) next: Option<String>,
}

/// How it stands to the store through which breakers are shared.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Store {
    #[serde(rename = "store")]
    pub(super) name: String,
    pub(super) connected: bool,
    pub(super) since: String,
    pub(super) instances: u64,
    pub(super) agreed: Option<String>,
    pub(super) pending: u64,
    pub(super) problem: Option<String>,
}

/// How a breaker stands to those of its name in other instances.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Shared {
    pub(super) connected: bool,
    pub(super) epoch: u64,
    pub(super) open: bool,
    pub(super) changed_by: Option<String>,
    pub(super) mode: Option<SharedMode>,
    pub(super) settings: Option<SharedSettings>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SharedMode {
    pub(super) mode: String,
    pub(super) remaining: f64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SharedSettings {
    pub(super) settings: BTreeMap<String, String>,
    pub(super) remaining: f64,
}

/// How many breakers are in which state.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Count {
    pub(super) total: u64,
    pub(super) closed: u64,
    pub(super) open: u64,
    pub(super) half_open: u64,
    pub(super) forced_open: u64,
    pub(super) disabled: u64,
    pub(super) metrics_only: u64,
}

/// A breaker.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) service_type: Option<String>,
    pub(super) critical: bool,
    pub(super) state: String,
    pub(super) mode: String,
    pub(super) since: String,
    pub(super) consecutive_failures: u64,
    pub(super) failure_threshold: Option<u64>,
    pub(super) failure_rate: Option<f64>,
    pub(super) slow_call_rate: Option<f64>,
    pub(super) totals: BTreeMap<String, u64>,
    pub(super) openings: u64,
    pub(super) last_opening: Option<Value>,
    pub(super) remaining_open: Option<f64>,
    pub(super) response_times: Option<Times>,
    pub(super) last_success: Option<String>,
    pub(super) last_failure: Option<String>,
    pub(super) last_error: Option<String>,
    pub(super) shared: Option<Shared>,
}

impl Row {
    pub(super) fn total(&self, name: &str) -> u64 {
        self.totals.get(name).copied().unwrap_or_default()
    }
}

/// Response times, in seconds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Times {
    pub(super) mean: f64,
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

/// `GET status/{name}`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Breaker {
    #[serde(flatten)]
    pub(super) row: Row,
    pub(super) keyed: bool,
    pub(super) settings: Vec<Setting>,
    pub(super) calls: Vec<Calls>,
    pub(super) history: Vec<Value>,
    pub(super) functions: Vec<Function>,
    pub(super) keys: Vec<Row>,
    pub(super) total_keys: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Setting {
    #[serde(rename = "setting")]
    pub(super) name: String,
    pub(super) value: String,
    pub(super) origin: Value,
    pub(super) overridden: Vec<Setting>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Calls {
    pub(super) function: String,
    pub(super) settings: Vec<Setting>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Function {
    #[serde(rename = "function")]
    pub(super) path: String,
    pub(super) file: String,
    pub(super) line: u64,
    pub(super) fallback: Option<String>,
}

/// `GET health`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Health {
    pub(super) verdict: String,
    pub(super) score: f64,
    pub(super) breakers: Count,
    pub(super) critical_down: Vec<String>,
    pub(super) open_breakers: Vec<String>,
    pub(super) error_rate: Option<f64>,
    pub(super) response_times: Option<Times>,
    pub(super) store_connected: Option<bool>,
    pub(super) recommendations: Vec<Advice>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Advice {
    pub(super) breaker: String,
    pub(super) text: String,
}

/// `GET alerts`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Alerts {
    pub(super) alerts: Vec<Alert>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Alert {
    pub(super) severity: String,
    pub(super) breaker: Option<String>,
    pub(super) since: String,
    pub(super) text: String,
}

/// `POST reset/..`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    pub(super) breakers: Vec<String>,
}

/// `POST test-service`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Test {
    pub(super) healthy: bool,
    pub(super) iterations: Vec<Iteration>,
    pub(super) passed: u64,
    pub(super) failed: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Iteration {
    pub(super) ok: bool,
    pub(super) seconds: f64,
    #[serde(deserialize_with = "text_or_none")]
    pub(super) error: Option<String>,
}

fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

/// A series of `GET metrics.json`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Series {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: Value,
}
