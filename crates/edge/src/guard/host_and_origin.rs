//! Checks `Host` and `Origin`, to protect against DNS rebinding and against foreign web pages.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, bail};
use axum::{
    extract::Request,
    http::{HeaderName, header},
    response::Response,
};
use rmcp_transport::{RebindingProtection, RefusedHeader};

use crate::{access::Access, config::Config, counter_vec::CounterVec, refusal};

/// The names of this machine.
const OWN_HOSTS: [&str; 3] = ["localhost:*", "127.0.0.1:*", "[::1]:*"];

/// The maximum length of a refused header that the response quotes.
const MAX_QUOTED_BYTES: usize = 100;

/// The check of `Host` and `Origin`.
#[derive(Debug)]
pub(super) struct HostAndOrigin {
    protection: RebindingProtection,
    /// For open routes if `Host` is an address.
    by_address: RebindingProtection,
    refused: CounterVec,
}

impl HostAndOrigin {
    /// Builds the check. `needs_key` is whether requests need an API key.
    pub(super) fn new(config: &Config, needs_key: bool) -> anyhow::Result<Self> {
        let origins = origins(config, needs_key)?;
        Ok(Self {
            protection: protection(config, &origins)?,
            by_address: RebindingProtection::new(["*"], &origins)?,
            refused: CounterVec::new(
                "aareguru_mcp_rebinding_refused_total",
                "Requests refused for their Host or Origin, by header",
                "header",
                ["host", "origin"],
            ),
        })
    }

    pub(super) fn check(&self, access: Access, request: &Request) -> Result<(), Box<Response>> {
        // Kubernetes and Prometheus always send the address of the server as `Host`. An address
        // cannot be rebound: a page whose origin is an address was served from there.
        let protection = if access == Access::Open && is_host_an_address(request) {
            &self.by_address
        } else {
            &self.protection
        };
        protection.check(request).map_err(|refused| {
            self.refused.increment(match refused {
                RefusedHeader::Host => "host",
                RefusedHeader::Origin => "origin",
            });
            Box::new(refuse(refused, request))
        })
    }
}

/// Builds the check that accepts the names of this machine, the configured ones, and `origins`.
fn protection(config: &Config, origins: &[String]) -> anyhow::Result<RebindingProtection> {
    let configured = config.allowed_hosts.iter().map(String::as_str);
    let protection = RebindingProtection::new(OWN_HOSTS.into_iter().chain(configured), origins)?;
    if let Some(host) = &config.public_host
        && protection.allows_only_loopback()
    {
        bail!(
            "HTTP_HOST is {host}, but ALLOWED_HOSTS is empty, so every request from another \
             machine would be refused: list the host names that clients use, such as \
             ALLOWED_HOSTS=aare.example.org"
        );
    }
    Ok(protection)
}

/// Returns the origins whose pages may use the server. `*` is included only with `needs_key`.
fn origins(config: &Config, needs_key: bool) -> anyhow::Result<Vec<String>> {
    RebindingProtection::new(["*"], &config.cors_origins).context("CORS_ORIGINS")?;
    let own = OWN_HOSTS.map(|host| [format!("http://{host}"), format!("https://{host}")]);
    let cors = config.cors_origins.iter();
    let cors = cors.filter(|origin| *origin != "*" || needs_key);
    let configured = config.allowed_origins.iter().chain(cors).cloned();
    Ok(own.into_iter().flatten().chain(configured).collect())
}

fn is_host_an_address(request: &Request) -> bool {
    let host = request.headers().get(header::HOST);
    let Some(host) = host.and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    host.parse::<SocketAddr>().is_ok() || bare.unwrap_or(host).parse::<IpAddr>().is_ok()
}

/// Builds the response, which names the refused value and the setting that would allow it.
fn refuse(refused: RefusedHeader, request: &Request) -> Response {
    let (name, setting) = match refused {
        RefusedHeader::Host => (header::HOST, "ALLOWED_HOSTS"),
        RefusedHeader::Origin => (header::ORIGIN, "ALLOWED_ORIGINS"),
    };
    let value = quote(request, &name);
    let text = format!(
        "{refused}: {value} is not allowed; the operator of this server can allow it in {setting}"
    );
    refusal::text(refused.status(), text, None)
}

/// Quotes the header if it consists of characters that occur in hosts and origins.
fn quote(request: &Request, name: &HeaderName) -> String {
    let value = request
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok());
    let is_plain = |value: &&str| {
        value.len() <= MAX_QUOTED_BYTES
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_:/[]+*".contains(&byte))
    };
    match value.filter(is_plain) {
        Some("") | None => "the value".to_owned(),
        Some(value) => format!("`{value}`"),
    }
}
