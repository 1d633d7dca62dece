//! `aareguru://stations`: facts about the places, with their sources.

use aareguru::{CREDIT, Place, Quantity};
use serde_json::{Value, json};

pub(super) fn stations() -> Value {
    let stations: Vec<_> = Place::all().iter().map(station).collect();
    json!({ "stations": stations, "credit": CREDIT })
}

fn station(place: &'static Place) -> Value {
    let quantities = [
        (Quantity::Temperature, "temperature"),
        (Quantity::Flow, "flow"),
        (Quantity::Height, "height"),
    ];
    let names = |is_measured: bool| {
        let quantities = quantities.into_iter();
        let quantities = quantities.filter(|(it, _)| place.measures(*it) == is_measured);
        quantities.map(|(_, name)| name).collect::<Vec<_>>()
    };
    json!({
        "city": place.id(),
        "name": place.name(),
        "dialect_name": place.dialect_name(),
        "station": place.station(),
        "aliases": place.aliases().collect::<Vec<_>>(),
        // BAFU's number; null where BAFU does not measure.
        "gauge": place.gauge(),
        "latitude_deg": place.latitude_deg(),
        "longitude_deg": place.longitude_deg(),
        // Values of these quantities may still be missing at times.
        "measures": names(true),
        "does_not_measure": names(false),
        "weather_station": place.weather_station(),
        "note": place.note(),
        "sources": place.sources(),
    })
}
