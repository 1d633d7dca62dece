//! The banner that `serve` prints on standard output when it is ready: the endpoints, and the
//! configuration of MCP clients.

use std::{
    fmt::Write as _,
    io::{self, Write},
    net::SocketAddr,
};

use edge::serve::Listener;

use crate::{
    connect::client_setups,
    settings::{LogFormat, Settings},
};

/// Prints the banner, unless `LOG_FORMAT` is `json`: then a log collector may read standard output.
///
/// # Errors
///
/// Standard output cannot be written.
pub fn print(listener: &Listener, settings: &Settings, demo: bool) -> io::Result<()> {
    if settings.log_format == LogFormat::Json {
        return Ok(());
    }
    let base_path = settings.base_path();
    let text = match listener.address() {
        Some(address) => {
            let base = format!("{}{base_path}", base_url(address));
            let socket = base.replacen("http", "ws", 1);
            endpoints(&base, &socket, "", demo) + &setups(&base)
        }
        // Clients connect to the proxy in front, whose address is unknown.
        None => {
            let base_path = base_path.as_str();
            endpoints(base_path, base_path, &format!(" on {listener}"), demo)
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"Press Ctrl-C to stop.\n")?;
    out.flush()
}

fn endpoints(base: &str, socket: &str, suffix: &str, demo: bool) -> String {
    let data = if demo {
        "recordings of 2023-05-09, not current (--demo)"
    } else {
        "live from aare.guru"
    };
    format!(
        "aareguru-mcp {version}: how warm is the Aare?\n\n  \
         Streamable HTTP    {base}/mcp{suffix}\n  \
         HTTP+SSE (legacy)  {base}/sse{suffix}\n  \
         WebSocket          {socket}/ws{suffix}\n  \
         data               {data}\n\n",
        version = env!("CARGO_PKG_VERSION"),
    )
}

fn setups(base: &str) -> String {
    let mut text = String::new();
    for setup in client_setups(base) {
        let file = setup.file.map(|file| format!(" ({file})"));
        let file = file.unwrap_or_default();
        write!(text, "{}{file}:\n\n  {}\n\n", setup.client, setup.text)
            .expect("writing to a string never fails");
    }
    text
}

/// Returns a URL that works on this machine: a client cannot connect to the unspecified address.
fn base_url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        return format!("http://localhost:{}", address.port());
    }
    format!("http://{address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_url_replaces_unspecified_addresses() {
        for (address, expected) in [
            ("127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("[::1]:8000", "http://[::1]:8000"),
            ("0.0.0.0:8000", "http://localhost:8000"),
            ("[::]:8000", "http://localhost:8000"),
        ] {
            assert_eq!(base_url(address.parse().unwrap()), expected);
        }
    }
}
