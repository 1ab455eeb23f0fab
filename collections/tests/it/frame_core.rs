//! Dataframes over partitions against Polars over the whole frame: steps, and aggregates of all rows.

use crate::frames::{assert_like, frames};
use partita_collections::dataframe::polars::prelude::{self as pl, DataType, FillNullStrategy, IntoLazy, NULL};
use partita_collections::dataframe::{DataFrame, Expr, col, len, lit, on_reference, when};
use proptest::prelude::*;

/// Expressions of `select` that make one row.
fn aggregates() -> Vec<Expr> {
    let x = || col("x");
    vec![
        x().sum(),
        x().mean().alias("mean"),
        x().min().alias("min"),
        x().max().alias("max"),
        x().count().alias("count"),
        len().alias("len"),
        x().std(1).alias("std"),
        x().var(0).alias("var"),
        col("i").var(1).alias("ivar"),
        col("i").sum().alias("isum"),
        col("i").mean().alias("imean"),
        col("i").product().alias("iprod"),
        x().first().alias("first"),
        x().last().alias("last"),
        col("s").filter(x().gt(lit(0.0))).first().alias("first of some"),
        col("i").filter(x().gt(lit(0.0))).sum().alias("sum of some"),
        x().null_count().alias("nulls"),
        col("b").any(true).alias("any"),
        col("b").all(false).alias("all"),
        col("b").sum().alias("trues"),
        col("b").mean().alias("share"),
        x().median().alias("median"),
        col("s").n_unique().alias("kinds"),
        col("s").max().alias("longest"),
        (x().max() - x().min()).alias("spread"),
        (col("i").sum() * lit(2) + len()).alias("mixed"),
        (x() * lit(2.0) + col("i")).sum().alias("made"),
        col("d").max().alias("latest"),
        col("d").mean().alias("mid"),
        x().quantile(lit(0.25), pl::QuantileMethod::Linear).alias("quarter"),
    ]
}

/// What a comparison of numbers comes to, and its expression.
fn compared(op: usize, name: &str, value: &Expr, mine: Option<i128>, theirs: Option<i128>) -> (Expr, Option<bool>) {
    let (column, value) = (col(name), value.clone());
    let both = mine.zip(theirs);
    match op {
        0 => (column.eq(value), both.map(|(mine, theirs)| mine == theirs)),
        1 => (column.neq(value), both.map(|(mine, theirs)| mine != theirs)),
        2 => (column.lt(value), both.map(|(mine, theirs)| mine < theirs)),
        3 => (value.lt_eq(column), both.map(|(mine, theirs)| theirs <= mine)),
        4 => (column.gt(value), both.map(|(mine, theirs)| mine > theirs)),
        5 => (column.gt_eq(value), both.map(|(mine, theirs)| mine >= theirs)),
        6 => (column.eq_missing(value), Some(mine == theirs)),
        _ => (value.neq_missing(column), Some(mine != theirs)),
    }
}

#[test]
fn numbers_are_compared_with_what_their_type_cannot_hold() {
    let numbers = [Some(0i64), None, Some(5), Some(127), None, Some(1), Some(0)];
    let frame = polars::df!("n" => numbers).unwrap();
    let types = [DataType::UInt8, DataType::UInt16, DataType::Int8, DataType::UInt64, DataType::Int64];
    let values = [
        (lit(-1), Some(-1)),
        (lit(5), Some(5)),
        (lit(300), Some(300)),
        (lit(-200i64), Some(-200)),
        (lit(pl::Scalar::from(u64::MAX)), Some(i128::from(u64::MAX))),
        (lit(NULL), None),
    ];
    for (dtype, parts) in types.into_iter().zip([1, 3, 9, 2, 8]) {
        let mine = DataFrame::from_polars(frame.clone(), parts).cast("n", dtype.clone());
        for (value, theirs) in &values {
            for op in 0..8 {
                let expected: Vec<Option<bool>> =
                    numbers.map(|mine| compared(op, "n", value, mine.map(i128::from), *theirs).1).to_vec();
                let expr = compared(op, "n", value, None, None).0;
                let what = format!("{expr}, {dtype}, {parts} partitions");
                let found = on_reference(&mine.with_columns([expr.clone().alias("is")]).select([col("is")])).unwrap();
                assert_like(&found, &polars::df!("is" => expected.clone()).unwrap(), &what);
                let kept = numbers.iter().zip(&expected).filter(|(_, is)| **is == Some(true));
                let kept: Vec<Option<i64>> = kept.map(|(number, _)| *number).collect();
                let found = on_reference(&mine.filter(expr).cast("n", DataType::Int64)).unwrap();
                assert_like(&found, &polars::df!("n" => kept).unwrap(), &what);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn aggregates_of_all_rows_are_polars((frame, parts) in frames()) {
        let whole = frame.clone();
        let mine = DataFrame::from_polars(frame, parts).split_every(2);
        for expr in aggregates() {
            let expected = whole.clone().lazy().select([expr.clone()]).collect().unwrap();
            assert_like(&on_reference(&mine.select([expr.clone()])).unwrap(), &expected, &format!("{expr}"));
        }
        let all = on_reference(&mine.select(aggregates())).unwrap();
        assert_like(&all, &whole.lazy().select(aggregates()).collect().unwrap(), "all at once");
    }

    #[test]
    fn steps_are_polars((frame, parts) in frames()) {
        let mine = DataFrame::from_polars(frame.clone(), parts);
        let made = [
            (col("x") - col("x").mean()).alias("centred"),
            (col("i") * lit(2)).alias("i"),
            when(col("b")).then(col("s")).otherwise(lit(NULL)).alias("maybe"),
            col("i").max().alias("largest"),
            col("k").max(),
            lit(7).alias("seven"),
        ];
        let whole = frame.clone().lazy();
        let expected = whole.clone().with_columns(&made).collect().unwrap();
        assert_like(&on_reference(&mine.with_columns(&made)).unwrap(), &expected, "with_columns");
        let expected = whole.clone().select(&made).collect().unwrap();
        assert_like(&on_reference(&mine.select(&made)).unwrap(), &expected, "select");
        let condition = col("x").gt(col("x").mean()).and(col("i").neq(lit(3)));
        let expected = whole.clone().filter(condition.clone()).select([col("s"), col("x")]).collect().unwrap();
        let found = on_reference(&mine.filter(condition).select([col("s"), col("x")])).unwrap();
        assert_like(&found, &expected, "filter");
        let expected = whole.select([col("i").drop_nulls()]).collect().unwrap();
        assert_like(&on_reference(&mine.select([col("i").drop_nulls()])).unwrap(), &expected, "drop_nulls");
        let beside = [col("i").drop_nulls(), col("x").sum(), (col("k").max() + lit(1)).alias("more")];
        let expected = frame.clone().lazy().select(&beside).collect().unwrap();
        assert_like(&on_reference(&mine.select(&beside)).unwrap(), &expected, "drop_nulls beside values");
        // Fills by a statistic of all rows.
        let filled = |strategy| [col("i"), col("x"), col("k") + lit(1)].map(|expr| expr.fill_null_with_strategy(strategy));
        for strategy in [FillNullStrategy::Min, FillNullStrategy::Max, FillNullStrategy::Mean] {
            let expected = frame.clone().lazy().with_columns(filled(strategy)).collect().unwrap();
            let found = on_reference(&mine.with_columns(filled(strategy))).unwrap();
            assert_like(&found, &expected, &format!("{strategy:?}"));
        }
    }
}

#[test]
fn lengths_that_fit_over_all_rows_only_are_told_with_a_remedy() {
    let frame =
        polars::df!("a" => [Some(1), None, Some(2), Some(3)], "b" => [Some(1), Some(2), Some(3), None]).unwrap();
    let made = [col("a").drop_nulls(), col("b").drop_nulls()];
    let mine = DataFrame::from_polars(frame.clone(), 2);
    let error = on_reference(&mine.select(&made)).unwrap_err().to_string();
    assert!(error.contains("length") && error.contains("`repartition(1)` brings these together"), "{error}");
    assert!(!error.contains("first()"), "{error}");
    let expected = frame.lazy().select(&made).collect().unwrap();
    assert_eq!(on_reference(&mine.repartition(1).select(&made)).unwrap(), expected);
}

#[test]
fn wrong_expressions_say_what_is_wrong() {
    let frame = polars::df!("price" => [1.5, 2.5], "brand" => ["a", "b"]).unwrap();
    let frame = DataFrame::from_polars(frame, 2);
    for (wrong, text) in [
        (
            frame.select([col("prize")]),
            "`select`: there is no column \"prize\"; did you mean \"price\"?; there are \"price\", \"brand\"",
        ),
        (frame.filter(col("brand") + lit(1)), "`filter`"),
        (frame.drop("brands"), "`drop`: there is no column \"brands\"; did you mean \"brand\"?"),
        (
            frame.with_columns([col("price").reverse()]),
            "`with_columns`: `col(\"price\").reverse()` depends on rows of other partitions",
        ),
        (frame.select([col("brand").sum()]), "`select`"),
        (
            frame.with_columns([col("price").shift(len().cast(DataType::Int64) - lit(1))]),
            "`with_columns`: `col(\"price\").shift(",
        ),
        (
            frame.select([col("price").nan_max()]),
            "`select`: an extreme that heeds NaN is col(\"price\").nan_max(), and has to be `min` or `max`",
        ),
        (frame.group_by([col("brand")]).agg([col("price").nan_min()]), "`agg`: an extreme that heeds NaN is "),
        (
            frame.filter(col("price").lt(lit(u64::MAX))),
            "`filter`: a number in an expression is 18446744073709551615, and has to be one that `i64` holds",
        ),
        (
            frame.group_by([col("brand")]).agg([col("price") + lit(u64::MAX)]),
            "`agg`: a number in an expression is 1844",
        ),
    ] {
        let found = wrong.check().unwrap_err();
        assert!(found.error.to_string().starts_with(text), "{found}");
        assert!(found.place.to_string().contains("frame_core.rs"), "{found}");
        assert!(on_reference(&wrong.select([col("price")])).is_err());
    }
}

#[test]
fn many_steps_are_no_deep_recursion() {
    let mut frame = DataFrame::from_polars(polars::df!("x" => [1i64, 2, 3]).unwrap(), 2);
    for _ in 0..1000 {
        frame = frame.with_columns([col("x") + lit(1)]);
    }
    assert_eq!(on_reference(&frame).unwrap(), polars::df!("x" => [1001i64, 1002, 1003]).unwrap());
    assert_eq!(frame.schema().get("x"), Some(&DataType::Int64));
}
