//! What tells a request from all others, in the logs of everybody it meets.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Room for a UUID, a trace id, or what load balancers make.
const MOST_BYTES: usize = 64;

/// An id that a client or a proxy gave, or one of our own making.
#[derive(Debug)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    /// The id in the headers, if it is one that can stand in a log, or a new
    /// one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).filter(|value| is_fit(value.as_bytes()));
        Self(given.map_or_else(new, HeaderValue::clone))
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().expect("it is made of ASCII alone")
    }
}

impl From<RequestId> for HeaderValue {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

/// Whether an id is short, and of letters that mean nothing to anybody who
/// reads logs.
fn is_fit(id: &[u8]) -> bool {
    let is_fit = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(byte);
    (1..=MOST_BYTES).contains(&id.len()) && id.iter().all(is_fit)
}

/// 16 hexadecimal digits. It is no secret: a count of this process, mixed with
/// a number that another process will not have.
fn new() -> HeaderValue {
    static MIXER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mixed = MIXER.hash_one(COUNT.fetch_add(1, Ordering::Relaxed));
    let digit = |n: usize| b"0123456789abcdef"[(mixed >> (4 * n)) as usize & 15];
    let digits: [u8; 16] = std::array::from_fn(digit);
    HeaderValue::from_bytes(&digits).expect("digits are fit for a header")
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
    fn an_id_that_is_fit_is_kept() {
        let uuid = "8a60ba5a-9b9c-4a3f-8d8e-0a8a6a4a1a2a";
        for id in ["1", uuid, "Root=1-67891233-abcdef", &"x".repeat(MOST_BYTES)] {
            assert_eq!(of(id.as_bytes()), id);
        }
    }

    #[test]
    fn any_other_is_replaced_by_one_of_our_own() {
        let long = "x".repeat(MOST_BYTES + 1);
        for id in ["", "a b", "a\tb", "\"", "ä", "a,b", "?key=1", &long] {
            let made = of(id.as_bytes());
            assert_eq!(made.len(), 16, "{id}");
            assert!(made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
        }
    }

    #[test]
    fn no_two_are_alike() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|_| new()).collect();
        assert_eq!(ids.len(), 1000);
    }
}
