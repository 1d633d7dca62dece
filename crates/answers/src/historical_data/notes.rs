//! Notes on the readings of a time span: gaps at either end, omitted values, unusual sources.

use aareguru::{HistorySource, Quantity, RiverHistory, local_time, series::LeftOut};
use jiff::SignedDuration;

/// A series that starts later or ends earlier than the span by more than this gets a note.
const MAX_UNREPORTED_OFFSET: SignedDuration = SignedDuration::from_hours(1);

/// Returns the notes about the data of a history.
pub fn collect_notes(history: &RiverHistory) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(day) = history.recorded_on {
        let as_of = local_time(history.as_of);
        notes.push(format!(
            "recorded {day}, not current: “now” is taken as {as_of}, the last recorded reading"
        ));
    }
    if history.source == HistorySource::History {
        notes.push(
            "the form of this source is not documented: which series is which was told by its name"
                .to_owned(),
        );
    }
    if let Some(failure) = &history.upstream_trouble {
        notes.push(failure.to_string());
    }
    for shortfall in &history.shortfalls {
        notes.push(format!("not from the nearest source: {shortfall}"));
    }
    let (first, last) = (history.points.first(), history.points.last());
    if let Some(first) =
        first.filter(|first| first.at.duration_since(history.span.start()) > MAX_UNREPORTED_OFFSET)
    {
        notes.push(format!("the readings begin only {}", local_time(first.at)));
    }
    if let Some(last) =
        last.filter(|last| history.span.end().duration_since(last.at) > MAX_UNREPORTED_OFFSET)
    {
        notes.push(format!("the readings end already {}", local_time(last.at)));
    }
    notes.extend(describe_left_out(history.left_out));
    if !history.place.measures(Quantity::Flow) {
        notes.push("the flow is not measured here".to_owned());
    }
    notes.extend(history.place.note().map(str::to_owned));
    notes
}

/// Returns how many values are left out, by reason; `None` if none are.
fn describe_left_out(left_out: LeftOut) -> Option<String> {
    let counts = [
        (left_out.implausible, "implausible"),
        (left_out.doubtful, "doubtful"),
        (left_out.future_dated, "dated in the future"),
    ];
    let counts: Vec<_> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, why)| format!("{count} {why}"))
        .collect();
    (!counts.is_empty()).then(|| {
        format!(
            "values left out of the readings and the statistics: {}",
            counts.join(", ")
        )
    })
}
