//! The GraphQL type of a place, with fields for its conditions, forecast and history.

use aareguru::{FloodLevel, River, advice};
use answers::forecast::MAX_HOURS;
use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};

use super::{
    conditions::CurrentType,
    danger::{DangerType, VerdictType},
    error,
    forecast::ForecastType,
    history::HistoryType,
    sources::SourceType,
};

// A resolver that can fail returns `Option<Result<_>>`: for a `Result<Option<_>>` that fails, the
// library omits the field, which must be null.

/// The complexity of a history in addition to its fields: it may need a separate request to the
/// upstream API, because few requests are for the same time span.
const HISTORY_COMPLEXITY: usize = 1_000;

objects! {
    #![derive(Debug, SimpleObject)]

    /// One of the eight measured places. The fields `current`, `danger`, `forecast` and `history`
    /// need a request to the upstream API. They are null with an error if the request fails.
    #[graphql(complex)]
    struct PlaceType("Place") from(place: &'static aareguru::Place) {
        /// The identifier: `bern`.
        id: ID = place.id().into(),
        /// The name in standard German: `Bern`.
        name: &'static str = place.name(),
        /// The name in Bernese German: `Bärn`.
        dialect_name: &'static str = place.dialect_name(),
        /// The location of the gauge: `Bern, Schönau`.
        station: &'static str = place.station(),
        /// Other names of the place: in other languages, and names of lawns and baths.
        aliases: Vec<&'static str> = place.aliases().collect(),
        /// BAFU's number of the gauge; null if BAFU does not measure here.
        gauge: Option<u32> = place.gauge(),
        /// Latitude of the gauge in degrees north (WGS 84).
        latitude: f64 = place.latitude_deg(),
        /// Longitude of the gauge in degrees east (WGS 84).
        longitude: f64 = place.longitude_deg(),
        /// The quantities that the station measures. Values may still be missing at times.
        measures: Vec<QuantityType> = {
            let all = [
                (aareguru::Quantity::Temperature, QuantityType::Temperature),
                (aareguru::Quantity::Flow, QuantityType::Flow),
                (aareguru::Quantity::Height, QuantityType::Height),
            ];
            all.into_iter().filter(|(it, _)| place.measures(*it)).map(|(_, it)| it).collect()
        },
        /// The nearest weather station; null if unknown.
        weather_station: Option<WeatherStationType> =
            place.weather_station().map(WeatherStationType::new),
        /// A note that prevents a misunderstanding of the name, in English; null if there is none.
        note: Option<&'static str> = place.note(),
        /// The sources of the data about the place.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        sources: Vec<SourceType> = place.sources().into_iter().map(SourceType::new).collect(),
        /// The flows at which BAFU's flood levels 2 to 5 begin. Empty means unknown (Olten), not
        /// level 1.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        flood_levels: Vec<FloodThresholdType> = {
            let threshold = |level| {
                let thresholds = place.flood_thresholds()?;
                let from_m3_per_s = thresholds.from_m3_per_s(level)?;
                Some(FloodThresholdType::new(level, from_m3_per_s, thresholds.source()))
            };
            FloodLevel::ALL.into_iter().filter_map(threshold).collect()
        },
        /// Published warnings for swimmers at this place, each with the flow at which it applies,
        /// lowest first. Empty means that no warning is known. That is not a permission to swim.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        swimming_limits: Vec<SwimmingLimitType> =
            place.swimming_limits().map(SwimmingLimitType::new).collect(),
        #[graphql(skip)]
        place: &'static aareguru::Place,
    }

    /// A station of the Swiss weather service.
    struct WeatherStationType("WeatherStation") from(station: &'static aareguru::WeatherStation) {
        /// The code of the station: `BER`.
        code: &'static str = &station.code,
        /// The name of the station: `Bern / Zollikofen`.
        name: &'static str = &station.name,
    }

    /// The flow at which one of BAFU's flood levels begins at a place.
    struct FloodThresholdType("FloodThreshold") from(
        flood_level: FloodLevel,
        from_m3_per_s: f64,
        source: &'static aareguru::Source,
    ) {
        /// The level, 2 to 5. Level 1 applies below level 2.
        level: u8 = flood_level.number(),
        /// BAFU's name of the level in English.
        name: &'static str = flood_level.name(),
        /// The flow at which the level begins, in cubic metres per second.
        from_m3_per_s: f64,
        /// The source of the threshold.
        source: SourceType = SourceType::new(source),
    }

    /// A warning for swimmers that applies from a flow on. It applies to one place only.
    struct SwimmingLimitType("SwimmingLimit") from(limit: &'static advice::SwimmingLimit) {
        /// The flow at which the warning begins, in cubic metres per second.
        from_m3_per_s: f64 = limit.from_m3_per_s(),
        /// The verdict when the flow reaches the limit.
        verdict: VerdictType = limit.verdict().into(),
        /// The warning in English.
        text: &'static str = limit.text(),
        /// The source of the warning.
        source: SourceType = SourceType::new(limit.source()),
    }
}

/// The fields that need a request to the upstream API.
#[ComplexObject]
impl PlaceType {
    /// Current conditions: water, flow, air, rain, sun, canal. Null with an error if the upstream
    /// request fails.
    #[graphql(complexity = "5 + child_complexity")]
    async fn current(&self, ctx: &Context<'_>) -> Option<Result<CurrentType>> {
        let conditions = river(ctx).conditions(self.place).await;
        Some(conditions.map(CurrentType::new).map_err(error::upstream))
    }

    /// The flow with its flood level, and the verdict for swimmers. Null with an error if the
    /// upstream request fails. Null is not a permission to swim.
    #[graphql(complexity = "5 + child_complexity")]
    async fn danger(&self, ctx: &Context<'_>) -> Option<Result<DangerType>> {
        let danger = river(ctx).danger(self.place).await;
        Some(
            danger
                .map(|it| DangerType::new(&it))
                .map_err(error::upstream),
        )
    }

    /// The water temperature in two hours, and the weather of today and the next days. Null with an
    /// error if the upstream request fails.
    #[graphql(complexity = "5 + child_complexity")]
    async fn forecast(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default = 24,
            desc = "The range of the forecast in hours, 1 to 96. Includes every day that begins within the range."
        )]
        hours: i32,
    ) -> Option<Result<ForecastType>> {
        let requested = u32::try_from(hours).unwrap_or_default();
        if !(1..=MAX_HOURS).contains(&requested) {
            let text = format!("`hours` must be a number from 1 to {MAX_HOURS}, not {hours}");
            return Some(Err(error::bad_input("hours", text)));
        }
        let river = river(ctx);
        let forecast = river.forecast(self.place).await;
        let forecast = forecast.map(|it| ForecastType::new(&it, requested, river.now()));
        Some(forecast.map_err(error::upstream))
    }

    /// The readings from `start` to `end`, at most 366 days, with statistics. Null with an error if
    /// there are none.
    #[graphql(complexity = "HISTORY_COMPLEXITY + child_complexity")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default = "-24 hours",
            desc = "The start: a date, a date and time (Swiss local time unless it has a zone), \
                    Unix seconds as text, or words such as \"-24 hours\", \"-7 days\", \
                    \"yesterday\", \"today\", \"last week\"."
        )]
        start: String,
        #[graphql(
            default = "now",
            desc = "The end, in the same formats. A date includes the whole day."
        )]
        end: String,
    ) -> Option<Result<HistoryType>> {
        let river = river(ctx);
        let history = river
            .history(self.place, &start, &end, river.now(), |_| {})
            .await;
        Some(history.map(HistoryType::new).map_err(error::history))
    }
}

/// A quantity that a station can measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "Quantity")]
pub(super) enum QuantityType {
    /// Water temperature.
    Temperature,
    /// Flow.
    Flow,
    /// Water level, in height above sea level.
    Height,
}

impl PlaceType {
    /// Creates the place with an identifier from the table of places.
    pub(super) fn with_id(id: &str) -> Self {
        Self::new(aareguru::Place::find(id).expect("the id is from the table"))
    }
}

/// Returns the river that the schema was built with.
pub(super) fn river<'a>(ctx: &Context<'a>) -> &'a River {
    ctx.data_unchecked()
}
