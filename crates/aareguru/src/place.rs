//! The places at which the Aare is measured, and how people name them.
//!
//! The facts stand in `data/places.toml`, each with its source. There is no
//! other way to get a [`Place`] than from this table, so a request for a place
//! that the API does not know cannot be written.

use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use serde::Deserialize;

mod spelling;
mod unknown;

pub use unknown::UnknownPlace;

use spelling::{plain, spelled};

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
    gauge: Option<u32>,
    latitude_deg: f64,
    longitude_deg: f64,
    note: Option<String>,
}

/// The shape of `data/places.toml`.
#[derive(Deserialize)]
struct Table {
    place: Vec<Place>,
}

static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("../data/places.toml"))
        .expect("the table is compiled in and every test reads it");
    table.place
});

impl Place {
    /// All places, in downstream order.
    pub fn all() -> &'static [Self] {
        &PLACES
    }

    /// The place that people call `name`: by its id, its standard name, the
    /// API's dialect name, or its station (`Brügg`, `Bern, Schönau`).
    ///
    /// Case, surrounding space and accents do not matter, so `bern`, ` BERN `
    /// and `barn` (for `Bärn`) are all found; but the exact name goes first:
    /// `Brügg` is the gauge of Biel, not `Brugg`, 80 km away.
    pub fn find(name: &str) -> Result<&'static Self, UnknownPlace> {
        let places = Self::all();
        if let Some(place) = places.iter().find(|place| place.id == name) {
            return Ok(place);
        }
        if name.len() > UnknownPlace::MAX_LEN_BYTES {
            return Err(UnknownPlace::new(name, None));
        }
        let exact = spelled(name);
        let bare = plain(name);
        let is_exact = |place: &&Self| place.is_called(name) || spelled(place.town()) == exact;
        let is_near = |place: &&Self| place.names().iter().any(|name| plain(name) == bare);
        let mut places = places.iter();
        let found = places
            .clone()
            .find(is_exact)
            .or_else(|| places.find(is_near));
        found.ok_or_else(|| UnknownPlace::new(name, unknown::nearest(&bare)))
    }

    /// The API's identifier: `bern`. Lower case, without accents.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The standard German name: `Bern`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name the API shows, in Bernese German: `Bärn`.
    pub fn dialect_name(&self) -> &str {
        &self.dialect_name
    }

    /// The station where the numbers come from, as the API writes it:
    /// `Bern, Schönau`.
    pub fn station(&self) -> &str {
        &self.station
    }

    /// BAFU's number of the gauge; `None` where BAFU does not measure (Olten).
    pub fn gauge(&self) -> Option<u32> {
        self.gauge
    }

    /// Latitude of the station in degrees north (WGS 84).
    pub fn latitude_deg(&self) -> f64 {
        self.latitude_deg
    }

    /// Longitude of the station in degrees east (WGS 84).
    pub fn longitude_deg(&self) -> f64 {
        self.longitude_deg
    }

    /// What the name alone would let one get wrong, as an English sentence.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// This place as an entry of the table, whatever lifetime it came with.
    pub(crate) fn in_table(&self) -> &'static Self {
        Self::all()
            .iter()
            .find(|place| *place == self)
            .expect("places are made nowhere but in the table")
    }

    /// Whether `text` is a name of this place or its station, accents included.
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

    /// The town of the station: `Brügg`.
    fn town(&self) -> &str {
        self.station.split(',').next().unwrap_or(&self.station)
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
    fn there_are_eight_places_in_downstream_order() {
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
    fn each_place_is_found_by_each_of_its_names() {
        for place in Place::all() {
            for name in [
                place.id(),
                place.name(),
                place.dialect_name(),
                place.station(),
            ] {
                finds(name, place.id());
            }
        }
    }

    #[test]
    fn case_space_and_missing_accents_do_not_matter() {
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
    fn bruegg_by_biel_is_not_brugg() {
        finds("Brügg", "biel");
        finds("Bru\u{308}gg", "biel");
        finds("Brugg", "brugg");
    }

    #[test]
    fn only_olten_has_no_gauge() {
        let without: Vec<_> = Place::all()
            .iter()
            .filter(|p| p.gauge().is_none())
            .map(Place::id)
            .collect();
        assert_eq!(without, ["olten"]);
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
        fn no_name_makes_find_panic(name in any::<String>()) {
            let _ = Place::find(&name);
        }
    }
}
