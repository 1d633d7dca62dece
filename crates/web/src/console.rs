//! The console: the state of the server, the setup of each client, and a form for each tool that
//! calls it over HTTP+SSE from the browser.
//!
//! Tool descriptions and the parts of the server are in English, as programs get them.

use std::sync::Arc;

use answers::i18n::Texts;
use axum::{extract::State, response::Response};
use maud::{Markup, html};

use crate::{
    client_setups::{COPY_SCRIPT, client_setups, mcp_link},
    fragments::format_markup,
    pages::Pages,
    request::PageRequest,
};

const SCRIPT: &str = include_str!("../assets/console.js");

/// Responds to `GET /console`.
pub async fn console(State(pages): State<Arc<Pages>>, request: PageRequest) -> Response {
    respond(&pages, &request)
}

pub(crate) fn respond(pages: &Pages, request: &PageRequest) -> Response {
    let title = format!("{}: aareguru-mcp", request.texts.get("console.title"));
    request.respond("console", &title, "console.js", &main(pages, request))
}

fn main(pages: &Pages, request: &PageRequest) -> Markup {
    let (texts, base) = (request.texts, &request.base_url);
    html! {
        div.intro {
            h1 { (texts.get("console.title")) }
            p.lead { (format_markup(texts, "console.lead", &[("mcp", mcp_link())])) }
        }
        (state(pages, texts))
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
        (client_setups(&pages.client_setups(base), request.has_key, texts))
        section aria-labelledby="addresses" {
            h2 #addresses { (texts.get("console.addresses")) }
            dl.facts {
                div { dt { "Streamable HTTP" } dd { code { (base) "/mcp" } } }
                div { dt { "HTTP+SSE (legacy)" } dd { code { (base) "/sse" } } }
                div { dt { "WebSocket" } dd { code { (base.replacen("http", "ws", 1)) "/ws" } } }
                @if pages.has_graphql {
                    div {
                        dt { "GraphQL" }
                        dd { a href=(request.href("graphql")) { code { (base) "/graphql" } } }
                    }
                }
            }
        }
    }
}

fn state(pages: &Pages, texts: &Texts) -> Markup {
    let report = pages.readiness.report(None);
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
    let script_texts = texts.used_by_scripts(&[SCRIPT, COPY_SCRIPT]).to_string();
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
