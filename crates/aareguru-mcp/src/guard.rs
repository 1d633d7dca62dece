//! Who may pass: the checks that every request meets before it reaches a
//! route, whatever transport it is for.
//!
//! `http.rs` puts the checks in order and makes layers of them. All routes are
//! guarded, also those that do not exist, except the open ones.

mod api_key;
mod check;
mod client_address;
mod cors;
mod host_and_origin;
mod metrics;
mod once_per_second;
mod overload;
mod rate_limit;
mod refusal;
mod upkeep;

#[cfg(test)]
mod tests;

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
};
use rmcp_sse::Principal;
use tower::util::Either;
use tower_http::cors::CorsLayer;
use tower_layer::Identity;

pub use self::{
    api_key::{Lease, Secret, check_entry, hash},
    client_address::{ClientIpHeader, PeerAddress, Proxy},
    upkeep::upkeep,
};
pub(crate) use self::{
    check::{Check, CheckLayer},
    rate_limit::Allowance,
};

#[cfg(feature = "graphql")]
pub(crate) use self::rate_limit::Exceeded;
#[cfg(feature = "redis")]
pub(crate) use self::rate_limit::SharedLimit;
use self::{
    api_key::ApiKeys, client_address::ClientAddresses, host_and_origin::HostAndOrigin,
    overload::OverloadCheck, rate_limit::RateLimit,
};
use crate::{http::page, settings::Settings};

/// The routes that need no key and are not limited: those who run the server
/// ask them, and they give no data of the river.
const OPEN_ROUTES: [&str; 3] = ["/health", "/health/ready", "/metrics"];

/// The checks, as they are set up. A clone is cheap and shares what they keep.
#[derive(Debug, Clone)]
pub struct Guard {
    host_and_origin: HostAndOrigin,
    cors: Option<CorsLayer>,
    client_addresses: ClientAddresses,
    api_keys: ApiKeys,
    rate_limit: RateLimit,
}

impl Guard {
    /// Sets the checks up.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used, named; never a key.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let rate_limit = RateLimit::new(
            settings.rate_limit_per_minute,
            settings.rate_limit_max_clients,
        );
        let api_keys = ApiKeys::new(settings, rate_limit.clone())?;
        let origins = settings.origins(api_keys.are_required())?;
        Ok(Self {
            host_and_origin: HostAndOrigin::new(settings, &origins)?,
            cors: cors::layer(settings)?,
            client_addresses: ClientAddresses::new(settings),
            api_keys,
            rate_limit,
        })
    }

    /// Whether the connection is one of those that there may be.
    pub fn overload(&self) -> OverloadCheck {
        OverloadCheck
    }

    /// Whether the server was reached by a name of its own, and not by a page
    /// of somebody else's.
    pub fn host_and_origin(&self) -> HostAndOrigin {
        self.host_and_origin.clone()
    }

    /// Lets web pages of other origins read the answers, if there are any that
    /// may.
    pub fn cors(&self) -> Either<CorsLayer, Identity> {
        tower::util::option_layer(self.cors.clone())
    }

    /// Finds out from which address a request comes.
    pub fn client_address(&self) -> ClientAddresses {
        self.client_addresses.clone()
    }

    /// Who it is that asks.
    pub fn api_key(&self) -> ApiKeys {
        self.api_keys.clone()
    }

    /// How often one may ask.
    pub fn rate_limit(&self) -> RateLimit {
        self.rate_limit.clone()
    }

    /// The limit, to be shared with other instances; `None` if there is none.
    #[cfg(feature = "redis")]
    pub(crate) fn share_rate_limit(&self) -> Option<SharedLimit> {
        self.rate_limit.share()
    }

    /// Whether there are keys.
    fn has_keys(&self) -> bool {
        !self.api_keys.is_empty()
    }

    /// Reads the keys again; returns whose may not be used any more, when they
    /// already cannot be.
    fn reload(&self, settings: &Settings) -> anyhow::Result<Vec<Principal>> {
        self.api_keys.reload(settings)
    }

    fn forget_the_quiet(&self) {
        self.rate_limit.forget_the_quiet();
    }

    /// Tells an operator what may not have been meant.
    pub fn warn(&self, settings: &Settings) {
        if settings.listens_to_others() && !self.api_keys.are_required() {
            tracing::warn!(
                http_host = settings.http_host,
                "everybody who can reach this address may use the server: \
                 set API_KEYS to let in only those who have a key"
            );
        }
        if settings.cors_origins().any(|origin| origin == "*") && !self.api_keys.are_required() {
            tracing::warn!(
                "CORS_ORIGINS=* lets no page in that ALLOWED_ORIGINS does not name: \
                 any page in any browser could use a server that asks for no key"
            );
        }
    }
}

/// Whether a request is for a file of the pages. They need no key, as the page
/// that asks for one needs them; but they are counted as every request is.
fn is_file(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>();
    request.method() == Method::GET && route.is_some_and(|route| page::is_file(route.as_str()))
}

/// Whether a request is for one of the [`OPEN_ROUTES`]. The router has matched
/// it: no spelling of a path leads around a check.
fn is_open(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>();
    route.is_some_and(|route| OPEN_ROUTES.contains(&route.as_str()))
}
