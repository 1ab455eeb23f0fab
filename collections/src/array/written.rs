//! The written form of chunks: their shape, and the bytes of their elements in one piece.

use super::Element;
use super::chunk::Chunk;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// The bytes of elements, written in one piece.
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Elements, read from their bytes in one piece.
struct Elements<T>(Vec<T>);

impl<'de, T: Element> serde::Deserialize<'de> for Elements<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(PhantomData<T>);
        impl<'de, T: Element> Visitor<'de> for Read<T> {
            type Value = Elements<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "the bytes of {}", T::DTYPE)
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                let wrong = || E::custom(format!("{} bytes are no {}", bytes.len(), T::DTYPE));
                T::from_bytes(bytes).map(Elements).ok_or_else(wrong)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(byte) = bytes.next_element()? {
                    all.push(byte);
                }
                self.visit_bytes(&all)
            }
        }
        deserializer.deserialize_bytes(Read(PhantomData))
    }
}

/// Written as its shape and the bytes of its elements in C order.
impl<T: Element> Serialize for Chunk<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_tuple(2)?;
        parts.serialize_element(self.shape())?;
        match self.as_slice() {
            Some(elements) => parts.serialize_element(&Bytes(&T::bytes_of(elements)))?,
            None => parts.serialize_element(&Bytes(&T::bytes_of(&self.to_vec())))?,
        }
        parts.end()
    }
}

impl<'de, T: Element> serde::Deserialize<'de> for Chunk<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(PhantomData<T>);
        impl<'de, T: Element> Visitor<'de> for Read<T> {
            type Value = Chunk<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a shape and the bytes of {}", T::DTYPE)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
                let shape: Vec<usize> =
                    parts.next_element()?.ok_or_else(|| de::Error::custom("a chunk without a shape"))?;
                let Elements(elements) =
                    parts.next_element()?.ok_or_else(|| de::Error::custom("a chunk without elements"))?;
                let wanted = shape.iter().try_fold(1usize, |product, &length| product.checked_mul(length));
                match Some(elements.len()) == wanted {
                    true => Ok(Chunk::new(&shape, elements)),
                    false => {
                        let bytes = elements.len() * size_of::<T>();
                        Err(de::Error::custom(format!("{bytes} bytes are no {} of shape {shape:?}", T::DTYPE)))
                    }
                }
            }
        }
        deserializer.deserialize_tuple(2, Read(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_graph::Value;

    fn numbers(shape: &[usize]) -> Chunk<i64> {
        Chunk::new(shape, (0..shape.iter().product::<usize>() as i64).collect())
    }

    #[test]
    fn chunks_are_written_in_one_piece_and_read_back() {
        for chunk in [numbers(&[2, 3]), numbers(&[]), numbers(&[0, 4]), numbers(&[4, 3]).permuted(&[1, 0])] {
            let value = chunk.clone().into_value();
            let bytes = value.write().unwrap();
            assert!(bytes.len() < chunk.len() * 8 + 16);
            assert_eq!(Value::read::<Chunk<i64>>(&bytes).unwrap().get::<Chunk<i64>>().unwrap(), &chunk);
        }
        let wrong = rmp_serde::to_vec(&(vec![2usize, 2], Bytes(&[0u8; 24]))).unwrap();
        assert!(Value::read::<Chunk<i64>>(&wrong).unwrap_err().to_string().contains("24 bytes"));
    }
}
