//! What is said when CSV files cannot be read: when the dataframe is built, and while it is computed.

use crate::frame_csv::{file, gzip};
use partita_collections::dataframe::polars::prelude::DataType;
use partita_collections::dataframe::{DataFrame, ReadError, col, on_reference, read_csv};
use std::io::Write;
use std::path::Path;

fn failure(frame: &DataFrame) -> String {
    on_reference(frame).unwrap_err().to_string()
}

/// FAULTS D11, D12.
#[test]
fn rows_that_cannot_be_read_are_named() {
    let good = "x,s,y\n".to_string() + &"1,\"a\nb\",2\n".repeat(50);
    for (bad, parts) in [
        (
            "1,b,two\n",
            vec![
                "line 102, column \"y\": `two` is no i64",
                "dtypes([(\"y\", DataType::String)])",
                "null_values([\"two\"])",
            ],
        ),
        ("1,b,2,3\n", vec!["line 102: the row has 4 fields, and there are 3 columns", "truncate_ragged_lines"]),
        ("1,\"b,2\n", vec!["line 102", "a quote is opened and never closed"]),
        ("1,\"b\"c,2\n", vec!["line 102: invalid csv file Field `\"b\"c` is not properly escaped."]),
    ] {
        let (_directory, path) =
            file("bad.csv", good.clone() + bad + &"1,b,2\n".repeat(if bad.contains("\"b,") { 0 } else { 9 }));
        let compressed = path.with_extension("csv.gz");
        std::fs::write(&compressed, gzip(&std::fs::read_to_string(&path).unwrap())).unwrap();
        for (path, size) in [(&path, 1 << 20), (&path, 97), (&path, 11), (&compressed, 97), (&compressed, 1 << 20)] {
            let frame = read_csv(path).sample(100).block_size(size).finish().unwrap();
            let error = failure(&frame);
            for part in parts.iter().chain(&["bad.csv"]) {
                assert!(error.contains(part), "{part} in {error}");
            }
        }
    }
    for size in [1 << 20, 97, 11, 1] {
        let (_directory, path) = file("bad.csv", &good);
        let frame = read_csv(&path).block_size(size).newlines_in_values(false).finish().unwrap();
        let error = failure(&frame);
        assert!(error.contains("a quoted field has a line end in it"), "{error}");
    }
    let (_directory, path) = file("bad.csv", [good.as_bytes(), b"1,caf\xe9,2\n"].concat());
    let frame = read_csv(&path).sample(1).finish().unwrap();
    let error = failure(&frame);
    assert!(error.contains("line 102: byte 5 of the row is not UTF-8"), "{error}");
    // What is not needed is not looked at, and nulls can be made of it.
    assert_eq!(on_reference(&frame.select([col("y")])).unwrap().height(), 51);
    // A sample has a row, however short it should be.
    assert_eq!(
        frame.schema().iter_values().cloned().collect::<Vec<_>>(),
        [DataType::Int64, DataType::String, DataType::Int64]
    );
    let (_directory, path) = file("bad.csv", good + "1,b,two\n");
    let frame = read_csv(&path).sample(100).ignore_errors(true).finish().unwrap();
    assert_eq!(on_reference(&frame).unwrap().column("y").unwrap().null_count(), 1);
}

/// FAULTS D11, D12.
#[test]
fn what_makes_no_sense_is_said_when_it_is_built() {
    let (_directory, empty) = file("empty.csv", "");
    let (_directory, blank) = file("blank.csv", "\n\r\n");
    let (_directory, wide) = file("utf16.csv", b"\xff\xfex\0\n\0");
    let (directory, good) = file("good.csv", "price,y\n1,2\n");
    let path = |path: &Path| read_csv(path);
    for (reader, text) in [
        (path(&empty), "empty.csv` is empty: there are no columns in it"),
        (path(&blank), "blank.csv` is empty"),
        (path(&wide), "utf16.csv` is UTF-16"),
        (path(&good.with_extension("tsv")), "there is no file `"),
        (path(&directory.path().join("*.tsv")), "no file matches `"),
        (path(directory.path()), "is a directory"),
        (path(&good).dtypes([("prize", DataType::Int8)]), "there is no column \"prize\"; did you mean \"price\"?"),
        (path(&good).null_values_of([("z", "-")]), "there is no column \"z\""),
        (path(&good).dtypes([("y", DataType::Binary)]), "column \"y\" is of type binary"),
        (path(&good).column_names(["a"]), "has 2 columns, and `column_names` gives 1 names"),
        (path(&good).column_names(["a", "a"]), "a name in `column_names` is \"a\", twice"),
        (path(&good).include_path_column("y"), "the column of paths is \"y\""),
        (path(&good).separator(b'\n'), "the separator is '\\n'"),
        (path(&good).separator(b'"'), "the quote is '\"'"),
        (path(&good).comment_prefix(""), "the comment prefix is \"\""),
    ] {
        let error = reader.finish().unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
    let missing = read_csv(good.with_extension("tsv")).finish().unwrap_err();
    assert!(matches!(missing, ReadError::Files(_)));
}

/// FAULTS D9.
#[test]
fn files_that_change_are_found() {
    let (_directory, path) = file("a.csv", "x\n1\n2\n3\n");
    let frame = || read_csv(&path).block_size(2).finish().unwrap();
    let (grown, gone) = (frame(), frame());
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"4\n").unwrap();
    let error = failure(&grown);
    assert!(error.contains("a.csv` changed since") && error.contains("it had 8 bytes, and has 10"), "{error}");
    let replaced = frame();
    let time = std::fs::metadata(&path).unwrap().modified().unwrap();
    let other = path.with_extension("new");
    std::fs::write(&other, "x\n5\n6\n7\n8\n").unwrap();
    std::fs::File::options().append(true).open(&other).unwrap().set_modified(time).unwrap();
    std::fs::rename(&other, &path).unwrap();
    let error = failure(&replaced);
    assert!(cfg!(not(unix)) || error.contains("another file is in its place"), "{error}");
    std::fs::remove_file(&path).unwrap();
    let error = failure(&gone);
    assert!(error.contains("a.csv` was there when the dataframe was made, and is not any more"), "{error}");
}
