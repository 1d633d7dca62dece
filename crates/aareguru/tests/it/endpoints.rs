//! What is sent to each endpoint, and what is read from its answer.

use aareguru::{Client, Freshness, Place, River};
use jiff::{Timestamp, ToSpan};

use crate::server::{Reply, Server};

fn bern() -> &'static Place {
    Place::find("bern").unwrap()
}

#[tokio::test]
async fn cities_tells_the_temperature_of_each_place() {
    let server = Server::start(Reply::Recordings).await;
    let cities = server.client().cities().await.unwrap();

    assert_eq!(cities.len(), 8);
    let thun = &cities[2];
    assert_eq!(thun.city.as_deref(), Some("thun"));
    assert_eq!((thun.aare, thun.aare_prec), (Some(12.0), Some(11.99)));
    assert_eq!(
        (thun.sy, thun.tn, thun.tx),
        (Some(10), Some(10.0), Some(18.0))
    );
    assert_eq!(thun.time, Some(1_683_643_800));
    assert_eq!(thun.coordinates.as_ref().and_then(|at| at.lat), Some(46.76));
    assert_eq!(server.asked(), ["/v2018/cities?app=aareguru-it&version=0"]);
}

#[tokio::test]
async fn current_tells_all_about_one_place() {
    let server = Server::start(Reply::Recordings).await;
    let current = server.client().current(bern()).await.unwrap();

    let aare = &current.aare;
    assert_eq!(
        (aare.temperature, aare.temperature_prec),
        (Some(12.5), Some(12.49))
    );
    assert_eq!((aare.flow, aare.forecast2h), (Some(247.0), Some(12.7)));
    assert_eq!(aare.temperature_text.as_deref(), Some("Uschaflig chaut"));
    assert_eq!(
        (aare.temperature_scale.len(), aare.flow_scale.len()),
        (9, 10)
    );
    assert_eq!((aare.flow_gefahrenstufe, aare.height), (None, None));

    assert_eq!(current.aarepast.len(), 271);
    assert_eq!(
        current
            .aarepast
            .iter()
            .filter(|point| point.temperature.is_none())
            .count(),
        2
    );
    assert!(
        current
            .aarepast
            .iter()
            .all(|point| point.flow.is_some() && point.timestamp.is_some())
    );
    assert_eq!(current.weatherpast.len(), 286);

    let weather = current.weather.as_ref().unwrap();
    assert_eq!(weather.current.as_ref().unwrap().tt, Some(18.3));
    let evening = weather.today.as_ref().unwrap().a.as_ref().unwrap();
    assert_eq!(
        (evening.symt, evening.tt, evening.rrisk),
        (Some(6), Some(15.0), Some(90.0))
    );
    assert_eq!(weather.forecast.len(), 4);
    assert_eq!(weather.forecast[0].day.as_deref(), Some("Mitwuch"));

    let sun = current.sun.as_ref().unwrap();
    assert_eq!(
        sun.today.as_ref().unwrap().suntotal.as_deref(),
        Some("3:20")
    );
    assert_eq!(
        sun.forecast.keys().copied().collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert_eq!(sun.sunlocations[1].name.as_deref(), Some("Marzili"));
    assert_eq!(sun.sunlocations[1].timeleft, Some(19_980));

    assert_eq!(
        current.bueber.as_ref().unwrap().state_open_flag,
        Some(false)
    );
    assert_eq!(
        server.asked(),
        ["/v2018/current?city=bern&app=aareguru-it&version=0"]
    );
}

#[tokio::test]
async fn a_base_url_may_have_a_path() {
    let server = Server::start(Reply::Recordings).await;
    let mut config = server.config();
    config.base_url.push_str("/mirror/");
    Client::new(&config).unwrap().cities().await.unwrap();
    assert_eq!(
        server.asked(),
        ["/mirror/v2018/cities?app=aareguru-it&version=0"]
    );
}

#[tokio::test]
async fn the_temperature_at_a_place_has_its_age() {
    let server = Server::start(Reply::Recordings).await;
    let now = River::new(server.client())
        .current_temperature(bern())
        .await
        .unwrap();

    assert_eq!(now.place, bern());
    assert_eq!(
        (now.water.value, now.flow_m3_per_s),
        (Some(12.5), Some(247.0))
    );
    assert_eq!(now.saying.as_deref(), Some("Uschaflig chaut"));
    assert_eq!(now.water.recorded_on, None);
    let measured_at: Timestamp = "2023-05-09T11:20:00Z".parse().unwrap();
    assert_eq!(now.water.measured_at, Some(measured_at));
    assert_eq!(
        now.water.freshness(measured_at + 18.minutes()),
        Freshness::Fresh
    );
    assert_eq!(now.water.freshness(Timestamp::now()), Freshness::Old);
}

#[tokio::test]
async fn the_places_come_in_downstream_order() {
    let server = Server::start(Reply::Recordings).await;
    let river = River::new(server.client());
    let places = river.places().await.unwrap();

    let temperatures: Vec<_> = places
        .iter()
        .map(|at| (at.name.as_str(), at.water.value.unwrap()))
        .collect();
    let expected = [
        ("Brienz", 7.8),
        ("Interlaken", 11.4),
        ("Thun", 12.0),
        ("Bern", 12.9),
        ("Hagneck", 12.9),
        ("Biel", 12.2),
        ("Olten", 13.4),
        ("Brugg", 14.5),
    ];
    assert_eq!(temperatures, expected);
    assert!(
        places
            .iter()
            .all(|at| at.place.is_some_and(|place| place.id() == at.id))
    );
}
