//! HTML from templates in which `{{name}}` stands for a value and `{{w.title}}`
//! for a text in the reader's language. Whatever is not HTML already is escaped.

use std::fmt;

use super::i18n::Texts;

/// HTML that may be sent: made of templates, and of nothing else.
#[derive(Debug, Default, Clone)]
pub(in crate::http) struct Html(String);

/// What is put into a template.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    Markup(Html),
}

impl Html {
    /// What somebody wrote into this program.
    pub(super) const fn empty() -> Self {
        Self(String::new())
    }

    /// The template with its values.
    ///
    /// # Panics
    ///
    /// If the template names a value that is not there; every page is made in
    /// a test.
    pub(super) fn fill(template: &'static str, texts: &Texts, values: &[(&str, Value)]) -> Self {
        let mut pieces = template.split("{{");
        let mut html = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (name, rest) = piece
                .split_once("}}")
                .expect("a template closes what it opens");
            if let Some(key) = name.strip_prefix("w.") {
                push_escaped(&mut html, texts.get(key));
            } else {
                let value = values.iter().find(|(known, _)| *known == name);
                match value {
                    Some((_, Value::Text(text))) => push_escaped(&mut html, text),
                    Some((_, Value::Markup(markup))) => html.push_str(&markup.0),
                    None => panic!("a template names `{name}`, which is not there"),
                }
            }
            html.push_str(rest);
        }
        Self(html)
    }

    /// A text in the reader's language in which `{name}` stands for a value.
    pub(super) fn format(key: &str, texts: &Texts, values: &[(&str, Value)]) -> Self {
        let mut pieces = texts.get(key).split('{');
        let mut html = String::new();
        push_escaped(&mut html, pieces.next().unwrap_or_default());
        for piece in pieces {
            let (name, rest) = piece.split_once('}').unwrap_or((piece, ""));
            match values.iter().find(|(known, _)| *known == name) {
                Some((_, Value::Text(text))) => push_escaped(&mut html, text),
                Some((_, Value::Markup(markup))) => html.push_str(&markup.0),
                None => {}
            }
            push_escaped(&mut html, rest);
        }
        Self(html)
    }

    pub(in crate::http) fn into_string(self) -> String {
        self.0
    }
}

impl FromIterator<Self> for Html {
    fn from_iter<I: IntoIterator<Item = Self>>(pieces: I) -> Self {
        Self(pieces.into_iter().map(|piece| piece.0).collect())
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Html> for Value {
    fn from(markup: Html) -> Self {
        Self::Markup(markup)
    }
}

/// What is not there is empty.
impl From<Option<Html>> for Value {
    fn from(markup: Option<Html>) -> Self {
        Self::Markup(markup.unwrap_or_default())
    }
}

/// As text in HTML, also in an attribute in quotes.
fn push_escaped(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::page::language::Language;

    #[test]
    fn what_is_inserted_cannot_become_markup() {
        let texts = Texts::of(Language::English);
        let evil = r#""><script>alert('{{w.title}}')</script>&"#;
        let html = Html::fill(
            "<a title=\"{{text}}\">{{text}}</a>",
            texts,
            &[("text", evil.into())],
        );
        let html = html.into_string();
        let escaped = "&quot;&gt;&lt;script&gt;alert(&#39;{{w.title}}&#39;)&lt;/script&gt;&amp;";
        assert_eq!(html, format!("<a title=\"{escaped}\">{escaped}</a>"));
    }

    #[test]
    fn markup_stays_markup_and_words_are_found() {
        let texts = Texts::of(Language::French);
        let inner = Html::fill("<b>{{w.unknown}}</b>", texts, &[]);
        let html = Html::fill("<p>{{inner}}</p>", texts, &[("inner", inner.into())]);
        assert_eq!(html.into_string(), "<p><b>inconnu</b></p>");
    }
}
