//! Dataframes over partitions against Polars over the whole frame: what looks at other rows.

use crate::frames::{assert_like, frames};
use partita_collections::dataframe::polars::prelude::{
    self as pl, FillNullStrategy, IntoLazy, RollingOptionsFixedWindow,
};
use partita_collections::dataframe::polars::series::ops::NullBehavior;
use partita_collections::dataframe::{DataFrame, Expr, col, lit, on_reference, when};
use proptest::prelude::*;

fn window(window_size: usize, min_periods: usize, center: bool) -> RollingOptionsFixedWindow {
    RollingOptionsFixedWindow { window_size, min_periods, center, ..Default::default() }
}

/// Expressions that look at other rows, one for each row.
fn windows() -> Vec<Expr> {
    let (i, x) = (|| col("i"), || col("x").fill_nan(lit(2.5)));
    vec![
        i().shift(lit(1)),
        i().shift(lit(-2)).alias("back"),
        i().shift_and_fill(lit(3), lit(7)).alias("filled"),
        col("s").shift(lit(5)).alias("word"),
        i().diff(lit(1), NullBehavior::Ignore).alias("diff"),
        i().diff(lit(-2), NullBehavior::Ignore).alias("back diff"),
        x().pct_change(lit(1)).alias("change"),
        i().cum_sum(false).alias("sum"),
        i().cum_sum(true).alias("back sum"),
        col("b").cum_sum(false).alias("trues"),
        i().cast(pl::DataType::Int8).cum_sum(false).alias("small sum"),
        x().cum_sum(false).alias("float sum"),
        i().cum_prod(false).alias("product"),
        col("x").cum_min(false).alias("least"),
        col("x").cum_max(true).alias("back most"),
        col("d").cum_max(false).alias("latest"),
        col("b").cum_min(false).alias("all so far"),
        col("s").cum_count(false).alias("count"),
        col("s").cum_count(true).alias("back count"),
        col("s").fill_null_with_strategy(FillNullStrategy::Forward(None)).alias("forward"),
        col("c").fill_null_with_strategy(FillNullStrategy::Backward(None)).alias("backward"),
        i().fill_null_with_strategy(FillNullStrategy::Forward(Some(1))).alias("forward one"),
        i().fill_null_with_strategy(FillNullStrategy::Backward(Some(2))).alias("backward two"),
        x().rolling_mean(window(3, 1, false)).alias("mean"),
        i().rolling_sum(window(4, 2, true)).alias("middle sum"),
        x().rolling_std(window(3, 2, false)).alias("std"),
        x().rolling_min(window(5, 5, false)).alias("min"),
        x().rolling_median(window(3, 1, true)).alias("median"),
        x().rolling_quantile(pl::QuantileMethod::Linear, 0.25, window(4, 1, false)).alias("quartile"),
        (i() - i().shift(lit(1))).cum_sum(false).alias("nested"),
        (x() - x().mean()).cum_sum(false).shift(lit(1)).alias("nested deep"),
        (i().cum_sum(false) * lit(2) - i().max()).alias("mixed"),
        when(i().gt(i().shift(lit(1)))).then(lit("up")).otherwise(lit("down")).alias("way"),
        lit(1).alias("one"),
    ]
}

/// The frame whose rows, and their number, nobody knows before it is computed.
fn unknown(frame: &DataFrame) -> DataFrame {
    frame.filter(lit(true))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn windows_are_polars((frame, parts) in frames(), known in any::<bool>()) {
        let mine = DataFrame::from_polars(frame.clone(), parts).split_every(2);
        let mine = if known { mine } else { unknown(&mine) };
        let whole = frame.lazy();
        let expected = whole.clone().select(windows()).collect().unwrap();
        assert_like(&on_reference(&mine.select(windows())).unwrap(), &expected, "select");
        let expected = whole.clone().with_columns(windows()).collect().unwrap();
        assert_like(&on_reference(&mine.with_columns(windows())).unwrap(), &expected, "with_columns");
        let condition = col("i").shift(lit(1)).lt(col("i"));
        let expected = whole.clone().filter(condition.clone()).collect().unwrap();
        assert_like(&on_reference(&mine.filter(condition)).unwrap(), &expected, "filter");
        let of_all = [col("i").diff(lit(1), NullBehavior::Ignore).sum(), col("d").cum_max(false).min()];
        let expected = whole.select(&of_all).collect().unwrap();
        assert_like(&on_reference(&mine.select(&of_all)).unwrap(), &expected, "aggregates");
    }
}

#[test]
fn what_needs_all_rows_says_so_and_works_in_one_partition() {
    let frame = polars::df!("x" => [3i64, 1, 2], "k" => [1, 1, 2]).unwrap();
    let mine = DataFrame::from_polars(frame.clone(), 2);
    for expr in
        [col("x").reverse(), col("x").cum_sum(false).over([col("k")]).unwrap(), col("x").reverse().shift(lit(1))]
    {
        let error = mine.with_columns([expr.clone()]).check().unwrap_err().to_string();
        assert!(error.contains("depends on rows of other partitions; `repartition(1)`"), "{error}");
        let one = on_reference(&DataFrame::from_polars(frame.clone(), 1).with_columns([expr.clone()])).unwrap();
        assert_like(&one, &frame.clone().lazy().with_columns([expr]).collect().unwrap(), "one partition");
    }
}
