//! Dataframes that several others read keep the columns that any of them needs, and what is computed is the same.

use crate::frames::{assert_like, frames};
use crate::on_reference as all_on_reference;
use partita_collections::Collection;
use partita_collections::dataframe::polars::prelude::{self as pl, IntoLazy, df};
use partita_collections::dataframe::{DataFrame, col, len, lit, read_csv};
use proptest::prelude::*;
use proptest::sample::subsequence;

/// What is done with a dataframe, by us and by Polars.
type Way = (fn(&DataFrame) -> DataFrame, fn(pl::LazyFrame) -> pl::LazyFrame);

/// Steps that need some columns, all, or none.
const WAYS: [Way; 9] = [
    (|frame| frame.select([col("i").sum()]), |plan| plan.select([col("i").sum()])),
    (|frame| frame.select([len()]), |plan| plan.select([len()])),
    (
        |frame| frame.filter(col("b")).with_columns([(col("x") * lit(2)).alias("y")]).select([col("y"), col("k")]),
        |plan| plan.filter(col("b")).with_columns([(col("x") * lit(2)).alias("y")]).select([col("y"), col("k")]),
    ),
    (
        |frame| frame.drop(["x", "c", "d"]).filter(col("i").gt(lit(0))),
        |plan| plan.select([col("k"), col("i"), col("s"), col("b")]).filter(col("i").gt(lit(0))),
    ),
    (
        |frame| frame.rename([("s", "t")]).select([col("t"), col("d")]).drop_nulls_in("t"),
        |plan| plan.select([col("s").alias("t"), col("d")]).filter(col("t").is_not_null()),
    ),
    (
        |frame| frame.group_by([col("k")]).agg([col("i").max()]).sort("k", pl::SortMultipleOptions::default()),
        |plan| plan.group_by([col("k")]).agg([col("i").max()]).sort(["k"], pl::SortMultipleOptions::default()),
    ),
    (
        |frame| frame.filter(col("i").eq(lit(1))).select([len()]),
        |plan| plan.filter(col("i").eq(lit(1))).select([len()]),
    ),
    (|frame| frame.head(3).select([col("c")]), |plan| plan.slice(0, 3).select([col("c")])),
    (|frame| frame.clone(), |plan| plan),
];

/// A deep chain that needs one column.
fn deep(frame: &DataFrame) -> DataFrame {
    (0..40)
        .fold(frame.clone(), |frame, _| frame.with_columns([(col("i") + lit(1)).alias("i")]))
        .select([col("i").sum()])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn what_is_shared_has_what_its_readers_need((frame, parts) in frames(), ways in subsequence(WAYS.to_vec(), 2..5)) {
        // A step that is read by several is no part of their plans.
        let shared = DataFrame::from_polars(frame.clone(), parts).with_columns([(col("i") * lit(3)).alias("i")]);
        let made: Vec<DataFrame> = ways.iter().map(|(mine, _)| mine(&shared)).collect();
        let (deep_one, other) = (deep(&shared), made[0].clone());
        let mut found = vec![all_on_reference(&(other, deep_one.clone())).unwrap().1];
        let deeper = |plan: pl::LazyFrame| plan.select([(col("i") * lit(3) + lit(40)).sum()]);
        let mut expected = vec![deeper(frame.clone().lazy()).collect().unwrap()];
        for pair in made.windows(2) {
            let (first, second) = all_on_reference(&(pair[0].clone(), pair[1].clone())).unwrap();
            found.extend([first, second]);
        }
        let plan = || frame.clone().lazy().with_columns([(col("i") * lit(3)).alias("i")]);
        for pair in ways.windows(2) {
            expected.extend([(pair[0].1)(plan()).collect().unwrap(), (pair[1].1)(plan()).collect().unwrap()]);
        }
        for (found, expected) in found.iter().zip(&expected) {
            assert_like(found, expected, "of a shared dataframe");
        }
        prop_assert_eq!(found.len(), expected.len());
    }
}

#[test]
fn names_that_look_like_patterns_are_names() {
    let frame = df!("*" => [1, 2], "^a.*$" => [3, 4], "ab" => [5, 6], "" => [7, 8]).unwrap();
    let named = |name: &str| pl::Expr::Column(name.into());
    let shared = DataFrame::from_polars(frame.clone(), 2).filter(named("ab").gt(lit(0)));
    for names in [["*", "^a.*$"], ["^a.*$", ""], ["", "ab"]] {
        let [one, other] = names.map(|name| shared.select([named(name).sum()]));
        let found = all_on_reference(&(one, other)).unwrap();
        let [one, other] = names.map(|name| frame.clone().lazy().select([named(name).sum()]).collect().unwrap());
        assert_eq!(found, (one, other));
    }
}

#[test]
fn columns_that_nobody_needs_are_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.csv");
    std::fs::write(&path, format!("x,y,z\n{}1,2,no number\n", "1,2,3\n".repeat(100))).unwrap();
    let read = read_csv(&path).sample(60).finish().unwrap();
    let (x, y, z) = (read.select([col("x").sum()]), read.select([col("y").sum()]), read.select([col("z").sum()]));
    let both = all_on_reference(&(x.clone(), y.clone())).unwrap();
    assert_eq!(both, (df!("x" => [101i64]).unwrap(), df!("y" => [202i64]).unwrap()));
    let error = all_on_reference(&(x.clone(), z)).unwrap_err().to_string();
    assert!(error.contains("line 102, column \"z\": `no number` is no i64"), "{error}");
    // It is asked for itself.
    assert!(all_on_reference(&(x, y, read)).is_err());
}

#[test]
fn what_is_left_of_a_dataframe_goes_by_another_key() {
    let frame = DataFrame::from_polars(df!("x" => [1, 2], "y" => [3, 4], "z" => [5, 6]).unwrap(), 2);
    let shared = frame.filter(col("x").gt(lit(0)));
    let sums = |names: [&str; 2]| names.map(|name| shared.select([col(name).sum()]));
    let keys = |frames: &[DataFrame]| -> Vec<String> {
        let outputs = frames.iter().flat_map(|frame| frame.outputs()).collect();
        let graph = partita_graph::Graph::new(outputs).check().unwrap();
        let of_filter = graph.tasks().filter(|task| task.key.name().as_str() == "filter");
        of_filter.map(|task| task.key.to_string()).collect()
    };
    let (xy, xz, whole) = (keys(&sums(["x", "y"])), keys(&sums(["x", "z"])), keys(std::slice::from_ref(&shared)));
    assert_eq!((xy.len(), xz.len(), whole.len()), (2, 2, 2));
    assert_eq!(xy, keys(&sums(["y", "x"])));
    assert!(xy.iter().all(|key| !xz.contains(key) && !whole.contains(key)), "{xy:?} {xz:?} {whole:?}");
    // With a reader that needs all, the whole is kept.
    let [x, y] = sums(["x", "y"]);
    assert_eq!(keys(&[x, y, shared.clone()]), whole);
}
