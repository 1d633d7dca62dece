//! Checks which values from upstream are plausible.
//!
//! Every measured and forecast value passes through here before it reaches a reading, a series or a
//! forecast. A value that fails is unknown; the reason stays with it. The limits are in
//! `data/plausibility.toml`, each with its reason.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use crate::source::Sources;
use crate::{FloodLevel, Place};

/// How far ahead of the present a measurement may be dated: 2 minutes, for clocks that disagree.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(2 * 60);

/// Why a value from upstream cannot be right.
///
/// Displayed as a clause that names the quantity and its limits, and not the rejected value: no
/// answer contains an implausible number.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Implausible {
    /// The value is not a number.
    #[error("upstream sent something that is not a number as {quantity}")]
    NotANumber {
        /// The quantity, for people: `water temperature`.
        quantity: &'static str,
    },
    /// The value is outside what the quantity can be.
    #[error(
        "upstream sent an implausible {}, outside {} to {} {}",
        .0.quantity, .0.min, .0.max, .0.unit
    )]
    OutOfRange(PlausibleRange),
    /// The forecast is too far from the reading on which it is based.
    #[error(
        "upstream sent an implausible forecast of the water temperature, more than {max_celsius} °C \
         from the reading"
    )]
    FarFromReading {
        /// The largest plausible difference in °C.
        max_celsius: f64,
    },
}

/// The values that a quantity can have at one place. Both ends are plausible.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PlausibleRange {
    /// The quantity, for people: `water temperature`.
    pub quantity: &'static str,
    /// The unit of the limits: `°C`.
    pub unit: &'static str,
    /// The lowest plausible value.
    pub min: f64,
    /// The highest plausible value.
    pub max: f64,
    /// Whether `min` itself is not plausible.
    pub is_min_excluded: bool,
}

impl PlausibleRange {
    /// The range of the water temperature of the Aare in °C.
    pub(crate) fn water() -> Self {
        TABLE.water_temperature_celsius.range()
    }

    /// The range of the flow at `place` in m³/s.
    pub(crate) fn flow(place: &Place) -> Self {
        let flow = &TABLE.flow_m3_per_s;
        let lowest = flow.lowest.iter().find(|it| it.place == place.id());
        // Where no flood levels are known (Olten), those of the largest gauge bound the flow.
        let level_5 = |place: &Place| {
            let thresholds = place.flood_thresholds()?;
            thresholds.from_m3_per_s(FloodLevel::VeryHigh)
        };
        let largest = || Place::all().iter().filter_map(level_5).fold(0.0, f64::max);
        Self {
            quantity: &flow.name,
            unit: &flow.unit,
            min: lowest.map_or(0.0, |it| it.m3_per_s),
            max: flow.times_flood_level_5 * level_5(place).unwrap_or_else(largest),
            is_min_excluded: lowest.is_none(),
        }
    }

    /// The range of the air temperature in °C, measured or forecast.
    pub(crate) fn air() -> Self {
        TABLE.air_temperature_celsius.range()
    }

    /// The range of the rain measured in 10 minutes, in mm.
    pub(crate) fn rain_in_10_minutes() -> Self {
        TABLE.rain_10_minutes_mm.range()
    }

    /// The range of the rain forecast for a day or a part of one, in mm.
    pub(crate) fn rain_forecast() -> Self {
        TABLE.rain_forecast_mm.range()
    }

    /// The range of a share in percent.
    pub(crate) fn percent() -> Self {
        TABLE.percent.range()
    }

    /// Returns the value if it is plausible. A missing value stays missing.
    pub(crate) fn check(&self, value: Option<f64>) -> Result<Option<f64>, Implausible> {
        let Some(value) = value else {
            return Ok(None);
        };
        let quantity = self.quantity;
        if value.is_nan() {
            return Err(Implausible::NotANumber { quantity });
        }
        let is_in =
            (self.min..=self.max).contains(&value) && !(self.is_min_excluded && value <= self.min);
        if is_in {
            Ok(Some(value))
        } else {
            tracing::debug!(value, quantity, "implausible value from upstream");
            Err(Implausible::OutOfRange(*self))
        }
    }
}

/// Returns the forecast water temperature in °C if it is plausible, also next to the reading that
/// it starts from. A missing forecast stays missing.
pub(crate) fn check_water_forecast(
    celsius: Option<f64>,
    reading_celsius: Option<f64>,
) -> Result<Option<f64>, Implausible> {
    let forecast = PlausibleRange::water().check(celsius)?;
    let max_celsius = TABLE.forecast.celsius;
    match forecast.zip(reading_celsius) {
        Some((forecast, reading)) if (forecast - reading).abs() > max_celsius => {
            Err(Implausible::FarFromReading { max_celsius })
        }
        _ => Ok(forecast),
    }
}

/// Returns the plausible value; adds the reason to `rejected` if there is none for that reason.
pub(crate) fn accept(
    checked: Result<Option<f64>, Implausible>,
    rejected: &mut Vec<Implausible>,
) -> Option<f64> {
    checked.unwrap_or_else(|implausible| {
        if !rejected.contains(&implausible) {
            rejected.push(implausible);
        }
        None
    })
}

/// Returns whether a measurement at `at` is in the future of `now`.
pub(crate) fn is_future(at: Timestamp, now: Timestamp) -> bool {
    let ahead = at.duration_since(now);
    ahead.is_positive() && ahead.unsigned_abs() > CLOCK_TOLERANCE
}

/// Returns the largest plausible difference in °C between neighbouring readings.
pub(crate) fn max_jump_celsius() -> f64 {
    TABLE.jump.celsius
}

/// Returns the longest time between two neighbouring readings.
pub(crate) fn max_neighbour_distance() -> Duration {
    Duration::from_secs(60 * TABLE.jump.within_minutes)
}

/// Returns whether two water temperatures in °C for the same time contradict each other.
pub(crate) fn temperatures_contradict(a: f64, b: f64) -> bool {
    (a - b).abs() > TABLE.contradiction.celsius
}

/// Returns whether two flows in m³/s for the same time contradict each other.
pub(crate) fn flows_contradict(a: f64, b: f64) -> bool {
    let limits = &TABLE.contradiction;
    (a - b).abs() > limits.m3_per_s.max(limits.share_of_flow * a.min(b))
}

/// The shape of `data/plausibility.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for readers of the table and its test")
    )]
    source: Sources,
    water_temperature_celsius: Limits,
    air_temperature_celsius: Limits,
    rain_10_minutes_mm: Limits,
    rain_forecast_mm: Limits,
    percent: Limits,
    flow_m3_per_s: FlowLimits,
    jump: Jump,
    forecast: ForecastLimit,
    contradiction: Contradiction,
}

#[derive(Debug, Deserialize)]
struct Limits {
    name: String,
    unit: String,
    min: f64,
    max: f64,
}

#[derive(Debug, Deserialize)]
struct FlowLimits {
    name: String,
    unit: String,
    times_flood_level_5: f64,
    lowest: Vec<LowestFlow>,
}

#[derive(Debug, Deserialize)]
struct LowestFlow {
    place: String,
    m3_per_s: f64,
}

#[derive(Debug, Deserialize)]
struct Jump {
    celsius: f64,
    within_minutes: u64,
}

#[derive(Debug, Deserialize)]
struct ForecastLimit {
    celsius: f64,
}

#[derive(Debug, Deserialize)]
struct Contradiction {
    celsius: f64,
    m3_per_s: f64,
    share_of_flow: f64,
}

impl Limits {
    fn range(&'static self) -> PlausibleRange {
        PlausibleRange {
            quantity: &self.name,
            unit: &self.unit,
            min: self.min,
            max: self.max,
            is_min_excluded: false,
        }
    }
}

const TOML: &str = include_str!("../data/plausibility.toml");

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(TOML).expect("the table is compiled in and every test reads it")
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(id: &str) -> &'static Place {
        Place::find(id).unwrap()
    }

    #[track_caller]
    fn accepts(range: PlausibleRange, plausible: &[f64], implausible: &[f64]) {
        for value in plausible {
            assert_eq!(range.check(Some(*value)), Ok(Some(*value)), "{range:?}");
        }
        for value in implausible {
            let rejected = range.check(Some(*value));
            let out_of_range = Implausible::OutOfRange(range);
            let not_a_number = Implausible::NotANumber {
                quantity: range.quantity,
            };
            let expected = if value.is_nan() {
                not_a_number
            } else {
                out_of_range
            };
            assert_eq!(rejected, Err(expected), "{range:?} {value}");
        }
        assert_eq!(range.check(None), Ok(None));
    }

    #[test]
    fn sentinels_and_dead_sensors_are_out_of_range() {
        accepts(
            PlausibleRange::water(),
            &[-0.5, 0.0, 12.5, 24.12, 35.0],
            &[
                -0.51,
                -4.6,
                -99.99,
                -999.0,
                35.1,
                85.0,
                f64::NAN,
                f64::INFINITY,
            ],
        );
        accepts(
            PlausibleRange::air(),
            &[-40.0, 50.0],
            &[-40.1, 50.1, -999.0],
        );
        accepts(
            PlausibleRange::rain_in_10_minutes(),
            &[0.0, 41.0],
            &[-0.1, 61.0],
        );
        accepts(
            PlausibleRange::rain_forecast(),
            &[0.0, 300.0],
            &[-1.0, 501.0],
        );
        accepts(PlausibleRange::percent(), &[0.0, 100.0], &[-1.0, 101.0]);
    }

    #[test]
    fn flow_range_depends_on_the_place() {
        accepts(
            PlausibleRange::flow(place("bern")),
            &[28.9, 148.0, 5600.0],
            &[28.8, 0.0, -1.0, 5601.0, f64::NAN],
        );
        accepts(
            PlausibleRange::flow(place("brugg")),
            &[93.4],
            &[93.3, 13_501.0],
        );
        accepts(
            PlausibleRange::flow(place("thun")),
            &[0.1, 4900.0],
            &[0.0, 4901.0],
        );
        accepts(PlausibleRange::flow(place("olten")), &[100.0], &[0.0, 1e6]);
    }

    #[test]
    fn forecast_far_from_the_reading_is_implausible() {
        let far = Err(Implausible::FarFromReading { max_celsius: 5.0 });
        assert_eq!(check_water_forecast(Some(17.0), Some(12.0)), Ok(Some(17.0)));
        assert_eq!(check_water_forecast(Some(17.1), Some(12.0)), far);
        assert_eq!(check_water_forecast(Some(6.9), Some(12.0)), far);
        assert_eq!(check_water_forecast(Some(17.0), None), Ok(Some(17.0)));
        assert!(check_water_forecast(Some(1012.0), None).is_err());
        assert_eq!(check_water_forecast(None, Some(12.0)), Ok(None));
    }

    #[test]
    fn measurement_may_be_two_minutes_ahead() {
        let now = Timestamp::from_second(1_783_000_000).unwrap();
        let after = |seconds: i64| Timestamp::from_second(1_783_000_000 + seconds).unwrap();
        assert!(!is_future(after(120), now));
        assert!(is_future(after(121), now));
        assert!(!is_future(after(-1_000_000), now));
    }

    #[test]
    fn values_for_one_time_may_differ_by_rounding() {
        assert!(!temperatures_contradict(12.5, 12.46));
        assert!(temperatures_contradict(14.9, 15.5));
        assert!(!flows_contradict(405.0, 406.0) && !flows_contradict(20.0, 22.0));
        assert!(flows_contradict(150.0, 205.0) && flows_contradict(205.0, 150.0));
    }

    #[test]
    fn every_limit_has_a_reason_and_every_source_is_there() {
        let table: toml::Table = toml::from_str(TOML).unwrap();
        for (name, value) in table.iter().filter(|(name, _)| *name != "source") {
            assert!(value["reason"].is_str(), "{name}");
        }
        for found in TOML.lines().filter_map(|line| line.strip_prefix("from = ")) {
            assert!(!TABLE.source.get(found.trim_matches('"')).url.is_empty());
        }
        for lowest in &TABLE.flow_m3_per_s.lowest {
            assert_eq!(place(&lowest.place).id(), lowest.place);
        }
    }

    proptest! {
        #[test]
        fn checked_value_is_in_its_range(value in any::<f64>()) {
            for range in [PlausibleRange::water(), PlausibleRange::air(), PlausibleRange::flow(place("bern"))] {
                if let Ok(Some(checked)) = range.check(Some(value)) {
                    prop_assert!(checked >= range.min && checked <= range.max);
                }
            }
        }
    }
}
