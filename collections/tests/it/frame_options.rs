//! Options of Dask's methods, as the guide says that they are called here, against plain loops and Polars over all rows.

use crate::frames::{assert_like, frames};
use crate::run;
use partita_collections::dataframe::polars::prelude::{
    self as pl, DataType, IntoLazy, JoinArgs, JoinType, QuantileMethod, SortMultipleOptions, UniqueKeepStrategy, df,
};
use partita_collections::dataframe::{DataFrame, col, lit};
use proptest::prelude::*;

/// The rows for which something holds.
fn kept(frame: &pl::DataFrame, keep: impl Fn(usize) -> bool) -> pl::DataFrame {
    let mask: pl::BooleanChunked = (0..frame.height()).map(|row| Some(keep(row))).collect();
    frame.filter(&mask).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_with_enough_values_are_kept(
        (frame, parts) in frames(),
        names in proptest::sample::subsequence(vec!["k", "i", "x", "s", "b", "d", "c"], 0..=7),
        thresh in 0..9usize,
    ) {
        let mine = DataFrame::from_polars(frame.clone(), parts);
        let has = |row: usize, name: &&&str| !frame.column(name).unwrap().get(row).unwrap().is_null();
        let expected = kept(&frame, |row| names.iter().filter(|name| has(row, name)).count() >= thresh);
        let found = run(&mine.drop_nulls_thresh(&names, thresh));
        prop_assert!(found.equals_missing(&expected), "{} instead of {}", found, expected);
    }

    #[test]
    fn any_quantiles_are_told((frame, parts) in frames(), percents in proptest::sample::subsequence((0..=100u32).collect::<Vec<_>>(), 0..4)) {
        let quantiles: Vec<f64> = percents.iter().rev().map(|percent| f64::from(*percent) / 100.0).collect();
        let table = run(&DataFrame::from_polars(frame.clone(), parts).describe_at(&quantiles));
        let names: Vec<String> = table.column("statistic").unwrap().str().unwrap().iter().flatten().map(Into::into).collect();
        let told = percents.iter().map(|percent| format!("{percent}%"));
        let expected: Vec<String> = ["count", "null_count", "mean", "std", "min"].map(String::from).into_iter().chain(told).chain(["max".into()]).collect();
        prop_assert_eq!(names, expected);
        for (row, at) in quantiles.iter().rev().enumerate() {
            let quantile = |name| col(name).quantile(lit(*at), QuantileMethod::Nearest).cast(DataType::Float64);
            let polars = frame.clone().lazy().select([quantile("i"), quantile("x")]).collect().unwrap();
            assert_like(&table.select(["i", "x"]).unwrap().slice(5 + row as i64, 1), &polars, "quantiles");
        }
    }

    #[test]
    fn nulls_are_first_or_last((frame, parts) in frames(), last in any::<[bool; 2]>(), descending in any::<[bool; 2]>()) {
        let options = SortMultipleOptions::default().with_order_descending_multi(descending).with_nulls_last_multi(last);
        let found = run(&DataFrame::from_polars(frame.clone(), parts).sort(["k", "i"], options.clone()));
        let expected = frame.sort(["k", "i"], options.with_maintain_order(true)).unwrap();
        prop_assert!(found.equals_missing(&expected), "{} instead of {}", found, expected);
    }

    #[test]
    fn shares_are_counts_of_values((frame, parts) in frames()) {
        let some: Vec<i64> = frame.column("k").unwrap().i64().unwrap().iter().flatten().collect();
        let counts = DataFrame::from_polars(frame, parts).value_counts("k").drop_nulls_in("k");
        let shares = counts.with_columns([col("count").cast(DataType::Float64) / col("count").sum()]);
        for (key, share) in run(&shares.sort("k", Default::default())).column("k").unwrap().i64().unwrap().iter().flatten().zip(
            run(&shares.sort("k", Default::default())).column("count").unwrap().f64().unwrap().iter().flatten(),
        ) {
            let times = some.iter().filter(|other| **other == key).count();
            prop_assert!((share - times as f64 / some.len() as f64).abs() < 1e-12);
        }
    }
}

#[test]
fn options_are_as_the_guide_says() {
    let frame = DataFrame::from_polars(df!("k" => [1, 1, 2], "x" => [1, 2, 3]).unwrap(), 3);
    for (keep, expected) in [
        (UniqueKeepStrategy::First, df!("k" => [1, 2], "x" => [1, 3])),
        (UniqueKeepStrategy::Last, df!("k" => [1, 2], "x" => [2, 3])),
        (UniqueKeepStrategy::None, df!("k" => [2], "x" => [3])),
    ] {
        assert_eq!(run(&frame.drop_duplicates("k", keep)), expected.unwrap());
    }
    let suffix = JoinArgs::new(JoinType::Inner).with_suffix(Some("_y".into()));
    let joined = frame.rename([("x", "x_x")]).join(&frame.select([col("k"), col("x").alias("x_x")]), "k", "k", suffix);
    assert_eq!(joined.columns(), ["k", "x_x", "x_x_y"]);
    let texts = DataFrame::from_polars(df!("t" => ["1", "one"]).unwrap(), 2);
    let error = partita_collections::bag::on_reference(&texts.cast("t", DataType::Int64)).unwrap_err().to_string();
    assert!(error.contains("one"), "{error}");
    let found = run(&texts.with_columns([col("t").cast(DataType::Int64)]));
    assert!(found.equals_missing(&df!("t" => [Some(1i64), None]).unwrap()));
}

#[test]
fn wrong_options_say_what_is_wrong() {
    let frame = DataFrame::from_polars(df!("x" => [1.5, 2.5]).unwrap(), 2);
    let quantiles = "`describe_at`: the list of quantiles is ";
    for (wrong, text) in [
        (frame.describe_at(&[0.5, 1.5]), format!("{quantiles}[0.5, 1.5], and has to be of numbers from 0 to 1")),
        (frame.describe_at(&[f64::NAN]), format!("{quantiles}[NaN]")),
        (frame.describe_at(&[0.25, 0.5, 0.25]), format!("{quantiles}[0.25, 0.5, 0.25]")),
        (frame.drop_nulls_thresh(["x", "y"], 1), "`drop_nulls_thresh`: there is no column \"y\"".into()),
    ] {
        let found = wrong.check().unwrap_err();
        assert!(found.error.to_string().starts_with(&text), "{found}");
        assert!(found.place.to_string().contains("frame_options.rs"), "{found}");
    }
    // What is told is part of a table's key.
    let texts = DataFrame::from_polars(df!("s" => ["a"]).unwrap(), 1);
    assert_ne!(texts.describe_at(&[0.1]).node().key, texts.describe_at(&[0.2]).node().key);
}
