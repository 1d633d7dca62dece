//! A table that loses nothing on a narrow terminal: columns for which there is
//! no room are told under each row instead.

use anstyle::Style;
use textwrap::core::display_width;

use super::screen::{FAINT, PLAIN, Screen};

/// What stands between two columns.
const GAP: &str = "  ";

/// Columns and rows.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Debug)]
pub(super) struct Column {
    title: &'static str,
    is_number: bool,
    /// Columns with a higher one leave the table first; 0 stays.
    goes: u8,
}

#[derive(Debug)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Column {
    pub(super) fn text(title: &'static str, goes: u8) -> Self {
        Self {
            title,
            is_number: false,
            goes,
        }
    }

    pub(super) fn number(title: &'static str, goes: u8) -> Self {
        Self {
            is_number: true,
            ..Self::text(title, goes)
        }
    }
}

impl Cell {
    pub(super) fn new(style: Style, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { text, style }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(PLAIN, text)
    }
}

impl Table {
    pub(super) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self {
            columns: columns.into(),
            rows: Vec::new(),
        }
    }

    /// A row with a cell for each column.
    pub(super) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(cells.into());
    }

    pub(super) fn draw(&self, screen: &mut Screen) {
        let widths: Vec<_> = (0..self.columns.len()).map(|n| self.width(n)).collect();
        let shown = self.that_fit(&widths, screen.width());
        let titles: Vec<_> = self
            .columns
            .iter()
            .map(|column| Cell::new(FAINT, column.title))
            .collect();
        let line = |cells: &[Cell]| {
            let cells = shown.iter().map(|n| self.cell(*n, &cells[*n], widths[*n]));
            cells.collect::<Vec<_>>().join(GAP)
        };
        screen.painted(PLAIN, line(&titles).trim_end());
        for row in &self.rows {
            screen.painted(PLAIN, line(row).trim_end());
            let under: Vec<_> = (0..self.columns.len())
                .filter(|n| !shown.contains(n))
                .map(|n| format!("{} {}", self.columns[n].title, row[n].text))
                .collect();
            if !under.is_empty() {
                screen.paragraph(FAINT, "  ", &under.join(", "));
            }
        }
    }

    fn width(&self, n: usize) -> usize {
        let cells = self.rows.iter().map(|row| row[n].text.as_str());
        let all = cells.chain([self.columns[n].title]);
        all.map(display_width).max().unwrap_or(0)
    }

    /// The columns for which there is room, from left to right.
    fn that_fit(&self, widths: &[usize], room: usize) -> Vec<usize> {
        let mut shown: Vec<_> = (0..widths.len()).collect();
        let needed = |shown: &[usize]| {
            let cells: usize = shown.iter().map(|n| widths[*n]).sum();
            cells + GAP.len() * shown.len().saturating_sub(1)
        };
        while needed(&shown) > room {
            let first_to_go = shown.iter().copied().max_by_key(|n| self.columns[*n].goes);
            match first_to_go.filter(|n| self.columns[*n].goes > 0) {
                Some(gone) => shown.retain(|n| *n != gone),
                None => break,
            }
        }
        shown
    }

    fn cell(&self, n: usize, cell: &Cell, width: usize) -> String {
        let Cell { text, style } = cell;
        let fill = " ".repeat(width.saturating_sub(display_width(text)));
        if self.columns[n].is_number {
            format!("{fill}{style}{text}{style:#}")
        } else {
            format!("{style}{text}{style:#}{fill}")
        }
    }
}
