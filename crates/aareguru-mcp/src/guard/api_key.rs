//! Who it is that asks: the API key of a request, and whose it is.
//!
//! Keys are compared as SHA-256 digests, every one of them and each in constant
//! time. The name of a key is its principal; the key itself goes no further
//! than this layer.

mod digest;
mod entry;
mod key_set;
mod presented;
mod sources;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::bail;
use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use metrics::{Gauge, describe_gauge, gauge};
use parking_lot::RwLock;
use rmcp_transport::{ClientAddress, Principal};

pub use self::{digest::hash, entry::check_entry, key_set::KeyHandle, sources::Secret};

use self::{key_set::KeySet, presented::Malformed};
use super::{Access, rate_limit::RateLimit};
use crate::{counter_vec::CounterVec, log_throttle::LogThrottle, refusal, settings::Settings};

/// The header for a key alone; `Authorization: Bearer` does too.
pub(super) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The keys, and what they are needed for.
#[derive(Debug)]
pub(super) struct ApiKeys {
    keys: RwLock<Arc<KeySet>>,
    /// Whether there has to be a key; it may change with the keys.
    required: AtomicBool,
    in_query: bool,
    refused: CounterVec,
    reloads: CounterVec,
    count: Gauge,
    log: LogThrottle,
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
    pub(super) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let keys = KeySet::new(sources::read(settings)?, None)?;
        let required = is_required(settings, &keys)?;
        describe_gauge!("aareguru_mcp_api_keys", "API keys in effect");
        let count = gauge!("aareguru_mcp_api_keys");
        count.set(keys.len() as f64);
        Ok(Self {
            keys: RwLock::new(Arc::new(keys)),
            required: AtomicBool::new(required),
            in_query: settings.api_key_in_query,
            refused: CounterVec::new(
                "aareguru_mcp_auth_refused_total",
                "Requests refused for want of a valid API key, by reason",
                "reason",
                ["missing", "malformed", "wrong", "revoked"],
            ),
            reloads: CounterVec::new(
                "aareguru_mcp_api_key_reloads_total",
                "Times the API keys were read again, by outcome",
                "outcome",
                ["ok", "failed"],
            ),
            count,
            log: LogThrottle::new(1),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys().len() == 0
    }

    /// Whether nobody passes without a key.
    pub(super) fn are_required(&self) -> bool {
        self.required.load(Ordering::Relaxed)
    }

    /// Replaces the keys by those in the settings, all of them or none, and
    /// returns the principals of which one was taken away. From then on no
    /// request with it passes.
    pub(super) fn reload(&self, settings: &Settings) -> anyhow::Result<Vec<Principal>> {
        let reloaded = self.replace(settings);
        let outcome = if reloaded.is_ok() { "ok" } else { "failed" };
        self.reloads.increment(outcome);
        reloaded
    }

    fn keys(&self) -> Arc<KeySet> {
        self.keys.read().clone()
    }

    fn replace(&self, settings: &Settings) -> anyhow::Result<Vec<Principal>> {
        let old = self.keys();
        let new = KeySet::new(sources::read(settings)?, Some(&old))?;
        let required = is_required(settings, &new)?;
        if new.len() == 0 && old.len() > 0 {
            // A file that is being written, or was lost, must not open the door.
            bail!("there is no key any more: to serve without keys, restart the server");
        }
        let new = Arc::new(new);
        self.required.store(required, Ordering::Relaxed);
        *self.keys.write() = new.clone();
        self.count.set(new.len() as f64);
        Ok(old.revoke_missing(&new))
    }

    /// Authenticates a request. One without a valid key counts as one of its
    /// address in `failures`, so that keys cannot be guessed at will.
    pub(super) fn check(
        &self,
        access: Access,
        request: &mut Request,
        failures: &RateLimit,
    ) -> Result<Option<KeyHandle>, Box<Response>> {
        let handle = self
            .find(access, request)
            .map_err(|fault| self.refuse(fault, request, failures))?;
        if let Some(handle) = &handle {
            handle.count();
            let extensions = request.extensions_mut();
            extensions.insert(handle.principal().clone());
            extensions.insert(handle.clone());
        }
        Ok(handle)
    }

    fn find(&self, access: Access, request: &mut Request) -> Result<Option<KeyHandle>, Fault> {
        let keys = self.keys();
        let in_query = self.in_query && keys.len() > 0;
        let presented = presented::take(request, in_query);
        if keys.len() == 0 || access == Access::Open {
            return Ok(None);
        }
        let is_asset = access == Access::Asset && request.method() == Method::GET;
        match presented.map_err(Fault::Malformed)? {
            Some(digest) => keys.find(&digest).map(Some).ok_or(Fault::Wrong),
            None if is_asset || !self.are_required() => Ok(None),
            None => Err(Fault::Missing),
        }
    }

    fn refuse(&self, fault: Fault, request: &Request, failures: &RateLimit) -> Box<Response> {
        let reason = fault.label();
        self.refused.increment(reason);
        let client = request.extensions().get::<ClientAddress>();
        let client = client.map(|ClientAddress(address)| tracing::field::display(address));
        if self.log.pass().is_some() {
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
        if let Err(too_many) = failures.count_failure(request) {
            return too_many;
        }
        let query = request.uri().query().unwrap_or_default();
        let mentions_query = !self.in_query && presented::is_in_query(query);
        Box::new(fault.answer(mentions_query))
    }

    /// Adds the principal to a response, for the layers outside. A key that was
    /// revoked meanwhile may have opened a session after all others of it were
    /// ended, so its response, which may be the session's stream, is dropped.
    pub(super) fn confirm(&self, handle: Option<&KeyHandle>, mut response: Response) -> Response {
        let Some(handle) = handle else {
            return response;
        };
        if handle.is_revoked() {
            self.refused.increment(Fault::Revoked.label());
            return Fault::Revoked.answer(false);
        }
        response.extensions_mut().insert(handle.principal().clone());
        response
    }
}

/// Keys are there to be asked for, unless the settings say otherwise.
fn is_required(settings: &Settings, keys: &KeySet) -> anyhow::Result<bool> {
    let required = settings.api_key_required.unwrap_or(keys.len() > 0);
    if required && keys.len() == 0 {
        bail!(
            "API_KEY_REQUIRED is true and there is no key: set API_KEYS or API_KEYS_FILE \
             (`aareguru-mcp hash-key --generate` makes a key)"
        );
    }
    Ok(required)
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
        let mut response = refusal::oauth(StatusCode::UNAUTHORIZED, error, &description, None);
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
