//! The keys that are in force, and the handle that a request has on one.

use std::{fmt, sync::Arc};

use anyhow::bail;
use metrics::{Counter, counter, describe_counter};
use rmcp_transport::Principal;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use tokio_util::sync::CancellationToken;

use super::{digest::Digest, sources::Sourced};

/// All keys.
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

/// The key with which a request was let in, in the request's extensions.
///
/// What outlives its request (a socket, a session) has to end when the key is
/// taken back.
#[derive(Clone)]
pub struct KeyHandle(Arc<Key>);

impl KeyHandle {
    /// Who the key stands for.
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }

    /// Whether the key is not valid any more.
    pub fn is_revoked(&self) -> bool {
        self.0.revoked.is_cancelled()
    }

    /// Waits until the key is not valid any more.
    pub async fn revoked(&self) {
        self.0.revoked.cancelled().await;
    }

    pub(super) fn count(&self) {
        self.0.requests.increment(1);
    }
}

impl KeySet {
    /// The keys of these entries; those that were in the `old` set stay the
    /// same, with what depends on them.
    pub(super) fn new(entries: Vec<Sourced>, old: Option<&Self>) -> anyhow::Result<Self> {
        let requests = "aareguru_mcp_api_key_requests_total";
        describe_counter!(requests, "Requests with a valid API key, by the key's name");
        let mut set = Self::default();
        for Sourced { entry, location } in entries {
            if set.keys.iter().any(|key| key.digest == entry.digest) {
                bail!("{location}: this key is there twice, and it has to be clear whose it is");
            }
            if entry.is_short {
                tracing::warn!(
                    place = %location,
                    name = entry.name,
                    "this API key is so short that it can be guessed: \
                     `aareguru-mcp hash-key --generate` makes a better one"
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

    /// The key with this digest. It is compared with all keys, whichever fits,
    /// so that the time it takes says nothing about any.
    pub(super) fn find(&self, digest: &Digest) -> Option<KeyHandle> {
        let mut found = u32::MAX;
        for (n, key) in (0..).zip(&self.keys) {
            found.conditional_assign(&n, key.digest.ct_eq(digest));
        }
        let key = self.keys.get(usize::try_from(found).ok()?)?;
        Some(KeyHandle(key.clone()))
    }

    /// Revokes the keys that the `new` set does not have, and returns their
    /// principals, each once.
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
