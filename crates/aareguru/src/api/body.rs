//! The body of an answer as JSON, or why it is not one.
//!
//! Where data should be there may be, by whatever status, the host's refusal of
//! a suspected robot, an error of the API, or a page of some box on the way;
//! each is told apart from data that came out broken.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::endpoint::Endpoint;
use crate::Error;
use crate::bot_protection::is_bot_protection;
use crate::excerpt::excerpt;

/// The most of a foreign message that is shown.
const SHOWN_CHARS: usize = 200;

/// The fields of an object that complains rather than holds data.
const COMPLAINTS: [&str; 2] = ["message", "error"];

/// The body of a successful answer, read as a `T`.
pub(super) fn read<T: DeserializeOwned>(endpoint: Endpoint, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| {
        if let Some(no_data) = no_data(endpoint, body) {
            return no_data;
        }
        let reason = if error.is_data() {
            "not the expected JSON"
        } else {
            "broken JSON"
        };
        Error::Malformed {
            endpoint,
            reason: reason.to_owned(),
            source: Some(Arc::new(error)),
        }
    })
}

/// The same for a type that makes do with any object, or with a list as its
/// fields in order: it has to be an object, and not one that complains.
pub(super) fn read_object<T: DeserializeOwned>(
    endpoint: Endpoint,
    body: &[u8],
) -> Result<T, Error> {
    let fields: Map<String, Value> = read(endpoint, body)?;
    if COMPLAINTS.iter().any(|&name| fields.contains_key(name))
        && let Some(error) = no_data(endpoint, body)
    {
        return Err(error);
    }
    read(endpoint, body)
}

/// What stands in place of data; `None` if it is data, though broken.
fn no_data(endpoint: Endpoint, body: &[u8]) -> Option<Error> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start();
    if text.is_empty() {
        return Some(Error::Malformed {
            endpoint,
            reason: "an empty body".to_owned(),
            source: None,
        });
    }
    if is_bot_protection(text) {
        let message = message(body).unwrap_or_else(|| text.to_owned());
        return Some(Error::Blocked {
            endpoint,
            message: excerpt(&message, SHOWN_CHARS),
        });
    }
    if let Some(message) = message(body) {
        return Some(Error::Refused {
            endpoint,
            message: excerpt(&message, SHOWN_CHARS),
        });
    }
    let is_json =
        text.starts_with(['{', '[']) || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    (!is_json).then(|| Error::Page {
        endpoint,
        beginning: excerpt(text, 60),
    })
}

/// What an object with a `message` or an `error` says.
fn message(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    COMPLAINTS.iter().find_map(|&name| match answer.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{City, Current};

    fn error(body: &str) -> Error {
        read::<Current>(Endpoint::Current, body.as_bytes()).expect_err("no data in it")
    }

    #[test]
    fn the_bot_protection_is_a_block() {
        let message = "Access denied by Imunify360 bot-protection.";
        for body in [format!(r#"{{"message": "{message}"}}"#), message.to_owned()] {
            let blocked =
                |error| matches!(error, Error::Blocked { message: m, .. } if m == message);
            assert!(blocked(error(&body)), "{body}");
            let cities = read::<Vec<City>>(Endpoint::Cities, body.as_bytes());
            assert!(blocked(cities.unwrap_err()), "{body}");
        }
    }

    #[test]
    fn an_object_with_an_error_is_a_refusal() {
        for (body, said) in [
            (r#"{"message": "unknown city"}"#, "unknown city"),
            (r#"{"error": "unknown city"}"#, "unknown city"),
            (r#"{"status": 500, "error": {"code": 7}}"#, r#"{"code":7}"#),
            (r#"{"message": null, "error": true}"#, "true"),
        ] {
            let error = error(body);
            assert!(
                matches!(&error, Error::Refused { message, .. } if message == said),
                "{error:?}"
            );
        }
    }

    #[test]
    fn a_page_is_no_data() {
        for body in ["<!doctype html>", "\n <html>", "Service Unavailable"] {
            let error = error(body);
            assert!(
                matches!(&error, Error::Page { beginning, .. } if *beginning == body.trim_start()),
                "{error:?}"
            );
        }
    }

    #[test]
    fn broken_other_or_no_json_is_malformed() {
        for body in [
            "",
            " ",
            "{",
            "[1, ",
            "{\"aare\": {\"flow\": 2",
            "{}",
            "[]",
            "[\"a\", \"b\"]",
            "null",
            "12",
            "{\"aare\": null}",
        ] {
            let error = error(body);
            assert!(
                matches!(error, Error::Malformed { .. }),
                "{body}: {error:?}"
            );
        }
    }
}
