//! Request ids: from the `X-Request-Id` header, or generated.

use std::hash::{BuildHasher, RandomState};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The maximum length of an id: enough for a UUID, a trace id, or the ids of load balancers.
const MAX_BYTES: usize = 64;

/// Returns the id that the client or a proxy sent if it is valid, or else generates one.
pub(super) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers
        .get(HEADER)
        .filter(|value| is_valid(value.as_bytes()));
    given.map_or_else(generate, HeaderValue::clone)
}

/// Returns whether an id is short and contains no character that has a meaning in logs or headers.
fn is_valid(id: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(byte);
    (1..=MAX_BYTES).contains(&id.len()) && id.iter().all(is_allowed)
}

/// Returns 16 hexadecimal digits. Request ids are not secret, so they need no secure random numbers:
/// the keys of a `RandomState` are random per thread and differ for each call.
fn generate() -> HeaderValue {
    let id = format!("{:016x}", RandomState::new().hash_one(()));
    HeaderValue::try_from(id).expect("digits are valid in a header")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(given: &[u8]) -> String {
        let given = HeaderValue::from_bytes(given).unwrap();
        let headers = HeaderMap::from_iter([(HEADER, given)]);
        request_id(&headers).to_str().unwrap().to_owned()
    }

    #[test]
    fn valid_request_id_is_kept() {
        let uuid = "8a60ba5a-9b9c-4a3f-8d8e-0a8a6a4a1a2a";
        for id in ["1", uuid, "Root=1-67891233-abcdef", &"x".repeat(MAX_BYTES)] {
            assert_eq!(id_for(id.as_bytes()), id);
        }
    }

    #[test]
    fn invalid_request_id_is_replaced() {
        let long = "x".repeat(MAX_BYTES + 1);
        for id in ["", "a b", "a\tb", "\"", "ä", "a,b", "?key=1", &long] {
            let generated = id_for(id.as_bytes());
            assert_eq!(generated.len(), 16, "{id}");
            assert!(
                generated.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{generated}"
            );
        }
    }

    #[test]
    fn generated_request_ids_are_unique() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|_| generate()).collect();
        assert_eq!(ids.len(), 1000);
    }
}
