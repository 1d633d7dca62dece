//! A server under a base path.

use testkit::{ServerProcess, SseSession, get, program, send};

#[tokio::test]
async fn base_path_prefixes_every_route_but_health() {
    let server = ServerProcess::start(&["serve", "--demo", "--base-path", "/rivers/aare/"]).await;
    let base = format!("http://{}/rivers/aare", server.address);
    assert!(
        server.banner.contains(&format!("{base}/sse\n")),
        "{}",
        server.banner
    );

    let mut session = SseSession::open_at(server.address, "/rivers/aare/sse").await;
    assert!(
        session
            .target
            .starts_with("/rivers/aare/messages?session_id="),
        "{}",
        session.target
    );
    session.initialize("2025-06-18").await;
    let answer = session.call_tool(1, "list_cities", "{}").await;
    assert_eq!(answer["id"], 1);

    for (path, status) in [
        ("/health", 200),
        ("/health/ready", 200),
        ("/sse", 404),
        ("/rivers/sse", 404),
        ("/rivers/aare/health", 404),
        ("/rivers/aareguru/sse", 404),
        ("/", 404),
    ] {
        assert_eq!(
            send(server.address, get(path)).await.status,
            status,
            "{path}"
        );
    }
}

#[tokio::test]
async fn invalid_base_path_fails_at_startup() {
    for path in ["/a/../b", "/aare?x", "/health"] {
        let output = program()
            .args(["serve", "--demo"])
            .env("BASE_PATH", path)
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(78));
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains("BASE_PATH"), "{errors}");
    }
}
