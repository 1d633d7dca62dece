//! What can be asked, and of which API.

use std::fmt;

/// One of the two APIs behind the river. Each has its own base URL, and its
/// own breaker: when one ails, the other goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// The Aareguru API: the river with forecast, weather and sayings.
    Aareguru,
    /// The hydro API of existenz.ch: BAFU's gauges as they measure.
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
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Aareguru, Self::Hydro];

    /// The name in metrics and logs: `aareguru` or `hydro`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Aareguru => "aareguru",
            Self::Hydro => "hydro",
        }
    }
}

/// The name in sentences: `the Aareguru API`.
impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aareguru => "the Aareguru API",
            Self::Hydro => "the existenz.ch hydro API",
        })
    }
}

impl Endpoint {
    /// The API that has it.
    pub fn api(self) -> Api {
        self.properties().0
    }

    /// The path below the base URL of its API.
    pub fn path(self) -> &'static str {
        self.properties().1
    }

    /// The name in metrics and logs: `current`, `hydro_latest`.
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
