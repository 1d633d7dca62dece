//! Forged `Host` and `Origin` headers, on every route.

use testkit::{ServerProcess, alongside_well_behaved_client, send, wait_for_counter};

use crate::edge::routes::{all_methods, routes};

fn request(route: &str, headers: &str) -> String {
    format!("{route} HTTP/1.1\r\n{headers}Content-Length: 0\r\n\r\n")
}

/// Returns a request for each route and method, with these headers instead of its `Host`.
fn everywhere(headers: &str) -> Vec<String> {
    let mut paths = routes();
    paths.extend(
        [
            "/messages/?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5",
            "/nowhere",
        ]
        .map(Into::into),
    );
    let requests = paths.iter().flat_map(|path| all_methods(path));
    requests
        .map(|request| request.replace("Host: localhost\r\n", headers))
        .collect()
}

#[tokio::test]
async fn forged_host_returns_421_on_every_route() {
    let server = ServerProcess::demo().await;
    let mut refused = 0;
    alongside_well_behaved_client(&server, None, async {
        for host in [
            "evil.example",
            "127.0.0.1.evil.example:8000",
            "localhost@evil.example",
        ] {
            for request in everywhere(&format!("hOsT: {host}\r\n")) {
                let answer = send(server.address, &request).await;
                assert_eq!(answer.status, 421, "{request}");
                assert!(answer.body.contains("ALLOWED_HOSTS"), "{}", answer.body);
                refused += 1;
            }
        }
        for request in everywhere("Host: localhost\r\nHost: evil.example\r\n") {
            let answer = send(server.address, &request).await;
            assert!([400, 421].contains(&answer.status), "{request}");
            refused += usize::from(answer.status == 421);
        }
    })
    .await;
    let counter = r#"aareguru_mcp_rebinding_refused_total{header="host"}"#;
    wait_for_counter(server.address, counter, refused).await;
    server.signal("TERM").await;
    let (_, logs) = server.wait_for_exit().await;
    let line = "add this host to allowed_hosts to accept it host=\"evil.example\"";
    assert!(logs.contains(line), "{logs}");
}

#[tokio::test]
async fn forged_origin_returns_403_on_every_route() {
    let server = ServerProcess::demo().await;
    let mut refused = 0;
    alongside_well_behaved_client(&server, None, async {
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost.evil.example:8000",
        ] {
            for request in everywhere(&format!("Host: localhost\r\nORIGIN: {origin}\r\n")) {
                let answer = send(server.address, &request).await;
                assert_eq!(answer.status, 403, "{request}");
                assert!(answer.body.contains(origin), "{}", answer.body);
                assert!(answer.body.contains("ALLOWED_ORIGINS"), "{}", answer.body);
                refused += 1;
            }
        }
    })
    .await;
    let counter = r#"aareguru_mcp_rebinding_refused_total{header="origin"}"#;
    wait_for_counter(server.address, counter, refused).await;
    server.signal("TERM").await;
    let (_, logs) = server.wait_for_exit().await;
    let line = "add this origin to allowed_origins to accept it origin=\"https://evil.example\"";
    assert!(logs.contains(line), "{logs}");
}

#[tokio::test]
async fn health_probes_by_ip_address_are_accepted() {
    let server = ServerProcess::demo().await;
    for host in ["10.1.2.3", "10.1.2.3:8000", "[fd00::7]:8000", "[fd00::7]"] {
        let headers = format!("Host: {host}\r\n");
        assert_eq!(
            send(server.address, request("GET /health", &headers))
                .await
                .status,
            200
        );
        assert_eq!(
            send(server.address, request("GET /sse", &headers))
                .await
                .status,
            421
        );
        let page = format!("{headers}Origin: http://{host}\r\n");
        assert_eq!(
            send(server.address, request("GET /health", &page))
                .await
                .status,
            403
        );
    }
}
