//! The head of a response: its status, and how its body ends.

use super::Failure;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) body: Body,
    /// Whether the body is an event stream.
    pub(crate) is_stream: bool,
    /// The session of Streamable HTTP.
    pub(crate) session_id: Option<String>,
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
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Failure> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = String::from_utf8_lossy(&bytes[..end]);
        let (first, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
        let status = first.strip_prefix("HTTP/1.1 ");
        let status = status.and_then(|rest| rest.get(..3)?.parse().ok());
        let status =
            status.ok_or_else(|| Failure::Foreign(format!("`{first}` is no status line")))?;
        let mut head = Self {
            status,
            body: Body::UntilClose,
            is_stream: false,
            session_id: None,
        };
        for line in headers.lines() {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            head.read(name, value.trim())?;
        }
        Ok(Some((head, end + 4)))
    }

    fn read(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        if name.eq_ignore_ascii_case("content-length") {
            let length = value.parse();
            self.body = Body::Length(
                length.map_err(|_| Failure::Foreign(format!("`{value}` is no content length")))?,
            );
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            self.body = Body::Chunked;
        } else if name.eq_ignore_ascii_case("content-type") {
            self.is_stream = value.starts_with("text/event-stream");
        } else if name.eq_ignore_ascii_case("mcp-session-id") {
            self.session_id = Some(value.to_owned());
        }
        Ok(())
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
            let (parsed, length) = parsed.unwrap();
            assert_eq!((parsed.status, parsed.body), (202, body));
            assert_eq!(length, head.len());
        }
    }

    #[test]
    fn a_head_tells_a_session_and_an_event_stream() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                     Mcp-Session-Id: abc\r\ntransfer-encoding: chunked\r\n\r\n";
        let (head, _) = Head::parse(head).unwrap().unwrap();
        assert!(head.is_stream);
        assert_eq!(head.session_id.as_deref(), Some("abc"));
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
