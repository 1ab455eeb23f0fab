//! CSV files as dataframes against Polars' reading of the whole file, and what is said when they cannot be read.

use crate::frames::assert_like;
use partita_collections::bag::EncodingErrors;
use partita_collections::dataframe::polars::prelude::{self as pl, DataType, IntoLazy, Schema, df};
use partita_collections::dataframe::{CsvReader, col, len, lit, on_reference, read_csv};
use polars_io::SerReader;
use polars_io::prelude::{CsvEncoding, CsvReadOptions};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// A file of this text in a directory of its own.
pub(crate) fn file(name: &str, text: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

/// A text, compressed.
pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// What Polars makes of a whole text.
fn whole(text: &[u8], options: impl Fn(CsvReadOptions) -> CsvReadOptions) -> pl::PolarsResult<pl::DataFrame> {
    let options = options(CsvReadOptions::default().with_infer_schema_length(None).with_n_threads(Some(1)));
    options.into_reader_with_file_handle(Cursor::new(text)).finish()
}

/// A row: its fields as they are written, and its end.
fn rows(quotes: bool) -> impl Strategy<Value = Vec<(Vec<String>, &'static str)>> {
    let text = prop_oneof![
        3 => "[a-c]{0,3}",
        1 => Just("Zoë".to_string()),
        1 => Just("a text that is too long for its view".to_string()),
        if quotes { 3 } else { 1 } => if quotes { "\"([a,é#]|\n|\r\n|\"\"){0,5}\"" } else { "[d-f]{1,2}" },
    ];
    let number = prop_oneof![Just(String::new()), "-?[1-9][0-9]{0,3}", if quotes { "\"[1-9]\"" } else { "[1-9]" }];
    let float = prop_oneof![Just(String::new()), "[0-9]{1,2}\\.[0-9]{1,2}"];
    let truth = prop_oneof![Just(String::new()), Just("true".to_string()), Just("false".to_string())];
    let day = prop_oneof![Just(String::new()), "20[0-2][0-9]-0[1-9]-1[0-9]"];
    let fields = (number, text, float, truth, day).prop_map(|(a, b, c, d, e)| vec![a, b, c, d, e]);
    // Rows that are cut short, and those without anything.
    let fields = (fields, prop_oneof![6 => Just(5usize), 1 => 0..5usize]).prop_map(|(mut fields, count)| {
        fields.truncate(count.max(1));
        if count == 0 {
            fields[0].clear();
        }
        fields
    });
    proptest::collection::vec((fields, prop_oneof![Just("\n"), Just("\r\n")]), 1..14)
}

fn written(rows: &[(Vec<String>, &str)], mark: bool, last_end: bool) -> String {
    let mut text = if mark { "\u{feff}".to_string() } else { String::new() };
    text += "n,s,\"x\",b,d\n";
    for (number, (fields, end)) in rows.iter().enumerate() {
        text += &fields.join(",");
        if last_end || number + 1 < rows.len() {
            text += end;
        }
    }
    text
}

fn lengths(text: &str) -> Vec<u64> {
    let length = text.len() as u64;
    let smallest = if length < 80 { 1 } else { 9 };
    vec![smallest, length / 3, length / 2 + 1, length]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// FAULTS D11.
    #[test]
    fn any_blocks_are_the_whole(rows in rows(true), mark: bool, last_end: bool) {
        let text = written(&rows, mark, last_end);
        let expected = whole(text.as_bytes(), |options| options.map_parse_options(|parse| parse.with_try_parse_dates(true))).unwrap();
        let (_directory, path) = file("a.csv", &text);
        let compressed = path.with_extension("csv.gz");
        std::fs::write(&compressed, gzip(&text)).unwrap();
        for size in [1, 7, 30, 200] {
            let frame = read_csv(&compressed).block_size(size).try_parse_dates(true).finish().unwrap();
            assert_like(&on_reference(&frame).unwrap(), &expected, &format!("{text:?} compressed, in blocks of {size}"));
        }
        for size in lengths(&text) {
            let frame = read_csv(&path).block_size(size).try_parse_dates(true).finish().unwrap();
            assert_like(&on_reference(&frame).unwrap(), &expected, &format!("{text:?} in blocks of {size}"));
            let some = frame.filter(col("x").gt(lit(3.0)).or(col("b"))).select([col("s"), col("n")]);
            let rows = expected.clone().lazy().filter(col("x").gt(lit(3.0)).or(col("b"))).select([col("s"), col("n")]);
            let rows = rows.collect();
            if let Ok(rows) = rows {
                assert_like(&on_reference(&some).unwrap(), &rows, &format!("{text:?} in blocks of {size}"));
            }
        }
    }

    /// FAULTS D11.
    #[test]
    fn any_lines_are_the_whole(rows in rows(false), last_end: bool) {
        let text = written(&rows, false, last_end);
        let expected = whole(text.as_bytes(), |options| options).unwrap();
        let (_directory, path) = file("a.csv", &text);
        for size in lengths(&text) {
            let frame = read_csv(&path).block_size(size).newlines_in_values(false).finish().unwrap();
            assert_like(&on_reference(&frame).unwrap(), &expected, &format!("{text:?} in blocks of {size}"));
            let frame = read_csv(&path).block_size(size).quote_char(None).finish().unwrap();
            let expected = whole(text.as_bytes(), |options| options.map_parse_options(|parse| parse.with_quote_char(None)));
            assert_like(&on_reference(&frame).unwrap(), &expected.unwrap(), &format!("{text:?} without quotes"));
        }
    }
}

/// FAULTS D11.
#[test]
fn quotes_within_fields_are_characters_whatever_is_read() {
    let text = "a,b\"b,c\n1,5\" screen,x\n2,\"6\n7\",\"y\"\n3,8,9\"\n4,,\n";
    let (_directory, path) = file("a.csv", text);
    let expected = df!(
        "a" => [1i64, 2, 3, 4],
        "b\"b" => [Some("5\" screen"), Some("6\n7"), Some("8"), None],
        "c" => [Some("x"), Some("y"), Some("9\""), None]
    )
    .unwrap();
    for size in 1..=text.len() as u64 {
        let frame = read_csv(&path).block_size(size).finish().unwrap();
        assert_eq!(on_reference(&frame).unwrap(), expected, "{size}");
        for name in ["a", "b\"b", "c"] {
            let one = on_reference(&frame.select([col(name)])).unwrap();
            assert_eq!(one, expected.select([name]).unwrap(), "{name} in blocks of {size}");
        }
        assert_eq!(
            on_reference(&frame.select([len()])).unwrap().column("len").unwrap().get(0).unwrap(),
            pl::AnyValue::UInt32(4)
        );
    }
}

/// A text, and the settings to read it with.
type Case = (&'static str, fn(CsvReader) -> CsvReader, fn(CsvReadOptions) -> CsvReadOptions);

/// All cases are as Polars reads them.
fn assert_cases(cases: &[Case]) {
    for (text, mine, theirs) in cases {
        let (_directory, path) = file("a.csv", text);
        let expected = whole(text.as_bytes(), theirs).unwrap();
        for size in [1, 3, 1 << 20] {
            let frame = mine(read_csv(&path)).block_size(size).finish().unwrap();
            assert_like(&on_reference(&frame).unwrap(), &expected, &format!("{text:?} in blocks of {size}"));
        }
    }
}

#[test]
fn settings_are_those_of_polars() {
    let cases: &[Case] = &[
        (
            "x;y\n1;2,5\n",
            |mine| mine.separator(b';').decimal_comma(true),
            |theirs| theirs.map_parse_options(|parse| parse.with_separator(b';').with_decimal_comma(true)),
        ),
        (
            "x,y\n'a,b',c\n'd\n',e\n",
            |mine| mine.quote_char(Some(b'\'')),
            |theirs| theirs.map_parse_options(|parse| parse.with_quote_char(Some(b'\''))),
        ),
        ("1,a\n2,b\n", |mine| mine.has_header(false), |theirs| theirs.with_has_header(false)),
        (
            "x\n1\nNA\n-\n",
            |mine| mine.null_values(["NA", "-"]),
            |theirs| {
                let nulls = pl::PlSmallStr::from_static;
                theirs.map_parse_options(move |parse| {
                    parse.with_null_values(Some(polars_io::prelude::NullValues::AllColumns(vec![
                        nulls("NA"),
                        nulls("-"),
                    ])))
                })
            },
        ),
        (
            "x,s\n1,\n,\"\"\n",
            |mine| mine.missing_is_null(false),
            |theirs| theirs.map_parse_options(|parse| parse.with_missing_is_null(false)),
        ),
        (
            "#\"\nx,y\n#a,\"b\n1,2\n#\n3,4\n",
            |mine| mine.comment_prefix("#"),
            |theirs| theirs.map_parse_options(|parse| parse.with_comment_prefix(Some("#"))),
        ),
        ("junk\nx,y\n1,2\n", |mine| mine.skip_rows(1), |theirs| theirs.with_skip_rows(1)),
        (
            "x,y\n1,2,3\n4,5\n6\n",
            |mine| mine.truncate_ragged_lines(true),
            |theirs| theirs.map_parse_options(|parse| parse.with_truncate_ragged_lines(true)),
        ),
    ];
    assert_cases(cases);
}

#[test]
fn odd_files_are_read_as_polars_reads_them() {
    let cases: &[Case] = &[
        ("x,x,y\n1,2,3\n", |mine| mine, |theirs| theirs),
        ("x,y\n", |mine| mine, |theirs| theirs),
        ("\n\nx,y\n1,2\n\n\n", |mine| mine, |theirs| theirs),
        ("x\r\n1\r\n2", |mine| mine, |theirs| theirs),
        ("1\n2,a\n3\n", |mine| mine.has_header(false), |theirs| theirs.with_has_header(false)),
        (
            "t\n2020-01-02T03:04:05Z\n",
            |mine| mine.try_parse_dates(true),
            |theirs| theirs.map_parse_options(|parse| parse.with_try_parse_dates(true)),
        ),
        (
            "t,d\n12:30:00,2020-01-02T03:04:05\n",
            |mine| mine.try_parse_dates(true),
            |theirs| theirs.map_parse_options(|parse| parse.with_try_parse_dates(true)),
        ),
    ];
    assert_cases(cases);
    let latin = b"x\ncaf\xe9\n";
    let (_directory, path) = file("a.csv", latin);
    let frame = read_csv(&path).encoding_errors(EncodingErrors::Lossy).finish().unwrap();
    let lossy =
        |options: CsvReadOptions| options.map_parse_options(|parse| parse.with_encoding(CsvEncoding::LossyUtf8));
    assert_like(&on_reference(&frame).unwrap(), &whole(latin, lossy).unwrap(), "lossy");
}

#[test]
fn types_can_be_given() {
    let (_directory, path) = file("a.csv", "id,day,kind\n001,2020-01-02,a\n002,2020-01-03,b\n");
    let categories = DataType::from_categories(pl::Categories::global());
    let dtypes = [("id", DataType::String), ("day", DataType::Date), ("kind", categories)];
    let frame = read_csv(&path).dtypes(dtypes.clone()).finish().unwrap();
    let found = on_reference(&frame).unwrap();
    assert_eq!(found.schema(), frame.schema());
    assert_eq!(found.dtypes(), dtypes.map(|(_, dtype)| dtype));
    let (_other, named) = file("b.csv", "x\n-\n1\n");
    let named = read_csv(&named).column_names(["a"]).null_values_of([("a", "-")]).finish().unwrap();
    assert_eq!(on_reference(&named).unwrap(), df!("a" => [None, Some(1i64)]).unwrap());
    let schema = Arc::new(Schema::from_iter([
        ("day".into(), DataType::String),
        ("id".into(), DataType::Int8),
        ("kind".into(), DataType::String),
    ]));
    let found = on_reference(&read_csv(&path).schema(schema.clone()).finish().unwrap()).unwrap();
    assert_eq!(found, df!("day" => ["2020-01-02", "2020-01-03"], "id" => [1i8, 2], "kind" => ["a", "b"]).unwrap());
    // A file without anything has no rows of the columns that are known.
    let (_directory, path) = file("a.csv", "");
    let none = on_reference(&read_csv(&path).schema(schema.clone()).finish().unwrap()).unwrap();
    assert_eq!((none.height(), none.schema()), (0, &schema));
}

#[test]
fn several_files_are_put_under_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("a.csv"), "x,y\n1,a\n").unwrap();
    std::fs::write(path("b.csv"), "y,x\nb,2.5").unwrap();
    std::fs::write(path("c.csv"), "y,z,x\nc,9,3\n").unwrap();
    std::fs::write(path("d.csv"), "x\n4\n").unwrap();
    let both = read_csv([path("a.csv"), path("b.csv")]).dtypes([("x", DataType::Float64)]).finish().unwrap();
    assert_eq!(on_reference(&both).unwrap(), df!("x" => [1.0, 2.5], "y" => ["a", "b"]).unwrap());
    let all = || read_csv(directory.path().join("*.csv")).dtypes([("x", DataType::Float64)]);
    let error = all().finish().unwrap_err().to_string();
    assert!(
        error.contains("c.csv") && error.contains("a.csv") && error.contains("it has, beside them, \"z\""),
        "{error}"
    );
    let error = all().ignore_extra_columns(true).finish().unwrap_err().to_string();
    assert!(error.contains("d.csv") && error.contains("it lacks \"y\""), "{error}");
    let all = all().ignore_extra_columns(true).fill_missing_columns(true).include_path_column("file").finish().unwrap();
    let found = on_reference(&all).unwrap();
    let names = ["a.csv", "b.csv", "c.csv", "d.csv"].map(|name| path(name).display().to_string());
    let expected =
        df!("x" => [1.0, 2.5, 3.0, 4.0], "y" => [Some("a"), Some("b"), Some("c"), None], "file" => names.clone())
            .unwrap();
    assert_eq!(found, expected);
    let one = on_reference(&all.filter(col("file").eq(lit(names[2].clone()))).select([col("file"), col("y")])).unwrap();
    assert_eq!(one, df!("file" => [names[2].clone()], "y" => ["c"]).unwrap());
}

#[test]
fn compressed_files_are_cut_if_that_is_asked_for() {
    let text: String =
        std::iter::once("x,s\n".to_string()).chain((0..1000).map(|x| format!("{x},\"{x}\n\"\n"))).collect();
    let expected = whole(text.as_bytes(), |options| options).unwrap();
    let (head, rest) = text.split_at(1234);
    let members = [gzip(head), gzip(rest)].concat();
    let (_directory, path) = file("a.csv.gz", &members);
    let frame = read_csv(&path).finish().unwrap();
    assert_eq!(frame.npartitions(), 1);
    assert_eq!(on_reference(&frame).unwrap(), expected);
    let plain = path.with_file_name("b.csv");
    std::fs::write(&plain, &text).unwrap();
    let mut both = expected.vstack(&expected).unwrap();
    both.rechunk_mut();
    for size in [100, 1000, 3000, 1 << 20] {
        let frame = read_csv([&path, &plain]).block_size(size).finish().unwrap();
        assert_eq!(frame.npartitions() > 2, size <= 3000);
        assert_eq!(on_reference(&frame).unwrap(), both);
        let some = frame.filter(col("x").gt_eq(lit(500))).select([col("x").sum()]);
        assert_eq!(on_reference(&some).unwrap(), df!("x" => [2 * (500..1000).sum::<i64>()]).unwrap());
    }
    let (_directory, path) = file("a.csv.zst", zstd::encode_all(text.as_bytes(), 0).unwrap());
    assert_eq!(on_reference(&read_csv(&path).finish().unwrap()).unwrap(), expected);
    let long = text.repeat(200);
    let short = gzip(&long);
    let (_directory, path) = file("a.csv.gz", &short[..short.len() - 9]);
    for size in [1 << 10, 1 << 30] {
        let reader = read_csv(&path).sample(1000).block_size(size).dtypes([("x", DataType::String)]);
        let error = on_reference(&reader.finish().unwrap()).unwrap_err().to_string();
        assert!(error.contains("a.csv.gz") && error.contains("no whole gzip file"), "{error}");
    }
}

#[test]
fn equal_readings_are_the_same_dataframe() {
    let (_directory, path) = file("a.csv", "x\n1\n\"2\"\n3\n");
    let frame = |size| read_csv(&path).block_size(size).finish().unwrap();
    assert_eq!(frame(2).node().key, frame(2).node().key);
    assert_ne!(frame(2).node().key, frame(3).node().key);
    assert_ne!(frame(2).node().key, read_csv(&path).block_size(2).skip_rows(1).finish().unwrap().node().key);
}

#[test]
fn wide_files_are_read() {
    let names: Vec<String> = (0..20_000).map(|number| format!("c{number}")).collect();
    let row: Vec<String> = (0..20_000).map(|number| number.to_string()).collect();
    let text = format!("{}\n{}\n{}\n", names.join(","), row.join(","), row.join(","));
    let (_directory, path) = file("wide.csv", &text);
    let frame = read_csv(&path).block_size(100_000).finish().unwrap();
    assert_eq!(frame.width(), 20_000);
    let found = on_reference(&frame.select([col("c19999"), col("c7")])).unwrap();
    assert_eq!(found, df!("c19999" => [19_999i64; 2], "c7" => [7i64; 2]).unwrap());
    assert_eq!(on_reference(&frame).unwrap().shape(), (2, 20_000));
}

#[test]
fn rows_of_files_that_are_larger_than_the_sample_are_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large.csv");
    let mut text = String::from("n,word,x\n");
    for n in 0..120_000 {
        writeln!(text, "{n},word {},{}", n % 7, f64::from(n) / 4.0).unwrap();
    }
    std::fs::write(&path, &text).unwrap();
    assert!(text.len() > 2 << 20);
    for sample in [100, 100_000, 1 << 20] {
        let read = on_reference(&read_csv(&path).sample(sample).block_size(700_000).finish().unwrap()).unwrap();
        assert_eq!(read.height(), 120_000, "a sample of {sample}");
        let sum: i64 = read.column("n").unwrap().i64().unwrap().iter().flatten().sum();
        assert_eq!(sum, 119_999 * 60_000);
    }
}
