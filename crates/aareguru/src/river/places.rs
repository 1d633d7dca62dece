//! The water temperature at each place.

use crate::api::{Answer, City};
use crate::reading::timestamp;
use crate::{Place, Reading, UpstreamTrouble};

/// A place with its latest temperature.
#[derive(Debug, Clone)]
pub struct PlaceTemperature {
    /// The place; `None` for one that the API lists but this crate does not know. It can be shown,
    /// but not requested.
    pub place: Option<&'static Place>,
    /// The API's identifier: `bern`.
    pub id: String,
    /// The standard name, `Bern`; for a place unknown to this crate, the name in the response.
    pub name: String,
    /// The station, as the API writes it: `Bern, Schönau`.
    pub station: String,
    /// Water temperature in °C, to the tenth.
    pub water: Reading,
    /// Why the data is stale: the API returned no newer response. `None` if it is fresh. The age of
    /// the reading is correct either way.
    pub upstream_trouble: Option<UpstreamTrouble>,
}

/// Returns all places of the table, then those that only the response contains.
pub(super) fn from_cities(cities: &Answer<Vec<City>>) -> Vec<PlaceTemperature> {
    let at = |place, id: &str, name: &str, station: &str, city: Option<&City>| PlaceTemperature {
        place,
        id: id.to_owned(),
        name: name.to_owned(),
        station: station.to_owned(),
        water: Reading::water(
            city.and_then(|city| city.aare.or(city.aare_prec)),
            city.and_then(|city| timestamp(city.time)),
        )
        .with_recorded_on(cities.recorded_on()),
        upstream_trouble: cities.upstream_trouble().cloned(),
    };
    let known = Place::all().iter().map(|place| {
        let id = place.id();
        let city = cities.iter().find(|city| city.city.as_deref() == Some(id));
        at(Some(place), id, place.name(), place.station(), city)
    });
    let unknown = cities.iter().filter_map(|city| {
        let id = city.city.as_deref()?;
        if Place::all().iter().any(|place| place.id() == id) {
            return None;
        }
        let name = city.name.as_deref().unwrap_or(id);
        let station = city.longname.as_deref().unwrap_or_default();
        Some(at(None, id, name, station, Some(city)))
    });
    known.chain(unknown).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn from_json(json: &str) -> Vec<PlaceTemperature> {
        let cities = serde_json::from_str(json).unwrap();
        from_cities(&Answer::new(cities, Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn missing_place_is_unknown_and_not_omitted() {
        let places = from_json(r#"[{"city": "bern", "aare": 12.9, "time": 1683643800}]"#);
        assert_eq!(places.len(), 8);
        assert_eq!(places[3].water.value(Timestamp::MAX), Some(12.9));
        assert_eq!(places[2].water, Reading::UNKNOWN);
    }

    #[test]
    fn place_unknown_to_the_crate_comes_last() {
        let places =
            from_json(r#"[{"city": "aarau", "name": "Aarou", "aare": 14, "time": 1683643800}]"#);
        let aarau = places.last().unwrap();
        assert_eq!(
            (aarau.place, aarau.id.as_str(), aarau.name.as_str()),
            (None, "aarau", "Aarou")
        );
        assert_eq!(aarau.water.value(Timestamp::MAX), Some(14.0));
    }

    #[test]
    fn null_temperature_is_unknown_and_not_zero() {
        let places = from_json(r#"[{"city": "thun", "aare": null, "time": 1683643800}]"#);
        assert_eq!(places[2].water.value(Timestamp::MAX), None);
    }

    #[test]
    fn entry_without_id_is_ignored() {
        assert_eq!(from_json(r#"[{"name": "Thun", "aare": 12}]"#).len(), 8);
    }
}
