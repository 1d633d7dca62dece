//! The error for an unknown place name: explains it if possible, lists the places, and suggests a
//! close match.

use super::Place;
use super::spelling::plain;
use crate::excerpt::excerpt;

/// A name that is not one of the places where the Aare is measured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown place `{name}`: {}the Aare is measured at {}{}",
    .explanation.map(|it| format!("{it}; ")).unwrap_or_default(),
    ids(),
    .nearest.map(|it| format!("; did you mean `{}`?", it.id())).unwrap_or_default()
)]
#[non_exhaustive]
pub struct UnknownPlace {
    /// The requested name, cut to 60 characters, with control characters replaced.
    pub name: String,
    /// The place that was probably meant, if a name is close enough.
    pub nearest: Option<&'static Place>,
    /// An explanation for a well-known town, lake or river: `Basel lies on the Rhine; …`.
    pub explanation: Option<&'static str>,
}

impl UnknownPlace {
    /// Longer names are not compared with the places.
    pub(super) const MAX_LEN_BYTES: usize = 240;

    pub(super) fn new(
        name: &str,
        nearest: Option<&'static Place>,
        explanation: Option<&'static str>,
    ) -> Self {
        Self {
            name: excerpt(name.trim(), 60),
            nearest,
            explanation,
        }
    }
}

/// Returns the ids of all places.
fn ids() -> String {
    let ids: Vec<_> = Place::all().iter().map(Place::id).collect();
    ids.join(", ")
}

/// Returns the place with a name that differs from `bare` by one edit, or two if it is long.
pub(super) fn nearest(bare: &str) -> Option<&'static Place> {
    let slips = if bare.chars().count() > 5 { 2 } else { 1 };
    Place::all()
        .iter()
        .flat_map(|place| {
            place
                .all_names()
                .map(move |name| (strsim::damerau_levenshtein(&plain(name), bare), place))
        })
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn suggests(name: &str, id: Option<&str>) {
        let error = Place::find(name).expect_err("no place has this name");
        assert_eq!(error.nearest.map(Place::id), id, "{name}");
    }

    #[test]
    fn typo_gets_a_suggestion() {
        suggests("tuhn", Some("thun"));
        suggests("brn", Some("bern"));
        suggests("interlakken", Some("interlaken"));
        suggests("Bernne", Some("bern"));
        suggests("Eicholz", Some("bern"));
    }

    #[test]
    fn other_towns_get_no_suggestion() {
        for name in [
            "atlantis",
            "basel",
            "aarau",
            "solothurn",
            "zürich",
            "luzern",
            "genf",
            "chur",
            "lausanne",
            "lugano",
            "winterthur",
            "st. gallen",
            "schaffhausen",
            "langenthal",
            "paris",
            "",
            "x",
        ] {
            suggests(name, None);
        }
    }

    #[test]
    fn unknown_place_error_lists_the_places() {
        let places = "brienz, interlaken, thun, bern, hagneck, biel, olten, brugg";
        let message = |name| Place::find(name).expect_err("no such place").to_string();
        assert_eq!(
            message("atlantis"),
            format!("unknown place `atlantis`: the Aare is measured at {places}")
        );
        assert_eq!(
            message("tuhn"),
            format!("unknown place `tuhn`: the Aare is measured at {places}; did you mean `thun`?")
        );
        assert_eq!(
            message("Basel"),
            format!(
                "unknown place `Basel`: Basel lies on the Rhine; the Aare is not measured there \
                 in this data; the Aare is measured at {places}"
            )
        );
    }

    #[test]
    fn hostile_name_is_cut_and_kept_on_one_line() {
        let error = Place::find(&"x\n".repeat(10_000)).expect_err("no such place");
        assert_eq!(error.name.chars().count(), 60);
        assert!(!error.name.contains('\n'));
    }
}
