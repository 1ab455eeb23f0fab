//! Numbers, text, lists and tuples as parts of what travels.

use super::{NotPortable, NotRead, Packer, Travels, Unpacker};
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, Mutex, PoisonError};

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Travels for $number {
            fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
                into.raw(&self.to_le_bytes());
                Ok(())
            }

            fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
                from.array().map(<$number>::from_le_bytes)
            }
        })*
    };
}

numbers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);

crate::travels_as_data!(char, std::time::Duration);

impl Travels for bool {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        u8::from(*self).pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        match u8::unpack(from)? {
            0 => Ok(false),
            1 => Ok(true),
            found => Err(NotRead::Invalid { what: "truth value", found: found.into() }),
        }
    }
}

fn text<'a>(from: &mut Unpacker<'a>) -> Result<&'a str, NotRead> {
    let bytes = from.sized()?;
    let end = |error: std::str::Utf8Error| NotRead::Invalid { what: "end of text", found: error.valid_up_to() as u64 };
    std::str::from_utf8(bytes).map_err(end)
}

macro_rules! texts {
    ($($text:ty),*) => {
        $(impl Travels for $text {
            fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
                into.sized(self.as_bytes());
                Ok(())
            }

            fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
                text(from).map(Into::into)
            }
        })*
    };
}

texts!(String, Box<str>, Arc<str>);

/// Texts of the program, once each: names of types and operations, of which an executable has so many.
static NAMES: Mutex<(BTreeSet<&'static str>, usize)> = Mutex::new((BTreeSet::new(), 0));

/// Bytes of texts of the program that are kept at the most.
const MAX_NAMES_BYTES: usize = 16 << 20;

/// A text that is part of the program. It is kept for good where it is read, once.
impl Travels for &'static str {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.sized(self.as_bytes());
        Ok(())
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let text = text(from)?;
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, bytes) = &mut *names;
        if let Some(name) = known.get(text) {
            return Ok(name);
        }
        *bytes += text.len();
        if *bytes > MAX_NAMES_BYTES {
            return Err(NotRead::Full { most: MAX_NAMES_BYTES });
        }
        let name: &'static str = Box::leak(text.into());
        known.insert(name);
        Ok(name)
    }
}

/// A mark of a type, of which nothing is written.
impl<T: Send + Sync + 'static> Travels for PhantomData<T> {
    fn pack(&self, _: &mut Packer) -> Result<(), NotPortable> {
        Ok(())
    }

    fn unpack(_: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Ok(PhantomData)
    }
}

/// Elements without bytes of their own that one list has at the most.
const MAX_EMPTY: u64 = 1 << 16;

impl<T: Travels> Travels for Vec<T> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        (self.len() as u64).pack(into)?;
        self.iter().try_for_each(|element| element.pack(into))
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let length = u64::unpack(from)?;
        if length > MAX_EMPTY.max(from.left() as u64) {
            return Err(NotRead::Ended { wanted: length, left: from.left() });
        }
        // Memory is taken as elements come: what they take can be more than what they are written as.
        (0..length).map(|_| T::unpack(from)).collect::<Result<Vec<T>, NotRead>>()
    }
}

impl<T: Travels> Travels for Box<[T]> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        (self.len() as u64).pack(into)?;
        self.iter().try_for_each(|element| element.pack(into))
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Vec::unpack(from).map(Vec::into_boxed_slice)
    }
}

impl<T: Travels, const N: usize> Travels for smallvec::SmallVec<[T; N]> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        (self.len() as u64).pack(into)?;
        self.iter().try_for_each(|element| element.pack(into))
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Vec::unpack(from).map(Self::from_vec)
    }
}

impl<T: Travels, const N: usize> Travels for [T; N] {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.iter().try_for_each(|element| element.pack(into))
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let elements = (0..N).map(|_| T::unpack(from)).collect::<Result<Vec<T>, NotRead>>()?;
        let left = from.left();
        elements.try_into().map_err(|_| NotRead::Ended { wanted: N as u64, left })
    }
}

impl<T: Travels> Travels for Option<T> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.is_some().pack(into)?;
        self.iter().try_for_each(|inner| inner.pack(into))
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Ok(if bool::unpack(from)? { Some(T::unpack(from)?) } else { None })
    }
}

impl<T: Travels> Travels for Range<T> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.start.pack(into)?;
        self.end.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Ok(T::unpack(from)?..T::unpack(from)?)
    }
}

impl<T: Travels> Travels for RangeInclusive<T> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.start().pack(into)?;
        self.end().pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Ok(T::unpack(from)?..=T::unpack(from)?)
    }
}

macro_rules! tuples {
    ($(($($part:ident $index:tt),*))*) => {
        $(impl<$($part: Travels),*> Travels for ($($part,)*) {
            fn pack(&self, _into: &mut Packer) -> Result<(), NotPortable> {
                $(self.$index.pack(_into)?;)*
                Ok(())
            }

            fn unpack(_from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
                Ok(($($part::unpack(_from)?,)*))
            }
        })*
    };
}

tuples! {
    ()
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
