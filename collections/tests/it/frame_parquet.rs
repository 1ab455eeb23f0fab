//! Reading Parquet: what is read is what was written, whatever is left out on the way.

use crate::frames::{assert_like, frames};
use crate::on_reference;
use partita_collections::dataframe::polars::prelude::{
    self as pl, DataType, IntoLazy, NamedFrom, ParquetWriter, Schema, Series, TimeUnit, df,
};
use partita_collections::dataframe::{DataFrame, Expr, FileError, FileFault, FrameFault, col, len, lit, read_parquet};
use partita_graph::{RunError, TaskErrorKind};
use proptest::prelude::*;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Files that other programs wrote; `make.py` beside them tells how.
fn given(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/frames").join(name)
}

fn write(frame: &pl::DataFrame, path: &Path, rows: usize) {
    let file = File::create(path).unwrap();
    ParquetWriter::new(file).with_row_group_size(Some(rows)).finish(&mut frame.clone()).unwrap();
}

/// Frames with columns whose values lie apart in neighbouring rows, so that row groups can be left out.
fn spread() -> impl Strategy<Value = (pl::DataFrame, usize)> {
    (frames(), 1..9usize).prop_map(|((frame, _), rows)| {
        let more = [
            (pl::as_struct(vec![col("i")]).is_not_null().cum_sum(false).cast(DataType::Int64)).alias("row"),
            (col("i") * lit(1_000_000_000_000i64)).cast(DataType::Datetime(TimeUnit::Microseconds, None)).alias("t"),
            (col("i") * lit(3_600_000_000_000i64)).cast(DataType::Duration(TimeUnit::Nanoseconds)).alias("dur"),
            col("i").cast(DataType::Int8).alias("i8"),
            (col("i") + lit(5)).cast(DataType::UInt16).alias("u16"),
            col("x").cast(DataType::Float32).alias("x32"),
        ];
        (frame.lazy().sort(["i"], Default::default()).with_columns(more).collect().unwrap(), rows)
    })
}

/// Conditions over the columns of [`spread`].
fn condition() -> impl Strategy<Value = Expr> {
    let float = prop_oneof![(-30..30i32).prop_map(|x| f64::from(x) / 2.0), Just(f64::NAN), Just(0.0), Just(-0.0)];
    let number = -6..8i64;
    let name = prop_oneof![Just("i"), Just("k"), Just("i8"), Just("row")];
    let left = prop_oneof![
        6 => (name, number.clone()).prop_map(|(name, value)| (col(name), lit(value))),
        2 => (0..12u16).prop_map(|value| (col("u16"), lit(value))),
        4 => (prop_oneof![Just("x"), Just("x32")], float).prop_map(|(name, value)| (col(name), lit(value))),
        2 => "[ab]?".prop_map(|text| (col("s"), lit(text))),
        1 => "[ab]?".prop_map(|text| (col("c"), lit(text))),
        2 => (0..20i32).prop_map(|day| (col("d"), lit(day).cast(DataType::Date))),
        2 => number.clone().prop_map(|time| {
            (col("t"), lit(time * 1_000_000_000_000).cast(DataType::Datetime(TimeUnit::Microseconds, None)))
        }),
        1 => number.prop_map(|time| {
            (col("dur"), lit(time * 3_600_000_000_000).cast(DataType::Duration(TimeUnit::Nanoseconds)))
        }),
        1 => any::<bool>().prop_map(|truth| (col("b"), lit(truth))),
    ];
    let between = (-6..8i64, -6..8i64, prop_oneof![Just("i"), Just("k"), Just("row")], 0..4usize);
    let between = between.prop_map(|(low, high, name, closed)| {
        use pl::ClosedInterval::{Both, Left, None, Right};
        col(name).is_between(lit(low), lit(high), [Both, Left, Right, None][closed])
    });
    let leaf = (left, 0..9u8, any::<bool>()).prop_map(|((column, value), op, turned)| {
        let (a, b) = if turned { (value, column.clone()) } else { (column.clone(), value) };
        match op {
            0 => a.eq(b),
            1 => a.neq(b),
            2 => a.lt(b),
            3 => a.lt_eq(b),
            4 => a.gt(b),
            5 => a.gt_eq(b),
            6 => a.eq_missing(b),
            7 => column.is_null(),
            _ => column.is_not_null(),
        }
    });
    prop_oneof![8 => leaf, 1 => between].prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.and(b)),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.or(b)),
            inner.prop_map(|a| a.not()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn conditions_and_choices_of_columns_change_nothing(
        (frame, rows) in spread(),
        conditions in prop::collection::vec(condition(), 8),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.parquet");
        write(&frame, &path, rows);
        let read = read_parquet(&path).split_row_groups(100).finish().unwrap();
        prop_assert_eq!(read.known_len(), Some(frame.height()));
        assert_like(&on_reference(&read).unwrap(), &frame, "all");
        for condition in conditions {
            let what = format!("{condition}");
            let some = [col("s"), col("row"), col("x")];
            let expected = frame.clone().lazy().filter(condition.clone()).select(&some).collect().unwrap();
            let found = read.filter(condition);
            assert_like(&on_reference(&found.select(&some)).unwrap(), &expected, &what);
            if expected.height() % 4 == 1 {
                let count = on_reference(&found.select([len()])).unwrap();
                prop_assert_eq!(count, df!("len" => [expected.height() as u32]).unwrap());
            }
        }
    }

    #[test]
    fn first_rows_are_the_first_rows((frame, rows) in spread(), n in 0..50usize, groups in 1..4usize) {
        let directory = tempfile::tempdir().unwrap();
        let cut = frame.height() / 2;
        write(&frame.slice(0, cut), &directory.path().join("0.parquet"), rows);
        write(&frame.slice(cut as i64, usize::MAX), &directory.path().join("1.parquet"), rows);
        for reader in [
            read_parquet(directory.path()).split_row_groups(groups),
            read_parquet(directory.path()).files_per_partition(groups),
            read_parquet(directory.path()).block_size(200),
        ] {
            let read = reader.n_rows(n).columns(["x", "s"]).finish().unwrap();
            prop_assert_eq!(read.known_len(), Some(n.min(frame.height())));
            let expected = frame.slice(0, n).select(["x", "s"]).unwrap();
            assert_like(&on_reference(&read).unwrap(), &expected, "first rows");
        }
    }
}

#[test]
fn only_what_is_needed_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.parquet");
    let frame = df!("x" => (0..100i64).collect::<Vec<_>>(), "y" => (0..100i64).collect::<Vec<_>>()).unwrap();
    write(&frame, &path, 10);
    let read = read_parquet(&path).finish().unwrap();
    // The last row group of `x`, and all of `y`, become nonsense.
    let whole = std::fs::read(&path).unwrap();
    let metadata = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut broken = whole.clone();
    let footer = u32::from_le_bytes(whole[whole.len() - 8..whole.len() - 4].try_into().unwrap()) as usize;
    let data = whole.len() - 8 - footer;
    broken[data / 2..data].fill(0xaa);
    std::fs::write(&path, &broken).unwrap();
    File::options().write(true).open(&path).unwrap().set_modified(metadata).unwrap();
    let some = on_reference(&read.filter(col("x").lt(lit(10))).select([col("x")])).unwrap();
    assert_eq!(some, df!("x" => (0..10i64).collect::<Vec<_>>()).unwrap());
    let error = on_reference(&read).unwrap_err();
    assert!(matches!(fault(&error), FileFault::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("x.parquet` is damaged and cannot be read as Parquet"), "{error}");
}

/// The fault that is the source of an error.
fn fault(error: &RunError) -> FileFault {
    let RunError::Task(task) = error else { panic!("{error}") };
    let TaskErrorKind::Failed(source) = task.kind() else { panic!("{error}") };
    match source.downcast_ref::<FrameFault>() {
        Some(FrameFault::File { fault, .. }) => fault.clone(),
        other => panic!("{other:?}"),
    }
}

/// FAULTS D9.
#[test]
fn files_that_change_or_vanish_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.parquet");
    write(&df!("x" => [1i64, 2]).unwrap(), &path, 10);
    let read = read_parquet(&path).finish().unwrap();
    write(&df!("x" => [1i64, 2, 3]).unwrap(), &path, 10);
    assert!(matches!(fault(&on_reference(&read).unwrap_err()), FileFault::Changed { .. }));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(fault(&on_reference(&read).unwrap_err()), FileFault::Vanished { .. }));
}

/// FAULTS G11.
#[test]
fn what_cannot_be_read_is_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    std::fs::write(at("text.parquet"), "no Parquet file at all").unwrap();
    write(&df!("x" => [1i64], "y" => ["a"]).unwrap(), &at("a.parquet"), 10);
    write(&df!("x" => [1.5], "z" => ["a"]).unwrap(), &at("b.parquet"), 10);
    let mut short = std::fs::read(at("a.parquet")).unwrap();
    short.drain(4..short.len() / 4);
    std::fs::write(at("short.parquet"), short).unwrap();
    std::fs::create_dir(at("empty")).unwrap();
    let told = |paths: Vec<PathBuf>| read_parquet(paths).finish().unwrap_err().to_string();
    for (paths, text) in [
        (vec![at("text.parquet")], "text.parquet` cannot be read as Parquet"),
        (vec![at("short.parquet")], "short.parquet` cannot be read as Parquet"),
        (vec![at("nothing.parquet")], "there is no file"),
        (vec![at("n*.parquet")], "no file matches"),
        (vec![at("empty")], "has a name that ends in .parquet or .parq or .pq"),
        (vec![], "no path was given"),
        (vec![at("a.parquet"), at("b.parquet")], "b.parquet` has other columns than `"),
        (vec![at("a.parquet"), at("b.parquet")], "\"x\" is f64 instead of i64, \"z\" is there, \"y\" is not there"),
    ] {
        let found = told(paths.clone());
        assert!(found.contains(text), "{paths:?}: {found}");
    }
    let error = read_parquet(at("a.parquet")).columns("xx").finish().unwrap_err();
    let twice = read_parquet(at("a.parquet")).columns(["x", "y", "x"]).finish().unwrap_err();
    assert!(twice.to_string().contains("names \"x\" twice"), "{twice}");
    assert!(matches!(error, FileError::Frame(_)) && error.to_string().contains("did you mean \"x\"?"), "{error}");
}

/// FAULTS D15.
#[test]
fn damage_is_an_error_or_not_seen_and_never_a_panic() {
    let directory = tempfile::tempdir().unwrap();
    let whole = std::fs::read(given("groups.parquet")).unwrap();
    let path = directory.path().join("x.parquet");
    for at in (0..whole.len()).step_by(211) {
        let mut bytes = whole.clone();
        bytes[at] ^= [0x55, 0xff, 0x80][at % 3];
        std::fs::write(&path, &bytes).unwrap();
        match read_parquet(&path).finish() {
            Ok(read) => {
                let found = on_reference(&read.filter(col("id").gt(lit(15))));
                if let Err(error) = found {
                    assert!(matches!(fault(&error), FileFault::Corrupt { .. }), "byte {at}: {error}");
                }
            }
            Err(FileError::Format { .. } | FileError::Frame(_)) => {}
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
}

#[test]
fn columns_that_a_file_has_not_are_null_if_wanted() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    write(&df!("x" => [1i64], "y" => ["a"]).unwrap(), &at("a.parquet"), 10);
    write(&df!("z" => [0.5], "x" => [2i64]).unwrap(), &at("b.parquet"), 10);
    let read = read_parquet(directory.path()).fill_missing(true).finish().unwrap();
    let expected = df!("x" => [1i64, 2], "y" => [Some("a"), None], "z" => [None, Some(0.5)]).unwrap();
    assert_eq!(on_reference(&read).unwrap(), expected);
    let found = on_reference(&read.filter(col("y").is_null())).unwrap();
    assert_eq!(found, expected.slice(1, 1));
    let shared = on_reference(&read_parquet(directory.path()).columns("x").finish().unwrap()).unwrap();
    assert_eq!(shared, df!("x" => [1i64, 2]).unwrap());
}

#[test]
fn files_of_other_programs_are_read() {
    let read = read_parquet(given("groups.parquet")).split_row_groups(1).finish().unwrap();
    assert_eq!((read.npartitions(), read.known_len()), (4, Some(40)));
    let all = on_reference(&read).unwrap();
    let types: Vec<String> = all.columns().iter().map(|column| column.dtype().to_string()).collect();
    assert_eq!(
        types,
        ["i64", "i8", "u32", "f64", "str", "cat", "bool", "date", "datetime[μs]", "datetime[ms, UTC]", "list[i64]"]
    );
    assert_eq!(all.column("id").unwrap(), &Series::new("id".into(), (0..40i64).collect::<Vec<_>>()).into());
    assert_eq!(all.column("small").unwrap().null_count(), 6);
    for condition in [
        col("id").gt(lit(25)),
        col("small").eq(lit(3)).and(col("id").lt(lit(12))),
        col("x").gt(lit(9.0)),
        col("name").eq(lit("name 2")),
        col("kind").eq(lit("blue")),
        col("day").lt(lit(18_330).cast(DataType::Date)),
        col("count").eq(lit(20)),
        col("list").list().len().eq(lit(2)),
    ] {
        let expected = all.clone().lazy().filter(condition.clone()).collect().unwrap();
        assert_like(&on_reference(&read.filter(condition.clone())).unwrap(), &expected, &format!("{condition}"));
    }
    let old = read_parquet(given("int96.parquet")).finish().unwrap();
    let at = old.filter(col("at").gt(lit(0i64).cast(DataType::Datetime(TimeUnit::Nanoseconds, None))));
    assert_eq!(on_reference(&at).unwrap().height(), 4);
}

#[test]
fn columns_of_types_that_frames_have_not_are_told() {
    let error = read_parquet(given("decimal.parquet")).finish().unwrap_err();
    assert!(matches!(error, FileError::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains("has column \"price\" of Arrow's type Decimal"), "{error}");
    let read = read_parquet(given("decimal.parquet")).columns("id").finish().unwrap();
    assert_eq!(on_reference(&read).unwrap(), df!("id" => [1i64, 2]).unwrap());
}

#[test]
fn hive_folders_are_columns_that_files_are_left_out_by() {
    let read = read_parquet(given("hive")).finish().unwrap();
    assert_eq!(read.columns(), ["km", "year", "brand"]);
    let all = on_reference(&read).unwrap();
    let found = all.sort(["km"], Default::default()).unwrap();
    let expected = df!(
        "km" => [1i64, 2, 3, 4], "year" => [2013i64, 2013, 2014, 2014],
        "brand" => [Some("a/b"), None, Some("a/b"), Some("c")]
    );
    assert_eq!(found, expected.unwrap());
    let late = on_reference(&read.filter(col("year").eq(lit(2014))).select([col("km")])).unwrap();
    assert_eq!(late, df!("km" => [3i64, 4]).unwrap());
    let pattern = read_parquet(given("hive/year=2013/*")).finish().unwrap();
    assert_eq!(pattern.columns(), ["km", "brand"]);
    let plain = read_parquet(given("hive")).hive(false).finish().unwrap();
    assert_eq!(plain.columns(), ["km"]);
    let types = Schema::from_iter([("year".into(), DataType::String)]);
    let texts = read_parquet(given("hive")).hive_types(types).finish().unwrap();
    assert_eq!(texts.schema().get("year"), Some(&DataType::String));
    assert_eq!(on_reference(&texts.select([col("year").first()])).unwrap(), df!("year" => ["2013"]).unwrap());
}

#[test]
fn files_left_out_by_their_folders_are_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let frame = df!("x" => [1i64, 2], "k" => ["a", "b"]).unwrap();
    let path = directory.path().join("x");
    on_reference(&DataFrame::from_polars(frame, 1).write_parquet(&path).partition_by("k").finish().unwrap()).unwrap();
    let read = read_parquet(&path).finish().unwrap();
    std::fs::remove_file(path.join("k=b/part.0.parquet")).unwrap();
    assert_eq!(on_reference(&read.filter(col("k").eq(lit("a")))).unwrap(), df!("x" => [1i64], "k" => ["a"]).unwrap());
    assert!(on_reference(&read).is_err());
}

#[test]
fn equal_files_read_alike_are_the_same_dataframe() {
    let read = || read_parquet(given("groups.parquet")).finish().unwrap();
    assert_eq!(read().node().key, read().node().key);
    let other = read_parquet(given("groups.parquet")).split_row_groups(1).finish().unwrap();
    assert_ne!(read().node().key, other.node().key);
}
