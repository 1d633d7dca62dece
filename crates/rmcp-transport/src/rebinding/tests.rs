use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{Response, uri::Authority};
use proptest::{prelude::*, sample::select};

use crate::SseBody;

use super::*;

const NOBODY: [&str; 0] = [];

/// Checks one `Host` header against these patterns.
fn check_host(patterns: &[&str], host: &str) -> Result<(), RefusedHeader> {
    let request = Request::get("/sse").header("host", host).body(()).unwrap();
    RebindingProtection::new(patterns, NOBODY)
        .unwrap()
        .check(&request)
}

/// Checks one `Origin` header against these patterns.
fn check_origin(patterns: &[&str], origin: &str) -> Result<(), RefusedHeader> {
    let request = Request::post("/messages")
        .header("host", "localhost")
        .header("origin", origin)
        .body(())
        .unwrap();
    RebindingProtection::new(["localhost"], patterns)
        .unwrap()
        .check(&request)
}

#[track_caller]
fn accepts_hosts(pattern: &str, hosts: &[&str]) {
    for host in hosts {
        assert_eq!(check_host(&[pattern], host), Ok(()), "{pattern} {host}");
    }
}

#[track_caller]
fn refuses_hosts(pattern: &str, hosts: &[&str]) {
    for host in hosts {
        let refused = Err(RefusedHeader::Host);
        assert_eq!(check_host(&[pattern], host), refused, "{pattern} {host}");
    }
}

#[track_caller]
fn accepts_origins(pattern: &str, origins: &[&str]) {
    for origin in origins {
        let checked = check_origin(&[pattern], origin);
        assert_eq!(checked, Ok(()), "{pattern} {origin}");
    }
}

#[track_caller]
fn refuses_origins(pattern: &str, origins: &[&str]) {
    for origin in origins {
        let checked = check_origin(&[pattern], origin);
        assert_eq!(checked, Err(RefusedHeader::Origin), "{pattern} {origin}");
    }
}

#[test]
fn host_pattern_without_a_port_matches_the_default_ports() {
    accepts_hosts(
        "example.com",
        &["example.com", "example.com:80", "example.com:443"],
    );
    refuses_hosts("example.com", &["example.com:8080", "example.com:8443"]);
    accepts_hosts("127.0.0.1", &["127.0.0.1", "127.0.0.1:80"]);
    refuses_hosts("127.0.0.1", &["127.0.0.1:8000"]);
}

#[test]
fn host_pattern_with_a_port_matches_that_port() {
    accepts_hosts("example.com:8080", &["example.com:8080"]);
    refuses_hosts(
        "example.com:8080",
        &["example.com", "example.com:80", "example.com:18080"],
    );
    accepts_hosts(
        "[2001:db8::1]:8000",
        &["[2001:db8::1]:8000", "[2001:DB8:0:0::1]:8000"],
    );
    refuses_hosts(
        "[2001:db8::1]:8000",
        &["[2001:db8::1]", "[2001:db8::2]:8000"],
    );
}

#[test]
fn host_pattern_with_default_port_matches_header_without_port() {
    accepts_hosts("example.com:443", &["example.com:443", "example.com"]);
    refuses_hosts("example.com:443", &["example.com:80"]);
    accepts_hosts("example.com:80", &["example.com:80", "example.com"]);
    refuses_hosts("example.com:80", &["example.com:443"]);
}

#[test]
fn starred_port_matches_any_port_or_none() {
    accepts_hosts(
        "example.com:*",
        &["example.com", "example.com:1", "example.com:65535"],
    );
    accepts_hosts("[::1]:*", &["[::1]", "[::1]:8000"]);
    refuses_hosts(
        "example.com:*",
        &["example.com.evil.example", "evil.example", "wwwexample.com"],
    );
    refuses_hosts(
        "127.0.0.1:*",
        &[
            "127.0.0.1:1.evil.example",
            "127.0.0.1.evil.example",
            "[::1]",
        ],
    );
}

#[test]
fn star_matches_any_valid_host() {
    accepts_hosts(
        "*",
        &["example.com", "web_1:8000", "192.0.2.1", "[2001:db8::1]:1"],
    );
    refuses_hosts("*", &["", "*", "a@example.com", "example.com/", "a b"]);
}

#[test]
fn host_names_compare_without_case_and_trailing_dot() {
    accepts_hosts(
        "example.com",
        &["EXAMPLE.com", "example.com.", "Example.Com.:443"],
    );
    accepts_hosts("Example.COM.", &["example.com"]);
    refuses_hosts("example.com", &["example.com..", ".example.com", "."]);
}

#[test]
fn addresses_are_compared_as_numbers() {
    accepts_hosts("[::1]", &["[0:0:0:0:0:0:0:1]", "[0:0::1]", "[::0.0.0.1]"]);
    accepts_hosts("[0::1]", &["[::1]"]);
    refuses_hosts("[::1]", &["[::ffff:127.0.0.1]", "[::]", "[::1%25lo]"]);
    refuses_hosts("127.0.0.1", &["[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.2"]);
}

#[test]
fn malformed_hosts_are_refused() {
    for pattern in ["*", "localhost:*", "127.0.0.1:*", "[::1]:*"] {
        refuses_hosts(
            pattern,
            &[
                "",
                ":80",
                // Parts other than a host and a port.
                "user@localhost",
                "user:secret@localhost",
                "localhost/",
                "localhost/path",
                "localhost?query",
                "localhost#fragment",
                "http://localhost",
                "localhost,evil.example",
                "localhost evil.example",
                "localhost\\.evil.example",
                "localhost%2e",
                "localhost\t",
                // An empty or invalid port.
                "localhost:",
                "localhost:0",
                "localhost:-1",
                "localhost:+80",
                "localhost:65536",
                "localhost:99999999999999999999",
                "localhost:80:80",
                "localhost:80a",
                "localhost:*",
                "127.0.0.1:1.evil.example",
                // Forms that some resolvers accept as 127.0.0.1.
                "127.1",
                "127.0.1",
                "127.0.0.01",
                "0177.0.0.1",
                "0x7f.0.0.1",
                "0x7f000001",
                "2130706433",
                "127.0.0.1.",
                "127.0.0.0x1",
                "127.0.0.256",
                "127.0.0.1.1",
                // Brackets.
                "::1",
                "[::1",
                "::1]",
                "[::1]x",
                "[::1]:80:90",
                "[[::1]]",
                "[]",
                "[127.0.0.1]",
                "[localhost]",
                "[fe80::1%eth0]",
                "[v1.x]",
                "[::1]]",
                "[::1:80",
                // Dots.
                ".",
                ".localhost",
                "local..host",
                "localhost..",
            ],
        );
    }
    let long = format!("{}.example", "a".repeat(64));
    let longer = vec!["a".repeat(63); 4].join(".");
    refuses_hosts("*", &[&long, &longer]);
}

#[test]
fn non_ascii_bytes_are_refused() {
    for bytes in [&b"localhost\xff"[..], "aare\u{308}.example".as_bytes()] {
        let value = HeaderValue::from_bytes(bytes).unwrap();
        let any = RebindingProtection::new(["*"], ["null"]).unwrap();
        let host = Request::get("/").header("host", &value).body(()).unwrap();
        assert_eq!(any.check(&host), Err(RefusedHeader::Host));
        let origin = Request::get("/")
            .header("host", "localhost")
            .header("origin", &value)
            .body(())
            .unwrap();
        assert_eq!(any.check(&origin), Err(RefusedHeader::Origin));
    }
}

#[test]
fn host_is_required_once_in_header_or_target() {
    let protection = RebindingProtection::loopback();
    let refused = Err(RefusedHeader::Host);
    for (target, hosts, expected) in [
        ("/", &[][..], refused),
        ("/", &["localhost"], Ok(())),
        ("/", &["localhost", "localhost"], refused),
        ("/", &["localhost", "evil.example"], refused),
        ("/", &["evil.example", "localhost"], refused),
        // HTTP/2 without a Host header.
        ("http://localhost:8000/", &[], Ok(())),
        ("http://evil.example/", &[], refused),
        ("http://user@localhost/", &[], refused),
        // Both.
        ("http://localhost/", &["localhost"], Ok(())),
        ("http://localhost/", &["evil.example"], refused),
        ("http://evil.example/", &["localhost"], refused),
    ] {
        let mut request = Request::get(target).body(()).unwrap();
        for host in hosts {
            let host = HeaderValue::from_static(host);
            request.headers_mut().append(header::HOST, host);
        }
        assert_eq!(protection.check(&request), expected, "{target} {hosts:?}");
    }
}

#[test]
fn origin_pattern_matches_scheme_host_and_port() {
    let pattern = "https://app.example";
    accepts_origins(
        pattern,
        &[
            "https://app.example",
            "https://app.example:443",
            "HTTPS://App.Example",
        ],
    );
    refuses_origins(
        pattern,
        &[
            "http://app.example",
            "https://app.example:80",
            "https://app.example:8443",
            "https://example",
            "https://x.app.example",
            "https://app.example.evil.example",
        ],
    );
    accepts_origins("https://x:443", &["https://x", "https://x:443"]);
    accepts_origins("http://x", &["http://x:80"]);
    accepts_origins("http://x:8080", &["http://x:8080"]);
    refuses_origins("http://x:8080", &["http://x", "https://x:8080"]);
    refuses_origins("http://x", &["http://x:443"]);
    accepts_origins("http://[::1]:3000", &["http://[0:0::1]:3000"]);
}

#[test]
fn starred_port_of_an_origin_matches_any_port_or_none() {
    let pattern = "http://localhost:*";
    accepts_origins(pattern, &["http://localhost", "http://localhost:3000"]);
    refuses_origins(
        pattern,
        &[
            "https://localhost",
            "http://127.0.0.1:3000",
            "http://localhost:1.evil.example",
            "http://localhost.evil.example",
            "http://localhost:*",
        ],
    );
}

#[test]
fn other_schemes_match_exactly() {
    let extension = "chrome-extension://abcdefghijklmnopabcdefghijklmnop";
    accepts_origins(extension, &[extension]);
    refuses_origins(
        extension,
        &[
            "chrome-extension://bbcdefghijklmnopabcdefghijklmnop",
            "moz-extension://abcdefghijklmnopabcdefghijklmnop",
            "https://abcdefghijklmnopabcdefghijklmnop",
        ],
    );
    let webview = "vscode-webview://0k3ljs5s8f7bq0p2";
    accepts_origins(webview, &[webview]);
    refuses_origins(webview, &["vscode-webview://0k3ljs5s8f7bq0p3", "null"]);
}

#[test]
fn null_origin_matches_only_itself() {
    accepts_origins("null", &["null"]);
    refuses_origins("null", &["NULL", "", "http://null"]);
    refuses_origins("http://localhost:*", &["null"]);
}

#[test]
fn star_rejects_malformed_origins() {
    accepts_origins("*", &["null", "https://app.example", "vscode-webview://id"]);
    refuses_origins(
        "*",
        &["", "*", "NULL", "app.example", "https://app.example/"],
    );
}

#[test]
fn malformed_origins_are_refused() {
    refuses_origins(
        "http://localhost:*",
        &[
            "",
            "localhost",
            "http:",
            "http://",
            "http:localhost",
            "://localhost",
            "http ://localhost",
            "1http://localhost",
            "http://localhost/",
            "http://localhost/path",
            "http://localhost?",
            "http://localhost#",
            "http://user@localhost",
            "http://localhost:",
            "http://localhost:0",
            "http://localhost:65536",
            "http://localhost http://localhost",
            "http://localhost, http://localhost",
            "http://http://localhost",
            "*",
        ],
    );
}

#[test]
fn missing_origin_is_accepted_and_two_are_refused() {
    let protection = RebindingProtection::loopback();
    let mut request = Request::get("/")
        .header("host", "localhost")
        .body(())
        .unwrap();
    for expected in [Ok(()), Ok(()), Err(RefusedHeader::Origin)] {
        assert_eq!(protection.check(&request), expected);
        let origin = HeaderValue::from_static("http://localhost");
        request.headers_mut().append(header::ORIGIN, origin);
    }
}

#[test]
fn host_is_checked_before_the_origin() {
    let request = Request::get("/")
        .header("host", "evil.example")
        .header("origin", "https://evil.example")
        .body(())
        .unwrap();
    let checked = RebindingProtection::loopback().check(&request);
    assert_eq!(checked, Err(RefusedHeader::Host));
}

#[test]
fn default_accepts_only_this_machine() {
    let protection = RebindingProtection::default();
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        for port in ["", ":1", ":8000", ":65535"] {
            for scheme in ["http", "https"] {
                let request = Request::get("/")
                    .header("host", format!("{host}{port}"))
                    .header("origin", format!("{scheme}://{host}{port}"))
                    .body(())
                    .unwrap();
                assert_eq!(protection.check(&request), Ok(()), "{request:?}");
            }
        }
    }
    for host in ["127.0.0.2", "0.0.0.0", "[::]", "x.localhost", "192.168.1.1"] {
        let request = Request::get("/").header("host", host).body(()).unwrap();
        let refused = Err(RefusedHeader::Host);
        assert_eq!(protection.check(&request), refused, "{host}");
    }
}

#[test]
fn empty_lists_accept_nothing_and_disabled_protection_everything() {
    let request = Request::get("/")
        .header("host", "localhost")
        .header("origin", "null")
        .body(())
        .unwrap();
    for (hosts, expected) in [
        (&[][..], RefusedHeader::Host),
        (&["localhost"], RefusedHeader::Origin),
    ] {
        let protection = RebindingProtection::new(hosts, NOBODY).unwrap();
        assert_eq!(protection.check(&request), Err(expected));
    }
    let disabled = RebindingProtection::disabled();
    assert_eq!(disabled.check(&request), Ok(()));
    assert_eq!(disabled.check(&Request::new(())), Ok(()));
}

#[test]
fn allows_only_loopback_detects_other_hosts() {
    assert!(RebindingProtection::loopback().allows_only_loopback());
    assert!(!RebindingProtection::disabled().allows_only_loopback());
    for (hosts, expected) in [
        (&[][..], true),
        (&["localhost", "app.localhost:80", "127.0.0.2:*"], true),
        (&["*"], false),
        (&["localhost:*", "aare.example"], false),
        (&["localhost.example"], false),
        (&["0.0.0.0:*"], false),
        (&["[::]:*"], false),
        (&["[::ffff:127.0.0.1]"], false),
    ] {
        let protection = RebindingProtection::new(hosts, NOBODY).unwrap();
        assert_eq!(protection.allows_only_loopback(), expected, "{hosts:?}");
    }
}

#[test]
fn patterns_that_could_never_match_are_errors() {
    for pattern in [
        "",
        " example.com",
        "https://example.com",
        "example.com/",
        "example.com:",
        "example.com:0",
        "example.com:65536",
        "example.com:80:*",
        "*.example.com",
        "*:*",
        "*:80",
        "**",
        ":*",
        "::1",
        "::1:*",
        "bärn.example",
        "127.1:*",
        "10.0.0.0/8",
    ] {
        let error = RebindingProtection::new([pattern], NOBODY).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("{pattern:?} in allowed_hosts is not a host")));
    }
    for pattern in [
        "",
        "app.example",
        "app.example:*",
        "https://app.example/",
        "https://app.example:80:*",
        "https://*",
        "https://*.example",
        "https://:*",
        "null:*",
        "file://",
        "://app.example",
        "1s://app.example",
        "ht tp://app.example",
        "NULL",
    ] {
        let error = RebindingProtection::new(["localhost"], [pattern]).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("{pattern:?} in allowed_origins is not an origin")));
    }
}

#[test]
fn patterns_shown_in_an_error_are_valid() {
    let shown = |error: InvalidPattern| -> Vec<String> {
        let text = error.to_string();
        text.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    let hosts = shown(RebindingProtection::new([""], NOBODY).unwrap_err());
    assert_eq!(hosts.len(), 5);
    let origins = shown(RebindingProtection::new(NOBODY, [""]).unwrap_err());
    assert_eq!(origins.len(), 5);
    assert!(RebindingProtection::new(hosts, origins).is_ok());
}

#[test]
fn refusal_is_a_plain_text_response() {
    let answer: Response<String> = RefusedHeader::Origin.into_response();
    assert_eq!(answer.status(), 403);
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; charset=utf-8"
    );
    assert_eq!(answer.body(), "Invalid Origin header");
    let answer: Response<SseBody> = RefusedHeader::Host.into_response();
    assert_eq!(answer.status(), 421);
}

/// Generates a header from typical parts, often almost valid.
fn header_like() -> impl Strategy<Value = String> {
    let fragment = select(vec![
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "[::1]",
        "[0::1]",
        "evil.example",
        "127",
        "0x7f",
        ":",
        ".",
        "80",
        "8000",
        "@",
        "/",
        "\\",
        "#",
        "%",
        "*",
        "[",
        "]",
        " ",
        "-",
        "0",
        "http://",
        "https://",
        "null",
    ]);
    prop::collection::vec(fragment, 0..5).prop_map(|fragments| fragments.concat())
}

/// Returns whether another parser finds a name of this machine, and nothing else.
fn names_this_machine(authority: &str) -> bool {
    let parsed: Authority = authority.parse().unwrap();
    let host = parsed.host();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = parsed.port_u16();
    assert!(!authority.contains('@'));
    assert!(port.is_some() || authority.ends_with(parsed.host()));
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
    }
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_-]{1,20}(\\.[a-zA-Z0-9-]{1,20}){0,3}\\.[a-zA-Z]{2,8}\\.?"
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        name(),
        any::<Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<Ipv6Addr>().prop_map(|address| format!("[{address}]")),
    ]
}

fn host_and_port() -> impl Strategy<Value = String> {
    let port = prop_oneof![
        Just(String::new()),
        (1..=u16::MAX).prop_map(|port| format!(":{port}"))
    ];
    (host(), port).prop_map(|(host, port)| host + &port)
}

proptest! {
    #[test]
    fn check_with_any_headers_does_not_panic(
        host in prop::collection::vec(any::<u8>(), 0..40),
        origin in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let protection = RebindingProtection::loopback();
        let mut request = Request::new(());
        for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                request.headers_mut().insert(name, value);
            }
        }
        let _ = protection.check(&request);
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("localhost"));
        let _ = protection.check(&request);
    }

    #[test]
    fn pattern_parser_with_any_text_does_not_panic(pattern in any::<String>()) {
        let _ = RebindingProtection::new([&pattern], NOBODY);
        let _ = RebindingProtection::new(NOBODY, [&pattern]);
    }

    #[test]
    fn host_accepted_by_loopback_is_this_machine(host in header_like()) {
        let request = Request::get("/").header("host", &host).body(()).unwrap();
        if RebindingProtection::loopback().check(&request).is_ok() {
            prop_assert!(names_this_machine(&host));
        }
    }

    #[test]
    fn origin_accepted_by_loopback_is_this_machine(
        start in select(vec!["http://", "https://", ""]),
        rest in header_like(),
    ) {
        let origin = format!("{start}{rest}");
        let request = Request::get("/")
            .header("host", "localhost")
            .header("origin", &origin)
            .body(())
            .unwrap();
        if RebindingProtection::loopback().check(&request).is_ok() {
            let (_, authority) = origin.split_once("://").unwrap();
            prop_assert!(names_this_machine(authority));
        }
    }

    #[test]
    fn host_pattern_accepts_itself(host in host_and_port()) {
        prop_assert_eq!(check_host(&[&host], &host), Ok(()));
        prop_assert_eq!(check_host(&["*"], &host), Ok(()));
    }

    #[test]
    fn starred_port_accepts_every_port(host in host(), port in 1..=u16::MAX) {
        let pattern = format!("{host}:*");
        let with_port = format!("{host}:{port}");
        prop_assert_eq!(check_host(&[&pattern], &with_port), Ok(()));
        prop_assert_eq!(check_host(&[&pattern], &host), Ok(()));
    }

    #[test]
    fn origin_pattern_accepts_itself(
        scheme in "[a-z][a-z0-9+.-]{0,12}",
        host in host_and_port(),
    ) {
        let origin = format!("{scheme}://{host}");
        prop_assert_eq!(check_origin(&[&origin], &origin), Ok(()));
    }

    #[test]
    fn host_pattern_rejects_other_names(pattern in name(), host in name()) {
        let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
        let same = plain(&pattern) == plain(&host);
        prop_assert_eq!(check_host(&[&pattern], &host).is_ok(), same);
    }
}
