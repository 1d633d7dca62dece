//! Time as people at the river read it.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Compiled in, so that no system needs to have the time zone database.
pub(crate) static ZURICH: TimeZone = jiff::tz::get!("Europe/Zurich");

/// A point in time as Swiss local time with its zone: `2023-05-09 13:20 CEST`.
pub fn local_time(at: Timestamp) -> String {
    swiss_time(at).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// A time as date and clock in Switzerland, for those who write it in a form of
/// their own.
pub fn swiss_time(at: Timestamp) -> Zoned {
    at.to_zoned(ZURICH.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn shows(unix_seconds: i64, text: &str) {
        assert_eq!(
            local_time(Timestamp::from_second(unix_seconds).unwrap()),
            text
        );
    }

    #[test]
    fn summer_and_winter_time_are_told_apart() {
        shows(1_683_631_200, "2023-05-09 13:20 CEST");
        shows(1_700_303_402, "2023-11-18 11:30 CET");
    }

    #[test]
    fn the_doubled_hour_in_autumn_is_told_apart() {
        shows(1_698_539_400, "2023-10-29 02:30 CEST");
        shows(1_698_543_000, "2023-10-29 02:30 CET");
    }
}
