use axum::http::StatusCode;

use super::*;
use crate::guard::tests::{api_keys as config, recorded, request, value};

fn api_keys(keys: &str) -> ApiKeys {
    ApiKeys::new(&config(keys)).unwrap()
}

fn check(keys: &ApiKeys, mut request: Request) -> Result<Option<KeyHandle>, Box<Response>> {
    keys.check(Access::Keyed, &mut request, &RateLimit::new(0, 1, &[]))
}

fn with_key(key: &str) -> Request {
    request(&[("x-api-key", key)])
}

#[test]
fn authenticated_and_refused_requests_are_counted() {
    let (keys, metrics) = recorded(|| api_keys("alice:key-of-alice,bob:key-of-bob"));
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
    let all = metrics.take_all();
    let refused = |reason| value(&all, "aareguru_mcp_auth_refused_total", reason);
    assert_eq!(refused("missing"), 3.0);
    assert_eq!(refused("wrong"), 1.0);
    assert_eq!(refused("malformed"), 1.0);
    let requests = |key| value(&all, "aareguru_mcp_api_key_requests_total", key);
    assert_eq!((requests("alice"), requests("bob")), (2.0, 0.0));
    assert_eq!(value(&all, "aareguru_mcp_api_keys", ""), 2.0);
}

#[test]
fn authenticated_request_has_a_principal_and_no_key() {
    let keys = api_keys("alice:key-of-alice");
    let mut request = with_key("key-of-alice");
    let limit = RateLimit::new(0, 1, &[]);
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
fn key_revoked_during_a_request_refuses_the_response() {
    let keys = api_keys("alice:key-of-alice,bob:key-of-bob");
    let [alice, bob] =
        ["key-of-alice", "key-of-bob"].map(|key| check(&keys, with_key(key)).unwrap());
    let without_alice = config("bob:key-of-bob");
    let revoked = keys.reload(&without_alice).unwrap();
    assert_eq!(revoked, [Principal::new("alice")]);

    let response = keys.confirm(alice.as_ref(), Response::default());
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let response = keys.confirm(bob.as_ref(), Response::default());
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.extensions().get(), Some(&Principal::new("bob")));
    assert!(check(&keys, with_key("key-of-alice")).is_err());
    assert!(check(&keys, with_key("key-of-bob")).is_ok());
}

#[test]
fn reload_that_renames_a_key_revokes_the_old_name() {
    let keys = api_keys("alice:the-same-key");
    let renamed = config("carol:the-same-key");
    assert_eq!(keys.reload(&renamed).unwrap(), [Principal::new("alice")]);
    let handle = check(&keys, with_key("the-same-key")).unwrap().unwrap();
    assert_eq!(handle.principal().key(), "carol");
}

#[test]
fn reload_without_keys_fails_and_keeps_the_old_keys() {
    let keys = api_keys("alice:key-of-alice");
    let none = ApiKeyConfig {
        required: Some(false),
        ..ApiKeyConfig::default()
    };
    assert!(keys.reload(&none).is_err());
    assert!(check(&keys, request(&[])).is_err());
    assert!(check(&keys, with_key("key-of-alice")).is_ok());
}

#[test]
fn reload_that_adds_the_first_key_requires_it() {
    let keys = ApiKeys::new(&ApiKeyConfig::default()).unwrap();
    assert!(check(&keys, request(&[])).unwrap().is_none());
    keys.reload(&config("alice:key-of-alice")).unwrap();
    assert!(keys.are_required());
    assert!(check(&keys, request(&[])).is_err());
}

#[test]
fn many_keys_are_accepted() {
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
