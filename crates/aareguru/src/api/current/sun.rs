//! `sun` in `/v2018/current`: how much sunshine to expect, and when the sun leaves the lawns along
//! the river.

use std::collections::BTreeMap;

use crate::api::lenient::lenient;

lenient! {
    /// The sun at one place.
    pub struct Sun {
        /// Today; without a weekday.
        pub today: Option<SunDay>,
        /// The next days, by the number of days from today: 1 is tomorrow.
        pub forecast: BTreeMap<u8, SunDay>,
        /// Lawns to lie on; recorded for Bern only.
        pub sunlocations: Vec<SunLocation>,
    }

    /// The sunshine of a day.
    pub struct SunDay {
        /// The weekday in Bernese German: `Mitwuch`.
        pub day: Option<String>,
        /// The weekday in short: `Mi.`.
        pub dayshort: Option<String>,
        /// Sunshine as hours and minutes: `3:20`.
        pub suntotal: Option<String>,
        /// Sunshine in percent of what is possible on that day.
        pub sunrelative: Option<f64>,
    }

    /// A lawn, and when the sun shines on it.
    pub struct SunLocation {
        /// The lawn: `Marzili`.
        pub name: Option<String>,
        /// When the sun reaches it, in Unix seconds.
        pub sunrise: Option<i64>,
        /// The same as Swiss local time: `07:19`.
        pub sunriselocal: Option<String>,
        /// When the sun leaves it, in Unix seconds.
        pub sunset: Option<i64>,
        /// The same as Swiss local time: `19:11`.
        pub sunsetlocal: Option<String>,
        /// Seconds until the sun leaves it.
        pub timeleft: Option<i64>,
        /// The same as hours, minutes and seconds: `5:33:00`.
        pub timeleftstring: Option<String>,
    }
}
