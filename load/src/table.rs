//! Markdown tables.

pub(crate) fn markdown<C: AsRef<str>, R: AsRef<[String]>>(
    head: impl AsRef<[C]>,
    rows: impl IntoIterator<Item = R>,
) -> String {
    let head = head.as_ref();
    let rule = vec!["---"; head.len()];
    let rows = rows.into_iter().map(|cells| line(cells.as_ref()));
    line(head) + &line(&rule) + &rows.collect::<String>()
}

fn line(cells: &[impl AsRef<str>]) -> String {
    let cells = cells.iter().map(|cell| format!("| {} ", cell.as_ref()));
    cells.collect::<String>() + "|\n"
}
