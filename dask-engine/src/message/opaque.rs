//! Values that travel through a scheduler without being looked at.

use bytes::Bytes;
use rmpv::Value;

/// A value that whoever passes it on does not look at: how it is written stands in its header ([`crate::value`]).
#[derive(Debug, Clone, PartialEq)]
pub struct Opaque {
    /// How to read the data: a map in msgpack, without the number of frames.
    pub header: Vec<(Value, Value)>,
    /// The data.
    pub frames: Vec<Bytes>,
}

impl Opaque {
    /// What the header says about this.
    pub fn says(&self, what: &str) -> Option<&Value> {
        self.header.iter().find(|(name, _)| name.as_str() == Some(what)).map(|(_, value)| value)
    }

    /// Bytes of the data, as it travels.
    pub fn nbytes(&self) -> usize {
        self.frames.iter().map(Bytes::len).sum()
    }
}

/// An object in Python's own form, which is never executed here ([`crate::pickle`]).
#[derive(Debug, Clone, PartialEq)]
pub struct Pickled {
    /// The object.
    pub object: Bytes,
    /// Parts of it that travel apart.
    pub buffers: Vec<Bytes>,
}
