//! Reads the API keys from the configuration and from the files that it names.

use std::{fs, path::Path};

use anyhow::Context;

use super::entry::KeyEntry;
use crate::config::ApiKeyConfig;

/// An entry with its location. Messages contain the location instead of the entry.
pub(super) struct LocatedEntry {
    pub(super) entry: KeyEntry,
    pub(super) location: String,
}

/// Reads all entries: those of `API_KEYS`, of the files that it names, and of `API_KEYS_FILE`.
///
/// # Errors
///
/// A file cannot be read, or an entry is invalid. The error contains the location of the first one.
pub(super) fn read(config: &ApiKeyConfig) -> anyhow::Result<Vec<LocatedEntry>> {
    let mut entries = Vec::new();
    let given = config.entries.iter().map(|text| text.expose().trim());
    for (n, text) in given.enumerate().filter(|(_, text)| !text.is_empty()) {
        let location = format!("entry {} of API_KEYS", n + 1);
        match text.strip_prefix('@') {
            Some(path) => read_file(Path::new(path), &location, &mut entries)?,
            None => entries.push(parse(text, location)?),
        }
    }
    if let Some(path) = &config.file {
        read_file(path, "API_KEYS_FILE", &mut entries)?;
    }
    Ok(entries)
}

/// Reads a file with one entry per line. Empty lines and lines that begin with `#` are skipped.
fn read_file(path: &Path, setting: &str, entries: &mut Vec<LocatedEntry>) -> anyhow::Result<()> {
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

fn parse(text: &str, location: String) -> anyhow::Result<LocatedEntry> {
    let entry = KeyEntry::parse(text).with_context(|| location.clone())?;
    Ok(LocatedEntry { entry, location })
}
