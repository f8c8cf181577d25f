//! Checks of a configuration where there is no program that it is for.

use super::{
    Registry,
    check::{Known, Unknown},
};
use crate::config::{ConfigProblem, LoadError, Named, Source};

/// What can be told of a configuration without its program: all but whether the functions in it exist, and
/// service types of the program's own. Without the names of the program's breakers, every name is taken
/// for one, and so is a pattern and what stands for all: their settings are to go together too.
///
/// # Errors
/// All that is wrong; else what is odd is returned.
pub(crate) fn check_outside(
    source: &Source,
    breakers: Option<&[String]>,
) -> Result<Vec<ConfigProblem>, LoadError> {
    let read = source.read(|read, findings| {
        let named = &read.named;
        let announced = breakers.map_or_else(|| names(named), <[String]>::to_vec);
        let known = Known::of(&Registry::new(), &announced);
        if breakers.is_some() {
            let of_breakers = named.iter().filter(|one| !matches!(one, Named::Call { .. }));
            let of_breakers: Vec<Named> = of_breakers.cloned().collect();
            known.check_names(&of_breakers, Unknown::Refuse, findings);
        }
        known.check_settings(read, findings);
    })?;
    Ok(read.warnings)
}

/// Every name in it, with `*` for the breakers that it does not name.
fn names(named: &[Named]) -> Vec<String> {
    let of_one = |one: &Named| match one {
        Named::Breaker { name, .. } | Named::Call { breaker: name, .. } => Some(name.clone()),
        // A pattern matches itself.
        Named::Pattern { pattern, .. } => Some(pattern.as_str().to_owned()),
        Named::Variable { .. } => None,
    };
    named.iter().filter_map(of_one).chain(["*".to_owned()]).collect()
}
