//! The console: how the server is, how each client is connected, and a form for
//! each tool, to be tried out over HTTP+SSE in the browser.
//!
//! It is for developers and speaks English, as the tools do.

use axum::{
    Extension,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use rmcp_sse::Principal;

use super::{
    Page, Reader,
    language::Language,
    template::{Html, Value},
    words::Words,
};
use crate::{
    connect::{ClientSetup, all_client_setups},
    http::health::{Part, Report},
};

const PAGE: &str = include_str!("../../../web/console.html");

pub(super) async fn console(
    State(shared): State<Page>,
    RawQuery(query): RawQuery,
    principal: Option<Extension<Principal>>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::new(&shared, query.as_deref(), &headers, principal.is_some());
    reader.answer(page(&shared, &reader))
}

pub(super) fn page(page: &Page, reader: &Reader) -> Html {
    let words = Words::of(Language::English);
    let report = page.0.readiness.report(None);
    let base = format!("{}{}", reader.address.http(), reader.base_path);
    let key = reader.has_key.then(|| {
        Html::fill(
            "<p>Clients need a key, as you did: it goes into a header, \
             <code>Authorization: Bearer …</code>.</p>",
            words,
            &[],
        )
    });
    let setups = all_client_setups(&base).into_iter();
    let setups: Html = setups.map(|it| setup(&it, words)).collect();
    let parts = report.parts().iter();
    let parts: Html = parts.map(|it| part(it, words)).collect();
    let values = [
        ("state", report.worst().label().into()),
        ("state_text", state_text(&report).into()),
        ("parts", parts.into()),
        ("key", key.into()),
        ("setups", setups.into()),
        ("socket_base", base.replacen("http", "ws", 1).into()),
        ("base", base.into()),
    ];
    let main = Html::fill(PAGE, words, &values);
    reader.page(("console", "Console: aareguru-mcp"), "console.js", main)
}

fn state_text(report: &Report) -> &'static str {
    match report.worst().label() {
        "ok" => "The server is well.",
        "degraded" => "The server answers, but not everything is well.",
        _ => "The server is not taking requests now.",
    }
}

fn part(part: &Part, words: &Words) -> Html {
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
    Html::fill(PART, words, &values)
}

fn setup(setup: &ClientSetup, words: &Words) -> Html {
    const SETUP: &str = r#"<div class="setup"><h3>{{client}}</h3><p>{{place}}</p><div class="code"><pre tabindex="0">{{text}}</pre><button type="button" class="copy" data-client="{{client}}">Copy</button></div></div>"#;
    const FILE: &str = "in <code>{{file}}</code>";
    let place = setup
        .file
        .map(|file| Html::fill(FILE, words, &[("file", file.into())]));
    let values = [
        ("client", setup.client.into()),
        (
            "place",
            place.map_or_else(|| "in a terminal".into(), Value::from),
        ),
        ("text", setup.text.as_str().into()),
    ];
    Html::fill(SETUP, words, &values)
}
