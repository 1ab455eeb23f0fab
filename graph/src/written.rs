//! The written form of values: MessagePack by serde, but for lists of numbers, which are written as their bytes.
//!
//! Who writes and who reads are processes of the same executable on the same machine, so both know the type and the order of
//! bytes within numbers.

use crate::room::Room;
use crate::value::{CodecError, Data};
use serde::{Deserialize, Serialize};
use std::any::{Any, TypeId, type_name};
use std::borrow::Cow;

/// A value that travels: its type by the offset of a descriptor, and its written form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenValue {
    /// Where the descriptor of its type stands in the executable.
    pub offset: i64,
    /// The bytes that it takes in memory.
    pub nbytes: u64,
    /// Its written form.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// Written forms of more bytes are read without a copy of the byte strings in them; whether something is left over is then not
/// asked.
const LARGE: usize = 64 << 10;

/// Bytes that are made room for before a value of unknown written size is written.
const MAX_ROOM: usize = 1 << 30;

macro_rules! numbers {
    ($($number:ty),*) => {
        /// The bytes of a list of numbers.
        fn bytes_of<T: 'static>(value: &T) -> Option<&[u8]> {
            let any: &dyn Any = value;
            $(if let Some(list) = any.downcast_ref::<Vec<$number>>() {
                return Some(bytemuck::cast_slice(list));
            })*
            None
        }

        /// A list of numbers, of its bytes; nothing if `T` is no such list.
        fn list_of<T: 'static>(bytes: &[u8]) -> Option<Result<T, CodecError>> {
            $({
                let mut list: Option<Vec<$number>> = None;
                let any: &mut dyn Any = &mut list;
                if let Some(place) = any.downcast_mut::<Option<T>>() {
                    if !bytes.len().is_multiple_of(size_of::<$number>()) {
                        return Some(Err(no_numbers::<T>(bytes.len(), size_of::<$number>())));
                    }
                    let mut read: Option<Vec<$number>> = Some(bytemuck::pod_collect_to_vec(bytes));
                    let any: &mut dyn Any = &mut read;
                    *place = any.downcast_mut::<Option<T>>().and_then(Option::take);
                    return place.take().map(Ok);
                }
            })*
            None
        }

        /// Room for a list of numbers, to be filled in place; nothing if `T` is no such list.
        fn list_room<T: 'static>(nbytes: usize) -> Option<Result<Room, CodecError>> {
            let of = TypeId::of::<T>();
            $(if of == TypeId::of::<Vec<$number>>() {
                if !nbytes.is_multiple_of(size_of::<$number>()) {
                    return Some(Err(no_numbers::<T>(nbytes, size_of::<$number>())));
                }
                return Some(Room::of_list::<$number>(nbytes));
            })*
            None
        }
    };
}

numbers!(f64, f32, i64, u64, i32, u32, u8, i16, u16, i8, usize, isize, i128, u128);

fn no_numbers<T>(bytes: usize, width: usize) -> CodecError {
    let message = format!("{bytes} bytes are no numbers of {width} bytes each");
    CodecError { type_name: type_name::<T>(), writing: false, message }
}

/// The written form of a value that takes about so many bytes; that of a list of numbers is not copied.
pub(crate) fn write<T: Data>(value: &T, nbytes: usize) -> Result<Cow<'_, [u8]>, CodecError> {
    if let Some(bytes) = bytes_of(value) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut bytes = Vec::new();
    make_room(&mut bytes, nbytes);
    write_into(value, &mut bytes)?;
    Ok(Cow::Owned(bytes))
}

/// Makes room for a value, so that a large one is not moved while it is written. Without memory for that, it is written as it
/// goes.
pub(crate) fn make_room(into: &mut Vec<u8>, nbytes: usize) {
    if nbytes > LARGE {
        let _ = into.try_reserve(nbytes.min(MAX_ROOM));
    }
}

/// Appends the written form of a value.
pub(crate) fn write_into<T: Data>(value: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
    if let Some(bytes) = bytes_of(value) {
        into.extend_from_slice(bytes);
        return Ok(());
    }
    let error =
        |e: rmp_serde::encode::Error| CodecError { type_name: type_name::<T>(), writing: true, message: e.to_string() };
    rmp_serde::encode::write(into, value).map_err(error)
}

/// A value, of its written form.
pub(crate) fn read<T: Data>(bytes: &[u8]) -> Result<T, CodecError> {
    if let Some(list) = list_of(bytes) {
        return list;
    }
    let error = |message: String| CodecError { type_name: type_name::<T>(), writing: false, message };
    if bytes.len() > LARGE {
        return rmp_serde::from_slice(bytes).map_err(|e| error(e.to_string()));
    }
    let mut rest = std::io::Cursor::new(bytes);
    let value = T::deserialize(&mut rmp_serde::Deserializer::new(&mut rest)).map_err(|e| error(e.to_string()))?;
    let left = bytes.len() - rest.position() as usize;
    if left > 0 {
        return Err(error(format!("{left} bytes are left over")));
    }
    Ok(value)
}

/// Room for the written form of a value.
pub(crate) fn room<T: Data>(nbytes: usize) -> Result<Room, CodecError> {
    list_room::<T>(nbytes).unwrap_or_else(|| Room::of_bytes::<T>(nbytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn back<T: Data + PartialEq + std::fmt::Debug>(value: &T) {
        let written = write(value, 0).unwrap();
        assert_eq!(&read::<T>(&written).unwrap(), value, "{}", type_name::<T>());
    }

    #[test]
    fn lists_of_numbers_are_their_bytes() {
        assert_eq!(
            write(&vec![1u16, 2], 0).unwrap(),
            [1u16, 2].iter().flat_map(|n| n.to_ne_bytes()).collect::<Vec<u8>>()
        );
        assert!(matches!(write(&vec![1.5f64], 0).unwrap(), Cow::Borrowed(_)));
        assert!(matches!(write(&vec![Some(1.5f64)], 0).unwrap(), Cow::Owned(_)));
        let error = read::<Vec<f64>>(&[0; 12]).unwrap_err();
        assert!(error.to_string().ends_with("12 bytes are no numbers of 8 bytes each"), "{error}");
        // From any place in memory.
        let bytes: Vec<u8> = (0..33).collect();
        assert_eq!(read::<Vec<u64>>(&bytes[1..]).unwrap().len(), 4);
    }

    #[test]
    fn what_is_left_over_is_an_error() {
        let mut written = write(&"text".to_string(), 0).unwrap().into_owned();
        written.push(0);
        assert!(read::<String>(&written).unwrap_err().to_string().ends_with("1 bytes are left over"));
        assert!(read::<String>(&[]).is_err());
    }

    proptest! {
        #[test]
        fn values_come_back(
            floats in proptest::collection::vec(-1e300f64..1e300, 0..50),
            bytes in proptest::collection::vec(any::<u8>(), 0..50),
            wide in proptest::collection::vec(any::<i128>(), 0..9),
            pairs in proptest::collection::vec((any::<String>(), any::<Option<i64>>()), 0..9),
        ) {
            back(&floats);
            back(&bytes);
            back(&wide);
            back(&pairs);
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<Vec<(String, f64)>>(&bytes);
            let _ = read::<Vec<i128>>(&bytes);
            let _ = read::<std::collections::BTreeMap<String, Vec<u8>>>(&bytes);
        }
    }
}
