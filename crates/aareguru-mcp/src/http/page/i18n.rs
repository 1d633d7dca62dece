//! What the page says, in one language: the texts of `web/words`, and how
//! numbers and times are written there.

use std::{collections::BTreeMap, sync::LazyLock, time::Duration};

use aareguru::{Saying, swiss_time};
use jiff::{Timestamp, civil::Date};
use serde_json::Value;

use super::language::Language;

/// The texts in one language, by their keys: `verdict.caution`.
#[derive(Debug)]
pub(crate) struct Texts {
    language: Language,
    texts: BTreeMap<String, String>,
}

static ALL: LazyLock<[Texts; 4]> = LazyLock::new(|| {
    [
        Texts::read(Language::German, include_str!("../../../web/words/de.toml")),
        Texts::read(Language::French, include_str!("../../../web/words/fr.toml")),
        Texts::read(
            Language::Italian,
            include_str!("../../../web/words/it.toml"),
        ),
        Texts::read(
            Language::English,
            include_str!("../../../web/words/en.toml"),
        ),
    ]
});

impl Texts {
    pub(crate) fn of(language: Language) -> &'static Self {
        let texts = ALL.iter().find(|texts| texts.language == language);
        texts.expect("there are texts in each language")
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The texts that these scripts name, by their keys.
    pub(crate) fn of_scripts(&self, scripts: &[&str]) -> Value {
        let is_used = |key: &str| {
            let group = key.split_once('.').map_or(key, |(group, _)| group);
            let (whole, made) = (format!("'{key}'"), format!("`{group}.${{"));
            scripts
                .iter()
                .any(|script| script.contains(&whole) || script.contains(&made))
        };
        let texts = self.texts.iter().filter(|(key, _)| is_used(key));
        texts
            .map(|(key, text)| (key.clone(), Value::from(text.as_str())))
            .collect()
    }

    /// The text with this key, if there is one.
    pub(crate) fn find(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// The text with this key. One that is missing shows its key: the page
    /// stands all the same, and a test finds it before anybody else does.
    pub(crate) fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.texts.get(key).map_or(key, String::as_str)
    }

    /// The text with each `{name}` replaced, once: what is inserted is not
    /// looked at again.
    pub(super) fn format(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut text = String::new();
        let mut rest = self.get(key);
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let value = values.iter().find(|(known, _)| *known == name);
            text.push_str(value.map_or("", |(_, value)| value));
            rest = after;
        }
        text + rest
    }

    /// With the decimal sign of the language, as it is written in Switzerland.
    pub(super) fn number(&self, value: f64, decimals: usize) -> String {
        let text = format!("{value:.decimals$}").replace('-', "\u{2212}");
        match self.language {
            Language::French => text.replace('.', ","),
            _ => text,
        }
    }

    pub(super) fn celsius(&self, value: f64) -> String {
        format!("{}\u{a0}°C", self.number(value, 1))
    }

    /// A flow: to the tenth below 10 m³/s, else whole.
    pub(super) fn flow(&self, value: f64) -> String {
        let decimals = usize::from(value.abs() < 10.0);
        format!("{}\u{a0}m³/s", self.number(value, decimals))
    }

    pub(super) fn percent(&self, value: f64) -> String {
        format!("{}\u{a0}%", self.number(value, 0))
    }

    pub(super) fn millimetres(&self, value: f64) -> String {
        format!("{}\u{a0}mm", self.number(value, 1))
    }

    /// The clock in Switzerland: `13:20`.
    pub(super) fn clock(&self, at: Timestamp) -> String {
        swiss_time(at).strftime("%H:%M").to_string()
    }

    /// `9. Mai 2023`.
    pub(super) fn day(&self, day: Date) -> String {
        let (number, year) = (day.day().to_string(), day.year().to_string());
        let month = self.month(day);
        let values = [("day", &*number), ("month", month), ("year", &year)];
        self.format("date.day", &values)
    }

    /// `Dienstag, 9. Mai`.
    pub(super) fn day_of_week(&self, day: Date) -> String {
        let weekday = usize::from(day.weekday().to_monday_zero_offset().unsigned_abs());
        let weekday = self.nth("date.weekdays", weekday);
        let (number, month) = (day.day().to_string(), self.month(day));
        let values = [("weekday", weekday), ("day", &number), ("month", month)];
        self.format("date.day_of_week", &values)
    }

    /// Day and clock.
    pub(super) fn day_and_time(&self, at: Timestamp) -> String {
        let day = self.day(swiss_time(at).date());
        let values = [("day", &*day), ("time", &*self.clock(at))];
        self.format("date.and_time", &values)
    }

    /// How long ago, as a program in the page goes on to tell it.
    pub(super) fn ago(&self, age: Duration) -> String {
        let minutes = age.as_secs() / 60;
        let (key, n) = match minutes {
            0 => ("ago.now", 0),
            1 => ("ago.minute", 1),
            2..120 => ("ago.minutes", minutes),
            120..2880 => ("ago.hours", minutes / 60),
            _ => ("ago.days", minutes / 1440),
        };
        self.format(key, &[("n", &n.to_string())])
    }

    /// What a saying says in plain words.
    pub(crate) fn plain_reading(&self, saying: &'static Saying) -> &'static str {
        match self.language {
            Language::German => &saying.german,
            Language::French => &saying.french,
            Language::Italian => &saying.italian,
            Language::English => &saying.english,
        }
    }

    fn month(&self, day: Date) -> &str {
        let month = day.month().unsigned_abs().saturating_sub(1);
        self.nth("date.months", usize::from(month))
    }

    fn nth<'a>(&'a self, key: &'a str, n: usize) -> &'a str {
        self.get(key).split(' ').nth(n).unwrap_or_default()
    }

    fn read(language: Language, table: &str) -> Self {
        let table: toml::Table =
            toml::from_str(table).expect("the table is compiled in and every test reads it");
        let mut texts = BTreeMap::new();
        for (key, value) in table {
            match value {
                toml::Value::String(text) => {
                    texts.insert(key, text);
                }
                toml::Value::Table(group) => {
                    for (name, text) in group {
                        let text = text.as_str().expect("a group holds texts").to_owned();
                        texts.insert(format!("{key}.{name}"), text);
                    }
                }
                _ => unreachable!("there are texts and groups of them"),
            }
        }
        Self { language, texts }
    }
}

#[cfg(test)]
mod tests;
