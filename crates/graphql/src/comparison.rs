//! The GraphQL types of the comparison of places, which needs one upstream request.

use answers::compare_cities::{self, CompareCitiesAnswer};
use async_graphql::SimpleObject;
use jiff::Timestamp;

use super::{
    conditions::SayingType,
    danger::VerdictType,
    place::PlaceType,
    reading::{FlowType, WaterTemperatureType},
    scalars::Date,
    sources::{StatementType, UpstreamTroubleType},
};

objects! {
    #![derive(Debug, SimpleObject)]

    /// A comparison of places. Costs one request to the upstream API, for any number of places.
    struct ComparisonType("Comparison") from(comparison: &aareguru::Comparison, now: Timestamp) {
        let answer = CompareCitiesAnswer::new(comparison, now);
        let places = comparison.places.iter().zip(answer.places);
        /// The places in the requested order, by default downstream.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        places: Vec<ComparedPlaceType> =
            places.map(|(at, compared)| ComparedPlaceType::new(at, compared, now)).collect(),
        /// The places with a current, undoubted temperature, warmest first. Places are ranked by
        /// temperature only.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        warmest_first: Vec<RankedTemperatureType> =
            answer.warmest_first.iter().map(RankedTemperatureType::new).collect(),
        /// The places that are not ranked, with the reason.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        not_ranked: Vec<NotRankedType> =
            answer.not_ranked.into_iter().map(NotRankedType::new).collect(),
        /// What these numbers do not show. Show it with every verdict.
        boundary: &'static str = answer.boundary,
        /// Notes about this answer, in English.
        notes: Vec<String> = answer.notes,
        /// The day of the recording if this is recorded data; null for live data.
        recorded_on: Option<Date> = comparison.recorded_on.map(Date),
        /// Set when the upstream API failed and this answer is an older one from the cache;
        /// otherwise null.
        upstream_trouble: Option<UpstreamTroubleType> =
            comparison.upstream_trouble.as_ref().map(UpstreamTroubleType::new),
    }

    /// One of the compared places.
    struct ComparedPlaceType("ComparedPlace") from(
        at: &aareguru::ComparedPlace,
        compared: compare_cities::ComparedCity,
        now: Timestamp,
    ) {
        let advice = at.advice(now);
        /// The place. Some of its fields need separate requests to the upstream API.
        place: PlaceType = PlaceType::new(at.place),
        /// The water temperature.
        water: WaterTemperatureType = WaterTemperatureType::new(at.place, &at.water, now),
        /// The forecast water temperature in degrees Celsius, two hours after the measurement; null
        /// if unknown or in the past.
        water_in_two_hours_celsius: Option<f64> = compared.water_in_two_hours_celsius,
        /// The flow, measured together with the temperature.
        flow: FlowType = FlowType::new(at.place, &at.flow, now),
        /// The flow in percent of the flow at which flood level 2 begins here; null if either is
        /// unknown. Flows of different places are not comparable.
        percent_of_flood_level2: Option<f64> = compared.percent_of_flood_level_2,
        /// BAFU's flood danger level, 1 to 5. Null means unknown, not level 1. Level 1 is not a
        /// permission to swim.
        flood_level: Option<i64> = compared.flood_level,
        /// The verdict for swimmers. No verdict is a permission to swim.
        verdict: VerdictType = advice.verdict.into(),
        /// The reasons for the verdict, most important first, each with its sources.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        reasons: Vec<StatementType> = advice.reasons.iter().map(StatementType::new).collect(),
        /// Air temperature in degrees Celsius; null if unknown. The upstream API does not report
        /// when it was measured.
        air_celsius: Option<f64> = compared.air_celsius,
        /// What aare.guru says about the water; null if it says nothing.
        saying: Option<SayingType> = compared.saying.map(SayingType::new),
        /// Why values that the upstream API sent are unknown.
        doubts: Vec<String> = compared.doubts,
    }

    /// A place in the ranking by temperature.
    struct RankedTemperatureType("RankedTemperature") from(
        ranked: &compare_cities::RankedTemperature,
    ) {
        /// The rank, from 1. Equally warm places share a rank.
        rank: i64 = ranked.rank,
        /// The place.
        place: PlaceType = PlaceType::with_id(ranked.city),
        /// Water temperature in degrees Celsius.
        celsius: f64 = ranked.temperature_celsius,
    }

    /// A place that is not ranked.
    struct NotRankedType("NotRanked") from(not_ranked: compare_cities::NotRanked) {
        /// The place.
        place: PlaceType = PlaceType::with_id(not_ranked.city),
        /// Why the place is not ranked.
        because: String = not_ranked.why,
    }
}
