//! Responses mutated from the recordings in any way: never a panic, and never a number that was not
//! in the response.

mod change;

use std::time::Duration;

use aareguru::api::{City, HydroDaterange, HydroLatest, WaterToday, Widget};
use aareguru::{Client, Clock, Config, Error, Place, River, STALE_AFTER, Verdict};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use tokio::runtime::Runtime;

use change::{apply, changes, paths};
use testkit::{
    MockResponse, MockUpstream,
    recordings::{CITIES, CURRENT_BERN, HYDRO_BERN, HYDRO_LIMMAT, TODAY_INTERLAKEN, WIDGET},
};

fn place(id: &str) -> &'static Place {
    Place::find(id).unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Reads many mutations of the recording; `check` gets the response as sent and the result.
fn any_change<T>(
    recording: &str,
    read: &impl AsyncFn(&Client) -> Result<T, Error>,
    check: &impl Fn(&Value, Result<T, Error>),
) {
    let runtime = runtime();
    let server = runtime.block_on(MockUpstream::start(MockResponse::Recordings));
    let client = server.stateless_client();
    let recording: Value = serde_json::from_str(recording).unwrap();
    let paths = paths(&recording);
    proptest!(|(changes in changes(|| Just(())))| {
        let mut answer = recording.clone();
        for ((), index, change) in &changes {
            let path: &Vec<_> = index.get(&paths);
            apply(&mut answer, path, change);
        }
        server.reply(MockResponse::text(&answer.to_string()));
        let result = runtime.block_on(read(&client));
        check(&answer, result);
    });
}

/// Returns the expected reading: the first of the two fields with a number.
fn temperature(answer: &Value) -> Option<f64> {
    let sent = |field| number(&answer["aare"][field]);
    sent("temperature").or(sent("temperature_prec"))
}

/// Returns the number as parsed: NaN for any other value.
fn number(sent: &Value) -> Option<f64> {
    (!sent.is_null()).then(|| sent.as_f64().unwrap_or(f64::NAN))
}

/// Whether two numbers are equal, or both are missing.
fn is_same(a: Option<f64>, b: Option<f64>) -> bool {
    a == b || a.zip(b).is_some_and(|(a, b)| a.is_nan() && b.is_nan())
}

fn names_bern(answer: &Value) -> bool {
    answer["aare"]["location"] == "Bärn" || answer["aare"]["location_long"] == "Bern, Schönau"
}

#[test]
fn mutated_current_is_read_or_rejected() {
    let runtime = runtime();
    let server = runtime.block_on(MockUpstream::start(MockResponse::Recordings));
    let river = River::new(server.stateless_client());
    let recording: Value = serde_json::from_str(CURRENT_BERN).unwrap();
    // Most of the response is series; half of the changes apply to the rest.
    let (about_river, about_rest): (Vec<_>, Vec<_>) = paths(&recording)
        .into_iter()
        .partition(|path| path[0] == "aare" && path.len() < 4);

    proptest!(|(changes in changes(any::<bool>))| {
        let mut answer = recording.clone();
        for (river, index, change) in &changes {
            let path = index.get(if *river { &about_river } else { &about_rest });
            apply(&mut answer, path, change);
        }
        server.reply(MockResponse::text(&answer.to_string()));

        match runtime.block_on(river.current_temperature(place("bern"))) {
            Ok(now) => {
                prop_assert!(names_bern(&answer));
                let sent = temperature(&answer);
                let celsius = now.water.value(river.now());
                let expected = sent.filter(|it| (-0.5..=35.0).contains(it));
                prop_assert!(celsius.is_none() || celsius == expected, "{:?}", celsius);
                prop_assert!(
                    celsius == expected || now.water.is_future_dated(river.now()),
                    "{:?}",
                    now.water
                );
            }
            Err(Error::WrongPlace { .. } | Error::Malformed { .. }) => prop_assert!(!names_bern(&answer)),
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    });
}

/// Whether the response contains a flow of at most two hours ago.
fn has_current_flow(flow: &Value, timestamp: &Value, now: Timestamp) -> bool {
    let is_flow = flow.as_f64().is_some_and(|flow| flow > 0.0);
    let age = timestamp.as_f64().map(|at| now.as_second() as f64 - at);
    is_flow && age.is_some_and(|age| (-120.0..=STALE_AFTER.as_secs_f64()).contains(&age))
}

fn river_at(server: &MockUpstream, now: Timestamp) -> River {
    River::new(
        Client::new(&Config {
            clock: Clock::stopped_at(now),
            cache_ttl: Duration::ZERO,
            stale_for: Duration::ZERO,
            breaker_failures: u32::MAX,
            ..server.config()
        })
        .unwrap(),
    )
}

#[test]
fn mutated_current_without_a_flow_never_removes_the_warning() {
    let runtime = runtime();
    let server = runtime.block_on(MockUpstream::start(MockResponse::Recordings));
    let now: Timestamp = "2023-05-09T11:38:00Z".parse().unwrap();
    let river = river_at(&server, now);
    // Synthetic: the recording with less and warmer water, of which no warning is known.
    let mut calm: Value = serde_json::from_str(CURRENT_BERN).unwrap();
    calm["aare"]["flow"] = 150.into();
    calm["aare"]["temperature"] = 19.5.into();
    calm["aare"]["temperature_prec"] = 19.5.into();
    for (n, point) in calm["aarepast"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .enumerate()
    {
        point["flow"] = (150 + n % 2).into();
        point["temperature"] = (19.5 - 0.01 * (n % 7) as f64).into();
    }
    let set_reply = |answer: &Value| {
        server.reply(MockResponse::at([(
            "current",
            MockResponse::text(&answer.to_string()),
        )]));
    };
    set_reply(&calm);
    let danger = runtime.block_on(river.danger(place("bern"))).unwrap();
    assert_eq!(
        danger.advice.verdict,
        Verdict::NoKnownWarning,
        "{}",
        danger.advice
    );

    let (about_river, about_rest): (Vec<_>, Vec<_>) = paths(&calm)
        .into_iter()
        .partition(|path| path[0] == "aare" && path.len() == 2);
    proptest!(|(changes in changes(any::<bool>))| {
        let mut answer = calm.clone();
        for (river, index, change) in &changes {
            let path = index.get(if *river { &about_river } else { &about_rest });
            apply(&mut answer, path, change);
        }
        set_reply(&answer);
        let aare = &answer["aare"];
        let may_be_silent = has_current_flow(&aare["flow"], &aare["timestamp"], now);
        let is_silent = |verdict| verdict == Verdict::NoKnownWarning;
        if let Ok(danger) = runtime.block_on(river.danger(place("bern"))) {
            prop_assert!(may_be_silent || !is_silent(danger.advice.verdict), "{}", aare);
            prop_assert!(may_be_silent || danger.level.is_none_or(|level| level.number() > 1));
        }
        if let Ok(conditions) = runtime.block_on(river.conditions(place("bern"))) {
            prop_assert!(may_be_silent || !is_silent(conditions.danger.advice.verdict));
        }
        if let Ok(forecast) = runtime.block_on(river.forecast(place("bern"))) {
            prop_assert!(may_be_silent || !is_silent(forecast.advice(now).verdict));
            prop_assert!(may_be_silent || forecast.best_parts(now).is_err());
        }
    });
}

#[test]
fn mutated_widget_never_removes_the_warning_or_ranks_incomparable_values() {
    let runtime = runtime();
    let server = runtime.block_on(MockUpstream::start(MockResponse::Recordings));
    let now: Timestamp = "2024-08-19T21:25:00Z".parse().unwrap();
    let river = river_at(&server, now);
    let recording: Value = serde_json::from_str(WIDGET).unwrap();
    let comparison = runtime.block_on(river.compare(&[])).unwrap();
    assert_eq!(comparison.warmest_first(now).len(), 2, "Thun and Bern");

    let paths = paths(&recording);
    proptest!(|(changes in changes(|| Just(())))| {
        let mut answer = recording.clone();
        for ((), index, change) in &changes {
            let path: &Vec<_> = index.get(&paths);
            apply(&mut answer, path, change);
        }
        server.reply(MockResponse::text(&answer.to_string()));
        let Ok(comparison) = runtime.block_on(river.compare(&[])) else {
            return Ok(());
        };
        for at in &comparison.places {
            // A comparison has no trend.
            let verdict = at.advice(now).verdict;
            prop_assert!(verdict != Verdict::NoKnownWarning && verdict != Verdict::Caution);
        }
        for ranked in comparison.warmest_first(now) {
            prop_assert!((-0.5..=35.0).contains(&ranked.celsius));
            prop_assert!(ranked.at.water.is_current(now));
        }
    });
}

#[test]
fn mutated_cities_are_read() {
    let read = async |client: &Client| client.cities().await.map(|cities| cities.to_vec());
    any_change(CITIES, &read, &|answer, cities: Result<Vec<City>, _>| {
        let cities = cities.unwrap();
        let sent = answer.as_array().unwrap();
        let sent: Vec<_> = sent.iter().filter(|city| city.is_object()).collect();
        assert_eq!(cities.len(), sent.len());
        for (city, sent) in cities.iter().zip(sent) {
            assert!(is_same(city.aare, number(&sent["aare"])));
            assert!(is_same(city.aare_prec, number(&sent["aare_prec"])));
            assert!(is_same(city.tn, number(&sent["tn"])));
            assert!(is_same(city.tx, number(&sent["tx"])));
            assert!(city.time.is_none() || sent["time"].is_number());
        }
    });
}

#[test]
fn mutated_today_is_read_or_rejected() {
    let read = async |client: &Client| {
        let today = client.today(place("interlaken")).await?;
        Ok(WaterToday::clone(&today))
    };
    any_change(TODAY_INTERLAKEN, &read, &|answer, today| match today {
        Ok(today) => {
            assert!(is_same(today.aare, number(&answer["aare"])));
            assert!(is_same(today.aare_prec, number(&answer["aare_prec"])));
            assert_eq!(today.text.as_deref(), answer["text"].as_str());
        }
        Err(error) => {
            assert!(
                matches!(error, Error::WrongPlace { .. } | Error::Malformed { .. }),
                "{error:?}"
            );
            assert!(answer["name"] != "Interlake" && answer["longname"] != "Ringgenberg, Goldswil");
        }
    });
}

#[test]
fn mutated_widget_is_read_or_rejected() {
    let read = async |client: &Client| Ok(Widget::clone(&*client.widget().await?));
    any_change(WIDGET, &read, &|answer, widget| match widget {
        Ok(widget) => {
            for (id, values) in &widget.values {
                let sent = &answer["values"][id];
                assert!(is_same(values.temperature, number(&sent["temperature"])));
                assert!(is_same(values.flow, number(&sent["flow"])));
                assert!(is_same(values.forecast2h, number(&sent["forecast2h"])));
                assert!(is_same(values.tt, number(&sent["tt"])));
                let level = values.flow_gefahrenstufe.level();
                let sent = sent["flow_gefahrenstufe"].as_f64();
                assert_eq!(
                    level.map(|it| f64::from(it.number())),
                    sent.filter(|it| *it == 1.0)
                );
            }
        }
        Err(error) => {
            assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
            assert_eq!(answer.get("values"), None);
        }
    });
}

#[test]
fn mutated_hydro_daterange_is_read_or_rejected() {
    let read = async |client: &Client| {
        let (start, end) = (Timestamp::UNIX_EPOCH, Timestamp::now());
        let range = client.hydro_daterange(place("bern"), start, end).await?;
        Ok(HydroDaterange::clone(&range))
    };
    any_change(HYDRO_BERN, &read, &|answer, range| match range {
        Ok(range) => {
            let payload = &answer["payload"];
            let list = |name: &str| payload[name].as_array().map_or(&[][..], Vec::as_slice);
            let times = list("timestamp");
            assert_eq!(range.points.len(), times.len());
            let sent = |parameter: &str, n: usize| {
                let values = list(&format!("2135|{parameter}"));
                (values.len() == times.len()).then(|| number(&values[n]))?
            };
            for (n, point) in range.points.iter().enumerate() {
                assert!(is_same(point.flow, sent("flow", n)));
                assert!(is_same(point.height, sent("height", n)));
                assert!(is_same(point.temperature, sent("temperature", n)));
                assert!(point.timestamp.is_none() || times[n].is_number());
            }
        }
        Err(error) => {
            assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
            assert_eq!(answer.get("payload"), None);
        }
    });
}

#[test]
fn mutated_hydro_latest_is_read_or_rejected() {
    // Synthetic: the sample is of the Limmat; only its gauge was changed.
    let sample = HYDRO_LIMMAT.replace("2243", "2135");
    let read = async |client: &Client| {
        let latest = client.hydro_latest(&[place("bern")]).await?;
        Ok(HydroLatest::clone(&latest))
    };
    any_change(&sample, &read, &|answer, latest| match latest {
        Ok(latest) => {
            let sent = answer["payload"].as_array().map_or(&[][..], Vec::as_slice);
            let sent: Vec<_> = sent.iter().filter(|value| value.is_object()).collect();
            assert_eq!(latest.payload.len(), sent.len());
            for (value, sent) in latest.payload.iter().zip(sent) {
                assert!(is_same(value.val, number(&sent["val"])));
            }
        }
        Err(error) => assert!(
            matches!(error, Error::Malformed { .. } | Error::WrongPlace { .. }),
            "{error:?}"
        ),
    });
}
