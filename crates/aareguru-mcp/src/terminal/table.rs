//! Draws tables. On a narrow terminal, the columns that do not fit are printed below each row.

use anstyle::Style;
use textwrap::core::display_width;

use super::screen::{FAINT, PLAIN, Screen};

const GAP: &str = "  ";

#[derive(Debug)]
pub(super) struct Column {
    title: &'static str,
    is_number: bool,
    /// Without enough room, the column with the highest priority is dropped first; 0 is never
    /// dropped.
    drop_priority: u8,
}

#[derive(Debug)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Column {
    pub(super) const fn text(title: &'static str, drop_priority: u8) -> Self {
        let is_number = false;
        Self {
            title,
            is_number,
            drop_priority,
        }
    }

    pub(super) const fn number(title: &'static str, drop_priority: u8) -> Self {
        let is_number = true;
        Self {
            title,
            is_number,
            drop_priority,
        }
    }
}

impl Cell {
    pub(super) fn new(style: Style, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { text, style }
    }

    fn padded(&self, column: &Column, width: usize) -> String {
        let Self { text, style } = self;
        let fill = " ".repeat(width.saturating_sub(display_width(text)));
        if column.is_number {
            format!("{fill}{style}{text}{style:#}")
        } else {
            format!("{style}{text}{style:#}{fill}")
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(PLAIN, text)
    }
}

/// Draws a header and the rows.
pub(super) fn draw<const N: usize>(screen: &mut Screen, columns: &[Column; N], rows: &[[Cell; N]]) {
    let titles = columns
        .each_ref()
        .map(|column| Cell::new(FAINT, column.title));
    let mut widths = [0; N];
    for row in rows.iter().chain([&titles]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = display_width(&cell.text).max(*width);
        }
    }
    let shown = columns_that_fit(columns, &widths, screen.width());
    let line = |row: &[Cell; N]| {
        let cells = shown
            .iter()
            .map(|n| row[*n].padded(&columns[*n], widths[*n]));
        cells.collect::<Vec<_>>().join(GAP)
    };
    screen.styled_line(PLAIN, line(&titles).trim_end());
    for row in rows {
        screen.styled_line(PLAIN, line(row).trim_end());
        let below: Vec<_> = (0..N)
            .filter(|n| !shown.contains(n))
            .map(|n| format!("{} {}", columns[n].title, row[n].text))
            .collect();
        if !below.is_empty() {
            screen.paragraph(FAINT, "  ", &below.join(", "));
        }
    }
}

/// Returns the indices of the columns that fit into `room`, from left to right.
fn columns_that_fit(columns: &[Column], widths: &[usize], room: usize) -> Vec<usize> {
    let mut shown: Vec<_> = (0..widths.len()).collect();
    let needed = |shown: &[usize]| {
        let cells: usize = shown.iter().map(|n| widths[*n]).sum();
        cells + GAP.len() * shown.len().saturating_sub(1)
    };
    while needed(&shown) > room {
        let next_dropped = shown
            .iter()
            .copied()
            .max_by_key(|n| columns[*n].drop_priority);
        match next_dropped.filter(|n| columns[*n].drop_priority > 0) {
            Some(dropped) => shown.retain(|n| *n != dropped),
            None => break,
        }
    }
    shown
}
