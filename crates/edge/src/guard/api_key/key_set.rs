//! The set of valid API keys, and handles to keys, which report a revocation.

use std::{fmt, sync::Arc};

use anyhow::bail;
use metrics::{Counter, counter, describe_counter};
use rmcp_transport::Principal;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use tokio_util::sync::CancellationToken;

use super::{digest::Digest, key_sources::LocatedEntry};

/// All valid keys.
#[derive(Debug, Default)]
pub(super) struct KeySet {
    keys: Vec<Arc<Key>>,
}

struct Key {
    digest: Digest,
    principal: Principal,
    requests: Counter,
    revoked: CancellationToken,
}

/// The key that authenticated a request, in the extensions of the request.
///
/// Everything that outlives its request, such as a socket or a session, must be closed when the key
/// is revoked.
#[derive(Clone)]
pub struct KeyHandle(Arc<Key>);

impl KeyHandle {
    /// Returns the principal that the key authenticates.
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }

    /// Returns whether the key has been revoked.
    pub fn is_revoked(&self) -> bool {
        self.0.revoked.is_cancelled()
    }

    /// Waits until the key is revoked.
    pub async fn revoked(&self) {
        self.0.revoked.cancelled().await;
    }

    pub(super) fn count(&self) {
        self.0.requests.increment(1);
    }
}

impl KeySet {
    /// Builds the set. Keys that are also in `old` are taken from there, so that their handles stay
    /// valid.
    pub(super) fn new(entries: Vec<LocatedEntry>, old: Option<&Self>) -> anyhow::Result<Self> {
        let requests = "aareguru_mcp_api_key_requests_total";
        describe_counter!(requests, "Requests with a valid API key, by the key's name");
        let mut set = Self::default();
        for LocatedEntry { entry, location } in entries {
            if set.keys.iter().any(|key| key.digest == entry.digest) {
                bail!("{location}: duplicate key; each key must have one name");
            }
            if entry.is_short {
                tracing::warn!(
                    %location,
                    name = entry.name,
                    "API key is short enough to be guessed: \
                     generate one with `aareguru-mcp hash-key --generate`"
                );
            }
            let known = old.and_then(|old| {
                let mut keys = old.keys.iter();
                keys.find(|key| key.is(&entry.digest, &entry.name)).cloned()
            });
            set.keys.push(known.unwrap_or_else(|| {
                Arc::new(Key {
                    digest: entry.digest,
                    requests: counter!(requests, "key" => entry.name.clone()),
                    principal: Principal::new(entry.name),
                    revoked: CancellationToken::new(),
                })
            }));
        }
        Ok(set)
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns the key with this digest. The digest is always compared with all keys, so that the
    /// duration reveals nothing about them.
    pub(super) fn find(&self, digest: &Digest) -> Option<KeyHandle> {
        let mut found = u32::MAX;
        for (n, key) in (0..).zip(&self.keys) {
            found.conditional_assign(&n, key.digest.ct_eq(digest));
        }
        let key = self.keys.get(usize::try_from(found).ok()?)?;
        Some(KeyHandle(key.clone()))
    }

    /// Revokes the keys that are not in `new`, and returns their principals without duplicates.
    pub(super) fn revoke_missing(&self, new: &Self) -> Vec<Principal> {
        let mut principals = Vec::new();
        for key in &self.keys {
            if new.keys.iter().any(|other| Arc::ptr_eq(key, other)) {
                continue;
            }
            key.revoked.cancel();
            if !principals.contains(&key.principal) {
                principals.push(key.principal.clone());
            }
        }
        principals
    }
}

impl Key {
    fn is(&self, digest: &Digest, name: &str) -> bool {
        self.digest == *digest && self.principal.key() == name
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.principal.key())
    }
}

impl fmt::Debug for KeyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
