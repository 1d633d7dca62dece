//! A place on the river.

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

/// What a history costs besides what it holds: it may ask the API for a span
/// that nobody else has asked for.
const HISTORY_COMPLEXITY: usize = 1_000;

objects! {
    #![derive(Debug, SimpleObject)]

    /// One of the eight places at which the Aare is measured. The fields that are
    /// nullable objects ask the API, and are null, with an error that names them,
    /// if it gives no answer.
    #[graphql(complex)]
    struct PlaceType("Place") from(place: &'static aareguru::Place) {
        /// Its identifier: `bern`.
        id: ID = place.id().into(),
        /// Its standard German name: `Bern`.
        name: &'static str = place.name(),
        /// Its name in Bernese German: `Bärn`.
        dialect_name: &'static str = place.dialect_name(),
        /// Where the gauge stands: `Bern, Schönau`.
        station: &'static str = place.station(),
        /// Other names by which it is found, in other languages and of lawns and
        /// baths.
        aliases: Vec<&'static str> = place.aliases().collect(),
        /// BAFU's number of the gauge; null where BAFU does not measure.
        gauge: Option<u32> = place.gauge(),
        /// Latitude of the gauge in degrees north (WGS 84).
        latitude: f64 = place.latitude_deg(),
        /// Longitude of the gauge in degrees east (WGS 84).
        longitude: f64 = place.longitude_deg(),
        /// What the station reports at all; even then any value may be missing.
        measures: Vec<QuantityType> = {
            let all = [
                (aareguru::Quantity::Temperature, QuantityType::Temperature),
                (aareguru::Quantity::Flow, QuantityType::Flow),
                (aareguru::Quantity::Height, QuantityType::Height),
            ];
            all.into_iter().filter(|(it, _)| place.measures(*it)).map(|(_, it)| it).collect()
        },
        /// The weather station that goes with the place; null where it is not known.
        weather_station: Option<WeatherStationType> = place.weather_station().map(WeatherStationType::new),
        /// What the name alone would let one get wrong, in English; null if
        /// nothing.
        note: Option<&'static str> = place.note(),
        /// Who says what is known of the place itself.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        sources: Vec<SourceType> = place.sources().into_iter().map(SourceType::new).collect(),
        /// The flows from which BAFU's flood levels 2 to 5 hold here; empty where
        /// they are not known (Olten), which is not level 1.
        #[graphql(complexity = "1 + 4 * child_complexity")]
        flood_levels: Vec<FloodThresholdType> = {
            let threshold = |level| {
                let thresholds = place.flood_thresholds()?;
                let from_m3_per_s = thresholds.from_m3_per_s(level)?;
                Some(FloodThresholdType::new(level, from_m3_per_s, thresholds.source()))
            };
            FloodLevel::ALL.into_iter().filter_map(threshold).collect()
        },
        /// What those who know the river say to swimmers here from which flow on,
        /// lowest first. Empty where nobody is known to have said anything, which
        /// permits nothing.
        #[graphql(complexity = "1 + 8 * child_complexity")]
        swimming_limits: Vec<SwimmingLimitType> =
            place.swimming_limits().map(SwimmingLimitType::new).collect(),
        #[graphql(skip)]
        place: &'static aareguru::Place,
    }

    /// A station of the Swiss weather service.
    struct WeatherStationType("WeatherStation") from(station: &'static aareguru::WeatherStation) {
        /// The weather service's code: `BER`.
        code: &'static str = &station.code,
        /// Its name: `Bern / Zollikofen`.
        name: &'static str = &station.name,
    }

    /// From which flow one of BAFU's flood levels holds at a place.
    struct FloodThresholdType("FloodThreshold") from(
        flood_level: FloodLevel,
        from_m3_per_s: f64,
        source: &'static aareguru::Source,
    ) {
        /// The level, 2 to 5; level 1 holds below the first of them.
        level: u8 = flood_level.number(),
        /// BAFU's name of the danger in English.
        name: &'static str = flood_level.name(),
        /// The flow from which it holds, in cubic metres per second.
        from_m3_per_s: f64,
        /// Who says so.
        source: SourceType = SourceType::new(source),
    }

    /// What is said to swimmers at one place from a flow on. It says nothing of any
    /// other place.
    struct SwimmingLimitType("SwimmingLimit") from(limit: &'static advice::SwimmingLimit) {
        /// The flow from which it holds, in cubic metres per second.
        from_m3_per_s: f64 = limit.from_m3_per_s(),
        /// The verdict that it makes.
        verdict: VerdictType = limit.verdict().into(),
        /// What is said, in English.
        text: &'static str = limit.text(),
        /// Who says so.
        source: SourceType = SourceType::new(limit.source()),
    }
}

/// The fields that request data from the API.
#[ComplexObject]
impl PlaceType {
    /// How it is here now: water, flow, air, rain, sun, canal. Null with an
    /// error if the API gives no answer.
    #[graphql(complexity = "5 + child_complexity")]
    async fn current(&self, ctx: &Context<'_>) -> Option<Result<CurrentType>> {
        let conditions = river(ctx).conditions(self.place).await;
        Some(conditions.map(CurrentType::new).map_err(error::upstream))
    }

    /// What the flow here means, and what may be said to a swimmer. Null with
    /// an error if the API gives no answer; that permits nothing.
    #[graphql(complexity = "5 + child_complexity")]
    async fn danger(&self, ctx: &Context<'_>) -> Option<Result<DangerType>> {
        let danger = river(ctx).danger(self.place).await;
        Some(
            danger
                .map(|it| DangerType::new(&it))
                .map_err(error::upstream),
        )
    }

    /// What comes here: the water in two hours, the weather of today and of the
    /// next days. Null with an error if the API gives no answer.
    #[graphql(complexity = "5 + child_complexity")]
    async fn forecast(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default = 24,
            desc = "How many hours ahead, 1 to 96. Each day that begins within them is told as a whole."
        )]
        hours: i32,
    ) -> Option<Result<ForecastType>> {
        let asked = u32::try_from(hours).unwrap_or_default();
        if !(1..=MAX_HOURS).contains(&asked) {
            let text = format!("`hours` is a number from 1 to {MAX_HOURS}, not {hours}");
            return Some(Err(error::bad_input("hours", text)));
        }
        let river = river(ctx);
        let forecast = river.forecast(self.place).await;
        let forecast = forecast.map(|it| ForecastType::new(&it, asked, river.now()));
        Some(forecast.map_err(error::upstream))
    }

    /// What was measured here from `start` to `end`, at most 366 days. Null
    /// with an error if it is not known.
    #[graphql(complexity = "HISTORY_COMPLEXITY + child_complexity")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default = "-24 hours",
            desc = "From when: a date, a date and time (Swiss local time unless it has a zone), \
                    Unix seconds as text, or words such as \"-24 hours\", \"-7 days\", \
                    \"yesterday\", \"today\", \"last week\"."
        )]
        start: String,
        #[graphql(
            default = "now",
            desc = "Until when, in the same forms; a day is included."
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

/// What a station can measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "Quantity")]
pub(super) enum QuantityType {
    /// Water temperature.
    Temperature,
    /// Flow.
    Flow,
    /// Height of the water above sea level.
    Height,
}

impl PlaceType {
    /// The place with an identifier that comes from the table of places.
    pub(super) fn with_id(id: &str) -> Self {
        Self::new(aareguru::Place::find(id).expect("the id comes from the table"))
    }
}

pub(super) fn river<'a>(ctx: &Context<'a>) -> &'a River {
    ctx.data_unchecked()
}
