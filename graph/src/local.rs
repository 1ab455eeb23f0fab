//! Results that stay in the process that made them.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

/// The name by which the estimate of sizes knows that the size of what follows is told.
pub(crate) const SIZED: &str = "partita::Local";

/// A result of any type, also one that cannot be written: an open file, a connection, a model of another library.
///
/// It stays in the memory of the process that made it. A worker whose memory is full does not put it on disk, and a task of
/// another process cannot take it: that is an error that says so. Cloning it is a pointer copy.
///
/// ```
/// use partita_graph::{Local, Value};
/// use std::sync::Mutex;
///
/// // A `Mutex` that is shared by all tasks that take it.
/// let counter = Value::new(Local::new(Mutex::new(41)));
/// *counter.get::<Local<Mutex<i32>>>()?.lock().unwrap() += 1;
/// assert_eq!(*counter.get::<Local<Mutex<i32>>>()?.lock().unwrap(), 42);
///
/// let refused = counter.write().unwrap_err().to_string();
/// assert!(refused.contains("stays in the process that made it"), "{refused}");
/// # Ok::<(), partita_graph::TypeMismatch>(())
/// ```
pub struct Local<T>(Arc<Held<T>>);

struct Held<T> {
    value: T,
    nbytes: usize,
}

impl<T> Local<T> {
    /// A result that stays where it is. What it holds beside itself, behind pointers, is not seen; see [`Local::sized`].
    pub fn new(value: T) -> Self {
        let nbytes = size_of::<T>();
        Local::sized(value, nbytes)
    }

    /// A result that stays where it is, and takes so many bytes of memory. By this size memory limits are kept.
    ///
    /// ```
    /// use partita_graph::{Local, Value};
    ///
    /// let large = Local::sized(std::sync::Mutex::new(vec![0u8; 1 << 20]), 1 << 20);
    /// assert_eq!(Value::new(large).nbytes(), 1 << 20);
    /// ```
    pub fn sized(value: T, nbytes: usize) -> Self {
        Local(Arc::new(Held { value, nbytes }))
    }

    /// The bytes of memory that it is said to take.
    pub fn nbytes(&self) -> usize {
        self.0.nbytes
    }

    /// The result itself, if nobody else holds it.
    ///
    /// # Errors
    /// If somebody does: the same again.
    pub fn into_inner(self) -> Result<T, Self> {
        Arc::try_unwrap(self.0).map(|held| held.value).map_err(Local)
    }
}

impl<T> Deref for Local<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> Clone for Local<T> {
    fn clone(&self) -> Self {
        Local(self.0.clone())
    }
}

impl<T> From<T> for Local<T> {
    fn from(value: T) -> Self {
        Local::new(value)
    }
}

impl<T: fmt::Debug> fmt::Debug for Local<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Local<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Local<T> {}

/// Always refused, but the estimate of sizes sees the size before.
impl<T> Serialize for Local<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(SIZED, &Refused::<T> { nbytes: self.0.nbytes, of: PhantomData })
    }
}

/// What tells its size and is refused.
struct Refused<T> {
    nbytes: usize,
    of: PhantomData<T>,
}

impl<T> Serialize for Refused<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u128(self.nbytes as u128)?;
        Err(ser::Error::custom(refusal::<T>()))
    }
}

impl<'de, T> Deserialize<'de> for Local<T> {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(de::Error::custom(refusal::<T>()))
    }
}

fn refusal<T>() -> String {
    format!(
        "a `{}` is `Local` and stays in the process that made it; run the tasks that need it there, or return what serde \
         can write",
        type_name::<T>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, size_of_value};
    use std::sync::Mutex;

    /// Neither `Clone` nor known to serde.
    struct Handle(Mutex<u64>);

    fn handle() -> Local<Handle> {
        Local::sized(Handle(Mutex::new(7)), 5000)
    }

    #[test]
    fn its_size_is_what_is_said_wherever_it_is() {
        assert_eq!(size_of_value(&handle()), 5000);
        assert_eq!(size_of_value(&Local::new([0u8; 100])), 100);
        assert_eq!(size_of_value(&(handle(), vec![1u64; 1000])), 5000 + 24 + 8000);
        assert_eq!(size_of_value(&vec![handle(), handle()]), 24 + 10_000);
        assert_eq!(size_of_value(&Some(handle())), 8 + 5000);
        assert_eq!(size_of_value(&7u128), 16, "only what is local is taken at its word");
        assert_eq!(size_of_value(&(handle(), 7u128)), 5016);
    }

    #[test]
    fn it_is_refused_with_its_type_and_what_to_do_by_every_format() {
        let words = ["tests::Handle` is `Local`", "stays in the process that made it", "return what serde can write"];
        let value = Value::new(handle());
        let pair = Value::new((handle(), 1u8));
        let json = serde_json::to_string(&handle()).unwrap_err().to_string();
        let read = serde_json::from_str::<Local<Handle>>("7").err().map(|error| error.to_string()).unwrap_or_default();
        let written = |value: &Value| value.written().unwrap_err().to_string();
        for said in [value.write().unwrap_err().to_string(), written(&value), written(&pair), json, read] {
            assert!(words.iter().all(|word| said.contains(word)), "{said}");
        }
    }

    #[test]
    fn it_is_shared_and_taken_out_by_the_last_who_holds_it() {
        let value = Value::new(handle());
        let local = value.clone().take::<Local<Handle>>().unwrap();
        *local.0.value.0.lock().unwrap() += 1;
        assert_eq!(*value.get::<Local<Handle>>().unwrap().0.value.0.lock().unwrap(), 8);
        let local = local.into_inner().err().unwrap();
        drop(value);
        assert_eq!(local.into_inner().ok().unwrap().0.into_inner().unwrap(), 8);
    }
}
