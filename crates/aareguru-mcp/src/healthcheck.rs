//! `aareguru-mcp healthcheck`: checks a running server, for containers without curl. The address is
//! derived from the settings of the server.

use std::{fmt, time::Duration};

use anyhow::{Context, bail};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, Uri, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    time::timeout,
};

use crate::settings::Settings;

/// The time limit for the whole check.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum size of the response body.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The endpoint to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An `http` URL.
    Url(Uri),
    /// A Unix socket.
    Socket(std::path::PathBuf),
}

impl Target {
    /// Returns the endpoint of a server with these settings on this machine.
    ///
    /// # Errors
    ///
    /// `HTTP_HOST` is not a valid host.
    pub fn from_settings(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(path) = &settings.http_socket {
            return Ok(Self::Socket(path.clone()));
        }
        let address = settings.address();
        // A client cannot connect to the unspecified address.
        let address = match address.rsplit_once(':') {
            Some(("0.0.0.0", port)) => format!("127.0.0.1:{port}"),
            Some(("[::]", port)) => format!("[::1]:{port}"),
            _ => address,
        };
        let url = format!("http://{address}/health").parse();
        Ok(Self::Url(url.with_context(|| {
            format!("HTTP_HOST and HTTP_PORT: {address:?} is not a valid address")
        })?))
    }

    /// Parses a URL from the command line. Without a path, it is that of `/health`.
    ///
    /// # Errors
    ///
    /// It is not an `http` URL.
    pub fn parse(url: &str) -> Result<Self, String> {
        let example = "such as http://127.0.0.1:8000/health/ready";
        let uri: Uri = url
            .parse()
            .map_err(|_| format!("expected a URL {example}"))?;
        if uri.scheme_str() != Some("http") {
            return Err(format!(
                "expected an http:// URL of the server itself, not of a proxy, {example}"
            ));
        }
        if uri.path() != "/" {
            return Ok(Self::Url(uri));
        }
        let uri = format!("{}/health", url.trim_end_matches('/')).parse();
        uri.map(Self::Url)
            .map_err(|_| format!("expected a URL {example}"))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => write!(f, "{url}"),
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Checks the server, and returns a report if it is healthy.
///
/// # Errors
///
/// The server is unreachable, does not respond in time, or responds with an error status.
pub async fn run(target: &Target) -> anyhow::Result<String> {
    let (status, body) = match timeout(TIMEOUT, request(target)).await {
        Ok(response) => response.with_context(|| format!("unhealthy: {target}"))?,
        Err(_) => bail!("unhealthy: {target} did not respond within {TIMEOUT:?}"),
    };
    let body = body.trim_end();
    if !status.is_success() {
        bail!("unhealthy: {target} responded {status}: {body}");
    }
    Ok(format!("healthy: {target} responded {status}"))
}

async fn request(target: &Target) -> anyhow::Result<(hyper::StatusCode, String)> {
    match target {
        Target::Url(url) => {
            let authority = url.authority().context("the URL has no host")?;
            let port = url.port_u16().unwrap_or(80);
            let host = authority.host().trim_matches(['[', ']']);
            let stream = TcpStream::connect((host, port)).await;
            let path = url.path_and_query().map_or("/", |path| path.as_str());
            get(stream.context("cannot connect")?, authority.as_str(), path).await
        }
        Target::Socket(path) => {
            let stream = UnixStream::connect(path).await;
            get(stream.context("cannot connect")?, "localhost", "/health").await
        }
    }
}

async fn get(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    host: &str,
    path: &str,
) -> anyhow::Result<(hyper::StatusCode, String)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::get(path)
        .header(header::HOST, host)
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, MAX_BODY_BYTES).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!(error))?.to_bytes();
    Ok((head.status, String::from_utf8_lossy(&body).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_without_path_is_liveness() {
        for (text, expected) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/health"),
            ("http://[::1]:8000/", "http://[::1]:8000/health"),
            ("http://a:1/health/ready", "http://a:1/health/ready"),
        ] {
            assert_eq!(Target::parse(text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn invalid_url_error_contains_an_example() {
        for text in ["https://a", "127.0.0.1:8000", "/health", "unix:/a", ""] {
            let error = Target::parse(text).unwrap_err();
            assert!(
                error.contains("http://127.0.0.1:8000/health/ready"),
                "{error}"
            );
        }
    }
}
