//! Where keys are read from: the setting itself, and files that it names.

use std::{fmt, fs, path::Path};

use anyhow::Context;

use super::entry::Entry;
use crate::settings::Settings;

/// A part of a setting that nobody may see.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Secret {
    /// What nobody may see.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// An entry, and where it stands, for messages, which never show the entry.
pub(super) struct Sourced {
    pub(super) entry: Entry,
    pub(super) location: String,
}

/// All entries: of `API_KEYS`, of the files that it names, and of
/// `API_KEYS_FILE`.
///
/// # Errors
///
/// A file that cannot be read, and the first entry that is none, by its location.
pub(super) fn read(settings: &Settings) -> anyhow::Result<Vec<Sourced>> {
    let mut entries = Vec::new();
    let given = settings.api_keys.iter().map(|Secret(text)| text.trim());
    for (n, text) in given.enumerate().filter(|(_, text)| !text.is_empty()) {
        let location = format!("entry {} of API_KEYS", n + 1);
        match text.strip_prefix('@') {
            Some(path) => file(Path::new(path), &location, &mut entries)?,
            None => entries.push(parse(text, location)?),
        }
    }
    if let Some(path) = &settings.api_keys_file {
        file(path, "API_KEYS_FILE", &mut entries)?;
    }
    Ok(entries)
}

/// One entry a line; empty lines and those that begin with `#` are none.
fn file(path: &Path, setting: &str, entries: &mut Vec<Sourced>) -> anyhow::Result<()> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read keys from {shown} ({setting})"))?;
    let lines = text.lines().map(str::trim).enumerate();
    for (n, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let location = format!("line {} of {shown} ({setting})", n + 1);
        entries.push(parse(line, location)?);
    }
    Ok(())
}

fn parse(text: &str, location: String) -> anyhow::Result<Sourced> {
    let entry = Entry::parse(text).with_context(|| location.clone())?;
    Ok(Sourced { entry, location })
}
