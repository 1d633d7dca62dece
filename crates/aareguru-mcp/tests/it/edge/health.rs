//! Liveness, readiness, and the `healthcheck` subcommand.

use serde_json::{Value, json};

use testkit::{ServerProcess, SseSession, get, program, send};

async fn ready(server: &ServerProcess) -> (u16, Value) {
    let answer = send(server.address, get("/health/ready")).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

fn part<'a>(report: &'a Value, name: &str) -> &'a Value {
    let parts = report["parts"].as_array().unwrap();
    parts.iter().find(|part| part["name"] == name).unwrap()
}

#[tokio::test]
async fn health_returns_only_service_and_version() {
    let server = ServerProcess::demo().await;
    let answer = send(server.address, get("/health")).await;
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        body,
        json!({
            "status": "healthy",
            "service": "aareguru-mcp",
            "version": env!("CARGO_PKG_VERSION"),
        })
    );
}

#[tokio::test]
async fn readiness_of_a_running_server_is_ok() {
    let server = ServerProcess::demo().await;
    let (status, report) = ready(&server).await;
    assert_eq!(status, 200);
    assert_eq!(report["status"], "ready");
    let names: Vec<_> = report["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| &part["name"])
        .collect();
    assert_eq!(
        names,
        [
            "lifecycle",
            "connections",
            "aareguru_api",
            "hydro_api",
            "clock"
        ]
    );
    for part in report["parts"].as_array().unwrap() {
        assert_eq!(part["status"], "ok", "{report}");
    }
    assert_eq!(
        part(&report, "aareguru_api")["detail"],
        "recordings of 2023-05-09"
    );
}

#[tokio::test]
async fn readiness_with_upstream_down_is_degraded_but_ready() {
    // Port 9 on loopback: nothing listens there.
    let api = ["serve", "--aareguru-base-url", "http://127.0.0.1:9"];
    let server = ServerProcess::start(&api).await;
    let mut session = SseSession::initialized(server.address).await;
    let mut calls = 0;
    let report = loop {
        let (status, report) = ready(&server).await;
        assert_eq!((status, &report["status"]), (200, &json!("ready")));
        if part(&report, "aareguru_api")["status"] == "degraded" {
            break report;
        }
        assert!(calls < 50, "{report}");
        calls += 1;
        session.call_tool(calls, "list_cities", "{}").await;
    };
    let detail = part(&report, "aareguru_api")["detail"].as_str().unwrap();
    assert!(detail.starts_with("requests failed; "), "{detail}");
    assert_eq!(part(&report, "hydro_api")["status"], "ok");
}

#[tokio::test]
async fn head_on_health_routes_matches_get() {
    let server = ServerProcess::demo().await;
    for path in ["/health", "/health/ready"] {
        let request = get(path)
            .replace("GET", "HEAD")
            .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        let answer = crate::edge::attacks::exchange(server.address, &request).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn healthcheck_subcommand_reports_by_exit_code() {
    let server = ServerProcess::demo().await;
    let port = server.address.port().to_string();
    let ask = async |arguments: &[&str]| {
        let output = program()
            .arg("healthcheck")
            .args(arguments)
            .output()
            .await
            .unwrap();
        let line = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(line).unwrap())
    };
    let url = format!("http://127.0.0.1:{port}/health");
    let well = (Some(0), format!("healthy: {url} responded 200 OK\n"));
    assert_eq!(ask(&["--http-port", &port]).await, well);
    assert_eq!(
        ask(&["--http-host", "0.0.0.0", "--http-port", &port]).await,
        well
    );
    assert_eq!(ask(&["--url", &url]).await, well);
    let (code, line) = ask(&["--url", &format!("{url}/nowhere")]).await;
    assert_eq!(code, Some(1));
    assert!(line.contains("responded 404"), "{line}");
    let (code, line) = ask(&["--url", "https://aare.example"]).await;
    assert_eq!(code, Some(64));
    assert!(line.contains("expected an http:// URL"), "{line}");

    server.signal("TERM").await;
    server.wait_for_exit().await;
    let (code, line) = ask(&["--http-port", &port]).await;
    assert_eq!(code, Some(1));
    assert!(
        line.starts_with(&format!("aareguru-mcp: unhealthy: {url}: cannot connect: ")),
        "{line}"
    );
}
