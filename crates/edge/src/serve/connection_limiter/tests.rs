use super::*;

fn limiter(max_connections: usize, max_connections_per_client: usize) -> ConnectionLimiter {
    ConnectionLimiter::new(ConnectionLimits {
        max_connections,
        max_connections_per_client,
        trusted_proxies: vec!["192.0.2.8/29".parse().unwrap()],
    })
}

fn from(address: &str) -> Option<IpAddr> {
    Some(address.parse().unwrap())
}

fn served(permit: Option<ConnectionPermit>) -> ConnectionPermit {
    let permit = permit.unwrap();
    assert_eq!(permit.overload, None);
    permit
}

fn refused(permit: Option<ConnectionPermit>) -> (ConnectionPermit, Overload) {
    let permit = permit.unwrap();
    let overload = permit.overload.unwrap();
    (permit, overload)
}

#[test]
fn released_permit_is_available_again() {
    let limiter = limiter(2, 2);
    let first = served(limiter.admit(None));
    let _second = served(limiter.admit(None));
    let (_rejected, overload) = refused(limiter.admit(None));
    assert_eq!(overload, Overload::Connections);
    drop(first);
    served(limiter.admit(None));
}

#[test]
fn connections_per_client_are_limited() {
    let limiter = limiter(10, 2);
    for client in ["192.0.2.1", "2001:db8::1"] {
        let first = served(limiter.admit(from(client)));
        let _second = served(limiter.admit(from(client)));
        let (_rejected, overload) = refused(limiter.admit(from(client)));
        assert_eq!(overload, Overload::ConnectionsOfClient);
        let _other = served(limiter.admit(from("198.51.100.1")));
        drop(first);
        served(limiter.admit(from(client)));
    }
}

#[test]
fn ipv6_clients_are_counted_by_their_64_bit_network() {
    let limiter = limiter(10, 1);
    let _first = served(limiter.admit(from("2001:db8::1")));
    refused(limiter.admit(from("2001:db8::2:3")));
    served(limiter.admit(from("2001:db8:0:1::1")));
}

#[test]
fn loopback_and_trusted_proxies_are_exempt_from_the_client_limit() {
    let limiter = limiter(100, 1);
    let permits: Vec<_> = [
        "127.0.0.1",
        "127.0.0.2",
        "::1",
        "::1",
        "::ffff:127.0.0.1",
        "192.0.2.9",
        "192.0.2.9",
    ]
    .map(|client| served(limiter.admit(from(client))))
    .into();
    drop(permits);
}

#[test]
fn rejected_connections_are_limited() {
    let limiter = limiter(1, 1);
    let _first = served(limiter.admit(None));
    let rejected: Vec<_> = (0..MAX_REJECTED_CONNECTIONS)
        .map(|_| refused(limiter.admit(None)))
        .collect();
    assert!(limiter.admit(None).is_none());
    drop(rejected);
    refused(limiter.admit(None));
}
