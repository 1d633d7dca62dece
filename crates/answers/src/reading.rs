//! A reading as fields for programs and as a sentence for people.

use std::time::Duration;

use aareguru::{Freshness, Place, Quantity, Reading, UnknownReason, age_in_words, local_time};
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::Serialize;

/// The water temperature at one place, as structured content.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WaterTemperature {
    /// Water temperature in degrees Celsius; null if it is unknown or was measured more than a day
    /// ago.
    pub temperature_celsius: Option<f64>,
    #[serde(flatten)]
    pub measured: Measured,
}

/// The flow at one place, as structured content.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Flow {
    /// Flow in cubic metres per second; null if it is unknown or was measured more than a day ago.
    /// Null does not mean zero.
    pub flow_m3_per_s: Option<f64>,
    #[serde(flatten)]
    pub measured: Measured,
}

/// When a value was measured, and how reliable it is now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Measured {
    /// When it was measured, in Unix seconds; null if unknown.
    pub measured_at: Option<i64>,
    /// The same time in Swiss local time, with the zone: "2023-05-09 13:20 CEST".
    pub measured_at_local: Option<String>,
    /// The age of the measurement in seconds; null if unknown.
    pub age_seconds: Option<i64>,
    /// Whether the value still describes the river, by its age.
    pub freshness: Freshness,
    /// The day of the recording if this is recorded data; null for live data.
    pub recorded_on: Option<String>,
    /// Why the value is null; otherwise null.
    pub unknown_because: Option<String>,
    /// Why the value may be wrong; null if there is no indication.
    pub doubt: Option<String>,
}

impl WaterTemperature {
    pub fn new(reading: &Reading, now: Timestamp) -> Self {
        Self {
            temperature_celsius: value_unless_old(reading, now),
            measured: Measured::new(reading, now),
        }
    }
}

impl Flow {
    pub fn new(place: &Place, reading: &Reading, now: Timestamp) -> Self {
        let is_measured_here = place.measures(Quantity::Flow);
        Self {
            flow_m3_per_s: value_unless_old(reading, now),
            measured: Measured {
                unknown_because: unknown_because(reading, is_measured_here, now),
                ..Measured::new(reading, now)
            },
        }
    }
}

impl Measured {
    pub fn new(reading: &Reading, now: Timestamp) -> Self {
        let measured_at = reading.measured_at(now);
        Self {
            measured_at: measured_at.map(Timestamp::as_second),
            measured_at_local: measured_at.map(local_time),
            age_seconds: reading
                .age(now)
                .and_then(|age| i64::try_from(age.as_secs()).ok()),
            freshness: reading.freshness(now),
            recorded_on: reading.recorded_on.map(|day| day.to_string()),
            unknown_because: unknown_because(reading, true, now),
            doubt: reading.doubt().map(|doubt| doubt.to_string()),
        }
    }
}

/// Returns the value, unless it is too old to be shown as current.
pub fn value_unless_old(reading: &Reading, now: Timestamp) -> Option<f64> {
    reading
        .value(now)
        .filter(|_| reading.freshness(now) != Freshness::Old)
}

/// Returns why no value is shown; `None` if one is shown.
pub fn unknown_because(
    reading: &Reading,
    is_measured_here: bool,
    now: Timestamp,
) -> Option<String> {
    if value_unless_old(reading, now).is_some() {
        return None;
    }
    Some(match reading.unknown_because(now) {
        None => "it was measured more than a day ago".to_owned(),
        Some(UnknownReason::Missing) if !is_measured_here => {
            "it is not measured at this place".to_owned()
        }
        Some(reason) => reason.to_string(),
    })
}

/// A measured quantity, with its name and unit in texts.
#[derive(Debug, Clone, Copy)]
pub enum Measure {
    /// Water temperature in °C.
    Water,
    /// Flow in m³/s.
    Flow,
    /// Air temperature in °C.
    Air,
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Self::Water => "water temperature",
            Self::Flow => "flow",
            Self::Air => "air temperature",
        }
    }

    /// Formats a value with its unit. One source sends flows as whole numbers, the other with
    /// decimals.
    pub fn format_value(self, value: f64) -> String {
        let tenths = format!("{value:.1}");
        match self {
            Self::Water | Self::Air => format!("{tenths} °C"),
            Self::Flow => format!("{} m³/s", tenths.strip_suffix(".0").unwrap_or(&tenths)),
        }
    }

    /// Describes a reading, without place and full stop.
    pub fn describe(self, reading: &Reading, now: Timestamp) -> String {
        let name = self.name();
        let Some(value) = reading.value(now) else {
            let recorded = reading.recorded_on.map_or(String::new(), format_recorded);
            let because = match reading.unknown_because(now) {
                None | Some(UnknownReason::Missing) => String::new(),
                Some(reason) => format!(": {reason}"),
            };
            return format!("{name} unknown{recorded}{because}");
        };
        let value = self.format_value(value);
        let measured = match reading.measured_at(now) {
            Some(at) => format!("measured {}", local_time(at)),
            None => "measured at an unknown time".to_owned(),
        };
        if let Some(day) = reading.recorded_on {
            return format!("{value}, {measured}{}", format_recorded(day));
        }
        let ago = reading.age(now).map(format_age).unwrap_or_default();
        match reading.freshness(now) {
            Freshness::Old => {
                format!("no current {name}; the last one was {value}, {measured}{ago}")
            }
            Freshness::Stale => format!("{value}, {measured}{ago}: stale, it may have changed"),
            _ => format!("{value}, {measured}{ago}"),
        }
    }
}

/// Describes a water temperature, without place and full stop.
pub fn describe_water(reading: &Reading, now: Timestamp) -> String {
    Measure::Water.describe(reading, now)
}

fn format_recorded(day: Date) -> String {
    format!(" (recorded {day}, not current)")
}

/// Returns the age as a suffix: " (8 minutes ago)".
fn format_age(age: Duration) -> String {
    format!(" ({})", age_in_words(age))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: i64 = 1_683_631_200;

    fn live(value: Option<f64>) -> Reading {
        Reading::water(value, Timestamp::from_second(MEASURED).ok())
    }

    fn flow(value: Option<f64>) -> Reading {
        let bern = Place::find("bern").unwrap();
        Reading::flow(bern, value, Timestamp::from_second(MEASURED).ok())
    }

    #[track_caller]
    fn assert_description(reading: &Reading, seconds_later: i64, words: &str) {
        let now = Timestamp::from_second(MEASURED + seconds_later).unwrap();
        assert_eq!(describe_water(reading, now), words);
    }

    #[test]
    fn description_states_age_and_staleness() {
        let reading = live(Some(12.0));
        assert_description(
            &reading,
            30,
            "12.0 °C, measured 2023-05-09 13:20 CEST (just now)",
        );
        assert_description(
            &reading,
            60,
            "12.0 °C, measured 2023-05-09 13:20 CEST (1 minute ago)",
        );
        assert_description(
            &reading,
            3 * 3600,
            "12.0 °C, measured 2023-05-09 13:20 CEST (3 hours ago): stale, it may have changed",
        );
        assert_description(
            &reading,
            50 * 3600,
            "no current water temperature; the last one was 12.0 °C, \
             measured 2023-05-09 13:20 CEST (2 days ago)",
        );
    }

    #[test]
    fn missing_value_is_described_as_unknown() {
        assert_description(&live(None), 60, "water temperature unknown");
    }

    #[test]
    fn implausible_or_future_dated_value_is_unknown_with_reason() {
        assert_description(
            &live(Some(-999.0)),
            60,
            "water temperature unknown: upstream sent an implausible water temperature, \
             outside -0.5 to 35 °C",
        );
        assert_description(
            &live(Some(12.0)),
            -86_400,
            "water temperature unknown: upstream dates the measurement in the future",
        );
        let now = Timestamp::from_second(MEASURED - 86_400).unwrap();
        let shown = WaterTemperature::new(&live(Some(12.0)), now);
        assert_eq!(shown.temperature_celsius, None);
        assert_eq!(shown.measured.measured_at, None);
        let because = shown.measured.unknown_because.unwrap();
        assert_eq!(because, "upstream dates the measurement in the future");
    }

    #[test]
    fn recorded_reading_is_marked_with_and_without_value() {
        let recorded_on = Some(jiff::civil::date(2023, 5, 9));
        let recorded = |value| live(value).with_recorded_on(recorded_on);
        assert_description(
            &recorded(Some(12.5)),
            60,
            "12.5 °C, measured 2023-05-09 13:20 CEST (recorded 2023-05-09, not current)",
        );
        assert_description(
            &recorded(None),
            60,
            "water temperature unknown (recorded 2023-05-09, not current)",
        );
    }

    #[test]
    fn flow_description_uses_its_name_and_unit() {
        for (value, seconds_later, words) in [
            (
                Some(247.0),
                60,
                "247 m³/s, measured 2023-05-09 13:20 CEST (1 minute ago)",
            ),
            (
                Some(69.75),
                50 * 3600,
                "no current flow; the last one was 69.8 m³/s, \
                 measured 2023-05-09 13:20 CEST (2 days ago)",
            ),
            (None, 60, "flow unknown"),
        ] {
            let now = Timestamp::from_second(MEASURED + seconds_later).unwrap();
            assert_eq!(Measure::Flow.describe(&flow(value), now), words);
        }
    }

    #[test]
    fn value_older_than_a_day_is_null_in_structured_content() {
        let now = Timestamp::from_second(MEASURED + 90_000).unwrap();
        let shown = WaterTemperature::new(&live(Some(12.0)), now);
        assert_eq!(shown.temperature_celsius, None);
        assert_eq!(shown.measured.age_seconds, Some(90_000));
    }
}
