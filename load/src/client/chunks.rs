//! Takes a chunked body out of its chunks, however they are cut.

use bytes::{Buf, BytesMut};

use super::Failure;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// The line with a chunk's length comes next.
    #[default]
    Length,
    /// So many bytes of a chunk are to come, then a line end.
    Data(usize),
    /// The line end after a chunk comes next.
    End,
    /// The line end after the last, empty chunk comes next.
    Last,
    /// The body has ended.
    Done,
}

impl Chunks {
    /// Moves what has come from `raw` to `text`.
    pub(crate) fn decode(
        &mut self,
        raw: &mut BytesMut,
        text: &mut BytesMut,
    ) -> Result<(), Failure> {
        loop {
            match self {
                Self::Length => {
                    let Some(end) = raw.iter().position(|byte| *byte == b'\n') else {
                        return Ok(());
                    };
                    *self = match length(&raw[..end])? {
                        0 => Self::Last,
                        length => Self::Data(length),
                    };
                    raw.advance(end + 1);
                }
                Self::Data(left) => {
                    let here = (*left).min(raw.len());
                    text.extend_from_slice(&raw[..here]);
                    raw.advance(here);
                    if here < *left {
                        *left -= here;
                        return Ok(());
                    }
                    *self = Self::End;
                }
                Self::End | Self::Last => {
                    if raw.len() < 2 {
                        return Ok(());
                    }
                    raw.advance(2);
                    *self = match self {
                        Self::Last => Self::Done,
                        _ => Self::Length,
                    };
                }
                Self::Done => return Ok(()),
            }
        }
    }
}

fn length(line: &[u8]) -> Result<usize, Failure> {
    let line = String::from_utf8_lossy(line);
    let digits = line.split(';').next().unwrap_or(&line).trim();
    usize::from_str_radix(digits, 16)
        .map_err(|_| Failure::Foreign(format!("`{digits}` is no chunk length")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &[u8] = b"5\r\nhello\r\nC;name=x\r\n to a\r\nriver\r\n";

    #[test]
    fn chunks_may_be_cut_anywhere() {
        for first in 0..=RAW.len() {
            for second in first..=RAW.len() {
                let mut chunks = Chunks::default();
                let (mut raw, mut text) = (BytesMut::new(), BytesMut::new());
                for part in [&RAW[..first], &RAW[first..second], &RAW[second..]] {
                    raw.extend_from_slice(part);
                    chunks.decode(&mut raw, &mut text).unwrap();
                }
                assert_eq!(text, "hello to a\r\nriver");
            }
        }
    }

    #[test]
    fn the_body_ends_after_the_last_chunk_and_not_later() {
        let mut chunks = Chunks::default();
        let (mut raw, mut text) = (BytesMut::from("1\r\nx\r\n0\r\n\r\nHTTP"), BytesMut::new());
        chunks.decode(&mut raw, &mut text).unwrap();
        assert!(matches!(chunks, Chunks::Done));
        assert_eq!((&text[..], &raw[..]), (&b"x"[..], &b"HTTP"[..]));
    }

    #[test]
    fn a_length_that_is_none_is_refused() {
        let decoded = Chunks::default().decode(&mut b"\r\n"[..].into(), &mut BytesMut::new());
        assert!(decoded.is_err());
    }
}
