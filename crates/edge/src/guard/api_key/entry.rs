//! Parses the entry of an API key in settings: `key`, `name:key`, `name:sha256:…` or `sha256:…`.

use thiserror::Error;

use super::digest::{self, Digest};

/// The length below which a key can be guessed.
const MIN_STRONG_BYTES: usize = 20;

/// The maximum length of a key.
pub(super) const MAX_KEY_BYTES: usize = 512;
/// The maximum length of a name.
const MAX_NAME_BYTES: usize = 64;

/// The entry of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyEntry {
    pub(super) name: String,
    pub(super) digest: Digest,
    /// Whether the key is so short that it can be guessed.
    pub(super) is_short: bool,
}

/// Why an entry is invalid. The message does not contain the entry.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum InvalidEntry {
    #[error("the name must be 1 to 64 letters, digits, `-`, `_` or `.`")]
    Name,
    #[error("there is no key after the name")]
    NoKey,
    #[error("the key must be 1 to 512 visible ASCII characters without spaces")]
    Key,
    #[error("`sha256:` must be followed by 64 hexadecimal digits (see `aareguru-mcp hash-key`)")]
    Hash,
}

/// Checks whether a text is a valid entry of `API_KEYS`.
///
/// # Errors
///
/// The entry is invalid. The message does not contain it.
pub fn validate_key_entry(text: &str) -> anyhow::Result<()> {
    KeyEntry::parse(text)?;
    Ok(())
}

impl KeyEntry {
    /// Parses an entry, which must not be empty.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidEntry> {
        let (name, key) = match text.split_once(':') {
            Some(("sha256", _)) | None => (None, text),
            Some((name, key)) => (Some(name), key),
        };
        if let Some(name) = name {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            let is_name = (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_plain);
            if !is_name {
                return Err(InvalidEntry::Name);
            }
        }
        if key.is_empty() {
            return Err(InvalidEntry::NoKey);
        }
        let (digest, is_short) = if let Some(hex) = key.strip_prefix("sha256:") {
            (digest::parse_hex(hex).ok_or(InvalidEntry::Hash)?, false)
        } else {
            let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
            if !is_visible || key.len() > MAX_KEY_BYTES {
                return Err(InvalidEntry::Key);
            }
            (digest::hash(key.as_bytes()), key.len() < MIN_STRONG_BYTES)
        };
        Ok(Self {
            name: name.map_or_else(|| digest::derive_name(&digest), str::to_owned),
            digest,
            is_short,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest_of(text: &str) -> (String, Digest) {
        let entry = KeyEntry::parse(text).unwrap();
        (entry.name, entry.digest)
    }

    #[test]
    fn plain_and_hashed_entries_have_the_same_digest() {
        let hashed = super::super::hash_api_key("correct-horse");
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
    fn derived_name_is_stable_and_reveals_no_part_of_the_digest() {
        let (name, digest) = digest_of("correct-horse");
        assert_eq!(name, digest_of("correct-horse").0);
        assert_ne!(name, digest_of("battery-staple").0);
        let shown = name.strip_prefix("key-").unwrap();
        assert_eq!(shown.len(), 8);
        let hex = super::super::hash_api_key("correct-horse");
        assert!(!hex.contains(shown), "{shown} is part of the digest");
        assert_eq!(digest.len(), 32);
    }

    #[test]
    fn invalid_entry_error_does_not_contain_the_entry() {
        for (text, expected) in [
            (":secret", InvalidEntry::Name),
            ("a b:secret", InvalidEntry::Name),
            ("s/ecret:secret", InvalidEntry::Name),
            ("alice:", InvalidEntry::NoKey),
            ("alice:sec ret", InvalidEntry::Key),
            ("sécret", InvalidEntry::Key),
            ("alice:sha256:secret", InvalidEntry::Hash),
            ("sha256:secret", InvalidEntry::Hash),
            (
                &format!("alice:sha256:{}", "é".repeat(32)),
                InvalidEntry::Hash,
            ),
            (&format!("alice:{}", "x".repeat(513)), InvalidEntry::Key),
        ] {
            let error = KeyEntry::parse(text).unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn short_key_is_detected_unless_hashed() {
        assert!(KeyEntry::parse("letmein").unwrap().is_short);
        assert!(!KeyEntry::parse("0123456789abcdef0123").unwrap().is_short);
        assert!(
            !KeyEntry::parse(&super::super::hash_api_key("letmein"))
                .unwrap()
                .is_short
        );
    }
}
