//! The address and transport of a server.

use std::{fmt, net::SocketAddrV4, str::FromStr};

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header::HOST, uri::Scheme};

/// An address on this machine, with the path and transport for sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoadTarget {
    pub(crate) address: SocketAddrV4,
    pub(crate) path: Uri,
    pub(crate) transport: Transport,
    /// Sent with every request.
    pub(crate) headers: HeaderMap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    /// HTTP+SSE.
    Sse,
    /// Streamable HTTP.
    #[value(name = "http")]
    StreamableHttp,
    /// Streamable HTTP without the stream for requests and notifications of the server.
    #[value(name = "http-post-only")]
    StreamablePostOnly,
    #[value(name = "ws")]
    WebSocket,
}

impl LoadTarget {
    /// Returns the same server with another path and transport.
    pub(crate) fn at(&self, path: &'static str, transport: Transport) -> Self {
        Self {
            path: Uri::from_static(path),
            transport,
            ..self.clone()
        }
    }

    /// Adds a header such as `X-API-Key: abc` to every request.
    pub(crate) fn add_header(&mut self, header: &str) -> anyhow::Result<()> {
        let (name, value) = header
            .split_once(':')
            .with_context(|| format!("`{header}` is not a header such as `X-API-Key: abc`"))?;
        let name = HeaderName::try_from(name).with_context(|| format!("in `{header}`"))?;
        let value = HeaderValue::try_from(value.trim())
            .context("a header value must be one line of ASCII")?;
        self.headers.append(name, value);
        Ok(())
    }
}

impl FromStr for LoadTarget {
    type Err = anyhow::Error;

    /// Parses a URL. `ws://` is WebSocket; a path that ends in `/mcp` is Streamable HTTP, any other
    /// path HTTP+SSE.
    fn from_str(url: &str) -> anyhow::Result<Self> {
        let parts = url.parse::<Uri>().unwrap_or_default().into_parts();
        let is_socket = match parts.scheme.as_ref().map(Scheme::as_str) {
            Some("http") => false,
            Some("ws") => true,
            _ => bail!("`{url}` is not a URL such as http://127.0.0.1:8000/sse"),
        };
        let address = parts.authority.context("a URL with a scheme has a host")?;
        let address = address
            .as_str()
            .parse::<SocketAddrV4>()
            .with_context(|| format!("`{address}` is not an IPv4 address with a port"))?;
        // Load on another machine would be an attack.
        ensure!(
            address.ip().is_loopback(),
            "{} is not on this machine",
            address.ip()
        );
        let path = parts.path_and_query.map_or_else(Uri::default, Uri::from);
        let path = match path.path() {
            "/" if is_socket => Uri::from_static("/ws"),
            "/" => Uri::from_static("/sse"),
            _ => path,
        };
        let transport = if is_socket {
            Transport::WebSocket
        } else if path.path().trim_end_matches('/').ends_with("/mcp") {
            Transport::StreamableHttp
        } else {
            Transport::Sse
        };
        let host = HeaderValue::try_from(address.to_string())?;
        Ok(Self {
            address,
            path,
            transport,
            headers: HeaderMap::from_iter([(HOST, host)]),
        })
    }
}

impl fmt::Display for LoadTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.transport {
            Transport::WebSocket => "ws",
            _ => "http",
        };
        write!(f, "{scheme}://{}{}", self.address, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_and_path_select_the_transport() {
        for (url, path, transport) in [
            ("http://127.0.0.1:8000", "/sse", Transport::Sse),
            ("http://127.0.0.1:8000/", "/sse", Transport::Sse),
            (
                "http://127.0.0.1:8000/aare/sse",
                "/aare/sse",
                Transport::Sse,
            ),
            (
                "http://127.0.0.1:8000/mcp",
                "/mcp",
                Transport::StreamableHttp,
            ),
            ("ws://127.0.0.1:8000", "/ws", Transport::WebSocket),
        ] {
            let target = url.parse::<LoadTarget>().unwrap();
            assert_eq!(target.address.port(), 8000);
            assert_eq!((target.path.path(), target.transport), (path, transport));
        }
    }

    #[test]
    fn remote_address_is_rejected() {
        for url in [
            "http://192.0.2.1:80/sse",
            "ws://192.0.2.1:80/ws",
            "https://127.0.0.1:1/sse",
            "http://localhost/sse",
        ] {
            assert!(url.parse::<LoadTarget>().is_err(), "{url}");
        }
    }

    #[test]
    fn added_header_is_sent_with_the_host() {
        let mut target = "http://127.0.0.1:1".parse::<LoadTarget>().unwrap();
        target.add_header("X-API-Key:abc").unwrap();
        target.add_header("A: b").unwrap();
        for (name, value) in [("host", "127.0.0.1:1"), ("x-api-key", "abc"), ("a", "b")] {
            assert_eq!(target.headers[name], value);
        }
        for header in ["nothing", "A: b\r\nC: d", "no name: x"] {
            assert!(target.add_header(header).is_err(), "{header}");
        }
    }
}
