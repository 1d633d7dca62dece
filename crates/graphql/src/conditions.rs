//! Current conditions at a place.

use aareguru::{Conditions, advice::BueberCanal, plain_reading};
use answers::current_conditions;
use async_graphql::SimpleObject;

use super::{
    reading::{AirTemperatureType, FlowType, RainType, WaterTemperatureType},
    scalars::DateTime,
    sources::UpstreamTroubleType,
};

objects! {
    #![derive(Debug, SimpleObject)]

    /// How it is at a place now. What it means for a swimmer is in `danger`.
    struct CurrentType("Current") from(conditions: Conditions) {
        let (place, now) = (conditions.place, conditions.danger.asked_at);
        /// The water temperature.
        water: WaterTemperatureType = WaterTemperatureType::new(place, &conditions.water, now),
        /// The flow.
        flow: FlowType = FlowType::new(place, &conditions.danger.flow, now),
        /// Why values are unknown although upstream sent them, or may be wrong, such
        /// as those of a station that seems stuck.
        doubts: Vec<String> = current_conditions::collect_doubts(&conditions),
        /// What aare.guru says of the water; null if it says nothing, or if the
        /// temperature is more than a day old.
        saying: Option<SayingType> = conditions.saying.map(SayingType::new),
        /// What aare.guru says of the flow; null likewise.
        flow_saying: Option<SayingType> = conditions.flow_saying.map(SayingType::new),
        /// The air temperature, with its own time.
        air: AirTemperatureType = AirTemperatureType::new(&conditions.air, now),
        /// The rain, measured with the air temperature.
        rain: RainType = RainType::new(&conditions.rain, now),
        /// When the sun shines on the lawns by the river, on the day of the
        /// answer. Only Bern has any; empty where they are not known.
        #[graphql(complexity = "1 + 6 * child_complexity")]
        lawns: Vec<LawnType> = conditions.lawns.into_iter().map(LawnType::new).collect(),
        /// The swimming canal at the Marzili baths in Bern; null elsewhere, and if
        /// its state is not known.
        bueber_canal: Option<CanalType> = conditions.canal.map(CanalType::new),
        /// Set when the API failed and this answer is an earlier one; otherwise null.
        upstream_trouble: Option<UpstreamTroubleType> =
            conditions.upstream_trouble.as_ref().map(UpstreamTroubleType::new),
    }

    /// A saying in Bernese German. It is not advice.
    struct SayingType("Saying") from(text: String) {
        let plain_reading = plain_reading(&text);
        /// The saying.
        text: String,
        /// What it says in plain English; null if no plain reading is known.
        plain_reading: Option<&'static str>,
    }

    /// A lawn to lie on.
    struct LawnType("Lawn") from(lawn: aareguru::Lawn) {
        /// Its name.
        name: String = lawn.name,
        /// When the sun reaches it; null if unknown.
        sun_from: Option<DateTime> = lawn.sun_from.map(DateTime),
        /// When the sun leaves it; null if unknown.
        sun_until: Option<DateTime> = lawn.sun_until.map(DateTime),
    }

    /// The Bueber canal as the lifeguards report it.
    struct CanalType("Canal") from(canal: BueberCanal) {
        /// Whether it is reported open.
        is_open: bool = canal.is_open,
        /// Since when; may be months ago. Null if unknown.
        since: Option<DateTime> = canal.since.map(DateTime),
    }
}
