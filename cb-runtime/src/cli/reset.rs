//! `cbctl reset`.

use std::io::{self, IsTerminal, Write};

use serde_json::{Value, json};

use super::{
    Context,
    args::Reset,
    failure::{Failure, Finding},
    screen::Shape,
    show,
    text::{count, plain},
    wire::Done,
};

pub(super) fn run(context: &mut Context, reset: &Reset) -> Result<Finding, Failure> {
    let Context { client, screen } = context;
    let body = body(reset);
    let answer = match (&reset.name, &reset.service_type) {
        (Some(name), _) => {
            let (name, key) = show::split(name, reset.key.as_deref())?;
            client.change("POST", &["reset", name], &show::key_query(key), &body)?
        }
        (None, Some(kind)) => client.change("POST", &["reset-by-type", kind], &[], &body)?,
        (None, None) => {
            if !reset.yes && !agreed(&client.address.to_string())? {
                return Err(Failure::Usage("nothing was reset".to_owned()));
            }
            client.change("POST", &["reset-all"], &[], &body)?
        }
    };
    if screen.shape() == Shape::Json {
        screen.document(&answer.json)?;
        return Ok(Finding::Fine);
    }
    let Done { breakers } = answer.read()?;
    if screen.shape() == Shape::Tables {
        let number = count(breakers.len() as u64, "breaker");
        let names =
            if breakers.is_empty() { String::new() } else { format!(": {}", breakers.join(", ")) };
        let place = if reset.cluster { " in all instances" } else { "" };
        screen.line(&[format!("reset {number}{place}{names}").into()])?;
    } else {
        for name in breakers {
            screen.line(&[name.into()])?;
        }
    }
    Ok(Finding::Fine)
}

fn body(reset: &Reset) -> Value {
    let mut body = json!({});
    if let Some(reason) = &reset.reason {
        body["reason"] = json!(reason);
    }
    if reset.cluster {
        body["scope"] = json!("cluster");
    }
    if let Some(lasts) = reset.lasts {
        body["for"] = json!(humantime::format_duration(lasts).to_string());
    }
    body
}

/// Asks, where somebody is there to answer. A script means what it says.
fn agreed(address: &str) -> io::Result<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(true);
    }
    let mut stderr = io::stderr().lock();
    write!(stderr, "Reset all breakers of {}? [y/N] ", plain(address))?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
