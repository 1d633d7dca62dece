//! The data of the pages: one request for all places, and one per place for what only that
//! contains, such as the trend of the flow and the last two days.
//!
//! Responses are cached, so readers do not multiply requests. The overview waits for a place at
//! most [`PLACE_TIMEOUT`]; then it shows what the response for all places contains.

use std::time::Duration;

use aareguru::{
    Advice, ComparedPlace, Conditions, Place, Reading, River, Situation, Trend, series::RiverPoint,
};
use futures_util::future::join_all;
use jiff::{Timestamp, civil::Date};
use tokio::time::timeout;

const PLACE_TIMEOUT: Duration = Duration::from_secs(2);

/// All places, downstream.
#[derive(Debug)]
pub(crate) struct RiverOverview {
    pub(crate) places: Vec<PlaceOverview>,
    pub(crate) now: Timestamp,
    pub(crate) recorded_on: Option<Date>,
    /// Whether the upstream API failed and cached responses are shown.
    pub(crate) is_upstream_failing: bool,
}

/// One place.
#[derive(Debug)]
pub(crate) struct PlaceOverview {
    pub(crate) place: &'static Place,
    pub(crate) water: Reading,
    pub(crate) flow: Reading,
    pub(crate) advice: Advice,
    pub(crate) trend: Option<Trend>,
    /// In °C.
    pub(crate) water_in_two_hours: Option<f64>,
    /// The last two days, oldest first.
    pub(crate) past: Vec<RiverPoint>,
    /// `None` if only the response for all places is available.
    pub(crate) conditions: Option<Conditions>,
}

impl RiverOverview {
    pub(crate) async fn fetch(river: &River) -> Self {
        let each = Place::all().iter().map(|place| async move {
            let fetched = timeout(PLACE_TIMEOUT, PlaceOverview::fetch(river, place)).await;
            (place, fetched.ok().flatten())
        });
        let (comparison, each) = tokio::join!(river.compare(&[]), join_all(each));
        let now = river.now();
        let comparison = comparison.ok();
        let upstream_trouble = comparison
            .as_ref()
            .and_then(|it| it.upstream_trouble.as_ref());
        let is_upstream_failing = upstream_trouble.is_some()
            || each
                .iter()
                .filter_map(|(_, at)| at.as_ref())
                .any(PlaceOverview::is_upstream_failing);
        let compared = comparison.map(|it| it.places).unwrap_or_default();
        let places = each.into_iter().map(|(place, fetched)| {
            let compared = compared.iter().find(|at| at.place == place);
            PlaceOverview::newest(place, fetched, compared, now)
        });
        let places: Vec<_> = places.collect();
        Self {
            recorded_on: places.iter().find_map(|at| at.water.recorded_on),
            places,
            now,
            is_upstream_failing,
        }
    }

    /// Whether nothing is known of any place.
    pub(crate) fn is_empty(&self) -> bool {
        let mut readings = self.places.iter().flat_map(|at| [&at.water, &at.flow]);
        readings.all(|reading| reading.value(self.now).is_none())
    }
}

impl PlaceOverview {
    /// What the response for this place contains; `None` if there is none.
    pub(crate) async fn fetch(river: &River, place: &'static Place) -> Option<Self> {
        let conditions = river.conditions(place).await.ok()?;
        // The following come from the same response.
        let past = river.past_two_days(place).await.unwrap_or_default();
        let forecast = river.forecast(place).await.ok();
        let in_two_hours = forecast.and_then(|forecast| forecast.water_in_two_hours);
        let danger = &conditions.danger;
        Some(Self {
            place,
            water: conditions.water,
            flow: danger.flow,
            advice: danger.advice.clone(),
            trend: danger.trend,
            water_in_two_hours: in_two_hours.map(|water| water.celsius),
            past,
            conditions: Some(conditions),
        })
    }

    /// A place without any response.
    pub(crate) fn unknown(place: &'static Place, now: Timestamp) -> Self {
        Self {
            place,
            water: Reading::UNKNOWN,
            flow: Reading::UNKNOWN,
            advice: Situation::new(place, Reading::UNKNOWN, Reading::UNKNOWN, now).advise(),
            trend: None,
            water_in_two_hours: None,
            past: Vec::new(),
            conditions: None,
        }
    }

    fn newest(
        place: &'static Place,
        fetched: Option<Self>,
        compared: Option<&ComparedPlace>,
        now: Timestamp,
    ) -> Self {
        let compared = compared.map(|at| Self {
            water: at.water,
            flow: at.flow,
            advice: at.advice(now),
            water_in_two_hours: at.water_in_two_hours,
            ..Self::unknown(place, now)
        });
        match (fetched, compared) {
            (Some(old), Some(new)) if old.water.measured_at(now) < new.water.measured_at(now) => {
                Self {
                    past: old.past,
                    ..new
                }
            }
            (Some(at), _) | (None, Some(at)) => at,
            (None, None) => Self::unknown(place, now),
        }
    }

    pub(crate) fn is_upstream_failing(&self) -> bool {
        let conditions = self.conditions.as_ref();
        conditions.is_some_and(|it| it.upstream_trouble.is_some())
    }
}
