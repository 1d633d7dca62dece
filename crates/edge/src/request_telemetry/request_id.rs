//! Request ids: from the `X-Request-Id` header, or generated.

use std::hash::{BuildHasher, RandomState};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Enough for a UUID, a trace id, or the ids of load balancers.
const MAX_BYTES: usize = 64;

/// Returns the id that a client or a proxy sent if it is fit for a log, else a new one.
pub(super) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(HEADER).filter(|value| is_fit(value.as_bytes()));
    given.map_or_else(new, HeaderValue::clone)
}

/// Whether an id is short, and free of characters with a meaning in logs and headers.
fn is_fit(id: &[u8]) -> bool {
    let is_fit = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(byte);
    (1..=MAX_BYTES).contains(&id.len()) && id.iter().all(is_fit)
}

/// Returns 16 hexadecimal digits. Request ids are no secrets: a hash with keys that are random for
/// the thread and different for each call is unique enough.
fn new() -> HeaderValue {
    let id = format!("{:016x}", RandomState::new().hash_one(()));
    HeaderValue::try_from(id).expect("digits are valid in a header")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &[u8]) -> String {
        let given = HeaderValue::from_bytes(given).unwrap();
        let headers = HeaderMap::from_iter([(HEADER, given)]);
        request_id(&headers).to_str().unwrap().to_owned()
    }

    #[test]
    fn request_id_that_is_fit_is_kept() {
        let uuid = "8a60ba5a-9b9c-4a3f-8d8e-0a8a6a4a1a2a";
        for id in ["1", uuid, "Root=1-67891233-abcdef", &"x".repeat(MAX_BYTES)] {
            assert_eq!(of(id.as_bytes()), id);
        }
    }

    #[test]
    fn request_id_that_is_unfit_is_replaced() {
        let long = "x".repeat(MAX_BYTES + 1);
        for id in ["", "a b", "a\tb", "\"", "ä", "a,b", "?key=1", &long] {
            let made = of(id.as_bytes());
            assert_eq!(made.len(), 16, "{id}");
            assert!(made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
        }
    }

    #[test]
    fn generated_request_ids_are_unique() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|_| new()).collect();
        assert_eq!(ids.len(), 1000);
    }
}
