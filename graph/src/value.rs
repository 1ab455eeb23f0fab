//! Values: task results of any type, shared, that know their size and how to write and read themselves.

use crate::portable::{Entry, Portable};
use crate::room::Room;
use crate::size::size_of_value;
use crate::travel::NotRead;
use crate::written::{self, WrittenValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::{Any, TypeId, type_name};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

/// What a task may return: anything that can be written, read back, and shared between threads.
///
/// Implemented for every such type; there is nothing to write.
pub trait Data: Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Data for T {}

/// A value and its size, behind one pointer.
struct Cell<T> {
    value: T,
    nbytes: usize,
}

/// What every cell can do, whatever it holds.
trait AnyCell: Any + Send + Sync {
    fn nbytes(&self) -> usize;
    fn type_name(&self) -> &'static str;
    fn value_type(&self) -> TypeId;
    fn portable(&self) -> Portable;
    fn write(&self) -> Result<Cow<'_, [u8]>, CodecError>;
    fn write_into(&self, into: &mut Vec<u8>) -> Result<(), CodecError>;
    fn reader(&self) -> Reader;
}

impl<T: Data> AnyCell for Cell<T> {
    fn nbytes(&self) -> usize {
        self.nbytes
    }

    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }

    fn value_type(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn portable(&self) -> Portable {
        Portable::of_value::<T>()
    }

    fn write(&self) -> Result<Cow<'_, [u8]>, CodecError> {
        written::write(&self.value, self.nbytes)
    }

    fn write_into(&self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        written::make_room(into, self.nbytes);
        written::write_into(&self.value, into)
    }

    fn reader(&self) -> Reader {
        Reader::of::<T>()
    }
}

/// A value could not be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value of type `{type_name}` could not be {}: {message}", if *.writing { "written" } else { "read" })]
pub struct CodecError {
    /// The type of the value.
    pub type_name: &'static str,
    /// Whether it was being written, not read.
    pub writing: bool,
    /// What the format said.
    pub message: String,
}

/// A value is of another type than the one asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .lost.as_ref().map_or_else(|| format!("expected a value of type `{expected}`, found `{found}`"), Lost::to_string))]
pub struct TypeMismatch {
    /// The type that was asked for.
    pub expected: &'static str,
    /// The type that is there.
    pub found: &'static str,
    /// Why nothing better is there, if the value was lost on its way between processes.
    pub lost: Option<Lost>,
}

/// What takes the place of a value that could not be written for another process, or not be read there. Whoever wants the
/// value is told why it is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, thiserror::Error)]
#[error("it did not get from one process to another: {why}")]
pub struct Lost {
    /// What went wrong, with the type of the value.
    pub why: String,
}

/// A task result of any type. Cloning it is a pointer copy.
///
/// ```
/// use partita_graph::Value;
///
/// let value = Value::new(vec![1i64, 2, 3]);
/// assert_eq!(value.nbytes(), 48);
/// assert_eq!(value.get::<Vec<i64>>()?, &[1, 2, 3]);
/// assert_eq!(value.get::<String>().unwrap_err().found, "alloc::vec::Vec<i64>");
/// # Ok::<(), partita_graph::TypeMismatch>(())
/// ```
#[derive(Clone)]
pub struct Value(Arc<dyn AnyCell>);

impl Value {
    /// A value whose size is estimated by [`size_of_value`].
    pub fn new<T: Data>(value: T) -> Self {
        let nbytes = size_of_value(&value);
        Value::with_size(value, nbytes)
    }

    /// A value whose size in bytes is known better.
    pub fn with_size<T: Data>(value: T, nbytes: usize) -> Self {
        Value(Arc::new(Cell { value, nbytes }))
    }

    /// Its size in bytes.
    pub fn nbytes(&self) -> usize {
        self.0.nbytes()
    }

    /// The name of its type.
    pub fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    /// Whether it is of type `T`.
    pub fn is<T: Data>(&self) -> bool {
        self.0.value_type() == TypeId::of::<T>()
    }

    /// The value, if it is of type `T`.
    ///
    /// # Errors
    /// [`TypeMismatch`] with both types.
    pub fn get<T: Data>(&self) -> Result<&T, TypeMismatch> {
        let cell: &dyn Any = &*self.0;
        match cell.downcast_ref::<Cell<T>>() {
            Some(cell) => Ok(&cell.value),
            None => Err(self.mismatch::<T>()),
        }
    }

    /// The value itself, taken out if nobody else holds it and cloned otherwise.
    ///
    /// # Errors
    /// [`TypeMismatch`] with both types.
    pub fn take<T: Data + Clone>(self) -> Result<T, TypeMismatch> {
        let mismatch = self.mismatch::<T>();
        let any: Arc<dyn Any + Send + Sync> = self.0;
        let cell = any.downcast::<Cell<T>>().map_err(|_| mismatch)?;
        Ok(Arc::try_unwrap(cell).map_or_else(|cell| cell.value.clone(), |cell| cell.value))
    }

    /// The value as shared, of its own type.
    ///
    /// # Errors
    /// [`TypeMismatch`] with both types.
    pub fn share<T: Data>(&self) -> Result<Shared<T>, TypeMismatch> {
        let any: Arc<dyn Any + Send + Sync> = self.0.clone();
        any.downcast::<Cell<T>>().map(Shared).map_err(|_| self.mismatch::<T>())
    }

    /// The value in its written form: MessagePack, unless the type brings a form of its own through serde; lists of numbers
    /// as their bytes.
    ///
    /// # Errors
    /// [`CodecError`] if the type refuses.
    pub fn write(&self) -> Result<Vec<u8>, CodecError> {
        self.0.write().map(Cow::into_owned)
    }

    /// The same form; that of lists of numbers is not copied.
    ///
    /// # Errors
    /// [`CodecError`] if the type refuses.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, CodecError> {
        self.0.write()
    }

    /// What reads its written form back.
    pub fn reader(&self) -> Reader {
        self.0.reader()
    }

    /// Appends the written form.
    pub(crate) fn write_into(&self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.0.write_into(into)
    }

    /// A value from the form that [`Value::write`] gave.
    ///
    /// # Errors
    /// [`CodecError`] if the bytes are no `T`.
    pub fn read<T: Data>(bytes: &[u8]) -> Result<Self, CodecError> {
        written::read::<T>(bytes).map(Value::new)
    }

    /// As [`Value::read`], of a value that took so many bytes in memory.
    pub(crate) fn read_sized<T: Data>(bytes: &[u8], nbytes: usize) -> Result<Self, CodecError> {
        written::read::<T>(bytes).map(|value| Value::with_size(value, nbytes))
    }

    /// How another process of the same executable finds its type.
    pub fn portable(&self) -> Portable {
        self.0.portable()
    }

    /// The value and its type, written for another process of the same executable.
    ///
    /// ```
    /// use partita_graph::Value;
    ///
    /// let written = Value::new(vec![0.5f64, 2.0]).written()?;
    /// assert_eq!((written.bytes.len(), written.nbytes), (16, 40));
    /// // In another process, which need not name the type:
    /// let value = Value::read_written(written.offset, written.nbytes, &written.bytes)?;
    /// assert_eq!(value.get::<Vec<f64>>()?, &[0.5, 2.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CodecError`] if the type refuses.
    pub fn written(&self) -> Result<WrittenValue, CodecError> {
        let (offset, nbytes) = (self.portable().offset(), self.nbytes() as u64);
        Ok(WrittenValue { offset, nbytes, bytes: self.write()? })
    }

    /// The value whose type stands at `offset`, which took `nbytes` in memory, from its written form. The build of who wrote it
    /// must be this one ([`build_id`](crate::build_id)).
    ///
    /// # Errors
    /// [`NotRead`] if the offset names no type of values, or the bytes are none of its.
    pub fn read_written(offset: i64, nbytes: u64, bytes: &[u8]) -> Result<Self, NotRead> {
        let descriptor = Portable::find(offset)?;
        match descriptor.entry() {
            Entry::Value(read) => Ok(read(bytes, nbytes as usize)?),
            other => {
                let (name, found) = (descriptor.name(), other.kind());
                Err(NotRead::Kind { offset, name, found, expected: "a type of values" })
            }
        }
    }

    fn mismatch<T>(&self) -> TypeMismatch {
        let cell: &dyn Any = &*self.0;
        let lost = cell.downcast_ref::<Cell<Lost>>().map(|cell| cell.value.clone());
        TypeMismatch { expected: type_name::<T>(), found: self.type_name(), lost }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({}, {} bytes)", self.type_name(), self.nbytes())
    }
}

/// A result that is read in place: the argument type of functions that want no copy.
///
/// ```
/// use partita_graph::{Shared, Value};
///
/// fn total(numbers: Shared<Vec<i64>>) -> i64 {
///     numbers.iter().sum()
/// }
/// let value = Value::new(vec![1i64, 2, 3]);
/// assert_eq!(total(value.share()?), 6);
/// # Ok::<(), partita_graph::TypeMismatch>(())
/// ```
pub struct Shared<T>(Arc<Cell<T>>);

impl<T: Data> Shared<T> {
    /// Shares a value.
    pub fn new(value: T) -> Self {
        let nbytes = size_of_value(&value);
        Shared(Arc::new(Cell { value, nbytes }))
    }

    /// The same value, of any type.
    pub fn into_value(self) -> Value {
        Value(self.0)
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.value.serialize(serializer)
    }
}

impl<'de, T: Data> serde::Deserialize<'de> for Shared<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Shared::new)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.value.fmt(f)
    }
}

/// Reads values of one type back from their written form, without naming the type.
#[derive(Clone, Copy)]
pub struct Reader {
    read: fn(&[u8]) -> Result<Value, CodecError>,
    room: fn(usize) -> Result<Room, CodecError>,
    name: fn() -> &'static str,
    portable: Portable,
}

impl Reader {
    /// The reader of type `T`.
    pub fn of<T: Data>() -> Self {
        let _: PhantomData<T> = PhantomData;
        let portable = Portable::of_maker(&Reader::of::<T>);
        Reader { read: Value::read::<T>, room: written::room::<T>, name: type_name::<T>, portable }
    }

    /// The name of the type.
    pub fn type_name(&self) -> &'static str {
        (self.name)()
    }

    /// The name of the function that makes this reader.
    pub(crate) fn portable(&self) -> Portable {
        self.portable
    }

    /// Reads a value.
    ///
    /// # Errors
    /// [`CodecError`] if the bytes are of another type.
    pub fn read(&self, bytes: &[u8]) -> Result<Value, CodecError> {
        (self.read)(bytes)
    }

    /// Room for a written form of so many bytes, to be filled piece by piece: that of a list of numbers is the list itself, so
    /// that it is not copied once more.
    ///
    /// # Errors
    /// [`CodecError`] if there is no memory for it, or no value of the type has a form of this length.
    pub fn room(&self, nbytes: usize) -> Result<Room, CodecError> {
        (self.room)(nbytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_written_and_read_back() {
        let value = Value::new(("a".to_string(), vec![1.5f64, f64::NAN]));
        let back = Reader::of::<(String, Vec<f64>)>().read(&value.write().unwrap()).unwrap();
        let (text, numbers) = back.get::<(String, Vec<f64>)>().unwrap();
        assert_eq!((text.as_str(), numbers[0]), ("a", 1.5));
        assert!(numbers[1].is_nan());
        assert!(Value::read::<u8>(&value.write().unwrap()).unwrap_err().to_string().contains("u8"));
    }

    #[test]
    fn take_moves_when_alone_and_clones_when_shared() {
        let value = Value::new(vec![1u8; 10]);
        let at = value.get::<Vec<u8>>().unwrap().as_ptr();
        let other = value.clone();
        let copy = value.take::<Vec<u8>>().unwrap();
        assert_ne!(copy.as_ptr(), at, "somebody else holds it");
        let own = other.take::<Vec<u8>>().unwrap();
        assert_eq!(own.as_ptr(), at, "nobody else does");
        assert_eq!(
            Value::new(1u8).take::<u16>().unwrap_err().to_string(),
            "expected a value of type `u16`, found `u8`"
        );
    }
}
