//! A place on the river: what it is, and what can be asked of it.

use aareguru::{FloodLevel, Quantity as Measured, River};
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::{
    conditions::Current,
    danger::{Danger, Verdict},
    forecast::Forecast,
    history::History,
    sources::Source,
    trouble,
};
use crate::mcp::tools::forecast::MAX_HOURS;

// A resolver that may fail gives `Option<Result<_>>`: of a `Result<Option<_>>`
// that fails the library leaves the field out, where it has to be null.

/// What a history costs besides what it holds: it may ask the API for a span
/// that nobody else has asked for.
const HISTORY: usize = 1_000;

/// A place as the schema has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(pub(super) &'static aareguru::Place);

/// One of the eight places at which the Aare is measured. The fields that are
/// nullable objects ask the API, and are null, with an error that names them,
/// if it gives no answer.
#[Object]
impl Place {
    /// Its identifier: `bern`.
    async fn id(&self) -> ID {
        self.0.id().into()
    }

    /// Its standard German name: `Bern`.
    async fn name(&self) -> &str {
        self.0.name()
    }

    /// Its name in Bernese German: `Bärn`.
    async fn dialect_name(&self) -> &str {
        self.0.dialect_name()
    }

    /// Where the gauge stands: `Bern, Schönau`.
    async fn station(&self) -> &str {
        self.0.station()
    }

    /// Other names by which it is found, in other languages and of lawns and
    /// baths.
    async fn aliases(&self) -> Vec<&str> {
        self.0.aliases().collect()
    }

    /// BAFU's number of the gauge; null where BAFU does not measure.
    async fn gauge(&self) -> Option<u32> {
        self.0.gauge()
    }

    /// Latitude of the gauge in degrees north (WGS 84).
    async fn latitude(&self) -> f64 {
        self.0.latitude_deg()
    }

    /// Longitude of the gauge in degrees east (WGS 84).
    async fn longitude(&self) -> f64 {
        self.0.longitude_deg()
    }

    /// What the station reports at all; even then any value may be missing.
    async fn measures(&self) -> Vec<Quantity> {
        let all = [
            (Measured::Temperature, Quantity::Temperature),
            (Measured::Flow, Quantity::Flow),
            (Measured::Height, Quantity::Height),
        ];
        let measured = all.into_iter().filter(|(it, _)| self.0.measures(*it));
        measured.map(|(_, quantity)| quantity).collect()
    }

    /// The weather station that goes with the place; null where it is not known.
    async fn weather_station(&self) -> Option<WeatherStation> {
        self.0.weather_station().map(|station| WeatherStation {
            code: &station.code,
            name: &station.name,
        })
    }

    /// What the name alone would let one get wrong, in English; null if
    /// nothing.
    async fn note(&self) -> Option<&str> {
        self.0.note()
    }

    /// Who says what is known of the place itself.
    #[graphql(complexity = "1 + 8 * child_complexity")]
    async fn sources(&self) -> Vec<Source> {
        self.0.sources().into_iter().map(Source::from).collect()
    }

    /// The flows from which BAFU's flood levels 2 to 5 hold here; empty where
    /// they are not known (Olten), which is not level 1.
    #[graphql(complexity = "1 + 4 * child_complexity")]
    async fn flood_levels(&self) -> Vec<FloodThreshold> {
        let Some(thresholds) = self.0.flood_thresholds() else {
            return Vec::new();
        };
        let threshold = |level: FloodLevel| {
            Some(FloodThreshold {
                level: level.number().into(),
                from_m3_per_s: thresholds.from_m3_per_s(level)?,
                name: level.name(),
                source: thresholds.source().into(),
            })
        };
        FloodLevel::ALL.into_iter().filter_map(threshold).collect()
    }

    /// What those who know the river say to swimmers here from which flow on,
    /// lowest first. Empty where nobody is known to have said anything, which
    /// permits nothing.
    #[graphql(complexity = "1 + 8 * child_complexity")]
    async fn swimming_limits(&self) -> Vec<SwimmingLimit> {
        let limits = self.0.swimming_limits();
        let limit = |limit: &'static aareguru::advice::SwimmingLimit| SwimmingLimit {
            from_m3_per_s: limit.from_m3_per_s(),
            verdict: limit.verdict().into(),
            text: limit.text(),
            source: limit.source().into(),
        };
        limits.map(limit).collect()
    }

    /// How it is here now: water, flow, air, rain, sun, canal. Null with an
    /// error if the API gives no answer.
    #[graphql(complexity = "5 + child_complexity")]
    async fn current(&self, ctx: &Context<'_>) -> Option<Result<Current>> {
        let conditions = river(ctx).conditions(self.0).await;
        Some(conditions.map(Current::new).map_err(trouble::upstream))
    }

    /// What the flow here means, and what may be said to a swimmer. Null with
    /// an error if the API gives no answer; that permits nothing.
    #[graphql(complexity = "5 + child_complexity")]
    async fn danger(&self, ctx: &Context<'_>) -> Option<Result<Danger>> {
        let danger = river(ctx).danger(self.0).await;
        let danger = danger.map(|danger| Danger::new(&danger));
        Some(danger.map_err(trouble::upstream))
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
    ) -> Option<Result<Forecast>> {
        let asked = u32::try_from(hours).unwrap_or_default();
        if !(1..=MAX_HOURS).contains(&asked) {
            let text = format!("`hours` is a number from 1 to {MAX_HOURS}, not {hours}");
            return Some(Err(trouble::bad_input("hours", text)));
        }
        let river = river(ctx);
        let forecast = river.forecast(self.0).await;
        let forecast = forecast.map(|it| Forecast::new(&it, asked, river.now()));
        Some(forecast.map_err(trouble::upstream))
    }

    /// What was measured here from `start` to `end`, at most 366 days. Null
    /// with an error if it is not known.
    #[graphql(complexity = "HISTORY + child_complexity")]
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
    ) -> Option<Result<History>> {
        let river = river(ctx);
        let history = river
            .history(self.0, &start, &end, river.now(), |_| {})
            .await;
        Some(history.map(History).map_err(trouble::history))
    }
}

/// What a station can measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum Quantity {
    /// Water temperature.
    Temperature,
    /// Flow.
    Flow,
    /// Height of the water above sea level.
    Height,
}

/// A station of the Swiss weather service.
#[derive(Debug, SimpleObject)]
pub(super) struct WeatherStation {
    /// The weather service's code: `BER`.
    code: &'static str,
    /// Its name: `Bern / Zollikofen`.
    name: &'static str,
}

/// From which flow one of BAFU's flood levels holds at a place.
#[derive(Debug, SimpleObject)]
pub(super) struct FloodThreshold {
    /// The level, 2 to 5; level 1 holds below the first of them.
    level: i32,
    /// BAFU's name of the danger in English.
    name: &'static str,
    /// The flow from which it holds, in cubic metres per second.
    from_m3_per_s: f64,
    /// Who says so.
    source: Source,
}

/// What is said to swimmers at one place from a flow on. It says nothing of any
/// other place.
#[derive(Debug, SimpleObject)]
pub(super) struct SwimmingLimit {
    /// The flow from which it holds, in cubic metres per second.
    from_m3_per_s: f64,
    /// The verdict that it makes.
    verdict: Verdict,
    /// What is said, in English.
    text: &'static str,
    /// Who says so.
    source: Source,
}

pub(super) fn river<'a>(ctx: &Context<'a>) -> &'a River {
    ctx.data_unchecked()
}
