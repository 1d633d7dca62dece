//! The four tables against each other, and against those who use them.

use std::{collections::BTreeSet, fs, path::Path};

use aareguru::{Place, Reading, Situation, WeatherSymbol, advice::Finding};

use super::*;

fn keys(texts: &Texts) -> BTreeSet<&str> {
    texts.texts.keys().map(String::as_str).collect()
}

fn values(text: &str) -> BTreeSet<&str> {
    let pieces = text.split('{').skip(1);
    pieces
        .filter_map(|piece| Some(piece.split_once('}')?.0))
        .collect()
}

#[test]
fn every_text_stands_in_every_language_with_the_same_values() {
    let english = Texts::of(Language::English);
    for texts in ALL.iter() {
        let language = texts.language;
        assert_eq!(keys(texts), keys(english), "{language:?}");
        for (key, text) in &texts.texts {
            assert!(!text.trim().is_empty(), "{language:?}: {key}");
            assert_eq!(
                values(text),
                values(english.get(key)),
                "{language:?}: {key}"
            );
        }
        assert_eq!(texts.get("date.months").split(' ').count(), 12);
        assert_eq!(texts.get("date.weekdays").split(' ').count(), 7);
    }
}

#[test]
fn no_text_promises_anything() {
    for texts in ALL.iter() {
        for text in texts.texts.values() {
            let lower = text.to_lowercase();
            for word in [
                "safe",
                "sicher",
                "harmless",
                "unbedenklich",
                "sans danger",
                "sicuro",
            ] {
                assert!(!lower.contains(word), "{text}");
            }
        }
    }
}

/// All that is written in the sources of the page, its templates and scripts,
/// but for this file.
fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    let mut paths: Vec<_> = [
        "src/http/page.rs",
        "src/http/page",
        "src/mcp/apps.rs",
        "src/mcp/apps",
        "src/mcp/tools/forecast.rs",
        "web",
    ]
    .map(|path| root.join(path))
    .into();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            paths.extend(entries.map(|entry| entry.unwrap().path()));
        } else if !path.ends_with("i18n/tests.rs")
            && path.extension().is_none_or(|extension| extension != "toml")
        {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

#[test]
fn every_text_is_used_and_every_text_that_is_used_exists() {
    let sources = sources();
    let english = Texts::of(Language::English);
    for key in keys(english) {
        let group = key.split_once('.').map_or(key, |(group, _)| group);
        let is_used = [
            format!("\"{key}\""),
            format!("'{key}'"),
            // Made of a group and a name, as in `format!("place.{id}")`.
            format!("\"{group}.{{"),
            format!("`{group}.${{"),
        ];
        assert!(is_used.iter().any(|use_| sources.contains(use_)), "{key}");
    }
    for before in [".get(\"", ".format(\"", ".format_markup(\"", "say('"] {
        for piece in sources.split(before).skip(1) {
            let key = piece.split(['"', '\'']).next().unwrap();
            assert!(english.texts.contains_key(key), "{key}");
        }
    }
    // Keys that a variable holds first, such as "trend.rising".
    for piece in sources.split('"') {
        let is_key = |(group, name): (&str, &str)| {
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let is_file = ["js", "css"].contains(&name);
            name.chars().all(is_name) && !name.is_empty() && !is_file && has_group(english, group)
        };
        if piece.split_once('.').is_some_and(is_key) {
            assert!(english.texts.contains_key(piece), "{piece}");
        }
    }
}

fn has_group(texts: &Texts, group: &str) -> bool {
    let mut keys = texts.texts.keys();
    keys.any(|key| key.split_once('.').is_some_and(|(it, _)| it == group))
}

#[test]
fn what_the_library_may_tell_has_words() {
    let english = Texts::of(Language::English);
    let has = |key: String| assert!(english.texts.contains_key(&key), "{key}");
    for place in Place::all() {
        has(format!("place.{}", place.id()));
        if place.note().is_some() {
            has(format!("note.{}", place.id()));
        }
        let now = Timestamp::UNIX_EPOCH;
        let highest = place.swimming_limits().map(|limit| limit.from_m3_per_s());
        let flow = highest.fold(100.0, f64::max);
        let flood = Reading::flow(place, Some(flow), Some(now));
        let water = Reading::UNKNOWN;
        for reason in Situation::new(place, water, flood, now).advise().reasons {
            if let Finding::LocalLimit { from_m3_per_s } = reason.finding {
                has(format!("limit.{}_{from_m3_per_s}", place.id()));
            }
        }
    }
    for symbol in WeatherSymbol::all() {
        has(format!("weather.{}", symbol.number));
    }
}

#[test]
fn numbers_and_times_are_written_as_in_the_language() {
    let measured: Timestamp = "2023-05-09T11:20:00Z".parse().unwrap();
    for (language, celsius, time, ago) in [
        (
            Language::German,
            "\u{2212}1.5\u{a0}°C",
            "9. Mai 2023, 13:20 Uhr",
            "vor 1 Minute",
        ),
        (
            Language::French,
            "\u{2212}1,5\u{a0}°C",
            "9 mai 2023, 13:20",
            "il y a 1 minute",
        ),
        (
            Language::Italian,
            "\u{2212}1.5\u{a0}°C",
            "9 maggio 2023, 13:20",
            "1 minuto fa",
        ),
        (
            Language::English,
            "\u{2212}1.5\u{a0}°C",
            "9 May 2023, 13:20",
            "1 minute ago",
        ),
    ] {
        let texts = Texts::of(language);
        assert_eq!(texts.celsius(-1.5), celsius);
        assert_eq!(texts.day_and_time(measured), time);
        assert_eq!(texts.ago(Duration::from_secs(90)), ago);
    }
    let german = Texts::of(Language::German);
    assert_eq!(
        german.day_of_week("2023-05-09".parse().unwrap()),
        "Dienstag, 9. Mai"
    );
    assert_eq!(german.flow(8.13), "8.1\u{a0}m³/s");
    assert_eq!(german.flow(247.0), "247\u{a0}m³/s");
}

#[test]
fn what_is_inserted_is_not_filled_in_again() {
    let english = Texts::of(Language::English);
    let text = english.format("unknown_place_text", &[("name", "{name}")]);
    assert!(text.starts_with("“{name}” is none"), "{text}");
}
