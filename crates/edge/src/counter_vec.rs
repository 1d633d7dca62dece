//! Counters that differ in the value of one label.

use metrics::{Counter, SharedString, counter, describe_counter};

/// One counter per value of a label. All are registered at once, so that each series exists from
/// the start and counting needs no lookup in the recorder.
#[derive(Debug)]
pub struct CounterVec(Vec<(&'static str, Counter)>);

impl CounterVec {
    /// Registers a counter for each value of the label.
    pub fn new(
        name: impl Into<SharedString>,
        description: impl Into<SharedString>,
        label: &'static str,
        values: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let name = name.into();
        describe_counter!(name.clone(), description.into());
        let counter = |value| (value, counter!(name.clone(), label => value));
        Self(values.into_iter().map(counter).collect())
    }

    /// Counts one event under one of the values.
    pub fn increment(&self, value: &str) {
        let counter = self.0.iter().find(|(known, _)| *known == value);
        debug_assert!(counter.is_some(), "{value} is not in {self:?}");
        if let Some((_, counter)) = counter {
            counter.increment(1);
        }
    }
}
