use super::*;

fn capacity(connections: usize, connections_of_client: usize) -> Capacity {
    Capacity::new(Limits {
        connections,
        connections_of_client,
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
fn a_place_that_is_left_is_free_again() {
    let capacity = capacity(2, 2);
    let first = served(capacity.admit(None));
    let _second = served(capacity.admit(None));
    let (_told, overload) = refused(capacity.admit(None));
    assert_eq!(overload, Overload::Connections);
    drop(first);
    served(capacity.admit(None));
}

#[test]
fn one_client_cannot_take_all_places() {
    let capacity = capacity(10, 2);
    for client in ["192.0.2.1", "2001:db8::1"] {
        let first = served(capacity.admit(from(client)));
        let _second = served(capacity.admit(from(client)));
        let (_told, overload) = refused(capacity.admit(from(client)));
        assert_eq!(overload, Overload::ConnectionsOfClient);
        let _other = served(capacity.admit(from("198.51.100.1")));
        drop(first);
        served(capacity.admit(from(client)));
    }
}

#[test]
fn an_ipv6_client_is_its_64_bit_network() {
    let capacity = capacity(10, 1);
    let _first = served(capacity.admit(from("2001:db8::1")));
    refused(capacity.admit(from("2001:db8::2:3")));
    served(capacity.admit(from("2001:db8:0:1::1")));
}

#[test]
fn clients_on_this_machine_and_trusted_proxies_are_not_counted() {
    let capacity = capacity(100, 1);
    let places: Vec<_> = [
        "127.0.0.1",
        "127.0.0.2",
        "::1",
        "::1",
        "::ffff:127.0.0.1",
        "192.0.2.9",
        "192.0.2.9",
    ]
    .map(|client| served(capacity.admit(from(client))))
    .into();
    drop(places);
}

#[test]
fn a_flood_is_told_for_a_while_and_then_dropped() {
    let capacity = capacity(1, 1);
    let _first = served(capacity.admit(None));
    let refusals: Vec<_> = (0..MAX_REJECTED_CONNECTIONS)
        .map(|_| refused(capacity.admit(None)))
        .collect();
    assert!(capacity.admit(None).is_none());
    drop(refusals);
    refused(capacity.admit(None));
}
