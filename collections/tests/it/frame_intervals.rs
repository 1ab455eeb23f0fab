//! Dataframes over partitions against Polars over the whole frame: intervals of any length, start and label.

use crate::frame_times::{Times, closings, in_parts, kinds, timed};
use crate::frames::assert_like;
use partita_collections::dataframe::polars::prelude::{
    self as pl, DynamicGroupOptions, IntoColumn, IntoLazy, NamedFrom, TimeUnit, TimeZone,
};
use partita_collections::dataframe::{ClosedWindow, DataType, Expr, Label, StartBy, col, cols, len, on_reference};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

fn labels() -> impl Strategy<Value = Label> {
    prop_oneof![Just(Label::Left), Just(Label::Right), Just(Label::DataPoint)]
}

fn starts() -> impl Strategy<Value = StartBy> {
    prop_oneof![
        3 => Just(StartBy::WindowBound),
        2 => Just(StartBy::DataPoint),
        1 => Just(StartBy::Monday),
        1 => Just(StartBy::Saturday),
    ]
}

/// Steps from one interval to the next, and how far they are moved.
fn steps(kind: Times) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        Times::Signed | Times::Unsigned => (&["1i", "3i", "10i", "40i"], &["1i", "-2i", "25i"]),
        Times::Days => (&["1d", "3d", "1w", "1mo"], &["1d", "-2d", "9d"]),
        Times::Hours | Times::Spring | Times::Autumn => (&["1h", "150m", "6h", "1d", "1w"], &["1h", "-2h", "30h"]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn intervals_of_any_length_are_polars(
        (kind, frame, mine) in timed(kinds(), false), every in any::<Index>(), period in option::of(any::<Index>()),
        offset in option::of(any::<Index>()), closed in closings(), label in labels(), start in starts(),
    ) {
        let (lengths, offsets) = steps(kind);
        let every = *every.get(lengths);
        let (period, offset) = (period.map(|at| *at.get(lengths)), offset.map(|at| *at.get(offsets)));
        let is_index = every.ends_with('i');
        let start = if is_index && start != StartBy::DataPoint { StartBy::WindowBound } else { start };
        let options = DynamicGroupOptions {
            index_column: "t".into(),
            every: pl::Duration::parse(every),
            period: pl::Duration::parse(period.unwrap_or(every)),
            offset: pl::Duration::parse(offset.unwrap_or(if is_index { "0i" } else { "0ns" })),
            label,
            include_boundaries: false,
            closed_window: closed,
            start_by: start,
        };
        let mut resampled = mine.resample("t", every).closed(closed).label(label).start_by(start);
        if let Some(period) = period {
            resampled = resampled.period(period);
        }
        if let Some(offset) = offset {
            resampled = resampled.offset(offset);
        }
        let whole = || frame.clone().lazy().group_by_dynamic(col("t"), [] as [Expr; 0], options.clone());
        let numbers = || cols(["i", "x", "k"]).as_expr();
        for (mine, exprs, what) in [
            (resampled.sum(), numbers().sum(), "sum"),
            (resampled.size(), len().alias("size"), "size"),
            (resampled.first(), numbers().first(), "first"),
            (resampled.median(), numbers().median(), "median"),
            (resampled.agg([col("i").max() - col("i").min()]), col("i").max() - col("i").min(), "agg"),
        ] {
            let expected = whole().agg([exprs]).collect().unwrap();
            assert_like(&on_reference(&mine).unwrap(), &expected, &format!("{what} of {options:?}"));
        }
    }

    #[test]
    fn intervals_without_rows_are_there_if_wanted((kind, frame, mine) in timed(kinds(), false), every in 1..12i64) {
        let (text, every) = match kind {
            Times::Signed | Times::Unsigned => (format!("{every}i"), every),
            Times::Days => (format!("{every}d"), every),
            Times::Hours => (format!("{every}h"), every * 3_600_000),
            // Days of a zone are another test's.
            Times::Spring | Times::Autumn => return Ok(()),
        };
        let times = frame.column("t").unwrap().to_physical_repr().cast(&DataType::Int64).unwrap();
        let times: Vec<i64> = times.i64().unwrap().iter().flatten().collect();
        let numbers: Vec<Option<i64>> = frame.column("i").unwrap().i64().unwrap().iter().collect();
        let start = |time: i64| time.div_euclid(every) * every;
        let mut expected: Vec<(i64, i64, u32, Option<i64>)> = Vec::new();
        if let (Some(first), Some(last)) = (times.first(), times.last()) {
            for at in (start(*first)..=start(*last)).step_by(every as usize) {
                let rows = || times.iter().zip(&numbers).filter(|(time, _)| start(**time) == at);
                let sum = rows().filter_map(|(_, number)| *number).sum();
                let last = rows().next_back().and_then(|(_, number)| *number);
                expected.push((at, sum, rows().count() as u32, last));
            }
        }
        let label = pl::Series::new("t".into(), expected.iter().map(|one| one.0).collect::<Vec<_>>());
        let dtype = frame.column("t").unwrap().dtype();
        let label = match dtype {
            DataType::Date => label.cast(&DataType::Int32).unwrap().cast(dtype).unwrap(),
            _ => label.cast(dtype).unwrap(),
        };
        let expected = pl::DataFrame::new_infer_height(vec![
            label.into_column(),
            pl::Series::new("i".into(), expected.iter().map(|one| one.1).collect::<Vec<_>>()).into_column(),
            pl::Series::new("size".into(), expected.iter().map(|one| one.2).collect::<Vec<_>>()).into_column(),
            pl::Series::new("last".into(), expected.iter().map(|one| one.3).collect::<Vec<_>>()).into_column(),
        ]);
        let made = mine.resample("t", &text).include_empty();
        let made = made.agg([col("i").sum(), len().alias("size"), col("i").last().alias("last")]);
        assert_like(&on_reference(&made).unwrap(), &expected.unwrap(), &text);
        let lists = on_reference(&mine.resample("t", &text).include_empty().agg([col("i")])).unwrap();
        let values: u32 = lists.column("i").unwrap().list().unwrap().iter().flatten().map(|one| one.len() as u32).sum();
        prop_assert_eq!(values as usize, frame.height());
    }
}

/// Months that begin on a day which not all of them have: where one begins depends on those before it.
#[test]
fn months_from_late_days_are_polars() {
    for step in [5, 17, 45] {
        let days: Vec<i32> = (0..30).map(|row| 20_085 + row * step).collect();
        let days = pl::Series::new("t".into(), days).cast(&DataType::Date).unwrap().into_column();
        let x = pl::Series::new("x".into(), (0..30i64).collect::<Vec<_>>()).into_column();
        let frame = pl::DataFrame::new_infer_height(vec![days, x]).unwrap();
        for (offset, start) in
            [("-2d", StartBy::WindowBound), ("30d", StartBy::WindowBound), ("0d", StartBy::DataPoint)]
        {
            let month = pl::Duration::parse("1mo");
            let options = DynamicGroupOptions {
                index_column: "t".into(),
                every: month,
                period: month,
                offset: pl::Duration::parse(offset),
                start_by: start,
                ..Default::default()
            };
            let expected = frame.clone().lazy().group_by_dynamic(col("t"), [] as [Expr; 0], options);
            let expected = expected.agg([col("x").sum()]).collect().unwrap();
            let mine = in_parts(&frame, &[3, 0, 7, 1, 9]);
            let made = mine.resample("t", "1mo").offset(offset).start_by(start).sum();
            assert_like(&on_reference(&made).unwrap(), &expected, &format!("{step} {offset} {start:?}"));
        }
    }
}

/// Days of a zone, on one of which the clock is turned: they are not all as long.
#[test]
fn days_without_rows_start_at_midnight() {
    let zone = DataType::Datetime(TimeUnit::Milliseconds, TimeZone::opt_try_new(Some("Europe/Berlin")).unwrap());
    let hour = 3_600_000i64;
    // Noon of the 28th of March 2025 and of the 1st of April, and the midnights before and between them.
    let (first, last) = (1_743_159_600_000, 1_743_501_600_000);
    let midnights: Vec<i64> = [-12, 12, 36, 59, 83].iter().map(|hours| first + hours * hour).collect();
    let times = |name: &str, times: Vec<i64>| pl::Series::new(name.into(), times).cast(&zone).unwrap().into_column();
    let x = |values: Vec<i64>| pl::Series::new("x".into(), values).into_column();
    let frame = pl::DataFrame::new_infer_height(vec![times("t", vec![first, last]), x(vec![1, 2])]).unwrap();
    let days = on_reference(&in_parts(&frame, &[1]).resample("t", "1d").include_empty().sum()).unwrap();
    let expected = pl::DataFrame::new_infer_height(vec![times("t", midnights), x(vec![1, 0, 0, 0, 2])]).unwrap();
    assert_like(&days, &expected, "days");
}

#[test]
fn what_is_asked_wrongly_of_intervals_says_so() {
    let frame = polars::df!("t" => [3i64, 5, 4, 9], "x" => [1, 2, 3, 4]).unwrap();
    let days = frame.clone().lazy().with_columns([col("t").cast(DataType::Int32).cast(DataType::Date)]).collect();
    let (mine, days) = (in_parts(&frame, &[2]), in_parts(&days.unwrap(), &[2]));
    let by = |every: &str| mine.resample("t", every);
    let unsigned = mine.with_columns([col("t").cast(DataType::UInt32)]);
    for (wrong, text) in [
        (
            unsigned.resample("t", "2i").sum(),
            "`resample.sum`: column \"t\" is of type u32, and has to be a time or a whole number with a sign",
        ),
        (by("2i").period("1d").sum(), "`resample.sum`: the period is 1d, and has to be one like"),
        (by("2i").period("0i").sum(), "`resample.sum`: the period is 0i, and has to be one like"),
        (by("2i").offset("1h").sum(), "`resample.sum`: the offset is 1h, and has to be one like \"-6h\""),
        (by("2i").offset("now").sum(), "`resample.sum`: the offset is now, and has to be one like \"-6h\""),
        (
            by("2i").label(Label::DataPoint).include_empty().sum(),
            "`resample.sum`: the label of intervals is the first row, and has to be left or right",
        ),
        (
            days.resample("t", "36h").include_empty().sum(),
            "`resample.sum`: the interval is 36h, and has to be of whole days",
        ),
    ] {
        let found = wrong.check().unwrap_err();
        assert!(found.error.to_string().starts_with(text), "{found}");
        assert!(found.place.to_string().contains("frame_intervals.rs"), "{found}");
    }
    let error = on_reference(&by("2i").closed(ClosedWindow::Both).sum()).unwrap_err().to_string();
    assert!(error.contains("key column \"t\" is not sorted: 5 comes before 4; `sort` or"), "{error}");
}
