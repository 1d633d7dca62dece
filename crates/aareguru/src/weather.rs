//! The meaning of Meteotest's weather symbols, from `data/weather-symbols.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::source::{Source, Sources};

/// A weather symbol of Meteotest, as the API sends it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct WeatherSymbol {
    /// The number, 1 (sunny) to 15.
    pub number: u8,
    /// The letter, `a` (sunny) to `o`.
    pub letter: String,
    /// The meaning: `mostly sunny`.
    pub english: String,
    from: String,
}

impl WeatherSymbol {
    /// Returns all symbols, by number.
    pub fn all() -> &'static [Self] {
        &TABLE.symbol
    }

    /// Returns the symbol with this number, or with this letter if there is no number. An invalid
    /// number is `None`, whatever the letter.
    pub fn find(number: Option<u8>, letter: Option<&str>) -> Option<&'static Self> {
        Self::all().iter().find(|symbol| match (number, letter) {
            (Some(number), _) => symbol.number == number,
            (None, Some(letter)) => symbol.letter == letter,
            (None, None) => false,
        })
    }

    /// Returns the source of the meaning.
    pub fn source(&self) -> &'static Source {
        TABLE.source.get(&self.from)
    }
}

/// The shape of `data/weather-symbols.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    source: Sources,
    symbol: Vec<WeatherSymbol>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/weather-symbols.toml"))
        .expect("the table is compiled in and every test reads it")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_found_by_number_and_letter() {
        assert_eq!(WeatherSymbol::all().len(), 15);
        for (symbol, (number, letter)) in WeatherSymbol::all().iter().zip((1..).zip('a'..)) {
            let letter = letter.to_string();
            assert_eq!(
                WeatherSymbol::find(Some(number), Some("x")),
                Some(symbol),
                "{number}"
            );
            assert_eq!(WeatherSymbol::find(None, Some(&letter)), Some(symbol));
            assert!(!symbol.source().url.is_empty());
        }
    }

    #[test]
    fn invalid_symbol_is_not_found() {
        for (number, letter) in [(None, None), (Some(0), Some("a")), (Some(16), None)] {
            assert_eq!(WeatherSymbol::find(number, letter), None);
        }
        assert_eq!(WeatherSymbol::find(None, Some("p")), None);
    }
}
