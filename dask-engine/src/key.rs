//! What Dask calls a task: a text, a number, or a tuple of such.

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// How deep tuples of keys may be within each other.
const DEPTH: usize = 16;

/// What Dask calls a task. Keys are compared as Python compares: `1` and `1.0` are the same.
///
/// ```
/// use partita_dask::Key;
///
/// let key = Key::numbered("sum-1a2b3c4d", 7);
/// assert_eq!(key.to_string(), "('sum-1a2b3c4d', 7)");
/// assert_eq!(Key::Int(1), Key::Float(1.0));
/// ```
#[derive(Clone, Debug)]
pub enum Key {
    /// A text.
    Text(Arc<str>),
    /// A whole number.
    Int(i128),
    /// A number.
    Float(f64),
    /// A tuple.
    Tuple(Arc<[Key]>),
}

impl Key {
    /// The key of one of many tasks of the same group: `(group, number)`.
    pub fn numbered(group: impl Into<Arc<str>>, number: u64) -> Key {
        Key::Tuple(Arc::new([Key::Text(group.into()), Key::Int(number.into())]))
    }

    /// The number as a float, if it is one; what is compared when one side is a float.
    fn number(&self) -> Option<f64> {
        match self {
            Key::Int(int) => Some(*int as f64),
            Key::Float(float) => Some(*float),
            _ => None,
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Key {
        Key::Text(text.into())
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        match (self, other) {
            (Key::Text(one), Key::Text(other)) => one == other,
            (Key::Int(one), Key::Int(other)) => one == other,
            (Key::Tuple(one), Key::Tuple(other)) => one == other,
            // A NaN is equal to itself here, or it could never be found again.
            (one, other) => match (one.number(), other.number()) {
                (Some(one), Some(other)) => one == other || (one.is_nan() && other.is_nan()),
                _ => false,
            },
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Key::Text(text) => text.hash(state),
            Key::Tuple(keys) => keys.hash(state),
            Key::Int(_) | Key::Float(_) => match self.number() {
                Some(number) if number.is_nan() => f64::NAN.to_bits().hash(state),
                // The zeros are equal.
                Some(number) => (number + 0.0).to_bits().hash(state),
                None => {}
            },
        }
    }
}

impl fmt::Display for Key {
    /// As Python shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Text(text) => write!(f, "'{}'", text.escape_debug()),
            Key::Int(int) => write!(f, "{int}"),
            Key::Float(float) => write!(f, "{float:?}"),
            Key::Tuple(keys) => {
                f.write_str("(")?;
                for (index, key) in keys.iter().enumerate() {
                    write!(f, "{}{key}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str(if keys.len() == 1 { ",)" } else { ")" })
            }
        }
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Key::Text(text) => serializer.serialize_str(text),
            Key::Float(float) => serializer.serialize_f64(*float),
            Key::Tuple(keys) => serializer.collect_seq(keys.iter()),
            Key::Int(int) => match (i64::try_from(*int), u64::try_from(*int)) {
                (Ok(int), _) => serializer.serialize_i64(int),
                (_, Ok(int)) => serializer.serialize_u64(int),
                _ => Err(serde::ser::Error::custom(format!(
                    "the key {int} has more than 64 bits, which msgpack has not"
                ))),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Keys(DEPTH))
    }
}

/// Reads a key in which tuples may be so deep within each other.
struct Keys(usize);

impl<'de> serde::de::DeserializeSeed<'de> for Keys {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keys {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key: a text, a number or a tuple of keys")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Key, E> {
        Ok(Key::Text(text.into()))
    }

    fn visit_u64<E: Error>(self, int: u64) -> Result<Key, E> {
        Ok(Key::Int(int.into()))
    }

    fn visit_i64<E: Error>(self, int: i64) -> Result<Key, E> {
        Ok(Key::Int(int.into()))
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<Key, E> {
        Ok(Key::Float(float))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Key, A::Error> {
        let depth =
            self.0.checked_sub(1).ok_or_else(|| A::Error::custom("a key of tuples too deep within each other"))?;
        let mut keys = Vec::new();
        while let Some(key) = sequence.next_element_seed(Keys(depth))? {
            keys.push(key);
        }
        Ok(Key::Tuple(keys.into()))
    }
}
