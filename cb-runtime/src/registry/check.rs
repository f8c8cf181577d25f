//! Whether what was loaded fits the program: names that it has, and settings that go together.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use super::{Declaration, Registry, declarations};
use crate::config::{
    ConfigBuilder, ConfigProblem, Findings, Layers, Named, Origin, Read, is_preset, quoted,
    variable_name,
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
            let found = match one {
                Named::Breaker { name, origin } if !self.breakers.contains_key(name) => {
                    (unknown, ConfigProblem::unknown_breaker(origin, name, self.names()))
                }
                Named::Variable { name, origin }
                    if !self.names().any(|known| variable_name(known) == *name) =>
                {
                    (unknown, ConfigProblem::unknown_variable(origin, name, self.names()))
                }
                Named::Pattern { pattern, origin }
                    if !self.names().any(|name| pattern.matches(name)) =>
                {
                    (Unknown::Warn, ConfigProblem::unmatched_pattern(origin))
                }
                Named::Call { breaker, function, origin } => {
                    match self.no_function(breaker, function, origin) {
                        Some(problem) => (Unknown::Refuse, problem),
                        None => continue,
                    }
                }
                _ => continue,
            };
            put(findings, found.0, found.1);
        }
    }

    /// Looks at the settings that come of a configuration, in every environment.
    pub(super) fn check_settings(&self, read: &Read, findings: &mut Findings) {
        if read.document.is_unread {
            return;
        }
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
                let known = service_types.iter().copied();
                let problem = ConfigProblem::unknown_service_type(origin, service_type, known);
                put(findings, Unknown::Warn, problem);
            }
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.breakers.keys().map(String::as_str)
    }

    /// What is wrong with the name of a function, if it is not that of one. That there is no such breaker
    /// is told elsewhere.
    fn no_function(&self, breaker: &str, function: &str, origin: &Origin) -> Option<ConfigProblem> {
        if !self.breakers.contains_key(breaker) {
            return None;
        }
        let functions = self.functions.get(breaker).map(Vec::as_slice).unwrap_or_default();
        let paths: Vec<String> = functions.iter().map(|function| function.function()).collect();
        let paths = paths.iter().map(String::as_str);
        match functions.iter().filter(|declared| declared.is_called(function)).count() {
            1 => None,
            0 => Some(ConfigProblem::unknown_function(origin, function, paths)),
            _ => Some(ConfigProblem::several_functions(origin, paths)),
        }
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
        let mut wrong = BTreeMap::<String, (String, Option<&Origin>, Vec<&str>)>::new();
        for (name, Said { own, runtime }) in &self.breakers {
            let (_, left_out) = own.build_what_fits();
            let own = left_out.iter().fold(*own, |own, problem| own.without(problem.field()));
            let settings = layers.settings(name, own, *runtime);
            let service_type = settings.given_service_type();
            let is_unread = |setting: &str| layers.is_unread(name, service_type, setting);
            for problem in settings.build_what_fits().1 {
                // It may be gone when what could not be read can be.
                if [problem.field(), "window", "slow_call", "service_type"]
                    .into_iter()
                    .any(is_unread)
                {
                    continue;
                }
                // A window that is too small shows at `min_calls`, wherever that is written.
                let at = [problem.field(), "window"]
                    .into_iter()
                    .find_map(|setting| layers.place(name, service_type, setting));
                let (_, _, names) = wrong
                    .entry(format!("{problem} {at:?}"))
                    .or_insert_with(|| (problem.to_string(), at, Vec::new()));
                names.push(name);
            }
        }
        for (once, (problem, at, names)) in wrong {
            if !told.insert(once) {
                continue;
            }
            let more = match names.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let within = environment
                .map_or_else(String::new, |name| format!(" in environment {}", quoted(name)));
            let first = quoted(names[0]);
            let message = format!("of circuit breaker {first}{more}{within}, {problem}");
            let problem = ConfigProblem::at(at.unwrap_or(&Origin::Default), message);
            put(findings, Unknown::Refuse, problem);
        }
    }

    /// Whether what is to be changed of functions' calls can be.
    fn check_calls(&self, layers: &Layers, told: &mut BTreeSet<String>, findings: &mut Findings) {
        for calls in &layers.calls {
            let functions = self.functions.get(calls.breaker.as_str()).into_iter().flatten();
            for function in functions.filter(|function| function.is_called(&calls.function)) {
                let given = calls.origins.keys().copied();
                for (key, message) in function.refuse(given, &calls.changes) {
                    let origin = calls.origins.get(key).unwrap_or(&calls.origin);
                    if told.insert(format!("{message} {origin:?}")) {
                        put(findings, Unknown::Refuse, ConfigProblem::at(origin, message));
                    }
                }
            }
        }
    }
}

fn put(findings: &mut Findings, unknown: Unknown, problem: ConfigProblem) {
    match unknown {
        Unknown::Refuse => findings.problems.push(problem),
        Unknown::Warn => findings.warnings.push(problem),
    }
}
