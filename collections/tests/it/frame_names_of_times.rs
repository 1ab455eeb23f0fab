//! The names of Dask's `dt` and `cat`: the expressions that the guide gives for them make what pandas documents.

use crate::frame_names::{Case, check};
use crate::run;
use partita_collections::dataframe::polars::prelude::{
    self as pl, Categories, DataType, FrozenCategories, NamedFrom, NonExistent, Series, TimeUnit, TimeZone, df,
};
use partita_collections::dataframe::{DataFrame, col, lit, when};

const NS: DataType = DataType::Datetime(TimeUnit::Nanoseconds, None);

/// Times as texts, null where there is none.
fn times(texts: [&str; 7]) -> Series {
    let texts = Series::new("".into(), texts.map(|text| (!text.is_empty()).then_some(text)));
    let plan = pl::DataFrame::new(7, vec![texts.into()]).unwrap();
    let options = pl::StrptimeOptions { format: Some("%F %T%.f".into()), ..Default::default() };
    let read = col("").str().to_datetime(Some(TimeUnit::Nanoseconds), None, options, lit("raise"));
    let frame = pl::IntoLazy::lazy(plan).select([read]).collect().unwrap();
    frame.columns()[0].as_materialized_series().clone()
}

const TIMES: [&str; 7] = [
    "2023-12-31 23:59:59.123456789",
    "",
    "2024-02-29 00:00:00",
    "2024-03-01 12:30:15.000000500",
    "1969-12-31 23:59:59.999999999",
    "2024-06-30 00:30:00",
    "2024-12-30 06:00:00",
];

/// A value for each of [`TIMES`] that is not null, and null for that one.
fn at<T>(values: [T; 6]) -> Series
where
    Series: NamedFrom<Vec<Option<T>>, [Option<T>]>,
{
    let mut values: Vec<Option<T>> = values.into_iter().map(Some).collect();
    values.insert(1, None);
    Series::new("".into(), values)
}

fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::opt_try_new(Some(name)).unwrap()
}

pub(crate) fn tests_of_fields() -> Vec<Case> {
    let t = || col("t").dt();
    let [yes, no] = [true, false];
    vec![
        ("date", t().date(), at([19_722, 19_782, 19_783, -1, 19_904, 20_087]).cast(&DataType::Date).unwrap()),
        ("year", t().year(), at([2023, 2024, 2024, 1969, 2024, 2024])),
        ("month", t().month(), at([12, 2, 3, 12, 6, 12])),
        ("day", t().day(), at([31, 29, 1, 31, 30, 30])),
        ("hour", t().hour(), at([23, 0, 12, 23, 0, 6])),
        ("minute", t().minute(), at([59, 0, 30, 59, 30, 0])),
        ("second", t().second(), at([59, 0, 15, 59, 0, 0])),
        ("microsecond", t().microsecond(), at([123_456, 0, 0, 999_999, 0, 0])),
        ("nanosecond", t().nanosecond() % lit(1000), at([789, 0, 500, 999, 0, 0])),
        ("dayofweek", t().weekday() - lit(1), at([6, 3, 4, 2, 6, 0])),
        ("weekday", t().weekday() - lit(1), at([6, 3, 4, 2, 6, 0])),
        ("dayofyear", t().ordinal_day(), at([365, 60, 61, 365, 182, 365])),
        ("quarter", t().quarter(), at([4, 1, 1, 4, 2, 4])),
        ("days_in_month", t().days_in_month(), at([31, 29, 31, 31, 30, 31])),
        ("is_leap_year", t().is_leap_year(), at([no, yes, yes, no, yes, yes])),
        ("is_month_start", t().day().eq(lit(1)), at([no, no, yes, no, no, no])),
        ("is_month_end", t().day().eq(t().days_in_month()), at([yes, yes, no, yes, yes, no])),
        ("isocalendar", t().iso_year(), at([2023, 2024, 2024, 1970, 2024, 2025])),
        ("isocalendar", t().week(), at([52, 9, 9, 1, 26, 1])),
        ("isocalendar", t().weekday(), at([7, 4, 5, 3, 7, 1])),
        ("day_name", t().to_string("%A"), at(["Sunday", "Thursday", "Friday", "Wednesday", "Sunday", "Monday"])),
        ("month_name", t().to_string("%B"), at(["December", "February", "March", "December", "June", "December"])),
        (
            "strftime",
            t().strftime("%Y/%m %H:%M"),
            at(["2023/12 23:59", "2024/02 00:00", "2024/03 12:30", "1969/12 23:59", "2024/06 00:30", "2024/12 06:00"]),
        ),
        (
            "time",
            t().time(),
            at([
                86_399_123_456_789,
                0,
                45_015_000_000_500,
                86_399_999_999_999,
                1_800_000_000_000,
                21_600_000_000_000i64,
            ])
            .cast(&DataType::Time)
            .unwrap(),
        ),
    ]
}

pub(crate) fn tests_of_moves() -> Vec<Case> {
    let t = || col("t").dt();
    let up = |every: &'static str| {
        let below = || t().truncate(lit(every));
        when(below().eq(col("t"))).then(col("t")).otherwise(below().dt().offset_by(lit(every)))
    };
    let [dec, feb, mar, new, jun, last] = [
        "2024-01-01 00:00:00",
        "2024-02-29 00:00:00",
        "2024-03-01 13:00:00",
        "1970-01-01 00:00:00",
        "2024-06-30 01:00:00",
        "2024-12-30 06:00:00",
    ];
    let zoned = |series: Series, name| series.cast(&DataType::Datetime(TimeUnit::Nanoseconds, zone(name))).unwrap();
    let berlin = [
        "2023-12-31 22:59:59.123456789",
        "",
        "2024-02-28 23:00:00",
        "2024-03-01 11:30:15.000000500",
        "1969-12-31 22:59:59.999999999",
        "2024-06-29 22:30:00",
        "2024-12-30 05:00:00",
    ];
    let localized = || t().replace_time_zone(zone("Europe/Berlin"), lit("raise"), NonExistent::Raise);
    vec![
        ("ceil", up("1h"), times([dec, "", feb, mar, new, jun, last])),
        (
            "ceil",
            up("1d"),
            times([dec, "", feb, "2024-03-02 00:00:00", new, "2024-07-01 00:00:00", "2024-12-31 00:00:00"]),
        ),
        (
            "floor",
            t().truncate(lit("1h")),
            times([
                "2023-12-31 23:00:00",
                "",
                feb,
                "2024-03-01 12:00:00",
                "1969-12-31 23:00:00",
                "2024-06-30 00:00:00",
                last,
            ]),
        ),
        // A half goes up; in pandas to the even one.
        ("round", t().round(lit("1h")), times([dec, "", feb, mar, new, jun, last])),
        (
            "normalize",
            t().truncate(lit("1d")),
            times([
                "2023-12-31 00:00:00",
                "",
                feb,
                "2024-03-01 00:00:00",
                "1969-12-31 00:00:00",
                "2024-06-30 00:00:00",
                "2024-12-30 00:00:00",
            ]),
        ),
        ("tz_localize", localized(), zoned(times(berlin), "Europe/Berlin")),
        (
            "tz_convert",
            localized().dt().convert_time_zone(zone("Asia/Tokyo").unwrap()),
            zoned(times(berlin), "Asia/Tokyo"),
        ),
    ]
}

pub(crate) fn tests_of_durations() -> Vec<Case> {
    let t = || col("t").dt();
    let days = lit(86_400_000_000i64);
    vec![
        ("days", t().total_microseconds(false).floor_div(days.clone()), at([1, -1, -1, 0, 100_000, 0])),
        (
            "seconds",
            (t().total_microseconds(false) % days).floor_div(lit(1_000_000)),
            at([7203, 82_800, 86_399, 0, 0, 0]),
        ),
        ("total_seconds", t().total_seconds(true), at([93_603.5, -3600.0, -1e-6, 0.0, 8_640_000_000.0, 1e-6])),
    ]
}

#[test]
fn times_have_fields() {
    let frame = df!("t" => times(TIMES)).unwrap();
    assert_eq!(frame.column("t").unwrap().dtype(), &NS);
    check(&frame, &tests_of_fields());
}

#[test]
fn times_are_moved() {
    check(&df!("t" => times(TIMES)).unwrap(), &tests_of_moves());
}

#[test]
fn durations_are_counted() {
    let day = 86_400_000_000i64;
    let values = at([day + 7_203_500_000, -3_600_000_000, -1, 0, 100_000 * day, 1]);
    let frame = df!("t" => values.cast(&DataType::Duration(TimeUnit::Microseconds)).unwrap()).unwrap();
    check(&frame, &tests_of_durations());
}

#[test]
fn zones_are_part_of_types() {
    let frame = DataFrame::from_polars(df!("t" => times(TIMES)).unwrap(), 2);
    let zoned = frame.select([col("t").dt().replace_time_zone(zone("Asia/Tokyo"), lit("raise"), NonExistent::Raise)]);
    let dtype = |frame: &DataFrame| frame.schema().get("t").cloned();
    assert_eq!(dtype(&frame), Some(NS));
    assert_eq!(dtype(&zoned), Some(DataType::Datetime(TimeUnit::Nanoseconds, zone("Asia/Tokyo"))));
}

#[test]
fn categories_are_known_of_enums() {
    let mine = [Some("b"), Some("a"), None, Some("b"), Some("c")];
    let unknown = DataType::from_categories(Categories::global());
    for parts in [1, 2, 7] {
        let frame = DataFrame::from_polars(df!("c" => mine).unwrap(), parts);
        let frame = frame.with_columns([col("c").cast(unknown.clone())]);
        // Dask's `as_known`: what categories there are is computed.
        let categories =
            run(&frame.select([col("c").cast(DataType::String)]).drop_nulls().unique().sort("c", Default::default()));
        let categories = categories.column("c").unwrap().str().unwrap().iter().flatten().collect::<Vec<_>>().join(" ");
        assert_eq!(categories, "a b c");
        let known = DataType::from_frozen_categories(FrozenCategories::new(categories.split(' ')).unwrap());
        let enums = frame.with_columns([col("c").cast(known.clone())]);
        assert_eq!(enums.schema().get("c"), Some(&known));
        let codes = run(&enums.select([col("c").to_physical().cast(DataType::Int64)]));
        assert_eq!(codes, df!("c" => [Some(1i64), Some(0), None, Some(1), Some(2)]).unwrap());
        // Dask's `as_unknown`, and back to texts.
        let back = enums.with_columns([col("c").cast(unknown.clone())]);
        assert_eq!(back.schema().get("c"), Some(&unknown));
        assert_eq!(run(&back.select([col("c").cast(DataType::String)])), df!("c" => mine).unwrap());
    }
}

#[test]
fn enums_are_in_the_order_of_their_categories() {
    let frame = DataFrame::from_polars(df!("c" => ["low", "high", "low", "middle"]).unwrap(), 3);
    let sorted = |dtype: DataType| {
        let found = run(&frame.with_columns([col("c").cast(dtype)]).sort("c", Default::default()));
        let found = found.column("c").unwrap().cast(&DataType::String).unwrap();
        found.str().unwrap().iter().flatten().collect::<Vec<_>>().join(" ")
    };
    let known = DataType::from_frozen_categories(FrozenCategories::new(["low", "middle", "high"]).unwrap());
    assert_eq!(sorted(known), "low low middle high");
    assert_eq!(sorted(DataType::from_categories(Categories::global())), "high low low middle");
}
