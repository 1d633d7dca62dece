//! The recordings compiled in, asked like the live API.

use aareguru::{Client, Freshness, Place, River};
use jiff::Timestamp;
use jiff::civil::date;

#[tokio::test]
async fn every_place_has_a_recorded_temperature() {
    let client = Client::recorded();
    assert_eq!(client.recorded_on(), Some(date(2023, 5, 9)));
    let river = River::new(client);
    for place in Place::all() {
        let now = river.current_temperature(place).await.unwrap();
        assert!(now.water.value.is_some(), "{}", place.id());
        assert_eq!(now.water.recorded_on, Some(date(2023, 5, 9)));
        assert_eq!(now.water.freshness(Timestamp::now()), Freshness::Recorded);
        assert_eq!(
            now.flow_m3_per_s.is_some(),
            place.id() == "bern",
            "{}",
            place.id()
        );
    }
}

#[tokio::test]
async fn recorded_places_say_that_they_are_recorded() {
    let places = River::new(Client::recorded()).places().await.unwrap();
    assert_eq!(places.len(), 8);
    assert!(
        places
            .iter()
            .all(|at| at.water.recorded_on == Some(date(2023, 5, 9)))
    );
}
