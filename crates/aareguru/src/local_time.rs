//! Formats times and ages for people, in Swiss local time.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Compiled in, so that the system needs no time zone database.
pub(crate) static ZURICH: TimeZone = jiff::tz::get!("Europe/Zurich");

/// Formats a time as Swiss local time with its zone: `2023-05-09 13:20 CEST`.
pub fn local_time(at: Timestamp) -> String {
    swiss_time(at).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// Converts a time to Swiss local time, for callers with their own format.
pub fn swiss_time(at: Timestamp) -> Zoned {
    at.to_zoned(ZURICH.clone())
}

/// Formats an age: `just now`, `8 minutes ago`, `5 hours ago`, `3 days ago`.
pub fn age_in_words(age: Duration) -> String {
    let minutes = age.as_secs() / 60;
    let (n, unit) = match minutes {
        0 => return "just now".to_owned(),
        1..120 => (minutes, "minute"),
        120..2880 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_has_one_unit() {
        for (minutes, words) in [
            (0, "just now"),
            (1, "1 minute ago"),
            (119, "119 minutes ago"),
            (120, "2 hours ago"),
            (2879, "47 hours ago"),
            (2880, "2 days ago"),
        ] {
            assert_eq!(age_in_words(Duration::from_secs(60 * minutes)), words);
        }
    }

    #[track_caller]
    fn shows(unix_seconds: i64, text: &str) {
        assert_eq!(
            local_time(Timestamp::from_second(unix_seconds).unwrap()),
            text
        );
    }

    #[test]
    fn summer_and_winter_time_have_their_own_zone() {
        shows(1_683_631_200, "2023-05-09 13:20 CEST");
        shows(1_700_303_402, "2023-11-18 11:30 CET");
    }

    #[test]
    fn repeated_hour_in_autumn_is_distinguished_by_zone() {
        shows(1_698_539_400, "2023-10-29 02:30 CEST");
        shows(1_698_543_000, "2023-10-29 02:30 CET");
    }
}
