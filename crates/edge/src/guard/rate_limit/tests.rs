use std::net::{IpAddr, Ipv4Addr};

use governor::clock::FakeRelativeClock;

use rmcp_transport::Principal;

use super::*;
use crate::guard::tests::{recorded, request, value};

fn limit(per_minute: u32, max_clients: usize) -> (Limit<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    let limit = Limit::new(
        NonZeroU32::new(per_minute).unwrap(),
        LimitScope::Default,
        max_clients,
        clock.clone(),
    );
    (limit, clock)
}

fn address(n: u32) -> Caller {
    Caller::Address(IpAddr::V4(Ipv4Addr::from_bits(n)))
}

fn principal(name: &str) -> Caller {
    Caller::Principal(Principal::new(name))
}

/// Counts the requests of a caller that pass now.
fn passing(limit: &Limit<FakeRelativeClock>, caller: &Caller) -> usize {
    (0..1000)
        .take_while(|_| limit.check(caller).is_ok())
        .count()
}

fn header(response: &Response, name: HeaderName) -> u64 {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

#[test]
fn rate_limit_allows_a_burst_and_replenishes_evenly() {
    let (limit, clock) = limit(60, 10);
    assert_eq!(passing(&limit, &address(1)), 60);
    clock.advance(Duration::from_millis(2500));
    assert_eq!(passing(&limit, &address(1)), 2);
    assert_eq!(passing(&limit, &address(2)), 60);
    assert_eq!(passing(&limit, &principal("alice")), 60);
    clock.advance(Duration::from_secs(60));
    assert_eq!(passing(&limit, &address(1)), 60);
}

#[test]
fn request_after_retry_after_is_allowed() {
    for per_minute in [1, 7, 60, 600] {
        let (limit, clock) = limit(per_minute, 10);
        passing(&limit, &address(1));
        let refused = limit.check(&address(1)).unwrap_err();
        assert_eq!(refused.status(), 429);
        let secs = header(&refused, header::RETRY_AFTER);
        assert_eq!(
            secs,
            (60 / u64::from(per_minute))
                .max(1)
                .max(u64::from(per_minute == 7) * 9)
        );
        assert_eq!(header(&refused, LIMIT), u64::from(per_minute));
        assert_eq!(header(&refused, REMAINING), 0);
        clock.advance(Duration::from_secs(secs));
        assert!(limit.check(&address(1)).is_ok());
    }
}

#[test]
fn response_headers_contain_the_remaining_requests() {
    let (limit, _clock) = limit(60, 10);
    let mut left = limit.check(&address(1)).unwrap();
    for _ in 0..9 {
        left = limit.check(&address(1)).unwrap();
    }
    let response = add_headers(Some(left), Response::default());
    assert_eq!(header(&response, LIMIT), 60);
    assert_eq!(header(&response, REMAINING), 50);
    assert_eq!(header(&response, RESET), 10);
}

#[test]
fn address_flood_is_bounded_and_does_not_affect_known_clients() {
    let (limit, clock) = limit(60, 100);
    assert_eq!(passing(&limit, &address(7)), 60);
    clock.advance(Duration::from_secs(30));
    for unknown in 1000..11_000 {
        let _ = limit.check(&address(unknown));
    }
    assert_eq!(limit.limiter.len(), 100);
    // Known addresses and keys have their own limits.
    assert_eq!(passing(&limit, &address(7)), 30);
    assert_eq!(passing(&limit, &principal("alice")), 60);
    // New addresses share the overflow bucket, which is exhausted.
    assert!(limit.store.uses_overflow_bucket(&address(20_000)));
    assert!(limit.check(&address(20_000)).is_err());
    // After the flood, its state is evicted, and new addresses are tracked again.
    clock.advance(Duration::from_secs(120));
    limit.evict_idle();
    assert_eq!(limit.limiter.len(), 0);
    assert_eq!(passing(&limit, &address(20_000)), 60);
}

#[test]
fn limited_requests_are_counted_by_kind_of_caller() {
    let ((limit, _clock), metrics) = recorded(|| limit(1, 1));
    for caller in [
        address(1),
        address(1),
        address(2),
        address(3),
        principal("alice"),
        principal("alice"),
    ] {
        let _ = limit.check(&caller);
    }
    assert_eq!(limit.evict_idle(), 2);
    let all = metrics.take_all();
    let limited = |by| value(&all, "aareguru_mcp_rate_limited_total", by);
    assert_eq!(
        (limited("address"), limited("overflow"), limited("key")),
        (1.0, 1.0, 1.0)
    );
}

#[test]
fn eviction_does_not_replenish_the_limit() {
    let (limit, clock) = limit(60, 100);
    passing(&limit, &address(1));
    for _ in 0..10 {
        clock.advance(Duration::from_secs(1));
        limit.evict_idle();
        assert_eq!(passing(&limit, &address(1)), 1);
    }
}

#[test]
fn limit_of_zero_disables_the_rate_limit() {
    assert!(RateLimit::new(0, 1, &[]).limit.is_none());
}

/// Sends requests from an address, and returns how many pass.
fn passing_from(limit: &RateLimit, address: &str) -> usize {
    let passes = |_: &i32| {
        let mut request = request(&[]);
        let address = ClientAddress(address.parse().unwrap());
        request.extensions_mut().insert(address);
        limit.check(Access::Keyed, &mut request).is_ok()
    };
    (0..100).take_while(passes).count()
}

#[test]
fn addresses_in_a_network_have_its_limit() {
    let networks = ["192.0.2.0/24=5", "2001:db8::/32=7"].map(|it| it.parse().unwrap());
    let (limit, metrics) = recorded(|| RateLimit::new(2, 10, &networks));
    assert_eq!(passing_from(&limit, "198.51.100.1"), 2);
    assert_eq!(passing_from(&limit, "192.0.2.1"), 5);
    assert_eq!(passing_from(&limit, "192.0.2.2"), 5);
    assert_eq!(passing_from(&limit, "2001:db8::1"), 7);
    // The same /64.
    assert_eq!(passing_from(&limit, "2001:db8::2"), 0);
    limit.evict_idle();
    let all = metrics.take_all();
    assert_eq!(value(&all, "aareguru_mcp_rate_limit_clients", ""), 4.0);

    let refused = limit.limit_of(&Caller::Address("192.0.2.1".parse().unwrap()));
    let refused = refused
        .unwrap()
        .try_acquire(&address(0xc000_0201))
        .unwrap_err();
    assert!(
        refused.to_string().contains("RATE_LIMIT_NETWORKS"),
        "{refused}"
    );
}

#[test]
fn failed_keys_have_the_same_limit_in_every_network() {
    let networks = ["192.0.2.0/24=50".parse().unwrap()];
    let limit = RateLimit::new(2, 10, &networks);
    let mut request = request(&[]);
    let address = ClientAddress("192.0.2.1".parse().unwrap());
    request.extensions_mut().insert(address);
    let failures = (0..100).take_while(|_| limit.count_failure(&request).is_ok());
    assert_eq!(failures.count(), 2);
}
