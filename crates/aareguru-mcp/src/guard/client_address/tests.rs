use axum::http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn addresses(proxies: &[&str], header: &str) -> ClientAddresses {
    ClientAddresses {
        proxies: proxies.iter().map(|proxy| proxy.parse().unwrap()).collect(),
        header: header.parse().unwrap(),
        ignored: Counter::noop(),
        untrusted_warning: Once::new(),
        missing_warning: Once::new(),
    }
}

/// The client of a connection from `peer` whose header has these lines.
fn client(addresses: &ClientAddresses, peer: &str, lines: &[&str]) -> Option<String> {
    let name: HeaderName = addresses.header.to_string().parse().unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(&name, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    let peer = (peer != "unix").then(|| peer.parse().unwrap());
    addresses
        .client(peer, &headers)
        .map(|client| client.to_string())
}

fn some(client: &str) -> Option<String> {
    Some(client.to_owned())
}

#[test]
fn without_trusted_proxies_the_connection_counts_and_no_header() {
    let addresses = addresses(&[], "X-Forwarded-For");
    assert_eq!(
        client(&addresses, "203.0.113.7", &["192.0.2.1"]),
        some("203.0.113.7")
    );
    assert_eq!(
        client(&addresses, "::ffff:203.0.113.7", &[]),
        some("203.0.113.7")
    );
    assert_eq!(client(&addresses, "127.0.0.1", &["192.0.2.1"]), None);
    assert_eq!(client(&addresses, "unix", &["192.0.2.1"]), None);
}

#[test]
fn the_rightmost_untrusted_address_is_the_client() {
    let addresses = addresses(&["10.0.0.0/8", "2001:db8::/32", "unix"], "X-Forwarded-For");
    for (peer, lines, expected) in [
        ("10.0.0.1", &["192.0.2.1"][..], "192.0.2.1"),
        // What a client writes itself is left of what the proxy adds.
        (
            "10.0.0.1",
            &["127.0.0.1, 192.0.2.9, 192.0.2.1"],
            "192.0.2.1",
        ),
        (
            "10.0.0.1",
            &["192.0.2.9", "192.0.2.1, 10.1.1.1"],
            "192.0.2.1",
        ),
        (
            "10.0.0.1",
            &["192.0.2.9,192.0.2.1 ", "2001:db8::7"],
            "192.0.2.1",
        ),
        ("unix", &["192.0.2.1:4711"], "192.0.2.1"),
        ("2001:db8::1", &["[2001:470::1]:443"], "2001:470::1"),
        ("10.0.0.1", &["2001:470::1"], "2001:470::1"),
        ("10.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1"),
        // All are trusted: the farthest one is where it came from.
        ("10.0.0.1", &["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        // Not an address: nothing left of it is read.
        ("10.0.0.1", &["192.0.2.9, evil, 10.1.1.1"], "10.1.1.1"),
        ("10.0.0.1", &["192.0.2.9, unknown"], "10.0.0.1"),
        ("10.0.0.1", &["192.0.2.9, \u{fc}"], "10.0.0.1"),
        ("10.0.0.1", &[], "10.0.0.1"),
        // Nobody whom we know.
        ("203.0.113.7", &["192.0.2.1"], "203.0.113.7"),
    ] {
        assert_eq!(
            client(&addresses, peer, lines),
            some(expected),
            "{peer} {lines:?}"
        );
    }
}

#[test]
fn a_proxy_on_this_machine_names_its_clients_if_it_is_trusted() {
    let addresses = addresses(&["127.0.0.1", "::1"], "X-Forwarded-For");
    assert_eq!(
        client(&addresses, "127.0.0.1", &["192.0.2.1"]),
        some("192.0.2.1")
    );
    assert_eq!(client(&addresses, "::1", &["192.0.2.1"]), some("192.0.2.1"));
    assert_eq!(client(&addresses, "127.0.0.1", &[]), None);
}

#[test]
fn forwarded_is_read_as_its_rfc_has_it() {
    let addresses = addresses(&["10.0.0.0/8"], "Forwarded");
    for (line, expected) in [
        ("for=192.0.2.1", "192.0.2.1"),
        ("For=\"192.0.2.1:80\";proto=https;by=10.0.0.1", "192.0.2.1"),
        ("for=192.0.2.9, for=\"[2001:470::17]:4711\"", "2001:470::17"),
        (
            "for=192.0.2.1;host=\"a,b;for=192.0.2.9\", for=10.1.1.1",
            "192.0.2.1",
        ),
        ("for=192.0.2.1;host=\"a\\\",for=192.0.2.9\"", "192.0.2.1"),
        ("for=192.0.2.9, for=unknown", "10.0.0.1"),
        ("for=192.0.2.9, for=_hidden, for=10.1.1.1", "10.1.1.1"),
        ("for=192.0.2.9;for=192.0.2.1", "10.0.0.1"),
        ("192.0.2.9", "10.0.0.1"),
    ] {
        assert_eq!(
            client(&addresses, "10.0.0.1", &[line]),
            some(expected),
            "{line}"
        );
    }
}

#[test]
fn a_header_with_one_address_has_one() {
    let addresses = addresses(&["172.16.0.0/12"], "Fly-Client-IP");
    assert_eq!(
        client(&addresses, "172.16.0.2", &["192.0.2.1"]),
        some("192.0.2.1")
    );
    for lines in [
        &["192.0.2.1", "192.0.2.2"][..],
        &["192.0.2.1, 192.0.2.2"],
        &["x"],
        &[],
    ] {
        assert_eq!(
            client(&addresses, "172.16.0.2", lines),
            some("172.16.0.2"),
            "{lines:?}"
        );
    }
    assert_eq!(
        client(&addresses, "203.0.113.7", &["192.0.2.1"]),
        some("203.0.113.7")
    );
}

#[test]
fn what_is_no_proxy_is_refused_with_what_would_be() {
    for text in ["", "proxy.example", "10.0.0.0/33", "10.0.0", "*"] {
        let error = text.parse::<Proxy>().unwrap_err().to_string();
        assert!(error.contains("10.0.0.0/8"), "{text}: {error}");
    }
    assert!("".parse::<ClientIpHeader>().is_err());
    assert!("a b".parse::<ClientIpHeader>().is_err());
}

proptest! {
    /// Whatever a client writes, its own address is what a proxy adds.
    #[test]
    fn no_client_chooses_its_address(forged in "[ -~]{0,60}") {
        let addresses = addresses(&["10.0.0.0/8"], "X-Forwarded-For");
        let line = format!("{forged}, 192.0.2.1");
        prop_assert_eq!(client(&addresses, "10.0.0.1", &[&line]), some("192.0.2.1"));
        prop_assert_eq!(client(&addresses, "10.0.0.1", &[&forged, "192.0.2.1"]), some("192.0.2.1"));
    }

    #[test]
    fn no_header_makes_the_parser_panic(line in "\\PC{0,80}", header in "X-Forwarded-For|Forwarded|X-Real-IP") {
        let addresses = addresses(&["10.0.0.0/8"], &header);
        let _ = client(&addresses, "10.0.0.1", &[&line]);
    }
}
