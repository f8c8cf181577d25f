//! Whether what was loaded fits the program: names that it has, and settings that go together.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use super::{Declaration, Registry, declarations};
use crate::{
    config::{
        ConfigBuilder, ConfigProblem, Findings, Layers, Named, Origin, Read, is_preset, near,
        quoted, variable_name,
    },
};

/// What becomes of names of breakers that the program does not know of yet.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Unknown {
    Refuse,
    Warn,
}

/// All breakers that there are or will be, as far as that is known.
#[derive(Default)]
pub(super) struct Known {
    /// Of each what the program says, and what was changed since.
    breakers: BTreeMap<String, Said>,
    functions: BTreeMap<&'static str, Vec<&'static Declaration>>,
}

#[derive(Clone, Copy, Default)]
struct Said {
    own: ConfigBuilder,
    runtime: ConfigBuilder,
}

impl Known {
    pub(super) fn of(registry: &Registry, announced: &[String]) -> Self {
        let mut functions = BTreeMap::<_, Vec<_>>::new();
        if registry.is_the_programs() {
            for declaration in declarations() {
                functions.entry(declaration.name()).or_default().push(declaration);
            }
        }
        let announced = announced.iter().map(|name| (name.clone(), Said::default()));
        let declared = functions.iter().map(|(name, functions)| {
            let own = functions
                .iter()
                .fold(ConfigBuilder::new(), |own, function| own.or(function.layer().settings));
            ((*name).to_owned(), Said { own, ..Said::default() })
        });
        // What is said of those that are there goes before what is known of those that will be.
        let mut breakers: BTreeMap<String, Said> = announced.chain(declared).collect();
        for family in registry.0.families.all() {
            let said = Said { own: family.own(), ..Said::default() };
            breakers.insert(family.name().to_string(), said);
        }
        for registered in registry.0.breakers.all() {
            let (own, runtime) = registered.breaker.0.said();
            breakers.insert(registered.breaker.name().to_owned(), Said { own, runtime });
        }
        Self { breakers, functions }
    }

    /// The functions that are declared, by the names of their breakers.
    pub(super) fn functions(&self) -> impl Iterator<Item = &'static Declaration> {
        self.functions.values().flatten().copied()
    }

    /// Looks at the names in a configuration.
    pub(super) fn check_names(&self, named: &[Named], unknown: Unknown, findings: &mut Findings) {
        for one in named {
            match one {
                Named::Breaker { name, origin } if !self.breakers.contains_key(name) => {
                    let problem = self.no_breaker(&format!("is called {}", quoted(name)), name);
                    put(findings, unknown, origin, problem);
                }
                Named::Pattern { pattern, origin }
                    if !self.names().any(|name| pattern.matches(name)) =>
                {
                    let text = pattern.as_str();
                    let problem = self.no_breaker(&format!("matches {}", quoted(text)), text);
                    put(findings, Unknown::Warn, origin, problem);
                }
                Named::Variable { name, origin } => {
                    if let Some(problem) = self.no_breaker_of_variable(name) {
                        put(findings, unknown, origin, problem);
                    }
                }
                Named::Call { breaker, function, origin } => {
                    if let Some(problem) = self.no_function(breaker, function) {
                        put(findings, Unknown::Refuse, origin, problem);
                    }
                }
                _ => {}
            }
        }
    }

    /// Looks at the settings that come of a configuration, in every environment.
    pub(super) fn check_settings(&self, read: &Read, findings: &mut Findings) {
        let others = read.document.environments().filter(|name| Some(*name) != read.environment());
        let all = iter::once((None, read.document.layers(read.environment())))
            .chain(others.map(|name| (Some(name), read.document.layers(Some(name)))));
        let mut told = BTreeSet::new();
        let mut service_types = BTreeSet::new();
        for (environment, mut layers) in all {
            if environment.is_none() {
                layers.variables.clone_from(&read.layers.variables);
            }
            service_types.extend(self.service_types(&layers));
            self.check_together(environment, &layers, &mut told, findings);
            self.check_calls(&layers, &mut told, findings);
        }
        for (service_type, origin) in read.document.service_types() {
            if !service_types.contains(service_type) && !is_preset(service_type) {
                let near = near::nearest(service_type, service_types.iter().copied());
                let near =
                    near.map_or_else(String::new, |near| format!(": did you mean {}?", quoted(near)));
                let message =
                    format!("no circuit breaker is of service type {}{near}", quoted(service_type));
                put(findings, Unknown::Warn, origin, message);
            }
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.breakers.keys().map(String::as_str)
    }

    fn no_breaker_of_variable(&self, variable: &str) -> Option<String> {
        let spelled: Vec<String> = self.names().map(variable_name).collect();
        if spelled.iter().any(|name| name == variable) {
            return None;
        }
        let named = format!("is called {}", quoted(variable));
        Some(match near::nearest(variable, spelled.iter().map(String::as_str)) {
            Some(near) => format!("no circuit breaker {named}: did you mean {}?", quoted(near)),
            None => self.no_breaker(&named, variable),
        })
    }

    /// Why the calls of a function cannot be changed, if it is not one function of one breaker. That there
    /// is no such breaker is told elsewhere.
    fn no_function(&self, breaker: &str, function: &str) -> Option<String> {
        let Some(functions) = self.functions.get(breaker) else {
            let message = || {
                let breaker = quoted(breaker);
                format!("circuit breaker {breaker} has no annotated function whose calls could be changed")
            };
            return self.breakers.contains_key(breaker).then(message);
        };
        let paths: Vec<String> = functions.iter().map(|function| function.function()).collect();
        let paths = paths.iter().map(String::as_str);
        match functions.iter().filter(|declared| declared.is_called(function)).count() {
            1 => None,
            0 => {
                let (function, hint) = (quoted(function), near::hint(function, "functions", paths));
                Some(format!("no function of this circuit breaker is called {function}: {hint}"))
            }
            _ => Some(format!(
                "{} may be several functions: write more of the path of one of {}",
                quoted(function),
                near::listed(paths)
            )),
        }
    }

    fn no_breaker(&self, named: &str, name: &str) -> String {
        if self.breakers.is_empty() {
            return format!(
                "no circuit breaker {named}: there is none yet; register it first, or announce its name \
                 with `Source::breakers`"
            );
        }
        let hint = near::hint(name, "circuit breakers", self.names());
        format!(
            "no circuit breaker {named}: {hint}{}",
            if hint.ends_with('?') {
                ""
            } else {
                "; one that code registers later is to be announced with `Source::breakers`"
            }
        )
    }

    /// The service types of all breakers.
    fn service_types(&self, layers: &Layers) -> BTreeSet<&'static str> {
        let of = |(name, said): (&String, &Said)| {
            layers.settings(name, said.own, said.runtime).given_service_type()
        };
        self.breakers.iter().filter_map(of).collect()
    }

    /// Whether each breaker's settings go together. What is wrong by what the program says alone is left
    /// out, as it is without a file.
    fn check_together(
        &self,
        environment: Option<&str>,
        layers: &Layers,
        told: &mut BTreeSet<String>,
        findings: &mut Findings,
    ) {
        let mut wrong = BTreeMap::<(String, Option<Origin>), Vec<&str>>::new();
        for (name, Said { own, runtime }) in &self.breakers {
            let (_, left_out) = own.build_what_fits();
            let own = left_out.iter().fold(*own, |own, problem| own.without(problem.field()));
            let settings = layers.settings(name, own, *runtime);
            if let Err(problem) = settings.build() {
                // A window that is too small shows at `min_calls`, wherever that is written.
                let at = [problem.field(), "window"]
                    .into_iter()
                    .find_map(|setting| layers.place(name, settings.given_service_type(), setting));
                wrong.entry((problem.to_string(), at.cloned())).or_default().push(name);
            }
        }
        for ((problem, at), names) in wrong {
            let more = match names.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            if !told.insert(format!("{problem} {at:?}")) {
                continue;
            }
            let first = quoted(names[0]);
            let within = environment
                .map_or_else(String::new, |name| format!(" in environment {}", quoted(name)));
            let message = format!("of circuit breaker {first}{more}{within}, {problem}");
            findings.problems.push(ConfigProblem::at(&at.unwrap_or(Origin::Default), message));
        }
    }

    /// Whether what is to be changed of functions' calls can be.
    fn check_calls(&self, layers: &Layers, told: &mut BTreeSet<String>, findings: &mut Findings) {
        for calls in &layers.calls {
            let functions = self.functions.get(calls.breaker.as_str()).into_iter().flatten();
            for function in functions.filter(|function| function.is_called(&calls.function)) {
                for (key, message) in function.refuse(&calls.changes) {
                    let origin = calls.origins.get(key).unwrap_or(&calls.origin);
                    if told.insert(format!("{message} {origin:?}")) {
                        put(findings, Unknown::Refuse, origin, message);
                    }
                }
            }
        }
    }
}

fn put(findings: &mut Findings, unknown: Unknown, origin: &Origin, message: String) {
    let problem = ConfigProblem::at(origin, message);
    match unknown {
        Unknown::Refuse => findings.problems.push(problem),
        Unknown::Warn => findings.warnings.push(problem),
    }
}
