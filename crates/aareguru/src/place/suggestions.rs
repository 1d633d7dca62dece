//! What somebody may mean who has typed the beginning of a name.

use std::iter;

use super::spelling::{plain, spelled};
use super::{Place, UnknownPlace};

/// A shorter beginning with a slip in it could be anything.
const LEAST_TO_FORGIVE: usize = 4;

impl Place {
    /// The places of which a name begins with `typed`, the likeliest first;
    /// all of them if nothing was typed.
    ///
    /// Their ids come before their other names (`Marzili` for Bern), the whole
    /// name before a word in it. If there is none, those remain whose name
    /// would begin so but for one slip (`tuhn`). This is help for typing: what
    /// was typed is no place yet, and only [`Place::find`] takes a name.
    pub fn suggestions(typed: &str) -> Vec<&'static Self> {
        if typed.len() > UnknownPlace::MAX_LEN_BYTES {
            return Vec::new();
        }
        let (exact, bare) = (spelled(typed), plain(typed));
        let by_beginning = ranked(|place| place.rank(&exact, &bare));
        if !by_beginning.is_empty() || bare.chars().count() < LEAST_TO_FORGIVE {
            return by_beginning;
        }
        ranked(|place| {
            place
                .all_names()
                .any(|name| is_one_slip_off(&plain(name), &bare))
                .then_some(0)
        })
    }

    /// How likely this place is meant, 0 first; `None` if it is not.
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

/// Those with a rank, by it, and else in downstream order.
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
    fn the_beginning_of_any_name_is_enough() {
        suggests("be", &["bern"]);
        suggests("BÄ", &["bern"]);
        suggests("ma", &["bern"]);
        suggests("thou", &["thun"]);
        suggests("o", &["olten"]);
        suggests("goldsw", &["interlaken"]);
        suggests("b", &["brienz", "bern", "biel", "brugg"]);
    }

    #[test]
    fn nothing_typed_yet_suggests_all_places() {
        assert_eq!(Place::suggestions(" ").len(), Place::all().len());
    }

    #[test]
    fn ids_go_before_other_names_and_accents_count_if_typed() {
        suggests("bru", &["brugg", "biel"]);
        suggests("brü", &["biel", "brugg"]);
    }

    #[test]
    fn one_slip_is_forgiven_in_four_letters_or_more() {
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
        fn what_is_typed_of_a_name_suggests_its_place(
            place in 0..8_usize, name in any::<prop::sample::Index>(), length in 1..30_usize,
        ) {
            let place = &Place::all()[place];
            let names: Vec<_> = place.all_names().collect();
            let typed: String = names[name.index(names.len())].chars().take(length).collect();
            prop_assert!(Place::suggestions(&typed).contains(&place), "{}", typed);
        }

        #[test]
        fn nothing_typed_makes_it_panic(typed in any::<String>()) {
            let _ = Place::suggestions(&typed);
        }
    }
}
