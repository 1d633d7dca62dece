//! `/v2018/current`: everything about one place.

use serde::Deserialize;

use super::{body, lenient, named_place};
use crate::Error;
use crate::upstream::Request;

mod aare;
mod bueber;
mod sun;
mod weather;

pub use aare::{Aare, Record, ScaleStep, WaterPoint};
pub use bueber::Bueber;
pub use sun::{Sun, SunDay, SunLocation};
pub use weather::{AirPoint, DayPart, ForecastDay, Today, Weather, WeatherNow};

/// The response of `/v2018/current`.
///
/// Source: recordings of Bern of 2021, 2023 and 2024. No response for another place is public;
/// expect fewer fields there.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Current {
    /// The river.
    pub aare: Aare,
    /// The river in the last two days: a point about every 10 minutes, oldest first, with gaps.
    #[serde(default, deserialize_with = "lenient::field")]
    pub aarepast: Vec<WaterPoint>,
    /// The weather.
    #[serde(default, deserialize_with = "lenient::field")]
    pub weather: Option<Weather>,
    /// The air in the last two days: a point about every 10 minutes, oldest first.
    #[serde(default, deserialize_with = "lenient::field")]
    pub weatherpast: Vec<AirPoint>,
    /// The sun.
    #[serde(default, deserialize_with = "lenient::field")]
    pub sun: Option<Sun>,
    /// The swimming canal at the Marzili baths in Bern.
    #[serde(default, deserialize_with = "lenient::field")]
    pub bueber: Option<Bueber>,
}

pub(super) fn read(request: &Request, body: &[u8]) -> Result<Current, Error> {
    let current: Current = body::read(request.endpoint(), body)?;
    if let Request::Current(place) = request {
        let names = [&current.aare.location, &current.aare.location_long];
        named_place::check(request.endpoint(), place, &names)?;
    }
    Ok(current)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    fn read_as(id: &str, body: &str) -> Result<Current, Error> {
        read(&Request::Current(Place::find(id).unwrap()), body.as_bytes())
    }

    #[test]
    fn response_for_another_place_is_rejected() {
        let bern = r#"{"aare": {"location": "Bärn", "location_long": "Bern, Schönau"}}"#;
        assert!(read_as("bern", bern).is_ok());
        let error = read_as("thun", bern).unwrap_err();
        assert_eq!(
            error.to_string(),
            "asked the Aareguru API for `thun`, got `Bärn`"
        );
    }

    #[test]
    fn response_with_one_matching_name_is_accepted() {
        for body in [
            r#"{"aare": {"location": "Biu"}}"#,
            r#"{"aare": {"location_long": "Brügg, Aegerten"}}"#,
        ] {
            assert!(read_as("biel", body).is_ok(), "{body}");
            assert!(
                matches!(read_as("brugg", body), Err(Error::WrongPlace { .. })),
                "{body}"
            );
        }
    }

    #[test]
    fn response_without_place_is_malformed() {
        let error = read_as(
            "bern",
            r#"{"aare": {"location": null, "temperature": 12.5}}"#,
        )
        .unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
    }

    #[test]
    fn fields_of_wrong_type_do_not_invalidate_the_river() {
        let body = r#"{"aare": {"location": "Thun", "temperature": 12, "coordinates": []},
            "aarepast": [null, {"timestamp": 1.0, "flow": "x"}], "weather": [], "weatherpast": {},
            "sun": {"today": [], "forecast": []}, "bueber": []}"#;
        let current = read_as("thun", body).unwrap();
        assert_eq!(current.aare.temperature, Some(12.0));
        assert_eq!(current.aarepast.len(), 1);
        assert_eq!(current.aarepast[0].timestamp, Some(1));
        assert!(current.aarepast[0].flow.is_some_and(f64::is_nan));
        assert_eq!(current.weather, None);
    }
}
