//! Every layer against every other, setting by setting.

use std::time::Duration;

use cb_runtime::{
    Backoff, Config, ConfigBuilder, Origin, Registry, Source, Window, circuit_breaker, registry,
    testing,
};

use super::explained;

/// The layers, the lowest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Layer {
    Default,
    Defaults,
    Preset,
    ServiceType,
    Program,
    AnyName,
    Glob,
    Name,
    Variable,
    Runtime,
}

use Layer::{
    AnyName, Default, Defaults, Glob, Name, Preset, Program, Runtime, ServiceType, Variable,
};

const LAYERS: [Layer; 10] =
    [Default, Defaults, Preset, ServiceType, Program, AnyName, Glob, Name, Variable, Runtime];

/// What is said in the attributes and the `Config` below.
#[circuit_breaker(
    name = "layers/attribute",
    failure_threshold = 14,
    recovery_timeout = "14s",
    half_open_max_calls = 14,
    success_threshold = 14,
    probe_timeout = "14s",
    failure_rate = 0.14,
    slow_call = "14s",
    window = 1014,
    min_calls = 14,
    backoff(factor = 14.0, max = "10m"),
    reset_timeout = "14s",
    shed = 14.0
)]
fn with_all_settings() -> anyhow::Result<()> {
    Ok(())
}

#[circuit_breaker(name = "layers/silent")]
fn with_none() -> anyhow::Result<()> {
    Ok(())
}

fn in_code(settings: ConfigBuilder) -> ConfigBuilder {
    settings
        .failure_threshold(14)
        .recovery_timeout(seconds(14))
        .half_open_max_calls(14)
        .success_threshold(14)
        .probe_timeout(seconds(14))
        .failure_rate(0.14)
        .slow_call(seconds(14))
        .window(Window::calls(1014))
        .min_calls(14)
        .backoff(Backoff::new(14.0, Duration::from_secs(600)))
        .reset_timeout(seconds(14))
        .shed(14.0)
        .max_keys(14)
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A setting, and how its value is written that has a number of the layer's in it: in TOML, in a
/// variable, and as it is shown.
struct Setting {
    name: &'static str,
    written: fn(u32) -> [String; 3],
    runtime: fn(ConfigBuilder, u32) -> ConfigBuilder,
    default: &'static str,
    /// In the preset of `knowledge_graph`.
    preset: Option<&'static str>,
}

fn number(number: u32) -> [String; 3] {
    [number.to_string(), number.to_string(), number.to_string()]
}

fn time(number: u32) -> [String; 3] {
    [format!("\"{number}s\""), format!("{number}s"), format!("{number}s")]
}

fn fraction(number: u32) -> [String; 3] {
    [0; 3].map(|_| format!("{number}.0"))
}

fn rate(number: u32) -> [String; 3] {
    [0; 3].map(|_| format!("0.{number}"))
}

fn window(number: u32) -> [String; 3] {
    [0; 3].map(|_| (1000 + number).to_string())
}

fn backoff(number: u32) -> [String; 3] {
    [
        format!("{{ factor = {number}.0, max = \"10m\" }}"),
        format!("factor={number},max=10m"),
        format!("(factor = {number}.0, max = 10m, jitter = 0.0)"),
    ]
}

const SETTINGS: [Setting; 13] = [
    Setting {
        name: "failure_threshold",
        written: number,
        runtime: |settings, number| settings.failure_threshold(number),
        default: "5",
        preset: Some("5"),
    },
    Setting {
        name: "recovery_timeout",
        written: time,
        runtime: |settings, number| settings.recovery_timeout(seconds(number.into())),
        default: "1m",
        preset: Some("1m"),
    },
    Setting {
        name: "half_open_max_calls",
        written: number,
        runtime: |settings, number| settings.half_open_max_calls(number),
        default: "1",
        preset: Some("3"),
    },
    Setting {
        name: "success_threshold",
        written: number,
        runtime: |settings, number| settings.success_threshold(number),
        default: "1",
        preset: Some("2"),
    },
    Setting {
        name: "probe_timeout",
        written: time,
        runtime: |settings, number| settings.probe_timeout(seconds(number.into())),
        default: "1m",
        preset: None,
    },
    Setting {
        name: "failure_rate",
        written: rate,
        runtime: |settings, number| settings.failure_rate(f64::from(number) / 100.0),
        default: "none",
        preset: Some("0.5"),
    },
    Setting {
        name: "slow_call",
        written: time,
        runtime: |settings, number| settings.slow_call(seconds(number.into())),
        default: "none",
        preset: None,
    },
    Setting {
        name: "window",
        written: window,
        runtime: |settings, number| settings.window(Window::calls(1000 + number)),
        default: "100",
        preset: None,
    },
    Setting {
        name: "min_calls",
        written: number,
        runtime: |settings, number| settings.min_calls(number),
        default: "10",
        preset: None,
    },
    Setting {
        name: "backoff",
        written: backoff,
        runtime: |settings, number| settings.backoff(Backoff::new(number.into(), seconds(600))),
        default: "none",
        preset: None,
    },
    Setting {
        name: "reset_timeout",
        written: time,
        runtime: |settings, number| settings.reset_timeout(seconds(number.into())),
        default: "none",
        preset: Some("2m"),
    },
    Setting {
        name: "shed",
        written: fraction,
        runtime: |settings, number| settings.shed(number.into()),
        default: "none",
        preset: None,
    },
    Setting {
        name: "max_keys",
        written: number,
        runtime: |settings, number| settings.max_keys(number),
        default: "10000",
        preset: None,
    },
];

impl Layer {
    fn number(self) -> u32 {
        // The attribute's and the code's is 14.
        10 + self as u32
    }

    /// The table of the file, and how it is shown.
    fn table(self, case: &Case<'_>) -> Option<(String, String)> {
        let glob = |pattern: &str| {
            (format!("[breakers.\"{pattern}\"]"), format!("breakers.\"{pattern}\""))
        };
        Some(match self {
            Defaults => ("[defaults]".to_owned(), "defaults".to_owned()),
            ServiceType => {
                let service_type = case.service_type().unwrap_or("unused");
                (format!("[service_types.{service_type}]"), format!("service_types.{service_type}"))
            }
            AnyName => glob("*"),
            Glob => glob("layers/*"),
            Name => glob(case.name),
            _ => return None,
        })
    }
}

/// A registry and a breaker in it that has the setting from these two layers, in one of two ways to say
/// what the program does.
struct Case<'a> {
    name: &'a str,
    setting: &'a Setting,
    layers: [Layer; 2],
}

impl Case<'_> {
    /// One with a preset, or one of the program's own.
    fn service_type(&self) -> Option<&'static str> {
        if self.layers.contains(&Preset) {
            return Some("knowledge_graph");
        }
        self.layers.contains(&ServiceType).then_some("own")
    }

    /// The file, and the line on which each layer's setting is.
    fn file(&self) -> (String, Vec<(Layer, u32)>) {
        let (mut text, mut lines) = (String::new(), Vec::new());
        // Written from the highest down: what stands over what is not a matter of the place.
        for layer in LAYERS.into_iter().rev() {
            let Some((table, _)) = layer.table(self) else { continue };
            text.push_str(&table);
            text.push('\n');
            if self.layers.contains(&layer) {
                let [value, ..] = (self.setting.written)(layer.number());
                text.extend([self.setting.name, " = ", &value, "\n"]);
                lines.push((layer, u32::try_from(text.lines().count()).unwrap()));
            }
            if let (Name, Some(service_type)) = (layer, self.service_type()) {
                text.extend(["service_type = \"", service_type, "\"\n"]);
            }
        }
        (text, lines)
    }

    fn check(&self, registry: &Registry, program: impl Fn(&Origin) -> bool) {
        let (text, lines) = self.file();
        let setting = self.setting;
        let mut source = Source::toml(text).without_variables();
        if self.layers.contains(&Variable) {
            let name = self.name.replace('/', "_").to_uppercase();
            let variable = format!("CB_BREAKER__{name}__{}", setting.name.to_uppercase());
            let [_, value, _] = (setting.written)(Variable.number());
            source = source.variables([(variable, value)]);
        }
        registry.load(source).expect("it is right");
        if self.layers.contains(&Runtime) {
            let breaker = registry.get(self.name).unwrap();
            let change = |settings| (setting.runtime)(settings, Runtime.number());
            breaker.reconfigure(change).unwrap();
        }

        let [_, highest] = self.layers;
        let found = explained(registry, self.name, setting.name);

        let (pair, name) = (self.layers, setting.name);
        let [.., shown] = (setting.written)(highest.number());
        let value = match highest {
            Default => setting.default,
            Preset => setting.preset.unwrap(),
            _ => &shown,
        };
        assert_eq!(found.value, value, "{name}, {pair:?}");
        if let Some(breaker) = registry.get(self.name) {
            let in_force = serde_json::to_value(breaker.config()).unwrap();
            let in_force = in_force.get(name).map_or_else(|| "none".into(), ToString::to_string);
            if highest != Default && !found.value.contains('=') {
                assert_eq!(in_force.trim_matches('"'), found.value, "{name}, {pair:?}");
            }
        }
        match &found.origin {
            Origin::Default => assert_eq!(highest, Default, "{name}, {pair:?}"),
            Origin::Preset { service_type, .. } => {
                assert_eq!((highest, &**service_type), (Preset, "knowledge_graph"), "{name}");
            }
            Origin::File { file, line, key, .. } => {
                let (_, table) = highest.table(self).unwrap();
                assert_eq!(**key, format!("{table}.{name}"), "{pair:?}");
                assert!(lines.contains(&(highest, *line)), "{pair:?}, line {line}");
                assert_eq!(&**file, "<toml>");
            }
            Origin::Variable { name: variable, .. } => {
                assert_eq!(highest, Variable, "{name}, {pair:?}");
                assert!(variable.ends_with(&name.to_uppercase()), "{variable}");
            }
            Origin::Runtime => assert_eq!(highest, Runtime, "{name}, {pair:?}"),
            other => {
                assert_eq!(highest, Program, "{name}, {pair:?}: {other}");
                assert!(program(other), "{other}");
            }
        }
    }
}

/// Every pair, the lower layer first, in which the setting can stand.
fn pairs(setting: &Setting) -> impl Iterator<Item = [Layer; 2]> {
    let can = |layer: &Layer| *layer != Preset || setting.preset.is_some();
    let layers: Vec<Layer> = LAYERS.into_iter().filter(can).collect();
    let pairs: Vec<_> = layers
        .iter()
        .flat_map(|lower| {
            let higher = layers.iter().filter(move |higher| lower < higher);
            higher.map(move |higher| [*lower, *higher])
        })
        .collect();
    pairs.into_iter()
}

#[test]
fn of_two_layers_the_higher_one_stands_where_functions_declare_the_breaker() {
    let mut checked = 0;
    for setting in &SETTINGS {
        for layers in pairs(setting) {
            let by_program = layers.contains(&Program);
            if by_program && setting.name == "max_keys" {
                continue;
            }
            let name = if by_program { "layers/attribute" } else { "layers/silent" };
            let case = Case { name, setting, layers };
            let at_attribute = |origin: &Origin| matches!(origin, Origin::Attribute { file, .. } if file.ends_with("precedence.rs"));
            // Not called yet, and called.
            testing::isolated_blocking(|| {
                if !layers.contains(&Runtime) {
                    case.check(registry(), at_attribute);
                }
            });
            testing::isolated_blocking(|| {
                if by_program { with_all_settings() } else { with_none() }.unwrap();
                case.check(registry(), at_attribute);
            });
            checked += 1;
        }
    }
    assert!(checked > 13 * 28, "{checked}");
}

#[test]
fn of_two_layers_the_higher_one_stands_where_code_registers_the_breaker() {
    for setting in &SETTINGS {
        for layers in pairs(setting) {
            let registry = Registry::new();
            let mut settings = Config::builder();
            if layers.contains(&Program) {
                settings = in_code(settings);
            }
            let line = line!() + 1;
            registry.get_or_register("layers/code", settings.build().unwrap()).unwrap();
            let case = Case { name: "layers/code", setting, layers };
            case.check(&registry, |origin| {
                matches!(origin, Origin::Code { file, line: at, .. }
                    if file.ends_with("precedence.rs") && *at == line)
            });
        }
    }
}

#[test]
fn what_is_loaded_first_holds_for_breakers_that_come_later() {
    for setting in &SETTINGS {
        let registry = Registry::new();
        let [value, _, shown] = (setting.written)(42);
        let text = format!("[breakers.\"later\"]\n{} = {value}\n", setting.name);
        registry.load(Source::toml(text).without_variables().breakers(["later"])).unwrap();

        let later = registry.get_or_register("later", Config::default()).unwrap();

        let found = explained(&registry, "later", setting.name);
        assert_eq!(found.value, shown);
        assert!(matches!(found.origin, Origin::File { line: 2, .. }), "{}", found.origin);
        assert_eq!(later.history(), [], "it never had other settings");
    }
}
