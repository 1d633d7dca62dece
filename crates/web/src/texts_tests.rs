//! The texts against the sources that use them.

use std::{fs, path::Path};

use answers::{i18n::Texts, language::Language};

/// The sources of the pages, the apps and their scripts, without this file.
fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    let mut paths: Vec<_> = [
        "src",
        "assets",
        "../answers/assets",
        "../answers/src",
        "../mcp/assets",
        "../mcp/src/apps.rs",
        "../mcp/src/tools/forecast.rs",
    ]
    .map(|path| root.join(path))
    .into();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            paths.extend(entries.map(|entry| entry.unwrap().path()));
        } else if !path.ends_with("texts_tests.rs")
            && path.extension().is_none_or(|extension| extension != "toml")
        {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

#[test]
fn every_text_is_used_and_every_used_text_exists() {
    let sources = sources();
    let english = Texts::of(Language::English);
    for key in english.keys() {
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
    for before in [".get(\"", ".format(\"", "format_markup(texts, \"", "say('"] {
        for piece in sources.split(before).skip(1) {
            let key = piece.split(['"', '\'']).next().unwrap();
            assert!(english.find(key).is_some(), "{key}");
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
            assert!(english.find(piece).is_some(), "{piece}");
        }
    }
}

fn has_group(texts: &Texts, group: &str) -> bool {
    let mut keys = texts.keys();
    keys.any(|key| key.split_once('.').is_some_and(|(it, _)| it == group))
}
