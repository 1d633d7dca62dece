//! `get_historical_data`: what was measured at one place over a span of time?

pub(crate) mod numbers;
pub(crate) mod summary;

use aareguru::{
    HistorySource, HistoryStage, Place, RiverHistory,
    series::{RiverPoint, thinned},
};
use futures_util::future::BoxFuture;
use rmcp::{
    RoleServer,
    model::{self, ProgressNotificationParam},
    service::RequestContext,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::mpsc;

use super::{Outcome, Tool, ToolCall, ToolError, ToolOutput, schema};
use crate::mcp::{
    answer::{PlaceNames, Provenance},
    apps::{App, Translations},
};
use numbers::{DayRow, FlowNumbers, TemperatureNumbers};

const DESCRIPTION: &str = "\
How warm was the Aare at one place over a span of time, and how much water did it carry? Returns \
statistics (lowest, highest, mean, median, percentiles, trend per day, gaps), a table by day, and \
up to 500 of the readings, water temperature in °C and flow in m³/s. Tells its source; what was \
not measured is null. Up to 366 days at once; the last 32 days are the surest.";

/// More points than this are thinned.
pub(crate) const MAX_POINTS: usize = 500;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Where: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg.
    #[serde(default = "super::bern")]
    #[schemars(example = &"thun")]
    city: String,
    /// From when: a date, a date and time (Swiss local time unless it has a
    /// zone), Unix seconds as text, or words such as "-24 hours", "-7 days",
    /// "yesterday", "today", "last week".
    #[serde(default = "a_day_ago", deserialize_with = "text_or_seconds")]
    #[schemars(example = &"-7 days", example = &"2026-09-01", example = &"2026-09-01T14:00")]
    start: String,
    /// Until when, in the same forms; a day is included.
    #[serde(default = "now", deserialize_with = "text_or_seconds")]
    #[schemars(example = &"now", example = &"2026-09-02", example = &"2026-09-02T12:00:00Z")]
    end: String,
}

/// The schema asks for a text, but Unix seconds are often sent as a number.
fn text_or_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a time as text, or Unix seconds")]
    enum Time {
        Text(String),
        Seconds(i64),
    }
    Ok(match Time::deserialize(deserializer)? {
        Time::Text(text) => text,
        Time::Seconds(seconds) => seconds.to_string(),
    })
}

fn a_day_ago() -> String {
    "-24 hours".to_owned()
}

fn now() -> String {
    "now".to_owned()
}

/// The structured answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    #[serde(flatten)]
    pub(crate) place: PlaceNames,
    /// Where the span starts, in Unix seconds.
    pub(crate) start: i64,
    /// Where the span ends, in Unix seconds.
    pub(crate) end: i64,
    /// Which data these are.
    pub(crate) source: HistorySource,
    /// The day of the recording, if this is one and not the live river.
    pub(crate) recorded_on: Option<String>,
    /// What to know about these data; to be told to the user.
    pub(crate) notes: Vec<String>,
    /// How many readings there are in the span; the statistics are of all.
    pub(crate) readings: usize,
    /// How many values are implausible, doubtful or dated in the future, and
    /// therefore in no reading and no statistic.
    pub(crate) values_left_out: usize,
    /// How the points were thinned; null if they are all there are.
    pub(crate) thinning: Option<String>,
    /// The water temperature in degrees Celsius.
    pub(crate) temperature: TemperatureNumbers,
    /// The flow in cubic metres per second.
    pub(crate) flow: FlowNumbers,
    /// Day by day, in Swiss local time.
    pub(crate) days: Vec<DayRow>,
    /// The readings, oldest first.
    pub(crate) points: Vec<Point>,
    #[serde(flatten)]
    pub(crate) provenance: Provenance,
}

/// One reading.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Point {
    /// When it was measured, in Unix seconds.
    pub(crate) time: i64,
    /// Water temperature in degrees Celsius; null if it was not measured.
    pub(crate) temperature_celsius: Option<f64>,
    /// Flow in cubic metres per second; null if it was not measured.
    pub(crate) flow_m3_per_s: Option<f64>,
}

pub(super) struct GetHistoricalData;

impl Tool for GetHistoricalData {
    fn definition(&self) -> model::Tool {
        let (name, title) = ("get_historical_data", "Historical data");
        schema::tool_with::<Arguments, Answer>(name, title, DESCRIPTION)
    }

    fn app(&self) -> Option<App> {
        Some(App("history"))
    }

    fn call<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let Arguments { city, start, end } = call.arguments()?;
            let place = Place::find(&city)?;
            let (progress, receiver) = mpsc::unbounded_channel();
            let history = async move {
                let now = call.river.now();
                let report = |stage: Option<HistoryStage>, message| {
                    // The receiver is dropped only when the call is over.
                    let _ = progress.send((stage, message));
                };
                let asking = |stage| report(Some(stage), format!("asking {}", stage.asking));
                let history = call.river.history(place, &start, &end, now, asking).await?;
                report(None, format!("counting {} readings", history.points.len()));
                Ok::<_, ToolError>(history)
            };
            let (history, ()) = tokio::join!(history, notify(call.context, receiver));
            let history = history?;
            let structured = structured(&history);
            let text = summary::text(&history, &structured);
            ToolOutput::new(text, &structured, Translations::default())
        })
    }
}

/// Notifies the client of each stage, if it wants that, until there are no more. The last one is
/// not of the river.
async fn notify(
    context: &RequestContext<RoleServer>,
    mut progress: mpsc::UnboundedReceiver<(Option<HistoryStage>, String)>,
) {
    let Some(token) = context.meta.get_progress_token() else {
        return;
    };
    let mut total = 1;
    while let Some((stage, message)) = progress.recv().await {
        total = stage.map_or(total, |stage| stage.of + 1);
        let done = stage.map_or(total - 1, |stage| stage.asked);
        // Progress has to grow, and starts above nothing.
        let progress = ProgressNotificationParam::new(token.clone(), (done + 1) as f64)
            .with_total(total as f64)
            .with_message(message);
        // A client that has closed gets no answer either.
        let _ = context.peer.notify_progress(progress).await;
    }
}

pub(crate) fn structured(history: &RiverHistory) -> Answer {
    let place = history.place;
    let (points, step) = thinned(&history.points, MAX_POINTS);
    Answer {
        place: PlaceNames::new(place),
        start: history.span.start().as_second(),
        end: history.span.end().as_second(),
        source: history.source,
        recorded_on: history.recorded_on.map(|day| day.to_string()),
        notes: summary::notes(history),
        readings: history.points.len(),
        values_left_out: history.left_out.total(),
        thinning: (step > 1).then(|| {
            format!("one reading in {step}, the first and last, and the lowest and highest of each quantity")
        }),
        temperature: TemperatureNumbers::of(&history.points),
        flow: FlowNumbers::of(&history.points),
        days: DayRow::all_of(&history.points),
        points: points.iter().map(Point::from).collect(),
        provenance: Provenance::new(history.upstream_trouble.as_ref()),
    }
}

impl From<&RiverPoint> for Point {
    fn from(point: &RiverPoint) -> Self {
        Self {
            time: point.at.as_second(),
            temperature_celsius: point.temperature_celsius,
            flow_m3_per_s: point.flow_m3_per_s,
        }
    }
}
