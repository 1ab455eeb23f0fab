//! Aggregates of dataframes over partitions against Polars over the whole frame: methods over all columns, different rows
//! and values, and sketches.

use crate::frames::{assert_like, frames, in_order};
use partita_collections::dataframe::polars::prelude::{
    self as pl, IntoLazy, QuantileMethod, UniqueKeepStrategy, cov, df, pearson_corr,
};
use partita_collections::dataframe::{DataFrame, Expr, all, col, lit, on_reference};
use proptest::prelude::*;

type Make = Box<dyn Fn(Expr) -> Expr>;

const NUMBERS: [&str; 4] = ["k", "i", "x", "b"];

/// What a method makes of a frame, and what Polars says.
fn methods(mine: &DataFrame) -> Vec<(&'static str, DataFrame, Vec<Expr>)> {
    let numbers = |make: fn(Expr) -> Expr| NUMBERS.iter().map(|name| make(col(*name))).collect::<Vec<_>>();
    let each = |make: fn(Expr) -> Expr| {
        ["k", "i", "x", "s", "b", "d", "c"].iter().map(|name| make(col(*name))).collect::<Vec<_>>()
    };
    vec![
        ("sum", mine.sum(), numbers(Expr::sum)),
        ("product", mine.product(), numbers(Expr::product)),
        ("mean", mine.mean(), numbers(Expr::mean)),
        ("min", mine.min(), each(Expr::min)),
        ("max", mine.max(), each(Expr::max)),
        ("count", mine.count(), each(Expr::count)),
        ("null_count", mine.null_count(), each(Expr::null_count)),
        ("std", mine.std(1), numbers(|x| x.std(1))),
        ("var", mine.var(0), numbers(|x| x.var(0))),
        ("sem", mine.sem(1), numbers(|x| x.clone().std(1) / x.count().sqrt())),
        ("skew", mine.skew(true), numbers(|x| x.skew(true))),
        ("skew", mine.skew(false), numbers(|x| x.skew(false))),
        ("kurtosis", mine.kurtosis(true, false), numbers(|x| x.kurtosis(true, false))),
        ("kurtosis", mine.kurtosis(false, true), numbers(|x| x.kurtosis(false, true))),
        ("median", mine.median(), numbers(Expr::median)),
        (
            "quantile",
            mine.quantile(0.3, QuantileMethod::Nearest),
            ["k", "i", "x"].iter().map(|name| col(*name).quantile(lit(0.3), QuantileMethod::Nearest)).collect(),
        ),
        ("n_unique", mine.n_unique(), each(Expr::n_unique)),
        ("any", mine.any(), vec![col("b").any(true)]),
        ("all", mine.all(), vec![col("b").all(true)]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn methods_are_polars((frame, parts) in frames()) {
        let mine = DataFrame::from_polars(frame.clone(), parts).split_every(2);
        for (name, found, exprs) in methods(&mine) {
            let polars = frame.clone().lazy().select(&exprs).collect().unwrap();
            prop_assert_eq!(found.schema(), polars.schema(), "{}", name);
            assert_like(&on_reference(&found).unwrap(), &polars, name);
        }
    }

    #[test]
    fn pairs_are_polars((frame, parts) in frames()) {
        let mine = DataFrame::from_polars(frame.clone(), parts).split_every(2);
        let float = |name: &str| col(name).cast(pl::DataType::Float64);
        for (found, pair) in [
            (mine.corr(), pearson_corr as fn(Expr, Expr) -> Expr),
            (mine.cov(1), |a, b| cov(a, b, 1)),
        ] {
            let found = on_reference(&found).unwrap();
            for (row, a) in NUMBERS.iter().enumerate() {
                for b in NUMBERS {
                    let polars = frame.clone().lazy().select([pair(float(a), float(b)).alias(b)]).collect().unwrap();
                    assert_like(&found.select([b]).unwrap().slice(row as i64, 1), &polars, &format!("{a}, {b}"));
                }
            }
        }
    }

    #[test]
    fn different_rows_are_polars((frame, parts) in frames(), out in 1..4usize) {
        let mine = DataFrame::from_polars(frame.clone(), parts).split_every(2);
        for subset in [vec!["k"], vec!["s", "b"], vec!["x"], vec!["c", "d", "k"]] {
            for keep in [UniqueKeepStrategy::First, UniqueKeepStrategy::Last, UniqueKeepStrategy::None] {
                let polars = frame.unique_stable(Some(&subset.iter().map(|s| s.to_string()).collect::<Vec<_>>()), keep, None).unwrap();
                let what = format!("{subset:?}, {keep:?}");
                assert_like(&on_reference(&mine.drop_duplicates(&subset, keep)).unwrap(), &polars, &what);
                let split = mine.drop_duplicates_into(out, &subset, keep);
                prop_assert_eq!(split.npartitions(), out);
                assert_like(&in_order(&on_reference(&split).unwrap()), &in_order(&polars), &what);
            }
        }
        let few = frame.select(["k", "b"]).unwrap();
        let found = DataFrame::from_polars(few.clone(), parts).unique();
        let polars = few.unique_stable(None, UniqueKeepStrategy::First, None).unwrap();
        assert_like(&on_reference(&found).unwrap(), &polars, "unique");
    }

    #[test]
    fn frequent_values_are_polars((frame, parts) in frames()) {
        let mine = DataFrame::from_polars(frame.clone(), parts).split_every(2);
        for column in ["k", "s", "x", "d"] {
            let polars = frame.clone().lazy().select([col(column).mode(false)]).collect().unwrap();
            let polars = polars.sort([column], Default::default()).unwrap();
            assert_like(&on_reference(&mine.mode(column)).unwrap(), &polars, "mode");
            let counts = frame.clone().lazy().group_by_stable([col(column)]).agg([pl::len().alias("count")]);
            let options = pl::SortMultipleOptions::default().with_order_descending(true).with_maintain_order(true);
            let polars = counts.sort(["count"], options).collect().unwrap();
            assert_like(&on_reference(&mine.value_counts(column)).unwrap(), &polars, "value_counts");
        }
    }

    #[test]
    fn descriptions_say_what_polars_says((frame, parts) in frames()) {
        let table = on_reference(&DataFrame::from_polars(frame.clone(), parts).describe()).unwrap();
        let nearest = |at: f64| move |x: Expr| x.quantile(lit(at), QuantileMethod::Nearest);
        let rows: [(i64, &str, Make); 8] = [
            (0, "x", Box::new(Expr::count)), (1, "b", Box::new(Expr::null_count)), (2, "i", Box::new(Expr::mean)),
            (3, "x", Box::new(|x| x.std(1))), (4, "i", Box::new(Expr::min)), (5, "i", Box::new(nearest(0.25))),
            (7, "x", Box::new(nearest(0.75))), (8, "b", Box::new(Expr::max)),
        ];
        for (row, column, make) in rows {
            let polars = frame.clone().lazy().select([make(col(column)).cast(pl::DataType::Float64)]).collect().unwrap();
            assert_like(&table.select([column]).unwrap().slice(row, 1), &polars, column);
        }
        for (row, column, make) in [(4, "s", Expr::min as fn(Expr) -> Expr), (8, "d", Expr::max)] {
            let polars = frame.clone().lazy().select([make(col(column)).cast(pl::DataType::String)]).collect().unwrap();
            assert_like(&table.select([column]).unwrap().slice(row, 1), &polars, column);
        }
        prop_assert_eq!(table.get_column_names()[0], "statistic");
        prop_assert_eq!(table.height(), 9);
    }

    #[test]
    fn places_and_orders_are_found((frame, parts) in frames(), sorted in any::<bool>(), known in any::<bool>()) {
        let frame = if sorted { frame.sort(["i"], Default::default()).unwrap() } else { frame };
        let mine = DataFrame::from_polars(frame.clone(), parts).split_every(2);
        let mine = if known { mine } else { mine.filter(lit(true)) };
        let at = |name: &str, extreme: fn(Expr) -> Expr| {
            col("row").filter(col(name).eq(extreme(col(name)))).first().cast(pl::DataType::UInt64).alias(name)
        };
        for (found, extreme) in [(mine.idxmin(), Expr::min as fn(Expr) -> Expr), (mine.idxmax(), Expr::max)] {
            let exprs: Vec<Expr> = frame.get_column_names().iter().map(|name| at(name, extreme)).collect();
            let polars = frame.clone().lazy().with_row_index("row", None).select(exprs).collect().unwrap();
            assert_like(&on_reference(&found).unwrap(), &polars, "places");
        }
        let values: Vec<Option<i64>> = frame.column("i").unwrap().i64().unwrap().iter().collect();
        let complete = values.iter().all(Option::is_some);
        let bool_of = |frame: &DataFrame| on_reference(frame).unwrap().column("i").unwrap().bool().unwrap().get(0);
        let increasing = complete && values.is_sorted();
        prop_assert_eq!(bool_of(&mine.is_monotonic_increasing("i")), Some(increasing));
        let decreasing = complete && values.iter().rev().is_sorted();
        prop_assert_eq!(bool_of(&mine.is_monotonic_decreasing("i")), Some(decreasing));
        let back = mine.select([col("i").drop_nulls()]);
        prop_assert_eq!(bool_of(&back.is_monotonic_increasing("i")), Some(values.iter().flatten().is_sorted()));
    }

    #[test]
    fn sketches_of_few_values_are_right((frame, parts) in frames()) {
        let mine = DataFrame::from_polars(frame.clone(), parts).split_every(2);
        let polars = frame.clone().lazy().select([all().as_expr().n_unique()]).collect().unwrap();
        let about = on_reference(&mine.approx_n_unique()).unwrap();
        for (mine, theirs) in about.columns().iter().zip(polars.columns()) {
            let (mine, theirs) = (mine.u32().unwrap().get(0).unwrap(), theirs.u32().unwrap().get(0).unwrap());
            prop_assert!(mine.abs_diff(theirs) <= theirs / 10, "{} instead of {}", mine, theirs);
        }
        let numbers = NUMBERS.iter().map(|name| {
            let x = col(*name).cast(pl::DataType::Float64);
            x.clone().filter(x.is_not_nan()).quantile(lit(0.2), QuantileMethod::Linear).alias(*name)
        });
        let polars = frame.clone().lazy().select(numbers.collect::<Vec<_>>()).collect().unwrap();
        assert_like(&on_reference(&mine.quantile_approximate(0.2)).unwrap(), &polars, "quantile_approximate");
    }
}

#[test]
fn sketches_of_many_values_are_near() {
    let rows = 50_000i64;
    let numbers = (0..rows).map(|n| n * 7919 % rows).collect::<Vec<_>>();
    let mut seen = Vec::new();
    for parts in [1, 5] {
        let mine = DataFrame::from_polars(df!("x" => &numbers).unwrap(), parts);
        let count = on_reference(&mine.approx_n_unique()).unwrap().column("x").unwrap().u32().unwrap().get(0).unwrap();
        assert!((i64::from(count) - rows).abs() < rows / 16, "{count}");
        seen.push(count);
        let median =
            on_reference(&mine.median_approximate()).unwrap().column("x").unwrap().f64().unwrap().get(0).unwrap();
        assert!((median - 25_000.0).abs() < 500.0, "{median}");
    }
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn wrong_aggregates_say_what_is_wrong() {
    let frame = DataFrame::from_polars(df!("s" => ["a", "b"]).unwrap(), 2);
    let none: [&str; 0] = [];
    for (wrong, text) in [
        (frame.sum(), "`sum`: the number of columns of numbers is 0, and has to be at least 1"),
        (frame.any(), "`any`: the number of columns of truths is 0, and has to be at least 1"),
        (frame.corr(), "`corr`: the number of columns of numbers is 0"),
        (
            frame.quantile_approximate(-0.5),
            "`quantile_approximate`: the quantile is -0.5, and has to be between 0 and 1",
        ),
        (frame.drop_duplicates("t", UniqueKeepStrategy::First), "`drop_duplicates`: there is no column \"t\""),
        (frame.drop_duplicates(none, UniqueKeepStrategy::First), "`group_by`: the number of keys is 0"),
        (frame.value_counts("t"), "`value_counts`: there is no column \"t\""),
        (frame.mode("t"), "`mode`: there is no column \"t\""),
        (frame.is_monotonic_increasing("t"), "`is_monotonic_increasing`: there is no column \"t\""),
        (frame.select([col("q")]).describe(), "`select`: there is no column \"q\""),
    ] {
        let found = wrong.check().unwrap_err();
        assert!(found.error.to_string().starts_with(text), "{found}");
        assert!(found.place.to_string().contains("frame_aggregates.rs"), "{found}");
    }
}
