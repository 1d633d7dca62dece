//! Decides which requests reach a route.
//!
//! `http.rs` calls the checks in order, with the access class of the route that the request
//! matched. None of them performs I/O or waits.

mod access;
mod api_key;
mod client_address;
mod cors;
mod host_and_origin;
mod overload;
mod rate_limit;
mod reload;

#[cfg(test)]
mod tests;

use std::{convert::Infallible, sync::Arc};

use axum::{body::Body, extract::Request, response::Response};
use futures_util::{TryFutureExt, future};
use rmcp_transport::Principal;
use tower::util::Either;
use tower_http::{
    cors::CorsLayer,
    validate_request::{ValidateRequest, ValidateRequestHeaderLayer},
};
use tower_layer::Identity;

pub(crate) use self::rate_limit::Allowance;
#[cfg(feature = "graphql")]
pub(crate) use self::rate_limit::RateLimitExceeded;
#[cfg(feature = "redis")]
pub(crate) use self::rate_limit::SharedLimit;
pub use self::{
    access::Access,
    api_key::{KeyHandle, Secret, hash_api_key, validate_key_entry},
    client_address::{ClientIpHeader, PeerAddress, TrustedProxy},
    reload::run_background_tasks,
};
use self::{
    api_key::ApiKeys, client_address::ClientAddresses, host_and_origin::HostAndOrigin,
    rate_limit::RateLimit,
};
use crate::{route_service::RouteService, settings::Settings};

/// The configured checks. Clones share their state.
#[derive(Debug, Clone)]
pub struct Guard(Arc<Checks>);

#[derive(Debug)]
struct Checks {
    host_and_origin: HostAndOrigin,
    cors: Option<CorsLayer>,
    client_addresses: ClientAddresses,
    api_keys: ApiKeys,
    rate_limit: RateLimit,
}

/// Checks the connection and the headers `Host` and `Origin`. See [`Guard::check_source`].
#[derive(Debug, Clone)]
pub(crate) struct SourceCheck {
    guard: Guard,
    access: Access,
}

impl ValidateRequest<Body> for SourceCheck {
    type ResponseBody = Body;

    fn validate(&mut self, request: &mut Request) -> Result<(), Response> {
        let host_and_origin = &self.guard.0.host_and_origin;
        overload::check(self.access, request)
            .and_then(|()| host_and_origin.check(self.access, request))
            .map_err(|refusal| *refusal)
    }
}

impl Guard {
    /// Builds the checks from the settings.
    ///
    /// # Errors
    ///
    /// A setting is invalid. The error names it and contains no key.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let api_keys = ApiKeys::new(settings)?;
        let origins = settings.origins(api_keys.are_required())?;
        Ok(Self(Arc::new(Checks {
            host_and_origin: HostAndOrigin::new(settings, &origins)?,
            cors: cors::layer(settings)?,
            client_addresses: ClientAddresses::new(settings),
            api_keys,
            rate_limit: RateLimit::new(
                settings.rate_limit_per_minute,
                settings.rate_limit_max_clients,
            ),
        })))
    }

    /// Refuses requests on connections over the limits, and those whose `Host` or `Origin` is not
    /// allowed.
    pub(crate) fn check_source(&self, access: Access) -> ValidateRequestHeaderLayer<SourceCheck> {
        let guard = self.clone();
        ValidateRequestHeaderLayer::custom(SourceCheck { guard, access })
    }

    /// Returns the layer that lets the web pages in `CORS_ORIGINS` read responses.
    pub(crate) fn cors(&self) -> Either<CorsLayer, Identity> {
        tower::util::option_layer(self.0.cors.clone())
    }

    /// Identifies, authenticates and counts the client of a request before `inner` answers it.
    ///
    /// `unauthorized` presents the refusal of a request without a valid key. `inner` must be ready.
    pub(crate) fn admit<S: RouteService>(
        &self,
        access: Access,
        mut request: Request,
        inner: &mut S,
        unauthorized: &dyn Fn(&Request, Response) -> Response,
    ) -> impl Future<Output = Result<Response, Infallible>> + use<S> {
        let checks = Arc::clone(&self.0);
        checks.client_addresses.identify(&mut request);
        let key = match checks
            .api_keys
            .check(access, &mut request, &checks.rate_limit)
        {
            Ok(key) => key,
            Err(refusal) => {
                return future::Either::Left(future::ok(unauthorized(&request, *refusal)));
            }
        };
        match checks.rate_limit.check(access, &mut request) {
            Ok(left) => future::Either::Right(inner.call(request).map_ok(move |response| {
                let response = rate_limit::add_headers(left, response);
                checks.api_keys.confirm(key.as_ref(), response)
            })),
            Err(refusal) => {
                let response = checks.api_keys.confirm(key.as_ref(), *refusal);
                future::Either::Left(future::ok(response))
            }
        }
    }

    /// Returns the rate limit, to share it with other instances; `None` if there is none.
    #[cfg(feature = "redis")]
    pub(crate) fn share_rate_limit(&self) -> Option<SharedLimit> {
        self.0.rate_limit.share()
    }

    fn has_keys(&self) -> bool {
        !self.0.api_keys.is_empty()
    }

    /// Reloads the API keys, and returns the principals of revoked keys. When it returns, revoked
    /// keys are no longer accepted.
    fn reload(&self, settings: &Settings) -> anyhow::Result<Vec<Principal>> {
        self.0.api_keys.reload(settings)
    }

    fn evict_idle(&self) {
        self.0.rate_limit.evict_idle();
    }

    /// Logs warnings about settings that are valid but probably not intended.
    pub fn warn(&self, settings: &Settings) {
        if settings.is_reachable_from_other_machines() && !self.0.api_keys.are_required() {
            tracing::warn!(
                http_host = settings.http_host,
                "no API key is required on an address that other machines can reach: \
                 set API_KEYS to restrict access"
            );
        }
        if settings.cors_origins().any(|origin| origin == "*") && !self.0.api_keys.are_required() {
            tracing::warn!(
                "CORS_ORIGINS=* does not extend ALLOWED_ORIGINS while no API key is required: \
                 otherwise any web page could use this server"
            );
        }
    }
}
