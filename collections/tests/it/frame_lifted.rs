//! Aggregates and running values within expressions over partitions: how many rows and which names they make, and what is
//! refused instead of computed otherwise than by Polars.

use crate::frame_times::in_parts;
use partita_collections::dataframe::polars::prelude::{
    self as pl, Categories, DataType, FillNullStrategy, IntoLazy, RollingOptionsFixedWindow, df,
};
use partita_collections::dataframe::{DataFrame, Expr, as_struct, col, lit, on_reference};

fn frame() -> pl::DataFrame {
    df!(
        "i" => [Some(1i64), None, Some(3), None, Some(5)], "s" => ["1", "2", "x", "5", "y"],
        "b" => [Some(true), None, Some(false), Some(true), None]
    )
    .unwrap()
}

#[test]
fn rows_that_are_dropped_beside_an_aggregate_are_not_counted() {
    let whole = frame();
    for parts in 1..4 {
        for expr in [(col("i") - col("i").min()).drop_nulls(), (col("i") - col("i").max()).filter(col("b"))] {
            let expected = whole.clone().lazy().select([expr.clone()]).collect().unwrap();
            let found = DataFrame::from_polars(whole.clone(), parts).select([expr]);
            assert!(found.known_len().is_none_or(|rows| rows == expected.height()));
            assert_eq!(on_reference(&found).unwrap(), expected);
            assert_eq!(on_reference(&found.tail(1)).unwrap(), expected.tail(Some(1)));
            assert_eq!(on_reference(&found.slice(-1, 1)).unwrap(), expected.slice(-1, 1));
            let numbered = expected.with_row_index("n".into(), None).unwrap();
            let index = on_reference(&found.with_row_index("n")).unwrap();
            assert_eq!(index.column("n").unwrap().cast(&DataType::UInt64).unwrap(), {
                numbered.column("n").unwrap().cast(&DataType::UInt64).unwrap()
            });
        }
    }
}

#[test]
fn fields_of_aggregates_have_the_names_of_their_columns() {
    let whole = frame();
    let of_all = |expr: Expr| expr.alias("o");
    for parts in 1..4 {
        let mine = DataFrame::from_polars(whole.clone(), parts);
        for expr in [
            of_all(as_struct(vec![col("i").sum()])),
            of_all(as_struct(vec![col("i").sum(), col("s").max(), lit(1).alias("one")])),
            of_all(as_struct(vec![(col("i").sum() * lit(2)).alias("twice"), col("s").first()])),
        ] {
            let expected = whole.clone().lazy().select([expr.clone()]).collect().unwrap();
            let found = mine.select([expr.clone()]);
            assert_eq!(found.schema(), expected.schema(), "{expr}");
            assert_eq!(on_reference(&found).unwrap(), expected, "{expr}");
        }
        for expr in [
            of_all(as_struct(vec![col("i").max()])),
            of_all(as_struct(vec![col("i"), col("s").max()])),
            of_all(as_struct(vec![col("i"), col("s").max()]).struct_().field_by_name("s")),
        ] {
            let expected = whole.clone().lazy().with_columns([expr.clone()]).collect().unwrap();
            let found = mine.with_columns([expr.clone()]);
            assert_eq!(found.schema(), expected.schema(), "{expr}");
            assert_eq!(on_reference(&found).unwrap(), expected, "{expr}");
        }
    }
}

#[test]
fn what_polars_has_no_running_values_of_is_refused() {
    let mine = DataFrame::from_polars(frame(), 2);
    let category = || col("s").cast(DataType::from_categories(Categories::global()));
    for (expr, text) in [
        (col("s").cum_sum(false), "column \"s\" is of type str, and has to be a number, a boolean or a duration"),
        (col("s").cum_prod(true), "column \"s\" is of type str, and has to be a number, a boolean or a duration"),
        (category().cum_min(false), "depends on rows of other partitions"),
        (category().cum_max(true), "depends on rows of other partitions"),
        (col("b").fill_null_with_strategy(FillNullStrategy::Mean), "depends on rows of other partitions"),
    ] {
        let error = mine.select([expr]).check().unwrap_err();
        assert!(error.error.to_string().contains(text), "{error}");
        assert!(error.place.to_string().contains("frame_lifted.rs"), "{error}");
    }
    for expr in [col("b").cum_sum(false), col("i").cum_min(false), col("s").cum_count(true)] {
        let expected = frame().lazy().select([expr.clone()]).collect().unwrap();
        assert_eq!(on_reference(&mine.select([expr])).unwrap(), expected);
    }
}

#[test]
fn windows_over_partitions_without_rows_are_polars() {
    let whole = frame();
    let options = || RollingOptionsFixedWindow { window_size: 2, min_periods: 1, ..Default::default() };
    let float = || col("i").cast(DataType::Float64);
    let exprs = [float().rolling_skew(options()), float().rolling_mean(options()), col("i").cum_sum(false)];
    let exprs: Vec<Expr> = exprs.into_iter().enumerate().map(|(n, expr)| expr.alias(format!("{n}"))).collect();
    let expected = whole.clone().lazy().select(&exprs).collect().unwrap();
    for lengths in [vec![0, 2], vec![2, 0], vec![0, 0, 5], vec![5, 0]] {
        let found = in_parts(&whole, &lengths).select(&exprs);
        assert!(on_reference(&found).unwrap().equals_missing(&expected), "{lengths:?}");
    }
}
