//! Several operations in one message.

use super::error::MessageError;
use super::outgoing::Outgoing;
use bytes::Bytes;
use serde::Serialize;

/// Operations of a stream that go out together: an array.
///
/// ```
/// use partita_dask::message::{Batch, Message};
/// use partita_dask::ops::{FromClient, stream};
///
/// let mut batch = Batch::default();
/// batch.say(&FromClient::HeartbeatClient)?;
/// batch.say(&FromClient::CloseClient)?;
/// let message = Message::read(batch.finish())?;
/// assert_eq!(stream::<FromClient>(message.head)?, [FromClient::HeartbeatClient, FromClient::CloseClient]);
/// # Ok::<(), partita_dask::message::MessageError>(())
/// ```
#[derive(Debug, Default)]
pub struct Batch {
    /// What the operations refer to.
    pub refers: Outgoing,
    said: Vec<u8>,
    count: u32,
}

impl Batch {
    /// Adds an operation, whose references are to [`Batch::refers`].
    ///
    /// # Errors
    /// [`MessageError::Write`] if it cannot be said in msgpack; nothing of it is added.
    pub fn say<T: Serialize + ?Sized>(&mut self, op: &T) -> Result<(), MessageError> {
        self.said.extend(rmp_serde::to_vec_named(op)?);
        self.count += 1;
        Ok(())
    }

    /// How many operations there are.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The frames of the message.
    pub fn finish(self) -> Vec<Bytes> {
        let mut head = Vec::with_capacity(self.said.len() + 5);
        match u8::try_from(self.count) {
            Ok(count @ 0..16) => head.push(0x90 | count),
            _ => {
                head.push(0xdd);
                head.extend(self.count.to_be_bytes());
            }
        }
        head.extend(self.said);
        self.refers.with_head(head)
    }
}
