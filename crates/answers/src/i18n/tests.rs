//! Compares the tables of the four languages with each other and with the data of the library.

use std::collections::BTreeSet;

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
fn texts_of_all_languages_have_the_same_keys_and_values() {
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
fn texts_do_not_call_the_river_safe() {
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

#[test]
fn places_notes_limits_and_weather_symbols_have_texts() {
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
fn numbers_and_times_use_the_format_of_the_language() {
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
fn inserted_values_are_not_expanded_again() {
    let english = Texts::of(Language::English);
    let text = english.format("unknown_place_text", &[("name", "{name}")]);
    assert!(text.starts_with("“{name}” is none"), "{text}");
}
