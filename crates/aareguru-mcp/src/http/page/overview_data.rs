//! What is seen of the river when the page is asked for.
//!
//! One request of the API tells of all places, and one of each place what only
//! that tells: how the flow changes, and the last two days. Both are kept, so
//! that readers cost the API no more than one of them would. Who is slow is not
//! waited for: the page then tells of that place what is in the first answer.

use std::time::Duration;

use aareguru::{
    Advice, Comparison, Conditions, Place, Reading, River, Situation, Trend, series::RiverPoint,
};
use futures_util::future::join_all;
use jiff::{Timestamp, civil::Date};
use tokio::time::timeout;

/// How long a reader waits for what is not needed.
const PATIENCE: Duration = Duration::from_secs(2);

/// All places, downstream.
#[derive(Debug)]
pub(super) struct RiverOverview {
    pub(super) places: Vec<PlaceOverview>,
    pub(super) now: Timestamp,
    pub(super) recorded_on: Option<Date>,
    /// Whether these are earlier answers than they should be.
    pub(super) is_troubled: bool,
}

/// One place.
#[derive(Debug)]
pub(super) struct PlaceOverview {
    pub(super) place: &'static Place,
    pub(super) water: Reading,
    pub(super) flow: Reading,
    pub(super) advice: Advice,
    pub(super) trend: Option<Trend>,
    /// In °C.
    pub(super) water_in_two_hours: Option<f64>,
    /// The last two days, oldest first.
    pub(super) past: Vec<RiverPoint>,
    pub(super) conditions: Option<Conditions>,
}

impl RiverOverview {
    pub(super) async fn of(river: &River) -> Self {
        let each = Place::all().iter().map(|place| async move {
            let asked = PlaceOverview::asked(river, place);
            timeout(PATIENCE, asked).await.ok().flatten()
        });
        let (comparison, each) = tokio::join!(river.compare(&[]), join_all(each));
        let now = river.now();
        let comparison = comparison.ok();
        let is_troubled = each.iter().flatten().any(PlaceOverview::is_troubled)
            || comparison
                .as_ref()
                .is_some_and(|it| it.upstream_trouble.is_some());
        let places = Place::all().iter().zip(each);
        let places: Vec<_> = places
            .map(|(place, asked)| PlaceOverview::best(place, asked, comparison.as_ref(), now))
            .collect();
        Self {
            recorded_on: places.iter().find_map(|at| at.water.recorded_on),
            places,
            now,
            is_troubled,
        }
    }

    /// Whether nothing is known of any place.
    pub(super) fn is_empty(&self) -> bool {
        let is_unknown = |reading: &Reading| reading.value(self.now).is_none();
        let mut places = self.places.iter();
        places.all(|at| is_unknown(&at.water) && is_unknown(&at.flow))
    }
}

impl PlaceOverview {
    /// What the answer for this place tells; `None` if there is none.
    pub(super) async fn asked(river: &River, place: &'static Place) -> Option<Self> {
        let conditions = river.conditions(place).await.ok()?;
        // These come with the same answer.
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

    /// Of a place of which there is no answer.
    pub(super) fn unknown(place: &'static Place, now: Timestamp) -> Self {
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

    fn best(
        place: &'static Place,
        asked: Option<Self>,
        comparison: Option<&Comparison>,
        now: Timestamp,
    ) -> Self {
        let compared = comparison
            .and_then(|comparison| comparison.places.iter().find(|at| at.place == place))
            .map(|at| Self {
                water: at.water,
                flow: at.flow,
                advice: at.advice(now),
                water_in_two_hours: at.water_in_two_hours,
                ..Self::unknown(place, now)
            });
        match (asked, compared) {
            (Some(asked), Some(compared))
                if asked.water.measured_at(now) < compared.water.measured_at(now) =>
            {
                Self {
                    past: asked.past,
                    ..compared
                }
            }
            (Some(asked), _) => asked,
            (None, Some(compared)) => compared,
            (None, None) => Self::unknown(place, now),
        }
    }

    pub(super) fn is_troubled(&self) -> bool {
        let conditions = self.conditions.as_ref();
        conditions.is_some_and(|it| it.upstream_trouble.is_some())
    }
}
