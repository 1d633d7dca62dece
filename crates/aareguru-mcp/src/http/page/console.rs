//! The console: how the server is, how each client is connected, and a form for
//! each tool, to be tried out over HTTP+SSE in the browser.
//!
//! It speaks the reader's language. What the tools say of themselves, and how
//! the parts of the server are, is told as programs are told it, in English.

use axum::{
    Extension,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use rmcp_sse::Principal;

use super::{
    Page, Reader,
    i18n::Texts,
    login,
    template::{Html, Value},
};
use crate::{
    connect::{ClientSetup, all_client_setups},
    http::health::{Part, Report},
};

const PAGE: &str = include_str!("../../../web/console.html");
pub(super) const SCRIPT: &str = include_str!("../../../web/console.js");

pub(super) async fn console(
    State(shared): State<Page>,
    RawQuery(query): RawQuery,
    principal: Option<Extension<Principal>>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::of(&shared, query.as_deref(), &headers, principal.is_some());
    reader.answer(page(&shared, &reader))
}

pub(super) fn page(page: &Page, reader: &Reader) -> Html {
    const KEY: &str = "<p>{{needed}}</p>";
    const GRAPHQL: &str = r#"<div><dt>GraphQL</dt><dd><a href="{{href}}"><code>{{base}}/graphql</code></a></dd></div>"#;
    let texts = reader.texts;
    let report = page.0.readiness.report(None);
    let base = format!("{}{}", reader.address.http(), reader.base_path);
    let key = reader
        .has_key
        .then(|| Html::fill(KEY, texts, &[("needed", key_needed(texts).into())]));
    let has_graphql = cfg!(feature = "graphql") && page.0.server.is_some();
    let graphql = has_graphql.then(|| {
        let href = reader.href("graphql");
        let values = [("href", href.into()), ("base", base.as_str().into())];
        Html::fill(GRAPHQL, texts, &values)
    });
    let parts = report.parts().iter();
    let parts: Html = parts.map(|it| part(it, texts)).collect();
    let values = [
        (
            "lead",
            Html::format("console.lead", texts, &[("mcp", mcp(texts))]).into(),
        ),
        ("state", report.worst().label().into()),
        ("state_text", state_text(&report, texts).into()),
        ("parts", parts.into()),
        (
            "words",
            texts.of_scripts(&[SCRIPT, login::COPY]).to_string().into(),
        ),
        ("key", key.into()),
        ("setups", setups(&base, reader.has_key, texts).into()),
        ("graphql", graphql.into()),
        ("socket_base", base.replacen("http", "ws", 1).into()),
        ("base", base.into()),
    ];
    let main = Html::fill(PAGE, texts, &values);
    let title = format!("{}: aareguru-mcp", texts.get("console.title"));
    reader.page(("console", &title), "console.js", main)
}

/// What MCP is.
pub(super) fn mcp(texts: &Texts) -> Value {
    const LINK: &str = r#"<a href="https://modelcontextprotocol.io" rel="noreferrer">MCP</a>"#;
    Html::fill(LINK, texts, &[]).into()
}

/// How a client sends its key.
pub(super) fn key_needed(texts: &Texts) -> Html {
    let header = Html::fill("<code>Authorization: Bearer …</code>", texts, &[]);
    Html::format("console.key_needed", texts, &[("header", header.into())])
}

fn state_text<'a>(report: &Report, texts: &'a Texts) -> &'a str {
    match report.worst().label() {
        "ok" => texts.get("console.state_ok"),
        "degraded" => texts.get("console.state_degraded"),
        _ => texts.get("console.state_not_ready"),
    }
}

fn part(part: &Part, texts: &Texts) -> Html {
    const PART: &str = r#"<li><span class="name">{{name}}</span><span><span class="{{label}}">{{status}}</span>{{detail}}</span></li>"#;
    let label = part.status().label();
    let detail = part.detail().map(|detail| format!(": {detail}"));
    let values = [
        (
            "name",
            Value::from(part.name().replace('_', " ").replace("api", "API")),
        ),
        ("label", label.into()),
        ("status", label.replace('_', " ").into()),
        ("detail", detail.unwrap_or_default().into()),
    ];
    Html::fill(PART, texts, &values)
}

/// How each client is connected to the server at `base`.
pub(super) fn setups(base: &str, needs_key: bool, texts: &Texts) -> Html {
    let setups = all_client_setups(base).into_iter().map(|mut it| {
        if needs_key {
            // In the words of n8n.
            it.text = it
                .text
                .replace("Authentication: None", "Authentication: Bearer Auth");
        }
        setup(&it, texts)
    });
    setups.collect()
}

fn setup(setup: &ClientSetup, texts: &Texts) -> Html {
    const SETUP: &str = r#"<div class="setup"><h3>{{client}}</h3><p>{{place}}</p><div class="code"><pre tabindex="0">{{text}}</pre><button type="button" class="copy" data-client="{{client}}">{{w.console.copy}}</button></div></div>"#;
    const FILE: &str = "<code>{{file}}</code>";
    let client = match setup.client {
        "Cursor, and others that take a URL" => texts.get("client.cursor"),
        "Claude Desktop, through mcp-remote" => texts.get("client.claude_desktop"),
        "An older client, over HTTP+SSE" => texts.get("client.older"),
        // A name.
        client => client,
    };
    let place = match setup.file {
        None => texts.get("console.in_terminal").into(),
        Some(file) => {
            let file = match file {
                "the node MCP Client Tool" => texts.get("client.n8n_node").into(),
                file => Html::fill(FILE, texts, &[("file", file.into())]).into(),
            };
            Html::format("console.in_file", texts, &[("file", file)]).into()
        }
    };
    let values = [
        ("client", client.into()),
        ("place", place),
        ("text", setup.text.as_str().into()),
    ];
    Html::fill(SETUP, texts, &values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::page::language::Language;

    #[test]
    fn what_a_setup_says_in_english_is_told_in_every_language() {
        let of = |language| setups("http://localhost", false, Texts::of(language)).into_string();
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
        let with_key = setups("http://localhost", true, Texts::of(Language::German));
        assert!(
            with_key
                .into_string()
                .contains("Authentication: Bearer Auth")
        );
    }
}
