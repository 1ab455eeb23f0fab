//! Room for the written form of a value, to be filled where it will be read.

use crate::value::{CodecError, Data, Value};
use crate::written;
use bytemuck::{Pod, Zeroable};
use std::any::type_name;
use std::marker::PhantomData;

/// Where the bytes of a written form are put before they are a value. They are zero at first.
///
/// ```
/// use partita_graph::Reader;
///
/// let mut room = Reader::of::<Vec<u16>>().room(4)?;
/// room.bytes().fill(1);
/// assert_eq!(room.value()?.get::<Vec<u16>>()?, &[0x0101, 0x0101]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "it is no value before `value` is called"]
pub struct Room(Box<dyn AnyRoom>);

/// What all rooms can do, whatever comes of them.
trait AnyRoom: Send {
    fn bytes(&mut self) -> &mut [u8];
    fn value(self: Box<Self>) -> Result<Value, CodecError>;
}

impl Room {
    /// All of it.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.0.bytes()
    }

    /// It is filled: the value.
    ///
    /// # Errors
    /// [`CodecError`] if the bytes are no value of the type.
    pub fn value(self) -> Result<Value, CodecError> {
        self.0.value()
    }

    /// Room for a list of numbers, which is the list.
    pub(crate) fn of_list<N: Pod>(nbytes: usize) -> Result<Self, CodecError>
    where
        Vec<N>: Data,
    {
        zeroed::<N>(nbytes / size_of::<N>(), nbytes).map(|list| Room(Box::new(list)))
    }

    /// Room for bytes of which a value is read.
    pub(crate) fn of_bytes<T: Data>(nbytes: usize) -> Result<Self, CodecError> {
        zeroed::<u8>(nbytes, nbytes).map(|bytes| Room(Box::new(Written::<T> { bytes, of: PhantomData })))
    }
}

/// A list of zeros. The system gives memory that is zero already, so it is not written twice.
fn zeroed<N: Zeroable>(length: usize, nbytes: usize) -> Result<Vec<N>, CodecError> {
    bytemuck::try_zeroed_vec(length).map_err(|()| CodecError {
        type_name: type_name::<N>(),
        writing: false,
        message: format!("there is no memory for its {nbytes} bytes"),
    })
}

impl<N: Pod> AnyRoom for Vec<N>
where
    Vec<N>: Data,
{
    fn bytes(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(self)
    }

    fn value(self: Box<Self>) -> Result<Value, CodecError> {
        Ok(Value::new(*self))
    }
}

/// The written form of a `T`.
struct Written<T> {
    bytes: Vec<u8>,
    of: PhantomData<fn() -> T>,
}

impl<T: Data> AnyRoom for Written<T> {
    fn bytes(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn value(self: Box<Self>) -> Result<Value, CodecError> {
        written::read::<T>(&self.bytes).map(Value::new)
    }
}

#[cfg(test)]
mod tests {
    use crate::value::{Data, Reader, Value};

    fn back<T: Data + PartialEq + std::fmt::Debug>(value: T) {
        let value = Value::new(value);
        let written = value.write().unwrap();
        let mut room = value.reader().room(written.len()).unwrap();
        assert!(room.bytes().iter().all(|byte| *byte == 0));
        room.bytes().copy_from_slice(&written);
        let found = room.value().unwrap();
        assert_eq!(found.get::<T>().unwrap(), value.get::<T>().unwrap());
        assert_eq!(found.nbytes(), value.nbytes());
    }

    #[test]
    fn values_of_all_forms_come_back() {
        back(vec![0.5f64, -1.0]);
        back(vec![1u8; 1000]);
        back(vec![u128::MAX]);
        back(Vec::<i32>::new());
        back(("a".to_string(), vec![1u64; 100_000]));
        back(());
    }

    #[test]
    fn what_fits_no_value_or_no_memory_is_refused() {
        let said = |reader: Reader, nbytes| reader.room(nbytes).err().unwrap().to_string();
        assert!(said(Reader::of::<Vec<u64>>(), 12).contains("12 bytes are no numbers of 8 bytes each"));
        assert!(
            said(Reader::of::<Vec<u64>>(), usize::MAX - 7).contains("no memory for its 18446744073709551608 bytes")
        );
        assert!(said(Reader::of::<String>(), usize::MAX).contains("no memory"));
        let room = Reader::of::<String>().room(1).unwrap();
        assert!(room.value().is_err(), "zero is no text");
    }
}
