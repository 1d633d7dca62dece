//! Authenticates requests by their API key.
//!
//! Keys are compared as SHA-256 digests, always with all keys and in constant time. The name of a
//! key is its principal. The key itself is removed from the request.

mod digest;
mod entry;
mod key_set;
mod key_sources;
mod presented_key;

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

pub use self::{digest::hash_api_key, entry::validate_key_entry, key_set::KeyHandle};

use self::{key_set::KeySet, presented_key::MalformedKey};
use super::rate_limit::RateLimit;
use crate::{
    access::Access, config::ApiKeyConfig, counter_vec::CounterVec, log_throttle::LogThrottle,
    refusal,
};

/// The header for an API key, an alternative to `Authorization: Bearer`.
pub(super) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The API keys, and whether requests need one.
#[derive(Debug)]
pub(super) struct ApiKeys {
    keys: RwLock<Arc<KeySet>>,
    /// Whether requests need a key. A reload of the keys may change it.
    required: AtomicBool,
    in_query: bool,
    refused: CounterVec,
    reloads: CounterVec,
    count: Gauge,
    log: LogThrottle,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy)]
enum AuthFailure {
    Missing,
    Malformed(MalformedKey),
    Wrong,
    Revoked,
}

impl ApiKeys {
    pub(super) fn new(config: &ApiKeyConfig) -> anyhow::Result<Self> {
        let keys = KeySet::new(key_sources::read(config)?, None)?;
        let required = is_required(config, &keys)?;
        describe_gauge!("aareguru_mcp_api_keys", "Valid API keys");
        let count = gauge!("aareguru_mcp_api_keys");
        count.set(keys.len() as f64);
        Ok(Self {
            keys: RwLock::new(Arc::new(keys)),
            required: AtomicBool::new(required),
            in_query: config.in_query,
            refused: CounterVec::new(
                "aareguru_mcp_auth_refused_total",
                "Requests refused without a valid API key, by reason",
                "reason",
                ["missing", "malformed", "wrong", "revoked"],
            ),
            reloads: CounterVec::new(
                "aareguru_mcp_api_key_reloads_total",
                "Reloads of the API keys, by outcome",
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

    /// Returns whether requests need a key.
    pub(super) fn are_required(&self) -> bool {
        self.required.load(Ordering::Relaxed)
    }

    /// Replaces all keys with the configured ones, or none if one is invalid, and returns the
    /// principals of revoked keys. When it returns, revoked keys are no longer accepted.
    pub(super) fn reload(&self, config: &ApiKeyConfig) -> anyhow::Result<Vec<Principal>> {
        let reloaded = self.replace(config);
        let outcome = if reloaded.is_ok() { "ok" } else { "failed" };
        self.reloads.increment(outcome);
        reloaded
    }

    fn keys(&self) -> Arc<KeySet> {
        self.keys.read().clone()
    }

    fn replace(&self, config: &ApiKeyConfig) -> anyhow::Result<Vec<Principal>> {
        let old = self.keys();
        let new = KeySet::new(key_sources::read(config)?, Some(&old))?;
        let required = is_required(config, &new)?;
        if new.len() == 0 && old.len() > 0 {
            // A key file that is being written, or was lost, must not disable authentication.
            bail!("no API key is left; to serve without API keys, restart the server");
        }
        let new = Arc::new(new);
        self.required.store(required, Ordering::Relaxed);
        *self.keys.write() = new.clone();
        self.count.set(new.len() as f64);
        Ok(old.revoke_missing(&new))
    }

    /// Authenticates a request. A failure counts towards the rate limit of the client address in
    /// `failures`, to limit the guessing of keys.
    pub(super) fn check(
        &self,
        access: Access,
        request: &mut Request,
        failures: &RateLimit,
    ) -> Result<Option<KeyHandle>, Box<Response>> {
        let handle = self
            .find(access, request)
            .map_err(|failure| self.refuse(failure, request, failures))?;
        if let Some(handle) = &handle {
            handle.count();
            let extensions = request.extensions_mut();
            extensions.insert(handle.principal().clone());
            extensions.insert(handle.clone());
        }
        Ok(handle)
    }

    fn find(
        &self,
        access: Access,
        request: &mut Request,
    ) -> Result<Option<KeyHandle>, AuthFailure> {
        let keys = self.keys();
        let in_query = self.in_query && keys.len() > 0;
        let presented = presented_key::take(request, in_query);
        if keys.len() == 0 || access == Access::Open {
            return Ok(None);
        }
        let is_asset = access == Access::Asset && request.method() == Method::GET;
        match presented.map_err(AuthFailure::Malformed)? {
            Some(digest) => keys.find(&digest).map(Some).ok_or(AuthFailure::Wrong),
            None if is_asset || !self.are_required() => Ok(None),
            None => Err(AuthFailure::Missing),
        }
    }

    fn refuse(
        &self,
        failure: AuthFailure,
        request: &Request,
        failures: &RateLimit,
    ) -> Box<Response> {
        let reason = failure.label();
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
        let mentions_query = !self.in_query && presented_key::is_in_query(query);
        Box::new(failure.to_response(mentions_query))
    }

    /// Adds the principal to a response, for the outer layers.
    ///
    /// If the key was revoked in the meantime, the request may have opened a session after the
    /// sessions of the principal were closed. Its response, which may be the stream of that
    /// session, is therefore dropped.
    pub(super) fn confirm(&self, handle: Option<&KeyHandle>, mut response: Response) -> Response {
        let Some(handle) = handle else {
            return response;
        };
        if handle.is_revoked() {
            self.refused.increment(AuthFailure::Revoked.label());
            return AuthFailure::Revoked.to_response(false);
        }
        response.extensions_mut().insert(handle.principal().clone());
        response
    }
}

/// Returns whether requests need a key: if there is one, unless the configuration overrides it.
fn is_required(config: &ApiKeyConfig, keys: &KeySet) -> anyhow::Result<bool> {
    let required = config.required.unwrap_or(keys.len() > 0);
    if required && keys.len() == 0 {
        bail!(
            "API_KEY_REQUIRED is true and there is no key: set API_KEYS or API_KEYS_FILE \
             (`aareguru-mcp hash-key --generate` generates a key)"
        );
    }
    Ok(required)
}

impl AuthFailure {
    /// Returns the value of the label `reason`.
    fn label(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed(_) => "malformed",
            Self::Wrong => "wrong",
            Self::Revoked => "revoked",
        }
    }

    fn to_response(self, mentions_query: bool) -> Response {
        let (error, problem, challenge) = match self {
            // The challenge names no error if there are no credentials (RFC 6750, 3.1).
            Self::Missing => ("missing_token", "an API key is required", CHALLENGE),
            Self::Malformed(malformed) => ("invalid_token", malformed.text(), INVALID),
            Self::Wrong => ("invalid_token", "this API key is not valid", INVALID),
            Self::Revoked => ("invalid_token", "this API key has been revoked", INVALID),
        };
        let hint = if mentions_query {
            "; keys in the query are not accepted (the operator can allow them with \
             API_KEY_IN_QUERY)"
        } else {
            ""
        };
        let description = format!(
            "{problem}: send `Authorization: Bearer KEY` or `X-API-Key: KEY` with every \
             request{hint}"
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
