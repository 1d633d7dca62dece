//! How it is at a place now.

use aareguru::{Lawn as Lying, advice::BueberCanal, plain_reading};
use async_graphql::SimpleObject;

use super::{
    reading::{AirTemperature, Flow, Rain, WaterTemperature},
    scalars::DateTime,
    sources::UpstreamTrouble,
};
use crate::mcp::tools::current_conditions::doubts;

/// How it is at a place now. What it means for a swimmer is in `danger`.
#[derive(Debug, SimpleObject)]
pub(super) struct Current {
    /// The water temperature.
    water: WaterTemperature,
    /// The flow.
    flow: Flow,
    /// Why values are unknown although upstream sent them, or may be wrong, such
    /// as those of a station that seems stuck.
    doubts: Vec<String>,
    /// What aare.guru says of the water; null if it says nothing, or if the
    /// temperature is more than a day old.
    saying: Option<Saying>,
    /// What aare.guru says of the flow; null likewise.
    flow_saying: Option<Saying>,
    /// The air temperature, with its own time.
    air: AirTemperature,
    /// The rain, measured with the air temperature.
    rain: Rain,
    /// When the sun shines on the lawns by the river, on the day of the
    /// answer. Only Bern has any; empty where they are not known.
    #[graphql(complexity = "1 + 6 * child_complexity")]
    lawns: Vec<Lawn>,
    /// The swimming canal at the Marzili baths in Bern; null elsewhere, and if
    /// its state is not known.
    bueber_canal: Option<Canal>,
    /// That the API ails and this is an earlier answer; null if it is new.
    upstream_trouble: Option<UpstreamTrouble>,
}

/// A saying in Bernese German. It is not advice.
#[derive(Debug, SimpleObject)]
pub(super) struct Saying {
    /// The saying.
    text: String,
    /// What it says in plain English; null if no plain reading is known.
    plain_reading: Option<&'static str>,
}

/// A lawn to lie on.
#[derive(Debug, SimpleObject)]
pub(super) struct Lawn {
    /// Its name.
    name: String,
    /// When the sun reaches it; null if unknown.
    sun_from: Option<DateTime>,
    /// When the sun leaves it; null if unknown.
    sun_until: Option<DateTime>,
}

/// The Bueber canal as the lifeguards report it.
#[derive(Debug, SimpleObject)]
pub(super) struct Canal {
    /// Whether it is reported open.
    is_open: bool,
    /// Since when; may be months ago. Null if unknown.
    since: Option<DateTime>,
}

impl Current {
    pub(super) fn new(conditions: aareguru::Conditions) -> Self {
        let (place, now) = (conditions.place, conditions.danger.asked_at);
        Self {
            water: WaterTemperature::new(place, &conditions.water, now),
            flow: Flow::new(place, &conditions.danger.flow, now),
            doubts: doubts(&conditions),
            air: AirTemperature::new(&conditions.air, now),
            rain: Rain::new(&conditions.rain, now),
            upstream_trouble: UpstreamTrouble::new(conditions.upstream_trouble.as_ref()),
            saying: conditions.saying.map(Saying::new),
            flow_saying: conditions.flow_saying.map(Saying::new),
            lawns: conditions.lawns.into_iter().map(Lawn::from).collect(),
            bueber_canal: conditions.canal.map(Canal::from),
        }
    }
}

impl Saying {
    pub(super) fn new(text: String) -> Self {
        Self {
            plain_reading: plain_reading(&text),
            text,
        }
    }
}

impl From<Lying> for Lawn {
    fn from(lawn: Lying) -> Self {
        Self {
            name: lawn.name,
            sun_from: lawn.sun_from.map(DateTime::from),
            sun_until: lawn.sun_until.map(DateTime::from),
        }
    }
}

impl From<BueberCanal> for Canal {
    fn from(canal: BueberCanal) -> Self {
        Self {
            is_open: canal.is_open,
            since: canal.since.map(DateTime::from),
        }
    }
}
