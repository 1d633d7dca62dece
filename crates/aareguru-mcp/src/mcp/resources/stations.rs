//! `aareguru://stations`: what is known of the places themselves, with who
//! says so. It holds no readings.

use aareguru::{CREDIT, Place, Quantity, WeatherStation};
use serde::Serialize;

use crate::mcp::resources::SourceOf;

#[derive(Debug, Serialize)]
pub(super) struct Stations {
    /// In downstream order.
    stations: Vec<Station>,
    credit: &'static str,
}

#[derive(Debug, Serialize)]
struct Station {
    city: &'static str,
    name: &'static str,
    dialect_name: &'static str,
    station: &'static str,
    aliases: Vec<&'static str>,
    /// BAFU's number; null where BAFU does not measure.
    gauge: Option<u32>,
    latitude_deg: f64,
    longitude_deg: f64,
    /// What the station reports at all; even then any value may be missing.
    measures: Vec<&'static str>,
    does_not_measure: Vec<&'static str>,
    weather_station: Option<WeatherStationOf>,
    note: Option<&'static str>,
    sources: Vec<SourceOf>,
}

#[derive(Debug, Serialize)]
struct WeatherStationOf {
    code: &'static str,
    name: &'static str,
}

impl Stations {
    pub(super) fn new() -> Self {
        Self {
            stations: Place::all().iter().map(Station::new).collect(),
            credit: CREDIT,
        }
    }
}

impl Station {
    fn new(place: &'static Place) -> Self {
        let (measured, missing): (Vec<_>, Vec<_>) = [
            (Quantity::Temperature, "temperature"),
            (Quantity::Flow, "flow"),
            (Quantity::Height, "height"),
        ]
        .into_iter()
        .partition(|(quantity, _)| place.measures(*quantity));
        let names = |of: Vec<(Quantity, &'static str)>| of.into_iter().map(|it| it.1).collect();
        Self {
            city: place.id(),
            name: place.name(),
            dialect_name: place.dialect_name(),
            station: place.station(),
            aliases: place.aliases().collect(),
            gauge: place.gauge(),
            latitude_deg: place.latitude_deg(),
            longitude_deg: place.longitude_deg(),
            measures: names(measured),
            does_not_measure: names(missing),
            weather_station: place.weather_station().map(WeatherStationOf::new),
            note: place.note(),
            sources: place.sources().into_iter().map(SourceOf::new).collect(),
        }
    }
}

impl WeatherStationOf {
    fn new(station: &'static WeatherStation) -> Self {
        Self {
            code: &station.code,
            name: &station.name,
        }
    }
}
