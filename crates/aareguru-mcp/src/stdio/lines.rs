//! Lines of bounded length.

use tokio::io::{self, AsyncBufReadExt, AsyncRead, BufReader};

use crate::duplex::Input;

/// Reads lines, and keeps no more than `max_bytes` of each.
pub(super) struct Lines<R> {
    input: BufReader<R>,
    max_bytes: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(input: R, max_bytes: usize) -> Self {
        Self {
            input: BufReader::new(input),
            max_bytes,
        }
    }

    /// The next line that is not empty, without its end; `None` at the end of the input. Bytes
    /// after the last line end are a line.
    ///
    /// Not to be dropped half-way: a line that was begun would be lost.
    pub(super) async fn next(&mut self) -> io::Result<Option<Input>> {
        loop {
            let mut line = Vec::new();
            let mut too_long = false;
            let ended = loop {
                let available = self.input.fill_buf().await?;
                if available.is_empty() {
                    break true;
                }
                let end = available.iter().position(|byte| *byte == b'\n');
                let part = &available[..end.unwrap_or(available.len())];
                if too_long || line.len() + part.len() > self.max_bytes {
                    too_long = true;
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
            if too_long {
                return Ok(Some(Input::TooLong));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(Input::Text(line.into())));
            }
            if ended {
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
        read_in_pieces(input, 8192).await
    }

    async fn read_in_pieces(input: &str, piece_bytes: usize) -> Vec<String> {
        let mut lines = Lines {
            input: BufReader::with_capacity(piece_bytes, input.as_bytes()),
            max_bytes: MAX_BYTES,
        };
        let mut read = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            read.push(match line {
                Input::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                Input::TooLong => "too long".into(),
            });
        }
        read
    }

    #[tokio::test]
    async fn lines_end_with_a_line_end_or_the_input() {
        assert_eq!(read("a\nb\r\n\n  \nc").await, ["a", "b\r", "c"]);
        assert!(read("").await.is_empty());
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_told_and_the_next_one_is_read() {
        assert_eq!(read("123456\n12345\n").await, ["too long", "12345"]);
        assert_eq!(read("1\n123456789").await, ["1", "too long"]);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_in_which_pieces_lines_come(
            input in "[a\n ]{0,40}",
            piece_bytes in 1_usize..10,
        ) {
            let expected: Vec<_> = input
                .split('\n')
                .filter(|line| line.len() > MAX_BYTES || !line.trim().is_empty())
                .map(|line| if line.len() > MAX_BYTES { "too long" } else { line })
                .collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            prop_assert_eq!(runtime.block_on(read_in_pieces(&input, piece_bytes)), expected);
        }
    }
}
