//! Dataframes over partitions against Polars over the whole frame: rows, shapes and missing values.

use crate::frames::{assert_like, frames, in_order};
use partita_collections::bag;
use partita_collections::dataframe::polars::prelude::{
    self as pl, DataType, FillNullStrategy, IntoLazy, UnpivotArgsDSL,
};
use partita_collections::dataframe::{DataFrame, Expr, col, cols, lit, on_reference};
use partita_graph::Reference;
use proptest::prelude::*;

/// The dataframe, and one of the same rows whose numbers nobody knows before it is computed.
fn both(frame: &pl::DataFrame, parts: usize) -> [DataFrame; 2] {
    let known = DataFrame::from_polars(frame.clone(), parts).split_every(2);
    let unknown = known.filter(lit(true));
    [known, unknown]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn slices_are_polars((frame, parts) in frames(), offset in -12..12i64, len in 0..12usize) {
        for mine in both(&frame, parts) {
            assert_like(&on_reference(&mine.head(len)).unwrap(), &frame.head(Some(len)), "head");
            assert_like(&on_reference(&mine.tail(len)).unwrap(), &frame.tail(Some(len)), "tail");
            assert_like(&on_reference(&mine.limit(len)).unwrap(), &frame.head(Some(len)), "limit");
            let sliced = mine.slice(offset, len);
            assert_like(&on_reference(&sliced).unwrap(), &frame.slice(offset, len), "slice");
            if let Some(rows) = sliced.known_len() {
                prop_assert_eq!(rows, frame.slice(offset, len).height());
            }
            prop_assert_eq!((mine.head(3).npartitions(), mine.tail(3).npartitions()), (1, 1));
        }
    }

    #[test]
    fn rows_are_counted_and_numbered((frame, parts) in frames()) {
        for mine in both(&frame, parts) {
            prop_assert_eq!(bag::on_reference(&mine.len_item()).unwrap(), frame.height() as u64);
            let lengths = bag::on_reference(&mine.partition_lengths()).unwrap();
            prop_assert_eq!((lengths.len(), lengths.iter().sum::<u64>()), (parts, frame.height() as u64));
            let numbered = frame.with_row_index("row".into(), None).unwrap();
            assert_like(&on_reference(&mine.with_row_index("row")).unwrap(), &numbered, "with_row_index");
            let sizes = bag::on_reference(&mine.memory_usage_per_partition()).unwrap();
            prop_assert_eq!(bag::on_reference(&mine.nbytes()).unwrap(), sizes.iter().sum::<u64>());
        }
    }

    #[test]
    fn repartitions_keep_rows((frame, parts) in frames(), into in 1..12usize, bytes in 1..2000usize) {
        for mine in both(&frame, parts) {
            let other = mine.repartition(into);
            prop_assert_eq!(other.npartitions(), into);
            assert_like(&on_reference(&other).unwrap(), &frame, "repartition");
            let lengths = bag::on_reference(&other.partition_lengths()).unwrap();
            let counted = bag::on_reference(&other.filter(lit(true)).partition_lengths()).unwrap();
            prop_assert_eq!(lengths, counted, "what is known is true");
            let other = mine.repartition_bytes(bytes, &Reference).unwrap();
            assert_like(&on_reference(&other).unwrap(), &frame, "repartition_bytes");
        }
    }

    #[test]
    fn samples_depend_on_seed_and_partitions_alone((frame, parts) in frames(), seed in any::<u64>()) {
        let [known, unknown] = both(&frame, parts);
        let some = on_reference(&known.sample(0.5, seed)).unwrap();
        assert_like(&on_reference(&unknown.sample(0.5, seed)).unwrap(), &some, "sample");
        assert_like(&on_reference(&known.sample(1.0, seed)).unwrap(), &frame, "all");
        prop_assert_eq!(on_reference(&known.sample(0.0, seed)).unwrap().height(), 0);
        let mut split = known.random_split(&[1.0, 1.0, 2.0], seed).into_iter();
        let mut all = on_reference(&split.next().unwrap()).unwrap();
        for part in split {
            all.vstack_mut(&on_reference(&part).unwrap()).unwrap();
        }
        assert_like(&in_order(&all), &in_order(&frame), "random_split");
    }

    #[test]
    fn missing_values_are_polars((frame, parts) in frames()) {
        let whole = || frame.clone().lazy();
        for mine in both(&frame, parts) {
            let check = |mine: DataFrame, theirs: pl::LazyFrame, what: &str| {
                assert_like(&on_reference(&mine).unwrap(), &theirs.collect().unwrap(), what);
            };
            check(mine.drop_nulls(), whole().drop_nulls(None), "drop_nulls");
            check(mine.drop_nulls_in(["x", "s"]), whole().drop_nulls(Some(cols(["x", "s"]))), "drop_nulls_in");
            check(mine.drop_nans(), whole().drop_nans(None), "drop_nans");
            check(mine.fill_nan(lit(1.5)), whole().with_columns([col("x").fill_nan(lit(1.5))]), "fill_nan");
            let theirs = whole().fill_null(lit(7)).collect();
            match (on_reference(&mine.fill_null(lit(7))), theirs) {
                (Ok(mine), Ok(theirs)) => assert_like(&mine, &theirs, "fill_null of all"),
                (mine, theirs) => assert!(mine.is_err() && theirs.is_err(), "{mine:?} {theirs:?}"),
            }
            let numbers = mine.select([col("i"), col("x")]);
            let their_numbers = || whole().select([col("i"), col("x")]);
            check(numbers.fill_null(lit(7)), their_numbers().fill_null(lit(7)), "fill_null");
            check(numbers.fill_null(col("i").max()), their_numbers().fill_null(col("i").max()), "fill_null with max");
            let no_nans = mine.select([col("i"), col("x").fill_nan(lit(1.5))]);
            for strategy in [
                FillNullStrategy::Mean, FillNullStrategy::Min, FillNullStrategy::Max, FillNullStrategy::Zero,
                FillNullStrategy::One, FillNullStrategy::Forward(None), FillNullStrategy::Backward(Some(1)),
            ] {
                let theirs = their_numbers().with_columns([col("x").fill_nan(lit(1.5))]);
                let theirs = theirs.with_columns([pl::all().as_expr().fill_null_with_strategy(strategy)]);
                check(no_nans.fill_null_with(strategy), theirs, &format!("{strategy:?}"));
            }
        }
    }

    #[test]
    fn shapes_are_polars((frame, parts) in frames()) {
        let mine = DataFrame::from_polars(frame.clone(), parts).split_every(2);
        let lists = |frame: pl::LazyFrame| frame.select([col("k"), col("s").str().split(lit("l")).alias("words")]);
        let expected = lists(frame.clone().lazy()).explode(cols(["words"]), pl::ExplodeOptions {
            empty_as_null: true, keep_nulls: true,
        });
        let words = mine.select([col("k"), col("s").str().split(lit("l")).alias("words")]).explode("words");
        assert_like(&on_reference(&words).unwrap(), &expected.collect().unwrap(), "explode");
        let args = UnpivotArgsDSL {
            on: Some(cols(["i", "x"])), index: cols(["k", "s"]), variable_name: None, value_name: None,
        };
        let long = frame.clone().lazy().unpivot(args).collect().unwrap();
        let found = on_reference(&mine.unpivot(["i", "x"], ["k", "s"])).unwrap();
        assert_like(&in_order(&found), &in_order(&long), "unpivot");
        let aggregates = [(Expr::sum as fn(Expr) -> Expr, "sum"), (Expr::mean, "mean"), (Expr::last, "last"), (Expr::count, "count")];
        for (aggregate, name) in aggregates {
            let on = pl::df!("s" => ["a", "b"]).unwrap();
            let theirs = frame.clone().lazy().pivot(
                cols(["s"]), on.into(), cols(["k", "d"]), cols(["i"]), aggregate(pl::element()), true, "_".into(),
                polars::frame::PivotColumnNaming::Auto,
            );
            let found = on_reference(&mine.pivot("s", ["a", "b"], ["k", "d"], "i", aggregate)).unwrap();
            assert_like(&found, &theirs.collect().unwrap(), name);
        }
    }
}

#[test]
fn columns_get_other_names_types_and_values() {
    let frame = polars::df!("x" => [-1.5, 2.26, 8.0], "n" => [1i64, -2, 3], "s" => ["1", "2", "x"]).unwrap();
    let mine = DataFrame::from_polars(frame.clone(), 2);
    let found = on_reference(&mine.rename([("x", "y"), ("s", "t")])).unwrap();
    assert_eq!(found.get_column_names(), ["y", "n", "t"]);
    assert_eq!(mine.rename([("x", "y")]).known_len(), Some(3));
    let found = on_reference(&mine.clip(lit(0), lit(3)).round(1).abs()).unwrap();
    assert_eq!(found, polars::df!("x" => [0.0, 2.3, 3.0], "n" => [1i64, 0, 3], "s" => ["1", "2", "x"]).unwrap());
    let cast = mine.cast(["n", "x"], DataType::Int32);
    assert_eq!(cast.schema().get("x"), Some(&DataType::Int32));
    assert_eq!(on_reference(&cast.select([col("x")])).unwrap(), polars::df!("x" => [-1, 2, 8]).unwrap());
    let texts = mine.select([col("s")]);
    assert_eq!(on_reference(&texts.abs().cum_sum().fill_nan(lit(0.0))).unwrap(), on_reference(&texts).unwrap());
    let error = on_reference(&mine.cast("s", DataType::Int64)).unwrap_err().to_string();
    assert!(error.contains("conversion"), "{error}");
}

#[test]
fn what_is_asked_wrongly_says_so() {
    let mine = DataFrame::from_polars(polars::df!("x" => [1i64, 2], "s" => ["a", "b"]).unwrap(), 2);
    let failing = |_: pl::DataFrame| Err::<pl::DataFrame, _>("not without rows");
    let panicking = |frame: pl::DataFrame| -> Result<pl::DataFrame, &str> { Ok(frame.slice(0, frame.height() - 1)) };
    for (wrong, text) in [
        (
            mine.get_partition(2),
            "`get_partition`: the range is 2..3 of 2 partitions, and has to be at least one that there is",
        ),
        (mine.sample(1.5, 0), "`sample`: the fraction is 1.5, and has to be between 0 and 1"),
        (mine.random_split(&[0.5, -0.1], 0).remove(1), "`random_split`: the list of fractions is [0.5, -0.1]"),
        (mine.rename([("y", "z")]), "`rename`: there is no column \"y\""),
        (mine.rename([("x", "s")]), "`rename`"),
        (mine.drop_nulls_in("y"), "`drop_nulls_in`: there is no column \"y\""),
        (mine.explode("x"), "`explode`: column \"x\" is of type i64, and has to be a list"),
        (mine.unpivot("x", "z"), "`unpivot`: there is no column \"z\""),
        (mine.to_dummies("z", ["a"]), "`to_dummies`: there is no column \"z\""),
        (mine.pivot("s", ["a"], [""; 0], "x", Expr::sum), "`pivot`: the index is empty"),
        (mine.pivot("s", ["a"], "x", "x", Expr::median), "`pivot`: `"),
        (mine.with_row_index("x"), "`with_row_index`"),
        (
            mine.map_partitions(failing),
            "`map_partitions`: what columns the function makes could not be learned from a frame without rows: not without rows; `map_partitions_to`",
        ),
        (
            mine.map_partitions(panicking),
            "`map_partitions`: what columns the function makes could not be learned from a frame without rows: it panicked",
        ),
    ] {
        let found = wrong.check().unwrap_err();
        assert!(found.error.to_string().starts_with(text), "{found}");
        assert!(found.place.to_string().contains("frame_rows.rs"), "{found}");
        for made in [wrong.head(1), wrong.tail(1), wrong.slice(1, 1), wrong.repartition(3), wrong.sample(0.5, 1)] {
            assert!(made.check().is_err());
        }
        assert!(bag::on_reference(&wrong.len_item()).is_err());
        assert!(bag::on_reference(&wrong.partition_lengths()).is_err());
    }
    let other = mine.map_partitions_to(mine.schema().clone(), |frame: pl::DataFrame| frame.select(["x"]));
    let error = on_reference(&other).unwrap_err().to_string();
    assert!(error.contains("the function made columns x: i64, and said x: i64, s: str"), "{error}");
}

#[test]
fn no_more_partitions_are_computed_than_needed() {
    let schema = polars::df!("x" => [0i64]).unwrap().schema().clone();
    let failing = |part: usize| match part {
        0 | 1 => polars::df!("x" => [part as i64]).map_err(|error| error.to_string()),
        _ => Err("nobody needs this".to_string()),
    };
    let mine = DataFrame::from_map(4, schema, failing);
    assert!(on_reference(&mine.get_partition(1)).is_ok());
    assert!(on_reference(&mine.repartition(2).get_partition(0)).is_ok());
    assert!(on_reference(&mine.head(1)).is_err(), "lengths are not known");
    let known = DataFrame::from_polars(polars::df!("x" => [1i64, 0, 2, 3]).unwrap(), 4);
    let known = known.with_columns([lit(6i64) / lit(2i64) * col("x")]).head(2);
    let tasks = partita_collections::Collection::graph(&known).check().unwrap().len();
    assert!(tasks <= 6, "two partitions, two steps, a gathering and a copy: {tasks}");
    assert_eq!(on_reference(&known).unwrap().height(), 2);
}

/// FAULTS G10.
#[test]
fn frames_without_partitions_have_no_rows() {
    let schema = polars::df!("x" => [0i64]).unwrap().schema().clone();
    let none = DataFrame::from_map(0, schema, |_| Err::<pl::DataFrame, _>("there is none"));
    assert_eq!(bag::on_reference(&none.len_item()).unwrap(), 0);
    assert!(bag::on_reference(&none.partition_lengths()).unwrap().is_empty());
    for (made, what) in [
        (none.head(2), "head"),
        (none.tail(2), "tail"),
        (none.slice(1, 1), "slice"),
        (none.slice(-1, 1), "slice from the end"),
        (none.repartition(2), "repartition"),
        (none.with_row_index("row"), "with_row_index"),
        (none.sample(0.5, 1), "sample"),
        (none.shift(1), "shift"),
        (none.cum_sum(), "cum_sum"),
        (none.ffill(None), "ffill"),
        (none.rolling(2).mean(), "rolling"),
        (none.map_overlap(1, 1, Ok::<_, String>), "map_overlap"),
        (none.resample("x", "2i").sum(), "resample"),
        (none.unpivot("x", [""; 0]), "unpivot"),
        (none.memory_usage().filter(lit(false)), "memory_usage"),
    ] {
        let found = on_reference(&made);
        assert!(found.as_ref().is_ok_and(|found| found.height() == 0), "{what}: {found:?}");
    }
}
