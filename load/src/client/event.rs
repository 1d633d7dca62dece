//! Server-sent events out of the text of a stream.

use bytes::BytesMut;

use super::Failure;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
    pub(crate) id: String,
}

impl Event {
    /// Takes the next event; `None` while it is not complete. Comments are
    /// passed over.
    pub(crate) fn take(text: &mut BytesMut) -> Result<Option<Self>, Failure> {
        while let Some(end) = block_end(text) {
            let block = text.split_to(end);
            let block = std::str::from_utf8(&block)
                .map_err(|_| Failure::Foreign("an event is no text".to_owned()))?;
            let event = Self::parse(block);
            // A comment, or an id that stands for where the stream begins.
            if !event.data.is_empty() {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn parse(block: &str) -> Self {
        let mut event = Self::default();
        for line in block.lines() {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut event.name),
                "id" => value.clone_into(&mut event.id),
                "data" => {
                    if !event.data.is_empty() {
                        event.data.push('\n');
                    }
                    event.data.push_str(value);
                }
                _ => {}
            }
        }
        event
    }
}

/// Where the first block ends, with its blank line.
fn block_end(text: &[u8]) -> Option<usize> {
    let mut line_start = 0;
    for (at, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        if matches!(&text[line_start..at], b"" | b"\r") {
            return Some(at + 1);
        }
        line_start = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<(String, String)> {
        let mut text = BytesMut::from(text);
        std::iter::from_fn(|| Event::take(&mut text).unwrap())
            .map(|event| (event.name, event.data))
            .collect()
    }

    fn owned(name: &str, data: &str) -> (String, String) {
        (name.to_owned(), data.to_owned())
    }

    #[test]
    fn events_are_read_with_either_line_end() {
        for end in ["\n", "\r\n"] {
            let text =
                "event: endpoint|data: /messages?session_id=1||id: 7|event: message|data:{}||"
                    .replace('|', end);
            assert_eq!(
                events(&text),
                [
                    owned("endpoint", "/messages?session_id=1"),
                    owned("message", "{}")
                ]
            );
        }
    }

    #[test]
    fn comments_and_ids_alone_are_no_events() {
        assert_eq!(
            events(": ping\n\nid: 3\n\ndata: a\ndata: b\n\n"),
            [owned("", "a\nb")]
        );
    }

    #[test]
    fn half_an_event_is_waited_for() {
        let mut text = BytesMut::from("event: message\r\ndata: {}\r\n");
        assert_eq!(Event::take(&mut text).unwrap(), None);
        text.extend_from_slice(b"\r\n");
        assert_eq!(Event::take(&mut text).unwrap().unwrap().data, "{}");
    }
}
