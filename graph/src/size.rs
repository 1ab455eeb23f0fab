//! How many bytes a value takes in memory, estimated through its serde form.
//!
//! The walk is cut short: of a long list the first elements are measured and the rest is taken to be alike, so the
//! estimate costs about the same for a thousand elements as for a billion.

use crate::local::SIZED;
use serde::ser::{self, Serialize};
use std::fmt;

/// Elements of one list that are measured before the rest is taken to be alike.
const SAMPLE: usize = 256;

/// Estimated bytes that `value` holds, itself included.
///
/// Numbers count their width, text and byte strings their length and 24 bytes, lists 24 bytes and their elements.
/// What a type skips when it is serialised is not seen; a [`Local`](crate::Local) is as large as it says.
///
/// ```
/// use partita_graph::size_of_value;
///
/// assert_eq!(size_of_value(&1u64), 8);
/// assert_eq!(size_of_value(&"four".to_string()), 28);
/// assert_eq!(size_of_value(&vec![0u64; 1_000_000]), 8_000_024);
/// ```
pub fn size_of_value<T: Serialize + ?Sized>(value: &T) -> usize {
    let mut sizer = Sizer { bytes: 0, told: false };
    // A type may refuse to be serialised; what was seen up to there is the estimate.
    let _ = value.serialize(&mut sizer);
    sizer.bytes.max(std::mem::size_of_val(value))
}

struct Sizer {
    bytes: usize,
    /// Whether the next number is a size.
    told: bool,
}

/// Either the type refused to be serialised, or a list was measured well enough.
#[derive(Debug)]
struct Enough;

impl fmt::Display for Enough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("measured")
    }
}

impl std::error::Error for Enough {}

impl ser::Error for Enough {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Enough
    }
}

/// A list under way: how many elements were said to come, how many were seen and what they took.
struct Elements<'a> {
    sizer: &'a mut Sizer,
    announced: Option<usize>,
    seen: usize,
    before: usize,
}

impl<'a> Elements<'a> {
    fn new(sizer: &'a mut Sizer, announced: Option<usize>) -> Self {
        sizer.bytes += 24;
        let before = sizer.bytes;
        Elements { sizer, announced, seen: 0, before }
    }

    /// Measures one more element, or says that it is enough.
    fn add<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Enough> {
        if self.seen < SAMPLE {
            let _ = element.serialize(&mut *self.sizer);
        }
        self.seen += 1;
        if self.seen < SAMPLE {
            return Ok(());
        }
        match self.announced {
            // Nothing more to learn: the rest is like the sample. The error ends the walk up to the next list above.
            Some(total) if total > SAMPLE => {
                self.extrapolate(total);
                Err(Enough)
            }
            _ => Ok(()),
        }
    }

    fn extrapolate(&mut self, total: usize) {
        let sample = self.seen.clamp(1, SAMPLE);
        self.sizer.bytes = self.before + (self.sizer.bytes - self.before) / sample * total;
    }

    fn end(mut self) -> Result<(), Enough> {
        if self.seen > SAMPLE {
            let total = self.seen;
            self.extrapolate(total);
        }
        Ok(())
    }
}

macro_rules! widths {
    ($($name:ident($ty:ty)),*) => {
        $(fn $name(self, _: $ty) -> Result<(), Enough> {
            self.bytes += std::mem::size_of::<$ty>();
            Ok(())
        })*
    };
}

impl<'a> ser::Serializer for &'a mut Sizer {
    type Ok = ();
    type Error = Enough;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = &'a mut Sizer;
    type SerializeTupleStruct = &'a mut Sizer;
    type SerializeTupleVariant = &'a mut Sizer;
    type SerializeMap = Elements<'a>;
    type SerializeStruct = &'a mut Sizer;
    type SerializeStructVariant = &'a mut Sizer;

    widths!(
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_i128(i128),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_f32(f32),
        serialize_f64(f64),
        serialize_char(char)
    );

    fn serialize_u128(self, number: u128) -> Result<(), Enough> {
        let told = std::mem::take(&mut self.told);
        // What is said may be anything, and must not make sums overflow.
        self.bytes += if told { (number as usize).min(usize::MAX >> 8) } else { size_of::<u128>() };
        Ok(())
    }
    fn serialize_str(self, text: &str) -> Result<(), Enough> {
        self.bytes += 24 + text.len();
        Ok(())
    }
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Enough> {
        self.bytes += 24 + bytes.len();
        Ok(())
    }
    fn serialize_none(self) -> Result<(), Enough> {
        self.bytes += 8;
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Enough> {
        self.bytes += 8;
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), Enough> {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Enough> {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Enough> {
        self.bytes += 8;
        Ok(())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Enough> {
        self.told = name == SIZED;
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Enough> {
        self.bytes += 8;
        value.serialize(self)
    }
    fn serialize_seq(self, len: Option<usize>) -> Result<Elements<'a>, Enough> {
        Ok(Elements::new(self, len))
    }
    fn serialize_tuple(self, _: usize) -> Result<Self, Enough> {
        Ok(self)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Enough> {
        Ok(self)
    }
    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Enough> {
        self.bytes += 8;
        Ok(self)
    }
    fn serialize_map(self, len: Option<usize>) -> Result<Elements<'a>, Enough> {
        Ok(Elements::new(self, len))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Enough> {
        Ok(self)
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Enough> {
        self.bytes += 8;
        Ok(self)
    }
}

impl ser::SerializeSeq for Elements<'_> {
    type Ok = ();
    type Error = Enough;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Enough> {
        self.add(element)
    }
    fn end(self) -> Result<(), Enough> {
        Elements::end(self)
    }
}

impl ser::SerializeMap for Elements<'_> {
    type Ok = ();
    type Error = Enough;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Enough> {
        if self.seen < SAMPLE {
            let _ = key.serialize(&mut *self.sizer);
        }
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Enough> {
        self.add(value)
    }
    fn end(self) -> Result<(), Enough> {
        Elements::end(self)
    }
}

/// Fields are all measured; a list among them that ended early does not end them.
macro_rules! fields {
    ($($trait:ident::$method:ident($($name:ty)?)),*) => {
        $(impl ser::$trait for &mut Sizer {
            type Ok = ();
            type Error = Enough;
            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Result<(), Enough> {
                let _ = value.serialize(&mut **self);
                Ok(())
            }
            fn end(self) -> Result<(), Enough> {
                Ok(())
            }
        })*
    };
}

fields!(
    SerializeTuple::serialize_element(),
    SerializeTupleStruct::serialize_field(),
    SerializeTupleVariant::serialize_field(),
    SerializeStruct::serialize_field(&'static str),
    SerializeStructVariant::serialize_field(&'static str)
);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn small_things_are_exact() {
        assert_eq!(size_of_value(&(1u32, 2u64)), 16, "padding counts");
        assert_eq!(size_of_value(&vec!["ab".to_string(), "c".to_string()]), 24 + 26 + 25);
        assert_eq!(size_of_value(&Some(1u64)), 16);
        assert_eq!(size_of_value(&Vec::<u8>::new()), 24);
    }

    #[test]
    fn long_lists_are_estimated_and_nothing_after_them_is_missed() {
        let lists = (vec![1u64; 100_000], vec![2u64; 100_000], "tail".to_string());
        assert_eq!(size_of_value(&lists), 2 * (24 + 800_000) + 28);
        let nested: Vec<Vec<u64>> = vec![vec![0; 1000]; 1000];
        assert_eq!(size_of_value(&nested), 24 + 1000 * (24 + 8000));
        let map: HashMap<u64, u64> = (0..10_000).map(|i| (i, i)).collect();
        assert_eq!(size_of_value(&map), 24 + 160_000);
    }
}
