//! A request to an upstream API: its cache key and its query.

use std::ops::RangeInclusive;

use jiff::Timestamp;

use crate::endpoint::Endpoint;
use crate::{Error, Place};

/// The parameters requested from the hydro API.
const PARAMETERS: &str = "flow,height,temperature";

/// A request to an upstream API. Contains known places only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    Cities,
    Today(&'static Place),
    Current(&'static Place),
    Widget,
    History(&'static Place, Span),
    HydroLatest(Vec<Gauge>),
    HydroDaterange(Gauge, Span),
}

/// The first and last Unix second.
type Span = RangeInclusive<i64>;

/// A place with a BAFU gauge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Gauge {
    pub(crate) place: &'static Place,
    pub(crate) number: u32,
}

impl Gauge {
    pub(crate) fn of(place: &'static Place) -> Result<Self, Error> {
        match place.gauge() {
            Some(number) => Ok(Self { place, number }),
            None => Err(Error::NotMeasured { place: place.id() }),
        }
    }
}

impl Request {
    /// Creates a request for the gauges of these places, or of all places if the list is empty.
    pub(crate) fn hydro_latest(places: &[&'static Place]) -> Result<Self, Error> {
        if places.is_empty() {
            let all = Place::all()
                .iter()
                .filter_map(|place| Gauge::of(place).ok());
            return Ok(Self::HydroLatest(all.collect()));
        }
        let gauges: Result<Vec<_>, _> = places.iter().map(|place| Gauge::of(place)).collect();
        let mut gauges = gauges?;
        // The order of places must not matter for the cache.
        gauges.sort_by_key(|gauge| gauge.number);
        gauges.dedup();
        Ok(Self::HydroLatest(gauges))
    }

    pub(crate) fn hydro_daterange(place: &'static Place, span: Span) -> Result<Self, Error> {
        Gauge::of(place).map(|gauge| Self::HydroDaterange(gauge, span))
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        match self {
            Self::Cities => Endpoint::Cities,
            Self::Today(_) => Endpoint::Today,
            Self::Current(_) => Endpoint::Current,
            Self::Widget => Endpoint::Widget,
            Self::History(..) => Endpoint::History,
            Self::HydroLatest(_) => Endpoint::HydroLatest,
            Self::HydroDaterange(..) => Endpoint::HydroDaterange,
        }
    }

    /// Returns whether the caller chose a time span.
    pub(crate) fn has_time_span(&self) -> bool {
        matches!(self, Self::History(..) | Self::HydroDaterange(..))
    }

    /// Returns the key in caches. It contains no spaces, so any store accepts it.
    pub(crate) fn cache_key(&self) -> String {
        let query = self.query().into_iter();
        let query: String = query
            .map(|(name, value)| format!(":{name}={value}"))
            .collect();
        format!("{}{}", self.endpoint().label(), query.replace(' ', "_"))
    }

    /// Returns the query without `app` and `version`.
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Cities | Self::Widget => Vec::new(),
            Self::Today(place) | Self::Current(place) => vec![("city", place.id().to_owned())],
            // The API also accepts times as text, but numbers are reported to be the most reliable.
            Self::History(place, span) => vec![
                ("city", place.id().to_owned()),
                ("start", span.start().to_string()),
                ("end", span.end().to_string()),
            ],
            Self::HydroLatest(gauges) => vec![
                ("locations", numbers(gauges)),
                ("parameters", PARAMETERS.to_owned()),
            ],
            Self::HydroDaterange(gauge, span) => vec![
                ("locations", gauge.number.to_string()),
                ("parameters", PARAMETERS.to_owned()),
                ("startdate", date_text(*span.start())),
                ("enddate", date_text(*span.end())),
                ("timeseriesformat", "rows".to_owned()),
            ],
        }
    }
}

fn numbers(gauges: &[Gauge]) -> String {
    let numbers: Vec<_> = gauges
        .iter()
        .map(|gauge| gauge.number.to_string())
        .collect();
    numbers.join(",")
}

/// Formats a time in UTC, as in the recorded request. PHP does not parse a bare number as Unix
/// seconds.
fn date_text(unix_seconds: i64) -> String {
    let at = Timestamp::from_second(unix_seconds).expect("it was made from a timestamp");
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(id: &str) -> &'static Place {
        Place::find(id).unwrap()
    }

    #[test]
    fn hydro_latest_ignores_the_order_of_places() {
        let ask = |places: &[&'static Place]| Request::hydro_latest(places).unwrap();
        let once = ask(&[place("bern"), place("thun")]);
        assert_eq!(once, ask(&[place("thun"), place("bern"), place("thun")]));
        assert_eq!(once.query()[0].1, "2030,2135");
    }

    #[test]
    fn hydro_latest_without_places_requests_all_gauges() {
        let all = Request::hydro_latest(&[]).unwrap();
        assert_eq!(all.query()[0].1, "2019,2457,2030,2135,2085,2029,2016");
    }

    #[test]
    fn place_without_gauge_is_not_measured() {
        let error = Request::hydro_latest(&[place("bern"), place("olten")]).unwrap_err();
        assert!(
            matches!(error, Error::NotMeasured { place: "olten" }),
            "{error}"
        );
    }

    #[test]
    fn daterange_times_are_sent_in_utc() {
        assert_eq!(date_text(1_788_220_800), "2026-09-01 00:00:00");
        assert_eq!(date_text(Timestamp::MAX.as_second()), "9999-12-30 22:00:00");
    }
}
