//! Files of JSON lines as dataframes against Polars' reading of the whole file, and what is said when they cannot be read.

use crate::frame_csv::file;
use crate::frames::assert_like;
use partita_collections::dataframe::polars::prelude::{self as pl, DataType, IntoLazy, Schema, df};
use partita_collections::dataframe::{col, len, lit, on_reference, read_ndjson};
use polars_io::ndjson::infer_schema;
use polars_io::prelude::parse_ndjson;
use proptest::prelude::*;
use std::sync::Arc;

fn whole(text: &str) -> pl::DataFrame {
    // Not by its reader of files, which guesses the number of rows and breaks on some blank lines.
    let schema = infer_schema(&mut text.as_bytes(), None).unwrap();
    parse_ndjson(text.as_bytes(), Some(text.lines().count()), &schema, false).unwrap()
}

/// Lines of objects, some without some of the fields.
fn lines() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        "\"n\": (-?[1-9][0-9]{0,2}|null)",
        "\"s\": \"([a-cé]|\\\\n|\\\\\"){0,4}\"",
        "\"x\": [0-9]\\.[0-9]",
        "\"l\": \\[[1-3](, [1-3]){0,2}\\]",
        "\"o\": \\{\"a\": [0-9], \"b\": (true|false)\\}",
    ];
    let fields = proptest::collection::btree_map(0..5usize, field, 1..4usize).prop_map(|fields| {
        let mut seen = Vec::new();
        let fields = fields.into_values().filter(|field: &String| {
            let is_new = !seen.contains(&field[..4].to_string());
            seen.push(field[..4].to_string());
            is_new
        });
        format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
    });
    let end = prop_oneof![4 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\n\n"), 1 => Just("\n \n")];
    let all = "{\"n\": 1, \"s\": \"a\", \"x\": 0.5, \"l\": [1], \"o\": {\"a\": 1, \"b\": true}}\n";
    proptest::collection::vec((fields, end), 0..8)
        .prop_map(move |lines| lines.into_iter().fold(all.to_string(), |text, (line, end)| text + &line + end))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_blocks_are_the_whole(text in lines(), mark: bool) {
        let expected = whole(&text);
        let marked = if mark { format!("\u{feff}{text}") } else { text.clone() };
        let (_directory, path) = file("a.ndjson", &marked);
        for size in [9, 40, text.len() as u64 / 2 + 1, 1 << 20] {
            let frame = read_ndjson(&path).block_size(size).finish().unwrap();
            assert_like(&on_reference(&frame).unwrap(), &expected, &format!("{text:?} in blocks of {size}"));
            let some = frame.filter(col("n").gt(lit(0))).select([col("x"), col("n")]);
            let rows = expected.clone().lazy().filter(col("n").gt(lit(0))).select([col("x"), col("n")]).collect();
            assert_like(&on_reference(&some).unwrap(), &rows.unwrap(), &format!("{text:?} in blocks of {size}"));
            let count = on_reference(&frame.select([len()])).unwrap();
            assert_eq!(count, df!("len" => [expected.height() as u32]).unwrap());
        }
    }
}

#[test]
fn types_files_and_compression_can_be_given() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("a.ndjson"), "{\"x\": 1}").unwrap();
    std::fs::write(path("b.ndjson"), "{\"x\": 2, \"y\": \"b\"}\n").unwrap();
    let text = "{\"y\": \"c\"}\n";
    std::fs::write(path("c.ndjson.zst"), zstd::encode_all(text.as_bytes(), 0).unwrap()).unwrap();
    let paths = || [path("*.ndjson"), path("c.ndjson.zst")];
    let frame = read_ndjson(paths()).include_path_column("file").finish().unwrap();
    assert_eq!(frame.npartitions(), 3);
    let names = ["a.ndjson", "b.ndjson", "c.ndjson.zst"].map(|name| path(name).display().to_string());
    let expected =
        df!("x" => [Some(1i64), Some(2), None], "y" => [None, Some("b"), Some("c")], "file" => names).unwrap();
    assert_eq!(on_reference(&frame).unwrap(), expected);
    let typed = read_ndjson(paths()).dtypes([("x", DataType::Float64), ("z", DataType::Int64)]).finish().unwrap();
    let nulls = [None::<i64>; 3];
    let expected = df!("x" => [Some(1.0), Some(2.0), None], "y" => [None, Some("b"), Some("c")], "z" => nulls).unwrap();
    assert_eq!(on_reference(&typed).unwrap(), expected);
    let schema = Arc::new(Schema::from_iter([("y".into(), DataType::String)]));
    let one = read_ndjson(paths()).schema(schema).finish().unwrap();
    assert_eq!(on_reference(&one).unwrap(), df!("y" => [None, Some("b"), Some("c")]).unwrap());
}

/// FAULTS D15.
#[test]
fn lines_that_cannot_be_read_are_named() {
    let good = "{\"x\": 1}\n".repeat(20);
    let deep = format!("{{\"x\": {}1{}}}\n", "[".repeat(100_000), "]".repeat(100_000));
    for (bad, part) in [
        ("{\"x\": \"two\"}\n", "line 21, column \"x\": `two` is no i64"),
        ("{\"x\": 1.5}\n", "line 21, column \"x\": `1.5` is no i64"),
        ("{\"x\": 1\n", "line 21: error parsing line"),
        ("[1]\n", "line 21: NDJSON line expected to contain JSON object"),
        (&deep, "line 21: values are more than 128 deep within each other"),
    ] {
        let (_directory, path) = file("bad.ndjson", good.clone() + bad + &good);
        for size in [1 << 20, 50] {
            let frame = read_ndjson(&path).sample(100).block_size(size).finish().unwrap();
            let error = on_reference(&frame).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("bad.ndjson"), "{error}");
        }
    }
    let (_directory, path) = file("bad.ndjson", [good.as_bytes(), b"{\"x\": \"caf\xe9\"}\n"].concat());
    let error = on_reference(&read_ndjson(&path).sample(100).finish().unwrap()).unwrap_err().to_string();
    assert!(error.contains("line 21: byte 10 of the row is not UTF-8"), "{error}");
}

#[test]
fn what_makes_no_sense_is_said_when_it_is_built() {
    let deep = "[".repeat(100_000);
    for (text, part) in [
        ("", "is empty"),
        (" \n\n", "is empty"),
        ("1\n", "the beginning of"),
        ("{\"x\": \n", "the beginning of"),
        (&deep, "more than 128 deep"),
    ] {
        let (_directory, path) = file("a.ndjson", text);
        let error = read_ndjson(&path).finish().unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("a.ndjson"), "{text}: {error}");
    }
}

#[test]
fn small_integers_are_read_and_times_are_refused() {
    let (_directory, path) = file("a.ndjson", "{\"a\": 1, \"b\": 2}\n{\"a\": -128}\n{\"b\": 200}\n");
    let types = [("a", DataType::Int8), ("b", DataType::UInt8)];
    let found = on_reference(&read_ndjson(&path).dtypes(types.clone()).finish().unwrap()).unwrap();
    let expected = df!("a" => [Some(1i8), Some(-128), None], "b" => [Some(2u8), None, Some(200)]).unwrap();
    assert!(found.equals_missing(&expected), "{found}");
    let frame = read_ndjson(&path).dtypes([("b", DataType::Int8)]).finish().unwrap();
    let error = on_reference(&frame).unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("200"), "{error}");
    let frame = read_ndjson(&path).dtypes([("b", DataType::Int8)]).ignore_errors(true).finish().unwrap();
    assert_eq!(on_reference(&frame).unwrap().column("b").unwrap().null_count(), 2);
    let error = read_ndjson(&path).dtypes([("a", DataType::Time)]).finish().unwrap_err().to_string();
    assert!(error.contains("column \"a\"") && error.contains("time"), "{error}");
}
