//! Places side by side, from one answer of the API.

use aareguru::Place as OnRiver;
use async_graphql::SimpleObject;
use jiff::Timestamp;

use super::{
    conditions::Saying,
    danger::Verdict,
    place::Place,
    reading::{Flow, WaterTemperature},
    scalars::Date,
    sources::{Statement, UpstreamTrouble},
};
use crate::mcp::tools::compare_cities;

/// Places side by side. It costs one request to the API, however many they are.
#[derive(Debug, SimpleObject)]
pub(super) struct Comparison {
    /// The places, in the order asked for, else in downstream order.
    #[graphql(complexity = "1 + 8 * child_complexity")]
    places: Vec<ComparedPlace>,
    /// Those whose temperature is current and not in doubt, warmest first; the
    /// last is the coldest. Places are ranked by nothing else.
    #[graphql(complexity = "1 + 8 * child_complexity")]
    warmest_first: Vec<RankedTemperature>,
    /// Those that are missing above, and why.
    #[graphql(complexity = "1 + 8 * child_complexity")]
    not_ranked: Vec<NotRanked>,
    /// What these numbers do not show; show it with every verdict.
    boundary: &'static str,
    /// What else to know about this answer, in English.
    notes: Vec<String>,
    /// The day of the recording, if this is one and not the live river; else
    /// null.
    recorded_on: Option<Date>,
    /// That the API ails and this is an earlier answer; null if it is new.
    upstream_trouble: Option<UpstreamTrouble>,
}

/// One of the places compared.
#[derive(Debug, SimpleObject)]
pub(super) struct ComparedPlace {
    /// The place. What is asked of it costs requests of its own.
    place: Place,
    /// The water temperature.
    water: WaterTemperature,
    /// Forecast of the water temperature in degrees Celsius, two hours after it
    /// was measured; null if unknown or no longer to come.
    water_in_two_hours_celsius: Option<f64>,
    /// The flow, measured together with the temperature.
    flow: Flow,
    /// The flow in percent of that from which flood level 2 holds here; null if
    /// either is not known. Flows of different places are not comparable.
    percent_of_flood_level2: Option<f64>,
    /// BAFU's flood danger level, 1 to 5; null if unknown, which is not 1.
    /// Level 1 is no permission to swim.
    flood_level: Option<i32>,
    /// What is said to a swimmer; none of the verdicts is a permission.
    verdict: Verdict,
    /// The grounds of the verdict, the weightiest first, each with who says so.
    #[graphql(complexity = "1 + 4 * child_complexity")]
    reasons: Vec<Statement>,
    /// Air temperature in degrees Celsius, at a time that is not told; null if
    /// unknown.
    air_celsius: Option<f64>,
    /// What aare.guru says of the water; null if it says nothing.
    saying: Option<Saying>,
    /// Why values are unknown although upstream sent them.
    doubts: Vec<String>,
}

/// A place in the ranking by temperature.
#[derive(Debug, SimpleObject)]
pub(super) struct RankedTemperature {
    /// From 1; equally warm places share it.
    rank: i32,
    /// The place.
    place: Place,
    /// Water temperature in degrees Celsius.
    celsius: f64,
}

/// A place that is missing in the ranking.
#[derive(Debug, SimpleObject)]
pub(super) struct NotRanked {
    /// The place.
    place: Place,
    /// Why.
    because: String,
}

impl Comparison {
    pub(super) fn new(comparison: &aareguru::Comparison, now: Timestamp) -> Self {
        let told = compare_cities::structured(comparison, now);
        let places = comparison.places.iter().zip(told.places);
        let ranked = |rank: i64| i32::try_from(rank).unwrap_or(i32::MAX);
        Self {
            places: places
                .map(|(at, told)| ComparedPlace::new(at, told, now))
                .collect(),
            warmest_first: told
                .warmest_first
                .iter()
                .map(|it| RankedTemperature {
                    rank: ranked(it.rank),
                    place: of_table(it.city),
                    celsius: it.temperature_celsius,
                })
                .collect(),
            not_ranked: told
                .not_ranked
                .into_iter()
                .map(|it| NotRanked {
                    place: of_table(it.city),
                    because: it.why,
                })
                .collect(),
            boundary: told.boundary,
            notes: told.notes,
            recorded_on: comparison.recorded_on.map(Date::from),
            upstream_trouble: UpstreamTrouble::new(comparison.upstream_trouble.as_ref()),
        }
    }
}

impl ComparedPlace {
    fn new(at: &aareguru::ComparedPlace, told: compare_cities::Compared, now: Timestamp) -> Self {
        let advice = at.advice(now);
        Self {
            place: Place(at.place),
            water: WaterTemperature::new(at.place, &at.water, now),
            water_in_two_hours_celsius: told.water_in_two_hours_celsius,
            flow: Flow::new(at.place, &at.flow, now),
            percent_of_flood_level2: told.percent_of_flood_level_2,
            flood_level: told.flood_level.and_then(|level| i32::try_from(level).ok()),
            verdict: advice.verdict.into(),
            reasons: advice.reasons.iter().map(Statement::from).collect(),
            air_celsius: told.air_celsius,
            saying: told.saying.map(Saying::new),
            doubts: told.doubts,
        }
    }
}

fn of_table(id: &str) -> Place {
    Place(OnRiver::find(id).expect("the id comes from the table"))
}
