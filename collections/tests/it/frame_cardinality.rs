//! How groups are combined, by a tree or by hashes, is chosen by a look at some rows; the result is the same.

use crate::frames::{assert_like, in_order};
use partita_collections::bag;
use partita_collections::dataframe::polars::prelude::{self as pl, IntoLazy, SortMultipleOptions, df};
use partita_collections::dataframe::{
    DataFrame, Expr, JoinArgs, JoinType, col, len, lit, on_reference, read_csv, read_ipc, read_ndjson, read_parquet,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const ROWS: i64 = 200_000;
const PARTS: usize = 5;

/// `few` has 7 different values, `many` one for each row, `runs` one for two neighbours, `word` the texts of `few`.
fn rows() -> pl::DataFrame {
    let of = |value: &dyn Fn(i64) -> i64| (0..ROWS).map(value).collect::<Vec<_>>();
    let words: Vec<String> = (0..ROWS).map(|n| format!("w{}", n * 31 % 7)).collect();
    df!("few" => of(&|n| n * 31 % 7), "many" => of(&|n| n * 7919 % 1_000_003), "runs" => of(&|n| n / 2), "word" => words)
        .unwrap()
}

/// The dataframe of the rows, from memory and from files of all kinds.
fn sources(directory: &Path) -> Vec<(&'static str, DataFrame)> {
    let mine = DataFrame::from_polars(rows(), PARTS);
    let at = |name: &str| directory.join(name);
    bag::on_reference(&mine.write_csv(at("csv")).finish().unwrap()).unwrap();
    bag::on_reference(&mine.write_ndjson(at("ndjson")).finish().unwrap()).unwrap();
    bag::on_reference(&mine.write_parquet(at("parquet")).finish().unwrap()).unwrap();
    bag::on_reference(&mine.write_ipc(at("ipc")).finish().unwrap()).unwrap();
    vec![
        ("from_polars", mine),
        ("read_csv", read_csv(at("csv").join("*.csv")).block_size(600_000).finish().unwrap()),
        ("read_ndjson", read_ndjson(at("ndjson").join("*")).finish().unwrap()),
        ("read_parquet", read_parquet(at("parquet").join("*.parquet")).finish().unwrap()),
        ("read_ipc", read_ipc(at("ipc").join("*")).finish().unwrap()),
    ]
}

fn by(frame: &DataFrame, key: &str) -> DataFrame {
    frame.group_by([col(key)]).agg([len().alias("rows"), col("many").max().alias("max")])
}

/// Groups of `key` are combined by a tree, or else by hashes, and are what Polars makes.
#[track_caller]
fn chosen(what: &str, frame: &DataFrame, polars: pl::LazyFrame, key: &str, tree: bool) {
    let mine = by(frame, key);
    let told = mine.explain();
    let line = told.lines().find(|line| line.contains("groups")).unwrap_or(&told).to_string();
    assert_eq!(line.contains("combined by a tree"), tree, "{what}, {key}: {line}");
    assert_eq!(line.contains("by hashes"), !tree, "{what}, {key}: {line}");
    assert!(line.contains("; about "), "{what}, {key}: {line}");
    assert_eq!(mine.npartitions() == 1, tree, "{what}, {key}");
    let expected =
        polars.group_by([col(key)]).agg([len().alias("rows"), col("many").max().alias("max")]).collect().unwrap();
    assert_like(&in_order(&on_reference(&mine).unwrap()), &in_order(&expected), what);
}

#[test]
fn files_are_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    for (what, frame) in sources(directory.path()) {
        for (key, tree) in [("few", true), ("word", true), ("many", false), ("runs", false)] {
            // Estimates may be out by a half, which here would be too near to the bound: of lines of JSON, few are looked at.
            if (what, key) != ("read_ndjson", "runs") {
                chosen(what, &frame, rows().lazy(), key, tree);
            }
        }
    }
}

#[test]
fn rows_in_order_are_known_by_stretches_apart() {
    let directory = tempfile::tempdir().unwrap();
    let rows = 1_500_000i64;
    let sorted =
        df!("k" => (0..rows).map(|n| n / 15).collect::<Vec<_>>(), "many" => (0..rows).collect::<Vec<_>>()).unwrap();
    let mine = DataFrame::from_polars(sorted.clone(), 6);
    bag::on_reference(&mine.write_parquet(directory.path().join("x")).finish().unwrap()).unwrap();
    let read = read_parquet(directory.path().join("x/*")).finish().unwrap();
    chosen("in order", &read, sorted.lazy(), "k", false);
}

#[test]
fn steps_are_done_to_what_is_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let half = || col("few").lt(lit(3));
    let tenth = || (col("many") % lit(10)).alias("many");
    for (what, frame) in sources(directory.path()) {
        if !matches!(what, "read_csv" | "read_parquet" | "from_polars") {
            continue;
        }
        let filtered = frame.filter(half());
        chosen(what, &filtered, rows().lazy().filter(half()), "many", false);
        chosen(what, &filtered, rows().lazy().filter(half()), "few", true);
        let narrow = || vec![col("few"), (col("many") * lit(2)).alias("many")];
        chosen(what, &filtered.select(narrow()), rows().lazy().filter(half()).select(narrow()), "many", false);
        let made = frame.with_columns([tenth()]);
        chosen(what, &made, rows().lazy().with_columns([tenth()]), "many", true);
        let most = frame.filter(col("many").lt(lit(100)));
        chosen(what, &most, rows().lazy().filter(col("many").lt(lit(100))), "many", true);
    }
}

#[test]
fn rows_that_move_are_still_known() {
    let frame = DataFrame::from_polars(rows(), PARTS).filter(lit(true));
    for moved in [
        frame.shuffle("few", 3),
        frame.sort("word", SortMultipleOptions::default()),
        frame.repartition(4),
        frame.rename([("word", "text")]),
    ] {
        let polars = rows().lazy().rename(["word"], ["text"], false);
        chosen("moved", &moved, if moved.columns().contains(&"text") { polars } else { rows().lazy() }, "many", false);
    }
}

#[test]
fn many_steps_are_no_deep_plan() {
    let frame = DataFrame::from_polars(rows(), PARTS);
    let many = (0..100).fold(frame, |frame, _| frame.with_columns([(col("few") + lit(1)).alias("few")]));
    let polars = rows().lazy().with_columns([(col("few") + lit(100)).alias("few")]);
    chosen("steps", &many, polars.clone(), "few", true);
    chosen("steps", &many, polars, "many", false);
}

#[test]
fn what_is_not_known_is_a_tree() {
    let frame = DataFrame::from_polars(rows(), PARTS);
    let other = DataFrame::from_polars(df!("many" => [1i64, 2], "more" => [5i64, 6]).unwrap(), 2);
    let wide = frame.join(
        &frame.select([col("many"), col("few").alias("other")]),
        ["many"],
        ["many"],
        JoinArgs::new(JoinType::Inner),
    );
    let small = frame.join(&other, ["many"], ["many"], JoinArgs::new(JoinType::Left));
    for (what, frame, key) in [("hashed join", &wide, "many"), ("columns of another", &small, "more")] {
        let told = by(frame, key).explain();
        assert!(told.contains("; groups unknown, combined by a tree"), "{what}: {told}");
        assert_eq!(by(frame, key).npartitions(), 1, "{what}");
    }
    let told = frame.group_by([col("few")]).split_out(3).agg([len()]).explain();
    assert!(told.contains("; `split_out` was set, combined in 3 partitions by hashes"), "{told}");
}

#[test]
fn functions_of_users_are_not_called_by_a_look() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let function = move |column: pl::Column| {
        counted.fetch_add(1, Relaxed);
        Ok(column)
    };
    let own: Expr = col("many").map(function, |_, field| Ok(field.clone()));
    let frame = DataFrame::from_polars(rows(), PARTS).with_columns([own.alias("many")]);
    assert!(by(&frame, "many").explain().contains("groups unknown"));
    assert_eq!(calls.load(Relaxed), 0);
}

#[test]
fn rows_are_dropped_by_what_was_seen() {
    let directory = tempfile::tempdir().unwrap();
    let (_, frame) = sources(directory.path()).swap_remove(1);
    let some = frame.select([col("many")]);
    assert!(some.unique().npartitions() > 1, "{}", some.unique().explain());
    let expected = rows().select(["many"]).unwrap();
    assert_like(&in_order(&on_reference(&some.unique()).unwrap()), &in_order(&expected), "unique");
    assert_eq!(frame.select([col("few")]).unique().npartitions(), 1);
    assert_eq!(frame.group_by([col("few")]).head(1).npartitions(), 1);
}

#[test]
fn a_file_that_is_gone_is_no_error_of_the_look() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.csv");
    std::fs::write(
        &path,
        (0..50_000).map(|n| format!("{n},{n}\n")).fold("many,k\n".to_string(), |all, row| all + &row),
    )
    .unwrap();
    let frame = read_csv(&path).block_size(100_000).finish().unwrap();
    std::fs::remove_file(&path).unwrap();
    let grouped = by(&frame, "k");
    assert!(grouped.explain().contains("groups unknown"), "{}", grouped.explain());
    assert!(on_reference(&grouped).unwrap_err().to_string().contains("a.csv"));
}
