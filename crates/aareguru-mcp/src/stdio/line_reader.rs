//! Reads lines of bounded length.

use tokio::io::{self, AsyncBufReadExt, AsyncRead, BufReader};

use crate::duplex::Input;

/// Reads lines. A line of more than `max_bytes` is discarded and reported.
pub(super) struct LineReader<R> {
    input: BufReader<R>,
    max_bytes: usize,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    pub(super) fn new(input: R, max_bytes: usize) -> Self {
        Self {
            input: BufReader::new(input),
            max_bytes,
        }
    }

    /// Returns the next line that is not blank, without its line break; `None` at the end of the
    /// input. The last line may lack a line break.
    ///
    /// This method is not cancel safe: dropping the future loses a partial line.
    pub(super) async fn next_line(&mut self) -> io::Result<Option<Input>> {
        loop {
            let mut line = Vec::new();
            let mut is_too_long = false;
            let is_at_end = loop {
                let available = self.input.fill_buf().await?;
                if available.is_empty() {
                    break true;
                }
                let end = available.iter().position(|byte| *byte == b'\n');
                let part = &available[..end.unwrap_or(available.len())];
                if is_too_long || line.len() + part.len() > self.max_bytes {
                    is_too_long = true;
                    line = Vec::new();
                } else {
                    line.extend_from_slice(part);
                }
                let consumed = end.map_or(part.len(), |end| end + 1);
                self.input.consume(consumed);
                if end.is_some() {
                    break false;
                }
            };
            if is_too_long {
                return Ok(Some(Input::TooLong));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(Input::Text(line.into())));
            }
            if is_at_end {
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX_BYTES: usize = 5;

    async fn read(input: &str) -> Vec<String> {
        read_chunked(input, 8192).await
    }

    async fn read_chunked(input: &str, chunk_bytes: usize) -> Vec<String> {
        let mut lines = LineReader {
            input: BufReader::with_capacity(chunk_bytes, input.as_bytes()),
            max_bytes: MAX_BYTES,
        };
        let mut read = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            read.push(match line {
                Input::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                Input::TooLong => "too long".into(),
            });
        }
        read
    }

    #[tokio::test]
    async fn line_ends_at_a_line_break_or_the_end_of_input() {
        assert_eq!(read("a\nb\r\n\n  \nc").await, ["a", "b\r", "c"]);
        assert!(read("").await.is_empty());
    }

    #[tokio::test]
    async fn line_over_the_limit_is_reported_and_the_next_one_is_read() {
        assert_eq!(read("123456\n12345\n").await, ["too long", "12345"]);
        assert_eq!(read("1\n123456789").await, ["1", "too long"]);
    }

    proptest! {
        #[test]
        fn lines_are_independent_of_chunk_boundaries(
            input in "[a\n ]{0,40}",
            chunk_bytes in 1_usize..10,
        ) {
            let expected: Vec<_> = input
                .split('\n')
                .filter(|line| line.len() > MAX_BYTES || !line.trim().is_empty())
                .map(|line| if line.len() > MAX_BYTES { "too long" } else { line })
                .collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            prop_assert_eq!(runtime.block_on(read_chunked(&input, chunk_bytes)), expected);
        }
    }
}
