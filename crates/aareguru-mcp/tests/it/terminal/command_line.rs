//! The command line as a user sees it.

use std::process::Output;

use testkit::{ServerProcess, get, program, send};

async fn run(arguments: &[&str]) -> (Output, String) {
    let output = program().args(arguments).output().await.unwrap();
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    (output, errors)
}

#[tokio::test]
async fn banner_shows_urls_and_client_configurations() {
    let server = ServerProcess::demo().await;
    let sse = server.sse_url();
    let url = format!("http://{}/mcp", server.address);
    for line in [
        format!("  Streamable HTTP    {url}"),
        format!("  HTTP+SSE (legacy)  {sse}"),
        format!("  WebSocket          ws://{}/ws", server.address),
        "  data               recordings of 2023-05-09, not current (--demo)".to_owned(),
        format!("  claude mcp add --transport http aareguru {url}"),
        format!(r#"  {{"mcpServers": {{"aareguru": {{"url": "{url}"}}}}}}"#),
        format!(r#"  {{"servers": {{"aareguru": {{"type": "http", "url": "{url}"}}}}}}"#),
    ] {
        assert!(server.banner.lines().any(|l| l == line), "{line}");
    }
}

#[tokio::test]
async fn missing_subcommand_defaults_to_serve() {
    let server = ServerProcess::start(&["--demo"]).await;
    assert_eq!(send(server.address, get("/health")).await.status, 200);
}

#[tokio::test]
async fn port_in_use_error_names_the_settings() {
    let server = ServerProcess::demo().await;
    let port = server.address.port().to_string();
    let (output, errors) = run(&["serve", "--demo", "--http-port", &port]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let expected = format!("cannot listen on 127.0.0.1:{port} (HTTP_HOST, HTTP_PORT): ");
    assert!(errors.contains(&expected), "{errors}");
}

#[tokio::test]
async fn invalid_base_url_fails_at_startup() {
    let (output, errors) = run(&["serve", "--aareguru-base-url", "aare.guru"]).await;
    assert_eq!(output.status.code(), Some(78));
    assert!(errors.contains("AAREGURU_BASE_URL"), "{errors}");
    assert!(errors.contains("`aare.guru`"), "{errors}");
}

#[tokio::test]
async fn invalid_log_level_fails_at_startup() {
    let (output, errors) = run(&["serve", "--demo", "--log-level", "a=loud"]).await;
    assert!(!output.status.success());
    assert!(errors.contains("cannot parse LOG_LEVEL"), "{errors}");
}

#[tokio::test]
async fn invalid_command_line_exits_with_64() {
    for arguments in [
        &["swim"][..],
        &["serve", "--swim"],
        &["serve", "--http-port", "x"],
    ] {
        let (output, errors) = run(arguments).await;
        assert_eq!(output.status.code(), Some(64), "{errors}");
    }
    for arguments in [["--help"], ["--version"]] {
        let (output, errors) = run(&arguments).await;
        assert!(output.status.success(), "{errors}");
        assert!(!output.stdout.is_empty());
    }
}

#[tokio::test]
async fn json_log_format_suppresses_the_banner() {
    let mut child = program()
        .args(["serve", "--demo", "--http-port", "0"])
        .env("LOG_FORMAT", "json")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = tokio::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    tokio::io::AsyncBufReadExt::read_line(&mut errors, &mut line)
        .await
        .unwrap();
    let event: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(event["message"], "listening");
    assert_eq!(event["level"], "INFO");
    testkit::signal(&child, "TERM").await;
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
}
