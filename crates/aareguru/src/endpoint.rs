//! The endpoints, and the APIs that they belong to.

use std::fmt;

/// One of the two upstream APIs. Each has its own base URL and circuit breaker, so one can fail
/// without affecting the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// The Aareguru API: the river with forecast, weather and sayings.
    Aareguru,
    /// The hydro API of existenz.ch: raw measurements of BAFU's gauges.
    Hydro,
}

/// An endpoint of one of the APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `/v2018/cities`.
    Cities,
    /// `/v2018/today`.
    Today,
    /// `/v2018/current`.
    Current,
    /// `/v2018/widget`.
    Widget,
    /// `/v2018/history`.
    History,
    /// `/latest` of the hydro API.
    HydroLatest,
    /// `/daterange` of the hydro API.
    HydroDaterange,
}

impl Api {
    /// Both APIs.
    pub const ALL: [Self; 2] = [Self::Aareguru, Self::Hydro];

    /// Returns the name in metrics and logs: `aareguru` or `hydro`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Aareguru => "aareguru",
            Self::Hydro => "hydro",
        }
    }
}

/// Writes the name for sentences: `the Aareguru API`.
impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aareguru => "the Aareguru API",
            Self::Hydro => "the existenz.ch hydro API",
        })
    }
}

impl Endpoint {
    /// Returns the API of the endpoint.
    pub fn api(self) -> Api {
        self.properties().0
    }

    /// Returns the path below the base URL of its API.
    pub fn path(self) -> &'static str {
        self.properties().1
    }

    /// Returns the name in metrics and logs: `current`, `hydro_latest`.
    pub fn label(self) -> &'static str {
        self.properties().2
    }

    fn properties(self) -> (Api, &'static str, &'static str) {
        match self {
            Self::Cities => (Api::Aareguru, "/v2018/cities", "cities"),
            Self::Today => (Api::Aareguru, "/v2018/today", "today"),
            Self::Current => (Api::Aareguru, "/v2018/current", "current"),
            Self::Widget => (Api::Aareguru, "/v2018/widget", "widget"),
            Self::History => (Api::Aareguru, "/v2018/history", "history"),
            Self::HydroLatest => (Api::Hydro, "/latest", "hydro_latest"),
            Self::HydroDaterange => (Api::Hydro, "/daterange", "hydro_daterange"),
        }
    }
}
