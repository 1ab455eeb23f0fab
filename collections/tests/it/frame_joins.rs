//! Joined dataframes against joined frames of Polars: by equal keys in every way that they can meet, by near keys, and
//! dataframes under and beside each other.

use crate::frames::{assert_like, frames, in_order};
use partita_collections::Collection;
use partita_collections::dataframe::polars::prelude::{
    self as pl, AsOfOptions, AsofStrategy, IntoLazy, JoinArgs, JoinCoalesce, JoinType, JoinValidation,
    MaintainOrderJoin, NamedFrom, Scalar, Series, SortMultipleOptions,
};
use partita_collections::dataframe::{AsOf, DataFrame, Expr, col, on_reference};
use proptest::prelude::*;

const TYPES: [JoinType; 6] =
    [JoinType::Inner, JoinType::Left, JoinType::Right, JoinType::Full, JoinType::Semi, JoinType::Anti];

/// What Polars makes of whole frames.
fn joined(
    left: &pl::DataFrame,
    right: &pl::DataFrame,
    left_on: &[&str],
    right_on: &[&str],
    args: &JoinArgs,
) -> pl::DataFrame {
    let keys = |names: &[&str]| names.iter().map(|name| col(*name)).collect::<Vec<Expr>>();
    left.clone().lazy().join(right.clone().lazy(), keys(left_on), keys(right_on), args.clone()).collect().unwrap()
}

/// A dataframe of which it is not known how many rows it has.
fn unknown(frame: &pl::DataFrame, parts: usize) -> DataFrame {
    let frame = DataFrame::from_polars(frame.clone(), parts);
    frame.filter(col("i").is_null().or(col("i").is_not_null()))
}

fn args() -> impl Strategy<Value = JoinArgs> {
    let coalesce = proptest::sample::select(vec![
        JoinCoalesce::JoinSpecific,
        JoinCoalesce::CoalesceColumns,
        JoinCoalesce::KeepColumns,
    ]);
    (proptest::sample::select(TYPES.to_vec()), any::<bool>(), coalesce).prop_map(|(how, nulls_equal, coalesce)| {
        let mut args = JoinArgs::new(how).with_coalesce(coalesce).with_suffix(Some("_2".into()));
        args.nulls_equal = nulls_equal;
        args
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn joins_are_polars_whatever_moves(
        (left, left_parts) in frames(),
        (right, right_parts) in frames(),
        args in args(),
        on in proptest::sample::select(vec![vec!["k"], vec!["s"], vec!["x"], vec!["c"], vec!["k", "b"], vec!["d", "s"]]),
    ) {
        let right = right.head(Some(15));
        let expected = in_order(&joined(&left, &right, &on, &on, &args));
        let small = DataFrame::from_polars(left.clone(), left_parts).join(&DataFrame::from_polars(right.clone(), right_parts), &on, &on, args.clone());
        prop_assert_eq!(small.schema(), expected.schema());
        assert_like(&in_order(&on_reference(&small).unwrap()), &expected, "small");
        let hashed = unknown(&left, left_parts).join(&unknown(&right, right_parts), &on, &on, args);
        assert_like(&in_order(&on_reference(&hashed).unwrap()), &expected, "hashed");
    }

    #[test]
    fn what_is_broadcast_keeps_the_left_order((left, left_parts) in frames(), (right, _) in frames()) {
        for how in [JoinType::Inner, JoinType::Left, JoinType::Semi, JoinType::Anti] {
            let mut args = JoinArgs::new(how);
            args.maintain_order = MaintainOrderJoin::LeftRight;
            let expected = joined(&left, &right, &["k"], &["i"], &args);
            let found = unknown(&left, left_parts).join(&unknown(&right, 1), "k", "i", args.how.clone());
            prop_assert_eq!(found.npartitions(), left_parts);
            assert_like(&on_reference(&found).unwrap(), &expected, &format!("{:?}", args.how));
        }
    }

    #[test]
    fn what_is_divided_alike_is_not_moved((left, left_parts) in frames(), (right, right_parts) in frames(), how in proptest::sample::select(TYPES.to_vec())) {
        let bounds = Series::new("i".into(), [-5i64, -1, 0, 3, 5]);
        let divided = |frame: &pl::DataFrame, parts| DataFrame::from_polars(frame.clone(), parts).set_index_with_divisions("i", bounds.clone());
        let found = divided(&left, left_parts).join(&divided(&right, right_parts), ["k", "i"], ["k", "i"], how.clone());
        prop_assert_eq!(found.npartitions(), 4);
        prop_assert_eq!(found.divisions().is_some(), !matches!(how, JoinType::Right | JoinType::Full));
        let expected = joined(&left, &right, &["k", "i"], &["k", "i"], &how.into());
        assert_like(&in_order(&on_reference(&found).unwrap()), &in_order(&expected), "divided");
    }

    #[test]
    fn each_row_meets_each((left, left_parts) in frames(), (right, right_parts) in frames()) {
        let (left, right) = (left.head(Some(12)), right.head(Some(7)));
        let expected = left.clone().lazy().cross_join(right.clone().lazy(), None).collect().unwrap();
        let ordered = unknown(&left, left_parts).cross_join(&DataFrame::from_polars(right.clone(), right_parts));
        assert_like(&on_reference(&ordered).unwrap(), &expected, "small");
        let pairs = unknown(&left, left_parts).cross_join(&unknown(&right, right_parts));
        if right_parts > 1 {
            prop_assert_eq!(pairs.npartitions(), left_parts * right_parts);
        }
        assert_like(&in_order(&on_reference(&pairs).unwrap()), &in_order(&expected), "pairs");
    }

    #[test]
    fn near_rows_are_polars(
        (left, left_parts) in frames(),
        (right, right_parts) in frames(),
        key in proptest::sample::select(vec!["i", "x", "d"]),
        strategy in proptest::sample::select(vec![AsofStrategy::Backward, AsofStrategy::Forward, AsofStrategy::Nearest]),
        tolerance in proptest::option::of(0..4i32),
        by in proptest::sample::select(vec![vec![], vec!["k"], vec!["s", "b"]]),
        (allow_eq, with_nulls, nulls_last) in any::<(bool, bool, bool)>(),
    ) {
        let order = || SortMultipleOptions::default().with_maintain_order(true).with_nulls_last(nulls_last);
        // Rows of the other side without a key are nobody's.
        let nulls = |frame: &pl::DataFrame| {
            let some = frame.clone().lazy().filter(col(key).is_null().or(col("x").is_not_nan())).collect().unwrap();
            some.sort([key], order()).unwrap()
        };
        let all_right = nulls(&right);
        let numbers = |frame: &pl::DataFrame| {
            let some = frame.clone().lazy().filter(col(key).is_not_null().and(col("x").is_not_nan())).collect().unwrap();
            some.sort([key], order()).unwrap()
        };
        let (left, right) = (numbers(&left), numbers(&right));
        let names = || (!by.is_empty()).then(|| by.iter().map(|name| (*name).into()).collect());
        let options = AsOfOptions {
            strategy, tolerance: tolerance.map(Scalar::from), tolerance_str: None, left_by: names(), right_by: names(), allow_eq,
            check_sortedness: by.is_empty(),
        };
        let expected = joined(&left, &right, &[key], &[key], &JoinArgs::new(JoinType::AsOf(Box::new(options))));
        let mut how = match strategy {
            AsofStrategy::Backward => AsOf::backward(),
            AsofStrategy::Forward => AsOf::forward(),
            AsofStrategy::Nearest => AsOf::nearest(),
        };
        if let Some(tolerance) = tolerance {
            how = how.within(tolerance);
        }
        if !by.is_empty() {
            how = how.by(&by, &by);
        }
        if !allow_eq {
            how = how.strict();
        }
        let right = if with_nulls { all_right } else { right };
        let (mine, theirs) = (DataFrame::from_polars(left, left_parts), DataFrame::from_polars(right, right_parts));
        let found = mine.join_asof(&theirs, key, key, how);
        assert_like(&on_reference(&found).unwrap(), &expected, "asof");
    }

    #[test]
    fn frames_go_under_and_beside_each_other((one, one_parts) in frames(), (two, two_parts) in frames()) {
        let (mine, theirs) = (DataFrame::from_polars(one.clone(), one_parts), DataFrame::from_polars(two.clone(), two_parts));
        let all = DataFrame::concat([&mine, &theirs, &mine]);
        prop_assert_eq!((all.npartitions(), all.known_len()), (2 * one_parts + two_parts, Some(2 * one.height() + two.height())));
        let expected = one.vstack(&two).unwrap().vstack(&one).unwrap();
        assert_like(&on_reference(&all).unwrap(), &expected, "concat");
        let some = |frame: &pl::DataFrame, names: [&str; 3]| frame.select(names).unwrap();
        let (left, right) = (["k", "x", "s"], ["c", "s", "d"]);
        let expected = pl::concat_lf_diagonal([some(&one, left).lazy(), some(&two, right).lazy()], pl::UnionArgs::default());
        let found = DataFrame::concat_diagonal([&mine.select(left.map(col)), &theirs.select(right.map(col))]);
        assert_like(&on_reference(&found).unwrap(), &expected.unwrap().collect().unwrap(), "diagonal");
        let found = DataFrame::concat_horizontal([&mine.select([col("d"), col("c")]), &mine.select([col("k")])]);
        assert_like(&on_reference(&found).unwrap(), &some(&one, ["d", "c", "k"]), "horizontal");
    }
}

#[test]
fn nulls_of_a_full_join_do_not_pass_for_sorted() {
    let left = polars::df!("i" => [0i64, 1], "d" => [None, Some(5i64)]).unwrap();
    let left = left.sort(["d"], SortMultipleOptions::default()).unwrap();
    let right = polars::df!("i" => [1i64, 2]).unwrap();
    let (left, right) = (DataFrame::from_polars(left, 1), DataFrame::from_polars(right, 1));
    for how in [JoinType::Full, JoinType::Left, JoinType::Right] {
        for (one, other) in [(&left, &right), (&right, &left)] {
            let found = on_reference(&one.join(other, "i", "i", how.clone())).unwrap();
            assert_eq!(found.column("d").unwrap().drop_nulls().get(0).unwrap(), pl::AnyValue::Int64(5), "{how:?}");
            let twice = found.vstack(&found).unwrap();
            assert_eq!(twice.column("d").unwrap().max_reduce().unwrap().value(), &pl::AnyValue::Int64(5), "{how:?}");
        }
    }
}

#[test]
fn validations_see_all_rows() {
    let left = polars::df!("i" => [1i64, 2, 1], "a" => [1, 2, 3]).unwrap();
    let right = polars::df!("i" => [1i64, 2, 3], "b" => [1, 2, 3]).unwrap();
    let join = |left: &DataFrame, right: &DataFrame, validation| {
        let mut args = JoinArgs::new(JoinType::Inner);
        args.validation = validation;
        on_reference(&left.join(right, "i", "i", args))
    };
    let (left, right) = (DataFrame::from_polars(left, 3), DataFrame::from_polars(right, 3));
    assert_eq!(join(&left, &right, JoinValidation::ManyToOne).unwrap().height(), 3);
    assert!(join(&left, &right, JoinValidation::OneToOne).unwrap_err().to_string().contains("1:1 validation"));
    assert!(join(&right, &left, JoinValidation::ManyToOne).unwrap_err().to_string().contains("m:1 validation"));
    assert_eq!(join(&right, &left, JoinValidation::OneToMany).unwrap().height(), 3);
}

#[test]
fn times_are_near_by_words() {
    let times = |minutes: &[i64]| {
        let micros: Vec<i64> = minutes.iter().map(|minute| minute * 60_000_000).collect();
        Series::new("t".into(), micros).cast(&pl::DataType::Datetime(pl::TimeUnit::Microseconds, None)).unwrap()
    };
    let left = polars::df!("t" => times(&[1, 30, 61])).unwrap();
    let right = polars::df!("t" => times(&[0, 20, 60]), "y" => [0, 1, 2]).unwrap();
    let (left, right) = (DataFrame::from_polars(left, 2), DataFrame::from_polars(right, 2));
    let found = on_reference(&left.join_asof(&right, "t", "t", AsOf::backward().within_time("5m"))).unwrap();
    assert!(found.column("y").unwrap().equals_missing(&pl::Column::new("y".into(), [Some(0), None, Some(2)])));
}

#[test]
fn concatenated_divisions_are_kept_if_they_follow_each_other() {
    let divided = |bounds: [i64; 3]| {
        let frame = DataFrame::from_polars(polars::df!("x" => bounds).unwrap(), 1);
        frame.set_index_with_divisions("x", Series::new("x".into(), bounds))
    };
    let (low, high) = (divided([0, 1, 2]), divided([5, 6, 7]));
    let both = DataFrame::concat([&low, &high]);
    assert_eq!(both.divisions().unwrap().bounds, Series::new("x".into(), [0i64, 1, 5, 6, 7]));
    assert_eq!(on_reference(&both.loc("x", 2i64..=5)).unwrap(), polars::df!("x" => [2i64, 5]).unwrap());
    assert_eq!(DataFrame::concat([&high, &low]).divisions(), None);
    assert_eq!(DataFrame::concat([&low, &low]).divisions(), None);
}

#[test]
fn wrong_joins_say_what_is_wrong() {
    let left = DataFrame::from_polars(polars::df!("x" => [1i64, 2], "s" => ["a", "b"]).unwrap(), 2);
    let right = DataFrame::from_polars(polars::df!("x" => [1i64, 2], "n" => [1, 2]).unwrap(), 2);
    let short = DataFrame::from_polars(polars::df!("y" => [1i64]).unwrap(), 2);
    let types = "`join`: key column \"s\" is of type str, and \"n\" on the right side of type i32; `cast` one of them";
    let mut sliced = JoinArgs::new(JoinType::Inner);
    sliced.slice = Some((0, 1));
    for (wrong, text) in [
        (
            left.join(&right, "x", "x", sliced),
            "`join`: the slice of a join is (0, 1), and has to be none; use `slice` or",
        ),
        (left.join(&right, "s", "n", JoinType::Inner), types),
        (left.join(&right, "y", "x", JoinType::Left), "`join`: there is no column \"y\""),
        (left.join(&right, "x", "y", JoinType::Left), "`join`: there is no column \"y\""),
        (
            left.join(&right, ["x", "s"], "x", JoinType::Left),
            "`join`: the number of key columns is 2 on the left and 1 on",
        ),
        (
            left.join(&right, "x", "x", JoinType::Cross),
            "`join`: the join is CROSS by 1 key columns, and has to be without",
        ),
        (left.join(&right, [""; 0], [""; 0], JoinType::Inner), "`join`: the join is INNER by 0 key columns"),
        (left.join_asof(&right, "s", "x", AsOf::backward()), "`join_asof`: key column \"s\" is of type str"),
        (
            left.join_asof(&left, "s", "s", AsOf::backward()),
            "`join_asof`: column \"s\" is of type str, and has to be a number",
        ),
        (
            left.join_asof(&right, "x", "x", AsOf::backward().within_time("5m")),
            "`join_asof`: column \"x\" is of type i64",
        ),
        (
            left.join_asof(&right, "x", "x", AsOf::backward().by("s", "n")),
            "`join_asof`: key column \"s\" is of type str",
        ),
        (
            DataFrame::concat([&left, &right]),
            "`concat`: the frames have other columns: \"x: i64\", \"s: str\", and \"x: i64\"",
        ),
        (
            DataFrame::concat_diagonal([&right, &right.select([col("x").cast(pl::DataType::String)])]),
            "`concat_diagonal`: ",
        ),
        (
            DataFrame::concat_horizontal([&left, &right]),
            "`concat_horizontal`: a column's name is \"x\" in two dataframes",
        ),
        (
            DataFrame::concat_horizontal([&left, &short]),
            "`concat_horizontal`: the partitions' numbers of rows is [1, 1] and [0, 1]",
        ),
    ] {
        let found = wrong.check().unwrap_err();
        assert!(found.error.to_string().starts_with(text), "{found} for {text}");
        assert!(found.place.to_string().contains("frame_joins.rs"), "{found}");
        let after = DataFrame::concat([&left, &wrong]).join(&right, "x", "x", JoinType::Inner);
        assert_eq!(after.check().unwrap_err().to_string(), found.to_string());
    }
}

#[test]
fn unsorted_keys_are_refused() {
    let sorted = DataFrame::from_polars(polars::df!("x" => [1i64, 2, 3, 4]).unwrap(), 2);
    let swapped = DataFrame::from_polars(polars::df!("x" => [3i64, 4, 1, 2]).unwrap(), 2);
    let turned = DataFrame::from_polars(polars::df!("x" => [2i64, 1, 4, 3]).unwrap(), 2);
    for (left, right) in [(&sorted, &swapped), (&sorted, &turned), (&turned, &sorted)] {
        let error = on_reference(&left.join_asof(right, "x", "x", AsOf::nearest())).unwrap_err().to_string();
        assert!(error.contains("key column \"x\" is not sorted"), "{error}");
    }
}

#[test]
fn no_more_is_moved_than_is_needed() {
    let schema = polars::df!("x" => [0i64]).unwrap().schema().clone();
    let frame = |parts| DataFrame::from_map(parts, schema.clone(), |part| polars::df!("x" => [part as i64]));
    let tasks = |frame: &DataFrame| frame.graph().check().unwrap().len();
    let (large, other, small) = (frame(5), frame(4), frame(1));
    assert_eq!(tasks(&large.join(&small, "x", "x", JoinType::Left)), 5 + 1);
    assert_eq!(tasks(&small.join(&large, "x", "x", JoinType::Right)), 5 + 1);
    assert_eq!(tasks(&small.join(&large, "x", "x", JoinType::Inner)), 5 + 1);
    // Both sides are sorted into buckets, and these put together.
    assert_eq!(tasks(&large.join(&other, "x", "x", JoinType::Inner)), (5 + 5) + (4 + 5) + 5);
    let bounds = |last: i64| Series::new("x".into(), (0..last).collect::<Vec<_>>());
    let alike = DataFrame::from_map(5, schema.clone(), |part| polars::df!("x" => [part as i64, part as i64]));
    let divided = |frame: &DataFrame| {
        let part = frame.npartitions() as i64;
        frame.with_divisions("x", bounds(part + 1))
    };
    assert_eq!(tasks(&divided(&large).join(&divided(&alike), "x", "x", JoinType::Full)), 5);
    assert!(tasks(&divided(&large).join(&divided(&other), "x", "x", JoinType::Full)) > 15);
    let joined = || large.join(&other, "x", "x", JoinType::Inner);
    assert_eq!(joined().node().key, large.join(&frame(4), "x", "x", JoinType::Inner).node().key);
    assert_ne!(joined().node().key, large.join(&other, "x", "x", JoinType::Left).node().key);
}
