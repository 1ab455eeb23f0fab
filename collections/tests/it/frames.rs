//! What the tests of dataframes share: random frames, and comparisons with what Polars makes of them.

use partita_collections::dataframe::polars::prelude::{self as pl, AnyValue, Column, DataType, IntoColumn, NamedFrom};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Frames with a column of each kind, with nulls, NaN and few different values, and numbers of partitions for them.
///
/// `k` and `s` have few different values, `i` small integers, `x` floats with NaN, `b` truths, `d` days, `c` categories.
pub(crate) fn frames() -> impl Strategy<Value = (pl::DataFrame, usize)> {
    let float = prop_oneof![8 => (-100..100i32).prop_map(|x| f64::from(x) / 4.0), 1 => Just(f64::NAN), 1 => Just(0.0)];
    let word = prop_oneof![
        "[ab]",
        Just(String::new()),
        Just("a longer word than a view holds".to_string()),
        Just("é".to_string())
    ];
    let row = (
        option::weighted(0.9, 0..4i64),
        option::weighted(0.9, -5..6i64),
        option::weighted(0.9, float),
        option::weighted(0.9, word),
        option::weighted(0.9, any::<bool>()),
        option::weighted(0.9, 0..20i32),
    );
    (vec(row, 0..40), 1..8usize)
        .prop_map(|(rows, parts)| {
            let mut frame = pl::DataFrame::new_infer_height(vec![
                column("k", rows.iter().map(|row| row.0)),
                column("i", rows.iter().map(|row| row.1)),
                column("x", rows.iter().map(|row| row.2)),
                pl::Series::new("s".into(), rows.iter().map(|row| row.3.as_deref()).collect::<Vec<_>>()).into_column(),
                column("b", rows.iter().map(|row| row.4)),
                column("d", rows.iter().map(|row| row.5)).cast(&DataType::Date).unwrap(),
            ])
            .unwrap();
            let categories = DataType::from_categories(pl::Categories::global());
            let category = frame.column("s").unwrap().cast(&categories).unwrap().with_name("c".into());
            frame.with_column(category).unwrap();
            (frame, parts)
        })
        .prop_filter("of NaN and nulls alone, Polars' extremes depend on their places", |(frame, _)| {
            let x = frame.column("x").unwrap().f64().unwrap();
            x.null_count() == 0 || x.null_count() == x.len() || x.iter().flatten().any(|x| !x.is_nan())
        })
}

fn column<T>(name: &str, values: impl Iterator<Item = Option<T>>) -> Column
where
    pl::Series: NamedFrom<Vec<Option<T>>, [Option<T>]>,
{
    pl::Series::new(name.into(), values.collect::<Vec<_>>()).into_column()
}

/// Both frames have the same columns of the same types and the same rows in the same order; floats may differ in their
/// last digits.
#[track_caller]
pub(crate) fn assert_like(found: &pl::DataFrame, expected: &pl::DataFrame, what: &str) {
    assert_eq!(found.schema(), expected.schema(), "{what}");
    assert_eq!(found.height(), expected.height(), "{what}: {found} instead of {expected}");
    for (mine, theirs) in found.columns().iter().zip(expected.columns()) {
        let name = mine.name();
        for row in 0..found.height() {
            let (mine, theirs) = (mine.get(row).unwrap(), theirs.get(row).unwrap());
            assert!(
                alike(&mine, &theirs),
                "{what}, row {row}, column {name}: {mine} instead of {theirs} in {found} instead of {expected}"
            );
        }
    }
}

fn alike(left: &AnyValue, right: &AnyValue) -> bool {
    match (left, right) {
        (AnyValue::Float64(a), AnyValue::Float64(b)) => {
            a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
        }
        (AnyValue::List(a), AnyValue::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| alike(&a, &b))
        }
        (a, b) => a == b,
    }
}

/// The rows in an order of their own, for results that have none.
pub(crate) fn in_order(frame: &pl::DataFrame) -> pl::DataFrame {
    let names: Vec<_> = frame.get_column_names_owned();
    frame.sort(names, pl::SortMultipleOptions::default().with_nulls_last(true)).unwrap()
}
