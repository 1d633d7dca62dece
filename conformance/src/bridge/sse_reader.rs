//! Reads server-sent events from a response.

use std::collections::VecDeque;

pub(super) struct SseReader {
    response: reqwest::Response,
    /// Complete lines.
    lines: VecDeque<String>,
    /// The bytes of the incomplete line.
    rest: Vec<u8>,
}

pub(super) struct SseEvent {
    pub(super) name: String,
    pub(super) data: String,
}

impl SseReader {
    pub(super) fn new(response: reqwest::Response) -> Self {
        Self {
            response,
            lines: VecDeque::new(),
            rest: Vec::new(),
        }
    }

    /// Returns the next event with data; `None` at the end of the stream.
    pub(super) async fn next(&mut self) -> Option<SseEvent> {
        let (mut name, mut data) = (String::new(), Vec::new());
        loop {
            let line = self.line().await?;
            match line.split_once(':').unwrap_or((&line, "")) {
                ("", "") if line.is_empty() && !data.is_empty() => {
                    let data = data.join("\n");
                    return Some(SseEvent { name, data });
                }
                ("event", value) => value.trim_start().clone_into(&mut name),
                ("data", value) => data.push(value.strip_prefix(' ').unwrap_or(value).to_owned()),
                // Comments, ids and unknown fields.
                _ => {}
            }
        }
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Some(line);
            }
            self.rest.extend(self.response.chunk().await.ok()??);
            while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<_> = self.rest.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                self.lines
                    .push_back(line.trim_end_matches(['\r', '\n']).to_owned());
            }
        }
    }
}
