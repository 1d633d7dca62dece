//! Places compared, from one answer of the API.

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

    /// Places side by side. It costs one request to the API, however many they are.
    struct ComparisonType("Comparison") from(comparison: &aareguru::Comparison, now: Timestamp) {
        let answer = CompareCitiesAnswer::new(comparison, now);
        let places = comparison.places.iter().zip(answer.places);
        /// The places, in the order asked for, else in downstream order.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        places: Vec<ComparedPlaceType> =
            places.map(|(at, compared)| ComparedPlaceType::new(at, compared, now)).collect(),
        /// Those whose temperature is current and not in doubt, warmest first; the
        /// last is the coldest. Places are ranked by nothing else.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        warmest_first: Vec<RankedTemperatureType> =
            answer.warmest_first.iter().map(RankedTemperatureType::new).collect(),
        /// Those that are missing above, and why.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        not_ranked: Vec<NotRankedType> = answer.not_ranked.into_iter().map(NotRankedType::new).collect(),
        /// What these numbers do not show; show it with every verdict.
        boundary: &'static str = answer.boundary,
        /// What else to know about this answer, in English.
        notes: Vec<String> = answer.notes,
        /// The day of the recording, if this is one and not the live river; else
        /// null.
        recorded_on: Option<Date> = comparison.recorded_on.map(Date),
        /// Set when the API failed and this answer is an earlier one; otherwise null.
        upstream_trouble: Option<UpstreamTroubleType> =
            comparison.upstream_trouble.as_ref().map(UpstreamTroubleType::new),
    }

    /// One of the places compared.
    struct ComparedPlaceType("ComparedPlace") from(
        at: &aareguru::ComparedPlace,
        compared: compare_cities::ComparedCity,
        now: Timestamp,
    ) {
        let advice = at.advice(now);
        /// The place. Its fields cost separate requests.
        place: PlaceType = PlaceType::new(at.place),
        /// The water temperature.
        water: WaterTemperatureType = WaterTemperatureType::new(at.place, &at.water, now),
        /// Forecast of the water temperature in degrees Celsius, two hours after it
        /// was measured; null if unknown or no longer to come.
        water_in_two_hours_celsius: Option<f64> = compared.water_in_two_hours_celsius,
        /// The flow, measured together with the temperature.
        flow: FlowType = FlowType::new(at.place, &at.flow, now),
        /// The flow in percent of that from which flood level 2 holds here; null if
        /// either is not known. Flows of different places are not comparable.
        percent_of_flood_level2: Option<f64> = compared.percent_of_flood_level_2,
        /// BAFU's flood danger level, 1 to 5; null if unknown, which is not 1.
        /// Level 1 is no permission to swim.
        flood_level: Option<i64> = compared.flood_level,
        /// What is said to a swimmer; none of the verdicts is a permission.
        verdict: VerdictType = advice.verdict.into(),
        /// The grounds of the verdict, the weightiest first, each with who says so.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        reasons: Vec<StatementType> = advice.reasons.iter().map(StatementType::new).collect(),
        /// Air temperature in degrees Celsius, at a time that is not told; null if
        /// unknown.
        air_celsius: Option<f64> = compared.air_celsius,
        /// What aare.guru says of the water; null if it says nothing.
        saying: Option<SayingType> = compared.saying.map(SayingType::new),
        /// Why values are unknown although upstream sent them.
        doubts: Vec<String> = compared.doubts,
    }

    /// A place in the ranking by temperature.
    struct RankedTemperatureType("RankedTemperature") from(ranked: &compare_cities::RankedTemperature) {
        /// From 1; equally warm places share it.
        rank: i64 = ranked.rank,
        /// The place.
        place: PlaceType = PlaceType::with_id(ranked.city),
        /// Water temperature in degrees Celsius.
        celsius: f64 = ranked.temperature_celsius,
    }

    /// A place that is missing in the ranking.
    struct NotRankedType("NotRanked") from(not_ranked: compare_cities::NotRanked) {
        /// The place.
        place: PlaceType = PlaceType::with_id(not_ranked.city),
        /// Why.
        because: String = not_ranked.why,
    }
}
