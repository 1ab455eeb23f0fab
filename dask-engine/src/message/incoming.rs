//! Reads messages.

use super::error::MessageError;
use super::opaque::{Opaque, Pickled};
use bytes::Bytes;
use rmpv::Value;
use serde::de::DeserializeOwned;

/// How deep what a message says may be within itself.
const DEPTH: usize = 64;

/// A message that came: what it says, and the frames that it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What it says. References stand in it as the maps that they are.
    pub head: Value,
    /// All frames; of the first one nothing is left.
    frames: Vec<Bytes>,
}

impl Message {
    /// Reads the first frame.
    ///
    /// # Errors
    /// [`MessageError`] if it is no value of msgpack.
    pub fn read(mut frames: Vec<Bytes>) -> Result<Message, MessageError> {
        let head = frames.first_mut().map(std::mem::take).unwrap_or_default();
        Ok(Message { head: value(0, &head)?, frames })
    }

    /// What it does, if it says so: the name of an operation.
    pub fn op(&self) -> Option<&str> {
        entry(&self.head, "op").and_then(Value::as_str)
    }

    /// The opaque value for which this stands, if it does.
    ///
    /// # Errors
    /// [`MessageError`] if the frames are not there, or the header is none.
    pub fn opaque(&self, value: &Value) -> Result<Option<Opaque>, MessageError> {
        let Some(frame) = reference(value, "__Serialized__") else { return Ok(None) };
        let (Value::Map(mut header), data) = self.header(frame)? else {
            return Err(form("the header of a value", "it is no map"));
        };
        header.retain(|(name, _)| name.as_str() != Some("num-sub-frames"));
        Ok(Some(Opaque { header, frames: data }))
    }

    /// The object of Python's for which this stands, if it does.
    ///
    /// # Errors
    /// [`MessageError`] if the frames are not there, or the header is none.
    pub fn pickled(&self, value: &Value) -> Result<Option<Pickled>, MessageError> {
        let Some(frame) = reference(value, "__Pickled__") else { return Ok(None) };
        let (header, buffers) = self.header(frame)?;
        let object = entry(&header, "pickled-obj").and_then(Value::as_slice);
        let object = object.ok_or_else(|| form("the header of a pickle", "it has no `pickled-obj`"))?;
        Ok(Some(Pickled { object: Bytes::copy_from_slice(object), buffers }))
    }

    /// A header in a frame, and the frames that it says are its data.
    fn header(&self, frame: u64) -> Result<(Value, Vec<Bytes>), MessageError> {
        let frames = self.frames.len();
        let missing = |data| MessageError::NoFrame { frame, data, frames };
        let at = usize::try_from(frame).ok().filter(|at| (1..frames).contains(at)).ok_or_else(|| missing(0))?;
        let header = value(at, &self.frames[at])?;
        let data = entry(&header, "num-sub-frames").and_then(Value::as_u64);
        let data = data.ok_or_else(|| form("the header of a value", "it has no `num-sub-frames`"))?;
        let end = usize::try_from(data).ok().and_then(|data| data.checked_add(at + 1)).filter(|end| *end <= frames);
        let end = end.ok_or_else(|| missing(data))?;
        Ok((header, self.frames[at + 1..end].to_vec()))
    }
}

/// A part of a message, as what it is to be; `what` names it if it is not.
///
/// # Errors
/// [`MessageError::Form`] if fields are missing or have other types. Fields of which nothing is known are passed over: newer
/// schedulers may have them.
pub(crate) fn part<T: DeserializeOwned>(what: &str, value: Value) -> Result<T, MessageError> {
    rmpv::ext::from_value(value).map_err(|error| form(what, &error.to_string()))
}

/// What a map says about a name.
pub(crate) fn entry<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    map.as_map()?.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value)
}

fn reference(value: &Value, kind: &str) -> Option<u64> {
    entry(value, kind)?.as_u64()
}

/// The value that is all of a frame.
pub(crate) fn value(frame: usize, bytes: &[u8]) -> Result<Value, MessageError> {
    let mut rest = bytes;
    let value = rmpv::decode::read_value_with_max_depth(&mut rest, DEPTH)
        .map_err(|error| MessageError::NotMsgpack { frame, reason: error.to_string() })?;
    if rest.is_empty() { Ok(value) } else { Err(MessageError::Trailing { frame, bytes: rest.len() }) }
}

pub(crate) fn form(what: &str, reason: &str) -> MessageError {
    MessageError::Form { what: what.to_owned(), reason: reason.to_owned() }
}
