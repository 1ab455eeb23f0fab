//! Writes messages.

use super::error::MessageError;
use super::opaque::{Opaque, Pickled};
use bytes::Bytes;
use rmpv::Value;
use serde::{Serialize, Serializer};

/// A message that is being written: first what it refers to, then what it says.
///
/// ```
/// use partita_dask::message::{Message, Outgoing, Pickled};
///
/// let mut message = Outgoing::default();
/// let nothing = message.pickled(&Pickled { object: b"\x80\x04N.".as_slice().into(), buffers: vec![] });
/// let frames = message.say(&[("what", nothing)])?;
/// assert_eq!(frames.len(), 2);
/// let read = Message::read(frames)?;
/// assert_eq!(read.pickled(&read.head[0][1])?.map(|pickled| pickled.object.len()), Some(4));
/// # Ok::<(), partita_dask::message::MessageError>(())
/// ```
#[derive(Debug, Default)]
pub struct Outgoing {
    /// All frames but the first.
    frames: Vec<Bytes>,
}

/// Stands in a message for what is in other frames of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    kind: &'static str,
    frame: usize,
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.kind, self.frame)])
    }
}

impl From<Reference> for Value {
    fn from(Reference { kind, frame }: Reference) -> Value {
        Value::Map(vec![(kind.into(), frame.into())])
    }
}

impl Outgoing {
    /// Adds a value.
    pub fn opaque(&mut self, opaque: &Opaque) -> Reference {
        let mut header = opaque.header.clone();
        header.push(("num-sub-frames".into(), opaque.frames.len().into()));
        self.add("__Serialized__", Value::Map(header), &opaque.frames)
    }

    /// Adds an object in Python's form.
    pub fn pickled(&mut self, pickled: &Pickled) -> Reference {
        let header = Value::Map(vec![
            ("pickled-obj".into(), Value::Binary(pickled.object.to_vec())),
            ("compression".into(), Value::Array(vec![Value::Nil; pickled.buffers.len()])),
            ("num-sub-frames".into(), pickled.buffers.len().into()),
        ]);
        self.add("__Pickled__", header, &pickled.buffers)
    }

    fn add(&mut self, kind: &'static str, header: Value, data: &[Bytes]) -> Reference {
        let reference = Reference { kind, frame: self.frames.len() + 1 };
        let mut written = Vec::new();
        // Writing to memory does not fail.
        rmpv::encode::write_value(&mut written, &header).ok();
        self.frames.push(written.into());
        self.frames.extend_from_slice(data);
        reference
    }

    /// The frames of the message that says this. Structures become maps.
    ///
    /// # Errors
    /// [`MessageError::Write`] if it cannot be said in msgpack.
    pub fn say<T: Serialize + ?Sized>(self, head: &T) -> Result<Vec<Bytes>, MessageError> {
        let head = rmp_serde::to_vec_named(head)?;
        Ok(self.with_head(head))
    }

    pub(super) fn with_head(self, head: Vec<u8>) -> Vec<Bytes> {
        let mut frames = Vec::with_capacity(1 + self.frames.len());
        frames.push(Bytes::from(head));
        frames.extend(self.frames);
        frames
    }
}
