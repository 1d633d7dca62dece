//! The forecast for one place: the water for two hours, the weather for several days.
//!
//! The API does not forecast the flow, and the water only for two hours.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use crate::api::{Answer, Current, DayPart, SunDay};
use crate::current_readings;
use crate::local_time::ZURICH;
use crate::plausibility::{PlausibleRange, accept, check_water_forecast};
use crate::reading::timestamp;
use crate::{
    Advice, Direction, Implausible, Place, Reading, Situation, UpstreamTrouble, Verdict,
    WeatherSymbol,
};

/// How far ahead the water temperature is forecast.
const WATER_FORECAST_HORIZON: Duration = Duration::from_secs(2 * 60 * 60);

/// The least difference in °C that the API's tenths can show.
const NOISE_CELSIUS: f64 = 0.05;

/// The forecast for a place.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Forecast {
    /// The place. The response was checked to be about it.
    pub place: &'static Place,
    /// The latest water temperature in °C, to the tenth.
    pub water: Reading,
    /// The water temperature two hours after that.
    pub water_in_two_hours: Option<WaterForecast>,
    /// The latest air temperature in °C, which has its own time.
    pub air: Reading,
    /// The day of the parts, in Switzerland. The following days count from it.
    pub today: Option<Date>,
    /// Morning, afternoon and evening of that day.
    pub parts: [PartForecast; 3],
    /// The sunshine of that day.
    pub sunshine: Sunshine,
    /// The days after it; four if the API sends them all.
    pub days: Vec<DayForecast>,
    /// Why forecast values are unknown although upstream sent them.
    pub implausible: Vec<Implausible>,
    /// The day of the recording; `None` for live data.
    pub recorded_on: Option<Date>,
    /// Why the data is stale: the API returned no newer response. `None` if it is fresh.
    pub upstream_trouble: Option<UpstreamTrouble>,
    current: Arc<Current>,
}

/// The forecast of the water temperature, two hours after the measurement.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WaterForecast {
    /// Water temperature in °C, to the tenth.
    pub celsius: f64,
    /// The time of the forecast: two hours after the measurement.
    pub at: Option<Timestamp>,
    /// The difference from the measurement in °C; negative if colder.
    pub change_celsius: Option<f64>,
    /// The direction of the change; a change of less than 0.05 °C is steady.
    pub direction: Direction,
    /// The API's saying about it, in Bernese German. It is not advice.
    pub saying: Option<String>,
}

/// A part of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartOfDay {
    /// Assumed to end at 12:00; the API does not say when its parts end.
    Morning,
    /// Assumed to end at 18:00.
    Afternoon,
    /// The rest of the day.
    Evening,
}

/// The forecast weather of a part of today.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PartForecast {
    /// Which part.
    pub part: PartOfDay,
    /// The weather.
    pub symbol: Option<&'static WeatherSymbol>,
    /// Air temperature in °C.
    pub air_celsius: Option<f64>,
    /// Rain in mm.
    pub rain_mm: Option<f64>,
    /// Probability of rain in percent.
    pub rain_risk_percent: Option<f64>,
}

/// The forecast weather of a day after today.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DayForecast {
    /// The number of days after [`Forecast::today`]: 1 is the next.
    pub days_ahead: u8,
    /// Its date in Switzerland.
    pub date: Option<Date>,
    /// The weather.
    pub symbol: Option<&'static WeatherSymbol>,
    /// Lowest air temperature in °C.
    pub lowest_air_celsius: Option<f64>,
    /// Highest air temperature in °C.
    pub highest_air_celsius: Option<f64>,
    /// Rain in mm.
    pub rain_mm: Option<f64>,
    /// Probability of rain in percent.
    pub rain_risk_percent: Option<f64>,
    /// Its sunshine.
    pub sunshine: Sunshine,
}

/// The sunshine of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Sunshine {
    /// In minutes.
    pub minutes: Option<u32>,
    /// In percent of what is possible on that day.
    pub percent: Option<f64>,
}

/// Why no part of today is the best one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoBestPart {
    /// The weather does not matter: a warning applies to the river, or not enough is known about
    /// it.
    #[error("the verdict on the river is {}", .0.as_str())]
    Verdict(Verdict),
    /// The forecast is not of today.
    #[error("the forecast is not known to be of today")]
    AnotherDay,
    /// At most one part is left, or the rain of a part is unknown.
    #[error("fewer than two parts of the day are left, or their rain is not forecast")]
    TooLittle,
}

impl Forecast {
    pub(super) fn new(place: &'static Place, answer: &Answer<Current>, now: Timestamp) -> Self {
        let (current, recorded_on) = (Arc::clone(answer.value()), answer.recorded_on());
        let weather = current.weather.clone().unwrap_or_default();
        let air = weather.current.unwrap_or_default();
        let parts = weather.today.unwrap_or_default();
        let sun_today = current.sun.as_ref().and_then(|sun| sun.today.as_ref());
        let water = current_readings::water(&current, recorded_on);
        let air = Reading::air(air.tt, timestamp(air.timestamp)).with_recorded_on(recorded_on);
        let seen_from = seen_from(&[air, water], now);
        let mut implausible = Vec::new();
        let days = days(&current, &seen_from, &mut implausible);
        let first = days
            .iter()
            .find_map(|day| Some((day.date?, day.days_ahead)));
        Self {
            place,
            water_in_two_hours: water_in_two_hours(&current, &water, now, &mut implausible),
            water,
            air,
            today: first.and_then(|(date, ahead)| date.checked_sub(i64::from(ahead).days()).ok()),
            parts: [
                PartForecast::new(PartOfDay::Morning, parts.v, &mut implausible),
                PartForecast::new(PartOfDay::Afternoon, parts.n, &mut implausible),
                PartForecast::new(PartOfDay::Evening, parts.a, &mut implausible),
            ],
            sunshine: sun_today
                .map(|sun| Sunshine::new(sun, &mut implausible))
                .unwrap_or_default(),
            implausible,
            days,
            recorded_on,
            upstream_trouble: answer.upstream_trouble().cloned(),
            current,
        }
    }

    /// Returns the advice to swimmers at the time `now`; for a recording, the advice at its time.
    pub fn advice(&self, now: Timestamp) -> Advice {
        Situation::of_current(self.place, &self.current, self.recorded_on, now).advise()
    }

    /// Returns the Swiss time from which the forecast is seen: `now`, or the time of the
    /// measurement in a recording.
    fn seen_from(&self, now: Timestamp) -> Zoned {
        seen_from(&[self.air, self.water], now)
    }

    /// Returns whether the parts are of the day of `now`; `None` if that is unknown.
    pub fn is_of_today(&self, now: Timestamp) -> Option<bool> {
        self.today.map(|today| today == self.seen_from(now).date())
    }

    /// Returns the forecast days that begin within `hours` from `now`. Fewer if the API does not
    /// send them.
    pub fn days_within(&self, hours: u32, now: Timestamp) -> Vec<&DayForecast> {
        let from = self.seen_from(now);
        let last = last_day(&from, hours);
        let is_within = |day: &&DayForecast| {
            let date = day.date.or_else(|| {
                let ahead = i64::from(day.days_ahead).days();
                self.today.unwrap_or(from.date()).checked_add(ahead).ok()
            });
            date.is_some_and(|date| from.date() <= date && date <= last)
        };
        self.days.iter().filter(is_within).collect()
    }

    /// Returns whether the forecast days cover `hours` from `now`.
    pub fn reaches(&self, hours: u32, now: Timestamp) -> bool {
        let from = self.seen_from(now);
        let last = last_day(&from, hours);
        last == from.date()
            || self
                .days_within(hours, now)
                .iter()
                .any(|day| day.date == Some(last))
    }

    /// Returns the driest of the remaining parts of today, and of equally dry ones the warmest;
    /// several if they are equal in both.
    ///
    /// # Errors
    ///
    /// [`NoBestPart`]. The result considers the weather only, so it exists only if no warning is
    /// known for the river. Warnings are known for now, not for later.
    pub fn best_parts(&self, now: Timestamp) -> Result<Vec<&PartForecast>, NoBestPart> {
        let verdict = self.advice(now).verdict;
        if verdict != Verdict::NoKnownWarning {
            return Err(NoBestPart::Verdict(verdict));
        }
        if self.is_of_today(now) != Some(true) {
            return Err(NoBestPart::AnotherDay);
        }
        let hour = self.seen_from(now).hour();
        let to_come: Vec<_> = self
            .parts
            .iter()
            .filter(|it| hour < it.part.ends_at_hour())
            .collect();
        let rain: Option<Vec<_>> = to_come.iter().map(|part| part.rain()).collect();
        let driest = rain
            .filter(|rain| rain.len() > 1)
            .and_then(|rain| rain.into_iter().min_by(compare_rain))
            .ok_or(NoBestPart::TooLittle)?;
        let is_driest = |part: &&PartForecast| {
            part.rain()
                .is_some_and(|rain| compare_rain(&rain, &driest).is_eq())
        };
        let dry: Vec<_> = to_come.into_iter().filter(is_driest).collect();
        let air: Option<Vec<f64>> = dry.iter().map(|part| part.air_celsius).collect();
        let warmest = air.and_then(|air| air.into_iter().max_by(f64::total_cmp));
        let is_best = |part: &&PartForecast| warmest.is_none() || part.air_celsius == warmest;
        Ok(dry.into_iter().filter(is_best).collect())
    }
}

impl PartOfDay {
    /// Returns `morning`, `afternoon` or `evening`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Morning => "morning",
            Self::Afternoon => "afternoon",
            Self::Evening => "evening",
        }
    }

    fn ends_at_hour(self) -> i8 {
        match self {
            Self::Morning => 12,
            Self::Afternoon => 18,
            Self::Evening => 24,
        }
    }
}

impl PartForecast {
    fn new(part: PartOfDay, sent: Option<DayPart>, implausible: &mut Vec<Implausible>) -> Self {
        let sent = sent.unwrap_or_default();
        Self {
            part,
            symbol: WeatherSymbol::find(sent.symt, sent.sy.as_deref()),
            air_celsius: accept(PlausibleRange::air().check(sent.tt), implausible),
            rain_mm: accept(PlausibleRange::rain_forecast().check(sent.rr), implausible),
            rain_risk_percent: accept(PlausibleRange::percent().check(sent.rrisk), implausible),
        }
    }

    /// Returns the probability in percent and the amount in mm.
    fn rain(&self) -> Option<(f64, f64)> {
        self.rain_risk_percent.zip(self.rain_mm)
    }
}

impl Sunshine {
    fn new(sent: &SunDay, implausible: &mut Vec<Implausible>) -> Self {
        Self {
            minutes: sent.suntotal.as_deref().and_then(minutes),
            percent: accept(
                PlausibleRange::percent().check(sent.sunrelative),
                implausible,
            ),
        }
    }
}

/// Parses hours and minutes, such as `3:20`, into minutes.
fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 24 && minutes < 60).then(|| hours * 60 + minutes)
}

fn last_day(from: &Zoned, hours: u32) -> Date {
    let last = from.checked_add(SignedDuration::from_hours(i64::from(hours)));
    last.map_or(Date::MAX, |at| at.date())
}

fn compare_rain(a: &(f64, f64), b: &(f64, f64)) -> Ordering {
    a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
}

/// Returns the time of the newest of `readings` in a recording, otherwise `now`.
fn seen_from(readings: &[Reading], now: Timestamp) -> Zoned {
    let recorded = readings.iter().filter(|it| it.recorded_on.is_some());
    let measured = recorded.filter_map(|it| it.measured_at(now)).max();
    measured.unwrap_or(now).to_zoned(ZURICH.clone())
}

fn water_in_two_hours(
    current: &Current,
    water: &Reading,
    now: Timestamp,
    implausible: &mut Vec<Implausible>,
) -> Option<WaterForecast> {
    let aare = &current.aare;
    let measured = water.value(now);
    let celsius = accept(check_water_forecast(aare.forecast2h, measured), implausible)?;
    let at = water
        .measured_at(now)
        .and_then(|at| at.checked_add(WATER_FORECAST_HORIZON).ok());
    // Both are given to the tenth; rounding removes the noise of the subtraction.
    let change = measured.map(|measured| ((celsius - measured) * 10.0).round() / 10.0);
    let direction = match change {
        None => Direction::Unknown,
        Some(change) if change >= NOISE_CELSIUS => Direction::Rising,
        Some(change) if change <= -NOISE_CELSIUS => Direction::Falling,
        Some(_) => Direction::Steady,
    };
    Some(WaterForecast {
        celsius,
        at,
        // Avoids negative zero.
        change_celsius: change.map(|change| change + 0.0),
        direction,
        saying: aare.forecast2h_text.clone(),
    })
}

/// Returns the days after today, from the weather list and the sunshine.
fn days(
    current: &Current,
    seen_from: &Zoned,
    implausible: &mut Vec<Implausible>,
) -> Vec<DayForecast> {
    /// A forecast day that is further away has an implausible date.
    const MAX_DAYS_OFF: i32 = 14;
    let sent = current.weather.iter().flat_map(|weather| &weather.forecast);
    let days = (1u8..=u8::MAX).zip(sent).map(|(days_ahead, day)| {
        let at = timestamp(day.timestamp);
        let date = at.map(|at| at.to_zoned(ZURICH.clone()).date());
        let date = date.filter(|date| {
            let off = seen_from.date().until(*date);
            off.is_ok_and(|off| off.get_days().abs() <= MAX_DAYS_OFF)
        });
        let sun = current
            .sun
            .as_ref()
            .and_then(|sun| sun.forecast.get(&days_ahead));
        // If the two lists are not aligned, the weekdays differ.
        let sun = sun.filter(|sun| sun.day.is_none() || day.day.is_none() || sun.day == day.day);
        let mut air = |celsius| accept(PlausibleRange::air().check(celsius), implausible);
        let (lowest, highest) = (air(day.tn), air(day.tx));
        DayForecast {
            days_ahead,
            date,
            symbol: WeatherSymbol::find(day.symt, day.sy.as_deref()),
            lowest_air_celsius: lowest,
            highest_air_celsius: highest,
            rain_mm: accept(PlausibleRange::rain_forecast().check(day.rr), implausible),
            rain_risk_percent: accept(PlausibleRange::percent().check(day.rrisk), implausible),
            sunshine: sun
                .map(|sun| Sunshine::new(sun, implausible))
                .unwrap_or_default(),
        }
    });
    days.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::WaterPoint;

    /// 2026-07-04 10:00 CEST, when it was measured, and 20 minutes later.
    const MEASURED: i64 = 1_783_152_000;

    fn now() -> Timestamp {
        Timestamp::from_second(MEASURED + 20 * 60).unwrap()
    }

    fn place() -> &'static Place {
        Place::find("bern").unwrap()
    }

    fn forecast(aare: &str, rest: &str) -> Forecast {
        let json = format!(r#"{{"aare": {{"timestamp": {MEASURED}, {aare}}} {rest}}}"#);
        let mut current: Current = serde_json::from_str(&json).unwrap();
        // Two hours of a flow that does not change.
        current.aarepast = (0..12)
            .map(|n| WaterPoint {
                timestamp: Some(MEASURED - 600 * n),
                flow: current.aare.flow,
                ..WaterPoint::default()
            })
            .collect();
        Forecast::new(place(), &Answer::new(current, now()), now())
    }

    /// Three parts of a day, each with risk, rain and air; four days.
    fn weather(parts: [&str; 3]) -> String {
        let [v, n, a] = parts.map(|part| {
            let mut values = part.split(' ');
            let mut next = || values.next().unwrap();
            format!(
                r#"{{"rrisk": {}, "rr": {}, "tt": {}}}"#,
                next(),
                next(),
                next()
            )
        });
        let days: Vec<_> = (1..=4)
            .map(|n| format!(r#"{{"timestamp": {}, "symt": {n}}}"#, MEASURED + n * 86_400))
            .collect();
        format!(
            r#", "weather": {{"today": {{"v": {v}, "n": {n}, "a": {a}}}, "forecast": [{}]}}"#,
            days.join(",")
        )
    }

    fn best(forecast: &Forecast, now: Timestamp) -> Result<Vec<&'static str>, NoBestPart> {
        let best = forecast.best_parts(now)?;
        Ok(best.iter().map(|it| it.part.as_str()).collect())
    }

    const CALM: &str = r#""temperature": 19.0, "flow": 150"#;

    #[test]
    fn water_forecast_has_change_and_direction() {
        for (in_two_hours, change, direction) in [
            ("19.2", Some(0.2), Direction::Rising),
            ("18.9", Some(-0.1), Direction::Falling),
            ("19", Some(0.0), Direction::Steady),
        ] {
            let aare = format!(r#""temperature": 19.0, "forecast2h": {in_two_hours}"#);
            let water = forecast(&aare, "").water_in_two_hours.unwrap();
            assert_eq!((water.change_celsius, water.direction), (change, direction));
            assert_eq!(water.at.unwrap().as_second(), MEASURED + 7200);
        }
        let alone = forecast(r#""temperature": null, "forecast2h": 19"#, "");
        let water = alone.water_in_two_hours.unwrap();
        assert_eq!(
            (water.change_celsius, water.direction),
            (None, Direction::Unknown)
        );
    }

    #[test]
    fn forecast_of_nulls_is_unknown() {
        for rest in [
            "",
            r#", "weather": null, "sun": null"#,
            r#", "weather": {"current": null, "today": null, "forecast": null}"#,
            r#", "weather": {"today": {"v": null, "n": {"sy": null, "symt": null, "tt": null,
                "rr": null, "rrisk": null}}}, "sun": {"today": {"suntotal": null}}"#,
        ] {
            let forecast = forecast(r#""temperature": null, "forecast2h": null"#, rest);
            assert_eq!(forecast.water.value(now()), None);
            assert_eq!(forecast.water_in_two_hours, None);
            for part in forecast.parts {
                assert_eq!(part, PartForecast::new(part.part, None, &mut Vec::new()));
            }
            assert_eq!(forecast.sunshine, Sunshine::default());
            assert!(forecast.days_within(96, now()).is_empty());
            assert!(!forecast.reaches(96, now()));
            assert_eq!(forecast.is_of_today(now()), None);
        }
        let days = forecast(
            CALM,
            r#", "weather": {"forecast": [{"tx": null, "timestamp": null}]}"#,
        );
        let day = days.days_within(24, now())[0];
        assert_eq!(
            (day.date, day.highest_air_celsius, day.rain_mm),
            (None, None, None)
        );
    }

    #[test]
    fn forecast_days_cover_the_requested_hours() {
        let forecast = forecast(CALM, &weather(["0 0 20"; 3]));
        assert_eq!(forecast.today.unwrap().to_string(), "2026-07-04");
        for (hours, n_days, reaches) in [
            (1, 0, true),
            (13, 0, true),
            (14, 1, true),
            (24, 1, true),
            (96, 4, true),
            (120, 4, false),
            (u32::MAX, 4, false),
        ] {
            assert_eq!(forecast.days_within(hours, now()).len(), n_days, "{hours}");
            assert_eq!(forecast.reaches(hours, now()), reaches, "{hours}");
        }
    }

    #[test]
    fn forecast_of_yesterday_is_not_of_today() {
        let forecast = forecast(CALM, &weather(["0 0 20", "1 0 20", "2 0 20"]));
        let tomorrow = Timestamp::from_second(MEASURED + 86_400).unwrap();
        assert_eq!(forecast.is_of_today(now()), Some(true));
        assert_eq!(forecast.is_of_today(tomorrow), Some(false));
        assert_eq!(forecast.days_within(24, tomorrow).len(), 2);
    }

    #[test]
    fn best_part_is_the_driest_then_the_warmest() {
        for (parts, parts_best) in [
            (["0 0 20", "20 1 25", "10 0 18"], vec!["morning"]),
            (
                ["10 0 20", "10 0 25", "10 0 25"],
                vec!["afternoon", "evening"],
            ),
            (["10 0.2 20", "10 0 18", "90 9 25"], vec!["afternoon"]),
            (
                ["10 0 null", "10 0 25", "20 0 25"],
                vec!["morning", "afternoon"],
            ),
        ] {
            assert_eq!(
                best(&forecast(CALM, &weather(parts)), now()),
                Ok(parts_best)
            );
        }
    }

    #[test]
    fn part_that_is_over_is_not_the_best() {
        // It is 12:20, so the morning is over.
        let json = weather(["0 0 30", "20 1 25", "10 0 18"]);
        let forecast = forecast(CALM, &json);
        let noon = Timestamp::from_second(MEASURED + 7200 - 1).unwrap();
        assert_eq!(best(&forecast, noon), Ok(vec!["morning"]));
        let at = |seconds: i64| Timestamp::from_second(MEASURED + seconds).unwrap();
        assert_eq!(best(&forecast, at(7200)), Ok(vec!["evening"]));
    }

    #[test]
    fn best_part_needs_a_verdict_without_warning() {
        let json = weather(["0 0 30"; 3]);
        for (aare, verdict) in [
            (r#""temperature": 19.0, "flow": 205"#, Verdict::Caution),
            (r#""flow": 225"#, Verdict::DoNotSwim),
            (r#""flow": null"#, Verdict::Unknown),
        ] {
            let forecast = forecast(aare, &json);
            assert_eq!(best(&forecast, now()), Err(NoBestPart::Verdict(verdict)));
        }
    }

    #[test]
    fn best_part_needs_rain_for_each_part() {
        let forecast = forecast(CALM, &weather(["0 0 30", "null 0 20", "0 0 20"]));
        assert_eq!(best(&forecast, now()), Err(NoBestPart::TooLittle));
    }

    #[test]
    fn sunshine_is_parsed_from_hours_and_minutes() {
        for (text, expected) in [
            ("3:20", Some(200)),
            ("0:05", Some(5)),
            ("14:59", Some(899)),
            ("3:60", None),
            ("25:00", None),
            ("-1:00", None),
            ("4294967295:00", None),
            ("3", None),
            ("", None),
        ] {
            assert_eq!(minutes(text), expected, "{text}");
        }
    }
    #[test]
    fn implausible_forecast_values_are_unknown_with_the_reason() {
        let far = forecast(r#""temperature": 12.0, "forecast2h": 1023.7"#, "");
        assert_eq!(far.water_in_two_hours, None);
        assert_eq!(far.implausible.len(), 1);
        let weather = weather(["-5 -1 -999", "20 0 25", "30 0 22"]).replacen(
            r#""symt": 1"#,
            r#""tn": -999, "tx": 99, "rr": 9999, "rrisk": 400"#,
            1,
        );
        let forecast = forecast(CALM, &weather);
        let morning = forecast.parts[0];
        assert_eq!(
            (
                morning.air_celsius,
                morning.rain_mm,
                morning.rain_risk_percent
            ),
            (None, None, None)
        );
        let day = forecast.days[0];
        assert_eq!(
            (day.lowest_air_celsius, day.highest_air_celsius),
            (None, None)
        );
        assert_eq!((day.rain_mm, day.rain_risk_percent), (None, None));
        assert_eq!(forecast.parts[1].air_celsius, Some(25.0));
        // Each reason once.
        assert_eq!(forecast.implausible.len(), 3);
    }

    #[test]
    fn forecast_day_of_another_time_has_no_date() {
        let weather = weather(["10 0 20", "20 0 25", "30 0 22"]);
        let far = weather.replace(&(MEASURED + 86_400).to_string(), "4102444800");
        let forecast = forecast(CALM, &far);
        assert_eq!(forecast.days[0].date, None);
        assert!(forecast.days[1].date.is_some());
    }
}
