//! Which of the page's languages a reader gets: the one asked for by `?lang=`,
//! or else the one that the browser likes best.

use axum::http::{HeaderMap, header};

use crate::http::accept;

/// The languages of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    German,
    French,
    Italian,
    English,
}

impl Language {
    pub(crate) const ALL: [Self; 4] = [Self::German, Self::French, Self::Italian, Self::English];

    /// Of a request. What nobody speaks here is passed over.
    pub(crate) fn of(query: Option<&str>, headers: &HeaderMap) -> Self {
        let asked = query.into_iter().flat_map(|query| query.split('&'));
        let asked = asked.filter_map(|pair| pair.strip_prefix("lang="));
        let accepted = accept::ranges(headers, &header::ACCEPT_LANGUAGE);
        asked
            .filter_map(Self::spoken)
            .next()
            .or_else(|| liked_best(accepted))
            .unwrap_or(Self::English)
    }

    /// As in HTML and in `?lang=`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::French => "fr",
            Self::Italian => "it",
            Self::English => "en",
        }
    }

    /// In the language itself.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::German => "Deutsch",
            Self::French => "Français",
            Self::Italian => "Italiano",
            Self::English => "English",
        }
    }

    /// By a tag such as `de-CH`. Who asks for Swiss German or Romansh reads
    /// German.
    fn spoken(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        match primary.as_str() {
            "de" | "gsw" | "rm" => Some(Self::German),
            "fr" => Some(Self::French),
            "it" => Some(Self::Italian),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

/// Of several that are liked equally well, the first one.
fn liked_best<'a>(accepted: impl Iterator<Item = (&'a str, f32)>) -> Option<Language> {
    let mut best = (0.0, None);
    for (tag, weight) in accepted {
        if let Some(language) = Language::spoken(tag)
            && weight > best.0
        {
            best = (weight, Some(language));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn reads(query: &str, accepted: &'static str, language: Language) {
        let headers =
            HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepted))]);
        assert_eq!(Language::of(Some(query), &headers), language, "{accepted}");
    }

    #[test]
    fn the_language_that_is_liked_best_is_spoken() {
        reads("", "de-CH,de;q=0.9,en;q=0.8", Language::German);
        reads("", "gsw", Language::German);
        reads("", "en;q=0.5, fr;q=0.7, it;q=0.7", Language::French);
        reads("", "ja, it-CH;q=0.3", Language::Italian);
        reads("", "ja", Language::English);
        reads("", "*", Language::English);
        reads("", "fr;q=nonsense, de;q=0", Language::English);
    }

    #[test]
    fn the_one_asked_for_goes_before() {
        reads("lang=it", "de", Language::Italian);
        reads("a=b&lang=fr-CH", "de", Language::French);
        reads("lang=klingon", "de", Language::German);
        reads("lang=", "de", Language::German);
    }
}
