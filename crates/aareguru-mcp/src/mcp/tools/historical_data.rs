//! `get_historical_data`: what was measured at one place over a span of time?

pub(crate) mod numbers;
pub(crate) mod summary;

use aareguru::{
    CREDIT, HistorySource, HistoryStage, Place, River, RiverHistory,
    series::{RiverPoint, thinned},
};
use rmcp::{
    RoleServer,
    model::{JsonObject, ProgressNotificationParam, Tool},
    service::RequestContext,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::mpsc;

use crate::mcp::{
    apps::App,
    tools::{ToolError, ToolOutput, parse, read_only, schema},
    upstream_failure::FailureDetails,
};
use numbers::{DayRow, FlowNumbers, TemperatureNumbers};

pub(super) const NAME: &str = "get_historical_data";

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
    /// The place's identifier.
    pub(crate) city: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// Where the gauge stands.
    pub(crate) station: &'static str,
    /// Where the span starts, in Unix seconds.
    pub(crate) start: i64,
    /// Where the span ends, in Unix seconds.
    pub(crate) end: i64,
    /// Which data these are.
    pub(crate) source: SourceName,
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
    /// That the API ails and this is an earlier answer; null if it is new.
    pub(crate) upstream_trouble: Option<FailureDetails>,
    /// Whom to credit.
    pub(crate) credit: &'static str,
}

/// The names that programs see.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SourceName {
    /// The last two days in the Aareguru API.
    AareguruCurrent,
    /// The hydro API of existenz.ch, 32 days back.
    ExistenzHydro,
    /// The history of the Aareguru API, whose form is not documented.
    AareguruHistory,
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

pub(super) fn definition() -> Tool {
    Tool::new(NAME, DESCRIPTION, JsonObject::new())
        .with_title("Historical data")
        .with_input_schema::<Arguments>()
        .with_raw_output_schema(schema::output::<Answer>())
        .with_annotations(read_only("Historical data"))
        .with_meta(App::History.link())
}

pub(super) async fn call(
    river: &River,
    arguments: JsonObject,
    context: &RequestContext<RoleServer>,
) -> Result<ToolOutput, ToolError> {
    let arguments: Arguments = parse(arguments)?;
    let place = Place::find(&arguments.city)?;
    let (stages, heard) = mpsc::unbounded_channel();
    let history = async move {
        let tell = |stage| {
            // Nobody listens any more only when the call is over.
            let _ = stages.send(Progress::Asking(stage));
        };
        let (start, end) = (&arguments.start, &arguments.end);
        let history = river.history(place, start, end, river.now(), tell).await?;
        let _ = stages.send(Progress::Counting(history.points.len()));
        Ok::<_, ToolError>(history)
    };
    let (history, ()) = tokio::join!(history, notify(context, heard));
    let history = history?;
    let structured = structured(&history);
    ToolOutput::new(summary::text(&history, &structured), &structured)
}

/// How far a call is.
enum Progress {
    Asking(HistoryStage),
    Counting(usize),
}

/// Tells the client of each stage, if it wants to hear, until there are no more.
async fn notify(
    context: &RequestContext<RoleServer>,
    mut heard: mpsc::UnboundedReceiver<Progress>,
) {
    let Some(token) = context.meta.get_progress_token() else {
        return;
    };
    let mut total = 1;
    while let Some(progress) = heard.recv().await {
        let (done, message) = match progress {
            Progress::Asking(stage) => {
                total = stage.of + 1;
                (stage.asked, format!("asking {}", stage.asking))
            }
            Progress::Counting(readings) => (total - 1, format!("counting {readings} readings")),
        };
        // Progress has to grow, and starts above nothing.
        let progress = ProgressNotificationParam::new(token.clone(), (done + 1) as f64)
            .with_total(total as f64)
            .with_message(message);
        // A client that is gone gets no answer either.
        let _ = context.peer.notify_progress(progress).await;
    }
}

pub(crate) fn structured(history: &RiverHistory) -> Answer {
    let place = history.place;
    let (points, step) = thinned(&history.points, MAX_POINTS);
    Answer {
        city: place.id(),
        name: place.name(),
        station: place.station(),
        start: history.span.start().as_second(),
        end: history.span.end().as_second(),
        source: history.source.into(),
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
        upstream_trouble: FailureDetails::new(history.upstream_trouble.as_ref()),
        credit: CREDIT,
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

impl From<HistorySource> for SourceName {
    fn from(source: HistorySource) -> Self {
        match source {
            HistorySource::Current => Self::AareguruCurrent,
            HistorySource::Hydro => Self::ExistenzHydro,
            HistorySource::History => Self::AareguruHistory,
        }
    }
}
