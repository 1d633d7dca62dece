//! DNS rebinding protection: checks the `Host` and `Origin` headers of requests, as a function and
//! as a tower layer.
//!
//! A web page can make its own host name resolve to 127.0.0.1 and then access a server on the
//! visitor's machine as if it were the page's own. The browser still sends that name as `Host` and
//! the page's origin as `Origin`, so a server that accepts only known names is protected.
//!
//! Headers are parsed and compared by their parts, never by prefix. Headers that proxies add
//! (`Forwarded`, `X-Forwarded-Host`) are ignored, because any client can send them.

mod host;
mod layer;
mod origin;
mod refusal_log;
mod refused_header;

use std::{error, fmt, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};

use self::{
    host::{HostPattern, HostPort},
    origin::{OriginPattern, WebOrigin},
    refusal_log::{Fault, RefusalLog},
};

pub use self::{
    layer::{Rebinding, RebindingLayer},
    refused_header::RefusedHeader,
};

/// The accepted `Host` and `Origin` headers.
///
/// The MCP specification requires the check of `Origin`: ["Servers MUST validate the `Origin`
/// header on all incoming connections"][spec]. `Host` ([RFC 9110, 7.2][host]) is checked first,
/// because a browser sends no `Origin` with a `GET` to the server that it takes for the page's own.
///
/// ```
/// use http::Request;
/// use rmcp_transport::{RebindingProtection, RefusedHeader};
///
/// let protection = RebindingProtection::new(
///     ["aare.example", "localhost:*"],
///     ["https://app.example", "http://localhost:*"],
/// )?;
///
/// let request = Request::get("/sse").header("host", "Aare.Example:443").body(())?;
/// assert_eq!(protection.check(&request), Ok(()));
///
/// let request = Request::get("/sse").header("host", "evil.example").body(())?;
/// assert_eq!(protection.check(&request), Err(RefusedHeader::Host));
///
/// let request = Request::get("/sse")
///     .header("host", "localhost:8000")
///     .header("origin", "https://evil.example")
///     .body(())?;
/// assert_eq!(protection.check(&request), Err(RefusedHeader::Origin));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Clones are cheap and share the patterns. Use it as a tower layer with [`RebindingLayer`].
///
/// [spec]: https://modelcontextprotocol.io/specification/2024-11-05/basic/transports
/// [host]: https://www.rfc-editor.org/rfc/rfc9110.html#section-7.2
#[derive(Debug, Clone)]
pub struct RebindingProtection {
    /// `None` when it is disabled.
    allowed: Option<Arc<Allowed>>,
}

/// A pattern that [`RebindingProtection::new`] cannot parse.
///
/// Its `Display` form names the setting and the pattern, with examples of valid ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPattern {
    pattern: String,
    header: RefusedHeader,
}

#[derive(Debug)]
struct Allowed {
    hosts: Vec<HostPattern>,
    origins: Vec<OriginPattern>,
    log: RefusalLog,
}

impl RebindingProtection {
    /// Accepts only requests to this machine by its local names: the hosts `localhost`, `127.0.0.1`
    /// and `[::1]` with any port, and the `http` and `https` origins of these hosts with any port.
    /// This is the default.
    pub fn loopback() -> Self {
        Self::new(
            ["localhost:*", "127.0.0.1:*", "[::1]:*"],
            [
                "http://localhost:*",
                "http://127.0.0.1:*",
                "http://[::1]:*",
                "https://localhost:*",
                "https://127.0.0.1:*",
                "https://[::1]:*",
            ],
        )
        .expect("these patterns are valid")
    }

    /// Accepts the given hosts and origins. An empty list accepts none.
    ///
    /// | host pattern | accepts |
    /// |---|---|
    /// | `aare.example` | this host with no port, 80, or 443 |
    /// | `aare.example:8443` | this host with this port |
    /// | `aare.example:443` | this host with this port or none, and likewise for 80 |
    /// | `aare.example:*` | this host with any port or none |
    /// | `127.0.0.1:8000`, `[::1]:8000` | addresses, likewise |
    /// | `*` | any host |
    ///
    /// | origin pattern | accepts |
    /// |---|---|
    /// | `https://app.example` | this scheme and host, with no port or 443 |
    /// | `http://localhost:3000` | this scheme, host and port |
    /// | `http://localhost:*` | this scheme and host with any port or none |
    /// | `vscode-webview://id` | other schemes, likewise |
    /// | `null` | the origin of local files and sandboxed frames |
    /// | `*` | any origin |
    ///
    /// Case and a trailing dot are ignored; IPv6 addresses match in every spelling. A request must
    /// name its host exactly once, in a valid form, even if any host is accepted. It may lack an
    /// `Origin`, which only browsers send.
    ///
    /// A page that the server itself serves also has an origin, which must be listed if the page
    /// sends requests.
    ///
    /// # Errors
    ///
    /// The first invalid pattern.
    ///
    /// ```
    /// use rmcp_transport::RebindingProtection;
    ///
    /// let error = RebindingProtection::new(["https://aare.example"], None::<&str>).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "\"https://aare.example\" in allowed_hosts is not a host, which looks like \
    ///      `aare.example`, `aare.example:8443`, `aare.example:*`, `[::1]:*` or `*`"
    /// );
    /// ```
    pub fn new(
        allowed_hosts: impl IntoIterator<Item = impl AsRef<str>>,
        allowed_origins: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, InvalidPattern> {
        let hosts = parse_all(allowed_hosts, RefusedHeader::Host, HostPattern::parse)?;
        let origins = parse_all(allowed_origins, RefusedHeader::Origin, OriginPattern::parse)?;
        Ok(Self {
            allowed: Some(Arc::new(Allowed {
                hosts,
                origins,
                log: RefusalLog::default(),
            })),
        })
    }

    /// Accepts every request. Use it only for a server that no browser can reach, or behind another
    /// component that performs the check.
    pub fn disabled() -> Self {
        Self { allowed: None }
    }

    /// Returns whether only local names of this machine are accepted.
    ///
    /// A server that listens on another address would refuse every request sent there. It should
    /// refuse to start:
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use rmcp_transport::RebindingProtection;
    ///
    /// fn may_listen_on(address: SocketAddr, protection: &RebindingProtection) -> bool {
    ///     address.ip().is_loopback() || !protection.allows_only_loopback()
    /// }
    ///
    /// let everywhere = "0.0.0.0:8000".parse()?;
    /// assert!(!may_listen_on(everywhere, &RebindingProtection::loopback()));
    /// let public = RebindingProtection::new(["aare.example"], None::<&str>)?;
    /// assert!(may_listen_on(everywhere, &public));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn allows_only_loopback(&self) -> bool {
        self.allowed
            .as_deref()
            .is_some_and(|allowed| allowed.hosts.iter().all(HostPattern::is_loopback))
    }

    /// Checks the host and then the origin of a request with any method.
    ///
    /// The host is that of the `Host` header and that of the request's target, where HTTP/2 has it.
    /// If both are present, both must be accepted.
    ///
    /// A refusal is logged with the header's value and the setting to change: as a warning at most
    /// once a second per header, otherwise at debug level.
    ///
    /// # Errors
    ///
    /// The header that was refused.
    pub fn check<B>(&self, request: &Request<B>) -> Result<(), RefusedHeader> {
        match &self.allowed {
            Some(allowed) => allowed.check(request.uri(), request.headers()),
            None => Ok(()),
        }
    }

    /// Returns whether this `Origin` is accepted, whatever the host, for a layer that answers such
    /// requests itself (CORS). Logs nothing.
    ///
    /// ```
    /// use http::HeaderValue;
    /// use rmcp_transport::RebindingProtection;
    ///
    /// let protection = RebindingProtection::new(["*"], ["https://app.example"])?;
    /// assert!(protection.allows_origin(&HeaderValue::from_static("https://app.example")));
    /// assert!(!protection.allows_origin(&HeaderValue::from_static("https://evil.example")));
    /// # Ok::<(), rmcp_transport::InvalidPattern>(())
    /// ```
    pub fn allows_origin(&self, origin: &HeaderValue) -> bool {
        let Some(allowed) = &self.allowed else {
            return true;
        };
        allowed.check_origin_value(origin.as_bytes()).is_ok()
    }
}

impl Default for RebindingProtection {
    fn default() -> Self {
        Self::loopback()
    }
}

impl Allowed {
    fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), RefusedHeader> {
        self.check_host(uri, headers).map_err(|fault| {
            self.log.host_refused(&fault);
            RefusedHeader::Host
        })?;
        self.check_origin(headers).map_err(|fault| {
            self.log.origin_refused(&fault);
            RefusedHeader::Origin
        })
    }

    fn check_host<'a>(&self, uri: &'a Uri, headers: &'a HeaderMap) -> Result<(), Fault<'a>> {
        let header = single_value(headers, header::HOST)?;
        let target = uri
            .authority()
            .map(|authority| authority.as_str().as_bytes());
        if header.or(target).is_none() {
            return Err(Fault {
                value: b"",
                reason: "it has no host",
            });
        }
        for value in [header, target].into_iter().flatten() {
            let fault = |reason| Fault { value, reason };
            let host = str::from_utf8(value)
                .ok()
                .and_then(HostPort::parse)
                .ok_or_else(|| fault("this is not a host"))?;
            if !self.hosts.iter().any(|pattern| pattern.matches(&host)) {
                return Err(fault("add this host to allowed_hosts to accept it"));
            }
        }
        Ok(())
    }

    fn check_origin<'a>(&self, headers: &'a HeaderMap) -> Result<(), Fault<'a>> {
        match single_value(headers, header::ORIGIN)? {
            Some(value) => self.check_origin_value(value),
            None => Ok(()),
        }
    }

    fn check_origin_value<'a>(&self, value: &'a [u8]) -> Result<(), Fault<'a>> {
        let fault = |reason| Fault { value, reason };
        let origin = str::from_utf8(value)
            .ok()
            .and_then(WebOrigin::parse)
            .ok_or_else(|| fault("this is not an origin"))?;
        if !self.origins.iter().any(|pattern| pattern.matches(&origin)) {
            return Err(fault("add this origin to allowed_origins to accept it"));
        }
        Ok(())
    }
}

/// Returns the value of a header that may occur once.
fn single_value(headers: &HeaderMap, name: HeaderName) -> Result<Option<&[u8]>, Fault<'_>> {
    let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    match (values.next(), values.next()) {
        (first, None) => Ok(first),
        (_, Some(second)) => Err(Fault {
            value: second,
            reason: "this header occurs more than once",
        }),
    }
}

fn parse_all<P>(
    patterns: impl IntoIterator<Item = impl AsRef<str>>,
    header: RefusedHeader,
    parse: impl Fn(&str) -> Option<P>,
) -> Result<Vec<P>, InvalidPattern> {
    patterns
        .into_iter()
        .map(|pattern| {
            let pattern = pattern.as_ref();
            parse(pattern).ok_or_else(|| InvalidPattern {
                pattern: pattern.to_owned(),
                header,
            })
        })
        .collect()
}

impl fmt::Display for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = &self.pattern;
        match self.header {
            RefusedHeader::Host => write!(
                f,
                "{pattern:?} in allowed_hosts is not a host, which looks like \
                 `aare.example`, `aare.example:8443`, `aare.example:*`, `[::1]:*` or `*`"
            ),
            RefusedHeader::Origin => write!(
                f,
                "{pattern:?} in allowed_origins is not an origin, which looks like \
                 `https://app.example`, `http://localhost:*`, `vscode-webview://id`, `null` or `*`"
            ),
        }
    }
}

impl error::Error for InvalidPattern {}

#[cfg(test)]
mod tests;
