//! One key as it stands in settings: `key`, `name:key`, `name:sha256:…` or
//! `sha256:…`.

use thiserror::Error;

use super::digest::{self, Digest};

/// Shorter ones can be guessed.
const SHORT_CHARS: usize = 20;

/// The longest key and the longest name.
pub(super) const MAX_KEY_BYTES: usize = 512;
const MAX_NAME_BYTES: usize = 64;

/// A key that lets somebody in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) digest: Digest,
    /// Whether the key is so short that it can be guessed.
    pub(super) is_short: bool,
}

/// What is wrong with an entry. It does not repeat it.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum Invalid {
    #[error("the name has to be 1 to 64 letters, digits, `-`, `_` or `.`")]
    Name,
    #[error("there is no key after the name")]
    NoKey,
    #[error("a key consists of visible ASCII characters, no spaces, at most 512")]
    Key,
    #[error("after `sha256:` there have to be 64 hexadecimal digits (`aareguru-mcp hash-key`)")]
    Hash,
}

/// Whether a text could stand in `API_KEYS`.
///
/// # Errors
///
/// What is wrong with it, without repeating it.
pub fn check_entry(text: &str) -> anyhow::Result<()> {
    Entry::parse(text)?;
    Ok(())
}

impl Entry {
    /// Reads an entry that is not empty.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        let (name, key) = match text.split_once(':') {
            Some(("sha256", _)) | None => (None, text),
            Some((name, key)) => (Some(name), key),
        };
        if let Some(name) = name {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            let is_name = (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_plain);
            if !is_name {
                return Err(Invalid::Name);
            }
        }
        if key.is_empty() {
            return Err(Invalid::NoKey);
        }
        let (digest, is_short) = if let Some(hex) = key.strip_prefix("sha256:") {
            (digest::parse_hex(hex).ok_or(Invalid::Hash)?, false)
        } else {
            let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
            if !is_visible || key.len() > MAX_KEY_BYTES {
                return Err(Invalid::Key);
            }
            (digest::of(key.as_bytes()), key.len() < SHORT_CHARS)
        };
        Ok(Self {
            name: name.map_or_else(|| digest::name(&digest), str::to_owned),
            digest,
            is_short,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest_of(text: &str) -> (String, Digest) {
        let entry = Entry::parse(text).unwrap();
        (entry.name, entry.digest)
    }

    #[test]
    fn plain_and_hashed_entries_are_the_same_key() {
        let hashed = super::super::hash("correct-horse");
        let plain = digest_of("alice:correct-horse");
        assert_eq!(plain.0, "alice");
        assert_eq!(digest_of(&format!("alice:{hashed}")), plain);
        let unnamed = digest_of("correct-horse");
        assert_eq!(unnamed.1, plain.1);
        assert_eq!(digest_of(&hashed), unnamed);
        let upper = hashed.to_uppercase().replace("SHA256", "sha256");
        assert_eq!(digest_of(&upper), unnamed);
    }

    #[test]
    fn the_name_of_an_unnamed_key_is_stable_and_tells_nothing() {
        let (name, digest) = digest_of("correct-horse");
        assert_eq!(name, digest_of("correct-horse").0);
        assert_ne!(name, digest_of("battery-staple").0);
        let shown = name.strip_prefix("key-").unwrap();
        assert_eq!(shown.len(), 8);
        let hex = super::super::hash("correct-horse");
        assert!(!hex.contains(shown), "it is no part of the digest");
        assert_eq!(digest.len(), 32);
    }

    #[test]
    fn what_is_no_entry_is_refused_without_repeating_it() {
        for (text, expected) in [
            (":secret", Invalid::Name),
            ("a b:secret", Invalid::Name),
            ("s/ecret:secret", Invalid::Name),
            ("alice:", Invalid::NoKey),
            ("alice:sec ret", Invalid::Key),
            ("sécret", Invalid::Key),
            ("alice:sha256:secret", Invalid::Hash),
            ("sha256:secret", Invalid::Hash),
            (&format!("alice:sha256:{}", "é".repeat(32)), Invalid::Hash),
            (&format!("alice:{}", "x".repeat(513)), Invalid::Key),
        ] {
            let error = Entry::parse(text).unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn short_keys_are_told_apart_and_hashed_ones_cannot_be() {
        assert!(Entry::parse("letmein").unwrap().is_short);
        assert!(!Entry::parse("0123456789abcdef0123").unwrap().is_short);
        assert!(
            !Entry::parse(&super::super::hash("letmein"))
                .unwrap()
                .is_short
        );
    }
}
