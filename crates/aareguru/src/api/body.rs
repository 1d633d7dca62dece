//! Parses response bodies as JSON.
//!
//! A response of any status may contain, in place of data, a refusal by the host's bot protection,
//! an error object of the API, or a web page of a proxy. Each has its own error, separate from
//! malformed data.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Error;
use crate::bot_protection::is_bot_protection;
use crate::endpoint::Endpoint;
use crate::excerpt::excerpt;

/// The most characters of an upstream message that an error contains.
const MAX_MESSAGE_CHARS: usize = 200;

/// The fields that mark an object as an error.
const ERROR_FIELDS: [&str; 2] = ["message", "error"];

/// Parses the body of a successful response.
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

/// Parses a body as [`read`] does, for a type whose fields are all optional. Serde would accept an
/// error object, or a list as the fields in order, so both are rejected first.
pub(super) fn read_object<T: DeserializeOwned>(
    endpoint: Endpoint,
    body: &[u8],
) -> Result<T, Error> {
    let fields: Map<String, Value> = read(endpoint, body)?;
    if ERROR_FIELDS.iter().any(|&name| fields.contains_key(name))
        && let Some(error) = no_data(endpoint, body)
    {
        return Err(error);
    }
    read(endpoint, body)
}

/// Returns the error for a body that contains no data; `None` if it contains data, even malformed.
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
            message: excerpt(&message, MAX_MESSAGE_CHARS),
        });
    }
    if let Some(message) = message(body) {
        return Some(Error::Refused {
            endpoint,
            message: excerpt(&message, MAX_MESSAGE_CHARS),
        });
    }
    let is_json =
        text.starts_with(['{', '[']) || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    (!is_json).then(|| Error::Page {
        endpoint,
        beginning: excerpt(text, 60),
    })
}

/// Returns the `message` or `error` of an error object.
fn message(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    ERROR_FIELDS
        .iter()
        .find_map(|&name| match answer.get(name)? {
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
    fn bot_protection_is_blocked_error() {
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
    fn error_object_is_refused_error() {
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
    fn web_page_is_page_error() {
        for body in ["<!doctype html>", "\n <html>", "Service Unavailable"] {
            let error = error(body);
            assert!(
                matches!(&error, Error::Page { beginning, .. } if *beginning == body.trim_start()),
                "{error:?}"
            );
        }
    }

    #[test]
    fn invalid_json_is_malformed_error() {
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
