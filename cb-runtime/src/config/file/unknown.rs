//! Names in a configuration that nothing in the program bears.

use super::{near, problem::ConfigProblem, shown::quoted};
use crate::config::{Origin, variable_name};

impl ConfigProblem {
    /// Of a breaker that there is none of.
    pub(crate) fn unknown_breaker<'a>(
        origin: &Origin,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        Self::at(origin, format!("unknown breaker: {}", breakers(name, known)))
    }

    /// Of a variable for a breaker, whose name it has as [`variable_name`] writes it, that there is none
    /// of.
    pub(crate) fn unknown_variable<'a>(
        origin: &Origin,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        let known: Vec<String> = known.map(variable_name).collect();
        let hint = breakers(name, known.iter().map(String::as_str));
        Self::at(origin, format!("unknown breaker {}: {hint}", quoted(name)))
    }

    /// Of a pattern that no breaker's name matches.
    pub(crate) fn unmatched_pattern(origin: &Origin) -> Self {
        Self::at(origin, "no breaker of the program has a name that this matches")
    }

    /// Of a service type that no breaker has.
    pub(crate) fn unknown_service_type<'a>(
        origin: &Origin,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        let hint = near::nearest(name, known)
            .map_or_else(String::new, |near| format!(": did you mean {}?", quoted(near)));
        Self::at(origin, format!("no breaker of the program has this service type{hint}"))
    }

    /// Of a function that is not among those of its breaker.
    pub(crate) fn unknown_function<'a>(
        origin: &Origin,
        function: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        let hint = if known.clone().next().is_none() {
            "no function in the program has this breaker in its attribute".to_owned()
        } else {
            near::hint(function, "functions of this breaker", known)
        };
        Self::at(origin, format!("unknown function: {hint}"))
    }

    /// Of a name that several functions of the breaker bear.
    pub(crate) fn several_functions<'a>(
        origin: &Origin,
        known: impl Iterator<Item = &'a str>,
    ) -> Self {
        let known = near::listed(known);
        Self::at(
            origin,
            format!("may be several functions: write more of the path of one of {known}"),
        )
    }
}

/// What to do about a breaker that is none yet.
const LATER: &str = "one that is registered later is announced with `Source::breakers`, and to `cbctl check` with \
                     `--breakers`";

fn breakers<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if known.clone().next().is_none() {
        return format!("there are none in the program; {LATER}");
    }
    near::nearest(name, known.clone()).map_or_else(
        || {
            let known = near::listed(known);
            format!("there are {known}; {LATER}")
        },
        |near| format!("did you mean {}?", quoted(near)),
    )
}
