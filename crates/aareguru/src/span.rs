//! Parses time spans as people and models write them: dates, times, Unix seconds and a few relative
//! words.
//!
//! Uses no clock: the present is an argument. Days are days in Switzerland.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{Span, Timestamp, ToSpan, Zoned};

use crate::excerpt::excerpt;
use crate::local_time;
use crate::local_time::ZURICH;

/// A time span, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeSpan {
    start: Timestamp,
    end: Timestamp,
}

/// Why a time span cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpanError {
    /// The text is not a time: write it in one of the forms.
    #[error(
        "cannot read `{text}` as `{bound}`: write a date (`2026-09-01`), a date and time \
         (`2026-09-01T14:00`, Swiss local time unless it ends with its zone, as in \
         `2026-09-01T12:00Z`), Unix seconds (`1788220800`), or `now`, `today`, `yesterday`, \
         `last week`, `-24 hours`, `-7 days`"
    )]
    Unreadable {
        /// `start` or `end`.
        bound: &'static str,
        /// The text, cut to 40 characters.
        text: String,
    },

    /// The span ends before it starts: exchange the two.
    #[error("`start` ({}) is after `end` ({})", local_time(*.start), local_time(*.end))]
    Reversed {
        /// The start.
        start: Timestamp,
        /// The end.
        end: Timestamp,
    },

    /// The span is in the future: choose one in the past.
    #[error(
        "`{bound}` ({}) lies in the future, and only the past has measurements: it is {} now",
        local_time(*.at), local_time(*.now)
    )]
    Future {
        /// `start` or `end`.
        bound: &'static str,
        /// The time.
        at: Timestamp,
        /// The present.
        now: Timestamp,
    },

    /// The span is too long: choose a shorter one.
    #[error(
        "the span is {days} days long; {} at most can be asked about at once",
        TimeSpan::MAX_DAYS
    )]
    TooLong {
        /// Its length in days, rounded up.
        days: u64,
    },
}

/// A parsed text: a moment, or the days from `first` until before `end`.
enum Written {
    Moment(Timestamp),
    Days { first: Timestamp, end: Timestamp },
}

impl TimeSpan {
    /// The longest span: the days of a leap year.
    pub const MAX_DAYS: u64 = 366;

    /// How far the caller's clock may be ahead.
    const CLOCK_SLACK: Duration = Duration::from_secs(5 * 60);

    /// Parses the span from `start` to `end`, relative to `now`.
    ///
    /// A day (`2026-09-01`, `yesterday`) or a week (`last week`: Monday to Sunday) starts a span
    /// with its first second and ends one with its last, or `now`. Date-times without a time zone
    /// are Swiss local time. One that occurs twice in autumn is the first; one that is skipped in
    /// spring is an hour later. Days and longer units count back by the calendar (`-1 day` from
    /// 13:00 is 13:00); hours and minutes count by the clock.
    pub fn read(start: &str, end: &str, now: Timestamp) -> Result<Self, SpanError> {
        let unreadable = |bound, text| SpanError::Unreadable {
            bound,
            text: excerpt(text, 40),
        };
        let first = written(start, now).ok_or_else(|| unreadable("start", start))?;
        let last = written(end, now).ok_or_else(|| unreadable("end", end))?;
        let start = match first {
            Written::Moment(at) | Written::Days { first: at, .. } => past("start", at, now)?,
        };
        let end = match last {
            Written::Moment(at) => past("end", at, now)?,
            Written::Days { first, end } => {
                past("end", first, now)?;
                (end - 1.second()).min(now)
            }
        };
        if start > end {
            return Err(SpanError::Reversed { start, end });
        }
        let span = Self { start, end };
        let days = span.length().as_secs().div_ceil(24 * 60 * 60);
        if days > Self::MAX_DAYS {
            return Err(SpanError::TooLong { days });
        }
        Ok(span)
    }

    /// Returns a span of zero length.
    pub(crate) fn at(moment: Timestamp) -> Self {
        Self {
            start: moment,
            end: moment,
        }
    }

    /// Returns the part of the span from `earliest` on, or its end if there is none.
    pub(crate) fn since(&self, earliest: Timestamp) -> Self {
        let start = self.start.max(earliest).min(self.end);
        Self { start, ..*self }
    }

    /// Returns the start.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// Returns the end, which is not before the start.
    pub fn end(&self) -> Timestamp {
        self.end
    }

    /// Returns the length.
    pub fn length(&self) -> Duration {
        self.end.duration_since(self.start).unsigned_abs()
    }

    /// Returns whether the span contains `at`.
    pub fn contains(&self, at: Timestamp) -> bool {
        (self.start..=self.end).contains(&at)
    }
}

/// Returns `at`, but at most `now`. A time that is later than the clocks may differ is an error.
fn past(bound: &'static str, at: Timestamp, now: Timestamp) -> Result<Timestamp, SpanError> {
    let ahead = at.duration_since(now);
    if ahead.is_positive() && ahead.unsigned_abs() >= TimeSpan::CLOCK_SLACK {
        return Err(SpanError::Future { bound, at, now });
    }
    Ok(at.min(now))
}

fn written(text: &str, now: Timestamp) -> Option<Written> {
    let text = text.trim().to_lowercase();
    let here = now.to_zoned(ZURICH.clone());
    let today = here.date();
    match text.as_str() {
        "now" => return Some(Written::Moment(now)),
        "today" => return days(today, 1),
        "yesterday" => return days(today.yesterday().ok()?, 1),
        "last week" => return days(last_monday(today)?, 7),
        _ => {}
    }
    if let Some(at) = relative(&text, &here).or_else(|| unix_seconds(&text)) {
        return Some(Written::Moment(at));
    }
    absolute(&text.to_uppercase())
}

/// Returns `count` whole days in Switzerland.
fn days(first: Date, count: i64) -> Option<Written> {
    let midnight = |day: Date| Some(day.to_zoned(ZURICH.clone()).ok()?.timestamp());
    Some(Written::Days {
        first: midnight(first)?,
        end: midnight(first.checked_add(count.days()).ok()?)?,
    })
}

/// Returns the Monday of the previous week.
fn last_monday(today: Date) -> Option<Date> {
    let since_monday = i64::from(today.weekday().since(Weekday::Monday));
    today.checked_sub((since_monday + 7).days()).ok()
}

/// Parses `-7 days`, `- 24 h` or `3 weeks ago`, but not `-6m`: `m` is minutes to jiff, and months
/// to many people.
fn relative(text: &str, here: &Zoned) -> Option<Timestamp> {
    let mut units = text.split(|c: char| !c.is_ascii_alphabetic());
    if units.any(|unit| unit.eq_ignore_ascii_case("m")) {
        return None;
    }
    let back: Span = match text.strip_prefix('-') {
        Some(rest) => format!("-{}", rest.trim_start()).parse().ok()?,
        None if text.ends_with(" ago") => text.parse().ok()?,
        None => return None,
    };
    Some(here.checked_add(back).ok()?.timestamp())
}

/// Parses Unix seconds of nine digits or more; fewer would be a year or a date.
fn unix_seconds(text: &str) -> Option<Timestamp> {
    if text.len() < 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Timestamp::from_second(text.parse().ok()?).ok()
}

/// Parses a date, or a date and time with or without a time zone.
fn absolute(text: &str) -> Option<Written> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Written::Moment(at));
    }
    if !text.contains(['T', ' ', ':']) {
        return days(text.parse().ok()?, 1);
    }
    let at: DateTime = text.parse().ok()?;
    let at = ZURICH.to_ambiguous_zoned(at).compatible().ok()?;
    Some(Written::Moment(at.timestamp()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Wednesday, 2026-09-02 13:20 in Switzerland.
    fn now() -> Timestamp {
        "2026-09-02T11:20:00Z".parse().unwrap()
    }

    #[track_caller]
    fn reads(start: &str, end: &str, utc: [&str; 2]) {
        let span = TimeSpan::read(start, end, now()).unwrap();
        let found = [span.start().to_string(), span.end().to_string()];
        assert_eq!(found, utc, "{start} to {end}");
    }

    #[track_caller]
    fn fails(start: &str, end: &str, says: &str) {
        let error = TimeSpan::read(start, end, now()).unwrap_err().to_string();
        assert!(error.contains(says), "{start} to {end}: {error}");
    }

    #[test]
    fn every_form_of_time_is_parsed() {
        let present = "2026-09-02T11:20:00Z";
        for (start, utc) in [
            ("2026-09-01", "2026-08-31T22:00:00Z"),
            ("20260901", "2026-08-31T22:00:00Z"),
            ("2026-01-15", "2026-01-14T23:00:00Z"),
            ("2026-09-01T14:00", "2026-09-01T12:00:00Z"),
            (" 2026-09-01 14:00:30 ", "2026-09-01T12:00:30Z"),
            ("2026-09-01t14:00z", "2026-09-01T14:00:00Z"),
            ("2026-09-01T14:00:00+05:30", "2026-09-01T08:30:00Z"),
            (
                "2026-09-01T14:00+02:00[Europe/Zurich]",
                "2026-09-01T12:00:00Z",
            ),
            ("1788220800", "2026-09-01T00:00:00Z"),
            ("now", present),
            ("Today", "2026-09-01T22:00:00Z"),
            ("yesterday", "2026-08-31T22:00:00Z"),
            ("last week", "2026-08-23T22:00:00Z"),
            ("-24 hours", "2026-09-01T11:20:00Z"),
            ("-24h", "2026-09-01T11:20:00Z"),
            ("- 90 minutes", "2026-09-02T09:50:00Z"),
            ("-7 days", "2026-08-26T11:20:00Z"),
            ("7 days ago", "2026-08-26T11:20:00Z"),
            ("-1 week", "2026-08-26T11:20:00Z"),
            // Winter time: the same hour of the day.
            ("-6 months", "2026-03-02T12:20:00Z"),
            ("-1 year", "2025-09-02T11:20:00Z"),
        ] {
            reads(start, "now", [utc, present]);
        }
    }

    #[test]
    fn day_at_the_end_of_a_span_is_included() {
        reads(
            "2026-08-30",
            "2026-08-30",
            ["2026-08-29T22:00:00Z", "2026-08-30T21:59:59Z"],
        );
        reads(
            "last week",
            "last week",
            ["2026-08-23T22:00:00Z", "2026-08-30T21:59:59Z"],
        );
        reads(
            "yesterday",
            "today",
            ["2026-08-31T22:00:00Z", "2026-09-02T11:20:00Z"],
        );
    }

    #[test]
    fn day_of_the_change_to_winter_time_has_25_hours() {
        let span = TimeSpan::read("2025-10-26", "2025-10-26", now()).unwrap();
        assert_eq!(span.length(), Duration::from_secs(25 * 60 * 60 - 1));
    }

    #[test]
    fn hour_skipped_in_spring_is_an_hour_later() {
        reads(
            "2026-03-29T02:30",
            "2026-03-29T03:30",
            ["2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z"],
        );
    }

    #[test]
    fn unreadable_time_is_named_with_the_valid_forms() {
        for text in [
            "",
            "soon",
            "7 days",
            "+7 days",
            "-7",
            "-x days",
            "-7 moons",
            "-6m",
            "2026",
            "2026-13-01",
            "2026-09-01T25:00",
            "-99999999999 days",
            "- -1 day",
            "-1 day ago",
        ] {
            fails(
                text,
                "now",
                &format!("cannot read `{text}` as `start`: write a date"),
            );
            fails("yesterday", text, &format!("cannot read `{text}` as `end`"));
        }
    }

    #[test]
    fn reversed_future_and_long_spans_are_rejected() {
        fails("now", "yesterday", "is after `end`");
        fails("2026-09-03", "now", "lies in the future");
        fails(
            "yesterday",
            "2026-09-02T15:00",
            "`end` (2026-09-02 15:00 CEST) lies in the future",
        );
        fails("1000000000", "now", "days long; 366 at most");
        // Milliseconds.
        fails("1788220800000", "now", "cannot read `1788220800000`");
    }

    #[test]
    fn clock_slightly_ahead_is_tolerated() {
        reads(
            "yesterday",
            "2026-09-02T13:24",
            ["2026-08-31T22:00:00Z", "2026-09-02T11:20:00Z"],
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_valid_span_or_an_error(
            start in ".{0,24}", end in ".{0,24}", now in -60_000_000_000_i64..250_000_000_000,
        ) {
            let now = Timestamp::from_second(now).unwrap();
            if let Ok(span) = TimeSpan::read(&start, &end, now) {
                prop_assert!(span.start() <= span.end() && span.end() <= now);
            }
        }

        #[test]
        fn span_of_any_words_is_valid(
            start in "(-[0-9]{1,8} ?(minutes|h|days|weeks|months|years)|today|yesterday|last week|now|[0-9]{9,12}|[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9])?)",
            now in -60_000_000_000_i64..250_000_000_000,
        ) {
            let now = Timestamp::from_second(now).unwrap();
            if let Ok(span) = TimeSpan::read(&start, "now", now) {
                prop_assert!(span.start() <= span.end() && span.end() <= now);
                prop_assert!(span.length() <= Duration::from_secs(TimeSpan::MAX_DAYS * 86_400));
            }
        }

        #[test]
        fn formatted_time_is_parsed_back(at in 1_000_000_000_i64..1_788_000_000) {
            let at = Timestamp::from_second(at).unwrap();
            for text in [at.to_string(), at.as_second().to_string()] {
                let span = TimeSpan::read(&text, &text, now()).unwrap();
                prop_assert_eq!((span.start(), span.end()), (at, at));
            }
        }
    }
}
