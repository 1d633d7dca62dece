//! Towns, lakes and rivers that people request although the Aare is not measured there, each with
//! an explanation. None of them is a place.

use serde::Deserialize;

use super::TABLE;
use super::spelling::{plain, spelled};

/// Names with one explanation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Elsewhere {
    names: Vec<String>,
    /// A sentence without its full stop.
    explanation: String,
    #[expect(dead_code, reason = "the tests of the data file follow it")]
    from: String,
}

/// Returns the explanation for this name, if the table contains it. `exact` has its accents, `bare`
/// does not.
pub(super) fn explanation(exact: &str, bare: &str) -> Option<&'static str> {
    let find = |spelling: fn(&str) -> String, text: &str| {
        let mut entries = TABLE.elsewhere.iter();
        entries.find(|entry| entry.names.iter().any(|name| spelling(name) == text))
    };
    let entry = find(spelled, exact).or_else(|| find(plain, bare))?;
    Some(&entry.explanation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    #[test]
    fn town_without_station_is_explained_and_never_a_place() {
        for entry in &TABLE.elsewhere {
            for name in &entry.names {
                for name in [name.clone(), name.to_uppercase(), plain(name)] {
                    let error = Place::find(&name).expect_err(&name);
                    assert_eq!(
                        error.explanation,
                        Some(entry.explanation.as_str()),
                        "{name}"
                    );
                    assert_eq!(error.nearest, None, "{name}");
                }
            }
        }
    }

    #[test]
    fn explanations_are_sentences_without_a_full_stop() {
        for entry in &TABLE.elsewhere {
            assert!(!entry.explanation.ends_with('.'), "{}", entry.explanation);
        }
    }
}
