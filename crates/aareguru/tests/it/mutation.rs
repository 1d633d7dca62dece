//! Answers that differ from the recordings in any way the APIs may think of:
//! never a panic, and never a number that was not in the answer.

mod change;

use aareguru::api::{City, HydroDaterange, HydroLatest, WaterToday, Widget};
use aareguru::{Client, Error, Place, River};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::server::{
    CITIES, CURRENT_BERN, HYDRO_BERN, HYDRO_LIMMAT, Reply, Server, TODAY_INTERLAKEN, WIDGET,
};
use change::{apply, changes, paths};

fn place(id: &str) -> &'static Place {
    Place::find(id).unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// What `read` makes of the recording in many changed forms, judged by `check`,
/// which is given the answer as sent.
fn any_change<T>(
    recording: &str,
    read: &impl AsyncFn(&Client) -> Result<T, Error>,
    check: &impl Fn(&Value, Result<T, Error>),
) {
    let runtime = runtime();
    let server = runtime.block_on(Server::start(Reply::Recordings));
    let client = server.forgetful_client();
    let recording: Value = serde_json::from_str(recording).unwrap();
    let paths = paths(&recording);
    proptest!(|(changes in changes(|| Just(())))| {
        let mut answer = recording.clone();
        for ((), index, change) in &changes {
            let path: &Vec<_> = index.get(&paths);
            apply(&mut answer, path, change);
        }
        server.reply(Reply::text(&answer.to_string()));
        let result = runtime.block_on(read(&client));
        check(&answer, result);
    });
}

/// What the reading must be: the first of the two numbers that is one.
fn temperature(answer: &Value) -> Option<f64> {
    let number = |field| answer["aare"][field].as_f64();
    number("temperature").or(number("temperature_prec"))
}

fn names_bern(answer: &Value) -> bool {
    answer["aare"]["location"] == "Bärn" || answer["aare"]["location_long"] == "Bern, Schönau"
}

#[test]
fn any_change_of_an_answer_is_read_or_refused() {
    let runtime = runtime();
    let server = runtime.block_on(Server::start(Reply::Recordings));
    let river = River::new(server.forgetful_client());
    let recording: Value = serde_json::from_str(CURRENT_BERN).unwrap();
    // Most of the answer is series; half of the changes shall meet the rest.
    let (about_river, about_rest): (Vec<_>, Vec<_>) = paths(&recording)
        .into_iter()
        .partition(|path| path[0] == "aare" && path.len() < 4);

    proptest!(|(changes in changes(any::<bool>))| {
        let mut answer = recording.clone();
        for (river, index, change) in &changes {
            let path = index.get(if *river { &about_river } else { &about_rest });
            apply(&mut answer, path, change);
        }
        server.reply(Reply::text(&answer.to_string()));

        match runtime.block_on(river.current_temperature(place("bern"))) {
            Ok(now) => {
                prop_assert!(names_bern(&answer));
                prop_assert_eq!(now.water.value, temperature(&answer));
                prop_assert_eq!(now.flow_m3_per_s, answer["aare"]["flow"].as_f64());
            }
            Err(Error::WrongPlace { .. } | Error::Malformed { .. }) => prop_assert!(!names_bern(&answer)),
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    });
}

#[test]
fn any_change_of_cities_is_read() {
    let read = async |client: &Client| client.cities().await.map(|cities| cities.to_vec());
    any_change(CITIES, &read, &|answer, cities: Result<Vec<City>, _>| {
        let cities = cities.unwrap();
        let sent = answer.as_array().unwrap();
        let sent: Vec<_> = sent.iter().filter(|city| city.is_object()).collect();
        assert_eq!(cities.len(), sent.len());
        for (city, sent) in cities.iter().zip(sent) {
            assert_eq!(city.aare, sent["aare"].as_f64());
            assert_eq!(city.aare_prec, sent["aare_prec"].as_f64());
            assert_eq!(
                (city.tn, city.tx),
                (sent["tn"].as_f64(), sent["tx"].as_f64())
            );
            assert!(city.time.is_none() || sent["time"].is_number());
        }
    });
}

#[test]
fn any_change_of_today_is_read_or_refused() {
    let read = async |client: &Client| {
        let today = client.today(place("interlaken")).await?;
        Ok(WaterToday::clone(&today))
    };
    any_change(TODAY_INTERLAKEN, &read, &|answer, today| match today {
        Ok(today) => {
            assert_eq!(today.aare, answer["aare"].as_f64());
            assert_eq!(today.aare_prec, answer["aare_prec"].as_f64());
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
fn any_change_of_the_widget_is_read_or_refused() {
    let read = async |client: &Client| Ok(Widget::clone(&*client.widget().await?));
    any_change(WIDGET, &read, &|answer, widget| match widget {
        Ok(widget) => {
            for (id, values) in &widget.values {
                let sent = &answer["values"][id];
                assert_eq!(values.temperature, sent["temperature"].as_f64());
                assert_eq!(values.flow, sent["flow"].as_f64());
                assert_eq!(values.forecast2h, sent["forecast2h"].as_f64());
                assert_eq!(values.tt, sent["tt"].as_f64());
                assert!(
                    values.flow_gefahrenstufe.is_none() || sent["flow_gefahrenstufe"].is_number()
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
fn any_change_of_a_hydro_daterange_is_read_or_refused() {
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
                (values.len() == times.len()).then(|| values[n].as_f64())?
            };
            for (n, point) in range.points.iter().enumerate() {
                assert_eq!(point.flow, sent("flow", n));
                assert_eq!(point.height, sent("height", n));
                assert_eq!(point.temperature, sent("temperature", n));
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
fn any_change_of_the_latest_hydro_values_is_read_or_refused() {
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
                assert_eq!(value.val, sent["val"].as_f64());
            }
        }
        Err(error) => assert!(
            matches!(error, Error::Malformed { .. } | Error::WrongPlace { .. }),
            "{error:?}"
        ),
    });
}
