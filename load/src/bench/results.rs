//! Collects the results of all rounds.

use std::collections::{BTreeMap, BTreeSet};

use super::row::Row;
use crate::server_kind::ServerKind;

#[derive(Debug, Default)]
pub(super) struct Results {
    values: BTreeMap<(Row, ServerKind), Vec<f64>>,
    pub(super) failures: Vec<(ServerKind, String)>,
    pub(super) notes: Vec<String>,
}

impl Results {
    pub(super) fn add(&mut self, row: Row, kind: ServerKind, value: f64) {
        self.values.entry((row, kind)).or_default().push(value);
    }

    pub(super) fn add_all(
        &mut self,
        kind: ServerKind,
        what: &str,
        measured: anyhow::Result<Vec<(Row, f64)>>,
    ) {
        match measured {
            Ok(rows) => rows
                .into_iter()
                .for_each(|(row, value)| self.add(row, kind, value)),
            Err(error) => self.fail(kind, what, &error),
        }
    }

    pub(super) fn fail(&mut self, kind: ServerKind, what: &str, error: &anyhow::Error) {
        let failure = format!("{}: {what}: {error:#}", kind.name());
        if !self.failures.iter().any(|(_, before)| *before == failure) {
            self.failures.push((kind, failure));
        }
    }

    pub(super) fn note(&mut self, what: String) {
        if !self.notes.contains(&what) {
            self.notes.push(what);
        }
    }

    /// Returns the number of failures of servers in Rust.
    pub(super) fn own_failures(&self) -> usize {
        let failures = self.failures.iter();
        failures.filter(|(kind, _)| kind.sdk().is_none()).count()
    }

    pub(super) fn rows(&self) -> BTreeSet<Row> {
        self.values.keys().map(|(row, _)| *row).collect()
    }

    pub(super) fn median(&self, row: Row, kind: ServerKind) -> Option<f64> {
        Some(median(self.values.get(&(row, kind))?.clone()))
    }

    /// Returns half the range of the values, relative to the median; `None` for a single value.
    pub(super) fn spread(&self, row: Row, kind: ServerKind) -> Option<f64> {
        let mut values = self.values.get(&(row, kind))?.clone();
        values.sort_by(f64::total_cmp);
        let range = values.last()? - values.first()?;
        (values.len() > 1).then(|| range / 2.0 / median(values))
    }

    /// Returns the median of the ratios to the ceiling, computed within each round.
    pub(super) fn ratio(&self, row: Row, kind: ServerKind) -> Option<f64> {
        let values = self.values.get(&(row, kind))?.iter();
        let ceiling = self.values.get(&(row, ServerKind::Ceiling))?;
        let ratios = values.zip(ceiling).map(|(value, ceiling)| value / ceiling);
        Some(median(ratios.collect()))
    }
}

/// Returns the median. There must be at least one value.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_an_even_count_is_the_mean_of_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
    }

    #[test]
    fn ratios_are_computed_within_a_round() {
        let mut results = Results::default();
        // A machine that is twice as slow in the second round.
        for (ceiling, ours) in [(10.0, 12.0), (20.0, 24.0), (10.0, 13.0)] {
            results.add(Row::Start, ServerKind::Ceiling, ceiling);
            results.add(Row::Start, ServerKind::RmcpTransport, ours);
        }
        assert_eq!(
            results.ratio(Row::Start, ServerKind::RmcpTransport),
            Some(1.2)
        );
        assert_eq!(
            results.median(Row::Start, ServerKind::RmcpTransport),
            Some(13.0)
        );
        assert_eq!(results.spread(Row::Start, ServerKind::Ceiling), Some(0.5));
        assert_eq!(results.ratio(Row::Held, ServerKind::RmcpTransport), None);
    }
}
