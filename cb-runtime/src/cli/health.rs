//! `cbctl health`.

use super::{
    Context,
    failure::{Failure, Finding},
    screen::{Rows, Shape, Text, Tone},
    show, status, store,
    text::{percent, score},
    wire::Health,
};

pub(super) fn run(context: &mut Context, fail_under: Option<f64>) -> Result<Finding, Failure> {
    let Context { client, screen } = context;
    let under = fail_under.map(|score| score.to_string());
    let query: Vec<_> = under.as_deref().map(|score| ("fail_under", score)).into_iter().collect();
    let answer = client.get_also(&["health"], &query, &[503])?;
    let health: Health = answer.read()?;
    let is_under = fail_under.is_some_and(|bound| health.score < bound);
    let finding = Finding::fine_if(!is_under && answer.status != 503);
    if screen.shape() == Shape::Json {
        screen.document(&answer.json)?;
        return Ok(finding);
    }
    let counts = &health.breakers;
    let floor = fail_under.filter(|_| is_under).map(|bound| format!(", under {bound}"));
    let score = format!("{}{}", score(health.score), floor.unwrap_or_default());
    screen.facts(&[
        ("verdict", Text::new(status::verdict(&health.verdict), &health.verdict)),
        ("score", Text::new(if is_under { Tone::Bad } else { Tone::Plain }, score)),
        ("breakers", format!("{}, {} of them closed", counts.total, counts.closed).into()),
        ("critical and down", Text::new(Tone::Bad, health.critical_down.join(", "))),
        ("open", health.open_breakers.join(", ").into()),
        ("failed calls", health.error_rate.map(percent).into()),
        ("shared store", store::short(health.store_connected).into()),
        ("response times", health.response_times.as_ref().map(show::times).into()),
    ])?;
    if !health.recommendations.is_empty() {
        screen.title("Recommendations")?;
        let mut rows = Rows::new(&["breaker", "advice"]);
        for advice in &health.recommendations {
            rows.push([advice.breaker.as_str().into(), advice.text.as_str().into()]);
        }
        screen.table(&rows)?;
    }
    Ok(finding)
}
