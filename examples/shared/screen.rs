//! Colours, and lines that tell what happens when.

use std::{
    fmt,
    io::{self, Write},
    time::Instant,
};

use anstyle::{AnsiColor, Style};

/// Of a heading.
pub const TITLE: Style = Style::new().bold();
/// Of what is of little weight.
pub const FAINT: Style = Style::new().dimmed();
/// Of what is well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Of what may be well.
pub const UNSURE: Style = AnsiColor::Yellow.on_default();
/// Of what is not well.
pub const BAD: Style = AnsiColor::Red.on_default();

/// The time since the story began, as each line starts with it.
pub struct Clock(Instant);

impl Clock {
    /// Begins now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>6.1} s", self.0.elapsed().as_secs_f64())
    }
}

/// A text whose padding does not count the codes for its colour.
pub struct Styled(pub Style, pub String);

impl fmt::Display for Styled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, text) = self;
        style.fmt(f)?;
        f.pad(text)?;
        write!(f, "{style:#}")
    }
}

/// Writes something that is more than a line among others: a breaker has changed, say.
///
/// # Errors
/// What writing ends in.
pub fn note(out: &mut impl Write, clock: &Clock, style: Style, text: &str) -> io::Result<()> {
    let style = style.bold();
    writeln!(out, "{clock}  {style}==> {text}{style:#}")
}

/// Says where to go from here: places, and what is there.
///
/// # Errors
/// What writing ends in.
pub fn what_next(out: &mut impl Write, places: &[(&str, &str)]) -> io::Result<()> {
    writeln!(out, "\n{TITLE}What next{TITLE:#}")?;
    let width = places.iter().map(|(place, _)| place.len()).max().unwrap_or_default();
    places.iter().try_for_each(|(place, what)| writeln!(out, "  {place:<width$}  {what}"))
}
