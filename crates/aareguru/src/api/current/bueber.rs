//! `bueber` in `/v2018/current`: the swimming canal at the Marzili baths in Bern.

use crate::api::lenient::lenient;

lenient! {
    /// The swimming canal at the Marzili baths.
    pub struct Bueber {
        /// `open` or `closed`; only `closed` was ever recorded.
        pub state: Option<String>,
        /// Whether it is open.
        pub state_open_flag: Option<bool>,
        /// Who reports it: `badmeister`, the lifeguard.
        pub source: Option<String>,
        /// When the state last changed, in Unix seconds; may be months ago.
        pub time: Option<i64>,
    }
}
