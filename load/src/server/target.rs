//! Where a server is, and how one speaks to it.

use std::{fmt, net::SocketAddrV4, str::FromStr, sync::Arc};

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;

/// An address on this machine, a path there, and what is spoken on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) address: SocketAddrV4,
    pub(crate) path: String,
    pub(crate) transport: Transport,
    /// What every request carries, each header with its line end.
    pub(crate) headers: Arc<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    /// HTTP+SSE.
    Sse,
    /// Streamable HTTP.
    #[value(name = "http")]
    StreamableHttp,
    /// Streamable HTTP by a client that does not listen to what the server says
    /// by itself.
    #[value(name = "http-quiet")]
    StreamableQuiet,
    #[value(name = "ws")]
    WebSocket,
}

impl Target {
    /// The same server on another path.
    pub(crate) fn speak(&mut self, path: &str, transport: Transport) {
        path.clone_into(&mut self.path);
        self.transport = transport;
    }

    /// Adds a header such as `X-API-Key: abc` to every request.
    pub(crate) fn add_header(&mut self, header: &str) -> anyhow::Result<()> {
        let (name, value) = header
            .split_once(':')
            .with_context(|| format!("`{header}` is no header such as `X-API-Key: abc`"))?;
        ensure!(
            !header.contains(['\r', '\n']),
            "a header is one line: `{name}`"
        );
        self.headers = format!("{}{name}: {}\r\n", self.headers, value.trim()).into();
        Ok(())
    }

    pub(crate) fn header_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.headers.lines();
        lines.filter_map(|line| line.split_once(": "))
    }
}

impl FromStr for Target {
    type Err = anyhow::Error;

    /// `ws://` is WebSocket; a path that ends in `/mcp` is Streamable HTTP, any
    /// other is HTTP+SSE.
    fn from_str(url: &str) -> anyhow::Result<Self> {
        let (rest, is_socket) = match (url.strip_prefix("http://"), url.strip_prefix("ws://")) {
            (Some(rest), _) => (rest, false),
            (_, Some(rest)) => (rest, true),
            _ => bail!("`{url}` is no URL such as http://127.0.0.1:8000/sse"),
        };
        let (address, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let address = address
            .parse::<SocketAddrV4>()
            .with_context(|| format!("`{address}` is no IPv4 address with a port"))?;
        // Measuring a machine that others use would be an attack.
        ensure!(
            address.ip().is_loopback(),
            "{} is not on this machine",
            address.ip()
        );
        let path = match path {
            "" | "/" if is_socket => "/ws",
            "" | "/" => "/sse",
            path => path,
        };
        let transport = if is_socket {
            Transport::WebSocket
        } else if path.trim_end_matches('/').ends_with("/mcp") {
            Transport::StreamableHttp
        } else {
            Transport::Sse
        };
        Ok(Self {
            address,
            path: path.to_owned(),
            transport,
            headers: "".into(),
        })
    }
}

impl fmt::Display for Target {
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
    fn scheme_and_path_tell_the_transport() {
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
            let target = url.parse::<Target>().unwrap();
            assert_eq!(target.address.port(), 8000);
            assert_eq!((target.path.as_str(), target.transport), (path, transport));
        }
    }

    #[test]
    fn only_this_machine_is_measured() {
        for url in [
            "http://192.0.2.1:80/sse",
            "ws://192.0.2.1:80/ws",
            "https://127.0.0.1:1/sse",
            "http://localhost/sse",
        ] {
            assert!(url.parse::<Target>().is_err(), "{url}");
        }
    }

    #[test]
    fn headers_are_whole_lines() {
        let mut target = "http://127.0.0.1:1".parse::<Target>().unwrap();
        target.add_header("X-API-Key:abc").unwrap();
        target.add_header("A: b").unwrap();
        assert_eq!(&*target.headers, "X-API-Key: abc\r\nA: b\r\n");
        assert!(target.header_pairs().eq([("X-API-Key", "abc"), ("A", "b")]));
        assert!(target.add_header("nothing").is_err());
        assert!(target.add_header("A: b\r\nC: d").is_err());
    }
}
