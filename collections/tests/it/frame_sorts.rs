//! Sorted dataframes against sorted frames of Polars: sorts, tops, divisions and partitions chosen by them.

use crate::frames::{assert_like, frames};
use partita_collections::Collection;
use partita_collections::dataframe::polars::prelude::{self as pl, IntoLazy, NamedFrom, Series, SortMultipleOptions};
use partita_collections::dataframe::{DataFrame, col, lit, on_reference, read_csv};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// All columns that frames are sorted by.
const COLUMNS: [&str; 7] = ["k", "i", "x", "s", "b", "d", "c"];

fn orders() -> impl Strategy<Value = (Vec<&'static str>, Vec<bool>, Vec<bool>)> {
    proptest::sample::subsequence(COLUMNS.to_vec(), 1..4).prop_shuffle().prop_flat_map(|by| {
        let flags = || proptest::collection::vec(any::<bool>(), by.len());
        (Just(by.clone()), flags(), flags())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn sorts_are_polars((frame, parts) in frames(), (by, descending, nulls_last) in orders()) {
        let options = SortMultipleOptions { descending, nulls_last, ..SortMultipleOptions::default() };
        let mine = DataFrame::from_polars(frame.clone(), parts).sort(&by, options.clone());
        prop_assert_eq!(mine.npartitions(), parts);
        let expected = frame.sort(by, options.with_maintain_order(true)).unwrap();
        assert_like(&on_reference(&mine).unwrap(), &expected, "sort");
    }

    #[test]
    fn tops_are_the_first_rows_of_sorts((frame, parts) in frames(), (by, descending, _) in orders(), n in 0..50usize) {
        let options = SortMultipleOptions { descending: descending.clone(), ..SortMultipleOptions::default() };
        let options = options.with_nulls_last(true).with_maintain_order(true);
        let mine = DataFrame::from_polars(frame.clone(), parts).split_every(2);
        let expected = frame.sort(by.clone(), options.clone()).unwrap().head(Some(n));
        let top = mine.top_k(n, &by, descending);
        prop_assert_eq!(top.known_len(), Some(expected.height()));
        assert_like(&on_reference(&top).unwrap(), &expected, "top_k");
        let expected = frame.sort(by.clone(), options.clone().with_order_descending(true)).unwrap().head(Some(n));
        assert_like(&on_reference(&mine.nlargest(n, &by)).unwrap(), &expected, "nlargest");
        let expected = frame.sort(by.clone(), options.with_order_descending(false)).unwrap().head(Some(n));
        assert_like(&on_reference(&mine.nsmallest(n, &by)).unwrap(), &expected, "nsmallest");
    }

    #[test]
    fn indices_keep_values_together((frame, parts) in frames(), column in proptest::sample::select(COLUMNS.to_vec())) {
        let mine = DataFrame::from_polars(frame.clone(), parts).set_index(column);
        let options = SortMultipleOptions::default().with_nulls_last(true).with_maintain_order(true);
        assert_like(&on_reference(&mine).unwrap(), &frame.sort([column], options).unwrap(), "set_index");
        let mut seen = std::collections::HashMap::new();
        for part in 0..parts {
            let found = on_reference(&mine.get_partition(part)).unwrap();
            for value in found.column(column).unwrap().as_materialized_series().iter() {
                let first = *seen.entry(value.to_string()).or_insert(part);
                prop_assert_eq!(first, part, "{} is in two partitions", value);
            }
        }
    }

    #[test]
    fn divided_rows_are_found((frame, parts) in frames(), mut bounds in proptest::collection::vec(-6..8i64, 1..5)) {
        bounds.extend([-5, 5]);
        bounds.sort_unstable();
        let series = Series::new("i".into(), bounds.iter().map(|&bound| bound as i32).collect::<Vec<_>>());
        let mine = DataFrame::from_polars(frame.clone(), parts).set_index_with_divisions("i", series);
        prop_assert_eq!(mine.npartitions(), bounds.len() - 1);
        let options = SortMultipleOptions::default().with_nulls_last(true).with_maintain_order(true);
        let sorted = frame.sort(["i"], options).unwrap();
        assert_like(&on_reference(&mine).unwrap(), &sorted, "all");
        for (part, pair) in bounds.windows(2).enumerate() {
            let found = on_reference(&mine.get_partition(part)).unwrap();
            let is_last = part + 2 == bounds.len();
            let inside = |i: i64| i >= pair[0] && (i < pair[1] || (is_last && i == pair[1]));
            prop_assert!(found.column("i").unwrap().i64().unwrap().iter().all(|i| i.is_none_or(inside)), "{}", found);
        }
        for (start, end) in [(-3, 2), (3, -3), (50, 60)] {
            let condition = col("i").gt_eq(lit(start)).and(col("i").lt_eq(lit(end)));
            let expected = sorted.clone().lazy().filter(condition).collect().unwrap();
            let some = mine.loc("i", start..=end);
            assert_like(&on_reference(&some).unwrap(), &expected, "loc");
            assert_like(&on_reference(&mine.clear_divisions().loc("i", start..=end)).unwrap(), &expected, "loc of any");
            let expected = sorted.clone().lazy().filter(col("i").lt(lit(end))).collect().unwrap();
            assert_like(&on_reference(&mine.loc("i", ..end)).unwrap(), &expected, "loc up to");
            let expected = sorted.clone().lazy().filter(col("i").gt_eq(lit(start))).collect().unwrap();
            assert_like(&on_reference(&mine.loc("i", start..)).unwrap(), &expected, "loc from");
        }
    }

    #[test]
    fn computed_divisions_divide((frame, parts) in frames(), column in proptest::sample::select(vec!["i", "x", "s", "d"])) {
        let values = frame.clone().lazy().filter(col(column).is_not_null()).collect().unwrap();
        let mine = DataFrame::from_polars(values, parts.min(3)).set_index(column);
        match on_reference(&mine.compute_divisions(column)) {
            Err(error) => prop_assert!(error.to_string().contains("no values"), "{}", error),
            Ok(bounds) if bounds.height() == 0 => {}
            Ok(bounds) => {
                let bounds = bounds.column(column).unwrap().as_materialized_series().clone();
                prop_assert_eq!(bounds.len(), mine.npartitions() + 1);
                let divided = mine.with_divisions(column, bounds);
                assert_like(&on_reference(&divided).unwrap(), &on_reference(&mine).unwrap(), "divided");
            }
        }
    }
}

#[test]
fn the_ten_dearest_keep_the_order_of_the_file() {
    let prices = [1, 5, 5, 2, 5, 3, 5, 4, 5, 0];
    let frame = polars::df!("row" => (0..10i64).collect::<Vec<_>>(), "price" => prices).unwrap();
    let top = on_reference(&DataFrame::from_polars(frame, 4).nlargest(4, "price")).unwrap();
    assert_eq!(top, polars::df!("row" => [1i64, 2, 4, 6], "price" => [5; 4]).unwrap());
}

/// FAULTS D18.
#[test]
fn a_key_that_most_rows_have_is_spread() {
    let keys: Vec<i64> = (0..20_000).map(|row| if row % 100 == 0 { row } else { 7 }).collect();
    let frame = polars::df!("k" => keys, "row" => (0..20_000i64).collect::<Vec<_>>()).unwrap();
    let mine = DataFrame::from_polars(frame.clone(), 8);
    let sorted = mine.sort("k", SortMultipleOptions::default());
    let expected = frame.sort(["k"], SortMultipleOptions::default().with_maintain_order(true)).unwrap();
    assert_eq!(on_reference(&sorted).unwrap(), expected);
    for part in 0..8 {
        let height = on_reference(&sorted.get_partition(part)).unwrap().height();
        assert!((1500..4000).contains(&height), "partition {part} has {height} rows");
    }
    assert_eq!(on_reference(&mine.set_index("k")).unwrap(), expected);
}

#[test]
fn partitions_of_other_sizes_and_none_are_sorted() {
    let schema = polars::df!("x" => [0i64]).unwrap().schema().clone();
    let sizes = [0usize, 5000, 0, 3, 100, 0];
    let frame = DataFrame::from_map(6, schema, move |part| -> Result<pl::DataFrame, pl::PolarsError> {
        polars::df!("x" => (0..sizes[part] as i64).map(|x| x * 7919 % 5003).collect::<Vec<_>>())
    });
    let expected = on_reference(&frame).unwrap().sort(["x"], SortMultipleOptions::default()).unwrap();
    let sorted = frame.sort("x", SortMultipleOptions::default());
    assert_eq!(on_reference(&sorted).unwrap(), expected);
    for part in 0..6 {
        let height = on_reference(&sorted.get_partition(part)).unwrap().height();
        assert!((600..1200).contains(&height), "partition {part} has {height} rows");
    }
}

#[test]
fn wrong_sorts_say_what_is_wrong() {
    let frame = DataFrame::from_polars(polars::df!("x" => [1i64, 2], "s" => ["a", "b"]).unwrap(), 2);
    let bounds = |bounds: &[i64]| Series::new("x".into(), bounds);
    for (wrong, text) in [
        (frame.nlargest(1, "y"), "`nlargest`: there is no column \"y\""),
        (
            frame.top_k(1, ["x", "s"], [true, false, true]),
            "`top_k`: `descending` is [true, false, true], and has to be",
        ),
        (frame.sort(Vec::<String>::new(), SortMultipleOptions::default()), "`sort`: `by` is no column"),
        (frame.set_index("X"), "`set_index`: there is no column \"X\"; did you mean \"x\""),
        (frame.set_index_with_divisions("x", bounds(&[1])), "`set_index_with_divisions`: `bounds` is"),
        (frame.set_index_with_divisions("x", bounds(&[2, 1])), "`set_index_with_divisions`: `bounds` is"),
        (
            frame.set_index_with_divisions("s", bounds(&[1, 2])),
            "`set_index_with_divisions`: column \"s\" is of type str",
        ),
        (frame.with_divisions("x", bounds(&[1, 2])), "`with_divisions`: the number of `bounds` is 2 for 2 partitions"),
        (frame.get_partition(2), "`get_partition`: the range is 2..3 of 2 partitions, and has to be"),
        (frame.partitions(1..1), "`partitions`: the range is 1..1 of 2 partitions"),
        (frame.loc("x", "a".."b"), "`loc`: "),
        (frame.shuffle("y", 2), "`shuffle`: there is no column \"y\""),
    ] {
        let found = wrong.check().unwrap_err();
        assert!(found.error.to_string().starts_with(text), "{found} for {text}");
        assert!(found.place.to_string().contains("frame_sorts.rs"), "{found}");
    }
}

/// FAULTS T27.
#[test]
fn nan_belong_to_the_last_partition() {
    let (nan, bounds) = (f64::NAN, |bounds: &[f64]| Series::new("x".into(), bounds));
    let frame = DataFrame::from_polars(polars::df!("x" => [Some(nan), Some(1.0), None, Some(3.0)]).unwrap(), 2);
    let divided = frame.set_index_with_divisions("x", bounds(&[0.0, 2.0, 4.0]));
    let last = polars::df!("x" => [Some(3.0), Some(nan), None]).unwrap();
    assert!(on_reference(&divided.get_partition(1)).unwrap().equals_missing(&last));
    assert_eq!(on_reference(&divided.loc("x", 2.0..)).unwrap().height(), 2);
    assert_eq!(on_reference(&divided.loc("x", ..=2.0)).unwrap(), polars::df!("x" => [1.0]).unwrap());
    let error = on_reference(&frame.with_divisions("x", bounds(&[0.0, 2.0, 4.0]))).unwrap_err().to_string();
    assert!(error.contains("in partition 0: column \"x\" has NaN"), "{error}");
}

#[test]
fn rows_out_of_bounds_are_refused() {
    let frame = DataFrame::from_polars(polars::df!("x" => [1i64, 20, 3, 4]).unwrap(), 2);
    let bounds = |bounds: &[i64]| Series::new("x".into(), bounds);
    for (wrong, text) in [
        (
            frame.set_index_with_divisions("x", bounds(&[0, 5, 10])),
            "column \"x\" has 20, and has to be between 0 and 10",
        ),
        (frame.set_index_with_divisions("x", bounds(&[2, 50])), "column \"x\" has 1, and has to be between 2 and 50"),
        (frame.with_divisions("x", bounds(&[1, 10, 20])), "column \"x\" has 20, and has to be between 1 and 10"),
        (frame.compute_divisions("x"), "in partition 1: column \"x\" has 3, and has to be above 20"),
    ] {
        let found = on_reference(&wrong).unwrap_err().to_string();
        assert!(found.contains(text), "{found}");
    }
}

#[test]
fn a_partition_s_own_top_is_one_task_with_what_is_below_it() {
    let schema = polars::df!("x" => [0i64]).unwrap().schema().clone();
    let frame = DataFrame::from_map(6, schema, |part| polars::df!("x" => [part as i64, 3, 3]));
    let top = frame.filter(col("x").gt(lit(1))).with_columns([(col("x") * lit(2)).alias("y")]).nlargest(2, "y");
    assert_eq!(top.graph().check().unwrap().len(), 6 + 1);
    assert_eq!(on_reference(&top).unwrap(), polars::df!("x" => [5i64, 4], "y" => [10i64, 8]).unwrap());
    assert_eq!(frame.get_partition(2).filter(col("x").gt(lit(1))).graph().check().unwrap().len(), 1);
    let same = frame.nlargest(2, "x");
    assert_eq!(same.node().key, frame.nlargest(2, "x").node().key);
    assert_ne!(same.node().key, frame.nlargest(3, "x").node().key);
    assert_ne!(same.node().key, frame.nsmallest(2, "x").node().key);
}

#[test]
fn files_are_read_again_rather_than_held_and_functions_are_called_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.csv");
    let rows: Vec<i64> = (0..1000).map(|row| row * 7919 % 1000).collect();
    std::fs::write(&path, rows.iter().map(|x| format!("{x},{}\n", x % 3)).fold("x,y\n".to_string(), |a, b| a + &b))
        .unwrap();
    let read = read_csv(&path).block_size(1000).newlines_in_values(false).finish().unwrap();
    let some = read.with_columns([(col("x") * lit(2)).alias("z")]).filter(col("y").neq(lit(1)));
    let names = |frame: &DataFrame| -> Vec<String> {
        let graph = frame.graph().check().unwrap();
        graph.tasks().map(|task| task.key.name().to_string()).collect()
    };
    let expected: Vec<i64> = (0..1000).filter(|x| x % 3 != 1).map(|x| 2 * x).collect();
    let sorted = some.sort("z", SortMultipleOptions::default());
    let z = |frame: &pl::DataFrame| frame.column("z").unwrap().i64().unwrap().into_no_null_iter().collect::<Vec<_>>();
    assert_eq!(z(&on_reference(&sorted).unwrap()), expected);
    // Nothing is read but in the tasks that look at some rows, and those that move all.
    let parts = read.npartitions();
    let found = names(&sorted);
    assert!(!found.iter().any(|name| ["read_csv", "with_columns", "filter"].contains(&name.as_str())), "{found:?}");
    assert_eq!(found.iter().filter(|name| *name == "sample").count(), parts);
    assert_eq!(found.len(), 4 * parts + 1);

    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let called = some.map_partitions(move |part: pl::DataFrame| {
        counted.fetch_add(usize::from(part.height() > 0), Ordering::Relaxed);
        Ok::<_, pl::PolarsError>(part)
    });
    calls.store(0, Ordering::Relaxed);
    let sorted = called.filter(col("z").gt_eq(lit(0))).sort("z", SortMultipleOptions::default());
    assert_eq!(z(&on_reference(&sorted).unwrap()), expected);
    assert_eq!(calls.load(Ordering::Relaxed), parts);
}
