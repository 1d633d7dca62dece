//! `aareguru://today/{city}`: the water temperature at one place, in short.

use aareguru::{CREDIT, TodayInShort, plain_reading};
use jiff::Timestamp;
use serde::Serialize;

use crate::mcp::{reading::WaterTemperature, upstream_failure::FailureDetails};

#[derive(Debug, Serialize)]
pub(super) struct Today {
    city: &'static str,
    name: &'static str,
    station: &'static str,
    #[serde(flatten)]
    water: WaterTemperature,
    saying: Option<String>,
    short_saying: Option<String>,
    saying_in_english: Option<&'static str>,
    note: Option<&'static str>,
    upstream_trouble: Option<FailureDetails>,
    credit: &'static str,
}

impl Today {
    pub(super) fn new(today: TodayInShort, now: Timestamp) -> Self {
        let place = today.place;
        Self {
            city: place.id(),
            name: place.name(),
            station: place.station(),
            water: WaterTemperature::new(&today.water, now),
            saying_in_english: today.saying.as_deref().and_then(plain_reading),
            saying: today.saying,
            short_saying: today.short_saying,
            note: place.note(),
            upstream_trouble: FailureDetails::new(today.upstream_trouble.as_ref()),
            credit: CREDIT,
        }
    }
}
