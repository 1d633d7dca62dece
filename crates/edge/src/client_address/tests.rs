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

/// Returns the client of a connection from `peer` whose header has these lines.
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
fn header_is_ignored_without_trusted_proxies() {
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
fn rightmost_untrusted_address_is_the_client() {
    let addresses = addresses(&["10.0.0.0/8", "2001:db8::/32", "unix"], "X-Forwarded-For");
    for (peer, lines, expected) in [
        ("10.0.0.1", &["192.0.2.1"][..], "192.0.2.1"),
        // The proxy appends to what the client sent.
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
        // All are trusted: the leftmost is the client.
        ("10.0.0.1", &["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        // Nothing to the left of an invalid address is read.
        ("10.0.0.1", &["192.0.2.9, evil, 10.1.1.1"], "10.1.1.1"),
        ("10.0.0.1", &["192.0.2.9, unknown"], "10.0.0.1"),
        ("10.0.0.1", &["192.0.2.9, \u{fc}"], "10.0.0.1"),
        ("10.0.0.1", &[], "10.0.0.1"),
        // An untrusted peer.
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
fn trusted_proxy_on_loopback_names_its_clients() {
    let addresses = addresses(&["127.0.0.1", "::1"], "X-Forwarded-For");
    assert_eq!(
        client(&addresses, "127.0.0.1", &["192.0.2.1"]),
        some("192.0.2.1")
    );
    assert_eq!(client(&addresses, "::1", &["192.0.2.1"]), some("192.0.2.1"));
    assert_eq!(client(&addresses, "127.0.0.1", &[]), None);
}

#[test]
fn forwarded_header_is_parsed_per_rfc_7239() {
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
fn single_address_header_with_several_addresses_is_ignored() {
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
fn invalid_proxy_error_contains_an_example() {
    for text in ["", "proxy.example", "10.0.0.0/33", "10.0.0", "*"] {
        let error = text.parse::<TrustedProxy>().unwrap_err().to_string();
        assert!(error.contains("10.0.0.0/8"), "{text}: {error}");
    }
    assert!("".parse::<ClientIpHeader>().is_err());
    assert!("a b".parse::<ClientIpHeader>().is_err());
}

proptest! {
    #[test]
    fn client_cannot_forge_its_address(forged in "[ -~]{0,60}") {
        let addresses = addresses(&["10.0.0.0/8"], "X-Forwarded-For");
        let line = format!("{forged}, 192.0.2.1");
        prop_assert_eq!(client(&addresses, "10.0.0.1", &[&line]), some("192.0.2.1"));
        prop_assert_eq!(client(&addresses, "10.0.0.1", &[&forged, "192.0.2.1"]), some("192.0.2.1"));
    }

    #[test]
    fn arbitrary_header_does_not_panic(line in "\\PC{0,80}", header in "X-Forwarded-For|Forwarded|X-Real-IP") {
        let addresses = addresses(&["10.0.0.0/8"], &header);
        let _ = client(&addresses, "10.0.0.1", &[&line]);
    }
}
