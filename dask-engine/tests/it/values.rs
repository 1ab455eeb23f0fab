//! Values that Python wrote.

use super::fixtures::{named, references};
use bytes::Bytes;
use partita_dask::message::Opaque;
use partita_dask::value::{Elements, Seen, ValueError};
use rmpv::Value;

fn value(name: &str) -> Opaque {
    references(&named(name)).0.swap_remove(0)
}

fn read(name: &str) -> Result<Seen, ValueError> {
    Seen::read(&value(name))
}

#[test]
fn values_of_python_are_read() {
    let plain = |value: Value| Seen::Plain(value);
    let array = |items: Vec<Value>| Seen::Plain(Value::Array(items));
    let numbers: Vec<u8> = (0..6).flat_map(|number| f64::from(number).to_le_bytes()).collect();
    let elements = Elements { dtype: "<f8".to_owned(), shape: vec![2, 3], strides: vec![24, 8], data: numbers.into() };
    for (name, expected) in [
        ("value-bytes", Seen::Bytes(b"hello".as_slice().into())),
        ("value-bytearray", Seen::Bytes(b"xy".as_slice().into())),
        ("value-bytes-lz4", Seen::Bytes(vec![b'a'; 20_000].into())),
        ("value-bytes-zlib", Seen::Bytes(vec![b'a'; 20_000].into())),
        ("value-int", plain(42.into())),
        ("value-float", plain(1.5.into())),
        ("value-str", plain("hi".into())),
        ("value-none", plain(Value::Nil)),
        ("value-list", array(vec![1.into(), 2.into(), "x".into()])),
        ("value-dict", plain(Value::Map(vec![("a".into(), 1.into())]))),
        ("value-tuple-of-bytes", array(vec![Value::Binary(b"a".to_vec()), Value::Binary(b"b".to_vec())])),
        ("value-dict-of-bytes", plain(Value::Map(vec![("k".into(), Value::Binary(b"v".to_vec()))]))),
        ("value-ndarray", Seen::Array(elements)),
    ] {
        assert_eq!(read(name).unwrap(), expected, "{name}");
    }
}

#[test]
fn what_only_python_has_is_refused_with_what_it_is() {
    for (name, expected) in [
        ("value-list-of-ndarray", "a collection of arrays of Python's"),
        ("value-exception", "unpickle_exception_with_attrs(ValueError, {'__dict__': {}, 'args': ('bad',)}"),
    ] {
        let error = read(name).unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn what_we_write_is_what_python_writes() {
    let array = value("value-ndarray");
    let seen = Seen::read(&array).unwrap();
    let written = seen.write();
    for name in ["serializer", "type", "sub-header"] {
        assert_eq!(written.says(name), array.says(name), "{name}");
    }
    for seen in [seen, Seen::Bytes(Bytes::new()), Seen::Plain(Value::Nil), Seen::Table(b"ARROW".as_slice().into())] {
        assert_eq!(Seen::read(&seen.write()).unwrap(), seen);
    }
}

#[test]
fn broken_values_are_errors() {
    let with = |name: &str, header: &str, to: Value| {
        let mut opaque = value(name);
        opaque.header.retain(|(key, _)| key.as_str() != Some(header));
        opaque.header.push((header.into(), to));
        Seen::read(&opaque).unwrap_err().to_string()
    };
    let list = |value: Value| Value::Array(vec![value]);
    for (error, expected) in [
        (
            with("value-bytes-lz4", "compression", list("zstd".into())),
            "it is compressed by zstd; only lz4 and zlib are read here",
        ),
        (with("value-bytes-lz4", "compression", list("zlib".into())), "part 0 of it cannot be decompressed by zlib"),
        (with("value-bytes-zlib", "compression", list("lz4".into())), "it "),
        (with("value-bytes", "split-offsets", list(7.into())), "it refers to frames that did not come: 1 did"),
        (with("value-bytes", "split-offsets", list(u64::MAX.into())), "it refers to frames that did not come: 1 did"),
        (with("value-bytes", "split-num-sub-frames", Value::Array(vec![])), "it has another number of offsets"),
        (with("value-bytes", "serializer", "cuda".into()), "it is a `bytes` of Python's"),
        (with("value-bytes", "serializer", "error".into()), "its sender could not write it: hello"),
        (with("value-ndarray", "sub-header", Value::Nil), "it is an array of objects"),
    ] {
        assert!(error.contains(expected), "{error}");
    }
    // A piece that says that it becomes four gigabytes.
    let mut bomb = value("value-bytes-lz4");
    bomb.frames = vec![Bytes::from_static(b"\xff\xff\xff\xff\x10a")];
    assert!(matches!(Seen::read(&bomb), Err(ValueError::TooLarge { bytes: 0xffff_ffff, .. })));
    bomb.frames = vec![Bytes::from_static(b"\xff\xff\xff\x3f\x10a")];
    assert!(matches!(Seen::read(&bomb), Err(ValueError::Damaged { .. })));
}
