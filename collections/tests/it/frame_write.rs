//! Writing: what is read back is what was written, and a directory is there whole or not at all.

use crate::frames::{assert_like, frames, in_order};
use crate::on_reference;
use partita_collections::Bag;
use partita_collections::dataframe::polars::prelude::{
    self as pl, CsvParseOptions, CsvReadOptions, DataType, IntoLazy, JsonFormat, JsonReader, NamedFrom,
    ParquetCompression, Schema, SerReader, Series, TimeUnit, df,
};
use partita_collections::dataframe::{DataFrame, FileError, TargetError, Written, col, lit, overwrite, read_parquet};
use proptest::prelude::*;
use std::io::Cursor;
use std::num::NonZeroUsize;
use std::path::Path;

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn csv(bytes: Vec<u8>, schema: &pl::SchemaRef) -> pl::DataFrame {
    let parse = CsvParseOptions::default().with_missing_is_null(true).with_try_parse_dates(true);
    let options = CsvReadOptions::default().with_schema(Some(schema.clone())).with_parse_options(parse);
    options.into_reader_with_file_handle(Cursor::new(bytes)).finish().unwrap()
}

fn ndjson(bytes: Vec<u8>, schema: &pl::SchemaRef) -> pl::DataFrame {
    let reader = JsonReader::new(Cursor::new(bytes)).with_json_format(JsonFormat::JsonLines);
    let reader = reader.infer_schema_len(NonZeroUsize::new(100)).with_schema(schema.clone());
    reader.finish().unwrap()
}

/// The content of all files that were written.
fn content(written: &Written) -> Vec<u8> {
    written.paths().iter().flat_map(|path| std::fs::read(path).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn parquet_there_and_back((frame, parts) in frames(), plain in any::<bool>(), rows in 1..9usize) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        let mut writer = DataFrame::from_polars(frame.clone(), parts).write_parquet(&path).row_group_size(rows);
        if plain {
            writer = writer.compression(ParquetCompression::Uncompressed);
        }
        let written = on_reference(&writer.finish().unwrap()).unwrap();
        prop_assert_eq!((written.files.len(), written.rows()), (parts, frame.height()));
        for file in &written.files {
            prop_assert_eq!(file.path.metadata().unwrap().len(), file.bytes);
        }
        let read = read_parquet(&path).finish().unwrap();
        prop_assert_eq!(read.npartitions(), parts);
        assert_like(&on_reference(&read).unwrap(), &frame, "all");
        prop_assert_eq!(names(directory.path()), ["x"]);
    }

    #[test]
    fn text_there_and_back((frame, parts) in frames()) {
        // CSV knows no difference between an empty text and null.
        let some = col("s").replace(lit(""), lit("empty"));
        let frame = frame.lazy().with_columns([some.clone(), some.cast(DataType::from_categories(pl::Categories::global())).alias("c")]).collect().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mine = DataFrame::from_polars(frame.clone(), parts);
        let single = directory.path().join("x.csv");
        let written = on_reference(&mine.write_csv(&single).single_file().finish().unwrap()).unwrap();
        prop_assert_eq!((written.paths(), written.rows()), (vec![single.clone()], frame.height()));
        prop_assert_eq!(written.bytes(), single.metadata().unwrap().len());
        assert_like(&csv(content(&written), frame.schema()), &frame, "csv");
        let bare = mine.write_csv(directory.path().join("bare")).header(false).separator(b';').finish().unwrap();
        let bare = String::from_utf8(content(&on_reference(&bare).unwrap())).unwrap();
        let all = String::from_utf8(std::fs::read(&single).unwrap()).unwrap();
        prop_assert_eq!(bare.lines().count() + 1, all.lines().count());
        let lines = on_reference(&mine.write_ndjson(directory.path().join("lines")).finish().unwrap()).unwrap();
        prop_assert_eq!(lines.files.len(), parts);
        // JSON has no NaN.
        let numbers = frame.lazy().with_columns([col("x").fill_nan(lit(pl::NULL))]).collect().unwrap();
        if numbers.height() > 0 {
            assert_like(&ndjson(content(&lines), numbers.schema()), &numbers, "ndjson");
        }
        prop_assert_eq!(names(directory.path()), ["bare", "lines", "x.csv"]);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn hive_there_and_back((frame, parts) in frames(), by in 0..5usize) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        let by = [&["k"][..], &["s"], &["d", "b"], &["x"], &["c", "k"]][by];
        let mine = DataFrame::from_polars(frame.clone(), parts);
        let writer = mine.write_parquet(&path).partition_by(by).name("rows-*.parquet");
        let written = on_reference(&writer.finish().unwrap()).unwrap();
        prop_assert_eq!(written.rows(), frame.height());
        if frame.height() > 0 {
            let types = by.iter().map(|name| ((*name).into(), frame.schema().get(name).unwrap().clone())).collect();
            let read = read_parquet(&path).hive_types(types).finish().unwrap();
            let order: Vec<_> = frame.get_column_names_owned().into_iter().map(col).collect();
            let found = on_reference(&read.select(order)).unwrap();
            assert_like(&in_order(&found), &in_order(&frame), &format!("{by:?}"));
            let condition = || col(by[0]).is_not_null().and(col("i").gt(lit(0)));
            let expected = frame.lazy().filter(condition()).select([col("i")]).collect().unwrap();
            let found = on_reference(&read.filter(condition()).select([col("i")])).unwrap();
            assert_like(&in_order(&found), &in_order(&expected), "filtered");
        }
    }
}

#[test]
fn types_of_folders_are_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let frame = df!("n" => [1i64, -2], "x" => [0.5, 2.0], "b" => [true, false], "d" => [1, 2], "s" => ["a", "2"], "v" => [1, 2])
        .unwrap()
        .lazy()
        .with_columns([col("d").cast(DataType::Date)])
        .collect()
        .unwrap();
    let frame = frame.lazy().rename(["n"], ["_n"], true).collect().unwrap();
    let path = directory.path().join("x");
    let by = ["_n", "x", "b", "d", "s"];
    let mine = DataFrame::from_polars(frame.clone(), 2);
    on_reference(&mine.write_parquet(&path).partition_by(by).finish().unwrap()).unwrap();
    let read = on_reference(&read_parquet(&path).finish().unwrap()).unwrap();
    let found = read.select(frame.get_column_names_owned()).unwrap();
    assert_like(&in_order(&found), &in_order(&frame), "types");
    for (dtype, name) in [
        (DataType::Datetime(TimeUnit::Microseconds, None), "us"),
        (DataType::Datetime(TimeUnit::Nanoseconds, None), "ns"),
        (DataType::Datetime(TimeUnit::Milliseconds, None), "ms"),
        (DataType::UInt8, "u8"),
        (DataType::Float32, "f32"),
    ] {
        let times = df!("v" => [1i64, 2, 3], "t" => [Some(0i64), None, Some(7)]).unwrap().lazy();
        let times = times.with_columns([col("t").cast(dtype.clone())]).collect().unwrap();
        let path = directory.path().join(name);
        let mine = DataFrame::from_polars(times.clone(), 2);
        on_reference(&mine.write_parquet(&path).partition_by("t").finish().unwrap()).unwrap();
        let types = Schema::from_iter([("t".into(), dtype.clone())]);
        let read = on_reference(&read_parquet(&path).hive_types(types).finish().unwrap()).unwrap();
        assert_like(&in_order(&read), &in_order(&times), &format!("{dtype}"));
    }
}

#[test]
fn text_is_compressed_if_its_name_tells_so() {
    let directory = tempfile::tempdir().unwrap();
    let mine = DataFrame::from_polars(df!("x" => [1i64, 2, 3]).unwrap(), 3);
    for (extension, magic) in [("gz", &[0x1f, 0x8b][..]), ("zst", &[0x28, 0xb5]), ("bz2", b"BZ"), ("xz", b"\xfd7z")] {
        let single = directory.path().join(format!("x.csv.{extension}"));
        on_reference(&mine.write_csv(&single).single_file().finish().unwrap()).unwrap();
        assert!(std::fs::read(&single).unwrap().starts_with(magic), "{extension}");
        assert_eq!(on_reference(&Bag::read_text(&single).unwrap()).unwrap(), ["x", "1", "2", "3"], "{extension}");
        let path = directory.path().join(extension);
        let lines = mine.write_ndjson(&path).name(format!("*.ndjson.{extension}")).finish().unwrap();
        let paths = on_reference(&lines).unwrap().paths();
        let expected = ["{\"x\":1}", "{\"x\":2}", "{\"x\":3}"];
        assert_eq!(on_reference(&Bag::read_text(paths).unwrap()).unwrap(), expected, "{extension}");
    }
}

#[test]
fn no_partitions_leave_a_file_with_the_columns() {
    let directory = tempfile::tempdir().unwrap();
    let schema = df!("x" => [0i64], "s" => [""]).unwrap().schema().clone();
    let none = DataFrame::from_map(0, schema.clone(), |_| df!("x" => [0i64], "s" => [""]));
    let path = directory.path().join("x");
    on_reference(&none.write_parquet(&path).finish().unwrap()).unwrap();
    let read = read_parquet(&path).finish().unwrap();
    assert_eq!((read.schema(), read.known_len(), read.npartitions()), (&schema, Some(0), 1));
    assert_eq!(on_reference(&read).unwrap(), pl::DataFrame::empty_with_schema(&schema));
}

/// FAULTS D17.
#[test]
fn what_fails_leaves_nothing_and_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    let frame = df!("x" => [1i64, 2, 3]).unwrap();
    let good = DataFrame::from_polars(frame.clone(), 2);
    let schema = frame.schema().clone();
    let bad =
        DataFrame::from_map(
            3,
            schema,
            |part| if part == 2 { Err("on purpose") } else { Ok(df!("x" => [7i64]).unwrap()) },
        );
    let error = on_reference(&bad.write_parquet(&path).finish().unwrap()).unwrap_err();
    assert!(error.to_string().contains("on purpose"), "{error}");
    assert!(names(directory.path()).is_empty());
    on_reference(&good.write_parquet(&path).finish().unwrap()).unwrap();
    assert!(on_reference(&bad.write_parquet(overwrite(&path)).finish().unwrap()).is_err());
    assert_eq!(on_reference(&read_parquet(&path).finish().unwrap()).unwrap(), frame);
    let one = DataFrame::from_polars(frame.clone(), 1);
    on_reference(&one.write_parquet(overwrite(&path)).finish().unwrap()).unwrap();
    assert_eq!((names(&path), names(directory.path())), (vec!["part.0.parquet".to_string()], vec!["x".to_string()]));
    let single = directory.path().join("x.csv");
    assert!(on_reference(&bad.write_csv(&single).single_file().finish().unwrap()).is_err());
    assert_eq!(names(directory.path()), ["x"]);
    // Lazily written twice is an error in the second run, as it would be if it were built then.
    let lazy = good.write_csv(directory.path().join("twice")).finish().unwrap();
    on_reference(&lazy).unwrap();
    assert!(on_reference(&lazy).unwrap_err().to_string().contains("is there already"));
}

#[test]
fn what_cannot_be_written_is_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let lists = Series::new("l".into(), [Series::new("".into(), [1i64, 2])]);
    let frame = df!("x" => [1i64], "s" => ["a"]).unwrap().hstack(&[lists.into()]).unwrap();
    let frame = DataFrame::from_polars(frame, 1);
    let plain = frame.drop("l");
    std::fs::create_dir(at("letters")).unwrap();
    std::fs::write(at("letters/dear.txt"), "dear").unwrap();
    let told = |error: Result<partita_collections::Item<Written>, FileError>| error.unwrap_err().to_string();
    for (found, text) in [
        (told(frame.write_csv(at("x")).finish()), "CSV cannot hold column \"l\" of type list[i64]: write Parquet"),
        (
            told(
                frame
                    .with_columns([col("x").cast(DataType::Duration(TimeUnit::Milliseconds))])
                    .drop("l")
                    .write_csv(at("x"))
                    .finish(),
            ),
            "CSV cannot hold column \"x\" of type duration[ms]",
        ),
        (told(frame.write_parquet(at("x")).partition_by("l").finish()), "`partition_by` cannot hold column \"l\""),
        (told(frame.write_parquet(at("x")).partition_by("t").finish()), "`write_parquet`: there is no column \"t\""),
        (told(plain.write_csv(at("x")).partition_by(["x", "s"]).finish()), "names all columns"),
        (told(plain.write_csv(at("x")).partition_by(["x", "x"]).finish()), "names a column twice"),
        (told(plain.write_csv(at("x")).partition_by("x").single_file().finish()), "use one of them"),
        (told(plain.write_csv(at("x")).name("part.csv").finish()), "must have one `*`"),
        (told(plain.write_csv(at("x")).name("a/*.csv").finish()), "must have one `*`"),
        (told(plain.write_csv(at("letters")).finish()), "is there already"),
        (told(plain.write_csv(overwrite(at("letters"))).finish()), "is no directory of such files alone"),
        (told(plain.write_csv(at("no/such/x")).finish()), "there is no directory"),
    ] {
        assert!(found.contains(text), "{found}");
    }
    let error = plain.write_csv(at("letters/dear.txt")).finish().unwrap_err();
    assert!(matches!(error, FileError::Target(TargetError::NotADirectory { .. })), "{error}");
    assert_eq!(names(directory.path()), ["letters"]);
    let wrong = plain.select([col("y")]).write_csv(at("x")).finish().unwrap();
    assert!(on_reference(&wrong).unwrap_err().to_string().contains("there is no column \"y\""));
}
