//! The web pages as served. `browser.rs` tests them in a browser.

use aareguru_mcp::connect::all_client_setups;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use testkit::{ServerProcess, get, send, with_header};

use crate::tools::forbidden_claims::assert_no_forbidden_claims;

#[tokio::test]
async fn overview_page_shows_the_river_without_scripts() {
    let server = ServerProcess::demo().await;
    let answer = send(server.address, get("/")).await;
    assert_eq!(answer.status, 200);
    for line in [
        "content-type: text/html; charset=utf-8",
        "cache-control: private, no-cache",
        "content-language: en",
        "vary: accept, accept-language, x-forwarded-proto",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
    ] {
        assert!(answer.head.lines().any(|l| l == line), "{line}");
    }
    for part in [
        "Recorded on 9 May 2023",
        "<strong>12.5</strong>",
        "247\u{a0}m³/s",
        "69\u{a0}% of flood level 2 (360)",
        "Do not swim",
        "flow not measured here",
        "https://aare.guru",
        "https://www.hydrodaten.admin.ch",
        "This is not a permission to swim",
        r#"href="/console""#,
    ] {
        assert!(answer.body.contains(part), "{part}");
    }
    assert!(!answer.body.contains("{{"));
    assert_no_forbidden_claims(&answer.body);
}

#[tokio::test]
async fn place_pages_exist_in_every_language() {
    let server = ServerProcess::demo().await;
    for (id, lang, parts) in [
        ("brienz", "de", ["Messstelle Brienzwiler", "nicht der See"]),
        ("interlaken", "fr", ["sortie du lac de Brienz", "Inconnu"]),
        ("thun", "it", ["Sconosciuto", "<strong>12.0</strong>"]),
        ("bern", "fr", ["Ne pas nager", "surveillants du Marzili"]),
        ("bern", "de", ["Eichholz", "als geschlossen gemeldet"]),
        (
            "olten",
            "en",
            ["The flow is not measured here", "TemperAare"],
        ),
    ] {
        let path = format!("/{id}?lang={lang}");
        let answer = send(server.address, get(&path)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.head.contains(&format!("content-language: {lang}")));
        for part in parts {
            assert!(answer.body.contains(part), "{path}: {part}");
        }
        assert_no_forbidden_claims(&answer.body);
    }
    let request = with_header(&get("/bern"), "Accept-Language: it-CH, de;q=0.5");
    let answer = send(server.address, request).await;
    assert!(answer.body.contains("Non nuotare"));
}

#[tokio::test]
async fn unknown_place_page_returns_404_for_people_and_programs() {
    let server = ServerProcess::demo().await;
    let request = with_header(&get("/Tuhn%3Cb%3E"), "Accept: text/html");
    let answer = send(server.address, request).await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("“Tuhn&lt;b&gt;” is none"));
    for id in ["brienz", "thun", "brugg"] {
        assert!(answer.body.contains(&format!(r#"href="/{id}""#)), "{id}");
    }
    let answer = send(server.address, get("/tuhn")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.starts_with("Not Found. MCP clients"));
}

#[tokio::test]
async fn console_shows_server_state_and_client_setups() {
    let server = ServerProcess::demo().await;
    let host = format!("Host: {}", server.address);
    let request = get("/console").replace("Host: localhost", &host);
    let page = send(server.address, request).await.body;
    let page = page.replace("&quot;", "\"");
    for part in ["The server is well.", "recordings of 2023-05-09"] {
        assert!(page.contains(part), "{part}");
    }
    let base = format!("http://{}", server.address);
    let setups = all_client_setups(&base);
    for client in [
        "Claude Code",
        "Claude Desktop",
        "Cursor",
        "VS Code",
        "Inspector",
        "n8n",
        "LibreChat",
    ] {
        assert!(
            setups.iter().any(|it| it.client.starts_with(client)),
            "{client}"
        );
    }
    for setup in &setups {
        assert!(
            page.contains(&format!(">{}</pre>", setup.text)),
            "{setup:?}"
        );
    }
    // The client setups of the banner are on the page, too.
    let printed: Vec<_> = server
        .banner
        .lines()
        .filter(|line| line.starts_with("  {") || line.starts_with("  claude"))
        .collect();
    assert_eq!(printed.len(), 4);
    for setup in printed {
        assert!(
            page.contains(&format!(">{}</pre>", setup.trim())),
            "{setup}"
        );
    }
}

#[tokio::test]
async fn pages_load_no_third_party_or_inline_code() {
    let server = ServerProcess::demo().await;
    for path in ["/", "/bern", "/console"] {
        let answer = send(server.address, get(path)).await;
        let policy = answer
            .head
            .lines()
            .find_map(|line| line.strip_prefix("content-security-policy: "))
            .unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
        assert!(!policy.contains("unsafe"));
        for inline in ["<script>", "<style", "style=", "onclick=", "javascript:"] {
            assert!(!answer.body.contains(inline), "{path}: {inline}");
        }
    }
    for (path, of_type) in [
        ("/style.css", "text/css; charset=utf-8"),
        ("/page.js", "text/javascript; charset=utf-8"),
        ("/charts.js", "text/javascript; charset=utf-8"),
        ("/console.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let file = send(server.address, get(path)).await;
        assert_eq!(file.status, 200);
        assert!(file.head.contains(&format!("content-type: {of_type}")));
        for foreign in ["@import", "url(", "innerHTML", "insertAdjacentHTML"] {
            assert!(!file.body.contains(foreign), "{path}: {foreign}");
        }
    }
}

#[tokio::test]
async fn page_with_a_matching_etag_returns_304() {
    let server = ServerProcess::demo().await;
    for path in ["/", "/bern?lang=it", "/style.css"] {
        let answer = send(server.address, get(path)).await;
        let etag = answer
            .head
            .lines()
            .find_map(|line| line.strip_prefix("etag: "))
            .unwrap();
        let again = with_header(&get(path), &format!("If-None-Match: \"other\", {etag}"));
        let again = send(server.address, again).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
    }
}

#[tokio::test]
async fn pages_show_the_address_of_the_request() {
    let arguments = [
        "serve",
        "--demo",
        "--base-path=/aare",
        "--allowed-hosts=aare.example.org",
    ];
    let server = ServerProcess::start(&arguments).await;
    for path in ["/aare", "/aare/", "/aare/bern", "/aare/console"] {
        let request = get(path).replace("Host: localhost", "Host: aare.example.org");
        let request = with_header(&request, "X-Forwarded-Proto: https");
        let page = send(server.address, request).await.body;
        assert!(page.contains(r#"href="/aare/style.css""#), "{path}");
        if path.ends_with("console") {
            assert!(page.contains("<code>https://aare.example.org/aare/mcp</code>"));
            assert!(page.contains("<code>wss://aare.example.org/aare/ws</code>"));
        }
    }
    assert_eq!(
        send(server.address, get("/aare/style.css")).await.status,
        200
    );
    let request = get("/aare").replace("Host: localhost", "Host: evil.example");
    assert_eq!(send(server.address, request).await.status, 421);
}

#[tokio::test]
async fn live_page_streams_are_limited() {
    let bounds = [("SSE_MAX_SESSIONS", "1")];
    let server = ServerProcess::start_with(&["serve", "--demo"], &bounds).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(get("/live").as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains("event: hello") {
        assert_ne!(first.read_buf(&mut read).await.unwrap(), 0);
    }
    let second = send(server.address, get("/live")).await;
    assert_eq!(second.status, 503, "{}", second.body);
    assert!(second.head.contains("retry-after: "), "{}", second.head);
}
