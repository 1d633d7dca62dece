//! What `serve` prints on standard output when it is ready: where to connect,
//! and the configuration to paste into a client.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use crate::settings::{LogFormat, Settings};

/// Prints it, unless standard output belongs to a log collector
/// (`LOG_FORMAT=json`).
///
/// # Errors
///
/// Standard output cannot be written to.
pub fn print(address: SocketAddr, settings: &Settings, demo: bool) -> io::Result<()> {
    if settings.log_format == LogFormat::Json {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(text(&url(address, "/sse"), demo).as_bytes())?;
    out.flush()
}

fn text(sse: &str, demo: bool) -> String {
    let data = if demo {
        "recordings of 2023-05-09, not current (--demo)"
    } else {
        "live from aare.guru"
    };
    format!(
        r#"aareguru-mcp {version}: how warm is the Aare?

  MCP over HTTP+SSE   {sse}
  data                {data}

Claude Code:

  claude mcp add --transport sse aareguru {sse}

Cursor (.cursor/mcp.json) and others that take a URL:

  {{"mcpServers": {{"aareguru": {{"url": "{sse}"}}}}}}

Claude Desktop (claude_desktop_config.json), through mcp-remote:

  {{"mcpServers": {{"aareguru": {{"command": "npx", "args": ["-y", "mcp-remote", "{sse}", "--transport", "sse-only"]}}}}}}

VS Code (.vscode/mcp.json):

  {{"servers": {{"aareguru": {{"type": "sse", "url": "{sse}"}}}}}}

Ctrl-C stops it.
"#,
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// A URL that works on this machine: a client cannot connect to "any address".
fn url(address: SocketAddr, path: &str) -> String {
    if address.ip().is_unspecified() {
        return format!("http://localhost:{}{path}", address.port());
    }
    format!("http://{address}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_becomes_a_url_that_can_be_connected_to() {
        for (address, expected) in [
            ("127.0.0.1:8000", "http://127.0.0.1:8000/sse"),
            ("[::1]:8000", "http://[::1]:8000/sse"),
            ("0.0.0.0:8000", "http://localhost:8000/sse"),
            ("[::]:8000", "http://localhost:8000/sse"),
        ] {
            assert_eq!(url(address.parse().unwrap(), "/sse"), expected);
        }
    }
}
