//! `get_historical_data`: the readings of one place over a time span, with statistics.

use aareguru::{HistoryStage, Place};
use answers::{
    historical_data::{HistoricalDataAnswer, render_text},
    translations::Translations,
};
use futures_util::future::BoxFuture;
use rmcp::{
    RoleServer,
    model::{self, ProgressNotificationParam},
    service::RequestContext,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use tokio::sync::mpsc;

use super::{
    output::{ToolError, ToolOutput, ToolResult},
    schema,
    tool::{Tool, ToolCall},
};
use crate::apps::AppView;

const DESCRIPTION: &str = "\
How warm was the Aare at one place over a span of time, and how much water did it carry? Returns \
statistics (lowest, highest, mean, median, percentiles, trend per day, gaps), a table by day, and \
up to 500 of the readings, water temperature in °C and flow in m³/s. Tells its source; what was \
not measured is null. Up to 366 days at once; the last 32 days are the surest.";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The place: brienz, interlaken, thun, bern, hagneck, biel, olten or brugg.
    #[serde(default = "super::tool::default_city")]
    #[schemars(example = &"thun")]
    city: String,
    /// The start of the time span: a date, a date and time (Swiss local time unless it has a zone),
    /// Unix seconds as text, or words such as "-24 hours", "-7 days", "yesterday", "today",
    /// "last week".
    #[serde(default = "a_day_ago", deserialize_with = "text_or_seconds")]
    #[schemars(example = &"-7 days", example = &"2026-09-01", example = &"2026-09-01T14:00")]
    start: String,
    /// The end of the time span, in the same formats. A date includes the whole day.
    #[serde(default = "now", deserialize_with = "text_or_seconds")]
    #[schemars(example = &"now", example = &"2026-09-02", example = &"2026-09-02T12:00:00Z")]
    end: String,
}

/// Accepts numbers too: the schema requires text, but models often send Unix seconds as a number.
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

pub(super) struct GetHistoricalData;

impl Tool for GetHistoricalData {
    fn definition(&self) -> model::Tool {
        let (name, title) = ("get_historical_data", "Historical data");
        schema::tool_with::<Arguments, HistoricalDataAnswer>(name, title, DESCRIPTION)
    }

    fn app(&self) -> Option<AppView> {
        Some(AppView::History)
    }

    fn call<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, ToolResult> {
        Box::pin(async move {
            let Arguments { city, start, end } = call.parse_arguments()?;
            let place = Place::find(&city)?;
            let (progress, receiver) = mpsc::unbounded_channel();
            let history = async move {
                let now = call.river.now();
                let report = |stage: Option<HistoryStage>, message| {
                    // Sending fails only after `notify` has returned.
                    let _ = progress.send((stage, message));
                };
                let asking = |stage| report(Some(stage), format!("asking {}", stage.asking));
                let history = call.river.history(place, &start, &end, now, asking).await?;
                report(None, format!("counting {} readings", history.points.len()));
                Ok::<_, ToolError>(history)
            };
            let (history, ()) = tokio::join!(history, notify(call.context, receiver));
            let history = history?;
            let structured = HistoricalDataAnswer::new(&history);
            let text = render_text(&history, &structured);
            ToolOutput::new(text, &structured, Translations::default())
        })
    }
}

/// Sends a progress notification for each stage, if the client requested progress. The last stage,
/// `None`, is the statistics.
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
        // The protocol requires that progress increases, so the first value is above zero.
        let progress = ProgressNotificationParam::new(token.clone(), (done + 1) as f64)
            .with_total(total as f64)
            .with_message(message);
        // Sending fails only if the client has closed.
        let _ = context.peer.notify_progress(progress).await;
    }
}
