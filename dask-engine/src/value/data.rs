//! Values as Python sees them.

use super::collection::collection;
use super::error::ValueError;
use super::shards;
use crate::message::{Opaque, entry, value};
use crate::pickle::{Pickler, Tree};
use bytes::Bytes;
use rmpv::Value;

/// An array of numbers, as NumPy has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Elements {
    /// What an element is, in NumPy's words: `<f8`.
    pub dtype: String,
    /// How many elements there are along each axis.
    pub shape: Vec<u64>,
    /// How many bytes lie between neighbours along each axis.
    pub strides: Vec<i64>,
    /// The elements.
    pub data: Bytes,
}

/// A value as Python sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// `bytes` or `bytearray`.
    Bytes(Bytes),
    /// Plain data: `None`, numbers, texts, tuples, dictionaries.
    Plain(Value),
    /// `numpy.ndarray`.
    Array(Elements),
    /// `pyarrow.Table`: a stream of Arrow IPC.
    Table(Bytes),
}

impl Seen {
    /// How it travels.
    ///
    /// ```
    /// use partita_dask::value::Seen;
    ///
    /// let bytes = Seen::Bytes(b"data".as_slice().into());
    /// assert_eq!(Seen::read(&bytes.write())?, bytes);
    /// # Ok::<(), partita_dask::value::ValueError>(())
    /// ```
    pub fn write(&self) -> Opaque {
        match self {
            Seen::Bytes(bytes) => dask(("builtins", "bytes", "bytes"), Vec::new(), bytes),
            Seen::Table(bytes) => dask(("pyarrow.lib", "Table", "pyarrow.lib.Table"), Vec::new(), bytes),
            Seen::Array(Elements { dtype, shape, strides, data }) => {
                let header = vec![
                    ("dtype".into(), Value::Array(vec![0.into(), dtype.as_str().into()])),
                    ("shape".into(), Value::Array(shape.iter().map(|axis| (*axis).into()).collect())),
                    ("strides".into(), Value::Array(strides.iter().map(|axis| (*axis).into()).collect())),
                    ("writeable".into(), Value::Array(vec![true.into()])),
                ];
                dask(("numpy", "ndarray", "numpy.ndarray"), header, data)
            }
            Seen::Plain(plain) => {
                let mut written = Vec::new();
                // Writing to memory does not fail.
                rmpv::encode::write_value(&mut written, plain).ok();
                one(vec![("serializer".into(), "msgpack".into())], written.into())
            }
        }
    }

    /// The pickle of the class `bytes`: what a value is that only Partita reads.
    pub(crate) fn class_of_bytes() -> Vec<u8> {
        let mut pickler = Pickler::new();
        pickler.class("builtins", "bytes");
        pickler.finish()
    }

    /// What a value is that came.
    ///
    /// # Errors
    /// [`ValueError`] if it is something else, or broken.
    pub fn read(opaque: &Opaque) -> Result<Seen, ValueError> {
        seen(opaque, &shards::frames(opaque)?, 0)
    }
}

/// What a value is, with these frames, within so many collections.
pub(super) fn seen(opaque: &Opaque, frames: &[Bytes], depth: usize) -> Result<Seen, ValueError> {
    let family = opaque.says("serializer").and_then(Value::as_str);
    let class = opaque.says("type").and_then(Value::as_str);
    if opaque.says("is-collection").is_some() {
        return collection(&opaque.header, frames, depth).map(Seen::Plain);
    }
    let whole = || shards::join(frames);
    match (family, class) {
        (Some("dask"), Some("bytes" | "bytearray" | "builtins.bytes" | "builtins.bytearray")) => {
            Ok(Seen::Bytes(whole()))
        }
        (Some("dask"), Some("numpy.ndarray")) => array(opaque, whole()).map(Seen::Array),
        (Some("dask"), Some("pyarrow.lib.Table")) => Ok(Seen::Table(whole())),
        (Some("msgpack"), _) => {
            value(1, &whole()).map(Seen::Plain).map_err(|error| ValueError::Header(error.to_string()))
        }
        (Some("error"), _) => Err(ValueError::Sender(String::from_utf8_lossy(&whole()).into_owned())),
        (Some("pickle"), _) => pickled(frames),
        (Some(_), Some(class)) => Err(ValueError::Foreign { what: format!("a `{class}`") }),
        (family, _) => Err(ValueError::Header(format!("it is of the family {family:?}"))),
    }
}

/// Plain data that Python has pickled: that is how the results of its tasks travel.
fn pickled(frames: &[Bytes]) -> Result<Seen, ValueError> {
    let (pickle, buffers) =
        frames.split_first().ok_or_else(|| ValueError::Header("a pickle without data".to_owned()))?;
    let foreign = |what: String| ValueError::Foreign { what };
    let tree = Tree::read(pickle, buffers).map_err(|error| foreign(format!("an object ({error})")))?;
    tree.plain().map(Seen::Plain).ok_or_else(|| foreign(format!("`{tree}`")))
}

/// A value of the family `dask`, of a class with this module, this name, and what it is called.
fn dask(
    (module, name, class): (&'static str, &'static str, &str),
    header: Vec<(Value, Value)>,
    data: &Bytes,
) -> Opaque {
    let mut pickler = Pickler::new();
    pickler.class(module, name);
    let described = vec![
        ("serializer".into(), "dask".into()),
        ("type".into(), class.into()),
        ("type-serialized".into(), Value::Binary(pickler.finish())),
        ("sub-header".into(), Value::Map(header)),
    ];
    one(described, data.clone())
}

/// A value of one frame.
fn one(mut header: Vec<(Value, Value)>, frame: Bytes) -> Opaque {
    let list = |value: Value| Value::Array(vec![value]);
    header.extend([
        ("split-num-sub-frames".into(), list(1.into())),
        ("split-offsets".into(), list(0.into())),
        ("compression".into(), list(Value::Nil)),
    ]);
    Opaque { header, frames: vec![frame] }
}

fn array(opaque: &Opaque, data: Bytes) -> Result<Elements, ValueError> {
    let header =
        opaque.says("sub-header").ok_or_else(|| ValueError::Header("an array without a sub-header".to_owned()))?;
    let axes = |what| entry(header, what).and_then(Value::as_array);
    let dtype = axes("dtype").and_then(|dtype| dtype.get(1)).and_then(Value::as_str);
    let shape = axes("shape").and_then(|axes| axes.iter().map(Value::as_u64).collect::<Option<Vec<_>>>());
    let strides = axes("strides").and_then(|axes| axes.iter().map(Value::as_i64).collect::<Option<Vec<_>>>());
    match (dtype, shape, strides) {
        (Some(dtype), Some(shape), Some(strides)) if shape.len() == strides.len() => {
            Ok(Elements { dtype: dtype.to_owned(), shape, strides, data })
        }
        (Some(_), Some(_), Some(_)) => {
            Err(ValueError::Header("an array with other numbers of strides than of axes".to_owned()))
        }
        _ => Err(ValueError::Foreign { what: "an array of objects or of records".to_owned() }),
    }
}
