//! A synthetic river for the browser tests: eight places in different states. `POST /measure` adds
//! a measurement. The numbers are invented.

use std::{
    f64::consts::PI,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use aareguru::Place;
use axum::{
    Json, Router,
    extract::{Query, State},
    routing::{get, post},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The API of the synthetic river. It ends with the runtime of the test.
#[derive(Debug)]
pub struct SyntheticRiver {
    /// The base URL of the API.
    pub url: String,
}

/// Number of measurements since the start.
type Measured = Arc<AtomicI64>;

#[derive(serde::Deserialize)]
struct At {
    city: String,
}

impl SyntheticRiver {
    /// Starts the API.
    pub async fn start() -> Self {
        let measured = Measured::default();
        let router = Router::new()
            .route("/v2018/widget", get(widget))
            .route("/v2018/current", get(current))
            .route("/measure", post(measure))
            .with_state(measured);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url }
    }
}

async fn measure(State(measured): State<Measured>) {
    measured.fetch_add(1, Ordering::Relaxed);
}

/// Starts 25 minutes ago, so that the next measurement is due; then 15 minutes ago.
fn measured_at(measured: &Measured) -> i64 {
    let minutes = 25 - 10 * measured.load(Ordering::Relaxed).min(1);
    Timestamp::now().as_second() / 600 * 600 - minutes * 60
}

/// Returns the temperature in °C, the flow in m³/s and the age in hours of a place's readings.
fn state(id: &str, measured: &Measured) -> (f64, Option<f64>, i64) {
    let more = if measured.load(Ordering::Relaxed) > 0 {
        0.4
    } else {
        0.0
    };
    let (celsius, flow, late) = match id {
        "brienz" => (11.2, Some(41.0), 0),
        "interlaken" => (16.8, Some(182.0), 0),
        "thun" => (18.9, Some(128.0), 0),
        "bern" => (19.4, Some(176.0), 0),
        "hagneck" => (19.9, Some(183.0), 3),
        "biel" => (21.0, None, 0),
        "olten" => (21.3, None, 0),
        _ => (21.8, Some(402.0), 0),
    };
    (celsius + more, flow, late * 3600)
}

async fn widget(State(measured): State<Measured>) -> Json<Value> {
    let places = Place::all().iter().map(|place| {
        let (celsius, flow, late) = state(place.id(), &measured);
        let values = json!({
            "timestamp": measured_at(&measured) - late, "temperature": celsius, "flow": flow,
            "forecast2h": celsius + 0.3, "temperature_text": "Ja eh!", "tt": 24.0,
        });
        (place.id().to_owned(), values)
    });
    Json(json!({"values": places.collect::<serde_json::Map<_, _>>()}))
}

async fn current(State(measured): State<Measured>, Query(at): Query<At>) -> Json<Value> {
    let place = Place::find(&at.city).unwrap();
    let (celsius, flow, late) = state(place.id(), &measured);
    let now = measured_at(&measured) - late;
    // Two days of readings that end at the present values.
    let past = (0..=288i64).map(|n| {
        let hours = n as f64 / 6.0;
        let wave = (hours / 24.0 * 2.0 * PI).cos();
        json!({
            "timestamp": now - n * 600,
            "temperature": ((celsius - 0.7 + 0.7 * wave) * 10.0).round() / 10.0,
            "flow": flow.map(|flow| (flow + hours * 0.4 * wave).round()),
        })
    });
    Json(json!({
        "aare": {
            "location": place.name(), "timestamp": now, "temperature": celsius, "flow": flow,
            "forecast2h": celsius + 0.3, "temperature_text": "Ja eh!", "flow_text": "ganz gäbig",
        },
        "aarepast": past.collect::<Vec<_>>(),
    }))
}
