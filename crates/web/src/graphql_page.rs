//! The page at `/graphql`: a query editor with completion, next to the documentation of the schema.
//! The schema is in English, everything around it in the language of the page.

use answers::i18n::Texts;
use axum::{http::request::Parts, response::Response};
use edge::BasePath;
use maud::{Markup, html};

use crate::request::PageRequest;

const SCRIPT: &str = include_str!("../assets/graphql.js");
const DOCS: &str = include_str!("../assets/graphql_docs.js");

/// The response to a browser that sends no query.
pub fn graphql_page(base_path: &BasePath, parts: &Parts) -> Response {
    let request = PageRequest::from_parts(base_path, parts);
    let title = format!("GraphQL: {}", request.texts.get("title"));
    request.respond("graphql", &title, "graphql.js", &main(request.texts))
}

fn main(texts: &Texts) -> Markup {
    let script_texts = texts.used_by_scripts(&[SCRIPT, DOCS]).to_string();
    html! {
        div.intro {
            h1 { "GraphQL" }
            p.lead { (texts.get("graphql.lead")) }
        }
        noscript { p.notice { (texts.get("graphql.no_script")) } }
        form #ask.panes hidden novalidate data-words=(script_texts) {
            section aria-label=(texts.get("graphql.query")) {
                div.row {
                    div.field {
                        label for="example" { (texts.get("graphql.example")) }
                        select #example {}
                    }
                    button #run type="submit" { (texts.get("graphql.run")) }
                    button #stop.plain type="button" hidden { (texts.get("graphql.stop")) }
                }
                label for="query" { (texts.get("graphql.query")) }
                div.editor {
                    pre #painted aria-hidden="true" {}
                    textarea #query spellcheck="false" autocapitalize="off" autocomplete="off"
                        aria-autocomplete="list" aria-describedby="query-hint" {}
                    ul #choices.choices role="listbox" aria-label=(texts.get("graphql.choices"))
                        hidden {}
                }
                p #query-hint.hint { (texts.get("graphql.query_hint")) }
                label for="variables" { (texts.get("graphql.variables")) }
                textarea #variables rows="2" spellcheck="false" autocapitalize="off"
                    autocomplete="off" aria-describedby="variables-error" {}
                p #variables-error.error role="alert" {}
                div.row {
                    button #format.plain type="button" { (texts.get("graphql.format")) }
                    button #curl.plain type="button" { (texts.get("graphql.curl")) }
                    button #link.plain type="button" { (texts.get("graphql.link")) }
                    span #copied.hint role="status" {}
                }
            }
            section aria-labelledby="answer-title" {
                h2 #answer-title { (texts.get("graphql.answer")) }
                p #state role="status" { (texts.get("graphql.not_asked")) }
                ul #errors.errors {}
                div #answers.answers tabindex="0" role="group" aria-labelledby="answer-title" {}
            }
        }
        section #schema aria-labelledby="schema-title" hidden {
            div.row {
                h2 #schema-title { (texts.get("graphql.schema")) }
                div.field {
                    label for="search" { (texts.get("graphql.search")) }
                    input #search type="search" autocomplete="off" spellcheck="false";
                }
            }
            nav aria-label=(texts.get("graphql.trail")) { ol #trail.trail {} }
            p #schema-state role="status" { (texts.get("graphql.loading")) }
            div #docs.docs lang="en" {}
        }
    }
}
