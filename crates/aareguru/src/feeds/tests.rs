//! With a simulated station and clock.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep, timeout};

use super::{feed::MeasurementTimes, *};
use crate::Error;

const TTL: Duration = Duration::from_secs(120);
const MINUTE: Duration = Duration::from_secs(60);
const START: i64 = 1_783_000_000;
const BERN: Feed = Feed::Current("bern");

/// A station that is measured every 10 minutes and reported 12 minutes later.
#[derive(Debug, Clone)]
struct Station(Arc<StationState>);

#[derive(Debug)]
struct StationState {
    start: Instant,
    requests: Mutex<Vec<(Feed, Duration)>>,
    is_down: Mutex<bool>,
    places: Mutex<Vec<&'static str>>,
}

impl Station {
    fn new() -> Self {
        Self(Arc::new(StationState {
            start: Instant::now(),
            requests: Mutex::default(),
            is_down: Mutex::default(),
            places: Mutex::new(vec!["bern"]),
        }))
    }

    fn request_count(&self) -> usize {
        self.0.requests.lock().len()
    }
}

impl FeedSource for Station {
    async fn measurement_times(&self, feed: Feed) -> Result<MeasurementTimes, Error> {
        let elapsed = self.0.start.elapsed();
        self.0.requests.lock().push((feed, elapsed));
        if *self.0.is_down.lock() {
            return Err(Error::NotMeasured { place: "bern" });
        }
        let reported = (elapsed.as_secs() as i64 - 12 * 60).div_euclid(600) * 600;
        let at = Timestamp::from_second(START + reported).ok();
        let places = self.0.places.lock();
        let times: BTreeMap<_, _> = places.iter().map(|id| ((*id).to_owned(), at)).collect();
        Ok(MeasurementTimes(times))
    }

    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.0.start.elapsed()).unwrap();
        Timestamp::from_second(START).unwrap() + elapsed
    }

    fn cache_ttl(&self) -> Duration {
        TTL
    }
}

fn watch(feeds: &Feeds, station: &Station) -> Watch {
    feeds.watch(station, BERN, Awaited::Measurement)
}

#[tokio::test(start_paused = true)]
async fn poller_with_many_watches_reports_each_measurement_once() {
    let (feeds, station) = (Feeds::default(), Station::new());
    let mut watches: Vec<_> = (0..1000).map(|_| watch(&feeds, &station)).collect();
    let day = 24 * 60 * MINUTE;
    let mut reported = 0;
    let _ = timeout(day, async {
        loop {
            watches[0].changed().await;
            reported += 1;
        }
    })
    .await;
    // One in ten minutes.
    assert!((142..=144).contains(&reported), "{reported}");
    for watch in &mut watches[1..] {
        // It waited for none of the changes, and finds them as one.
        assert!(watch.take_change());
        assert!(!watch.take_change());
    }
    // Two requests per measurement, and never two within the cache time.
    let requests = station.0.requests.lock().clone();
    assert!(requests.len() <= 2 * 144 + 2, "{}", requests.len());
    for pair in requests.windows(2) {
        assert!(pair[1].1 - pair[0].1 >= TTL, "{pair:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn poller_without_watches_ends() {
    let (feeds, station) = (Feeds::default(), Station::new());
    let first = watch(&feeds, &station);
    let second = watch(&feeds, &station);
    let count = feeds.count.subscribe();
    assert_eq!(*count.borrow(), 2);
    sleep(60 * MINUTE).await;
    assert!(station.request_count() > 2);

    drop(first);
    let requests = station.request_count();
    sleep(60 * MINUTE).await;
    assert!(station.request_count() > requests, "one watch is left");

    drop(second);
    assert_eq!(*count.borrow(), 0);
    let requests = station.request_count();
    sleep(24 * 60 * MINUTE).await;
    assert_eq!(station.request_count(), requests);
    let pollers = feeds.pollers.lock();
    assert!(pollers.values().all(|poller| poller.strong_count() == 0));
}

#[tokio::test(start_paused = true)]
async fn first_response_and_failures_are_no_changes() {
    let (feeds, station) = (Feeds::default(), Station::new());
    let mut watch = watch(&feeds, &station);
    timeout(MINUTE, watch.changed()).await.unwrap_err();
    *station.0.is_down.lock() = true;
    timeout(60 * MINUTE, watch.changed()).await.unwrap_err();
    *station.0.is_down.lock() = false;
    watch.changed().await;
}

#[tokio::test(start_paused = true)]
async fn new_place_changes_the_list_and_new_measurements_do_not() {
    let (feeds, station) = (Feeds::default(), Station::new());
    let mut places = feeds.watch(&station, Feed::Cities, Awaited::Place);
    timeout(120 * MINUTE, places.changed()).await.unwrap_err();
    station.0.places.lock().push("atlantis");
    places.changed().await;
}
