//! Fetches the measurements from each source.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{HistorySource, Shortfall};
use crate::api::{Answer, History, HistoryPoint};
use crate::current_readings::raw_points;
use crate::excerpt::excerpt;
use crate::reading::timestamp;
use crate::series::{RawPoint, ScreenedSeries};
use crate::{Client, Place, TimeSpan, UpstreamTrouble};

/// Requests start and end on this grid, so that callers share responses.
const GRID_SECS: i64 = 600;

/// The possible names of water temperature and flow in the history.
const TEMPERATURE_NAMES: [&str; 5] = [
    "temperature",
    "temperature_prec",
    "aare",
    "aare_prec",
    "tt_water",
];
const FLOW_NAMES: [&str; 3] = ["flow", "abfluss", "discharge"];

/// The measurements of a source after the plausibility check, not cut to the span.
pub(super) struct Found {
    pub(super) series: ScreenedSeries,
    pub(super) recorded_on: Option<Date>,
    pub(super) trouble: Option<UpstreamTrouble>,
}

pub(super) async fn fetch(
    client: &Client,
    source: HistorySource,
    place: &'static Place,
    span: &TimeSpan,
    now: Timestamp,
) -> Result<Found, Shortfall> {
    let (start, end) = on_grid(span);
    let failed = |error| Shortfall::Failed {
        from: source,
        error,
    };
    match source {
        HistorySource::Current => {
            let answer = client.current(place).await.map_err(failed)?;
            Ok(Found::new(place, raw_points(&answer), &answer, now))
        }
        HistorySource::Hydro => {
            let answer = client.hydro_daterange(place, start, end).await;
            let answer = answer.map_err(failed)?;
            let past = answer.points.iter();
            let points = past.filter_map(|p| point(p.timestamp, p.temperature, p.flow));
            Ok(Found::new(place, points, &answer, now))
        }
        HistorySource::History => {
            let answer = client.history(place, start, end).await.map_err(failed)?;
            Ok(Found::new(place, points_of(&answer)?, &answer, now))
        }
    }
}

impl Found {
    fn new<T>(
        place: &Place,
        points: impl IntoIterator<Item = RawPoint>,
        answer: &Answer<T>,
        now: Timestamp,
    ) -> Self {
        let recorded_on = answer.recorded_on();
        let now = recorded_on.is_none().then_some(now);
        Self {
            series: ScreenedSeries::new(place, points, now),
            recorded_on,
            trouble: answer.upstream_trouble().cloned(),
        }
    }
}

/// Returns `None` without a valid time.
fn point(
    unix_seconds: Option<i64>,
    temperature_celsius: Option<f64>,
    flow_m3_per_s: Option<f64>,
) -> Option<RawPoint> {
    Some(RawPoint {
        at: timestamp(unix_seconds)?,
        temperature_celsius,
        flow_m3_per_s,
    })
}

/// Extends the span to the grid at both ends.
fn on_grid(span: &TimeSpan) -> (Timestamp, Timestamp) {
    let start = span.start().as_second().rem_euclid(GRID_SECS);
    let end = (-span.end().as_second()).rem_euclid(GRID_SECS);
    let earlier = span.start().checked_sub(start.seconds());
    let later = span.end().checked_add(end.seconds());
    (earlier.unwrap_or(span.start()), later.unwrap_or(span.end()))
}

fn points_of(history: &History) -> Result<Vec<RawPoint>, Shortfall> {
    let temperature = series(&history.series, &TEMPERATURE_NAMES);
    let flow = series(&history.series, &FLOW_NAMES);
    if temperature.is_none() && flow.is_none() && !history.series.is_empty() {
        let names: Vec<_> = history.series.keys().map(String::as_str).collect();
        return Err(Shortfall::Unnamed {
            from: HistorySource::History,
            names: excerpt(&names.join(", "), 60),
        });
    }
    let temperature = temperature.into_iter().flatten();
    let flow = flow.into_iter().flatten();
    let warm = temperature.filter_map(|p| point(Some(p.timestamp), p.value, None));
    let flowing = flow.filter_map(|p| point(Some(p.timestamp), None, p.value));
    Ok(warm.chain(flowing).collect())
}

fn series<'a>(
    all: &'a BTreeMap<String, Vec<HistoryPoint>>,
    names: &[&str],
) -> Option<&'a Vec<HistoryPoint>> {
    let called = |name: &&str| all.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    names.iter().find_map(called).map(|(_, points)| points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_span_is_extended_to_the_grid() {
        let now = Timestamp::from_second(1_788_300_000).unwrap();
        let asked = |start: &str, end: &str| {
            let (start, end) = on_grid(&TimeSpan::read(start, end, now).unwrap());
            (start.as_second(), end.as_second())
        };
        assert_eq!(
            asked("1788220801", "1788221399"),
            (1_788_220_800, 1_788_221_400)
        );
        assert_eq!(
            asked("1788220800", "1788221400"),
            (1_788_220_800, 1_788_221_400)
        );
    }
}
