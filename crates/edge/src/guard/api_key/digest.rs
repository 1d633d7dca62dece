//! SHA-256 digests of API keys, and their form in settings: 64 hexadecimal digits.
//!
//! A fast hash is sufficient, because keys are long and random. A slow one would let clients use up
//! the CPU.

use sha2::{Digest as _, Sha256};

pub(super) type Digest = [u8; 32];

pub(super) fn hash(key: &[u8]) -> Digest {
    Sha256::digest(key).into()
}

/// Hashes a key for settings that others may read: `sha256:` and the digest.
///
/// ```
/// assert_eq!(
///     edge::hash_api_key("secret"),
///     "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
/// );
/// ```
pub fn hash_api_key(key: &str) -> String {
    format!("sha256:{}", hex::encode(hash(key.as_bytes())))
}

/// Derives a name for a key without one. It is a hash of the digest, so that it reveals no part of
/// the digest.
pub(super) fn derive_name(digest: &Digest) -> String {
    format!("key-{}", hex::encode(&hash(digest)[..4]))
}

pub(super) fn parse_hex(text: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    hex::decode_to_slice(text, &mut digest).ok()?;
    Some(digest)
}
