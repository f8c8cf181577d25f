//! `cbctl mode`.

use serde_json::json;

use super::{
    Context,
    args::ModeChange,
    failure::{Failure, Finding},
    screen::{Shape, Text, Tone},
    show, status,
    text::word,
    values::Mode,
    wire::Row,
};

pub(super) fn run(context: &mut Context, change: ModeChange) -> Result<Finding, Failure> {
    let ModeChange { breaker, mode, lasts, cluster, reason } = change;
    if matches!(mode, Mode::Normal) && lasts.is_some() {
        return Err(Failure::Usage("--for is for a mode that ends: `normal` does not".to_owned()));
    }
    if cluster && lasts.is_none() && !matches!(mode, Mode::Normal) {
        return Err(Failure::Usage(
            "--cluster needs --for, such as --for 10m: a mode of all instances ends by itself"
                .to_owned(),
        ));
    }
    let Context { client, screen } = context;
    let (name, key) = show::split(&breaker.name, breaker.key.as_deref())?;
    let lasts = lasts.map(|time| humantime::format_duration(time).to_string());
    let mut body = json!({ "mode": mode.wire() });
    if let Some(lasts) = &lasts {
        body["for"] = json!(lasts);
    }
    if cluster {
        body["scope"] = json!("cluster");
    }
    if let Some(reason) = reason {
        body["reason"] = json!(reason);
    }
    let answer = client.change("POST", &["mode", name], &show::key_query(key), &body)?;
    if screen.shape() == Shape::Json {
        screen.document(&answer.json)?;
        return Ok(Finding::Fine);
    }
    let row: Row = answer.read()?;
    if screen.shape() == Shape::Lines {
        let lasts = lasts.unwrap_or_default();
        let texts =
            [row.name.into(), word(&row.mode).into(), word(&row.state).into(), lasts.into()];
        screen.columns(&texts, &[])?;
        return Ok(Finding::Fine);
    }
    let lasts = lasts.map(|lasts| format!("for {lasts}"));
    let place = if cluster { "in all instances" } else { "" };
    let state = status::state(&row);
    screen.line(&[
        Text::new(Tone::Title, format!("{}:", row.name)),
        state,
        lasts.into(),
        place.into(),
    ])?;
    Ok(Finding::Fine)
}
