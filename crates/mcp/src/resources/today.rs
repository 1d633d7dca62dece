//! `aareguru://today/{city}`: the water temperature at one place, and a saying.

use aareguru::{TodayInShort, plain_reading};
use answers::{
    provenance::{PlaceNames, Provenance},
    reading::WaterTemperature,
};
use jiff::Timestamp;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct TodayResource {
    #[serde(flatten)]
    place: PlaceNames,
    #[serde(flatten)]
    water: WaterTemperature,
    saying: Option<String>,
    short_saying: Option<String>,
    saying_in_english: Option<&'static str>,
    note: Option<&'static str>,
    #[serde(flatten)]
    provenance: Provenance,
}

impl TodayResource {
    pub(super) fn new(today: TodayInShort, now: Timestamp) -> Self {
        Self {
            place: PlaceNames::new(today.place),
            water: WaterTemperature::new(&today.water, now),
            saying_in_english: today.saying.as_deref().and_then(plain_reading),
            saying: today.saying,
            short_saying: today.short_saying,
            note: today.place.note(),
            provenance: Provenance::new(today.upstream_trouble.as_ref()),
        }
    }
}
