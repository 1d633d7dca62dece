//! Plain readings of the sayings of aare.guru, which are Bernese German.
//!
//! Only sayings that were seen are known, from `data/sayings.toml`; nothing is
//! guessed, so a new one has no reading. A saying is no advice.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::place::spelled;
use crate::source::{Source, Sources};

/// A saying of aare.guru and what it says in plain words.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Saying {
    /// The saying in Bernese German, as the API writes it.
    pub text: String,
    /// What it speaks of.
    pub scale: Scale,
    /// From which value on the API said it when it was recorded, in °C or
    /// m³/s; `None` if it stood in no scale. The limits change without notice.
    pub from_value: Option<f64>,
    /// Whether the API says this only when there is much water, whatever the
    /// temperature.
    #[serde(default)]
    pub high_water: bool,
    /// The plain reading in English.
    pub english: String,
    /// The plain reading in German.
    pub german: String,
    /// The plain reading in French.
    pub french: String,
    /// The plain reading in Italian.
    pub italian: String,
    from: String,
}

/// What a saying speaks of.
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
    /// All sayings that are known.
    pub fn all() -> &'static [Self] {
        &TABLE.saying
    }

    /// The known saying with this text; `None` if it is not known. Case,
    /// surrounding space and a warning sign before it do not matter.
    pub fn find(text: &str) -> Option<&'static Self> {
        const MAX_LEN_BYTES: usize = 200;
        if text.len() > MAX_LEN_BYTES {
            return None;
        }
        BY_KEY.get(&key(text)).copied()
    }

    /// Where the saying was seen.
    pub fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

/// The plain reading of a saying in English; `None` if it is not known.
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

/// The first saying of each spelling.
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
    fn high_water_is_told_apart_from_cold() {
        let is_high = |text| Saying::find(text).map(|saying| saying.high_water);
        assert_eq!(is_high("Mit de Boumstäm schwümme"), Some(true));
        assert_eq!(is_high("⚠️ extrem viu!"), Some(true));
        assert_eq!(is_high("Uschaflig chaut"), Some(false));
        // In both scales, so it tells nothing of the flow.
        assert_eq!(is_high("Spaghettiwasser"), Some(false));
        assert_eq!(is_high("ender viu"), Some(false));
    }

    #[test]
    fn what_was_never_seen_has_no_reading() {
        for text in ["geil aber chli chalt", "", "⚠️", "aqua incognita", "viu"] {
            assert_eq!(plain_reading(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = plain_reading(&text);
        }
    }
}
