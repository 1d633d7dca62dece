//! The events of a body, which may be in chunks and may never end.

use bytes::BytesMut;

use super::{Failure, chunks::Chunks, event::Event, head::Body, wire::Wire};

#[derive(Debug)]
pub(crate) struct Events {
    // `None` if the body is as it stands.
    chunks: Option<Chunks>,
    text: BytesMut,
}

impl Events {
    pub(crate) fn of(body: &Body) -> Self {
        Self {
            chunks: (*body == Body::Chunked).then(Chunks::default),
            text: BytesMut::new(),
        }
    }

    /// Waits for the next event. Nothing is lost if that is given up.
    pub(crate) async fn next(&mut self, wire: &mut Wire) -> Result<Event, Failure> {
        loop {
            self.decode(wire)?;
            if let Some(event) = Event::take(&mut self.text)? {
                return Ok(event);
            }
            if self.chunks == Some(Chunks::Done) {
                return Err(Failure::Closed);
            }
            wire.receive().await?;
        }
    }

    /// Reads to the end of the body, so that the connection can be used again.
    pub(crate) async fn finish(&mut self, wire: &mut Wire) -> Result<(), Failure> {
        while matches!(&self.chunks, Some(chunks) if *chunks != Chunks::Done) {
            self.decode(wire)?;
            if self.chunks != Some(Chunks::Done) {
                wire.receive().await?;
            }
        }
        Ok(())
    }

    fn decode(&mut self, wire: &mut Wire) -> Result<(), Failure> {
        match &mut self.chunks {
            Some(chunks) => chunks.decode(&mut wire.unread, &mut self.text),
            None => {
                self.text.unsplit(wire.unread.split());
                Ok(())
            }
        }
    }
}
