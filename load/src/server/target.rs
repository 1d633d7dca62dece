//! Where a server's event stream is.

use std::{net::SocketAddrV4, str::FromStr};

use anyhow::{Context, bail, ensure};

/// An address on this machine and the path of the event stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) address: SocketAddrV4,
    pub(crate) path: String,
}

impl FromStr for Target {
    type Err = anyhow::Error;

    fn from_str(url: &str) -> anyhow::Result<Self> {
        let Some(rest) = url.strip_prefix("http://") else {
            bail!("`{url}` is no URL such as http://127.0.0.1:8000/sse");
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
        let path = if path.is_empty() || path == "/" {
            "/sse"
        } else {
            path
        };
        Ok(Self {
            address,
            path: path.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_stream_is_sse_unless_it_is_named() {
        for (url, path) in [
            ("http://127.0.0.1:8000", "/sse"),
            ("http://127.0.0.1:8000/", "/sse"),
            ("http://127.0.0.1:8000/aare/sse", "/aare/sse"),
        ] {
            let target = url.parse::<Target>().unwrap();
            assert_eq!(target.address.port(), 8000);
            assert_eq!(target.path, path);
        }
    }

    #[test]
    fn only_this_machine_is_measured() {
        for url in [
            "http://192.0.2.1:80/sse",
            "https://127.0.0.1:1/sse",
            "http://localhost/sse",
        ] {
            assert!(url.parse::<Target>().is_err(), "{url}");
        }
    }
}
