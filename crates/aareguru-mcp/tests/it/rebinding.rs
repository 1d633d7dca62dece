//! Forged `Host` and `Origin` headers, on every route.

use crate::{
    binary::Server,
    client::{Session, send},
};

const ROUTES: [&str; 11] = [
    "GET /sse",
    "POST /messages/?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5",
    "POST /messages",
    "POST /mcp",
    "GET /mcp",
    "DELETE /mcp",
    "GET /ws",
    "GET /",
    "GET /health",
    "OPTIONS /sse",
    "GET /nowhere",
];

fn request(route: &str, headers: &str) -> String {
    format!("{route} HTTP/1.1\r\n{headers}Content-Length: 0\r\n\r\n")
}

#[tokio::test]
async fn a_forged_host_is_421_on_every_route_and_named_with_the_setting() {
    let server = Server::demo().await;
    let mut neighbour = Session::initialized(server.address).await;
    for route in ROUTES {
        for host in [
            "evil.example",
            "127.0.0.1.evil.example:8000",
            "localhost@evil.example",
        ] {
            let answer = send(server.address, request(route, &format!("hOsT: {host}\r\n"))).await;
            assert_eq!(answer.status, 421, "{route} {host}");
            assert!(answer.body.contains("ALLOWED_HOSTS"), "{}", answer.body);
        }
        let two = "Host: localhost\r\nHost: evil.example\r\n";
        assert!([400, 421].contains(&send(server.address, request(route, two)).await.status));
    }
    neighbour.call_tool(1, "list_cities", "{}").await;
    server.signal("TERM").await;
    let (_, logs) = server.ended().await;
    let line = "add this host to allowed_hosts to accept it host=\"evil.example\"";
    assert!(logs.contains(line), "{logs}");
}

#[tokio::test]
async fn a_forged_origin_is_403_on_every_route_and_named_with_the_setting() {
    let server = Server::demo().await;
    let mut neighbour = Session::initialized(server.address).await;
    for route in ROUTES {
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost.evil.example:8000",
        ] {
            let headers = format!("Host: localhost\r\nORIGIN: {origin}\r\n");
            let answer = send(server.address, request(route, &headers)).await;
            assert_eq!(answer.status, 403, "{route} {origin}");
            assert!(answer.body.contains(origin), "{}", answer.body);
            assert!(answer.body.contains("ALLOWED_ORIGINS"), "{}", answer.body);
        }
    }
    neighbour.call_tool(1, "list_cities", "{}").await;
    server.signal("TERM").await;
    let (_, logs) = server.ended().await;
    let line = "add this origin to allowed_origins to accept it origin=\"https://evil.example\"";
    assert!(logs.contains(line), "{logs}");
}

#[tokio::test]
async fn probes_may_call_the_server_by_its_address() {
    let server = Server::demo().await;
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
