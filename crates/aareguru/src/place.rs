//! The places at which the Aare is measured, and the names by which they are found.
//!
//! `data/places.toml` contains the facts, each with its source. Every [`Place`] comes from this
//! table, so a request for a place that the API does not know is impossible.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::iter;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::source::{Source, Sources};

mod elsewhere;
mod spelling;
mod suggestions;
mod unknown;

pub use unknown::UnknownPlace;

use elsewhere::Elsewhere;
use spelling::plain;
pub(crate) use spelling::spelled;

/// A place at which the Aare is measured.
///
/// There are exactly eight of them; see [`Place::all`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    id: String,
    name: String,
    dialect_name: String,
    station: String,
    #[serde(default)]
    alias: Vec<Aliases>,
    #[serde(default)]
    typed: Vec<String>,
    gauge: Option<u32>,
    latitude_deg: f64,
    longitude_deg: f64,
    measures: Vec<Quantity>,
    weather_station: Option<WeatherStation>,
    note: Option<String>,
    from: FactSources,
}

/// A quantity that a station measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quantity {
    /// Water temperature in °C.
    Temperature,
    /// Flow in m³/s.
    Flow,
    /// Height of the water in metres above sea level.
    Height,
}

/// The station of the Swiss weather service whose weather goes with a place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct WeatherStation {
    /// The weather service's code: `BER`.
    pub code: String,
    /// The station's name: `Bern / Zollikofen`.
    pub name: String,
}

/// Other names of a place, from one source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Aliases {
    names: Vec<String>,
    from: String,
}

/// The source of each fact of a place, by its key in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FactSources {
    names: String,
    gauge: Option<String>,
    position: String,
    temperature: Option<String>,
    flow: Option<String>,
    height: Option<String>,
    weather_station: Option<String>,
    note: Option<String>,
}

/// The shape of `data/places.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    source: Sources,
    place: Vec<Place>,
    elsewhere: Vec<Elsewhere>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/places.toml"))
        .expect("the table is compiled in and every test reads it")
});

/// The places by all their names, with and without accents.
struct Names {
    spelled: HashMap<String, &'static Place>,
    plain: HashMap<String, &'static Place>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let by = |spelling: fn(&str) -> String| {
        // Of two places with the same spelling, the first wins.
        let places = Place::all().iter().rev();
        let names = places.flat_map(|place| place.all_names().map(move |name| (name, place)));
        names.map(|(name, place)| (spelling(name), place)).collect()
    };
    Names {
        spelled: by(spelled),
        plain: by(plain),
    }
});

impl Place {
    /// Returns all places, in downstream order.
    pub fn all() -> &'static [Self] {
        &TABLE.place
    }

    /// Finds a place by name: its id, its standard name, the API's dialect name, its station
    /// (`Brügg`, `Bern, Schönau`), or another name (`Berne`, `Marzili`, `Thoune`).
    ///
    /// Case, surrounding white space and accents are ignored, so `bern`, ` BERN ` and `barn` (for
    /// `Bärn`) are found. An exact match has priority: `Brügg` is the gauge of Biel, not `Brugg`,
    /// 80 km away.
    ///
    /// # Errors
    ///
    /// [`UnknownPlace`]. A town where the Aare is not measured (`Basel`) has an explanation; it is
    /// never replaced by the nearest place.
    pub fn find(name: &str) -> Result<&'static Self, UnknownPlace> {
        let places = Self::all();
        if let Some(place) = places.iter().find(|place| place.id == name) {
            return Ok(place);
        }
        if name.len() > UnknownPlace::MAX_LEN_BYTES {
            return Err(UnknownPlace::new(name, None, None));
        }
        let exact = spelled(name);
        let bare = plain(name);
        if let Some(place) = NAMES.spelled.get(&exact) {
            return Ok(place);
        }
        if let Some(explanation) = elsewhere::explanation(&exact, &bare) {
            return Err(UnknownPlace::new(name, None, Some(explanation)));
        }
        let place = NAMES.plain.get(&bare).copied();
        place.ok_or_else(|| UnknownPlace::new(name, unknown::nearest(&bare), None))
    }

    /// Returns the API's identifier: `bern`. Lower case, without accents.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the standard German name: `Bern`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name that the API shows, in Bernese German: `Bärn`.
    pub fn dialect_name(&self) -> &str {
        &self.dialect_name
    }

    /// Returns the station that measures, as the API writes it: `Bern, Schönau`.
    pub fn station(&self) -> &str {
        &self.station
    }

    /// Returns the other names by which the place is found: in other languages, and of lawns and
    /// baths (`Berne`, `Marzili`).
    pub fn aliases(&self) -> impl Iterator<Item = &str> {
        self.alias
            .iter()
            .flat_map(|group| &group.names)
            .map(String::as_str)
    }

    /// Returns BAFU's gauge number; `None` where BAFU does not measure (Olten).
    pub fn gauge(&self) -> Option<u32> {
        self.gauge
    }

    /// Returns the latitude of the station in degrees north (WGS 84).
    pub fn latitude_deg(&self) -> f64 {
        self.latitude_deg
    }

    /// Returns the longitude of the station in degrees east (WGS 84).
    pub fn longitude_deg(&self) -> f64 {
        self.longitude_deg
    }

    /// Returns whether the station reports `quantity` at all. Even then, any value may be missing
    /// at any time.
    pub fn measures(&self, quantity: Quantity) -> bool {
        self.measures.contains(&quantity)
    }

    /// Returns the weather station of the place; `None` if it is unknown (Olten).
    pub fn weather_station(&self) -> Option<&WeatherStation> {
        self.weather_station.as_ref()
    }

    /// Returns what the name alone does not make clear, as an English sentence.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Returns the sources of the facts about this place, each once.
    pub fn sources(&self) -> Vec<&'static Source> {
        let mut sources: Vec<&'static Source> = Vec::new();
        for key in self.from.keys().chain(self.alias.iter().map(|a| &a.from)) {
            let source = TABLE.source.get(key);
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        sources
    }

    /// Returns whether the API uses `text` for this place: one of its names or its station, accents
    /// included, but no alias.
    pub(crate) fn is_called(&self, text: &str) -> bool {
        let text = spelled(text);
        self.names()
            .into_iter()
            .chain([self.station()])
            .any(|name| spelled(name) == text)
    }

    fn names(&self) -> [&str; 3] {
        [&self.id, &self.name, &self.dialect_name]
    }

    /// Returns all names by which the place is found.
    fn all_names(&self) -> impl Iterator<Item = &str> {
        let parts = self.station.split(',').map(str::trim);
        // `Brugg, Argou` has a canton after the comma; the others have a village or a quarter.
        let parts = parts.filter(|part| *part != "Argou");
        self.names()
            .into_iter()
            .chain(iter::once(self.station()))
            .chain(parts)
            .chain(self.aliases())
            .chain(self.typed.iter().map(String::as_str))
    }
}

impl FactSources {
    fn keys(&self) -> impl Iterator<Item = &String> {
        let optional = [
            &self.gauge,
            &self.temperature,
            &self.flow,
            &self.height,
            &self.weather_station,
            &self.note,
        ];
        [&self.names, &self.position]
            .into_iter()
            .chain(optional.into_iter().flatten())
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn finds(name: &str, id: &str) {
        assert_eq!(Place::find(name).map(Place::id), Ok(id), "{name}");
    }

    #[test]
    fn places_are_eight_in_downstream_order() {
        let ids: Vec<_> = Place::all().iter().map(Place::id).collect();
        let downstream = [
            "brienz",
            "interlaken",
            "thun",
            "bern",
            "hagneck",
            "biel",
            "olten",
            "brugg",
        ];
        assert_eq!(ids, downstream);
    }

    #[test]
    fn place_is_found_by_each_of_its_names() {
        for place in Place::all() {
            for name in place.all_names() {
                finds(name, place.id());
                finds(&name.to_uppercase(), place.id());
            }
        }
    }

    #[test]
    fn common_spellings_are_found() {
        let names = [
            (
                "bern",
                "Bärn Berne Berna bern BERN Marzili Eichholz Lorraine Schönau schonau",
            ),
            ("thun", "Thoune Thoun thun"),
            ("biel", "Biel/Bienne Bienne Biu Brügg Aegerten Bruegg"),
            (
                "interlaken",
                "Interlaken Interlake Goldswil Ringgenberg Ringgenberg-Goldswil",
            ),
            ("brienz", "Brienz Brienzwiler"),
            ("olten", "Olten Oute"),
            ("brugg", "Brugg BRUGG"),
            ("hagneck", "Hagneck"),
        ];
        for (id, names) in names {
            for name in names.split(' ') {
                finds(name, id);
            }
        }
        finds("Brugg AG", "brugg");
        finds("Bern, Schönau", "bern");
    }

    #[test]
    fn find_ignores_case_space_and_missing_accents() {
        for name in [
            "bern",
            " BERN\n",
            "Bärn",
            "BÄRN",
            "barn",
            "Ba\u{308}rn",
            "bern, schönau",
        ] {
            finds(name, "bern");
        }
    }

    #[test]
    fn bruegg_near_biel_is_not_brugg() {
        finds("Brügg", "biel");
        finds("Bru\u{308}gg", "biel");
        finds("Brugg", "brugg");
    }

    #[test]
    fn no_name_belongs_to_two_places() {
        for place in Place::all() {
            for other in Place::all().iter().filter(|other| *other != place) {
                for name in place.all_names() {
                    assert!(
                        other.all_names().all(|n| spelled(n) != spelled(name)),
                        "{name}"
                    );
                }
            }
        }
    }

    #[test]
    fn alias_is_not_a_name_in_responses() {
        let bern = Place::find("bern").unwrap();
        assert!(bern.is_called("Bärn") && bern.is_called("Bern, Schönau"));
        assert!(!bern.is_called("Marzili"));
    }

    #[test]
    fn only_olten_has_no_gauge_and_measures_nothing_but_temperature() {
        for place in Place::all() {
            let has_gauge = place.id() != "olten";
            assert_eq!(place.gauge().is_some(), has_gauge);
            assert_eq!(place.weather_station().is_some(), has_gauge);
            assert!(place.measures(Quantity::Temperature));
            assert_eq!(place.measures(Quantity::Flow), has_gauge);
            assert_eq!(place.measures(Quantity::Height), has_gauge);
        }
    }

    #[test]
    fn every_source_is_found() {
        for place in Place::all() {
            assert!(!place.sources().is_empty());
        }
        assert!(TABLE.source.all().all(|source| !source.date.is_empty()));
    }

    #[test]
    fn towns_without_a_station_are_unknown() {
        for name in [
            "",
            "basel",
            "aarau",
            "solothurn",
            "rheinfelden",
            "augsburg",
            "konstanz",
        ] {
            assert!(Place::find(name).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn find_with_any_name_does_not_panic(name in any::<String>()) {
            let _ = Place::find(&name);
        }
    }
}
