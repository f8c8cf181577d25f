//! What is written to standard output: JSON, columns with tabs between them for a pipe, or tables.

use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice, adapter::strip_str};
use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, Color, ContentArrangement, LineStyle, Table, presets};
use serde::Serialize;
use terminal_size::{Height, Width};

use super::text::{escaped, plain};

/// How something is, for its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    #[default]
    Plain,
    Title,
    Faint,
    Good,
    Unsure,
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Title => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Unsure => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
        }
    }

    fn cell(self, text: &str) -> Cell {
        let cell = Cell::new(text);
        match self {
            Self::Plain => cell,
            Self::Title => cell.add_attribute(Attribute::Bold),
            Self::Faint => cell.add_attribute(Attribute::Dim),
            Self::Good => cell.fg(Color::DarkGreen),
            Self::Unsure => cell.fg(Color::DarkYellow),
            Self::Bad => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
        }
    }
}

/// A text that steers no terminal and begins no line, whatever is in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Text {
    text: String,
    tone: Tone,
}

impl Text {
    pub(super) fn new(tone: Tone, text: impl AsRef<str>) -> Self {
        Self { text: plain(text.as_ref()).into_owned(), tone }
    }

    /// No more than so many characters of it, and how many there are.
    pub(super) fn cut(self, most: usize) -> (Self, usize) {
        let text: String = self.text.chars().take(most).collect();
        let length = text.chars().count();
        (Self { text, ..self }, length)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(Tone::Plain, text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::new(Tone::Plain, text)
    }
}

impl From<Option<String>> for Text {
    fn from(text: Option<String>) -> Self {
        Self::from(text.unwrap_or_default())
    }
}

/// Rows under a header.
pub(super) struct Rows {
    header: &'static [&'static str],
    /// Left out, the first one first, where a terminal is too narrow.
    dispensable: &'static [&'static str],
    lines: Vec<Vec<Text>>,
}

impl Rows {
    pub(super) fn new(header: &'static [&'static str]) -> Self {
        Self { header, dispensable: &[], lines: Vec::new() }
    }

    /// With columns that a narrow terminal may do without, the least important one first.
    pub(super) fn dispensable(self, dispensable: &'static [&'static str]) -> Self {
        Self { dispensable, ..self }
    }

    pub(super) fn push<const N: usize>(&mut self, row: [Text; N]) {
        debug_assert_eq!(N, self.header.len());
        self.lines.push(row.into());
    }
}

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Json,
    Lines,
    Tables,
}

pub(super) struct Screen {
    out: Box<dyn Write>,
    shape: Shape,
    has_colour: bool,
}

/// Narrower than this, tables are of no use, and become wider than the terminal.
const NARROWEST: u16 = 40;

impl Screen {
    /// Standard output.
    pub(super) fn stdout(json: bool) -> Self {
        let stdout = io::stdout();
        let shape = match (json, stdout.is_terminal()) {
            (true, _) => Shape::Json,
            (false, true) => Shape::Tables,
            (false, false) => Shape::Lines,
        };
        // As the terminal, `NO_COLOR` and `CLICOLOR_FORCE` have it.
        let has_colour = AutoStream::choice(&stdout) != ColorChoice::Never;
        Self { out: Box::new(BufWriter::new(stdout)), shape, has_colour }
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// Writes a whole document.
    pub(super) fn document(&mut self, document: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(document)?;
        writeln!(self.out, "{}", escaped(&text))
    }

    /// Writes a document on a line of its own.
    pub(super) fn json_line(&mut self, document: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string(document)?;
        writeln!(self.out, "{}", escaped(&text))
    }

    /// Texts with a space between them, but for empty ones.
    pub(super) fn styled(&self, texts: &[Text]) -> String {
        let texts = texts.iter().filter(|text| !text.text.is_empty());
        let texts: Vec<String> = texts.map(|text| self.one(text, 0)).collect();
        texts.join(" ")
    }

    fn one(&self, Text { text, tone }: &Text, width: usize) -> String {
        if self.has_colour && *tone != Tone::Plain {
            let style = tone.style();
            format!("{style}{text:<width$}{style:#}")
        } else {
            format!("{text:<width$}")
        }
    }

    /// Writes a line of texts, with a space between them; of none, an empty line.
    pub(super) fn line(&mut self, texts: &[Text]) -> io::Result<()> {
        let line = self.styled(texts);
        writeln!(self.out, "{line}")
    }

    /// Writes texts with tabs between them, or on a terminal in columns of these widths.
    pub(super) fn columns(&mut self, texts: &[Text], widths: &[usize]) -> io::Result<()> {
        let line = if self.shape == Shape::Tables {
            let widths = widths.iter().copied().chain(std::iter::repeat(0));
            let texts: Vec<String> =
                texts.iter().zip(widths).map(|(text, width)| self.one(text, width)).collect();
            texts.join("  ")
        } else {
            tabs(texts)
        };
        writeln!(self.out, "{}", line.trim_end_matches(' '))
    }

    /// Writes a heading, with an empty line before it.
    pub(super) fn title(&mut self, text: &str) -> io::Result<()> {
        match self.shape {
            Shape::Tables => {
                self.line(&[])?;
                self.line(&[Text::new(Tone::Title, text)])
            }
            Shape::Lines | Shape::Json => writeln!(self.out, "\n# {}", plain(text)),
        }
    }

    /// Writes a table.
    pub(super) fn table(&mut self, rows: &Rows) -> io::Result<()> {
        if self.shape == Shape::Tables {
            return self.lines(&self.drawn(rows));
        }
        writeln!(self.out, "{}", rows.header.join("\t"))?;
        for row in &rows.lines {
            writeln!(self.out, "{}", tabs(row))?;
        }
        Ok(())
    }

    /// The lines of a table.
    pub(super) fn drawn(&self, rows: &Rows) -> Vec<String> {
        let width = width();
        let mut left_out = 0;
        loop {
            let mut table =
                table_without(rows, rows.dispensable.get(..left_out).unwrap_or(&[]), width);
            if left_out >= rows.dispensable.len() || natural_width(&table) < width.into() {
                // One of the two spaces between columns is the table's own.
                return self.finished(&mut table, 1);
            }
            left_out += 1;
        }
    }

    /// Writes facts, one to a line: what, and how it is. Empty ones are left out.
    pub(super) fn facts(&mut self, facts: &[(&str, Text)]) -> io::Result<()> {
        let facts = facts.iter().filter(|(_, text)| !text.text.is_empty());
        if self.shape != Shape::Tables {
            for (what, Text { text, .. }) in facts {
                writeln!(self.out, "{what}\t{text}")?;
            }
            return Ok(());
        }
        let mut table = borderless(width());
        for (what, Text { text, tone }) in facts {
            table.add_row([Tone::Faint.cell(what), tone.cell(text)]);
        }
        self.lines(&self.finished(&mut table, 2))
    }

    fn finished(&self, table: &mut Table, gap: u16) -> Vec<String> {
        for column in table.column_iter_mut() {
            column.set_padding((0, gap));
        }
        let lines = table.lines().map(|line| {
            let line = if self.has_colour { line } else { strip_str(&line).to_string() };
            line.trim_end().to_owned()
        });
        lines.collect()
    }

    fn lines(&mut self, lines: &[String]) -> io::Result<()> {
        lines.iter().try_for_each(|line| writeln!(self.out, "{line}"))
    }

    /// Goes back to the beginning of so many lines, which are cleared, where the terminal can.
    pub(super) fn back(&mut self, lines: usize) -> io::Result<()> {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if lines == 0 || is_dumb {
            return Ok(());
        }
        write!(self.out, "\x1b[{lines}A\x1b[J")
    }

    /// Writes a text as it is, line for line. It must be one that has been made harmless.
    pub(super) fn raw(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    /// Has all be seen that was written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The columns of the terminal.
fn width() -> u16 {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.map_or(80, |(Width(width), _)| width).max(NARROWEST)
}

/// The columns and lines of the terminal.
pub(super) fn size() -> (usize, usize) {
    let lines =
        terminal_size::terminal_size_of(io::stdout()).map_or(24, |(_, Height(lines))| lines);
    (width().into(), lines.max(4).into())
}

fn tabs(texts: &[Text]) -> String {
    let texts: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    texts.join("\t")
}

fn table_without(rows: &Rows, left_out: &[&str], width: u16) -> Table {
    let mut table = borderless(width);
    let line = LineStyle::none().fill('─').junction('─');
    table.load_style(presets::NOTHING.header_separator(line));
    let is_kept =
        |column: usize| rows.header.get(column).is_none_or(|name| !left_out.contains(name));
    let header = rows.header.iter().filter(|name| !left_out.contains(name));
    table.set_header(header.map(|name| Tone::Title.cell(name)));
    for row in &rows.lines {
        let cells = row.iter().enumerate().filter(|(column, _)| is_kept(*column));
        table.add_row(cells.map(|(_, Text { text, tone })| tone.cell(text)));
    }
    table
}

/// How wide the table is where there is room for everything.
fn natural_width(table: &Table) -> usize {
    table.column_max_content_widths().into_iter().map(|width| usize::from(width) + 2).sum()
}

/// One column of the terminal is left free: some begin a new line when the last is written.
fn borderless(width: u16) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width - 1)
        // Whether there is colour is decided behind this.
        .enforce_styling()
        .style_text_only();
    table
}
