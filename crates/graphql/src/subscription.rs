//! Subscriptions to new measurements.
//!
//! They use [`River::watch`], which polls each upstream response once for all subscribers.

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

/// New measurements. The river is measured every ten minutes, and measurements are published 10 to
/// 20 minutes later. No measurement is a permission to swim.
#[async_graphql::Subscription]
impl Subscription {
    /// Sends each new measurement at one place.
    async fn measurement(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = "bern", desc = "The place, by any of its names.")] place: String,
        #[graphql(
            default = false,
            desc = "Whether to send the current measurement first."
        )]
        start_with_current: bool,
    ) -> Result<impl Stream<Item = MeasurementType> + use<>> {
        let target = SubscriptionTarget::Place(find(&place)?);
        stream_measurements(ctx, target, start_with_current).await
    }

    /// Sends each new measurement at several places. Costs one request to the upstream API for all
    /// places.
    async fn measurements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 8 places, by any of their names. Default: all.")] places: Option<
            Vec<String>,
        >,
        #[graphql(
            default = false,
            desc = "Whether to send the current measurements first."
        )]
        start_with_current: bool,
    ) -> Result<impl Stream<Item = MeasurementType> + use<>> {
        let places = find_all("places", places)?.unwrap_or_default();
        stream_measurements(ctx, SubscriptionTarget::Places(places), start_with_current).await
    }
}

objects! {
    #![derive(Debug, SimpleObject)]

    /// A new measurement at a place.
    struct MeasurementType("Measurement") from(
        water: &Reading,
        flow: &Reading,
        advice: &Advice,
        now: Timestamp,
    ) {
        /// The place. Its fields are resolved again for each measurement.
        place: PlaceType = PlaceType::new(advice.place),
        /// The water temperature.
        water: WaterTemperatureType = WaterTemperatureType::new(advice.place, water, now),
        /// The flow.
        flow: FlowType = FlowType::new(advice.place, flow, now),
        /// The verdict for swimmers. No verdict is a permission to swim.
        verdict: VerdictType = advice.verdict.into(),
        /// The verdict in one line of English, with place and time.
        headline: String = advice.headline(),
    }
}

/// The places of a subscription.
#[derive(Debug)]
enum SubscriptionTarget {
    Place(&'static aareguru::Place),
    /// Empty for all places.
    Places(Vec<&'static aareguru::Place>),
}

/// The state of one subscription.
struct MeasurementStream {
    river: River,
    target: SubscriptionTarget,
    watch: Watch,
    /// The time of the last measurement of each place, by id.
    latest: HashMap<&'static str, Timestamp>,
}

async fn stream_measurements(
    ctx: &Context<'_>,
    target: SubscriptionTarget,
    start_with_current: bool,
) -> Result<impl Stream<Item = MeasurementType> + use<>> {
    let river = river(ctx).clone();
    let mut measurements = MeasurementStream {
        // Created before the first request, so that no change in between is missed.
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

impl MeasurementStream {
    /// Returns the measurements since the last update.
    async fn update(&mut self) -> Vec<MeasurementType> {
        let now = self.river.now();
        // The library logs failed requests.
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
    /// Returns the feed that contains all places of the target.
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
