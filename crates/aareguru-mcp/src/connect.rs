//! Instructions for connecting MCP clients to this server, for the banner and the web page. A test
//! compares them with the README.

/// Instructions for one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSetup {
    /// The client, or several with the same setup.
    pub client: &'static str,
    /// The file for the configuration; `None` if the setup is a command.
    pub file: Option<&'static str>,
    /// The command to run or the configuration to paste.
    pub text: String,
}

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
