//! The head of a response: its status, and how its body ends.

use anyhow::{Context, ensure};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) body: Body,
}

/// How a body ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// After so many bytes.
    Length(usize),
    Chunked,
    /// With the connection.
    UntilClose,
}

impl Head {
    /// The head and its length; `None` while it is not complete.
    pub(crate) fn parse(bytes: &[u8]) -> anyhow::Result<Option<(Self, usize)>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(&bytes[..end]).context("the head is no text")?;
        let (first, headers) = head.split_once("\r\n").unwrap_or((head, ""));
        ensure!(
            first.starts_with("HTTP/1.1 "),
            "`{first}` is no status line"
        );
        let status = first.get(9..12).and_then(|status| status.parse().ok());
        let status = status.with_context(|| format!("no status in `{first}`"))?;
        let mut body = Body::UntilClose;
        for line in headers.lines() {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                body = Body::Length(value.trim().parse().context("content-length")?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                body = Body::Chunked;
            }
        }
        Ok(Some((Self { status, body }, end + 4)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_tells_status_and_body() {
        for (headers, body) in [
            ("content-length: 8\r\ndate: now\r\n", Body::Length(8)),
            ("Date: now\r\nTransfer-Encoding: chunked\r\n", Body::Chunked),
            ("", Body::UntilClose),
        ] {
            let head = format!("HTTP/1.1 202 Accepted\r\n{headers}\r\n");
            let parsed = Head::parse(format!("{head}Accepted").as_bytes()).unwrap();
            assert_eq!(parsed, Some((Head { status: 202, body }, head.len())));
        }
    }

    #[test]
    fn half_a_head_is_waited_for() {
        assert_eq!(Head::parse(b"HTTP/1.1 202 Accepted\r\n").unwrap(), None);
    }

    #[test]
    fn what_is_not_http_is_refused() {
        assert!(Head::parse(b"SSH-2.0-OpenSSH\r\n\r\n").is_err());
    }
}
