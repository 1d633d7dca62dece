//! Suggests places for a partially typed name.

use std::iter;

use super::spelling::{plain, spelled};
use super::{Place, UnknownPlace};

/// The shortest input in which a typo is tolerated; a shorter one could mean anything.
const MIN_CHARS_FOR_TYPOS: usize = 4;

impl Place {
    /// Returns the places with a name that begins with `typed`, most likely first; all places if it
    /// is empty.
    ///
    /// Ids come before other names (`Marzili` for Bern), and the beginning of a name before the
    /// beginning of a word in it. Without a match, names with one typo match (`tuhn`). A suggestion
    /// is only a completion: use [`Place::find`] for a complete name.
    pub fn suggestions(typed: &str) -> Vec<&'static Self> {
        if typed.len() > UnknownPlace::MAX_LEN_BYTES {
            return Vec::new();
        }
        let (exact, bare) = (spelled(typed), plain(typed));
        let by_beginning = ranked(|place| place.rank(&exact, &bare));
        if !by_beginning.is_empty() || bare.chars().count() < MIN_CHARS_FOR_TYPOS {
            return by_beginning;
        }
        ranked(|place| {
            place
                .all_names()
                .any(|name| is_one_slip_off(&plain(name), &bare))
                .then_some(0)
        })
    }

    /// Returns the rank of this place, 0 for the best match; `None` if it does not match.
    fn rank(&self, exact: &str, bare: &str) -> Option<u8> {
        if self.id.starts_with(exact) {
            return Some(0);
        }
        if self
            .all_names()
            .any(|name| spelled(name).starts_with(exact))
        {
            return Some(1);
        }
        let begins = |name: &str| {
            let name = plain(name);
            let words = name.split(|c: char| !c.is_alphanumeric());
            iter::once(name.as_str())
                .chain(words)
                .any(|word| word.starts_with(bare))
        };
        self.all_names().any(begins).then_some(2)
    }
}

/// Returns the places with a rank, sorted by rank and then in downstream order.
fn ranked(rank: impl Fn(&Place) -> Option<u8>) -> Vec<&'static Place> {
    let places = Place::all().iter();
    let mut ranked: Vec<_> = places
        .filter_map(|place| Some((rank(place)?, place)))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, place)| place).collect()
}

fn is_one_slip_off(name: &str, typed: &str) -> bool {
    let beginning: String = name.chars().take(typed.chars().count()).collect();
    strsim::damerau_levenshtein(&beginning, typed) <= 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn suggests(typed: &str, ids: &[&str]) {
        let found: Vec<_> = Place::suggestions(typed).iter().map(|it| it.id()).collect();
        assert_eq!(found, ids, "{typed}");
    }

    #[test]
    fn suggestions_match_the_beginning_of_any_name() {
        suggests("be", &["bern"]);
        suggests("BÄ", &["bern"]);
        suggests("ma", &["bern"]);
        suggests("thou", &["thun"]);
        suggests("o", &["olten"]);
        suggests("goldsw", &["interlaken"]);
        suggests("b", &["brienz", "bern", "biel", "brugg"]);
    }

    #[test]
    fn empty_input_suggests_all_places() {
        assert_eq!(Place::suggestions(" ").len(), Place::all().len());
    }

    #[test]
    fn suggestions_rank_ids_first_and_respect_typed_accents() {
        suggests("bru", &["brugg", "biel"]);
        suggests("brü", &["biel", "brugg"]);
    }

    #[test]
    fn suggestions_tolerate_one_typo_from_four_letters_on() {
        suggests("tuhn", &["thun"]);
        suggests("inetr", &["interlaken"]);
        suggests("Marzli", &["bern"]);
        suggests("tuh", &[]);
    }

    #[test]
    fn towns_without_a_station_suggest_no_place() {
        for town in [
            "basel",
            "aarau",
            "solothurn",
            "zürich",
            "luzern",
            "atlantis",
        ] {
            suggests(town, &[]);
        }
        suggests(&"b".repeat(1000), &[]);
    }

    proptest! {
        #[test]
        fn prefix_of_a_name_suggests_its_place(
            place in 0..8_usize, name in any::<prop::sample::Index>(), length in 1..30_usize,
        ) {
            let place = &Place::all()[place];
            let names: Vec<_> = place.all_names().collect();
            let typed: String = names[name.index(names.len())].chars().take(length).collect();
            prop_assert!(Place::suggestions(&typed).contains(&place), "{}", typed);
        }

        #[test]
        fn suggestions_for_any_input_do_not_panic(typed in any::<String>()) {
            let _ = Place::suggestions(&typed);
        }
    }
}
