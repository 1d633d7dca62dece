//! The web page at `/`.

use crate::{
    binary::Server,
    client::{get, send, with_header},
};

#[tokio::test]
async fn the_page_tells_what_it_is_how_it_is_and_how_to_connect() {
    let server = Server::demo().await;
    let answer = send(server.address, get("/")).await;
    assert_eq!(answer.status, 200);
    for line in [
        "content-type: text/html; charset=utf-8",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
    ] {
        assert!(answer.head.lines().any(|l| l == line), "{line}");
    }
    for part in [
        "The server is well.",
        "recordings of 2023-05-09",
        "<code>http://localhost/mcp</code>",
        "HTTP+SSE (legacy)",
        "<code>ws://localhost/ws</code>",
        "https://aare.guru",
        "https://www.hydrodaten.admin.ch",
        "Nothing here is a permission to swim",
    ] {
        assert!(answer.body.contains(part), "{part}");
    }
    assert!(!answer.body.contains("{{"));
}

#[tokio::test]
async fn the_page_shows_what_the_banner_prints() {
    let server = Server::demo().await;
    let host = format!("Host: {}", server.address);
    let request = get("/").replace("Host: localhost", &host);
    let page = send(server.address, request).await.body;
    let page = page.replace("&quot;", "\"");
    let setups: Vec<_> = server
        .banner
        .lines()
        .filter(|line| line.starts_with("  {") || line.starts_with("  claude"))
        .collect();
    assert_eq!(setups.len(), 4);
    for setup in setups {
        let shown = format!("<pre>{}</pre>", setup.trim());
        assert!(page.contains(&shown), "{setup}");
    }
}

#[tokio::test]
async fn the_page_needs_nobody_else_and_no_script() {
    let server = Server::demo().await;
    let answer = send(server.address, get("/")).await;
    let policy = answer
        .head
        .lines()
        .find_map(|line| line.strip_prefix("content-security-policy: "))
        .unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self';"));
    assert!(!policy.contains("unsafe"));
    for foreign in ["<script", "src=", "style=", "@import", "url("] {
        assert!(!answer.body.contains(foreign), "{foreign}");
    }
    let style = send(server.address, get("/style.css")).await;
    assert_eq!(style.status, 200);
    assert!(style.head.contains("content-type: text/css; charset=utf-8"));
    for foreign in ["@import", "url("] {
        assert!(!style.body.contains(foreign), "{foreign}");
    }
}

#[tokio::test]
async fn the_page_shows_the_address_by_which_it_was_reached() {
    let arguments = [
        "serve",
        "--demo",
        "--base-path=/aare",
        "--allowed-hosts=aare.example.org",
    ];
    let server = Server::start(&arguments).await;
    for path in ["/aare", "/aare/"] {
        let request = get(path).replace("Host: localhost", "Host: aare.example.org");
        let request = with_header(&request, "X-Forwarded-Proto: https");
        let page = send(server.address, request).await.body;
        assert!(
            page.contains("<code>https://aare.example.org/aare/mcp</code>"),
            "{path}"
        );
        assert!(page.contains("<code>wss://aare.example.org/aare/ws</code>"));
        assert!(page.contains(r#"href="/aare/style.css""#));
    }
    assert_eq!(
        send(server.address, get("/aare/style.css")).await.status,
        200
    );
    let request = get("/aare").replace("Host: localhost", "Host: evil.example");
    assert_eq!(send(server.address, request).await.status, 421);
}
