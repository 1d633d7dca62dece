//! MCP Apps (the extension `io.modelcontextprotocol/ui`): HTML that hosts show next to an answer.
//!
//! Each app is one self-contained HTML file with the style and charts of the web pages.

use std::collections::BTreeMap;

use aareguru::{FloodLevel, Place};
use answers::{
    assets::{CHARTS, STYLE},
    i18n::Texts,
    language::Language,
    translations::Translations,
};
use rmcp::{
    RoleServer,
    model::{ExtensionCapabilities, MetaObject, ResourceContents, object},
    service::RequestContext,
};
use serde_json::{Value, json};

const EXTENSION: &str = "io.modelcontextprotocol/ui";
const MIME_TYPE: &str = "text/html;profile=mcp-app";

const PAGE: &str = include_str!("../assets/app.html");
const SCRIPT: &str = include_str!("../assets/app.js");

/// An app that shows the output of one tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppView {
    Conditions,
    Compare,
    Forecast,
    History,
}

impl AppView {
    pub(crate) const ALL: [Self; 4] = [
        Self::Conditions,
        Self::Compare,
        Self::Forecast,
        Self::History,
    ];

    /// Returns the name of the view in `assets/app.js`.
    fn name(self) -> &'static str {
        match self {
            Self::Conditions => "conditions",
            Self::Compare => "compare",
            Self::Forecast => "forecast",
            Self::History => "history",
        }
    }

    pub(crate) fn uri(self) -> String {
        format!("ui://aareguru/{}", self.name())
    }

    /// Returns the `_meta` that links a tool to its app.
    pub(crate) fn link_meta(self) -> MetaObject {
        MetaObject(object(json!({"ui": {"resourceUri": self.uri()}})))
    }

    pub(crate) fn contents(self) -> ResourceContents {
        // The empty policy denies all requests, and the app needs none.
        let meta = json!({"ui": {"csp": {}, "prefersBorder": true}});
        ResourceContents::text(self.html(), self.uri())
            .with_mime_type(MIME_TYPE)
            .with_meta(MetaObject(object(meta)))
    }

    fn html(self) -> String {
        // On the web pages, the charts are a separate module.
        let charts = CHARTS.replace("export function", "function");
        PAGE.replace("{{title}}", "Aareguru")
            .replace("{{app}}", self.name())
            .replace("{{style}}", STYLE)
            .replace("{{words}}", &escape_for_script(&translated_texts()))
            .replace("{{levels}}", &escape_for_script(&flood_thresholds()))
            .replace("{{charts}}", &charts)
            .replace("{{script}}", SCRIPT)
    }
}

/// Returns the translations of an answer as `_meta` of its result, which models do not read.
pub(crate) fn translations_meta(translations: &Translations) -> Option<MetaObject> {
    let meta = || MetaObject(object(json!({"aareguru/said": translations})));
    (!translations.is_empty()).then(meta)
}

/// Returns the extension capability that announces apps.
pub(crate) fn extension_capabilities() -> ExtensionCapabilities {
    let settings = object(json!({"mimeTypes": [MIME_TYPE]}));
    ExtensionCapabilities::from([(EXTENSION.to_owned(), settings)])
}

/// Returns whether the client shows apps.
pub(crate) fn is_supported_by_client(context: &RequestContext<RoleServer>) -> bool {
    let extensions = context
        .client_capabilities()
        .and_then(|client| client.extensions);
    extensions.is_some_and(|extensions| extensions.contains_key(EXTENSION))
}

/// Serializes JSON for a `script` element, without text that would end the element.
fn escape_for_script(json: &Value) -> String {
    json.to_string().replace('<', "\\u003c")
}

/// Returns the texts that the script uses, by language.
fn translated_texts() -> Value {
    let of = |language: Language| {
        let texts = Texts::of(language).used_by_scripts(&[SCRIPT]);
        (language.code(), texts)
    };
    let all: BTreeMap<_, _> = Language::ALL.into_iter().map(of).collect();
    json!(all)
}

/// Returns the flows in m³/s at which flood levels 2 to 5 begin, by place.
fn flood_thresholds() -> Value {
    let of = |place: &'static Place| {
        let thresholds = place.flood_thresholds()?;
        let levels = FloodLevel::ALL.into_iter();
        let levels = levels.filter_map(|level| thresholds.from_m3_per_s(level));
        Some((place.id(), levels.collect::<Vec<_>>()))
    };
    let all: BTreeMap<_, _> = Place::all().iter().filter_map(of).collect();
    json!(all)
}

#[cfg(test)]
mod tests {
    use super::AppView;

    #[test]
    fn app_html_is_self_contained_and_small() {
        for app in AppView::ALL {
            let html = app.html();
            assert!(html.starts_with("<!doctype html>"));
            assert!(html.len() < 100 * 1024, "{}", html.len());
            for foreign in ["{{", "import ", "src=", "href=\"http", "@import", "url("] {
                assert!(!html.contains(foreign), "{foreign} in {app:?}");
            }
            assert!(html.contains("\"verdict.do_not_swim\":\"Nicht schwimmen\""));
            assert!(html.contains("\"bern\":[360.0,430.0,500.0,560.0]"));
        }
    }
}
