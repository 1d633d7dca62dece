//! The inputs of the advice to swimmers at one place and time.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::BueberCanal;
use crate::api::Current;
use crate::current_readings;
use crate::{Direction, Place, Reading, ReportedLevel, Trend};

/// The longest time between the end of a trend and the reading it belongs to.
const MAX_TREND_DISTANCE: Duration = Duration::from_secs(60 * 60);

/// The state of the river at a place, judged by [`advise`](Self::advise).
///
/// ```
/// use aareguru::{Place, Reading, Situation, Trend, Verdict};
/// use jiff::{Timestamp, ToSpan};
///
/// let now: Timestamp = "2026-07-04T15:00:00Z".parse()?;
/// let measured_at = now - 20.minutes();
/// let bern = Place::find("bern")?;
/// let water = Reading::water(Some(19.5), Some(measured_at));
/// let flow = |m3_per_s| Reading::flow(bern, Some(m3_per_s), Some(measured_at));
///
/// let advice = Situation::new(bern, water, flow(228.0), now).advise();
/// assert_eq!(advice.verdict, Verdict::DoNotSwim);
/// assert!(advice.reasons[0].text.contains("from 220 m³/s"));
///
/// // Less water; but whether it rises is not known.
/// let advice = Situation::new(bern, water, flow(148.0), now).advise();
/// assert_eq!(advice.verdict, Verdict::Unknown);
///
/// let past: Vec<_> = (0..19)
///     .map(|n| (measured_at - (10 * n).minutes(), Some(148.0)))
///     .collect();
/// let advice = Situation::new(bern, water, flow(148.0), now)
///     .with_trend(Trend::of_flow(&past))
///     .advise();
/// assert_eq!(advice.verdict, Verdict::NoKnownWarning);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Situation<'a> {
    pub(super) place: &'static Place,
    pub(super) water: Reading,
    pub(super) flow: Reading,
    pub(super) now: Timestamp,
    pub(super) reported_level: ReportedLevel,
    pub(super) trend: Option<Trend>,
    pub(super) sayings: Vec<&'a str>,
    pub(super) canal: Option<BueberCanal>,
}

impl<'a> Situation<'a> {
    /// Creates a situation with the minimal inputs: the water temperature in °C and the flow in
    /// m³/s (which may be unknown), and the present time. If the flow is a recording, the whole
    /// situation is one, and the present time does not matter.
    pub fn new(place: &'static Place, water: Reading, flow: Reading, now: Timestamp) -> Self {
        Self {
            place,
            water,
            flow,
            now,
            reported_level: ReportedLevel::Missing,
            trend: None,
            sayings: Vec::new(),
            canal: None,
        }
    }

    /// Creates a situation with all inputs in a response of `/v2018/current` about `place`.
    pub fn of_current(
        place: &'static Place,
        answer: &'a Current,
        recorded_on: Option<Date>,
        now: Timestamp,
    ) -> Self {
        let aare = &answer.aare;
        let water = current_readings::water(answer, recorded_on);
        let flow = current_readings::flow(place, answer, recorded_on);
        let past = current_readings::past_flows(place, answer, recorded_on, now);
        let sayings = [&aare.temperature_text, &aare.flow_text];
        let bueber = answer.bueber.as_ref();
        Self {
            reported_level: aare.flow_gefahrenstufe.clone(),
            trend: Some(Trend::of_flow(&past)),
            sayings: sayings.into_iter().filter_map(Option::as_deref).collect(),
            canal: bueber.and_then(|bueber| BueberCanal::from_api(bueber, now)),
            ..Self::new(place, water, flow, now)
        }
    }

    /// Sets the flood level that upstream reports with the flow.
    #[must_use]
    pub fn with_reported_level(mut self, level: impl Into<ReportedLevel>) -> Self {
        self.reported_level = level.into();
        self
    }

    /// Sets the trend of the flow. A trend that ends more than an hour away from the reading of the
    /// flow is ignored.
    #[must_use]
    pub fn with_trend(mut self, trend: Trend) -> Self {
        self.trend = Some(trend);
        self
    }

    /// Adds a saying that the API sent with the flow.
    #[must_use]
    pub fn with_saying(mut self, saying: &'a str) -> Self {
        self.sayings.push(saying);
        self
    }

    /// Sets the state of the Bueber canal. Used in Bern only.
    #[must_use]
    pub fn with_canal(mut self, canal: BueberCanal) -> Self {
        self.canal = Some(canal);
        self
    }

    /// Returns the water temperature.
    pub fn water(&self) -> Reading {
        self.water
    }

    /// Returns the flow.
    pub fn flow(&self) -> Reading {
        self.flow
    }

    /// Returns the trend of the flow, if it is known and belongs to a reading of the flow that is
    /// not doubtful.
    pub fn trend(&self) -> Option<Trend> {
        if self.flow.doubt().is_some() {
            return None;
        }
        let trend = self
            .trend
            .filter(|trend| trend.direction != Direction::Unknown)?;
        let apart = self
            .flow
            .measured_at(self.now)?
            .duration_since(trend.until?)
            .unsigned_abs();
        (apart <= MAX_TREND_DISTANCE).then_some(trend)
    }
}
