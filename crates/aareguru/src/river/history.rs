//! What was measured at one place over a span of time?

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

/// How old the oldest reading in the Aareguru API's `current` is.
const CURRENT_REACHES: SignedDuration = SignedDuration::from_hours(48);

/// How far back the hydro API goes: 32 days; an hour less, because requests
/// are rounded and take their time.
const HYDRO_REACHES: SignedDuration = SignedDuration::from_hours(32 * 24 - 1);

/// A series may begin so much later than asked and still count as whole.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// What was measured at a place over a span of time.
#[derive(Debug, Clone)]
pub struct RiverHistory {
    /// The place, which the answer was checked to be about.
    pub place: &'static Place,
    /// The span that was asked for.
    pub span: TimeSpan,
    /// The present that relative words were read against: the clock's; in
    /// recordings, the time of the last reading.
    pub as_of: Timestamp,
    /// Who told it.
    pub source: HistorySource,
    /// The readings inside the span, oldest first; at least one.
    pub points: Vec<RiverPoint>,
    /// How many values inside the span are implausible or doubtful, and missing in `points`.
    pub left_out: LeftOut,
    /// The day of the recording, if it is one.
    pub recorded_on: Option<Date>,
    /// What the sources lack that were asked before.
    pub shortfalls: Vec<Shortfall>,
    /// Why this is an earlier answer: the API gave no new one.
    pub upstream_trouble: Option<UpstreamTrouble>,
}

/// Where a series comes from.
///
/// The form of [`Self::History`] is **unproven**: no real answer is public;
/// see [`History`](crate::api::History).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum HistorySource {
    /// The last two days in the Aareguru API's `current`.
    #[serde(rename = "aareguru_current")]
    Current,
    /// The hydro API of existenz.ch: BAFU's gauges, 32 days back.
    #[serde(rename = "existenz_hydro")]
    Hydro,
    /// The history of the Aareguru API, whose form is not documented.
    #[serde(rename = "aareguru_history")]
    History,
}

/// What a source lacks.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Shortfall {
    /// It could not be asked, or its answer not be read.
    #[error("{from} failed: {error}")]
    Failed {
        /// Who failed.
        from: HistorySource,
        /// How.
        error: Error,
    },
    /// It has no reading in the span.
    #[error("{from}: no readings in this span")]
    Empty {
        /// Who has none.
        from: HistorySource,
    },
    /// Its series have names that nobody foretold.
    #[error("{from}: neither temperature nor flow among its series {}", quoted(.names))]
    Unnamed {
        /// Who.
        from: HistorySource,
        /// The names, cut to 60 characters.
        names: String,
    },
    /// It begins inside the span.
    #[error("{from}: begins only {}", local_time(*.first))]
    Late {
        /// Who.
        from: HistorySource,
        /// Its first reading.
        first: Timestamp,
    },
}

/// Why there is no history.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The span cannot be asked about: correct it.
    #[error(transparent)]
    Span(#[from] SpanError),
    /// No source has it: read what each of them lacks.
    #[error("no history: {}", listed(.0))]
    Nowhere(Vec<Shortfall>),
    /// The answers are recordings, and no series of this place was recorded:
    /// ask the live API.
    #[error("no recording of a series at `{place}` exists; only Bern's was recorded")]
    NoRecording {
        /// The place's identifier.
        place: &'static str,
    },
    /// The answers are recordings, and none is of this time: ask about theirs.
    #[error("no recording of this span exists; what was recorded at `{place}`: {}", spans(.recorded))]
    NotRecorded {
        /// The place's identifier.
        place: &'static str,
        /// From when to when there are recordings.
        recorded: Vec<(Timestamp, Timestamp)>,
    },
}

/// What is being done for an answer, as told to who waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryStage {
    /// Who is being asked.
    pub asking: HistorySource,
    /// How many were asked before.
    pub asked: usize,
    /// How many may have to be asked in all.
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
        // What cannot be had from the hydro API is not asked of it.
        let reach = match source {
            HistorySource::Hydro => span.since(now - HYDRO_REACHES),
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
        if first.duration_since(span.start()) <= LATE {
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
    // That it begins late is told by its points.
    shortfalls.retain(|lack| !matches!(lack, Shortfall::Late { from, .. } if *from == source));
    Ok(found.answer(place, span, now, source, shortfalls))
}

/// Whom to ask, one after the other: those that have all of the span, the
/// nearest first; then those that have its end.
fn in_turn(place: &Place, span: &TimeSpan, now: Timestamp) -> Vec<HistorySource> {
    let reaches = |source: &HistorySource| match source {
        HistorySource::Current => now - CURRENT_REACHES,
        HistorySource::Hydro => now - HYDRO_REACHES,
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
    fn the_nearest_source_that_has_it_all_is_asked_first() {
        asks("bern", "-24 hours", "now", &[Current, Hydro, History]);
        asks("bern", "-7 days", "now", &[Hydro, History, Current]);
        asks("bern", "-60 days", "now", &[History, Hydro, Current]);
        asks("bern", "-60 days", "-50 days", &[History]);
        asks("bern", "-7 days", "-5 days", &[Hydro, History]);
    }

    #[test]
    fn without_a_gauge_the_hydro_api_is_not_asked() {
        asks("olten", "-24 hours", "now", &[Current, History]);
        asks("olten", "-7 days", "now", &[History, Current]);
        asks("olten", "-7 days", "-5 days", &[History]);
    }
}
