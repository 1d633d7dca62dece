//! All that is known of a place at one moment and matters to a swimmer.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Advice, BueberCanal, rules};
use crate::api::Current;
use crate::{Place, Reading, Suspicion, Trend};

/// What is known of the river at a place, to be judged by
/// [`advise`](Self::advise).
///
/// ```
/// use aareguru::{Place, Reading, Situation, Verdict};
/// use jiff::Timestamp;
///
/// let now: Timestamp = "2026-07-04T15:00:00Z".parse()?;
/// let flow = Reading {
///     value: Some(228.0),
///     measured_at: Some("2026-07-04T14:40:00Z".parse()?),
///     recorded_on: None,
/// };
/// let advice = Situation::new(Place::find("bern")?, flow, now).advise();
/// assert_eq!(advice.verdict, Verdict::DoNotSwim);
/// assert!(advice.reasons[0].text.contains("from 220 m³/s"));
///
/// // The same flow at Brugg, where no limit for swimmers is known.
/// let advice = Situation::new(Place::find("brugg")?, flow, now).advise();
/// assert_eq!(advice.verdict, Verdict::NoKnownWarning);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Situation<'a> {
    pub(super) place: &'static Place,
    pub(super) flow: Reading,
    pub(super) now: Timestamp,
    pub(super) api_level: Option<u8>,
    pub(super) trend: Option<Trend>,
    pub(super) suspicion: Option<Suspicion>,
    pub(super) sayings: Vec<&'a str>,
    pub(super) canal: Option<BueberCanal>,
}

impl<'a> Situation<'a> {
    /// The least one can know: the flow in m³/s (which may be unknown), and
    /// the present time. If the reading is a recording, all of the situation
    /// is, and the present does not matter.
    pub fn new(place: &'static Place, flow: Reading, now: Timestamp) -> Self {
        Self {
            place,
            flow,
            now,
            api_level: None,
            trend: None,
            suspicion: None,
            sayings: Vec::new(),
            canal: None,
        }
    }

    /// All that an answer of `/v2018/current` tells of `place`.
    pub fn of_current(
        place: &'static Place,
        answer: &'a Current,
        recorded_on: Option<Date>,
        now: Timestamp,
    ) -> Self {
        let aare = &answer.aare;
        let past: Vec<_> = answer
            .aarepast
            .iter()
            .filter_map(|point| {
                let at = Timestamp::from_second(point.timestamp?).ok()?;
                Some((at, point.flow))
            })
            .collect();
        let sayings = [&aare.temperature_text, &aare.flow_text];
        Self {
            api_level: aare.flow_gefahrenstufe,
            trend: Some(Trend::of_flow(&past)),
            suspicion: Suspicion::of_flow(&past),
            sayings: sayings.into_iter().filter_map(Option::as_deref).collect(),
            canal: answer.bueber.as_ref().and_then(BueberCanal::from_api),
            ..Self::new(
                place,
                Reading::new(aare.flow, aare.timestamp, recorded_on),
                now,
            )
        }
    }

    /// With the flood level that the API sent with the flow.
    #[must_use]
    pub fn with_api_level(mut self, level: u8) -> Self {
        self.api_level = Some(level);
        self
    }

    /// With the trend of the flow. One that ends over an hour away from the
    /// reading of the flow is not used.
    #[must_use]
    pub fn with_trend(mut self, trend: Trend) -> Self {
        self.trend = Some(trend);
        self
    }

    /// With a suspicion against the flow; one against something else is not
    /// used.
    #[must_use]
    pub fn with_suspicion(mut self, suspicion: Suspicion) -> Self {
        self.suspicion = Some(suspicion);
        self
    }

    /// With a saying that the API sent with the flow.
    #[must_use]
    pub fn with_saying(mut self, saying: &'a str) -> Self {
        self.sayings.push(saying);
        self
    }

    /// With the state of the Bueber canal; not used but in Bern.
    #[must_use]
    pub fn with_canal(mut self, canal: BueberCanal) -> Self {
        self.canal = Some(canal);
        self
    }

    /// The trend of the flow, if it belongs to the reading of the flow and
    /// tells something.
    pub fn trend(&self) -> Option<Trend> {
        rules::trend(self)
    }

    /// What may be said to a swimmer, and on what ground.
    pub fn advise(&self) -> Advice {
        rules::judge(self)
    }
}
