//! Lists and dictionaries of Python's, whose values travel each in its own way.

use super::data::{Seen, seen};
use super::error::ValueError;
use crate::message::Opaque;
use bytes::Bytes;
use rmpv::Value;

/// How deep collections may be within each other. Python takes them apart five deep at most.
const DEPTH: usize = 16;

/// A collection, whose frames are joined already.
pub(super) fn collection(header: &[(Value, Value)], frames: &[Bytes], depth: usize) -> Result<Value, ValueError> {
    let depth = depth.checked_add(1).filter(|depth| *depth <= DEPTH);
    let depth = depth.ok_or_else(|| ValueError::Header(format!("collections more than {DEPTH} deep")))?;
    let nonsense = |what: &str| ValueError::Header(format!("a collection {what}"));
    let says = |what| header.iter().find(|(name, _)| name.as_str() == Some(what)).map(|(_, value)| value);
    let headers = says("sub-headers").and_then(Value::as_array).ok_or_else(|| nonsense("without headers"))?;
    let lengths = says("frame-lengths").and_then(Value::as_array).ok_or_else(|| nonsense("without lengths"))?;
    if headers.len() != lengths.len() {
        return Err(nonsense("with other numbers of headers than of lengths"));
    }
    let mut rest = frames;
    let mut values = Vec::new();
    for (header, length) in headers.iter().zip(lengths) {
        let length = length.as_u64().and_then(|length| rest.split_at_checked(length as usize));
        let (own, others) = length.ok_or_else(|| nonsense("of which frames are missing"))?;
        rest = others;
        let header = header.as_map().ok_or_else(|| nonsense("of values without headers"))?;
        let key = header.iter().find(|(name, _)| name.as_str() == Some("key")).map(|(_, key)| key.clone());
        let opaque = Opaque { header: header.clone(), frames: own.to_vec() };
        values.push((key, plain(seen(&opaque, own, depth)?)?));
    }
    match says("type-serialized").and_then(Value::as_str) {
        Some("list" | "tuple" | "set" | "frozenset") => {
            Ok(Value::Array(values.into_iter().map(|(_, value)| value).collect()))
        }
        Some("dict") => {
            let entries = values.into_iter().map(|(key, value)| Some((key?, value))).collect::<Option<_>>();
            entries.map(Value::Map).ok_or_else(|| nonsense("of values without keys"))
        }
        _ => Err(ValueError::Foreign { what: "a collection".to_owned() }),
    }
}

fn plain(seen: Seen) -> Result<Value, ValueError> {
    match seen {
        Seen::Plain(value) => Ok(value),
        Seen::Bytes(bytes) => Ok(Value::Binary(bytes.to_vec())),
        Seen::Array(_) => Err(ValueError::Foreign { what: "a collection of arrays".to_owned() }),
        Seen::Table(_) => Err(ValueError::Foreign { what: "a collection of tables".to_owned() }),
    }
}
