//! `/v2018/today`: the temperature at one place, and a saying.

use super::lenient::lenient;
use super::{body, named_place};
use crate::Error;
use crate::upstream::Request;

lenient! {
    /// The response of `/v2018/today`: the river at one place, in short.
    ///
    /// Source: a recording of Interlaken of 2024. It contains no id, only names.
    pub struct WaterToday {
        /// Water temperature in °C, to the tenth.
        pub aare: Option<f64>,
        /// Water temperature in °C, to the hundredth.
        pub aare_prec: Option<f64>,
        /// A saying about temperature and flow in Bernese German. It is no advice.
        pub text: Option<String>,
        /// The same in about 15 characters.
        pub text_short: Option<String>,
        /// When the water was measured, in Unix seconds.
        pub time: Option<i64>,
        /// The name in Bernese German: `Interlake`.
        pub name: Option<String>,
        /// The place of the station: `Ringgenberg, Goldswil`.
        pub longname: Option<String>,
    }
}

pub(super) fn read(request: &Request, body: &[u8]) -> Result<WaterToday, Error> {
    let today: WaterToday = body::read_object(request.endpoint(), body)?;
    if let Request::Today(place) = request {
        named_place::check(request.endpoint(), place, &[&today.name, &today.longname])?;
    }
    Ok(today)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    fn read_as(id: &str, body: &str) -> Result<WaterToday, Error> {
        read(&Request::Today(Place::find(id).unwrap()), body.as_bytes())
    }

    #[test]
    fn response_for_another_place_is_rejected() {
        let bern = r#"{"aare": 12, "name": "Bärn", "longname": "Bern, Schönau"}"#;
        assert_eq!(read_as("bern", bern).unwrap().aare, Some(12.0));
        let error = read_as("olten", bern).unwrap_err();
        assert_eq!(
            error.to_string(),
            "asked the Aareguru API for `olten`, got `Bärn`"
        );
    }

    #[test]
    fn error_object_in_place_of_today_is_rejected() {
        let error = read_as("bern", r#"{"error": "no data"}"#).unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{error:?}");
        for body in ["{}", "[12, 12.1]"] {
            let error = read_as("bern", body).unwrap_err();
            assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
        }
    }
}
