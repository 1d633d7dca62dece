//! The measurements at one place over a time span.

use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::excerpt::quoted;
use crate::series::{LeftOut, RiverPoint};
use crate::{Client, Error, Place, SpanError, TimeSpan, UpstreamTrouble, local_time};

mod recordings;
mod sources;

use sources::{Found, fetch};

/// The age of the oldest reading in the Aareguru API's `current`.
const CURRENT_REACH: SignedDuration = SignedDuration::from_hours(48);

/// How far back the hydro API reaches: 32 days, minus an hour, because requests are rounded and
/// take time.
const HYDRO_REACH: SignedDuration = SignedDuration::from_hours(32 * 24 - 1);

/// A series that begins this much later than requested still counts as complete.
const MAX_LATE_START: SignedDuration = SignedDuration::from_hours(1);

/// The measurements at a place over a time span.
#[derive(Debug, Clone)]
pub struct RiverHistory {
    /// The place. The response was checked to be about it.
    pub place: &'static Place,
    /// The requested span.
    pub span: TimeSpan,
    /// The time to which relative words refer: that of the clock; for recordings, the time of the
    /// last reading.
    pub as_of: Timestamp,
    /// The source of the measurements.
    pub source: HistorySource,
    /// The readings inside the span, oldest first; at least one.
    pub points: Vec<RiverPoint>,
    /// The number of values inside the span that are implausible or doubtful, and missing in
    /// `points`.
    pub left_out: LeftOut,
    /// The day of the recording; `None` for live data.
    pub recorded_on: Option<Date>,
    /// What the sources that were tried before lack.
    pub shortfalls: Vec<Shortfall>,
    /// Why the data is stale: the API returned no newer response.
    pub upstream_trouble: Option<UpstreamTrouble>,
}

/// Where a series comes from.
///
/// The shape of [`Self::History`] is **unproven**: no real response is public; see
/// [`History`](crate::api::History).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum HistorySource {
    /// The last two days in the Aareguru API's `current`.
    #[serde(rename = "aareguru_current")]
    Current,
    /// The hydro API of existenz.ch: BAFU's gauges, 32 days back.
    #[serde(rename = "existenz_hydro")]
    Hydro,
    /// The history of the Aareguru API, whose shape is not documented.
    #[serde(rename = "aareguru_history")]
    History,
}

/// What a source lacks.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Shortfall {
    /// The request failed.
    #[error("{from} failed: {error}")]
    Failed {
        /// The source that failed.
        from: HistorySource,
        /// The error.
        error: Error,
    },
    /// It has no reading in the span.
    #[error("{from}: no readings in this span")]
    Empty {
        /// The source.
        from: HistorySource,
    },
    /// Its series have unexpected names.
    #[error("{from}: neither temperature nor flow among its series {}", quoted(.names))]
    Unnamed {
        /// The source.
        from: HistorySource,
        /// The names, cut to 60 characters.
        names: String,
    },
    /// It begins inside the span.
    #[error("{from}: begins only {}", local_time(*.first))]
    Late {
        /// The source.
        from: HistorySource,
        /// Its first reading.
        first: Timestamp,
    },
}

/// Why there is no history.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The span is invalid: correct it.
    #[error(transparent)]
    Span(#[from] SpanError),
    /// No source has the data: each lacks something.
    #[error("no history: {}", listed(.0))]
    Nowhere(Vec<Shortfall>),
    /// The client uses recordings, and no series of this place was recorded: use the live API.
    #[error("no recording of a series at `{place}` exists; only Bern's was recorded")]
    NoRecording {
        /// The place's identifier.
        place: &'static str,
    },
    /// The client uses recordings, and none covers this time: choose a time that was recorded.
    #[error("no recording of this span exists; what was recorded at `{place}`: {}", spans(.recorded))]
    NotRecorded {
        /// The place's identifier.
        place: &'static str,
        /// The start and end of each recording.
        recorded: Vec<(Timestamp, Timestamp)>,
    },
}

/// Progress of a history request, reported to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryStage {
    /// The source of the next request.
    pub asking: HistorySource,
    /// The number of sources tried before.
    pub asked: usize,
    /// The number of sources that may be tried.
    pub of: usize,
}

impl fmt::Display for HistorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Current => "the last two days of the Aareguru API",
            Self::Hydro => "the hydro API of existenz.ch",
            Self::History => "the history of the Aareguru API",
        })
    }
}

fn listed(shortfalls: &[Shortfall]) -> String {
    let all: Vec<_> = shortfalls.iter().map(ToString::to_string).collect();
    all.join("; ")
}

fn spans(recorded: &[(Timestamp, Timestamp)]) -> String {
    let all: Vec<_> = recorded
        .iter()
        .map(|(from, until)| format!("{} to {}", local_time(*from), local_time(*until)))
        .collect();
    all.join(", and ")
}

pub(super) async fn ask(
    client: &Client,
    place: &'static Place,
    (start, end): (&str, &str),
    now: Timestamp,
    on_stage: &(impl Fn(HistoryStage) + Send + Sync),
) -> Result<RiverHistory, HistoryError> {
    if client.recorded_on().is_some() {
        return recordings::ask(client, place, (start, end), now, on_stage).await;
    }
    let span = TimeSpan::read(start, end, now)?;
    let sources = in_turn(place, &span, now);
    let mut shortfalls = Vec::new();
    let mut partial: Option<(HistorySource, Found)> = None;
    for (asked, source) in sources.iter().copied().enumerate() {
        on_stage(HistoryStage {
            asking: source,
            asked,
            of: sources.len(),
        });
        // The hydro API rejects a span that begins before its reach.
        let reach = match source {
            HistorySource::Hydro => span.since(now - HYDRO_REACH),
            _ => span,
        };
        let mut found = match fetch(client, source, place, &reach, now).await {
            Ok(found) => found,
            Err(shortfall) => {
                shortfalls.push(shortfall);
                continue;
            }
        };
        found.series.retain(|at| span.contains(at));
        let Some(first) = found.series.points.first().map(|point| point.at) else {
            shortfalls.push(Shortfall::Empty { from: source });
            continue;
        };
        if first.duration_since(span.start()) <= MAX_LATE_START {
            return Ok(found.answer(place, span, now, source, shortfalls));
        }
        shortfalls.push(Shortfall::Late {
            from: source,
            first,
        });
        let longest = partial
            .as_ref()
            .and_then(|(_, found)| found.series.points.first());
        if longest.is_none_or(|longest| first < longest.at) {
            partial = Some((source, found));
        }
    }
    let Some((source, found)) = partial else {
        return Err(HistoryError::Nowhere(shortfalls));
    };
    // The points themselves show that the series begins late.
    shortfalls.retain(|lack| !matches!(lack, Shortfall::Late { from, .. } if *from == source));
    Ok(found.answer(place, span, now, source, shortfalls))
}

/// Returns the sources in the order in which to try them: those that cover the whole span, most
/// recent first; then those that cover its end.
fn in_turn(place: &Place, span: &TimeSpan, now: Timestamp) -> Vec<HistorySource> {
    let reaches = |source: &HistorySource| match source {
        HistorySource::Current => now - CURRENT_REACH,
        HistorySource::Hydro => now - HYDRO_REACH,
        HistorySource::History => Timestamp::MIN,
    };
    let has_gauge = place.gauge().is_some();
    let (mut sources, parts): (Vec<_>, Vec<_>) = [
        HistorySource::Current,
        HistorySource::Hydro,
        HistorySource::History,
    ]
    .into_iter()
    .filter(|source| *source != HistorySource::Hydro || has_gauge)
    .partition(|source| span.start() >= reaches(source));
    let has_end = |source: &HistorySource| span.end() > reaches(source);
    sources.extend(parts.into_iter().rev().filter(has_end));
    sources
}

impl Found {
    fn answer(
        self,
        place: &'static Place,
        span: TimeSpan,
        as_of: Timestamp,
        source: HistorySource,
        shortfalls: Vec<Shortfall>,
    ) -> RiverHistory {
        RiverHistory {
            place,
            span,
            as_of,
            source,
            left_out: self.series.left_out(),
            points: self.series.points,
            recorded_on: self.recorded_on,
            shortfalls,
            upstream_trouble: self.trouble,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HistorySource::{Current, History, Hydro};
    use super::*;

    #[track_caller]
    fn asks(place: &str, start: &str, end: &str, sources: &[HistorySource]) {
        let now = "2026-09-02T11:20:00Z".parse().unwrap();
        let span = TimeSpan::read(start, end, now).unwrap();
        let place = Place::find(place).unwrap();
        assert_eq!(in_turn(place, &span, now), sources, "{place:?} {start}");
    }

    #[test]
    fn most_recent_source_that_covers_the_span_is_first() {
        asks("bern", "-24 hours", "now", &[Current, Hydro, History]);
        asks("bern", "-7 days", "now", &[Hydro, History, Current]);
        asks("bern", "-60 days", "now", &[History, Hydro, Current]);
        asks("bern", "-60 days", "-50 days", &[History]);
        asks("bern", "-7 days", "-5 days", &[Hydro, History]);
    }

    #[test]
    fn place_without_gauge_skips_the_hydro_api() {
        asks("olten", "-24 hours", "now", &[Current, History]);
        asks("olten", "-7 days", "now", &[History, Current]);
        asks("olten", "-7 days", "-5 days", &[History]);
    }
}
