//! Sets, which msgpack has not.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of Python's. Dask tells it from a list.
///
/// ```
/// use partita_dask::message::SetOf;
///
/// let bytes = rmp_serde::to_vec(&SetOf(vec!["a"])).unwrap();
/// assert_eq!(bytes, b"\x82\xa7__Set__\xc3\xa7as-list\x91\xa1a");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SetOf<T>(pub Vec<T>);

#[derive(Serialize, Deserialize)]
struct Form<T> {
    #[serde(rename = "__Set__")]
    is_set: bool,
    #[serde(rename = "as-list")]
    items: T,
}

impl<T: Serialize> Serialize for SetOf<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("__Set__", &true)?;
        map.serialize_entry("as-list", &self.0)?;
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for SetOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Form::<Vec<T>>::deserialize(deserializer)? {
            Form { is_set: true, items } => Ok(SetOf(items)),
            Form { is_set: false, .. } => Err(D::Error::custom("a set that says of itself that it is none")),
        }
    }
}
