//! `aareguru-mcp healthcheck`: asks a running server whether it is well, for
//! containers that have no curl. It finds the server by the server's settings.

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

/// How long the server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The most of an answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Where to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A URL with `http`.
    Url(Uri),
    /// A Unix socket.
    Socket(std::path::PathBuf),
}

impl Target {
    /// The server with these settings, as it is reached on its own machine.
    ///
    /// # Errors
    ///
    /// `HTTP_HOST` is no host.
    pub fn of(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(path) = &settings.http_socket {
            return Ok(Self::Socket(path.clone()));
        }
        let address = settings.address();
        // Nobody can connect to "any address".
        let address = match address.rsplit_once(':') {
            Some(("0.0.0.0", port)) => format!("127.0.0.1:{port}"),
            Some(("[::]", port)) => format!("[::1]:{port}"),
            _ => address,
        };
        let url = format!("http://{address}/health").parse();
        Ok(Self::Url(url.with_context(|| {
            format!("`{address}` is no address (HTTP_HOST)")
        })?))
    }

    /// A URL from the command line; without a path it is that of liveness.
    ///
    /// # Errors
    ///
    /// It is not a URL with `http`.
    pub fn parse(url: &str) -> Result<Self, String> {
        let example = "such as http://127.0.0.1:8000/health/ready";
        let uri: Uri = url
            .parse()
            .map_err(|_| format!("it is not a URL, {example}"))?;
        if uri.scheme_str() != Some("http") {
            return Err(format!(
                "only http:// is spoken here, to the server itself and not to a proxy, {example}"
            ));
        }
        if uri.path() != "/" {
            return Ok(Self::Url(uri));
        }
        let uri = format!("{}/health", url.trim_end_matches('/')).parse();
        uri.map(Self::Url)
            .map_err(|_| format!("it is not a URL, {example}"))
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

/// Asks; returns what to say if the server is well.
///
/// # Errors
///
/// It cannot be reached, does not answer in time, or says that it is not well.
pub async fn run(target: &Target) -> anyhow::Result<String> {
    let (status, body) = match timeout(TIMEOUT, ask(target)).await {
        Ok(answer) => answer.with_context(|| format!("unhealthy: {target}"))?,
        Err(_) => bail!("unhealthy: {target} did not answer within {TIMEOUT:?}"),
    };
    let body = body.trim_end();
    if !status.is_success() {
        bail!("unhealthy: {target} answered {status}: {body}");
    }
    Ok(format!("healthy: {target} answered {status}"))
}

async fn ask(target: &Target) -> anyhow::Result<(hyper::StatusCode, String)> {
    match target {
        Target::Url(url) => {
            let authority = url.authority().context("the URL names no host")?;
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
    let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!(error))?.to_bytes();
    Ok((head.status, String::from_utf8_lossy(&body).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_path_asks_for_liveness() {
        for (given, asked) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/health"),
            ("http://[::1]:8000/", "http://[::1]:8000/health"),
            ("http://a:1/health/ready", "http://a:1/health/ready"),
        ] {
            assert_eq!(Target::parse(given).unwrap().to_string(), asked);
        }
    }

    #[test]
    fn what_cannot_be_asked_is_told_with_a_way_out() {
        for given in ["https://a", "127.0.0.1:8000", "/health", "unix:/a", ""] {
            let error = Target::parse(given).unwrap_err();
            assert!(
                error.contains("http://127.0.0.1:8000/health/ready"),
                "{error}"
            );
        }
    }
}
