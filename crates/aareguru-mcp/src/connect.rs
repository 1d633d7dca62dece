//! Instructions for connecting MCP clients to this server, for the banner and the web page. A test
//! compares them with the README.

use web::ClientSetup;

/// Returns the setups of [`client_setups`], and those that are too long for the banner.
pub fn all_client_setups(base: &str) -> Vec<ClientSetup> {
    let mut setups = client_setups(base);
    let (mcp, sse) = (format!("{base}/mcp"), format!("{base}/sse"));
    setups.extend([
        ClientSetup {
            client: "Inspector",
            file: None,
            text: format!(
                "npx @modelcontextprotocol/inspector --cli {mcp} --transport http --method tools/list"
            ),
        },
        ClientSetup {
            client: "n8n",
            file: Some("the node MCP Client Tool"),
            text: format!("Endpoint: {mcp}\nServer Transport: HTTP Streamable\nAuthentication: None"),
        },
        ClientSetup {
            client: "LibreChat",
            file: Some("librechat.yaml"),
            text: format!("mcpServers:\n  aareguru:\n    type: streamable-http\n    url: {mcp}"),
        },
        ClientSetup {
            client: "An older client, over HTTP+SSE",
            file: None,
            text: format!("claude mcp add --transport sse aareguru {sse}"),
        },
    ]);
    setups
}

/// Returns the setups for a server at `base`, such as `http://127.0.0.1:8000` or
/// `https://example.org/aare`.
pub fn client_setups(base: &str) -> Vec<ClientSetup> {
    let mcp = format!("{base}/mcp");
    vec![
        ClientSetup {
            client: "Claude Code",
            file: None,
            text: format!("claude mcp add --transport http aareguru {mcp}"),
        },
        ClientSetup {
            client: "Cursor, and others that take a URL",
            file: Some(".cursor/mcp.json"),
            text: format!(r#"{{"mcpServers": {{"aareguru": {{"url": "{mcp}"}}}}}}"#),
        },
        ClientSetup {
            client: "Claude Desktop, through mcp-remote",
            file: Some("claude_desktop_config.json"),
            text: format!(
                r#"{{"mcpServers": {{"aareguru": {{"command": "npx", "args": ["-y", "mcp-remote", "{mcp}"]}}}}}}"#
            ),
        },
        ClientSetup {
            client: "VS Code",
            file: Some(".vscode/mcp.json"),
            text: format!(r#"{{"servers": {{"aareguru": {{"type": "http", "url": "{mcp}"}}}}}}"#),
        },
    ]
}

#[cfg(test)]
mod tests {
    use axum::{
        body::to_bytes,
        extract::{FromRequestParts, State},
        http::Request,
    };
    use edge::{BasePath, health::Readiness};
    use rmcp_transport::Principal;
    use tokio_util::sync::CancellationToken;
    use web::{PageRequest, Pages};

    use super::*;
    use crate::health_checks::PROGRAM;

    /// Returns the console in a language, as the owner of a key sees it or others do.
    async fn console(language: &str, has_key: bool) -> String {
        let shutdown = CancellationToken::new();
        let pages = Pages::new(web::Config {
            base_path: BasePath::default(),
            river: None,
            readiness: Readiness::new(PROGRAM, shutdown.clone(), Vec::new()),
            has_graphql: false,
            client_setups: all_client_setups,
            max_live_pages: 1,
            max_live_pages_per_client: 1,
            shutdown,
        });
        let request = Request::get(format!("/console?lang={language}"));
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        if has_key {
            parts.extensions.insert(Principal::new("alice"));
        }
        let request = PageRequest::from_request_parts(&mut parts, &pages).await;
        let response = web::console(State(pages), request.unwrap()).await;
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn english_texts_of_setups_are_translated_on_pages() {
        let german = console("de", false).await;
        for setup in all_client_setups("http://localhost") {
            let is_name = !setup.client.contains([',', ' ']) || setup.client == "Claude Code";
            let is_name = is_name || setup.client == "VS Code";
            assert!(
                is_name || !german.contains(setup.client),
                "{}",
                setup.client
            );
        }
        assert!(!german.contains("the node"), "{german}");
        let english = console("en", false).await;
        assert!(english.contains("Cursor, and others that take a URL"));
        let with_key = console("de", true).await;
        assert!(with_key.contains("Authentication: Bearer Auth"));
    }
}
