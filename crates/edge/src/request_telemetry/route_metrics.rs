//! Metrics of requests, by route.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::http::StatusCode;
use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};
use parking_lot::RwLock;

use crate::access::Access;

/// The label of requests that match no route.
const UNMATCHED: &str = "unmatched";

/// The values of the label `status`: the classes of HTTP status codes, and requests whose client
/// disconnected before the response.
const OUTCOMES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "abandoned"];
const ABANDONED: usize = 5;

/// The metrics of the routes of one access class. Routes are added on their first request; their
/// number is bounded by that of the router.
pub(super) struct RouteMetricsTable {
    access: Access,
    by_route: RwLock<HashMap<String, Arc<RouteMetrics>>>,
}

/// The metrics of one route. The handles make a lookup in the recorder unnecessary.
pub(super) struct RouteMetrics {
    pub(super) route: String,
    /// Whether probes and scrapers request it every few seconds.
    pub(super) is_probe: bool,
    duration: Histogram,
    /// In the order of [`OUTCOMES`].
    outcomes: [Counter; OUTCOMES.len()],
}

impl RouteMetricsTable {
    pub(super) fn new(access: Access) -> Self {
        describe_histogram!(
            "request_duration_seconds",
            "Time from the head of a request to the head of its response, by route"
        );
        describe_counter!(
            "aareguru_mcp_http_requests_total",
            "HTTP requests, by route and class of status; abandoned if the client disconnected first"
        );
        let unmatched = Arc::new(RouteMetrics::new(UNMATCHED, access));
        Self {
            access,
            by_route: RwLock::new(HashMap::from([(UNMATCHED.to_owned(), unmatched)])),
        }
    }

    /// Returns the metrics of a route, given as the router writes it.
    pub(super) fn get_or_create(&self, route: Option<&str>) -> Arc<RouteMetrics> {
        let route = route.unwrap_or(UNMATCHED);
        let known = self.by_route.read().get(route).cloned();
        known.unwrap_or_else(|| {
            let mut endpoints = self.by_route.write();
            let endpoint = endpoints.entry(route.to_owned());
            Arc::clone(endpoint.or_insert_with(|| Arc::new(RouteMetrics::new(route, self.access))))
        })
    }
}

impl RouteMetrics {
    fn new(route: &str, access: Access) -> Self {
        // A route with and without a trailing slash is the same.
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
            route,
        }
    }

    pub(super) fn record_response(&self, status: StatusCode, duration: Duration) {
        self.duration.record(duration);
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.outcomes[..ABANDONED].get(class) {
            counter.increment(1);
        }
    }

    pub(super) fn record_abandoned(&self) {
        self.outcomes[ABANDONED].increment(1);
    }
}
