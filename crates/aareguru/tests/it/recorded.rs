//! The built-in recordings, used like the live API.

use aareguru::api::{Api, BreakerState};
use aareguru::{Client, Error, Freshness, Place, ReportedLevel, River};
use jiff::Timestamp;
use jiff::civil::date;

#[tokio::test]
async fn recorded_client_has_a_temperature_for_every_place() {
    let client = Client::recorded();
    assert_eq!(client.recorded_on(), Some(date(2023, 5, 9)));
    let river = River::new(client);
    for place in Place::all() {
        let now = river.current_temperature(place).await.unwrap();
        let celsius = now.water.value(Timestamp::now());
        assert!(celsius.is_some(), "{}", place.id());
        assert_eq!(now.water.recorded_on, Some(date(2023, 5, 9)));
        assert_eq!(now.water.freshness(Timestamp::now()), Freshness::Recorded);
        let danger = river.danger(place).await.unwrap();
        assert_eq!(
            danger.flow.value(Timestamp::now()).is_some(),
            place.id() == "bern",
            "{}",
            place.id()
        );
    }
}

#[tokio::test]
async fn recorded_places_carry_the_recording_date() {
    let places = River::new(Client::recorded()).places().await.unwrap();
    assert_eq!(places.len(), 8);
    assert!(
        places
            .iter()
            .all(|at| at.water.recorded_on == Some(date(2023, 5, 9)))
    );
}

#[tokio::test]
async fn recorded_responses_carry_their_date() {
    let client = Client::recorded();
    let bern = Place::find("bern").unwrap();
    let now = Timestamp::now();
    let aareguru = date(2023, 5, 9);
    assert_eq!(client.cities().await.unwrap().recorded_on(), Some(aareguru));
    assert_eq!(client.widget().await.unwrap().recorded_on(), Some(aareguru));
    let current = client.current(bern).await.unwrap();
    assert_eq!(
        current.fetched_at(),
        "2023-05-09T11:38:00Z".parse().unwrap()
    );
    assert!(!current.is_stale());

    let hydro = date(2026, 9, 2);
    let range = client.hydro_daterange(bern, now, now).await.unwrap();
    assert_eq!(range.recorded_on(), Some(hydro));
    assert_eq!(range.points.len(), 145);
    let latest = client.hydro_latest(&[]).await.unwrap();
    assert_eq!(latest.recorded_on(), Some(hydro));
    let values: Vec<_> = latest
        .payload
        .iter()
        .map(|value| (value.par.as_deref().unwrap(), value.val.unwrap()))
        .collect();
    assert_eq!(
        values,
        [("flow", 119.71), ("height", 502.34), ("temperature", 18.95)]
    );
    assert_eq!(latest.payload[0].timestamp, Some(1_788_307_200));
}

#[tokio::test]
async fn recorded_today_and_widget_match_the_recordings() {
    let client = Client::recorded();
    for place in Place::all() {
        let today = client.today(place).await.unwrap();
        let widget = client.widget().await.unwrap();
        let values = &widget.values[place.id()];
        let is_bern = place.id() == "bern";
        assert!(today.aare.is_some() && today.time.is_some());
        assert_eq!(today.text.is_some(), is_bern);
        assert_eq!(values.temperature, today.aare);
        assert_eq!(values.timestamp, today.time);
        assert_eq!(values.flow.is_some(), is_bern);
        assert_eq!(values.flow_gefahrenstufe, ReportedLevel::Missing);
    }
    assert_eq!(client.widget().await.unwrap().cities.len(), 8);
}

#[tokio::test]
async fn missing_recording_yields_no_recording_error() {
    let client = Client::recorded();
    let [bern, thun] = ["bern", "thun"].map(|id| Place::find(id).unwrap());
    let now = Timestamp::now();
    for error in [
        client.history(bern, now, now).await.unwrap_err(),
        client.hydro_daterange(thun, now, now).await.unwrap_err(),
        client.hydro_latest(&[thun]).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::NoRecording { .. }), "{error:?}");
    }
    assert_eq!(client.breaker_state(Api::Aareguru), BreakerState::Closed);
}
