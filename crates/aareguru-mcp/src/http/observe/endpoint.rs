//! The numbers of each route.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::http::StatusCode;
use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};
use parking_lot::RwLock;

use crate::guard::Access;

/// What a request is counted under that matched no route.
const UNMATCHED: &str = "unmatched";

/// What became of a request: the classes of HTTP's status codes, and the last
/// for those whose client went away.
const OUTCOMES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "abandoned"];
const ABANDONED: usize = 5;

/// All routes that were asked for. There are as many as the router has.
#[derive(Debug)]
pub(super) struct Endpoints {
    access: Access,
    unmatched: Arc<Endpoint>,
    matched: RwLock<HashMap<Box<str>, Arc<Endpoint>>>,
}

/// One route: handles that are made once, so that counting needs no lookup.
pub(super) struct Endpoint {
    route: Arc<str>,
    is_probe: bool,
    duration: Histogram,
    /// In the order of [`OUTCOMES`].
    outcomes: [Counter; OUTCOMES.len()],
}

impl Endpoints {
    pub(super) fn new(access: Access) -> Self {
        describe_histogram!(
            "request_duration_seconds",
            "From the head of a request to the head of its answer, by route"
        );
        describe_counter!(
            "aareguru_mcp_http_requests_total",
            "HTTP requests, by route and class of status; abandoned if the client went away first"
        );
        Self {
            access,
            unmatched: Arc::new(Endpoint::new(UNMATCHED, access)),
            matched: RwLock::default(),
        }
    }

    /// The numbers of a route, as the router writes it.
    pub(super) fn of(&self, route: Option<&str>) -> Arc<Endpoint> {
        let Some(route) = route else {
            return self.unmatched.clone();
        };
        let known = self.matched.read();
        if let Some(endpoint) = known.get(route) {
            return endpoint.clone();
        }
        drop(known);
        let mut known = self.matched.write();
        let endpoint = known.entry(route.into());
        endpoint
            .or_insert_with(|| Arc::new(Endpoint::new(route, self.access)))
            .clone()
    }
}

impl Endpoint {
    fn new(route: &str, access: Access) -> Self {
        // A route that may end in a slash is one for all that.
        let route = Some(route.trim_end_matches('/')).filter(|route| !route.is_empty());
        let route = route.unwrap_or("/").to_owned();
        let requests = |outcome| {
            let endpoint = route.clone();
            counter!("aareguru_mcp_http_requests_total", "endpoint" => endpoint, "status" => outcome)
        };
        Self {
            outcomes: OUTCOMES.map(requests),
            duration: histogram!("request_duration_seconds", "endpoint" => route.clone()),
            is_probe: access == Access::Open,
            route: route.into(),
        }
    }

    pub(super) fn route(&self) -> &Arc<str> {
        &self.route
    }

    /// Whether it is asked for by probes and scrapers.
    pub(super) fn is_probe(&self) -> bool {
        self.is_probe
    }

    pub(super) fn answered(&self, status: StatusCode, took: Duration) {
        self.duration.record(took);
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.outcomes[..ABANDONED].get(class) {
            counter.increment(1);
        }
    }

    pub(super) fn abandoned(&self) {
        self.outcomes[ABANDONED].increment(1);
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}
