//! Lays out text for the width of the terminal, with colours for headings, warnings and verdicts.
//!
//! Text always contains colours; [`print()`] removes them if the output does not support them.

use std::{
    borrow::Cow,
    env,
    io::{self, Write},
};

use aareguru::{Advice, Verdict};
use anstream::AutoStream;
use anstyle::{AnsiColor, Color, Style};
use textwrap::core::display_width;

pub(super) const PLAIN: Style = Style::new();
/// For titles and values.
pub(super) const BOLD: Style = Style::new().bold();
/// For names and sources.
pub(super) const FAINT: Style = Style::new().dimmed();
/// For warnings and unknown values.
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// For the verdict "do not swim".
const ALARM: Style = AnsiColor::BrightWhite
    .on_default()
    .bg_color(Some(Color::Ansi(AnsiColor::Red)))
    .bold();
pub(super) const WATER: Style = AnsiColor::Cyan.on_default();
pub(super) const FLOW: Style = AnsiColor::Blue.on_default();

/// The maximum width; longer lines are hard to read.
const MAX_WIDTH: usize = 120;
/// The minimum width; words do not fit a narrower screen.
const MIN_WIDTH: usize = 20;
const DEFAULT_WIDTH: usize = 80;

/// The column in which the values of fields begin.
const FIELD_INDENT: usize = 9;

/// Text for a terminal of a certain width.
#[derive(Debug)]
pub(super) struct Screen {
    width: usize,
    text: String,
}

impl Screen {
    /// Creates a screen with the width of `COLUMNS`, or else of the terminal, or else of 80 columns.
    /// The width of the terminal also applies if the output is piped to a pager.
    pub(super) fn new() -> Self {
        let columns = env::var("COLUMNS").ok().and_then(|it| it.parse().ok());
        let width = columns
            .filter(|columns| *columns > 0)
            .or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0.into()))
            .unwrap_or(DEFAULT_WIDTH);
        Self {
            width: width.clamp(MIN_WIDTH, MAX_WIDTH),
            text: String::new(),
        }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Returns the maximum width of the value of a field.
    pub(super) fn field_width(&self) -> usize {
        self.width - FIELD_INDENT
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Adds the title, marked as recorded if `recorded_on` is set.
    pub(super) fn title(&mut self, title: &str, recorded_on: Option<&str>) {
        self.paragraph(BOLD, "", title);
        if let Some(day) = recorded_on {
            let text = format!("RECORDED {day}: not the river now");
            self.paragraph(WARNING, "", &text);
        }
        self.blank();
    }

    pub(super) fn heading(&mut self, heading: &str) {
        self.blank();
        self.paragraph(BOLD, "", heading);
    }

    /// Adds wrapped text that starts with `begin`. Further lines are indented by the width of `begin`.
    pub(super) fn paragraph(&mut self, style: Style, begin: &str, text: &str) {
        let rest = " ".repeat(display_width(begin));
        for line in self.wrap(begin, &rest, text) {
            self.styled_line(style, &line);
        }
    }

    /// Adds a name and wrapped text. `lead`, the start of the text, has the given style.
    pub(super) fn field(&mut self, name: &str, style: Style, lead: &str, text: &str) {
        let rest = " ".repeat(FIELD_INDENT);
        let whole = format!("{lead}{text}");
        let mut lead = lead;
        for (n, line) in self.wrap(&rest, &rest, &whole).iter().enumerate() {
            let name = if n == 0 { name } else { "" };
            let line = line.get(FIELD_INDENT..).unwrap_or_default();
            self.text += &format!("{FAINT}{name:FIELD_INDENT$}{FAINT:#}");
            match line.strip_prefix(lead) {
                Some(text) => self.text += &format!("{style}{lead}{style:#}{text}\n"),
                None => self.text += &format!("{line}\n"),
            }
            lead = "";
        }
    }

    /// Adds a name and wrapped text.
    pub(super) fn text_field(&mut self, name: &str, text: &str) {
        self.field(name, PLAIN, "", text);
    }

    /// Adds several text fields under one name.
    pub(super) fn text_fields(&mut self, name: &str, texts: &[impl AsRef<str>]) {
        for (n, text) in texts.iter().enumerate() {
            self.text_field(if n == 0 { name } else { "" }, text.as_ref());
        }
    }

    /// Adds a name and a line that is not wrapped.
    pub(super) fn line_field(&mut self, name: &str, style: Style, drawing: &str, label: &str) {
        self.text += &format!(
            "{FAINT}{name:FIELD_INDENT$}{FAINT:#}{style}{drawing}{style:#}{FAINT}{label}{FAINT:#}\n"
        );
    }

    /// Adds the verdict. "Do not swim" is in a box, so that it stands out without colours too.
    pub(super) fn verdict(&mut self, advice: &Advice) {
        let (verdict, headline) = (advice.verdict, advice.headline());
        let style = verdict_style(verdict);
        let name = verdict_label(verdict).to_uppercase();
        let Verdict::DoNotSwim = verdict else {
            self.paragraph(style, "▌ ", &name);
            self.paragraph(PLAIN, "▌ ", &headline);
            return;
        };
        let inner = self.width - 4;
        let bar = "═".repeat(self.width - 2);
        let mut lines = vec![name];
        lines.extend(textwrap::wrap(&headline, inner).into_iter().map(Into::into));
        self.styled_line(style, &format!("╔{bar}╗"));
        for line in lines {
            let left = inner.saturating_sub(display_width(&line)) / 2;
            let right = inner.saturating_sub(display_width(&line) + left);
            let (left, right) = (" ".repeat(left), " ".repeat(right));
            self.styled_line(style, &format!("║ {left}{line}{right} ║"));
        }
        self.styled_line(style, &format!("╚{bar}╝"));
    }

    /// Adds the reasons of a verdict with their sources, and the limits of every verdict.
    pub(super) fn reasons(&mut self, advice: &Advice) {
        self.heading("Why");
        for reason in &advice.reasons {
            self.paragraph(PLAIN, "• ", &reason.text);
            let sources = reason.sources.iter();
            let sources: Vec<_> = sources
                .map(|it| format!("{}, {}", it.name, it.date))
                .collect();
            self.paragraph(FAINT, "  ", &sources.join("; "));
        }
        self.warning(Advice::BOUNDARY);
    }

    pub(super) fn warning(&mut self, text: &str) {
        self.paragraph(WARNING, "! ", text);
    }

    pub(super) fn notes(&mut self, notes: &[String]) {
        for note in notes {
            self.paragraph(PLAIN, "Note: ", note);
        }
    }

    /// Adds the credits, at the end of every screen.
    pub(super) fn credit(&mut self, lines: &[&str]) {
        self.blank();
        for line in lines {
            self.paragraph(FAINT, "", line);
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn styled_line(&mut self, style: Style, line: &str) {
        self.text += &format!("{style}{line}{style:#}\n");
    }

    fn wrap(&self, first: &str, rest: &str, text: &str) -> Vec<String> {
        let options = textwrap::Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(rest)
            // A broken URL could not be opened from the terminal.
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let text = keep_units_together(text);
        let lines = textwrap::wrap(&text, options);
        let restore_spaces = |line: Cow<'_, str>| line.replace(NO_BREAK_SPACE, " ");
        lines.into_iter().map(restore_spaces).collect()
    }
}

/// Replaces the space between a value and its unit while text is wrapped, so that no line begins
/// with a unit.
const NO_BREAK_SPACE: char = '\u{a0}';

fn keep_units_together(text: &str) -> String {
    [" °C", " m³/s", " mm", " %"]
        .into_iter()
        .fold(text.to_owned(), |text, unit| {
            text.replace(unit, &unit.replace(' ', &NO_BREAK_SPACE.to_string()))
        })
}

/// Writes to standard output, with colours if the terminal supports them and the user has not
/// disabled them (`NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM`).
///
/// # Errors
///
/// Standard output cannot be written. A closed pipe is not an error.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = AutoStream::auto(io::stdout().lock());
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Returns the style of a verdict. None is green: no verdict is an invitation.
pub(super) fn verdict_style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::DoNotSwim => ALARM,
        Verdict::Caution => WARNING,
        Verdict::NoKnownWarning => BOLD,
        Verdict::Unknown => AnsiColor::Magenta.on_default().bold(),
    }
}

pub(super) fn verdict_label(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::DoNotSwim => "do not swim",
        Verdict::Caution => "caution",
        Verdict::NoKnownWarning => "no known warning",
        Verdict::Unknown => "unknown",
    }
}
