//! Instructions for connecting MCP clients, as a part of pages.

use answers::i18n::Texts;
use maud::{Markup, html};

use crate::fragments::format_markup;

/// Copies an instruction.
pub(crate) const COPY_SCRIPT: &str = include_str!("../assets/copy.js");

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

pub(crate) fn mcp_link() -> Markup {
    html! { a href="https://modelcontextprotocol.io" rel="noreferrer" { "MCP" } }
}

/// How each client connects to the server.
pub(crate) fn client_setups(setups: &[ClientSetup], needs_key: bool, texts: &Texts) -> Markup {
    let header = html! { code { "Authorization: Bearer …" } };
    html! {
        section aria-labelledby="connect" {
            h2 #connect { (texts.get("console.clients")) }
            @if needs_key {
                p { (format_markup(texts, "console.key_needed", &[("header", header)])) }
            }
            p #copied role="status" aria-live="polite" {}
            div.setups {
                @for setup in setups { (client_setup(setup, needs_key, texts)) }
            }
        }
    }
}

fn client_setup(setup: &ClientSetup, needs_key: bool, texts: &Texts) -> Markup {
    let client = match setup.client {
        "Cursor, and others that take a URL" => texts.get("client.cursor"),
        "Claude Desktop, through mcp-remote" => texts.get("client.claude_desktop"),
        "An older client, over HTTP+SSE" => texts.get("client.older"),
        name => name,
    };
    let file = setup.file.map(|file| match file {
        "the node MCP Client Tool" => html! { (texts.get("client.n8n_node")) },
        file => html! { code { (file) } },
    });
    // As n8n calls them.
    let (without_key, with_key) = ("Authentication: None", "Authentication: Bearer Auth");
    html! {
        div.setup {
            h3 { (client) }
            p {
                @if let Some(file) = file {
                    (format_markup(texts, "console.in_file", &[("file", file)]))
                } @else {
                    (texts.get("console.in_terminal"))
                }
            }
            div.code {
                pre tabindex="0" {
                    @if needs_key { (setup.text.replace(without_key, with_key)) }
                    @else { (setup.text) }
                }
                button.copy type="button" data-client=(client) { (texts.get("console.copy")) }
            }
        }
    }
}
