//! `cbctl explain`.

use serde_json::{Value, json};

use super::{
    Context,
    failure::{Failure, Finding},
    screen::{Rows, Shape, Text, Tone},
    show,
    wire::Setting,
    words,
};

pub(super) fn run(context: &mut Context, name: &str) -> Result<Finding, Failure> {
    let Context { client, screen } = context;
    let (json, breaker) = show::breaker(client, name)?;
    if screen.shape() == Shape::Json {
        let part = |name: &str| json.get(name).cloned().unwrap_or(Value::Null);
        screen.document(&json!({
            "name": part("name"),
            "settings": part("settings"),
            "calls": part("calls"),
        }))?;
        return Ok(Finding::Fine);
    }
    let shape = screen.shape();
    screen.table(&table(&breaker.settings, shape))?;
    for calls in &breaker.calls {
        screen.title(&format!("Calls of {}", calls.function))?;
        screen.table(&table(&calls.settings, shape))?;
    }
    Ok(Finding::Fine)
}

/// Settings with where they come from and what they stand over.
pub(super) fn table<'a>(settings: impl IntoIterator<Item = &'a Setting>, shape: Shape) -> Rows {
    if shape == Shape::Tables { drawn(settings) } else { listed(settings) }
}

fn listed<'a>(settings: impl IntoIterator<Item = &'a Setting>) -> Rows {
    let mut rows = Rows::new(&["setting", "value", "from", "instead of"]);
    for Setting { name, value, origin, overridden } in settings {
        let over: Vec<String> = overridden
            .iter()
            .map(|below| format!("{} ({})", below.value, words::origin(&below.origin)))
            .collect();
        rows.push([
            name.as_str().into(),
            value.as_str().into(),
            words::origin(origin).into(),
            over.join(", ").into(),
        ]);
    }
    rows
}

/// What a value stands over is below it: places are long, and beside each other they would be narrow.
fn drawn<'a>(settings: impl IntoIterator<Item = &'a Setting>) -> Rows {
    let mut rows = Rows::new(&["setting", "value", "from"]);
    for Setting { name, value, origin, overridden } in settings {
        let is_default = origin.get("layer").and_then(Value::as_str) == Some("default");
        let tone = if is_default { Tone::Faint } else { Tone::Plain };
        rows.push([
            name.as_str().into(),
            Text::new(tone, value),
            Text::new(tone, words::origin(origin)),
        ]);
        for below in overridden {
            rows.push([
                Text::default(),
                Text::new(Tone::Faint, &below.value),
                Text::new(Tone::Faint, format!("instead of {}", words::origin(&below.origin))),
            ]);
        }
    }
    rows
}
