//! SHA-256 of keys, and its form in settings: 64 hexadecimal digits.
//!
//! A plain hash is enough, and a slow one would only be a lever for whoever
//! wants to keep the server busy: keys are random and long, not passwords.

use sha2::{Digest as _, Sha256};

pub(super) type Digest = [u8; 32];

pub(super) fn of(key: &[u8]) -> Digest {
    Sha256::digest(key).into()
}

/// The form in which a key stands in settings that others may read:
/// `sha256:` and the digest.
///
/// ```
/// assert_eq!(
///     aareguru_mcp::guard::hash("secret"),
///     "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
/// );
/// ```
pub fn hash(key: &str) -> String {
    format!("sha256:{}", hex::encode(of(key.as_bytes())))
}

/// A name for a key that has none: always the same for one key, and no way
/// back to it. It is a hash of the digest, so that it is no part of that.
pub(super) fn name(digest: &Digest) -> String {
    format!("key-{}", hex::encode(&of(digest)[..4]))
}

pub(super) fn parse_hex(text: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    hex::decode_to_slice(text, &mut digest).ok()?;
    Some(digest)
}
