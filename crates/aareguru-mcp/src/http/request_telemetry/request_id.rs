//! Request ids: from the `X-Request-Id` header, or generated.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Enough for a UUID, a trace id, or the ids of load balancers.
const MAX_BYTES: usize = 64;

/// The id that a client or a proxy sent, or a generated one.
#[derive(Debug)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    /// Returns the id in the headers if it is fit for a log, else a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).filter(|value| is_fit(value.as_bytes()));
        Self(given.map_or_else(new, HeaderValue::clone))
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().expect("the id is ASCII")
    }
}

impl From<RequestId> for HeaderValue {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

/// Whether an id is short, and free of characters with a meaning in logs and headers.
fn is_fit(id: &[u8]) -> bool {
    let is_fit = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(byte);
    (1..=MAX_BYTES).contains(&id.len()) && id.iter().all(is_fit)
}

/// Returns 16 hexadecimal digits: a counter, hashed with a random key of this process. Request ids
/// are no secrets.
fn new() -> HeaderValue {
    static MIXER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mixed = MIXER.hash_one(COUNT.fetch_add(1, Ordering::Relaxed));
    let digit = |n: usize| b"0123456789abcdef"[(mixed >> (4 * n)) as usize & 15];
    let digits: [u8; 16] = std::array::from_fn(digit);
    HeaderValue::from_bytes(&digits).expect("digits are valid in a header")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &[u8]) -> String {
        let given = HeaderValue::from_bytes(given).unwrap();
        let headers = HeaderMap::from_iter([(HEADER, given)]);
        RequestId::of(&headers).as_str().to_owned()
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
