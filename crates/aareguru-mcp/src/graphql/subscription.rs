//! What can be followed: new measurements, told as soon as the API has them.
//!
//! There is one poller for each answer of the API, whoever follows it and over
//! which transport: that of [`mcp::subscriptions`](crate::mcp::subscriptions).

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use aareguru::{Advice, Error, Place as OnRiver, Reading, River};
use async_graphql::{Context, Result, SimpleObject, Subscription};
use futures_util::{Stream, stream};
use jiff::Timestamp;

use super::{
    danger::Verdict,
    place::{Place, river},
    query::{find, named},
    reading::{Flow, WaterTemperature},
    trouble::{self, Code},
};
use crate::mcp::subscriptions::{Feed, Subject, Subscriber, Subscriptions};

/// The root of all that can be followed.
#[derive(Debug)]
pub(super) struct Followed;

/// New measurements. The river is measured every ten minutes, and told 10 to 20
/// minutes later. Nothing here is a permission to swim.
#[Subscription(name = "Subscription")]
impl Followed {
    /// Each new measurement at one place.
    async fn measurement(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = "bern", desc = "The place, by any of its names.")] place: String,
        #[graphql(
            default = false,
            desc = "Whether the measurement there is now is sent first."
        )]
        start_with_current: bool,
    ) -> Result<impl Stream<Item = Measurement> + use<>> {
        let place = find(&place)?;
        Following::begin(ctx, Followee::One(place), start_with_current).await
    }

    /// Each new measurement at several places, one place at a time. For all of
    /// them together the API is asked once.
    async fn measurements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which places, by any of their names, 1 to 8; all if left out.")]
        places: Option<Vec<String>>,
        #[graphql(
            default = false,
            desc = "Whether the measurements there are now are sent first."
        )]
        start_with_current: bool,
    ) -> Result<impl Stream<Item = Measurement> + use<>> {
        let places = named("places", places)?.unwrap_or_default();
        Following::begin(ctx, Followee::Many(places), start_with_current).await
    }
}

/// A measurement, as soon as it is known.
#[derive(Debug, SimpleObject)]
pub(super) struct Measurement {
    /// Where. What is asked of the place is asked anew for each measurement.
    place: Place,
    /// The water temperature.
    water: WaterTemperature,
    /// The flow.
    flow: Flow,
    /// What is said to a swimmer; none of the verdicts is a permission.
    verdict: Verdict,
    /// The verdict as one line with its place and time, in English.
    headline: String,
}

/// Whom somebody follows.
#[derive(Debug)]
enum Followee {
    One(&'static OnRiver),
    /// All, if it names none.
    Many(Vec<&'static OnRiver>),
}

/// Somebody who follows, and what was last told.
struct Following {
    river: River,
    whom: Followee,
    subscriber: Subscriber,
    told: HashMap<&'static str, Timestamp>,
    waiting: VecDeque<Measurement>,
}

impl Following {
    async fn begin(
        ctx: &Context<'_>,
        whom: Followee,
        start_with_current: bool,
    ) -> Result<impl Stream<Item = Measurement> + use<>> {
        let subscriber = ctx.data_unchecked::<Arc<Subscriptions>>().subscriber();
        // Before the first ask, so that nothing is missed between the two.
        let added = subscriber.add(Subject::Measurement, Some(whom.feed()));
        added.map_err(|error| trouble::error(Code::TooManySubscriptions, error.to_string()))?;
        let mut following = Self {
            river: river(ctx).clone(),
            whom,
            subscriber,
            told: HashMap::new(),
            waiting: VecDeque::new(),
        };
        // What is not known now is news when it comes.
        following.look().await;
        if !start_with_current {
            following.waiting.clear();
        }
        Ok(stream::unfold(following, |mut following| async {
            let measurement = following.next().await;
            Some((measurement, following))
        }))
    }

    async fn next(&mut self) -> Measurement {
        loop {
            if let Some(measurement) = self.waiting.pop_front() {
                return measurement;
            }
            self.subscriber.news().await;
            self.look().await;
        }
    }

    /// Takes in what was measured since it was last told.
    async fn look(&mut self) {
        let now = self.river.now();
        // Why there is no answer is logged where it is asked for.
        let Ok(measured) = self.whom.ask(&self.river).await else {
            return;
        };
        for (water, flow, advice) in measured {
            let Some(at) = water.measured_at(now).max(flow.measured_at(now)) else {
                continue;
            };
            let id = advice.place.id();
            if self.told.get(id).is_none_or(|told| *told < at) {
                self.told.insert(id, at);
                self.waiting
                    .push_back(Measurement::new(&water, &flow, &advice, now));
            }
        }
    }
}

impl Followee {
    /// The answer of the API that tells of it.
    fn feed(&self) -> Feed {
        match self {
            Self::One(place) => Feed::Current(place.id()),
            Self::Many(_) => Feed::Widget,
        }
    }

    async fn ask(&self, river: &River) -> Result<Vec<(Reading, Reading, Advice)>, Error> {
        match self {
            Self::One(place) => {
                let conditions = river.conditions(place).await?;
                let danger = conditions.danger;
                Ok(vec![(conditions.water, danger.flow, danger.advice)])
            }
            Self::Many(places) => {
                let now = river.now();
                let places = river.compare(places).await?.places.into_iter();
                Ok(places
                    .map(|at| (at.water, at.flow, at.advice(now)))
                    .collect())
            }
        }
    }
}

impl Measurement {
    fn new(water: &Reading, flow: &Reading, advice: &Advice, now: Timestamp) -> Self {
        let place = advice.place;
        Self {
            place: Place(place),
            water: WaterTemperature::new(place, water, now),
            flow: Flow::new(place, flow, now),
            verdict: advice.verdict.into(),
            headline: advice.headline(),
        }
    }
}
