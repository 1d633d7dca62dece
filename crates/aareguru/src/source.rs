//! The source of each fact in `data/`: who published it, where, and when.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The source of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Source {
    /// The publisher: `BAFU, hydro_sensor_pq`.
    pub name: String,
    /// The URL.
    pub url: String,
    /// The day or month that it describes (`2026-09-29`, `2024-07`), `read <day>` if the page has
    /// no date, or `live` for a response of the API.
    pub date: String,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.name, self.date, self.url)
    }
}

/// The `source` tables of a file in `data/`, by the short name used in it.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sources(BTreeMap<String, Source>);

impl Sources {
    /// Returns the source with this key.
    pub(crate) fn get(&self, key: &str) -> &Source {
        self.0
            .get(key)
            .expect("the table is compiled in, and a test follows every key")
    }

    #[cfg(test)]
    pub(crate) fn all(&self) -> impl Iterator<Item = &Source> {
        self.0.values()
    }
}
