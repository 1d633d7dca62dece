//! Translates the sayings of aare.guru, which are Bernese German.
//!
//! Contains only sayings that have been observed, from `data/sayings.toml`; any other has no
//! translation. A saying is not advice.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::place::spelled;
use crate::source::{Source, Sources};

/// A saying of aare.guru and its meaning.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Saying {
    /// The saying in Bernese German, as the API writes it.
    pub text: String,
    /// The quantity that it describes.
    pub scale: Scale,
    /// The lowest value at which the API sent it when it was recorded, in °C or m³/s; `None` if it
    /// was in no scale. The limits change without notice.
    pub from_value: Option<f64>,
    /// Whether the API sends it only at high water, whatever the temperature.
    #[serde(default)]
    pub high_water: bool,
    /// The meaning in English.
    pub english: String,
    /// The meaning in German.
    pub german: String,
    /// The meaning in French.
    pub french: String,
    /// The meaning in Italian.
    pub italian: String,
    from: String,
}

/// The quantity that a saying describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scale {
    /// The temperature of the water, or its forecast.
    Temperature,
    /// The flow.
    Flow,
}

impl Saying {
    /// Returns all known sayings.
    pub fn all() -> &'static [Self] {
        &TABLE.saying
    }

    /// Returns the saying with this text; `None` if it is unknown. Case, surrounding white space
    /// and a leading warning sign are ignored.
    pub fn find(text: &str) -> Option<&'static Self> {
        const MAX_LEN_BYTES: usize = 200;
        if text.len() > MAX_LEN_BYTES {
            return None;
        }
        BY_KEY.get(&key(text)).copied()
    }

    /// Returns where the saying was observed.
    pub fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

/// Returns the meaning of a saying in English; `None` if it is unknown.
///
/// ```
/// use aareguru::plain_reading;
///
/// assert_eq!(plain_reading("Ender früsch"), Some("rather fresh"));
/// assert_eq!(plain_reading("⚠️ mega viu"), Some("very much"));
/// assert_eq!(plain_reading("geil aber chli chalt"), None);
/// ```
pub fn plain_reading(saying: &str) -> Option<&'static str> {
    Saying::find(saying).map(|saying| saying.english.as_str())
}

fn key(text: &str) -> String {
    spelled(
        text.trim_start_matches(|c: char| {
            c.is_whitespace() || matches!(c, '\u{26a0}' | '\u{fe0f}')
        }),
    )
}

/// The shape of `data/sayings.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    source: Sources,
    saying: Vec<Saying>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/sayings.toml"))
        .expect("the table is compiled in and every test reads it")
});

/// The sayings by normalized text; of duplicates, the first.
static BY_KEY: LazyLock<HashMap<String, &'static Saying>> = LazyLock::new(|| {
    let sayings = TABLE.saying.iter().rev();
    sayings.map(|saying| (key(&saying.text), saying)).collect()
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_saying_is_found_and_has_a_source() {
        for saying in Saying::all() {
            assert_eq!(Saying::find(&saying.text), Some(saying), "{}", saying.text);
            for reading in [
                &saying.english,
                &saying.german,
                &saying.french,
                &saying.italian,
            ] {
                assert!(!reading.is_empty(), "{}", saying.text);
            }
            assert!(!saying.source().date.is_empty());
        }
    }

    #[test]
    fn high_water_sayings_are_distinguished_from_cold() {
        let is_high = |text| Saying::find(text).map(|saying| saying.high_water);
        assert_eq!(is_high("Mit de Boumstäm schwümme"), Some(true));
        assert_eq!(is_high("⚠️ extrem viu!"), Some(true));
        assert_eq!(is_high("Uschaflig chaut"), Some(false));
        // In both scales, so it says nothing about the flow.
        assert_eq!(is_high("Spaghettiwasser"), Some(false));
        assert_eq!(is_high("ender viu"), Some(false));
    }

    #[test]
    fn unknown_saying_has_no_translation() {
        for text in ["geil aber chli chalt", "", "⚠️", "aqua incognita", "viu"] {
            assert_eq!(plain_reading(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_saying_does_not_panic(text in any::<String>()) {
            let _ = plain_reading(&text);
        }
    }
}
