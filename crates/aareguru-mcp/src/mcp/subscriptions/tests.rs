//! With a river and a clock of the tests' own.

use std::{collections::BTreeMap, time::Duration};

use aareguru::Error;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep, timeout};

use super::{feed::MeasurementTimes, *};

const TTL: Duration = Duration::from_secs(120);
const MINUTE: Duration = Duration::from_secs(60);
const START: i64 = 1_783_000_000;
const BERN: Feed = Feed::Current("bern");

/// A station that is measured every 10 minutes and told 12 minutes late.
#[derive(Debug, Clone)]
struct Station(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    begun: Instant,
    asked: Mutex<Vec<(Feed, Duration)>>,
    is_down: Mutex<bool>,
    places: Mutex<Vec<&'static str>>,
}

impl Station {
    fn new() -> Self {
        Self(Arc::new(Shared {
            begun: Instant::now(),
            asked: Mutex::default(),
            is_down: Mutex::default(),
            places: Mutex::new(vec!["bern"]),
        }))
    }

    fn asked(&self) -> usize {
        self.0.asked.lock().len()
    }
}

impl FeedSource for Station {
    async fn measurement_times(&self, feed: Feed) -> Result<MeasurementTimes, Error> {
        let since = self.0.begun.elapsed();
        self.0.asked.lock().push((feed, since));
        if *self.0.is_down.lock() {
            return Err(Error::NotMeasured { place: "bern" });
        }
        let told = (since.as_secs() as i64 - 12 * 60).div_euclid(600) * 600;
        let at = Timestamp::from_second(START + told).ok();
        let places = self.0.places.lock();
        let times: BTreeMap<_, _> = places.iter().map(|id| ((*id).to_owned(), at)).collect();
        Ok(MeasurementTimes(times))
    }

    fn now(&self) -> Timestamp {
        let since = SignedDuration::try_from(self.0.begun.elapsed()).unwrap();
        Timestamp::from_second(START).unwrap() + since
    }

    fn cache_ttl(&self) -> Duration {
        TTL
    }
}

fn resource(uri: &str) -> Subject {
    Subject::Resource(uri.to_owned())
}

fn subscribed(all: &Arc<Subscriptions<Station>>, uri: &str) -> Subscriber<Station> {
    let subscriber = all.subscriber();
    subscriber.add(resource(uri), Some(BERN)).unwrap();
    subscriber
}

#[tokio::test(start_paused = true)]
async fn every_measurement_is_told_once_to_everybody_by_one_poller() {
    let station = Station::new();
    let all = Subscriptions::new(station.clone());
    let many: Vec<_> = (0..1000).map(|_| subscribed(&all, "a")).collect();
    let day = 24 * 60 * MINUTE;
    let first = &many[0];
    let mut told = 0;
    let _ = timeout(day, async {
        loop {
            assert_eq!(first.news().await, BTreeSet::from([resource("a")]));
            told += 1;
        }
    })
    .await;
    // One in ten minutes.
    assert!((142..=144).contains(&told), "{told}");
    for subscriber in &many[1..] {
        // Nobody fetched word in between, and still it waits only once.
        assert_eq!(subscriber.news().await, BTreeSet::from([resource("a")]));
    }
    // With two asks for each measurement, and never two within the cache time.
    let asked = station.0.asked.lock().clone();
    assert!(asked.len() <= 2 * 144 + 2, "{}", asked.len());
    for pair in asked.windows(2) {
        assert!(pair[1].1 - pair[0].1 >= TTL, "{pair:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_subscribers_nobody_is_asked() {
    let station = Station::new();
    let all = Subscriptions::new(station.clone());
    let first = subscribed(&all, "a");
    let second = subscribed(&all, "b");
    let count = all.count();
    assert_eq!(*count.borrow(), 2);
    sleep(60 * MINUTE).await;
    assert!(station.asked() > 2);

    first.remove(&resource("a"));
    let asked = station.asked();
    sleep(60 * MINUTE).await;
    assert!(station.asked() > asked, "the other wants to hear on");

    drop(second);
    assert_eq!(*count.borrow(), 0);
    let asked = station.asked();
    sleep(24 * 60 * MINUTE).await;
    assert_eq!(station.asked(), asked);
    let pollers = all.pollers.lock();
    assert!(pollers.values().all(|poller| poller.strong_count() == 0));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_want_to_hear_any_more_hears_no_more() {
    let all = Subscriptions::new(Station::new());
    let subscriber = subscribed(&all, "a");
    subscriber.add(resource("b"), Some(BERN)).unwrap();
    sleep(30 * MINUTE).await;
    subscriber.remove(&resource("a"));
    assert_eq!(subscriber.news().await, BTreeSet::from([resource("b")]));
}

#[tokio::test(start_paused = true)]
async fn what_is_there_at_the_beginning_and_what_cannot_be_had_is_no_news() {
    let station = Station::new();
    let all = Subscriptions::new(station.clone());
    let subscriber = subscribed(&all, "a");
    let news = timeout(MINUTE, subscriber.news()).await;
    assert!(news.is_err(), "{news:?}");
    *station.0.is_down.lock() = true;
    let news = timeout(60 * MINUTE, subscriber.news()).await;
    assert!(news.is_err(), "{news:?}");
    *station.0.is_down.lock() = false;
    assert_eq!(subscriber.news().await, BTreeSet::from([resource("a")]));
}

#[tokio::test(start_paused = true)]
async fn a_place_that_appears_is_told_to_who_asked_for_the_list() {
    let station = Station::new();
    let all = Subscriptions::new(station.clone());
    let subscriber = all.subscriber();
    subscriber.add(Subject::List, Some(Feed::Cities)).unwrap();
    let news = timeout(120 * MINUTE, subscriber.news()).await;
    assert!(news.is_err(), "new values are no new places: {news:?}");
    station.0.places.lock().push("atlantis");
    assert_eq!(subscriber.news().await, BTreeSet::from([Subject::List]));
}

#[tokio::test(start_paused = true)]
async fn one_subscriber_has_a_bounded_number_of_subscriptions() {
    let all = Subscriptions::new(Station::new());
    let subscriber = all.subscriber();
    for n in 0..MAX_PER_SUBSCRIBER {
        let subject = resource(&n.to_string());
        subscriber.add(subject, Some(BERN)).unwrap();
    }
    subscriber.add(resource("0"), Some(BERN)).unwrap();
    subscriber.add(resource("one more"), None).unwrap_err();
    subscriber.remove(&resource("0"));
    subscriber.add(resource("one more"), None).unwrap();
    assert_eq!(*all.count().borrow(), MAX_PER_SUBSCRIBER);
}
