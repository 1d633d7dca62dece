//! The console: the state of the server, the setup of each client, and a form for each tool that
//! calls it over HTTP+SSE from the browser.
//!
//! Tool descriptions and the parts of the server are in English, as programs get them.

use std::sync::Arc;

use answers::i18n::Texts;
use axum::{extract::State, response::Response};
use maud::{Markup, html};

use super::{Page, PageRequest, fragments::format_markup, login};
use crate::connect::{ClientSetup, all_client_setups};

const SCRIPT: &str = include_str!("../../../web/console.js");

pub(in crate::http) async fn console(
    State(page): State<Arc<Page>>,
    request: PageRequest,
) -> Response {
    respond(&page, &request)
}

pub(super) fn respond(page: &Page, request: &PageRequest) -> Response {
    let title = format!("{}: aareguru-mcp", request.texts.get("console.title"));
    request.respond("console", &title, "console.js", &main(page, request))
}

fn main(page: &Page, request: &PageRequest) -> Markup {
    let (texts, base) = (request.texts, &request.base_url);
    html! {
        div.intro {
            h1 { (texts.get("console.title")) }
            p.lead { (format_markup(texts, "console.lead", &[("mcp", mcp_link())])) }
        }
        (state(page, texts))
        section aria-labelledby="try" {
            h2 #try { (texts.get("console.try")) }
            noscript { p { (texts.get("console.no_script")) } }
            (connection(texts))
            div #tools hidden {
                div.field {
                    label for="tool" { (texts.get("console.tool")) }
                    select #tool lang="en" {}
                }
                p #description.lead lang="en" {}
                form #arguments novalidate {}
                div #result.result role="status" aria-live="polite" {}
            }
            div #wire hidden {
                h3 #messages-title { (texts.get("console.messages")) }
                p.caption {
                    (texts.get("console.last_messages")) " "
                    button #clear.plain type="button" { (texts.get("console.clear")) }
                }
                ol #messages.messages tabindex="0" aria-labelledby="messages-title" {}
            }
        }
        (client_setups(base, request.has_key, texts))
        section aria-labelledby="addresses" {
            h2 #addresses { (texts.get("console.addresses")) }
            dl.facts {
                div { dt { "Streamable HTTP" } dd { code { (base) "/mcp" } } }
                div { dt { "HTTP+SSE (legacy)" } dd { code { (base) "/sse" } } }
                div { dt { "WebSocket" } dd { code { (base.replacen("http", "ws", 1)) "/ws" } } }
                @if cfg!(feature = "graphql") && page.river.is_some() {
                    div {
                        dt { "GraphQL" }
                        dd { a href=(request.href("graphql")) { code { (base) "/graphql" } } }
                    }
                }
            }
        }
    }
}

fn state(page: &Page, texts: &Texts) -> Markup {
    let report = page.readiness.report(None);
    let state = report.worst().label();
    html! {
        section aria-labelledby="state" {
            h2 #state { (texts.get("console.state")) }
            p.state.(state) {
                span aria-hidden="true" { "●" } " "
                @match state {
                    "ok" => (texts.get("console.state_ok")),
                    "degraded" => (texts.get("console.state_degraded")),
                    _ => (texts.get("console.state_not_ready")),
                }
            }
            ul.parts lang="en" {
                @for part in &report.parts {
                    @let status = part.status.label();
                    li {
                        span.name { (part.name.replace('_', " ").replace("api", "API")) }
                        span {
                            span.(status) { (status.replace('_', " ")) }
                            @if let Some(detail) = &part.detail { ": " (detail) }
                        }
                    }
                }
            }
        }
    }
}

fn connection(texts: &Texts) -> Markup {
    let script_texts = texts.of_scripts(&[SCRIPT, login::COPY]).to_string();
    html! {
        form #connection hidden data-words=(script_texts) {
            div.row {
                div.field {
                    label for="key" { (texts.get("console.key")) }
                    input #key type="password" autocomplete="off" spellcheck="false"
                        aria-describedby="key-hint";
                    span #key-hint.hint { (texts.get("console.key_hint")) }
                }
                button #connect-button type="submit" { (texts.get("console.connect")) }
                button #disconnect-button.plain type="button" disabled {
                    (texts.get("console.disconnect"))
                }
            }
            p #connection-state role="status" aria-live="polite" {
                (texts.get("console.not_connected"))
            }
        }
    }
}

pub(super) fn mcp_link() -> Markup {
    html! { a href="https://modelcontextprotocol.io" rel="noreferrer" { "MCP" } }
}

/// How each client connects to the server at `base`.
pub(super) fn client_setups(base: &str, needs_key: bool, texts: &Texts) -> Markup {
    let header = html! { code { "Authorization: Bearer …" } };
    html! {
        section aria-labelledby="connect" {
            h2 #connect { (texts.get("console.clients")) }
            @if needs_key {
                p { (format_markup(texts, "console.key_needed", &[("header", header)])) }
            }
            p #copied role="status" aria-live="polite" {}
            div.setups {
                @for setup in all_client_setups(base) { (client_setup(&setup, needs_key, texts)) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use answers::language::Language;

    #[test]
    fn what_a_setup_says_in_english_is_told_in_every_language() {
        let of =
            |language| client_setups("http://localhost", false, Texts::of(language)).into_string();
        let german = of(Language::German);
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
        assert!(of(Language::English).contains("Cursor, and others that take a URL"));
        let with_key = client_setups("http://localhost", true, Texts::of(Language::German));
        assert!(
            with_key
                .into_string()
                .contains("Authentication: Bearer Auth")
        );
    }
}
