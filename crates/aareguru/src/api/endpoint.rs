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
        match self {
            Self::Cities | Self::Today | Self::Current | Self::Widget | Self::History => {
                Api::Aareguru
            }
            Self::HydroLatest | Self::HydroDaterange => Api::Hydro,
        }
    }

    /// The path below the base URL of its API.
    pub fn path(self) -> &'static str {
        match self {
            Self::Cities => "/v2018/cities",
            Self::Today => "/v2018/today",
            Self::Current => "/v2018/current",
            Self::Widget => "/v2018/widget",
            Self::History => "/v2018/history",
            Self::HydroLatest => "/latest",
            Self::HydroDaterange => "/daterange",
        }
    }

    /// The name in metrics and logs: `current`, `hydro_latest`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Cities => "cities",
            Self::Today => "today",
            Self::Current => "current",
            Self::Widget => "widget",
            Self::History => "history",
            Self::HydroLatest => "hydro_latest",
            Self::HydroDaterange => "hydro_daterange",
        }
    }
}
