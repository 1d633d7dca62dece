//! `bueber` in `/v2018/current`: the swimming canal at the Marzili baths in
//! Bern.

use serde::Deserialize;

use crate::api::lenient;

/// The swimming canal at the Marzili baths.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Bueber {
    /// `open` or `closed`; only `closed` was ever recorded.
    #[serde(deserialize_with = "lenient::text")]
    pub state: Option<String>,
    /// Whether it is open.
    #[serde(deserialize_with = "lenient::field")]
    pub state_open_flag: Option<bool>,
    /// Who says so: `badmeister`, the lifeguard.
    #[serde(deserialize_with = "lenient::text")]
    pub source: Option<String>,
    /// When the state last changed, in Unix seconds; may be months ago.
    #[serde(deserialize_with = "lenient::whole")]
    pub time: Option<i64>,
}
