use axum::http::StatusCode;

use super::*;
use crate::guard::tests::{recorded, request, settings, value};

fn api_keys(keys: &str) -> ApiKeys {
    let settings = settings(&["--api-keys", keys]);
    ApiKeys::new(&settings).unwrap()
}

fn check(keys: &ApiKeys, mut request: Request) -> Result<Option<KeyHandle>, Box<Response>> {
    keys.check(Access::Keyed, &mut request, &RateLimit::new(0, 1))
}

fn with_key(key: &str) -> Request {
    request(&[("x-api-key", key)])
}

#[test]
fn what_becomes_of_requests_is_counted() {
    let (keys, counts) = recorded(|| api_keys("alice:key-of-alice,bob:key-of-bob"));
    for request in [
        with_key("key-of-alice"),
        with_key("key-of-alice"),
        with_key("wrong"),
        with_key(""),
        request(&[]),
        request(&[]),
        request(&[]),
    ] {
        let _ = check(&keys, request);
    }
    let all = counts.all();
    let refused = |reason| value(&all, "aareguru_mcp_auth_refused_total", reason);
    assert_eq!(refused("missing"), 3.0);
    assert_eq!(refused("wrong"), 1.0);
    assert_eq!(refused("malformed"), 1.0);
    let requests = |key| value(&all, "aareguru_mcp_api_key_requests_total", key);
    assert_eq!((requests("alice"), requests("bob")), (2.0, 0.0));
    assert_eq!(value(&all, "aareguru_mcp_api_keys", ""), 2.0);
}

#[test]
fn a_request_carries_the_name_of_its_key_and_the_key_no_more() {
    let keys = api_keys("alice:key-of-alice");
    let mut request = with_key("key-of-alice");
    let limit = RateLimit::new(0, 1);
    keys.check(Access::Keyed, &mut request, &limit).unwrap();
    assert_eq!(request.extensions().get(), Some(&Principal::new("alice")));
    assert_eq!(
        request
            .extensions()
            .get::<KeyHandle>()
            .unwrap()
            .principal()
            .key(),
        "alice"
    );
    assert!(request.headers().is_empty());
}

#[test]
fn a_key_that_is_revoked_while_its_request_runs_gets_no_answer() {
    let keys = api_keys("alice:key-of-alice,bob:key-of-bob");
    let [alice, bob] =
        ["key-of-alice", "key-of-bob"].map(|key| check(&keys, with_key(key)).unwrap());
    let left = settings(&["--api-keys", "bob:key-of-bob"]);
    assert_eq!(keys.reload(&left).unwrap(), [Principal::new("alice")]);

    let answer = keys.confirm(alice.as_ref(), Response::default());
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let answer = keys.confirm(bob.as_ref(), Response::default());
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.extensions().get(), Some(&Principal::new("bob")));
    assert!(check(&keys, with_key("key-of-alice")).is_err());
    assert!(check(&keys, with_key("key-of-bob")).is_ok());
}

#[test]
fn a_reload_that_renames_a_key_revokes_its_old_name() {
    let keys = api_keys("alice:the-same-key");
    let renamed = settings(&["--api-keys", "carol:the-same-key"]);
    assert_eq!(keys.reload(&renamed).unwrap(), [Principal::new("alice")]);
    let handle = check(&keys, with_key("the-same-key")).unwrap().unwrap();
    assert_eq!(handle.principal().key(), "carol");
}

#[test]
fn a_reload_without_keys_does_not_open_the_door() {
    let keys = api_keys("alice:key-of-alice");
    let none = settings(&["--api-key-required=false"]);
    assert!(keys.reload(&none).is_err());
    assert!(check(&keys, request(&[])).is_err());
    assert!(check(&keys, with_key("key-of-alice")).is_ok());
}

#[test]
fn the_first_key_may_come_later() {
    let keys = ApiKeys::new(&settings(&[])).unwrap();
    assert!(check(&keys, request(&[])).unwrap().is_none());
    keys.reload(&settings(&["--api-keys", "alice:key-of-alice"]))
        .unwrap();
    assert!(keys.are_required());
    assert!(check(&keys, request(&[])).is_err());
}

#[test]
fn keys_may_be_many() {
    let list: Vec<_> = (0..500)
        .map(|n| format!("user-{n}:key-of-user-{n}"))
        .collect();
    let keys = api_keys(&list.join(","));
    for n in [0, 1, 250, 499] {
        let request = with_key(&format!("key-of-user-{n}"));
        let handle = check(&keys, request).unwrap().unwrap();
        assert_eq!(handle.principal().key(), format!("user-{n}"));
    }
}
