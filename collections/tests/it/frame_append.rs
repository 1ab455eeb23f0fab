//! Appending: new files beside those that are there, all or none, and only of the same columns.

use crate::frames::{assert_like, frames, in_order};
use crate::on_reference;
use crate::run;
use partita_collections::dataframe::polars::prelude::{
    self as pl, Categories, DataType, FrozenCategories, NamedFrom, Series, TimeUnit, TimeZone, df,
};
use partita_collections::dataframe::{DataFrame, FileError, col, lit, overwrite, read_parquet};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// All files below a directory, with their content.
fn content(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(content(&path)),
            false => drop(found.insert(path.clone(), std::fs::read(&path).unwrap())),
        }
    }
    found
}

fn append(frame: &pl::DataFrame, parts: usize, path: &Path) -> Vec<PathBuf> {
    let written = DataFrame::from_polars(frame.clone(), parts).write_parquet(path).append().finish().unwrap();
    run(&written).paths()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_are_appended_in_their_order((frame, _) in frames(), cuts in proptest::collection::vec((0..40usize, 1..5usize), 1..4)) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        let (mut start, mut files) = (0, 0);
        let mut cuts: Vec<(usize, usize)> = cuts.into_iter().map(|(at, parts)| (at.min(frame.height()), parts)).collect();
        cuts.push((frame.height(), 2));
        cuts.sort();
        for (end, parts) in cuts {
            let before = if path.exists() { content(&path) } else { BTreeMap::new() };
            let paths = append(&frame.slice(start as i64, end - start), parts, &path);
            let expected: Vec<PathBuf> = (files..files + parts).map(|part| path.join(format!("part.{part}.parquet"))).collect();
            prop_assert_eq!(&paths, &expected);
            let after = content(&path);
            prop_assert_eq!(after.len(), files + parts);
            prop_assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
            (start, files) = (end, files + parts);
        }
        let read = read_parquet(&path).finish().unwrap();
        prop_assert_eq!(read.npartitions(), files);
        assert_like(&run(&read), &frame, "all");
        prop_assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn rows_are_appended_to_directories_of_their_values((frame, parts) in frames(), at in 0..40usize) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        let at = at.min(frame.height());
        let halves = [frame.head(Some(at)), frame.slice(at as i64, frame.height() - at)];
        for half in &halves {
            let before = if path.exists() { content(&path) } else { BTreeMap::new() };
            let writer = DataFrame::from_polars(half.clone(), parts).write_parquet(&path).partition_by(["k", "b"]);
            prop_assert_eq!(run(&writer.append().finish().unwrap()).rows(), half.height());
            let after = content(&path);
            prop_assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
        }
        if frame.height() > 0 {
            let types = ["k", "b"].map(|name| (name.into(), frame.schema().get(name).unwrap().clone()));
            let read = read_parquet(&path).hive_types(types.into_iter().collect()).finish().unwrap();
            let order: Vec<_> = frame.get_column_names_owned().into_iter().map(col).collect();
            assert_like(&in_order(&run(&read.select(order))), &in_order(&frame), "all");
        }
    }
}

/// One row with a column of each type.
fn of_all_types() -> pl::DataFrame {
    let zone = TimeZone::opt_try_new(Some("Asia/Tokyo")).unwrap();
    let units = [TimeUnit::Milliseconds, TimeUnit::Microseconds, TimeUnit::Nanoseconds];
    let mut types = vec![
        DataType::Boolean,
        DataType::Int8,
        DataType::Int16,
        DataType::Int32,
        DataType::Int64,
        DataType::UInt8,
        DataType::UInt16,
        DataType::UInt32,
        DataType::UInt64,
        DataType::Float32,
        DataType::Float64,
        DataType::Date,
        DataType::Time,
    ];
    types.extend(units.map(|unit| DataType::Datetime(unit, None)));
    types.extend(units.map(|unit| DataType::Datetime(unit, zone.clone())));
    types.extend(units.map(DataType::Duration));
    let mut columns: Vec<pl::Column> = Vec::new();
    for dtype in types {
        columns.push(Series::new(format!("{dtype}").into(), [1i64]).cast(&dtype).unwrap().into());
    }
    let text = Series::new("text".into(), ["a"]);
    let known = DataType::from_frozen_categories(FrozenCategories::new(["b", "a"]).unwrap());
    let unknown = DataType::from_categories(Categories::global());
    columns.push(text.cast(&known).unwrap().with_name("enum".into()).into());
    columns.push(text.cast(&unknown).unwrap().with_name("categorical".into()).into());
    columns.push(text.cast(&DataType::Binary).unwrap().with_name("binary".into()).into());
    columns.push(Series::new_null("null".into(), 1).into());
    columns.push(Series::new("list".into(), [text.clone()]).into());
    columns.push(text.into());
    let frame = pl::DataFrame::new(1, columns).unwrap();
    let fields = frame.select(["text", "enum", "i8"]).unwrap().into_struct("struct".into());
    frame.hstack(&[pl::IntoSeries::into_series(fields).into()]).unwrap()
}

#[test]
fn every_type_is_the_same_when_it_is_appended() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    let frame = of_all_types();
    append(&frame, 1, &path);
    append(&frame, 1, &path);
    let read = run(&read_parquet(&path).finish().unwrap());
    assert_eq!(read.schema(), frame.schema());
    assert!(read.equals_missing(&frame.vstack(&frame).unwrap()), "{read}");
}

#[test]
fn numbers_go_on_from_the_highest() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    let frame = df!("x" => [1i64, 2]).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(append(&frame, 1, &path), [path.join("part.0.parquet")]);
    std::fs::rename(path.join("part.0.parquet"), path.join("part.41.parquet")).unwrap();
    std::fs::copy(path.join("part.41.parquet"), path.join("other-99.parquet")).unwrap();
    assert_eq!(append(&frame, 2, &path), [42, 43].map(|part| path.join(format!("part.{part}.parquet"))));
    let mine = DataFrame::from_polars(frame, 1).write_parquet(&path).append();
    let other = run(&mine.clone().name("other-*.parquet").finish().unwrap());
    assert_eq!(other.paths(), [path.join("other-100.parquet")]);
    // A plan that is computed twice appends twice.
    let lazy = mine.finish().unwrap();
    assert_eq!(run(&lazy).paths(), [path.join("part.44.parquet")]);
    assert_eq!(run(&lazy).paths(), [path.join("part.45.parquet")]);
    assert_eq!(read_parquet(&path).finish().unwrap().known_len(), Some(12));
}

#[test]
fn other_columns_are_refused_with_what_differs() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    append(&df!("x" => [1i64], "s" => ["a"]).unwrap(), 1, &path);
    let before = content(&path);
    for (frame, expected) in [
        (df!("x" => [1i32], "s" => ["a"]), "\"x\" is i64 there, and i32 in what is added"),
        (df!("x" => [1i64]), "\"s\" of type str is not in what is added"),
        (df!("x" => [1i64], "s" => ["a"], "y" => [1.5]), "\"y\" of type f64 is not there"),
        (df!("s" => ["a"], "x" => [1i64]), "their order is x, s there, and s, x in what is added"),
        (df!("X" => [1i64], "s" => ["a"]), "\"X\" of type i64 is not there; \"x\" of type i64 is not in what is added"),
    ] {
        let frame = DataFrame::from_polars(frame.unwrap(), 2);
        let error = frame.write_parquet(&path).append().finish().unwrap_err();
        assert!(matches!(&error, FileError::Unlike { path: found, .. } if *found == path.join("part.0.parquet")));
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.to_string().contains(&path.join("part.0.parquet").display().to_string()), "{error}");
    }
    let frame = DataFrame::from_polars(df!("x" => [1i64], "s" => ["a"], "k" => [3]).unwrap(), 2);
    for (by, expected) in [
        (&["k"][..], "its directories tell of no columns, and `partition_by` of k"),
        (&["x"], "\"k\" of type i32 is not there; \"x\" of type i64 is not in what is added"),
    ] {
        let error = frame.write_parquet(&path).partition_by(by).append().finish().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(content(&path), before);
    let hive = directory.path().join("hive");
    run(&frame.write_parquet(&hive).partition_by("k").append().finish().unwrap());
    let error = frame.drop("k").write_parquet(&hive).append().finish().unwrap_err().to_string();
    assert!(error.contains("its directories tell of k, and `partition_by` of no columns"), "{error}");
}

#[test]
fn places_where_nothing_can_be_appended_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let frame = DataFrame::from_polars(df!("x" => [1i64]).unwrap(), 1);
    std::fs::create_dir_all(at("letters")).unwrap();
    std::fs::write(at("letters/dear.txt"), "dear").unwrap();
    std::fs::create_dir_all(at("broken")).unwrap();
    std::fs::write(at("broken/part.0.parquet"), "no Parquet").unwrap();
    run(&frame.write_parquet(at("dask")).finish().unwrap());
    std::fs::write(at("dask/_metadata"), "PAR1").unwrap();
    let told = |target: partita_collections::dataframe::Target| {
        frame.write_parquet(target).append().finish().unwrap_err().to_string()
    };
    for (found, expected) in [
        (told(overwrite(at("dask"))), "`append` adds to files that are there, and `overwrite` replaces them"),
        (told(at("dask").into()), "_metadata` tells of the files that are there"),
        (told(at("letters").into()), "has a name that ends in .parquet"),
        (told(at("letters/dear.txt").into()), "is a file, and a directory is needed"),
        (told(at("broken").into()), "cannot be read as Parquet"),
        (told(at("no/such/x").into()), "there is no directory"),
    ] {
        assert!(found.contains(expected), "{found}");
    }
    let wrong = frame.select([col("y")]).write_parquet(at("letters")).append().finish().unwrap();
    assert!(on_reference(&wrong).unwrap_err().to_string().contains("there is no column \"y\""));
}

#[test]
fn what_fails_leaves_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    let frame = df!("x" => [1i64, 2, 3]).unwrap();
    append(&frame, 2, &path);
    let before = content(directory.path());
    let schema = frame.schema().clone();
    for bad in 0..3 {
        let make = move |part| if part == bad { Err("on purpose") } else { Ok(df!("x" => [7i64]).unwrap()) };
        let mine = DataFrame::from_map(3, schema.clone(), make);
        let error = on_reference(&mine.write_parquet(&path).append().finish().unwrap()).unwrap_err();
        assert!(error.to_string().contains("on purpose"), "{error}");
        assert_eq!(content(directory.path()), before);
    }
    // What is there may have become another between the making of the plan and its computation.
    let late = DataFrame::from_polars(frame, 2).write_parquet(&path).append().finish().unwrap();
    let texts = DataFrame::from_polars(df!("x" => ["a"]).unwrap(), 1);
    run(&texts.write_parquet(overwrite(&path)).finish().unwrap());
    let before = content(directory.path());
    let error = on_reference(&late).unwrap_err().to_string();
    assert!(error.contains("\"x\" is str there, and i64 in what is added"), "{error}");
    assert_eq!(content(directory.path()), before);
}

/// FAULTS D17.
#[test]
fn of_two_who_append_at_the_same_time_the_last_one_fails() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    let frame = df!("x" => [1i64]).unwrap();
    append(&frame, 1, &path);
    // While the second partition is made, another one appends.
    let (place, schema) = (path.clone(), frame.schema().clone());
    let make = move |part| {
        if part == 1 {
            append(&df!("x" => [10i64]).unwrap(), 2, &place);
        }
        df!("x" => [part as i64])
    };
    let mine = DataFrame::from_map(2, schema, make).filter(col("x").gt_eq(lit(0)));
    let error = on_reference(&mine.write_parquet(&path).append().finish().unwrap()).unwrap_err().to_string();
    assert!(error.contains("part.1.parquet` is there already"), "{error}");
    let read = read_parquet(&path).finish().unwrap();
    assert_eq!(run(&read), df!("x" => [1i64, 10]).unwrap());
    assert_eq!((read.npartitions(), content(directory.path()).len()), (3, 3));
}
