//! The GraphQL types of the current conditions at a place.

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

    /// The current conditions at a place. `danger` contains the verdict for swimmers.
    struct CurrentType("Current") from(conditions: Conditions) {
        let (place, now) = (conditions.place, conditions.danger.asked_at);
        /// The water temperature.
        water: WaterTemperatureType = WaterTemperatureType::new(place, &conditions.water, now),
        /// The flow.
        flow: FlowType = FlowType::new(place, &conditions.danger.flow, now),
        /// Why values that the upstream API sent are unknown or may be wrong, for example because
        /// the station seems stuck.
        doubts: Vec<String> = current_conditions::collect_doubts(&conditions),
        /// What aare.guru says about the water; null if it says nothing or the temperature is more
        /// than a day old.
        saying: Option<SayingType> = conditions.saying.map(SayingType::new),
        /// What aare.guru says about the flow; null if it says nothing or the flow is more than a
        /// day old.
        flow_saying: Option<SayingType> = conditions.flow_saying.map(SayingType::new),
        /// The air temperature. It has its own time.
        air: AirTemperatureType = AirTemperatureType::new(&conditions.air, now),
        /// The rain, measured together with the air temperature.
        rain: RainType = RainType::new(&conditions.rain, now),
        /// When the sun shines on the lawns by the river, on the day of the answer. Empty if
        /// unknown; only Bern has this data.
        #[graphql(complexity = "1 + 6 * child_complexity")]
        lawns: Vec<LawnType> = conditions.lawns.into_iter().map(LawnType::new).collect(),
        /// The swimming canal at the Marzili baths in Bern; null at other places and if unknown.
        bueber_canal: Option<CanalType> = conditions.canal.map(CanalType::new),
        /// Set when the upstream API failed and this answer is an older one from the cache;
        /// otherwise null.
        upstream_trouble: Option<UpstreamTroubleType> =
            conditions.upstream_trouble.as_ref().map(UpstreamTroubleType::new),
    }

    /// A saying in Bernese German. It is not advice.
    struct SayingType("Saying") from(text: String) {
        let plain_reading = plain_reading(&text);
        /// The saying.
        text: String,
        /// The meaning in plain English; null if unknown.
        plain_reading: Option<&'static str>,
    }

    /// The hours of sunshine on a lawn by the river.
    struct LawnType("Lawn") from(lawn: aareguru::Lawn) {
        /// The name of the lawn.
        name: String = lawn.name,
        /// When the sun reaches it; null if unknown.
        sun_from: Option<DateTime> = lawn.sun_from.map(DateTime),
        /// When the sun leaves it; null if unknown.
        sun_until: Option<DateTime> = lawn.sun_until.map(DateTime),
    }

    /// The state of the Bueber canal as reported by the lifeguards.
    struct CanalType("Canal") from(canal: BueberCanal) {
        /// Whether the canal is reported open.
        is_open: bool = canal.is_open,
        /// The start of this state, possibly months ago; null if unknown.
        since: Option<DateTime> = canal.since.map(DateTime),
    }
}
