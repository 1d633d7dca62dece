//! Subscriptions to new measurements.
//!
//! Each response of the API has one poller, shared by all front ends: that of [`River::watch`].

use std::collections::HashMap;

use aareguru::{Advice, Error, Feed, Reading, River, Watch};
use async_graphql::{Context, Result, SimpleObject};
use futures_util::{Stream, StreamExt, stream};
use jiff::Timestamp;

use super::{
    danger::VerdictType,
    place::{PlaceType, river},
    query::{find, find_all},
    reading::{FlowType, WaterTemperatureType},
};

/// The root of subscriptions.
#[derive(Debug)]
pub(super) struct Subscription;

/// New measurements. The river is measured every ten minutes, and told 10 to 20
/// minutes later. Nothing here is a permission to swim.
#[async_graphql::Subscription]
impl Subscription {
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
    ) -> Result<impl Stream<Item = MeasurementType> + use<>> {
        let target = SubscriptionTarget::Place(find(&place)?);
        measurements(ctx, target, start_with_current).await
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
    ) -> Result<impl Stream<Item = MeasurementType> + use<>> {
        let places = find_all("places", places)?.unwrap_or_default();
        measurements(ctx, SubscriptionTarget::Places(places), start_with_current).await
    }
}

objects! {
    #![derive(Debug, SimpleObject)]

    /// A measurement, as soon as it is known.
    struct MeasurementType("Measurement") from(water: &Reading, flow: &Reading, advice: &Advice, now: Timestamp) {
        /// Where. The fields of the place are fetched again for each measurement.
        place: PlaceType = PlaceType::new(advice.place),
        /// The water temperature.
        water: WaterTemperatureType = WaterTemperatureType::new(advice.place, water, now),
        /// The flow.
        flow: FlowType = FlowType::new(advice.place, flow, now),
        /// What is said to a swimmer; none of the verdicts is a permission.
        verdict: VerdictType = advice.verdict.into(),
        /// The verdict as one line with its place and time, in English.
        headline: String = advice.headline(),
    }
}

#[derive(Debug)]
enum SubscriptionTarget {
    Place(&'static aareguru::Place),
    /// All places, if it is empty.
    Places(Vec<&'static aareguru::Place>),
}

/// One subscription.
struct Measurements {
    river: River,
    target: SubscriptionTarget,
    watch: Watch,
    /// When each place was measured, as far as it is known here.
    latest: HashMap<&'static str, Timestamp>,
}

async fn measurements(
    ctx: &Context<'_>,
    target: SubscriptionTarget,
    start_with_current: bool,
) -> Result<impl Stream<Item = MeasurementType> + use<>> {
    let river = river(ctx).clone();
    let mut measurements = Measurements {
        // Before the first request, so that nothing is missed between the two.
        watch: river.watch(target.feed()),
        river,
        target,
        latest: HashMap::new(),
    };
    let mut current = measurements.update().await;
    if !start_with_current {
        current.clear();
    }
    let updates = stream::unfold(measurements, |mut measurements| async {
        measurements.watch.changed().await;
        Some((stream::iter(measurements.update().await), measurements))
    });
    Ok(stream::iter(current).chain(updates.flatten()))
}

impl Measurements {
    /// Returns what was measured since the last update.
    async fn update(&mut self) -> Vec<MeasurementType> {
        let now = self.river.now();
        // A failure is logged where the request is made.
        let readings = self.target.fetch(&self.river).await.unwrap_or_default();
        let mut new = Vec::new();
        for (water, flow, advice) in readings {
            let Some(at) = water.measured_at(now).max(flow.measured_at(now)) else {
                continue;
            };
            let id = advice.place.id();
            if self.latest.get(id).is_none_or(|latest| *latest < at) {
                self.latest.insert(id, at);
                new.push(MeasurementType::new(&water, &flow, &advice, now));
            }
        }
        new
    }
}

impl SubscriptionTarget {
    /// The answer of the API that contains it.
    fn feed(&self) -> Feed {
        match self {
            Self::Place(place) => Feed::Current(place.id()),
            Self::Places(_) => Feed::Widget,
        }
    }

    async fn fetch(&self, river: &River) -> Result<Vec<(Reading, Reading, Advice)>, Error> {
        match self {
            Self::Place(place) => {
                let conditions = river.conditions(place).await?;
                let danger = conditions.danger;
                Ok(vec![(conditions.water, danger.flow, danger.advice)])
            }
            Self::Places(places) => {
                let now = river.now();
                let places = river.compare(places).await?.places.into_iter();
                let readings = places.map(|at| (at.water, at.flow, at.advice(now)));
                Ok(readings.collect())
            }
        }
    }
}
