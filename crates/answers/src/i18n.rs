//! The texts of the pages and apps in each language, from the tables in `words/`, and the formats
//! of numbers and times.

use std::{
    collections::BTreeMap,
    fmt::{Display, Write},
    sync::LazyLock,
    time::Duration,
};

use aareguru::{Saying, swiss_time};
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use serde_json::Value;

use crate::language::Language;

/// The texts of one language, by key, such as `verdict.caution`.
#[derive(Debug)]
pub struct Texts {
    language: Language,
    texts: BTreeMap<String, String>,
}

/// An entry of a table: a text, or a group of texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    Group(BTreeMap<String, String>),
}

static ALL: LazyLock<[Texts; 4]> = LazyLock::new(|| Language::ALL.map(Texts::load));

impl Texts {
    pub fn of(language: Language) -> &'static Self {
        &ALL[language as usize]
    }

    fn load(language: Language) -> Self {
        let table = match language {
            Language::German => include_str!("../words/de.toml"),
            Language::French => include_str!("../words/fr.toml"),
            Language::Italian => include_str!("../words/it.toml"),
            Language::English => include_str!("../words/en.toml"),
        };
        let entries: BTreeMap<String, Entry> =
            toml::from_str(table).expect("the table is compiled in, and the tests read it");
        let mut texts = BTreeMap::new();
        for (key, entry) in entries {
            match entry {
                Entry::Text(text) => {
                    texts.insert(key, text);
                }
                Entry::Group(group) => {
                    let group = group.into_iter();
                    texts.extend(group.map(|(name, text)| (format!("{key}.{name}"), text)));
                }
            }
        }
        Self { language, texts }
    }

    pub fn language(&self) -> Language {
        self.language
    }

    /// Returns the texts whose keys occur in `scripts`, by key.
    pub fn used_by_scripts(&self, scripts: &[&str]) -> Value {
        let is_used = |key: &str| {
            let group = key.split_once('.').map_or(key, |(group, _)| group);
            let (literal, template) = (format!("'{key}'"), format!("`{group}.${{"));
            scripts
                .iter()
                .any(|script| script.contains(&literal) || script.contains(&template))
        };
        let texts = self.texts.iter().filter(|(key, _)| is_used(key));
        texts
            .map(|(key, text)| (key.clone(), Value::from(text.as_str())))
            .collect()
    }

    /// Returns all keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// Returns the text with this key, if it exists.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// Returns the text with this key, or the key if there is no text. A test checks every key in
    /// use.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.find(key).unwrap_or(key)
    }

    /// Returns the text with each `{name}` replaced by its value.
    pub fn format<V: Display>(&self, key: &str, values: &[(&str, V)]) -> String {
        replace_names(self.get(key), values)
    }

    /// Formats a number with the decimal separator that the language uses in Switzerland.
    pub fn number(&self, value: f64, decimals: usize) -> String {
        let text = format!("{value:.decimals$}").replace('-', "\u{2212}");
        match self.language {
            Language::French => text.replace('.', ","),
            _ => text,
        }
    }

    pub fn celsius(&self, value: f64) -> String {
        format!("{}\u{a0}°C", self.number(value, 1))
    }

    /// Formats a flow, with one decimal below 10 m³/s.
    pub fn flow(&self, value: f64) -> String {
        let decimals = usize::from(value.abs() < 10.0);
        format!("{}\u{a0}m³/s", self.number(value, decimals))
    }

    pub fn percent(&self, value: f64) -> String {
        format!("{}\u{a0}%", self.number(value, 0))
    }

    pub fn millimetres(&self, value: f64) -> String {
        format!("{}\u{a0}mm", self.number(value, 1))
    }

    /// Formats the time of day in Switzerland: `13:20`.
    pub fn clock(&self, at: Timestamp) -> String {
        swiss_time(at).strftime("%H:%M").to_string()
    }

    /// Formats a date: `9. Mai 2023`.
    pub fn day(&self, day: Date) -> String {
        let (number, year) = (day.day().to_string(), day.year().to_string());
        let values = [
            ("day", &*number),
            ("month", self.month(day)),
            ("year", &year),
        ];
        self.format("date.day", &values)
    }

    /// Formats a date with its weekday: `Dienstag, 9. Mai`.
    pub fn day_of_week(&self, day: Date) -> String {
        let weekday = nth_word(
            self.get("date.weekdays"),
            day.weekday().to_monday_zero_offset(),
        );
        let (number, month) = (day.day().to_string(), self.month(day));
        let values = [("weekday", weekday), ("day", &number), ("month", month)];
        self.format("date.day_of_week", &values)
    }

    /// Formats date and time in Switzerland.
    pub fn day_and_time(&self, at: Timestamp) -> String {
        let day = self.day(swiss_time(at).date());
        self.format("date.and_time", &[("day", day), ("time", self.clock(at))])
    }

    /// Formats an age: "5 minutes ago". `page.js` updates ages with the same rules.
    pub fn ago(&self, age: Duration) -> String {
        let minutes = age.as_secs() / 60;
        let (key, n) = match minutes {
            0 => ("ago.now", 0),
            1 => ("ago.minute", 1),
            2..120 => ("ago.minutes", minutes),
            120..2880 => ("ago.hours", minutes / 60),
            _ => ("ago.days", minutes / 1440),
        };
        self.format(key, &[("n", n)])
    }

    /// Returns the meaning of a saying in Bernese German.
    pub fn plain_reading(&self, saying: &'static Saying) -> &'static str {
        match self.language {
            Language::German => &saying.german,
            Language::French => &saying.french,
            Language::Italian => &saying.italian,
            Language::English => &saying.english,
        }
    }

    fn month(&self, day: Date) -> &str {
        nth_word(self.get("date.months"), day.month() - 1)
    }
}

fn nth_word(words: &str, n: i8) -> &str {
    let n = usize::from(n.unsigned_abs());
    words.split(' ').nth(n).unwrap_or_default()
}

/// Replaces each `{name}` once: inserted values are not searched for names.
pub fn replace_names<V: Display>(template: &str, values: &[(&str, V)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{value}");
        }
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests;
