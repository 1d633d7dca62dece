//! Whether a request was sent to this server by one of its names, and not by
//! a web page of somebody else's (DNS rebinding).

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::Request,
    http::{HeaderName, header},
    response::Response,
};
use rmcp_transport::{RebindingProtection, RefusedHeader};

use super::Access;
use crate::{counter_vec::CounterVec, refusal, settings::Settings};

/// The most characters of a refused header that are told back.
const TOLD_CHARS: usize = 100;

/// The check of `Host` and `Origin`.
#[derive(Debug)]
pub(super) struct HostAndOrigin {
    protection: RebindingProtection,
    /// For open routes that are asked for by address.
    by_address: RebindingProtection,
    refused: CounterVec,
}

impl HostAndOrigin {
    pub(super) fn new(settings: &Settings, origins: &[String]) -> anyhow::Result<Self> {
        Ok(Self {
            protection: settings.rebinding_protection(origins)?,
            by_address: RebindingProtection::new(["*"], origins)?,
            refused: CounterVec::new(
                "aareguru_mcp_rebinding_refused_total",
                "Requests refused for their Host or Origin, by header",
                "header",
                ["host", "origin"],
            ),
        })
    }

    pub(super) fn check(&self, access: Access, request: &Request) -> Result<(), Box<Response>> {
        // Kubernetes and Prometheus call a server by its address, which they
        // cannot be talked out of. A page can be on an address only if that is
        // where it came from: what rebinds is a name.
        let protection = if access == Access::Open && is_sent_to_an_address(request) {
            &self.by_address
        } else {
            &self.protection
        };
        protection.check(request).map_err(|refused| {
            self.refused.increment(match refused {
                RefusedHeader::Host => "host",
                RefusedHeader::Origin => "origin",
            });
            Box::new(answer(refused, request))
        })
    }
}

fn is_sent_to_an_address(request: &Request) -> bool {
    let host = request.headers().get(header::HOST);
    let Some(host) = host.and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    host.parse::<SocketAddr>().is_ok() || bare.unwrap_or(host).parse::<IpAddr>().is_ok()
}

/// Names what was refused and the setting by which it would pass.
fn answer(refused: RefusedHeader, request: &Request) -> Response {
    let (name, setting) = match refused {
        RefusedHeader::Host => (header::HOST, "ALLOWED_HOSTS"),
        RefusedHeader::Origin => (header::ORIGIN, "ALLOWED_ORIGINS"),
    };
    let value = told(request, &name);
    let text = format!(
        "{refused}: {value} is not allowed; the operator of this server can allow it in {setting}"
    );
    refusal::text(refused.status(), text, None)
}

/// The header as it came, if it may be told back: nothing but what hosts and
/// origins are made of.
fn told(request: &Request, name: &HeaderName) -> String {
    let value = request
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok());
    let is_plain = |value: &&str| {
        value.len() <= TOLD_CHARS
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_:/[]+*".contains(&byte))
    };
    match value.filter(is_plain) {
        Some("") | None => "what was sent".to_owned(),
        Some(value) => format!("`{value}`"),
    }
}
