//! The web page: what this server is, how it is, and how to connect a client.
//!
//! It is written on the server, needs no script, and asks nobody else for
//! anything. The addresses on it are those by which it was reached.

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{Html, IntoResponse},
};
use rmcp_sse::Principal;

use super::health::{Part, Readiness, Report};
use crate::{app::App, base_path::BasePath, connect::client_setups};

const PAGE: &str = include_str!("../../web/index.html");
const STYLE: &str = include_str!("../../web/style.css");

/// A page that was tricked into holding something else could do nothing with
/// it.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// What the page tells of.
#[derive(Debug, Clone)]
pub(super) struct Page {
    readiness: Readiness,
    base_path: BasePath,
}

impl Page {
    pub(super) fn new<S>(app: &App<S>) -> Self {
        Self {
            readiness: Readiness::new(app),
            base_path: app.base_path.clone(),
        }
    }

    fn html(&self, address: &Address, has_key: bool) -> String {
        let report = self.readiness.report(None);
        let base = format!("{}{}", address.http(), self.base_path);
        let socket_base = base.replacen("http", "ws", 1);
        let key = if has_key {
            "<p>Clients need a key, as you did: it goes into a header, \
             <code>Authorization: Bearer …</code>.</p>"
        } else {
            ""
        };
        let version = env!("CARGO_PKG_VERSION");
        // What is inserted is escaped here, or by the function that wrote it.
        fill(&[
            ("base_path", &escaped(self.base_path.as_str())),
            ("state", report.worst().label()),
            ("state_text", state_text(&report)),
            ("parts", &parts(&report)),
            ("key", key),
            ("setups", &setups(&base)),
            ("base", &escaped(&base)),
            ("socket_base", &escaped(&socket_base)),
            ("version", version),
        ])
    }
}

pub(super) async fn page(
    State(page): State<Page>,
    principal: Option<Extension<Principal>>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let address = Address::of(&headers);
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (headers, Html(page.html(&address, principal.is_some())))
}

pub(super) async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=300"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, STYLE)
}

/// By what the server was reached.
struct Address {
    host: String,
    is_secure: bool,
}

impl Address {
    /// The host was checked before. That TLS ended at a proxy is believed to
    /// anybody, because only he who says so sees the page.
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let scheme = text(HeaderName::from_static("x-forwarded-proto")).unwrap_or_default();
        Self {
            host: text(header::HOST).unwrap_or("localhost").to_owned(),
            is_secure: scheme.trim().eq_ignore_ascii_case("https"),
        }
    }

    fn http(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}", self.host)
    }
}

fn state_text(report: &Report) -> &'static str {
    match report.worst().label() {
        "ok" => "The server is well.",
        "degraded" => "The server answers, but not everything is well.",
        _ => "The server is not taking requests now.",
    }
}

fn parts(report: &Report) -> String {
    let line = |part: &Part| {
        let name = part.name().replace('_', " ").replace("api", "API");
        let label = part.status().label();
        let status = label.replace('_', " ");
        let detail = part.detail().map(escaped);
        let detail = detail
            .map(|detail| format!(": {detail}"))
            .unwrap_or_default();
        format!(
            "<li><span class=\"name\">{}</span>\
             <span><span class=\"{label}\">{status}</span>{detail}</span></li>",
            escaped(&name)
        )
    };
    report
        .parts()
        .iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

fn setups(base: &str) -> String {
    let setups = client_setups(base).into_iter().map(|setup| {
        let place = match setup.file {
            Some(file) => format!("in <code>{}</code>", escaped(file)),
            None => "in a terminal".to_owned(),
        };
        format!(
            "<div class=\"setup\"><h3>{}</h3><p>{place}</p><pre>{}</pre></div>",
            escaped(setup.client),
            escaped(&setup.text),
        )
    });
    setups.collect::<Vec<_>>().join("\n")
}

/// The page with each `{{name}}` replaced, once: what is inserted is not looked
/// at again.
fn fill(values: &[(&str, &str)]) -> String {
    let mut pieces = PAGE.split("{{");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece
            .split_once("}}")
            .expect("the page closes what it opens");
        let value = values.iter().find(|(known, _)| *known == name);
        page.push_str(value.expect("the page names only what there is").1);
        page.push_str(rest);
    }
    page
}

/// As text in HTML, also in an attribute in quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inserted_cannot_become_markup() {
        let evil = r#"http://a"><script>alert('{{base}}')</script>&"#;
        let shown = setups(evil);
        assert!(!shown.contains("<script>"), "{shown}");
        assert!(shown.contains("&quot;&gt;&lt;script&gt;alert(&#39;"));
        assert!(shown.contains("&amp;"));
        let names = [
            "base_path",
            "state",
            "state_text",
            "parts",
            "key",
            "setups",
            "base",
            "socket_base",
            "version",
        ];
        let values = names.map(|name| (name, shown.as_str()));
        let page = fill(&values);
        assert!(page.contains("{{base}}"), "an inserted text was filled in");
    }

    #[test]
    fn the_scheme_is_https_only_where_a_proxy_says_so() {
        let with = |scheme: &'static str| {
            Address::of(&HeaderMap::from_iter([
                (header::HOST, HeaderValue::from_static("aare.example")),
                (
                    HeaderName::from_static("x-forwarded-proto"),
                    HeaderValue::from_static(scheme),
                ),
            ]))
            .http()
        };
        assert_eq!(with("https"), "https://aare.example");
        for other in ["http", "", "javascript", "https://evil.example"] {
            assert_eq!(with(other), "http://aare.example");
        }
    }
}
