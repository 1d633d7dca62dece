//! The readiness checks of the server: the APIs, the clock, and Redis.

use aareguru::{
    Client,
    api::{Api, BreakerState},
};
use edge::health::{HealthCheck, HealthPart, HealthStatus, Program, Readiness};

use crate::{app::App, clustering};

/// The program that health reports name.
pub(crate) const PROGRAM: Program = Program {
    name: env!("CARGO_PKG_NAME"),
    version: env!("CARGO_PKG_VERSION"),
};

/// Builds the readiness checks of a server.
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

/// Checks the circuit breaker of an API.
///
/// A failing API does not make the instance unready: it serves cached responses, and other instances
/// use the same API. If all of them became unready, an outage of the API would become an outage of
/// the service.
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
            "requests failed; a probe is in progress; cached responses are served",
        ),
        BreakerState::Open { retry_after } => {
            let seconds = retry_after.as_secs_f64().ceil();
            let detail = format_args!(
                "requests failed; the next attempt is in {seconds} s; cached responses are served"
            );
            HealthPart::new(name, HealthStatus::Degraded, detail)
        }
    }
}

/// Checks the clock.
///
/// A clock that is slow makes readings unknown, but does not make the instance unready: if the clock
/// of the API is wrong, all instances are affected.
fn check_clock(client: &Client) -> HealthPart {
    let name = "clock";
    if client.is_clock_suspect() {
        HealthPart::new(
            name,
            HealthStatus::Degraded,
            "all measurements of the API are dated in the future: check the clock of this machine",
        )
    } else {
        HealthPart::ok(name)
    }
}
