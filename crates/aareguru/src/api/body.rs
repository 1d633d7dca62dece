//! The body of an answer as JSON, or why it is not one.
//!
//! The API's host answers a suspected robot with a page or a JSON message, by
//! whatever status, where data should be; that is told apart from data that
//! came out broken.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Error;
use crate::excerpt::excerpt;

/// The body of a successful answer to `path`, read as a `T`.
pub(super) fn read<T: DeserializeOwned>(path: &'static str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| {
        if let Some(message) = refusal(body) {
            return Error::Blocked { path, message };
        }
        Error::Malformed {
            path,
            reason: if error.is_data() {
                "not the expected JSON"
            } else {
                "broken JSON"
            }
            .to_owned(),
            source: Some(Arc::new(error)),
        }
    })
}

/// What the host says instead of data: the `message` of a JSON object, or the
/// beginning of a body that is no JSON at all.
fn refusal(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    const SHOWN_CHARS: usize = 200;

    let message = match body.trim_ascii_start().first() {
        Some(b'{') => serde_json::from_slice::<Refusal>(body).ok()?.message,
        _ if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() => return None,
        Some(b'[') => return None,
        Some(_) => format!(
            "no JSON but `{}`",
            excerpt(&String::from_utf8_lossy(body), 60)
        ),
        None => "an empty body".to_owned(),
    };
    Some(excerpt(&message, SHOWN_CHARS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{City, Current};

    const PATH: &str = "/v2018/current";

    fn refused(body: &str) -> Option<String> {
        match read::<Current>(PATH, body.as_bytes()).expect_err("no data in it") {
            Error::Blocked { message, .. } => Some(message),
            Error::Malformed { .. } => None,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_message_instead_of_data_is_a_refusal() {
        let message = "Access denied by Imunify360 bot-protection.";
        let body = format!(r#"{{"message": "{message}"}}"#);
        assert_eq!(refused(&body).as_deref(), Some(message));
        assert!(matches!(
            read::<Vec<City>>("/v2018/cities", body.as_bytes()),
            Err(Error::Blocked { .. })
        ));
    }

    #[test]
    fn a_page_or_nothing_is_a_refusal() {
        assert_eq!(
            refused("<!doctype html>").as_deref(),
            Some("no JSON but `<!doctype html>`")
        );
        assert_eq!(refused(" ").as_deref(), Some("an empty body"));
    }

    #[test]
    fn broken_or_other_json_is_malformed() {
        for body in [
            "{",
            "[1, ",
            "{\"aare\": {\"flow\": 2",
            "{}",
            "[]",
            "null",
            "12",
            "{\"aare\": null}",
        ] {
            assert_eq!(refused(body), None, "{body}");
        }
    }
}
