//! The history from recordings.
//!
//! In a recording, `now` is the time of its last reading. The first recording in which the span is
//! not in the future is used.

use jiff::Timestamp;

use super::{HistoryError, HistorySource, HistoryStage, RiverHistory, fetch};
use crate::{Client, Place, SpanError, TimeSpan};

const SOURCES: [HistorySource; 2] = [HistorySource::Current, HistorySource::Hydro];

pub(super) async fn ask(
    client: &Client,
    place: &'static Place,
    (start, end): (&str, &str),
    now: Timestamp,
    on_stage: &(impl Fn(HistoryStage) + Send + Sync),
) -> Result<RiverHistory, HistoryError> {
    if let Err(error @ SpanError::Unreadable { .. }) = TimeSpan::read(start, end, now) {
        return Err(error.into());
    }
    // The recordings are returned as a whole, whatever the requested span.
    let any = TimeSpan::at(now);
    let mut recorded = Vec::new();
    for (asked, source) in SOURCES.into_iter().enumerate() {
        on_stage(HistoryStage {
            asking: source,
            asked,
            of: SOURCES.len(),
        });
        let Ok(mut found) = fetch(client, source, place, &any, now).await else {
            continue;
        };
        let (Some(first), Some(last)) = (found.series.points.first(), found.series.points.last())
        else {
            continue;
        };
        let as_of = last.at;
        recorded.push((first.at, as_of));
        let span = match TimeSpan::read(start, end, as_of) {
            Ok(span) => span,
            Err(SpanError::Future { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        found.series.retain(|at| span.contains(at));
        if !found.series.points.is_empty() {
            return Ok(found.answer(place, span, as_of, source, Vec::new()));
        }
    }
    let place = place.id();
    Err(if recorded.is_empty() {
        HistoryError::NoRecording { place }
    } else {
        HistoryError::NotRecorded { place, recorded }
    })
}
