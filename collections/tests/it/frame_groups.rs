//! Groups of dataframes over partitions against Polars over the whole frame.

use crate::frames::{assert_like, frames, in_order};
use partita_collections::dataframe::polars::prelude::{self as pl, DataType, IntoLazy, cov, df, pearson_corr};
use partita_collections::dataframe::{Aggregation, DataFrame, Expr, GroupBy, col, len, lit, on_reference, when};
use proptest::prelude::*;

/// Aggregates that are taken apart.
fn apart() -> Vec<Expr> {
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
        col("i").first_non_null().alias("first_some"),
        col("i").last_non_null().alias("last_some"),
        x().null_count().alias("nulls"),
        col("d").min().alias("dmin"),
        col("d").max().alias("dmax"),
        col("b").any(true).alias("any"),
        col("b").all(false).alias("all"),
        col("b").sum().alias("bsum"),
        (col("i").max() - col("i").min()).alias("span"),
        col("i").filter(col("b")).sum().alias("filtered"),
        col("i").filter(col("b")).first().alias("first_filtered"),
        (col("i") * lit(2)).sum().alias("twice"),
        x().skew(false).alias("skew"),
        x().kurtosis(true, false).alias("kurtosis"),
        cov(x(), col("i"), 1).alias("cov"),
        pearson_corr(x(), col("i")).alias("corr"),
        lit(7).alias("seven"),
    ]
}

/// Those for which rows are shuffled.
fn whole() -> Vec<Expr> {
    vec![
        col("x").median(),
        col("i").quantile(lit(0.25), pl::QuantileMethod::Linear),
        col("s").n_unique(),
        col("d").alias("days"),
        col("i").sort(pl::SortOptions::default()).first().alias("least"),
        col("x").sum().alias("sum"),
        // Of a group without a value Polars says 0 or null, as the column is flagged as sorted or not.
        col("x").fill_null(lit(0.0)).arg_max().alias("arg_max"),
    ]
}

fn keys() -> impl Strategy<Value = Vec<Expr>> {
    prop_oneof![
        Just(vec![col("k")]),
        Just(vec![col("s")]),
        Just(vec![col("c"), col("k")]),
        Just(vec![col("x")]),
        Just(vec![(col("i") % lit(2)).alias("odd"), col("b")]),
        Just(vec![col("d")]),
    ]
}

fn names(keys: &[Expr]) -> Vec<Expr> {
    keys.iter().map(|key| col(key.clone().meta().output_name().unwrap())).collect()
}

fn expected(frame: &pl::DataFrame, keys: &[Expr], exprs: &[Expr]) -> pl::DataFrame {
    frame.clone().lazy().group_by_stable(keys).agg(exprs).collect().unwrap()
}

/// The aggregates that the frame can have with these keys.
fn without(keys: &[Expr], exprs: Vec<Expr>) -> Vec<Expr> {
    let taken: Vec<_> = names(keys);
    exprs.into_iter().filter(|expr| !taken.contains(&col(expr.clone().meta().output_name().unwrap()))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn aggregates_of_groups_are_polars((frame, parts) in frames(), keys in keys(), out in 1..4usize) {
        let exprs = without(&keys, apart());
        let groups = DataFrame::from_polars(frame.clone(), parts).split_every(2).group_by(&keys);
        let polars = expected(&frame, &keys, &exprs);
        let mine = groups.agg(&exprs);
        prop_assert_eq!(mine.schema(), polars.schema());
        assert_like(&on_reference(&mine).unwrap(), &polars, "in order");
        let split = groups.split_out(out).agg(&exprs);
        prop_assert_eq!(split.npartitions(), out);
        assert_like(&in_order(&on_reference(&split).unwrap()), &in_order(&polars), "split");
    }

    #[test]
    fn what_cannot_be_taken_apart_is_polars((frame, parts) in frames(), keys in keys()) {
        let exprs = without(&keys, whole());
        let groups = DataFrame::from_polars(frame.clone(), parts).group_by(&keys);
        let polars = expected(&frame, &keys, &exprs);
        assert_like(&on_reference(&groups.split_out(1).agg(&exprs)).unwrap(), &polars, "in order");
        let by_keys = |frame: pl::DataFrame| {
            let names = names(&keys);
            let options = pl::SortMultipleOptions::default().with_nulls_last(true);
            frame.lazy().sort_by_exprs(names, options).collect().unwrap()
        };
        assert_like(&by_keys(on_reference(&groups.agg(&exprs)).unwrap()), &by_keys(polars), "shuffled");
        let counts = vec![col("i").n_unique().alias("n"), (col("i")).n_unique().alias("m")];
        let polars = expected(&frame, &keys, &counts);
        let found = on_reference(&groups.agg(&counts)).unwrap();
        assert_like(&by_keys(found), &by_keys(polars.clone()), "counts");
        assert_like(&on_reference(&groups.split_out(1).agg(&counts)).unwrap(), &polars, "counts in order");
    }

    #[test]
    fn transforms_are_polars_over((frame, parts) in frames(), keys in keys(), known in any::<bool>()) {
        let mine = DataFrame::from_polars(frame.clone(), parts);
        let mine = if known { mine } else { mine.filter(lit(true)) };
        let groups = mine.group_by(&keys);
        for exprs in [
            vec![(col("i") - col("i").mean()).alias("away"), col("x").sum().alias("x"), len().alias("n")],
            vec![col("i").cum_sum(false), col("s").shift(lit(1)).alias("before"), col("d").median().alias("mid")],
        ] {
            let over: Vec<Expr> = exprs
                .iter()
                .map(|expr| {
                    let name = expr.clone().meta().output_name().unwrap();
                    expr.clone().over(&keys).unwrap().alias(name)
                })
                .collect();
            let polars = frame.clone().lazy().with_columns(&over).collect().unwrap();
            let mine = groups.transform(&exprs);
            prop_assert_eq!(mine.schema(), polars.schema());
            prop_assert_eq!(mine.known_len(), known.then_some(frame.height()));
            assert_like(&on_reference(&mine).unwrap(), &polars, &format!("{exprs:?}"));
        }
    }

    #[test]
    fn rows_of_groups_are_polars((frame, parts) in frames(), keys in keys(), n in 0..4usize, out in 1..3usize) {
        let groups = DataFrame::from_polars(frame.clone(), parts).split_every(2).group_by(&keys);
        let numbered = frame.clone().lazy().with_row_index("row", None);
        let rows = |take: fn(Expr, usize) -> Expr| {
            let kept = numbered.clone().group_by(&keys).agg([take(col("row"), n)]);
            let kept = kept.select([col("row").explode(pl::ExplodeOptions { empty_as_null: false, keep_nulls: false })]);
            numbered.clone().join(kept, [col("row")], [col("row")], pl::JoinArgs::new(pl::JoinType::Semi))
                .sort(["row"], Default::default()).drop(pl::cols(["row"])).collect().unwrap()
        };
        let head = rows(|row, n| row.head(Some(n)));
        assert_like(&on_reference(&groups.head(n)).unwrap(), &head, "head");
        assert_like(&in_order(&on_reference(&groups.split_out(out).head(n)).unwrap()), &in_order(&head), "head, split");
        assert_like(&on_reference(&groups.tail(n)).unwrap(), &rows(|row, n| row.tail(Some(n))), "tail");
        let same = groups.split_out(1).apply(frame.schema().clone(), move |rows| Ok(rows.head(Some(n))));
        assert_like(&in_order(&on_reference(&same).unwrap()), &in_order(&head), "apply");
    }

    #[test]
    fn places_of_extremes_are_found((frame, parts) in frames(), known in any::<bool>()) {
        let mine = DataFrame::from_polars(frame.clone(), parts);
        let mine = if known { mine } else { mine.filter(lit(true)) };
        let whole = frame.select(["k", "i", "d"]).unwrap();
        let groups = mine.select([col("k"), col("i"), col("d")]).group_by([col("k")]);
        let at = |column: &str, least: bool| {
            let x = col(column);
            let extreme = if least { x.clone().min() } else { x.clone().max() };
            col("row").filter(x.eq(extreme)).first().cast(DataType::UInt64).alias(column)
        };
        for (least, found) in [(true, groups.idxmin()), (false, groups.idxmax())] {
            let polars = whole.clone().lazy().with_row_index("row", None);
            let polars = polars.group_by_stable([col("k")]).agg([at("i", least), at("d", least)]).collect().unwrap();
            assert_like(&on_reference(&found).unwrap(), &polars, "places");
        }
    }
}

fn small() -> GroupBy {
    let frame = df!("k" => ["a", "b", "a", "b", "c"], "x" => [1i64, 2, 3, 4, 5]).unwrap();
    DataFrame::from_polars(frame, 3).group_by([col("k")])
}

#[test]
fn partitions_without_groups_have_the_types_of_all() {
    let frame = df!("k" => ["a", "b", "a"], "x" => [Some(1i64), None, Some(3)]).unwrap();
    let list = when(col("x").gt(col("x").mean())).then(col("x")).otherwise(col("x").max()).alias("list");
    let mine = DataFrame::from_polars(frame.clone(), 3).group_by([col("k")]).split_out(8).agg([list.clone()]);
    let sorted = mine.sort("k", pl::SortMultipleOptions::default());
    let expected = frame.lazy().group_by([col("k")]).agg([list]).sort(["k"], Default::default()).collect().unwrap();
    assert!(on_reference(&sorted).unwrap().equals_missing(&expected));
}

/// FAULTS T27.
/// Rows of one each are sorted, and NaN after infinity, too; Polars takes the last of sorted ones for the largest.
#[test]
fn nan_is_no_largest_of_short_partitions() {
    let frame = df!("k" => [1, 1, 1, 2], "x" => [-0.0, f64::INFINITY, f64::NAN, 1.0]).unwrap();
    let places = [col("x").arg_max().alias("most"), col("x").arg_min().alias("least")];
    let expected = frame.clone().lazy().group_by_stable([col("k")]).agg(&places).collect().unwrap();
    for parts in [1, 2, 4] {
        let mine = DataFrame::from_polars(frame.clone(), parts).group_by([col("k")]).split_out(1).agg(&places);
        assert_eq!(on_reference(&mine).unwrap(), expected, "{parts} partitions");
    }
}

/// FAULTS D18.
#[test]
fn one_key_with_nearly_all_rows_is_no_problem() {
    let keys: Vec<i64> = (0..100_000i64).map(|n| if n % 100 == 0 { n } else { -1 }).collect();
    let frame = df!("k" => &keys, "x" => vec![1i64; keys.len()]).unwrap();
    let groups = DataFrame::from_polars(frame.clone(), 8).group_by([col("k")]);
    let exprs = [col("x").sum(), col("x").median().alias("mid")];
    let found = on_reference(&groups.agg(&exprs)).unwrap();
    assert_like(&in_order(&found), &in_order(&expected(&frame, &[col("k")], &exprs)), "skewed");
}

#[test]
fn sketches_are_near_whatever_the_partitions() {
    let rows = 20_000i64;
    let frame = df!(
        "k" => (0..rows).map(|n| n % 3).collect::<Vec<_>>(),
        "x" => (0..rows).map(|n| (n * 7919 % rows) as f64).collect::<Vec<_>>()
    )
    .unwrap();
    let mut seen = Vec::new();
    for parts in [1, 7] {
        let mine = DataFrame::from_polars(frame.clone(), parts);
        let counts = on_reference(&mine.group_by([col("k")]).approx_n_unique()).unwrap();
        for count in counts.column("x").unwrap().u32().unwrap().iter().flatten() {
            assert!((f64::from(count) - 6667.0).abs() < 400.0, "{counts}");
        }
        seen.push(counts);
        let medians = on_reference(&mine.group_by([col("k")]).median_approximate()).unwrap();
        for median in medians.column("x").unwrap().f64().unwrap().iter().flatten() {
            assert!((median - 10_000.0).abs() < 300.0, "{medians}");
        }
    }
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn rows_are_shuffled_to_as_many_partitions_as_there_were() {
    let wide = small().agg([col("x").median()]);
    assert_eq!(wide.npartitions(), 3);
    assert_eq!(small().split_out(2).agg([col("x").median()]).npartitions(), 2);
}

#[test]
fn wrong_groups_say_what_is_wrong() {
    let frame = DataFrame::from_polars(df!("k" => ["a", "b"], "x" => [1i64, 2]).unwrap(), 2);
    let none: [Expr; 0] = [];
    let by_k = || frame.group_by([col("k")]);
    let sums = Aggregation::new([col("x").sum().alias("s")], [col("s").mean()], [col("s")]);
    let wide = Aggregation::new([col("x").sum()], [col("x").sum()], [col("x") - col("x").max()]);
    for (wrong, text) in [
        (frame.group_by([col("q")]).agg([len()]), "`group_by`: there is no column \"q\""),
        (frame.group_by(none).agg([len()]), "`group_by`: the number of keys is 0, and has to be at least 1"),
        (frame.group_by([col("x").sum()]).agg([len()]), "`group_by`: "),
        (by_k().agg([col("y").sum()]), "`agg`: there is no column \"y\""),
        (by_k().agg([col("k").sum()]), "`agg`"),
        (by_k().agg([col("x").sum(), col("x").mean()]), "`agg`"),
        (by_k().transform([col("y")]), "`transform`: there is no column \"y\""),
        (
            by_k().get_group([lit("a"), lit(1)]),
            "`get_group`: the number of values is 2, and has to be that of the keys",
        ),
        (
            by_k().quantile_approximate(1.5),
            "`quantile_approximate`: the quantile is 1.5, and has to be between 0 and 1",
        ),
        (by_k().value_counts("y"), "`value_counts`: there is no column \"y\""),
        (by_k().aggregate(&sums), "`aggregate`: the frames have other columns"),
        (by_k().aggregate(&wide), "`aggregate`: "),
        (frame.select([col("k")]).group_by([col("k")]).sum(), "`sum`: the number of columns of numbers is 0"),
    ] {
        let found = wrong.check().unwrap_err();
        assert!(found.error.to_string().starts_with(text), "{found}");
        assert!(found.place.to_string().contains("frame_groups.rs"), "{found}");
    }
}

/// FAULTS G11.
#[test]
fn functions_of_groups_are_held_to_their_word() {
    let frame = df!("k" => ["a", "b"], "x" => [1i64, 2]).unwrap();
    let groups = DataFrame::from_polars(frame.clone(), 1).group_by([col("k")]);
    let wrong = groups.apply(frame.schema().clone(), |rows| Ok(rows.drop("x")?));
    let error = on_reference(&wrong).unwrap_err().to_string();
    assert!(error.contains("the function made columns k: str, and said k: str, x: i64"), "{error}");
    let failing = groups.apply(frame.schema().clone(), |_| Err("no such luck".into()));
    assert!(on_reference(&failing).unwrap_err().to_string().contains("no such luck"));
}
