//! Who it is that asks: the API key of a request, and whose it is.
//!
//! Keys are compared as SHA-256 digests, every one of them and each in constant
//! time. The name of a key is its principal; the key itself goes no further
//! than this layer.

mod digest;
mod entry;
mod presented;
mod ring;
mod sources;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::bail;
use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use metrics::Gauge;
use parking_lot::RwLock;
use rmcp_sse::{ClientAddress, Principal};

pub use self::{digest::hash, entry::check_entry, ring::Lease, sources::Secret};

use self::{
    presented::{Malformed, Presented},
    ring::Ring,
};
use super::{
    check::Check,
    is_file, is_open,
    metrics::{self as numbers, ByReason},
    once_per_second::OncePerSecond,
    rate_limit::RateLimit,
    refusal,
};
use crate::settings::Settings;

/// The header for a key alone; `Authorization: Bearer` does too.
pub(super) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The keys, and what they are needed for. A clone shares them.
#[derive(Debug, Clone)]
pub struct ApiKeys {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    ring: RwLock<Arc<Ring>>,
    /// Whether there has to be a key; it may change with the keys.
    required: AtomicBool,
    in_query: bool,
    failures: RateLimit,
    refused: ByReason<4>,
    reloads: ByReason<2>,
    keys: Gauge,
    log: OncePerSecond,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Missing,
    Malformed(Malformed),
    Wrong,
    Revoked,
}

impl ApiKeys {
    pub(super) fn new(settings: &Settings, failures: RateLimit) -> anyhow::Result<Self> {
        let ring = Ring::new(sources::read(settings)?, None)?;
        let required = is_required(settings, &ring)?;
        let keys = numbers::keys();
        keys.set(ring.len() as f64);
        Ok(Self {
            shared: Arc::new(Shared {
                ring: RwLock::new(Arc::new(ring)),
                required: AtomicBool::new(required),
                in_query: settings.api_key_in_query,
                failures,
                refused: numbers::auth_refused(),
                reloads: numbers::reloads(),
                keys,
                log: OncePerSecond::default(),
            }),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shared.ring().len() == 0
    }

    /// Whether nobody passes without a key.
    pub(super) fn are_required(&self) -> bool {
        self.shared.required.load(Ordering::Relaxed)
    }

    /// Replaces the keys by those in the settings, all of them or none, and
    /// returns the principals of which one was taken away. From then on no
    /// request with it passes.
    pub(super) fn reload(&self, settings: &Settings) -> anyhow::Result<Vec<Principal>> {
        let reloaded = self.shared.reload(settings);
        let outcome = if reloaded.is_ok() { "ok" } else { "failed" };
        self.shared.reloads.increment(outcome);
        reloaded
    }
}

/// Keys are there to be asked for, unless the settings say otherwise.
fn is_required(settings: &Settings, ring: &Ring) -> anyhow::Result<bool> {
    let required = settings.api_key_required.unwrap_or(ring.len() > 0);
    if required && ring.len() == 0 {
        bail!(
            "API_KEY_REQUIRED is true and there is no key: set API_KEYS or API_KEYS_FILE \
             (`aareguru-mcp hash-key --generate` makes a key)"
        );
    }
    Ok(required)
}

impl Shared {
    fn ring(&self) -> Arc<Ring> {
        self.ring.read().clone()
    }

    fn reload(&self, settings: &Settings) -> anyhow::Result<Vec<Principal>> {
        let old = self.ring();
        let new = Ring::new(sources::read(settings)?, Some(&old))?;
        let required = is_required(settings, &new)?;
        if new.len() == 0 && old.len() > 0 {
            // A file that is being written, or was lost, must not open the door.
            bail!("there is no key any more: to serve without keys, restart the server");
        }
        let new = Arc::new(new);
        self.required.store(required, Ordering::Relaxed);
        *self.ring.write() = new.clone();
        self.keys.set(new.len() as f64);
        Ok(old.revoke_missing(&new))
    }

    fn admit(&self, request: &mut Request) -> Result<Option<Lease>, Fault> {
        let ring = self.ring();
        let in_query = self.in_query && ring.len() > 0;
        let presented = presented::take(request, in_query);
        if ring.len() == 0 || is_open(request) {
            return Ok(None);
        }
        match presented {
            Presented::Digest(digest) => ring.find(&digest).map(Some).ok_or(Fault::Wrong),
            Presented::Malformed(malformed) => Err(Fault::Malformed(malformed)),
            Presented::Nothing if !self.required.load(Ordering::Relaxed) => Ok(None),
            Presented::Nothing if is_file(request) => Ok(None),
            Presented::Nothing => Err(Fault::Missing),
        }
    }

    fn refuse(&self, fault: Fault, request: &Request) -> Box<Response> {
        let reason = fault.label();
        self.refused.increment(reason);
        let client = request.extensions().get::<ClientAddress>();
        let client = client.map(|ClientAddress(address)| tracing::field::display(address));
        if self.log.passes() {
            tracing::warn!(
                reason,
                client.address = client,
                "request refused: no valid API key"
            );
        } else {
            tracing::debug!(
                reason,
                client.address = client,
                "request refused: no valid API key"
            );
        }
        if let Err(too_many) = self.failures.count_failure(request) {
            return too_many;
        }
        let query = request.uri().query().unwrap_or_default();
        let mentions_query = !self.in_query && presented::is_in_query(query);
        Box::new(fault.answer(mentions_query))
    }
}

/// A request that was let in with a key.
#[derive(Debug)]
pub(crate) struct Admitted {
    lease: Lease,
    keys: Arc<Shared>,
}

impl Check for ApiKeys {
    type Passed = Option<Admitted>;

    fn check(&self, request: &mut Request) -> Result<Option<Admitted>, Box<Response>> {
        let lease = self
            .shared
            .admit(request)
            .map_err(|fault| self.shared.refuse(fault, request))?;
        let Some(lease) = lease else {
            return Ok(None);
        };
        lease.count();
        let extensions = request.extensions_mut();
        extensions.insert(lease.principal().clone());
        extensions.insert(lease.clone());
        let keys = self.shared.clone();
        Ok(Some(Admitted { lease, keys }))
    }

    /// Tells the layers outside whose request it was. A key that was taken
    /// back meanwhile may have opened a session after all others of it were
    /// ended, so its answer, which may be the session's stream, is dropped.
    fn answered(admitted: Option<Admitted>, mut response: Response) -> Response {
        let Some(Admitted { lease, keys }) = admitted else {
            return response;
        };
        if lease.is_revoked() {
            keys.refused.increment(Fault::Revoked.label());
            return Fault::Revoked.answer(false);
        }
        response.extensions_mut().insert(lease.principal().clone());
        response
    }
}

impl Fault {
    /// The value of the label `reason`.
    fn label(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed(_) => "malformed",
            Self::Wrong => "wrong",
            Self::Revoked => "revoked",
        }
    }

    fn answer(self, mentions_query: bool) -> Response {
        let (error, what, challenge) = match self {
            // Without credentials there is no error to be named (RFC 6750, 3.1).
            Self::Missing => ("missing_token", "an API key is required", CHALLENGE),
            Self::Malformed(malformed) => ("invalid_token", malformed.text(), INVALID),
            Self::Wrong => ("invalid_token", "this API key is not valid", INVALID),
            Self::Revoked => (
                "invalid_token",
                "this API key is not valid any more",
                INVALID,
            ),
        };
        let hint = if mentions_query {
            "; keys in the query are not accepted (the operator can allow them by API_KEY_IN_QUERY)"
        } else {
            ""
        };
        let description = format!(
            "{what}: send `Authorization: Bearer KEY` or `X-API-Key: KEY` with every request{hint}"
        );
        let mut response = refusal::json(StatusCode::UNAUTHORIZED, error, &description);
        let challenge = HeaderValue::from_static(challenge);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
        response
    }
}

const CHALLENGE: &str = r#"Bearer realm="aareguru-mcp""#;
const INVALID: &str = r#"Bearer realm="aareguru-mcp", error="invalid_token""#;

#[cfg(test)]
mod tests;
