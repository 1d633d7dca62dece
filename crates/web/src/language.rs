//! Which language a reader gets: that of `?lang=`, or else the one that the browser prefers.

use answers::language::Language;
use axum::http::{HeaderMap, header};
use edge::accept;

/// Returns the language of a request; English if none of those requested is available.
pub(crate) fn negotiate(query: Option<&str>, headers: &HeaderMap) -> Language {
    let requested = query.into_iter().flat_map(|query| query.split('&'));
    let requested = requested.filter_map(|pair| pair.strip_prefix("lang="));
    let accepted = accept::ranges(headers, &header::ACCEPT_LANGUAGE);
    requested
        .filter_map(Language::from_tag)
        .next()
        .or_else(|| preferred(accepted))
        .unwrap_or(Language::English)
}

/// Returns the accepted language with the greatest weight; of equal ones the first.
fn preferred<'a>(accepted: impl Iterator<Item = (&'a str, f32)>) -> Option<Language> {
    let mut best = (0.0, None);
    for (tag, weight) in accepted {
        if let Some(language) = Language::from_tag(tag)
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
        assert_eq!(negotiate(Some(query), &headers), language, "{accepted}");
    }

    #[test]
    fn language_with_the_greatest_weight_is_chosen() {
        reads("", "de-CH,de;q=0.9,en;q=0.8", Language::German);
        reads("", "gsw", Language::German);
        reads("", "en;q=0.5, fr;q=0.7, it;q=0.7", Language::French);
        reads("", "ja, it-CH;q=0.3", Language::Italian);
        reads("", "ja", Language::English);
        reads("", "*", Language::English);
        reads("", "fr;q=nonsense, de;q=0", Language::English);
    }

    #[test]
    fn language_in_the_query_precedes_the_header() {
        reads("lang=it", "de", Language::Italian);
        reads("a=b&lang=fr-CH", "de", Language::French);
        reads("lang=klingon", "de", Language::German);
        reads("lang=", "de", Language::German);
    }
}
