//! Translations of the English texts in a tool's answer, for apps in the language of their host.
//!
//! They are sent only to hosts that show apps, in `_meta`, which models do not read.

use std::collections::BTreeMap;

use aareguru::{Place, Saying, WeatherSymbol, advice::Reason};
use serde::Serialize;

use crate::{i18n::Texts, language::Language, reasons};

/// For each language except English, a dictionary from English texts.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Translations(BTreeMap<&'static str, BTreeMap<String, String>>);

impl Translations {
    /// Adds the most important reason. The names of its sources are not translated.
    #[must_use]
    pub fn with_reason(self, place: &Place, reasons: &[Reason]) -> Self {
        let Some(reason) = reasons.first() else {
            return self;
        };
        let english = reason.to_string();
        let sources = english.strip_prefix(&reason.text).unwrap_or_default();
        self.insert(&english, |texts| {
            Some(format!(
                "{}{sources}",
                reasons::translate_reason(place, reason, texts)
            ))
        })
    }

    /// Adds the meaning of a saying, if it is known.
    #[must_use]
    pub fn with_saying(self, saying: Option<&str>) -> Self {
        let Some(known) = saying.and_then(Saying::find) else {
            return self;
        };
        self.insert(&known.english, |texts| {
            Some(texts.plain_reading(known).to_owned())
        })
    }

    /// Adds the name of a weather symbol.
    #[must_use]
    pub fn with_weather(self, symbol: Option<&WeatherSymbol>) -> Self {
        match symbol {
            Some(symbol) => self.with_text(&symbol.english, &format!("weather.{}", symbol.number)),
            None => self,
        }
    }

    /// Adds the text with this key in the tables of the pages.
    #[must_use]
    pub fn with_text(self, english: &str, key: &str) -> Self {
        self.insert(english, |texts| texts.find(key).map(str::to_owned))
    }

    /// Returns whether there are no translations.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn insert(
        mut self,
        english: &str,
        translate: impl Fn(&'static Texts) -> Option<String>,
    ) -> Self {
        for language in Language::ALL {
            if language != Language::English
                && let Some(text) = translate(Texts::of(language))
            {
                let dictionary = self.0.entry(language.code()).or_default();
                dictionary.insert(english.to_owned(), text);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weather_symbols_and_sayings_have_three_translations() {
        for symbol in WeatherSymbol::all() {
            let translations = Translations::default().with_weather(Some(symbol));
            assert_eq!(translations.0.len(), 3, "{}", symbol.number);
        }
        let translations = Translations::default().with_saying(Some("Uschaflig chaut"));
        assert_eq!(translations.0["de"].len(), 1, "{translations:?}");
        let unknown = Translations::default().with_saying(Some("no saying"));
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
