//! Dataframes over partitions against Polars over the whole frame: what looks at other rows.

use crate::frame_times::in_parts;
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
    #![proptest_config(ProptestConfig::with_cases(16))]

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn methods_are_polars((frame, parts) in frames(), size in 1..6usize, center in any::<bool>(), known in any::<bool>()) {
        let frame = frame.lazy().with_columns([col("x").fill_nan(lit(0.5))]).collect().unwrap();
        let mine = DataFrame::from_polars(frame.clone(), parts).split_every(3);
        let mine = if known { mine } else { unknown(&mine) };
        let numbers = || pl::cols(["k", "i", "x"]).as_expr();
        let times = || pl::cols(["k", "i", "x", "d"]).as_expr();
        let check = |mine: DataFrame, exprs: Expr, what: &str| {
            let expected = frame.clone().lazy().with_columns([exprs]).collect().unwrap();
            assert_like(&on_reference(&mine).unwrap(), &expected, what);
        };
        check(mine.shift(-3), pl::all().as_expr().shift(lit(-3)), "shift");
        check(mine.diff(2), times().diff(lit(2), NullBehavior::Ignore), "diff");
        check(mine.pct_change(1), numbers().pct_change(lit(1)), "pct_change");
        check(mine.cum_sum(), numbers().cum_sum(false), "cum_sum");
        check(mine.cum_prod(), numbers().cum_prod(false), "cum_prod");
        check(mine.cum_min(), times().cum_min(false), "cum_min");
        check(mine.cum_max(), times().cum_max(false), "cum_max");
        check(mine.cum_count(), pl::all().as_expr().cum_count(false), "cum_count");
        let options = window(size, size.min(2), center);
        let rolling = mine.rolling(size).min_periods(size.min(2));
        let rolling = if center { rolling.center() } else { rolling };
        check(rolling.sum(), numbers().rolling_sum(options.clone()), "rolling sum");
        check(rolling.max(), numbers().rolling_max(options.clone()), "rolling max");
        check(rolling.quantile(0.3), numbers().rolling_quantile(pl::QuantileMethod::Linear, 0.3, options), "quantile");
        let shifted = mine.map_overlap(2, 1, |part: pl::DataFrame| {
            part.lazy().with_columns([pl::all().as_expr().shift(lit(2)).fill_null_with_strategy(FillNullStrategy::Backward(Some(1)))]).collect()
        });
        let both = pl::all().as_expr().shift(lit(2)).fill_null_with_strategy(FillNullStrategy::Backward(Some(1)));
        check(shifted, both, "map_overlap");
    }

    #[test]
    fn intervals_are_polars((frame, parts) in frames(), days in 1..9i64) {
        let frame = frame.sort(["d"], Default::default()).unwrap().lazy().filter(col("d").is_not_null()).collect().unwrap();
        let mine = DataFrame::from_polars(frame.clone(), parts).split_every(2);
        let every = pl::Duration::parse(&format!("{days}d"));
        let options = pl::DynamicGroupOptions {
            index_column: "d".into(), every, period: every, offset: pl::Duration::parse("0d"), ..Default::default()
        };
        let whole = || frame.clone().lazy().group_by_dynamic(col("d"), [] as [Expr; 0], options.clone());
        let resampled = mine.resample("d", &format!("{days}d"));
        let numbers = || pl::cols(["k", "i", "x"]).as_expr();
        for (mine, exprs, what) in [
            (resampled.sum(), numbers().sum(), "sum"),
            (resampled.min(), numbers().min(), "min"),
            (resampled.count(), numbers().count(), "count"),
            (resampled.first(), numbers().first(), "first"),
            (resampled.last(), numbers().last(), "last"),
            (resampled.median(), numbers().median(), "median"),
            (resampled.size(), pl::len().alias("size"), "size"),
            (resampled.agg([col("i").mean() + col("i").std(1)]), col("i").mean() + col("i").std(1), "agg"),
        ] {
            assert_like(&on_reference(&mine).unwrap(), &whole().agg([exprs]).collect().unwrap(), what);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Partitions of no rows or few, and functions that look farther than several of them.
    #[test]
    fn windows_over_short_partitions_are_polars(
        (frame, _) in frames(), lengths in prop::collection::vec(0..4usize, 0..14), known in any::<bool>(),
        n in -12..=12i64, size in 1..=10usize, center in any::<bool>(), limit in 0..8u32, overlap in (0..9usize, 0..9usize),
    ) {
        let frame = frame.lazy().with_columns([col("x").fill_nan(lit(0.5))]).collect().unwrap();
        let mine = in_parts(&frame, &lengths);
        let mine = if known { mine } else { unknown(&mine) };
        let check = |mine: DataFrame, exprs: Vec<Expr>, what: &str| {
            let expected = frame.clone().lazy().with_columns(&exprs).collect().unwrap();
            assert_like(&on_reference(&mine).unwrap(), &expected, what);
        };
        let (all, numbers) = (|| pl::all().as_expr(), || pl::cols(["k", "i", "x"]).as_expr());
        check(mine.shift(n), vec![all().shift(lit(n))], "shift");
        check(mine.pct_change(n), vec![numbers().pct_change(lit(n))], "pct_change");
        let (forward, backward) = (FillNullStrategy::Forward(Some(limit)), FillNullStrategy::Backward(Some(limit)));
        check(mine.ffill(Some(limit)), vec![all().fill_null_with_strategy(forward)], "ffill");
        check(mine.bfill(Some(limit)), vec![all().fill_null_with_strategy(backward)], "bfill");
        check(mine.ffill(None), vec![all().fill_null_with_strategy(FillNullStrategy::Forward(None))], "ffill all");
        let options = |least: usize| window(size, least.min(size), center);
        let rolling = mine.rolling(size).min_periods(size.min(3));
        let rolling = if center { rolling.center() } else { rolling };
        check(rolling.sum(), vec![numbers().rolling_sum(options(3))], "rolling sum");
        check(rolling.median(), vec![numbers().rolling_median(options(3))], "rolling median");
        let exprs = vec![
            col("i").shift_and_fill(lit(n), lit(7)).alias("filled"),
            col("d").diff(lit(n), NullBehavior::Ignore).alias("diff"),
            col("i").rolling_max(options(1)).alias("most"),
            col("x").rolling_var(options(2)).alias("var"),
            col("x").cum_sum(true).alias("back sum"),
            col("i").cum_prod(true).alias("back product"),
            col("x").cum_min(true).alias("back least"),
            col("k").cum_max(false).alias("most so far"),
            col("b").cum_count(true).alias("back count"),
            (col("i") - col("i").shift(lit(n))).fill_null_with_strategy(backward).cum_sum(false).alias("nested"),
        ];
        check(mine.with_columns(&exprs), exprs, "with_columns");
        let (before, after) = overlap;
        let around = move |part: pl::DataFrame| {
            let ahead = pl::all().as_expr().shift(lit(-(after as i64))).name().suffix(" ahead");
            part.lazy().select([pl::all().as_expr().shift(lit(before as i64)), ahead]).collect()
        };
        let expected = around(frame.clone()).unwrap();
        assert_like(&on_reference(&mine.map_overlap(before, after, around)).unwrap(), &expected, "map_overlap");
    }
}

#[test]
fn equal_windows_share_their_tasks() {
    let frame = DataFrame::from_polars(polars::df!("x" => [3i64, 1, 2], "y" => [4i64, 5, 6]).unwrap(), 2);
    let shifted = |name: &str| frame.select([col(name).shift(lit(1)).alias("z"), col(name).cum_sum(false).alias("w")]);
    let (x, y) = partita_collections::bag::on_reference(&(shifted("x"), shifted("y"))).unwrap();
    assert_eq!(x, polars::df!("z" => [None, Some(3i64), Some(1)], "w" => [3i64, 4, 6]).unwrap());
    assert_eq!(y, polars::df!("z" => [None, Some(4i64), Some(5)], "w" => [4i64, 9, 15]).unwrap());
    let window = |size| frame.rolling(size).mean().with_columns([col("x").cum_sum(false)]);
    assert_eq!(window(2).node().key, window(2).node().key);
    assert_ne!(window(2).node().key, window(3).node().key);
    assert_eq!(frame.head(2).node().key, frame.head(2).node().key);
    assert_ne!(frame.shift(1).node().key, frame.shift(2).node().key);
}

#[test]
fn what_is_asked_wrongly_says_so() {
    let frame = DataFrame::from_polars(polars::df!("x" => [3i64, 1, 2], "s" => ["a", "b", "c"]).unwrap(), 2);
    let fewer = |part: pl::DataFrame| Ok::<_, String>(part.slice(0, 1));
    for (wrong, text) in [
        (frame.rolling(0).sum(), "`rolling`: the window is 0, and has to be of one row or more"),
        (frame.rolling(2).min_periods(3).sum(), "`rolling`: `min_periods` is 3, and has to be no more than the rows"),
        (frame.rolling(2).quantile(1.5), "`rolling.quantile`: the part is 1.5, and has to be between 0 and 1"),
        (frame.resample("t", "1d").sum(), "`resample.sum`: there is no column \"t\""),
        (
            frame.resample("s", "1d").sum(),
            "`resample.sum`: column \"s\" is of type str, and has to be a time or a whole",
        ),
        (frame.resample("x", "soon").sum(), "`resample.sum`: the interval is soon, and has to be one like"),
        (frame.resample("x", "1d").sum(), "`resample.sum`: the interval is 1d, and has to be one like"),
        (frame.resample("x", "-1i").sum(), "`resample.sum`: the interval is -1i, and has to be one like"),
    ] {
        let found = wrong.check().unwrap_err();
        assert!(found.error.to_string().starts_with(text), "{found}");
        assert!(found.place.to_string().contains("frame_windows.rs"), "{found}");
    }
    let error = on_reference(&frame.map_overlap(1, 1, fewer)).unwrap_err().to_string();
    assert!(
        error.contains("`map_overlap` in partition 0: the function made 1 rows of 2, and has to make as many"),
        "{error}"
    );
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
