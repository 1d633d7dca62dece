//! Calm responses of `/v2018/current` with exactly one fault: the verdict must change as the rules
//! say, and no further corruption may restore the calm verdict.
//!
//! All responses here are synthetic: every recording of the API contains a warning.

use std::time::Duration;

use aareguru::advice::Ground;
use aareguru::{Advice, Client, Clock, Config, Danger, Place, River, Verdict};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use testkit::{MockResponse, MockUpstream};

/// Time of the readings.
const MEASURED: i64 = 1_783_176_000;

/// The fields that decide a verdict.
const INPUTS: [&str; 5] = [
    "temperature",
    "temperature_prec",
    "flow",
    "flow_gefahrenstufe",
    "timestamp",
];

/// A river with configurable responses, 20 minutes after the readings.
struct Fixture {
    runtime: Runtime,
    server: MockUpstream,
    river: River,
}

impl Fixture {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.block_on(MockUpstream::start(MockResponse::Recordings));
        let client = Client::new(&Config {
            clock: Clock::stopped_at(at(1200)),
            cache_ttl: Duration::ZERO,
            stale_for: Duration::ZERO,
            breaker_failures: u32::MAX,
            ..server.config()
        });
        let river = River::new(client.unwrap());
        Self {
            runtime,
            server,
            river,
        }
    }

    fn danger(&self, id: &str, response: &Value) -> Danger {
        let reply = MockResponse::text(&response.to_string());
        self.server.reply(MockResponse::at([("current", reply)]));
        let place = Place::find(id).unwrap();
        self.runtime.block_on(self.river.danger(place)).unwrap()
    }

    fn advice(&self, id: &str, response: &Value) -> Advice {
        self.danger(id, response).advice
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(MEASURED + seconds).unwrap()
}

/// Three hours of readings: water in °C, flow in m³/s and its rise in an hour.
fn response(id: &str, celsius: f64, flow: f64, rise_per_hour: f64) -> Value {
    let place = Place::find(id).unwrap();
    let past: Vec<_> = (0..19)
        .rev()
        .map(|n| {
            json!({
                "timestamp": MEASURED - 600 * n,
                "temperature": celsius - 0.01 * n as f64,
                "flow": (flow - rise_per_hour * n as f64 / 6.0).round(),
            })
        })
        .collect();
    json!({
        "aare": {
            "location": place.dialect_name(),
            "location_long": place.station(),
            "timestamp": MEASURED,
            "temperature": celsius,
            "temperature_prec": celsius,
            "temperature_text": "Ja eh!",
            "flow": flow,
            "flow_text": "eher wenig",
            "flow_gefahrenstufe": 1,
            "forecast2h": celsius,
        },
        "aarepast": past,
    })
}

/// Returns calm responses for the two places with a swimming limit.
fn calm() -> [(&'static str, Value); 2] {
    ["bern", "thun"].map(|id| (id, response(id, 19.5, 148.0, 0.0)))
}

fn with(mut response: Value, field: &str, value: Value) -> Value {
    response["aare"][field] = value;
    response
}

/// Shifts all readings in time.
fn shifted(mut response: Value, seconds: i64) -> Value {
    response["aare"]["timestamp"] = json!(MEASURED + seconds);
    for point in response["aarepast"].as_array_mut().unwrap() {
        let timestamp = point["timestamp"].as_i64().unwrap();
        point["timestamp"] = json!(timestamp + seconds);
    }
    response
}

#[test]
fn calm_response_yields_no_known_warning() {
    let fixture = Fixture::new();
    for (id, response) in calm() {
        let advice = fixture.advice(id, &response);
        assert_eq!(advice.verdict, Verdict::NoKnownWarning, "{advice}");
    }
    // Elsewhere there is no limit, and so no verdict.
    for place in Place::all() {
        let response = response(place.id(), 19.5, 148.0, 0.0);
        let advice = fixture.advice(place.id(), &response);
        let is_known = ["bern", "thun"].contains(&place.id());
        assert_eq!(
            advice.verdict == Verdict::NoKnownWarning,
            is_known,
            "{advice}"
        );
    }
}

/// A place, its faulty response, the verdict and the ground.
type Cause = (&'static str, Value, Verdict, Ground);

/// Returns a calm response for each place with one fault.
fn causes() -> Vec<Cause> {
    use Verdict::{Caution, DoNotSwim, Unknown};
    let mut causes = vec![
        (
            "bern",
            response("bern", 19.5, 210.0, 0.0),
            Caution,
            Ground::LocalLimit,
        ),
        (
            "bern",
            response("bern", 19.5, 230.0, 0.0),
            DoNotSwim,
            Ground::LocalLimit,
        ),
        (
            "thun",
            response("thun", 19.5, 210.0, 0.0),
            Caution,
            Ground::OwnMargin,
        ),
        (
            "thun",
            response("thun", 19.5, 310.0, 0.0),
            DoNotSwim,
            Ground::LocalLimit,
        ),
    ];
    for (id, calm) in calm() {
        let cold = |celsius| (id, response(id, celsius, 148.0, 0.0), Caution, Ground::Cold);
        causes.extend([14.0, 5.0, 15.0, 0.0].map(cold));
        causes.push((id, response(id, 19.5, 148.0, 24.0), Caution, Ground::Rising));
        let full = json!("d Aare isch vou");
        let full = with(calm.clone(), "temperature_text", full);
        causes.push((id, full, Caution, Ground::Saying));
        for level in [json!(3), json!("3"), json!(3.0), json!(2), json!("5")] {
            let level = with(calm.clone(), "flow_gefahrenstufe", level);
            causes.push((id, level, DoNotSwim, Ground::FloodLevel));
        }
        for level in [
            json!("hoch"),
            json!(4.5),
            json!(-4),
            json!(255),
            json!([4]),
            json!({}),
        ] {
            let unreadable = with(calm.clone(), "flow_gefahrenstufe", level);
            causes.push((id, unreadable, Unknown, Ground::Missing));
        }
        for flow in [
            json!(null),
            json!(0),
            json!(-148),
            json!(1e6),
            json!("x"),
            json!([148]),
        ] {
            let unknown = with(calm.clone(), "flow", flow);
            causes.push((id, unknown, Unknown, Ground::Missing));
        }
        for celsius in [
            json!(-999),
            json!(-99.99),
            json!(-4.6),
            json!(85.0),
            json!(1e300),
        ] {
            let implausible = with(calm.clone(), "temperature", celsius);
            causes.push((id, implausible, Unknown, Ground::Missing));
        }
        let no_water = with(calm.clone(), "temperature", json!(null));
        let no_water = with(no_water, "temperature_prec", json!(null));
        causes.push((id, no_water, Unknown, Ground::Missing));
        let jump = with(calm.clone(), "temperature", json!(23.5));
        let jump = with(jump, "temperature_prec", json!(23.5));
        causes.push((id, jump, Unknown, Ground::Doubt));
        for timestamp in [json!(null), json!("x"), json!(MEASURED + 365 * 86_400)] {
            let undated = with(calm.clone(), "timestamp", timestamp);
            causes.push((id, undated, Unknown, Ground::Missing));
        }
        for seconds in [-3 * 3600, -30 * 3600, 365 * 86_400] {
            let not_current = shifted(calm.clone(), seconds);
            causes.push((id, not_current, Unknown, Ground::Missing));
        }
        let mut no_trend = calm.clone();
        no_trend["aarepast"] = json!([]);
        causes.push((id, no_trend, Unknown, Ground::Missing));
        let mut stuck = calm.clone();
        let past = (0..300).map(|n| json!({"timestamp": MEASURED - 600 * n, "flow": 148}));
        stuck["aarepast"] = past.collect();
        causes.push((id, stuck, Unknown, Ground::Doubt));
    }
    causes
}

#[test]
fn single_fault_yields_the_verdict_of_the_rules() {
    let fixture = Fixture::new();
    for (id, response, verdict, ground) in causes() {
        let advice = fixture.advice(id, &response);
        assert_eq!(advice.verdict, verdict, "{}: {advice}", response["aare"]);
        let decided: Vec<_> = advice
            .reasons
            .iter()
            .filter(|reason| reason.speaks_for == Some(verdict))
            .map(|reason| reason.ground)
            .collect();
        assert!(decided.contains(&ground), "{}: {advice}", response["aare"]);
    }
}

#[test]
fn unreadable_or_future_input_is_never_level_one() {
    let fixture = Fixture::new();
    for (id, response, verdict, _) in causes() {
        let danger = fixture.danger(id, &response);
        if verdict == Verdict::Unknown && danger.level.is_some_and(|level| level.number() == 1) {
            // The flow is known, and the verdict is unknown for another reason.
            assert!(danger.flow.comparable_value(danger.asked_at).is_some());
            assert!(danger.flow.is_current(danger.asked_at));
        }
    }
}

/// Returns what a sensor, a transmission or a change of the API may turn a number into.
fn corruptions(value: &Value) -> Vec<Value> {
    let number = value.as_f64().unwrap_or(1.0);
    let mut corrupted = vec![
        json!("x"),
        json!([value]),
        json!({}),
        json!(true),
        json!(-999),
        json!(-99.99),
        json!(1e300),
        json!(-1e300),
        json!(number * 1000.0),
        json!(number / 1000.0),
    ];
    if number > 0.0 {
        corrupted.push(json!(-number));
    }
    corrupted
}

#[test]
fn corrupted_number_never_restores_the_calm_verdict() {
    let fixture = Fixture::new();
    for (id, response, verdict, _) in causes() {
        let last = response["aarepast"]
            .as_array()
            .unwrap()
            .len()
            .saturating_sub(1);
        let inputs = INPUTS.map(|field| format!("/aare/{field}"));
        let past =
            ["temperature", "flow", "timestamp"].map(|field| format!("/aarepast/{last}/{field}"));
        for path in inputs.iter().chain(&past) {
            let Some(value) = response.pointer(path).cloned() else {
                continue;
            };
            for corrupted in corruptions(&value) {
                let mut corrupt = response.clone();
                *corrupt.pointer_mut(path).unwrap() = corrupted.clone();
                let advice = fixture.advice(id, &corrupt);
                assert!(
                    advice.verdict != Verdict::NoKnownWarning,
                    "{verdict:?}, {path} = {corrupted}: {advice}"
                );
            }
        }
    }
}

#[test]
fn other_flow_or_temperature_never_restores_the_calm_verdict() {
    let fixture = Fixture::new();
    // A missing level is no warning, so causes by level are excluded. Water of 15.0 °C is a
    // caution, and 15.1 °C, equal but for rounding, is none.
    let causes: Vec<_> = causes()
        .into_iter()
        .filter(|(_, response, ..)| response["aare"]["temperature"] != 15.0)
        .filter(|(.., ground)| {
            matches!(
                ground,
                Ground::LocalLimit | Ground::OwnMargin | Ground::Cold
            )
        })
        .collect();
    proptest!(ProptestConfig::with_cases(500), |(
        cause in 0..causes.len(),
        field in proptest::sample::select(vec!["temperature", "temperature_prec", "flow"]),
        number in prop_oneof![any::<f64>(), 0.0..40.0f64, 28.0..400.0f64],
    )| {
        let (id, response, ..) = &causes[cause];
        let changed = with(response.clone(), field, json!(number));
        let advice = fixture.advice(id, &changed);
        prop_assert!(advice.verdict != Verdict::NoKnownWarning, "{} = {}: {}", field, number, advice);
    });
}

#[test]
fn mutated_calm_response_shows_no_implausible_number() {
    let fixture = Fixture::new();
    let calm = calm();
    proptest!(ProptestConfig::with_cases(500), |(
        base in 0..2usize,
        field in proptest::sample::select(vec!["temperature", "temperature_prec", "flow", "timestamp"]),
        number in prop_oneof![any::<f64>(), -1e4..1e4f64],
    )| {
        let (id, response) = &calm[base];
        let changed = with(response.clone(), field, json!(number));
        let danger = fixture.danger(id, &changed);
        let now = danger.asked_at;
        let flow = danger.flow.value(now);
        prop_assert!(flow.is_none_or(|it| it > 0.0 && it <= 5600.0), "{:?}", flow);
        let celsius = danger.water.value(now);
        prop_assert!(celsius.is_none_or(|it| (-0.5..=35.0).contains(&it)), "{:?}", celsius);
        let measured_at = danger.flow.measured_at(now);
        prop_assert!(measured_at.is_none_or(|it| it.as_second() <= now.as_second() + 120));
        if flow.is_none() && celsius.is_none() {
            prop_assert!(danger.advice.verdict == Verdict::Unknown);
        }
    });
}
