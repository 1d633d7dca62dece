//! The checks that readiness consists of: the APIs, the clock, and Redis.

use aareguru::{
    Client,
    api::{Api, BreakerState},
};
use edge::health::{HealthCheck, HealthPart, HealthStatus, Program, Readiness};

use crate::{app::App, clustering};

/// This program, in the reports of its health.
pub(crate) const PROGRAM: Program = Program {
    name: env!("CARGO_PKG_NAME"),
    version: env!("CARGO_PKG_VERSION"),
};

/// Returns the readiness of a server with these parts.
pub(crate) fn readiness<S>(app: &App<S>) -> Readiness {
    let mut checks: Vec<HealthCheck> = Vec::new();
    if let Some(client) = &app.client {
        for (name, api) in [("aareguru_api", Api::Aareguru), ("hydro_api", Api::Hydro)] {
            let client = client.clone();
            checks.push(Box::new(move || check_upstream(name, &client, api)));
        }
        let client = client.clone();
        checks.push(Box::new(move || check_clock(&client)));
    }
    if let Some(cluster) = app.cluster.clone() {
        checks.push(Box::new(move || clustering::check_health(&cluster)));
    }
    Readiness::new(PROGRAM, app.stopping.clone(), checks)
}

/// A failing API does not make the server unready: it still serves cached answers, marked as such,
/// and other instances would do no better. Taking all of them out of service would turn an outage
/// of the API into an outage of the server.
fn check_upstream(name: &'static str, client: &Client, api: Api) -> HealthPart {
    if let Some(day) = client.recorded_on() {
        let detail = format_args!("recordings of {day}");
        return HealthPart::new(name, HealthStatus::Ok, detail);
    }
    match client.breaker_state(api) {
        BreakerState::Closed => HealthPart::ok(name),
        BreakerState::HalfOpen => HealthPart::new(
            name,
            HealthStatus::Degraded,
            "it failed, and is being tried again",
        ),
        BreakerState::Open { retry_after } => {
            let seconds = retry_after.as_secs_f64().ceil();
            let detail = format_args!(
                "it failed, and is not asked for another {seconds} s; earlier answers are given"
            );
            HealthPart::new(name, HealthStatus::Degraded, detail)
        }
    }
}

/// A slow clock makes every reading unknown, which is an answer; and if it is the API whose clock
/// is wrong, another instance would fare no better.
fn check_clock(client: &Client) -> HealthPart {
    let name = "clock";
    if client.is_clock_suspect() {
        HealthPart::new(
            name,
            HealthStatus::Degraded,
            "the API dates every measurement in the future: check this machine's clock",
        )
    } else {
        HealthPart::ok(name)
    }
}
