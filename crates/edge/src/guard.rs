//! Decides which requests reach a route.
//!
//! The layers of the router call the checks in order, with the access class of the route that the
//! request matched. None of them performs I/O or waits.

mod api_key;
mod background_tasks;
mod cors;
mod host_and_origin;
mod overload;
mod rate_limit;

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

use self::{api_key::ApiKeys, host_and_origin::HostAndOrigin, rate_limit::RateLimit};
pub use self::{
    api_key::{KeyHandle, hash_api_key, validate_key_entry},
    background_tasks::run_background_tasks,
    rate_limit::{Allowance, Caller, RateLimitExceeded, SharedLimit},
};
use crate::{
    access::Access,
    client_address::ClientAddresses,
    config::{ApiKeyConfig, Config},
    route_service::RouteService,
};

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
pub struct SourceCheck {
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
    /// Builds the checks.
    ///
    /// # Errors
    ///
    /// The configuration is invalid. The error names the setting and contains no key.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let api_keys = ApiKeys::new(&config.api_keys)?;
        Ok(Self(Arc::new(Checks {
            host_and_origin: HostAndOrigin::new(config, api_keys.are_required())?,
            cors: cors::layer(&config.cors_origins)?,
            client_addresses: ClientAddresses::new(
                config.trusted_proxies.clone(),
                config.client_ip_header.clone(),
            ),
            api_keys,
            rate_limit: RateLimit::new(
                config.rate_limit_per_minute,
                config.rate_limit_max_clients,
                &config.rate_limit_networks,
            ),
        })))
    }

    /// Refuses requests on connections over the limits, and those whose `Host` or `Origin` is not
    /// allowed.
    pub fn check_source(&self, access: Access) -> ValidateRequestHeaderLayer<SourceCheck> {
        let guard = self.clone();
        ValidateRequestHeaderLayer::custom(SourceCheck { guard, access })
    }

    /// Returns the layer that lets the web pages in `CORS_ORIGINS` read responses.
    pub fn cors(&self) -> Either<CorsLayer, Identity> {
        tower::util::option_layer(self.0.cors.clone())
    }

    /// Identifies, authenticates and counts the client of a request before `inner` answers it.
    ///
    /// `unauthorized` presents the refusal of a request without a valid key. `inner` must be ready.
    pub fn admit<S: RouteService>(
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
    pub fn share_rate_limits(&self) -> Vec<SharedLimit> {
        self.0.rate_limit.share()
    }

    fn has_keys(&self) -> bool {
        !self.0.api_keys.is_empty()
    }

    /// Reloads the API keys, and returns the principals of revoked keys. When it returns, revoked
    /// keys are no longer accepted.
    fn reload(&self, config: &ApiKeyConfig) -> anyhow::Result<Vec<Principal>> {
        self.0.api_keys.reload(config)
    }

    fn evict_idle(&self) {
        self.0.rate_limit.evict_idle();
    }

    /// Logs warnings about a configuration that is valid but probably not intended.
    pub fn warn(&self, config: &Config) {
        let is_open = !self.0.api_keys.are_required();
        if let Some(http_host) = config.public_host.as_ref().filter(|_| is_open) {
            tracing::warn!(
                http_host,
                "no API key is required on an address that other machines can reach: \
                 set API_KEYS to restrict access"
            );
        }
        if is_open && config.cors_origins.iter().any(|origin| origin == "*") {
            tracing::warn!(
                "CORS_ORIGINS=* does not extend ALLOWED_ORIGINS while no API key is required: \
                 otherwise any web page could use this server"
            );
        }
    }
}
