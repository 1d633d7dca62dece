use std::net::{IpAddr, Ipv4Addr};

use governor::clock::FakeRelativeClock;

use rmcp_transport::Principal;

use super::*;
use crate::guard::tests::{recorded, value};

fn limit(per_minute: u32, max_clients: usize) -> (Limit<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    let limit = Limit::new(
        NonZeroU32::new(per_minute).unwrap(),
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

/// How many requests of a caller pass at once.
fn passing(limit: &Limit<FakeRelativeClock>, caller: &Caller) -> usize {
    (0..1000)
        .take_while(|_| limit.check(caller).is_ok())
        .count()
}

fn header(response: &Response, name: HeaderName) -> u64 {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

#[test]
fn a_minutes_worth_passes_at_once_and_then_comes_back_evenly() {
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
fn whoever_waits_as_long_as_told_is_let_in() {
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
fn what_is_left_is_told() {
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
fn a_flood_of_addresses_stays_within_bounds_and_known_clients_are_served() {
    let (limit, clock) = limit(60, 100);
    assert_eq!(passing(&limit, &address(7)), 60);
    clock.advance(Duration::from_secs(30));
    for stranger in 1000..11_000 {
        let _ = limit.check(&address(stranger));
    }
    assert_eq!(limit.limiter.len(), 100);
    // Who was there before has his own allowance, and so has every key.
    assert_eq!(passing(&limit, &address(7)), 30);
    assert_eq!(passing(&limit, &principal("alice")), 60);
    // Strangers share one, and it is spent.
    assert!(limit.store.counts_as_newcomer(&address(20_000)));
    assert!(limit.check(&address(20_000)).is_err());
    // When the flood is over, its memory is given back and strangers get in.
    clock.advance(Duration::from_secs(120));
    limit.evict_idle();
    assert_eq!(limit.limiter.len(), 0);
    assert_eq!(passing(&limit, &address(20_000)), 60);
}

#[test]
fn what_is_refused_is_counted_by_what_it_was_counted_for() {
    let ((limit, _clock), counts) = recorded(|| limit(1, 1));
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
    limit.evict_idle();
    let all = counts.all();
    let limited = |by| value(&all, "aareguru_mcp_rate_limited_total", by);
    assert_eq!(
        (limited("address"), limited("newcomers"), limited("key")),
        (1.0, 1.0, 1.0)
    );
    assert_eq!(value(&all, "aareguru_mcp_rate_limit_clients", ""), 2.0);
}

#[test]
fn forgetting_the_quiet_gives_nobody_more() {
    let (limit, clock) = limit(60, 100);
    passing(&limit, &address(1));
    for _ in 0..10 {
        clock.advance(Duration::from_secs(1));
        limit.evict_idle();
        assert_eq!(passing(&limit, &address(1)), 1);
    }
}

#[test]
fn no_limit_is_no_limit() {
    assert!(RateLimit::new(0, 1).limit.is_none());
}
