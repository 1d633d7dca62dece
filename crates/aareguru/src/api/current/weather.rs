//! `weather` and `weatherpast` in `/v2018/current`: measured at the nearest station of the Swiss
//! weather service, forecast by Meteotest.

use crate::api::lenient::lenient;

lenient! {
    /// The weather near one place.
    pub struct Weather {
        /// As measured last.
        pub current: Option<WeatherNow>,
        /// Today's forecast.
        pub today: Option<Today>,
        /// The next days, from tomorrow; four in every recording.
        pub forecast: Vec<ForecastDay>,
    }

    /// The latest weather measurement, which has its own time.
    pub struct WeatherNow {
        /// Air temperature in °C.
        pub tt: Option<f64>,
        /// Rain in the last 10 minutes in mm, rounded.
        pub rr: Option<f64>,
        /// Rain in the last 10 minutes in mm, as measured.
        pub rrreal: Option<f64>,
        /// When it was measured, in Unix seconds.
        pub timestamp: Option<i64>,
        /// The same as Swiss local time, without a date: `13:10`.
        pub timestring: Option<String>,
    }

    /// The forecast for the three parts of today.
    pub struct Today {
        /// Morning (Vormittag).
        pub v: Option<DayPart>,
        /// Afternoon (Nachmittag).
        pub n: Option<DayPart>,
        /// Evening (Abend).
        pub a: Option<DayPart>,
    }

    /// The forecast for a part of a day.
    pub struct DayPart {
        /// Meteotest's weather symbol as a letter, `a` (sunny) to `o`.
        pub sy: Option<String>,
        /// The symbol in words, in Bernese German: `bewöukt`.
        pub syt: Option<String>,
        /// The symbol as a number, 1 (sunny) to 15.
        pub symt: Option<u8>,
        /// Air temperature in °C.
        pub tt: Option<f64>,
        /// Rain in mm.
        pub rr: Option<f64>,
        /// Probability of rain in percent.
        pub rrisk: Option<f64>,
    }

    /// The forecast for a day.
    pub struct ForecastDay {
        /// The weekday in Bernese German: `Mitwuch`.
        pub day: Option<String>,
        /// The weekday in short: `Mi.`.
        pub dayshort: Option<String>,
        /// A time on that day in Unix seconds, not midnight. Only its date in Switzerland is
        /// meaningful.
        pub timestamp: Option<i64>,
        /// Meteotest's weather symbol as a letter, `a` (sunny) to `o`.
        pub sy: Option<String>,
        /// The symbol in words, in Bernese German: `bewöukt`.
        pub syt: Option<String>,
        /// The symbol as a number, 1 (sunny) to 15.
        pub symt: Option<u8>,
        /// Highest air temperature in °C.
        pub tx: Option<f64>,
        /// Lowest air temperature in °C.
        pub tn: Option<f64>,
        /// Rain in mm.
        pub rr: Option<f64>,
        /// Probability of rain in percent.
        pub rrisk: Option<f64>,
    }

    /// The air at one time in the past.
    pub struct AirPoint {
        /// When it was measured, in Unix seconds.
        pub timestamp: Option<i64>,
        /// Air temperature in °C.
        pub tt: Option<f64>,
    }
}
