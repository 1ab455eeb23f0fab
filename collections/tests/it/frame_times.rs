//! Dataframes over partitions against Polars over the whole frame: windows and intervals of time.

use crate::frames::assert_like;
use partita_collections::dataframe::polars::prelude::{
    self as pl, IntoColumn, IntoLazy, NamedFrom, QuantileMethod, RollingOptionsDynamicWindow, TimeUnit, TimeZone,
};
use partita_collections::dataframe::{ClosedWindow, DataFrame, DataType, Expr, col, cols, lit, on_reference};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// What kind a column of times is of, and lengths that fit it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Times {
    Signed,
    Unsigned,
    Days,
    Hours,
    /// Half hours around the two days of a year on which clocks are turned.
    Spring,
    Autumn,
}

impl Times {
    /// A time of each number of steps from the first.
    fn column(self, steps: &[Option<i64>]) -> pl::Column {
        let hour = 3_600_000_000;
        let numbers = |first: i64, step: i64| {
            let times: Vec<Option<i64>> = steps.iter().map(|at| at.map(|at| first + at * step)).collect();
            pl::Series::new("t".into(), times).into_column()
        };
        let zoned = |first: i64| {
            let zone = TimeZone::opt_try_new(Some("Europe/Berlin")).unwrap();
            numbers(first, hour / 2).cast(&DataType::Datetime(TimeUnit::Microseconds, zone)).unwrap()
        };
        match self {
            Times::Signed => numbers(-5, 1),
            Times::Unsigned => numbers(3, 1).cast(&DataType::UInt32).unwrap(),
            Times::Days => numbers(20_085, 1).cast(&DataType::Int32).unwrap().cast(&DataType::Date).unwrap(),
            Times::Hours => {
                let milliseconds = numbers(1_735_600_000_000, hour / 1000);
                milliseconds.cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap()
            }
            Times::Spring => zoned(1_743_260_400_000_000),
            Times::Autumn => zoned(1_761_400_800_000_000),
        }
    }

    fn lengths(self) -> &'static [&'static str] {
        match self {
            Times::Signed | Times::Unsigned => &["1i", "3i", "10i", "40i"],
            Times::Days => &["1d", "3d", "36h", "1w", "1mo"],
            Times::Hours | Times::Spring | Times::Autumn => &["1h", "150m", "6h", "1d", "1d6h", "1w", "1mo"],
        }
    }
}

/// Kinds that intervals go by; windows go by others as well.
pub(crate) fn kinds() -> impl Strategy<Value = Times> {
    use Times::{Autumn, Days, Hours, Signed, Spring};
    prop_oneof![Just(Signed), Just(Days), Just(Hours), Just(Spring), Just(Autumn)]
}

/// A frame whose column `t` is in order, with the same time many times and large gaps; in partitions of a few rows or none.
pub(crate) fn timed(
    kinds: impl Strategy<Value = Times>,
    nulls: bool,
) -> impl Strategy<Value = (Times, pl::DataFrame, DataFrame)> {
    let gap = prop_oneof![4 => Just(0i64), 4 => 1..4i64, 1 => 10..60i64];
    let float = prop_oneof![9 => (-40..40i32).prop_map(|x| f64::from(x) / 4.0), 1 => Just(f64::NAN)];
    let row = (
        gap,
        prop::bool::weighted(if nulls { 0.1 } else { 0.0 }),
        option::weighted(0.9, -5..6i64),
        option::weighted(0.9, float),
        option::weighted(0.9, 0..3i64),
    );
    (kinds, vec(row, 0..30), vec(0..5usize, 1..12)).prop_map(|(kind, rows, lengths)| {
        let mut at = 0;
        let mut steps = Vec::new();
        for row in &rows {
            at += row.0;
            steps.push((!row.1).then_some(at));
        }
        let frame = pl::DataFrame::new_infer_height(vec![
            kind.column(&steps),
            pl::Series::new("i".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()).into_column(),
            pl::Series::new("x".into(), rows.iter().map(|row| row.3).collect::<Vec<_>>()).into_column(),
            pl::Series::new("k".into(), rows.iter().map(|row| row.4).collect::<Vec<_>>()).into_column(),
        ])
        .unwrap();
        let mine = in_parts(&frame, &lengths);
        (kind, frame, mine)
    })
}

/// The frame in partitions of these lengths, and what is left in one more.
pub(crate) fn in_parts(frame: &pl::DataFrame, lengths: &[usize]) -> DataFrame {
    let mut start = 0;
    let mut parts = Vec::new();
    for length in lengths.iter().copied().chain([frame.height()]) {
        parts.push(DataFrame::from_polars(frame.slice(start, length), 1));
        start += length as i64;
    }
    DataFrame::concat(&parts).split_every(3)
}

pub(crate) fn closings() -> impl Strategy<Value = ClosedWindow> {
    prop_oneof![Just(ClosedWindow::Right), Just(ClosedWindow::Left), Just(ClosedWindow::Both), Just(ClosedWindow::None)]
}

/// Of all kinds, with nulls.
fn any_times() -> impl Strategy<Value = (Times, pl::DataFrame, DataFrame)> {
    timed(prop_oneof![5 => kinds(), 1 => Just(Times::Unsigned)], true)
}

fn window(length: &str, min_periods: usize, closed_window: ClosedWindow) -> RollingOptionsDynamicWindow {
    RollingOptionsDynamicWindow {
        window_size: pl::Duration::parse(length),
        min_periods,
        closed_window,
        fn_params: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn windows_by_time_are_polars(
        (kind, frame, mine) in any_times(), pick in any::<prop::sample::Index>(), least in 0..4usize, closed in closings(),
    ) {
        let length = *pick.get(kind.lengths());
        let options = window(length, least, closed);
        let rolling = mine.rolling_by("t", length).min_periods(least).closed(closed);
        let numbers = || cols(["i", "x", "k"]).as_expr();
        for (mine, exprs, what) in [
            (rolling.sum(), numbers().rolling_sum_by(col("t"), options.clone()), "sum"),
            (rolling.mean(), numbers().rolling_mean_by(col("t"), options.clone()), "mean"),
            (rolling.min(), numbers().rolling_min_by(col("t"), options.clone()), "min"),
            (rolling.max(), numbers().rolling_max_by(col("t"), options.clone()), "max"),
            (rolling.var(), numbers().rolling_var_by(col("t"), options.clone()), "var"),
            (rolling.median(), numbers().rolling_median_by(col("t"), options.clone()), "median"),
            (
                rolling.quantile(0.3),
                numbers().rolling_quantile_by(col("t"), QuantileMethod::Linear, 0.3, options.clone()),
                "quantile",
            ),
            (rolling.count(), numbers().is_not_null().cast(pl::IDX_DTYPE).rolling_sum_by(col("t"), options), "count"),
        ] {
            let expected = frame.clone().lazy().with_columns([exprs]).collect().unwrap();
            assert_like(&on_reference(&mine).unwrap(), &expected, &format!("{what} of {length} {closed:?}"));
        }
    }

    #[test]
    fn expressions_by_time_are_polars((kind, frame, mine) in any_times(), closed in closings()) {
        let lengths = kind.lengths();
        let (short, long) = (window(lengths[1], 1, closed), window(lengths[3], 1, closed));
        let exprs = [
            col("i").rolling_sum_by(col("t"), short.clone()).alias("short"),
            col("i").rolling_sum_by(col("t"), long.clone()).alias("long"),
            (col("x") - col("x").rolling_mean_by(col("t"), short.clone())).alias("away"),
            (col("i") - col("i").mean()).rolling_max_by(col("t"), long).shift(lit(1)).alias("nested"),
            col("i").shift(lit(1)).rolling_min_by(col("t"), short).cum_sum(false).alias("deep"),
        ];
        let expected = frame.clone().lazy().with_columns(&exprs).collect().unwrap();
        assert_like(&on_reference(&mine.with_columns(&exprs)).unwrap(), &expected, "with_columns");
        let expected = frame.lazy().select(&exprs).collect().unwrap();
        assert_like(&on_reference(&mine.select(&exprs)).unwrap(), &expected, "select");
    }

    #[test]
    fn windows_of_groups_are_polars((kind, frame, mine) in any_times(), size in 1..5usize, closed in closings()) {
        let groups = mine.group_by([col("k")]);
        let of_rows = mine.drop("t").group_by([col("k")]).rolling(size).min_periods(1);
        let over = |expr: Expr| expr.over([col("k")]).unwrap();
        let numbers = || cols(["i", "x"]).as_expr();
        let rows = pl::RollingOptionsFixedWindow { window_size: size, min_periods: 1, ..Default::default() };
        let length = kind.lengths()[2];
        for (mine, exprs, what) in [
            (of_rows.sum(), numbers().rolling_sum(rows.clone()), "sum"),
            (of_rows.median(), numbers().rolling_median(rows), "median"),
            (
                groups.rolling_by("t", length).closed(closed).max(),
                numbers().rolling_max_by(col("t"), window(length, 1, closed)),
                "max by time",
            ),
        ] {
            let expected = frame.clone().lazy().with_columns([over(exprs)]);
            let expected = expected.select(mine.columns().iter().map(|name| col(*name)).collect::<Vec<_>>());
            assert_like(&on_reference(&mine).unwrap(), &expected.collect().unwrap(), what);
        }
    }
}

#[test]
fn what_is_not_in_order_or_no_time_says_so() {
    let frame = polars::df!("t" => [3i64, 5, 4, 9], "s" => ["a", "b", "c", "d"], "x" => [1, 2, 3, 4]).unwrap();
    for lengths in [&[][..], &[1], &[2], &[1, 1, 0, 1]] {
        let mine = in_parts(&frame, lengths);
        let error = on_reference(&mine.rolling_by("t", "2i").sum()).unwrap_err().to_string();
        assert!(error.contains("key column \"t\" is not sorted: 5 comes before 4; `sort` or"), "{error}");
    }
    let mine = in_parts(&frame, &[2]);
    let options = || window("2d", 1, ClosedWindow::Right);
    for (wrong, text) in [
        (mine.rolling_by("u", "2i").sum(), "`rolling_by`: there is no column \"u\""),
        (
            mine.rolling_by("s", "2i").sum(),
            "`rolling_by`: column \"s\" is of type str, and has to be a time or a whole",
        ),
        (mine.rolling_by("t", "2d").sum(), "`rolling_by`: the window is 2d, and has to be one like \"1d\""),
        (mine.rolling_by("t", "0i").sum(), "`rolling_by`: the window is 0i, and has to be one like \"1d\""),
        (mine.rolling_by("t", "-2i").sum(), "`rolling_by`: the window is -2i, and has to be one like \"1d\""),
        (mine.rolling_by("t", "soon").sum(), "`rolling_by`: the window is soon, and has to be one like \"1d\""),
        (mine.rolling_by("t", "2i").quantile(-1.0), "`rolling_by.quantile`: the part is -1, and has to be between"),
        (mine.group_by([col("s")]).rolling(0).sum(), "`rolling`: the window is 0, and has to be of one row or more"),
        (mine.group_by([col("s")]).rolling_by("t", "2d").sum(), "`rolling_by`: the window is 2d, and has to be"),
        (
            mine.select([col("x").rolling_sum_by(col("t"), options())]),
            "`select`: the window is 2d, and has to be one like \"1d\"",
        ),
        (
            mine.select([col("x").rolling_sum_by(col("s"), options())]),
            "`select`: column \"s\" is of type str, and has to be a time or a whole number",
        ),
    ] {
        let found = wrong.check().unwrap_err();
        assert!(found.error.to_string().starts_with(text), "{found}");
        assert!(found.place.to_string().contains("frame_times.rs"), "{found}");
    }
}
