//! The request sent to each endpoint, and how its response is read.

use aareguru::{Client, Clock, Config, Error, FloodLevel, Freshness, Place, ReportedLevel, River};
use jiff::{Timestamp, ToSpan};

use testkit::{MockResponse, MockUpstream, recordings::HYDRO_LIMMAT};

fn bern() -> &'static Place {
    Place::find("bern").unwrap()
}

#[tokio::test]
async fn cities_returns_the_temperature_of_each_place() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
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
    assert_eq!(
        server.requests(),
        ["/v2018/cities?app=aareguru-it&version=0"]
    );
}

#[tokio::test]
async fn current_returns_all_data_of_one_place() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
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
    assert_eq!(aare.flow_gefahrenstufe, ReportedLevel::Missing);
    assert_eq!(aare.height, None);

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
        server.requests(),
        ["/v2018/current?city=bern&app=aareguru-it&version=0"]
    );
}

#[tokio::test]
async fn base_url_with_a_path_is_supported() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let mut config = server.config();
    config.base_url.push_str("/mirror/");
    Client::new(&config).unwrap().cities().await.unwrap();
    assert_eq!(
        server.requests(),
        ["/mirror/v2018/cities?app=aareguru-it&version=0"]
    );
}

#[tokio::test]
async fn current_temperature_carries_its_age() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let measured_at: Timestamp = "2023-05-09T11:20:00Z".parse().unwrap();
    let clock = Clock::stopped_at(measured_at + 18.minutes());
    let config = Config {
        clock: clock.clone(),
        ..server.config()
    };
    let river = River::new(Client::new(&config).unwrap());
    let now = river.current_temperature(bern()).await.unwrap();

    assert_eq!(now.place, bern());
    assert_eq!(now.water.value(river.now()), Some(12.5));
    assert_eq!(now.saying.as_deref(), Some("Uschaflig chaut"));
    assert_eq!(now.water.recorded_on, None);
    assert_eq!(now.water.measured_at(river.now()), Some(measured_at));
    assert_eq!(now.water.freshness(river.now()), Freshness::Fresh);

    clock.set(measured_at + 25.hours());
    let old = river.current_temperature(bern()).await.unwrap();
    assert_eq!(old.water.freshness(river.now()), Freshness::Old);
    // The saying does not describe the water now.
    let celsius = old.water.value(river.now());
    assert_eq!((celsius, old.saying), (Some(12.5), None));
}

#[tokio::test]
async fn places_are_in_downstream_order() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let river = River::new(server.client());
    let places = river.places().await.unwrap();

    let temperatures: Vec<_> = places
        .iter()
        .map(|at| (at.name.as_str(), at.water.value(river.now()).unwrap()))
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

#[tokio::test]
async fn today_returns_temperature_and_saying() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let interlaken = Place::find("interlaken").unwrap();
    let today = server.client().today(interlaken).await.unwrap();

    assert_eq!((today.aare, today.aare_prec), (Some(18.1), Some(18.08)));
    assert_eq!(today.text.as_deref(), Some("Rächt gut. Mit viu Wasser"));
    assert_eq!(today.text_short.as_deref(), Some("Mit viu Wasser"));
    assert_eq!(today.time, Some(1_724_101_200));
    assert_eq!(
        server.requests(),
        ["/v2018/today?city=interlaken&app=aareguru-it&version=0"]
    );
}

#[tokio::test]
async fn today_for_another_place_is_rejected() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let error = server.client().today(bern()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "asked the Aareguru API for `bern`, got `Interlake`"
    );
}

#[tokio::test]
async fn widget_returns_flow_and_danger_level_of_all_places() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let widget = server.client().widget().await.unwrap();

    assert_eq!(widget.values.len(), 2);
    let bern = &widget.values["bern"];
    assert_eq!(bern.timestamp, Some(1_724_101_800));
    assert_eq!((bern.temperature, bern.tt), (Some(16.6), Some(16.5)));
    assert_eq!(bern.flow, Some(228.0));
    let level_1 = ReportedLevel::Level(FloodLevel::NoOrMinor);
    assert_eq!(bern.flow_gefahrenstufe, level_1);
    assert_eq!(bern.forecast2h, Some(16.4));
    assert_eq!(widget.values["thun"].tt, Some(16.0));
    assert_eq!(widget.cities[1].key.as_deref(), Some("biel"));
    assert_eq!(widget.cities[1].name.as_deref(), Some("Biu"));
    assert_eq!(
        server.requests(),
        ["/v2018/widget?app=aareguru-it&version=0"]
    );
}

fn span() -> (Timestamp, Timestamp) {
    let time = |text: &str| text.parse().unwrap();
    (time("2026-09-01T00:00:00Z"), time("2026-09-02T00:00:00Z"))
}

#[tokio::test]
async fn hydro_daterange_returns_a_day_in_ten_minute_steps() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let (start, end) = span();
    let client = server.client();
    let range = client.hydro_daterange(bern(), start, end).await.unwrap();

    assert_eq!(range.points.len(), 145);
    let first = range.points[0];
    assert_eq!(first.timestamp, Some(start.as_second()));
    assert_eq!(first.flow, Some(113.18));
    assert_eq!(
        (first.height, first.temperature),
        (Some(502.28), Some(18.5))
    );
    assert_eq!(range.points[144].timestamp, Some(end.as_second()));
    let unknown: Vec<_> = range
        .points
        .iter()
        .filter(|point| point.temperature.is_none())
        .collect();
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].timestamp, Some(1_788_303_300));
    assert!(unknown[0].flow.is_some());
    assert!(range.source.as_deref().unwrap().contains("BAFU"));
    assert_eq!(
        server.requests(),
        [
            "/hydro/daterange?locations=2135&parameters=flow%2Cheight%2Ctemperature\
             &startdate=2026-09-01+00%3A00%3A00&enddate=2026-09-02+00%3A00%3A00\
             &timeseriesformat=rows&app=aareguru-it&version=0"
        ]
    );
}

#[tokio::test]
async fn hydro_latest_returns_values_by_gauge() {
    // Synthetic: the sample is of the Limmat; only its gauge was changed.
    let sample = HYDRO_LIMMAT.replace("2243", "2135");
    let server = MockUpstream::start(MockResponse::text(&sample)).await;
    let thun = Place::find("thun").unwrap();
    let client = server.client();
    let latest = client.hydro_latest(&[bern(), thun]).await.unwrap();

    assert_eq!(latest.payload.len(), 1);
    let value = &latest.payload[0];
    assert_eq!(value.timestamp, Some(1_666_365_600));
    assert_eq!(value.loc.as_deref(), Some("2135"));
    assert_eq!(
        (value.par.as_deref(), value.val),
        (Some("temperature"), Some(16.3))
    );
    assert_eq!(
        server.requests(),
        [
            "/hydro/latest?locations=2030%2C2135&parameters=flow%2Cheight%2Ctemperature\
             &app=aareguru-it&version=0"
        ]
    );
}

#[tokio::test]
async fn hydro_data_of_another_gauge_is_rejected() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = server.client();
    let (start, end) = span();
    let thun = Place::find("thun").unwrap();
    let latest = client.hydro_latest(&[thun]).await.unwrap_err();
    assert!(
        matches!(&latest, Error::WrongPlace { got, .. } if got == "gauge 2243"),
        "{latest:?}"
    );
    let range = client.hydro_daterange(thun, start, end).await.unwrap_err();
    assert!(
        matches!(&range, Error::WrongPlace { got, .. } if got == "gauge 2135"),
        "{range:?}"
    );
}

#[tokio::test]
async fn place_without_a_gauge_is_an_error_without_a_request() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = server.client();
    let (start, end) = span();
    let olten = Place::find("olten").unwrap();
    for error in [
        client.hydro_latest(&[bern(), olten]).await.unwrap_err(),
        client.hydro_daterange(olten, start, end).await.unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "BAFU has no gauge at `olten`: flow and height are not measured there"
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn history_request_uses_unix_seconds() {
    // Synthetic: no response of this endpoint is public.
    let body = r#"{"data": {"temperature": [[1788220800, 17.5], [1788221400, null]]}}"#;
    let server = MockUpstream::start(MockResponse::text(body)).await;
    let (start, end) = span();
    let history = server.client().history(bern(), start, end).await.unwrap();

    let temperature = &history.series["temperature"];
    assert_eq!(temperature[0].value, Some(17.5));
    assert_eq!(temperature[1].value, None);
    assert_eq!(
        server.requests(),
        ["/v2018/history?city=bern&start=1788220800&end=1788307200&app=aareguru-it&version=0"]
    );
}

#[tokio::test]
async fn hydro_spans_are_cached_separately() {
    let server = MockUpstream::start(MockResponse::Recordings).await;
    let client = server.client();
    let (start, end) = span();
    for end in [end, end, end + 1.hour()] {
        client.hydro_daterange(bern(), start, end).await.unwrap();
    }
    assert_eq!(server.requests().len(), 2);
}
