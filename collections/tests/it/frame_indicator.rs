//! Joins with an indicator against loops over the rows of both sides.

use crate::frames::{frames, in_order};
use crate::run;
use partita_collections::dataframe::polars::prelude::{
    self as pl, DataType, FrozenCategories, IntoLazy, JoinArgs, JoinType, NamedFrom, Series, df,
};
use partita_collections::dataframe::{DataFrame, col};
use proptest::prelude::*;

/// A row of a join: the rows of the left and right side, and the indicator.
type Row = (Option<u32>, Option<u32>, &'static str);

/// What a join is, row by row.
fn expected(left: &pl::DataFrame, right: &pl::DataFrame, on: &[&str], args: &JoinArgs) -> pl::DataFrame {
    let same = |mine: usize, theirs: usize| {
        on.iter().all(|name| {
            let value = |frame: &pl::DataFrame, row| frame.column(name).unwrap().get(row).unwrap().into_static();
            let (one, other) = (value(left, mine), value(right, theirs));
            if one.is_null() || other.is_null() {
                args.nulls_equal && one.is_null() && other.is_null()
            } else {
                one == other
            }
        })
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut has_partner = vec![false; right.height()];
    for mine in 0..left.height() {
        let partners: Vec<usize> = (0..right.height()).filter(|&theirs| same(mine, theirs)).collect();
        rows.extend(partners.iter().map(|&theirs| (Some(mine as u32), Some(theirs as u32), "both")));
        partners.iter().for_each(|&theirs| has_partner[theirs] = true);
        if partners.is_empty() && matches!(args.how, JoinType::Left | JoinType::Full) {
            rows.push((Some(mine as u32), None, "left_only"));
        }
    }
    if matches!(args.how, JoinType::Right | JoinType::Full) {
        let alone = (0..right.height()).filter(|&theirs| !has_partner[theirs]);
        rows.extend(alone.map(|theirs| (None, Some(theirs as u32), "right_only")));
    }
    let column = |of: fn(&Row) -> Option<u32>| rows.iter().map(of).collect::<Vec<_>>();
    let sides: Vec<&str> = rows.iter().map(|row| row.2).collect();
    df!("l" => column(|row| row.0), "r" => column(|row| row.1), "_merge" => sides).unwrap()
}

/// A dataframe of which it is not known how many rows it has.
fn unknown(frame: &pl::DataFrame, parts: usize) -> DataFrame {
    DataFrame::from_polars(frame.clone(), parts).filter(col("i").is_null().or(col("i").is_not_null()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn indicators_are_those_of_the_rows(
        (left, left_parts) in frames(),
        (right, right_parts) in frames(),
        how in proptest::sample::select(vec![JoinType::Inner, JoinType::Left, JoinType::Right, JoinType::Full]),
        on in proptest::sample::select(vec![vec!["k"], vec!["s"], vec!["k", "b"], vec!["d"]]),
        nulls_equal in any::<bool>(),
    ) {
        let numbered = |frame: pl::DataFrame, name: &str| frame.with_row_index(name.into(), None).unwrap();
        let (left, right) = (numbered(left, "l"), numbered(right.head(Some(15)), "r"));
        let mut args = JoinArgs::new(how);
        args.nulls_equal = nulls_equal;
        let expected = in_order(&expected(&left, &right, &on, &args));
        let pairs = [
            (DataFrame::from_polars(left.clone(), left_parts), DataFrame::from_polars(right.clone(), right_parts)),
            (unknown(&left, left_parts), unknown(&right, right_parts)),
        ];
        for (mine, theirs) in pairs {
            let all = mine.join_with_indicator(&theirs, &on, &on, args.clone(), "_merge");
            let plain = mine.join(&theirs, &on, &on, args.clone());
            prop_assert_eq!(all.columns(), [plain.columns(), vec!["_merge"]].concat());
            let sides = DataType::from_frozen_categories(FrozenCategories::new(["left_only", "right_only", "both"]).unwrap());
            prop_assert_eq!(all.schema().get("_merge"), Some(&sides));
            let found = run(&all.select([col("l"), col("r"), col("_merge").cast(DataType::String)]));
            prop_assert_eq!(in_order(&found), expected.clone());
            let rest = run(&all.drop("_merge"));
            prop_assert!(in_order(&rest).equals_missing(&in_order(&run(&plain))));
        }
    }
}

#[test]
fn divided_sides_are_not_moved() {
    let divided = |values: Vec<i64>| {
        let frame = DataFrame::from_polars(df!("x" => values).unwrap(), 2);
        frame.set_index_with_divisions("x", Series::new("x".into(), [0i64, 5, 10]))
    };
    let all = divided(vec![1, 7, 9]).join_with_indicator(&divided(vec![7, 3]), "x", "x", JoinType::Left, "side");
    assert_eq!(all.npartitions(), 2);
    let found = run(&all.with_columns([col("side").cast(DataType::String)]));
    let expected = df!("x" => [1i64, 7, 9], "side" => ["left_only", "both", "left_only"]).unwrap();
    assert_eq!(found, expected);
}

#[test]
fn names_that_marks_have_are_not_in_the_way() {
    let left = df!("x" => [1i64, 2], "_left" => [Some(1), None], "_right" => [None::<i32>, Some(2)]).unwrap();
    let right = df!("x" => [2i64, 3], "_right" => [3, 4], "__left" => [5, 6]).unwrap();
    let plain = left.clone().lazy().full_join(right.clone().lazy(), "x", "x").collect().unwrap();
    let (left, right) = (DataFrame::from_polars(left, 2), DataFrame::from_polars(right, 2));
    let all = run(&left.join_with_indicator(&right, "x", "x", JoinType::Full, "m"));
    assert!(in_order(&all.drop("m").unwrap()).equals_missing(&in_order(&plain)));
    let twice = left.join_with_indicator(&right, "x", "x", JoinType::Full, "m");
    assert_eq!(twice.node().key, left.join_with_indicator(&right, "x", "x", JoinType::Full, "m").node().key);
}

#[test]
fn wrong_indicators_say_what_is_wrong() {
    let left = DataFrame::from_polars(df!("x" => [1i64, 2], "s" => ["a", "b"]).unwrap(), 2);
    let right = DataFrame::from_polars(df!("x" => [1i64, 2], "s" => ["a", "b"]).unwrap(), 2);
    for (how, on, name, text) in [
        (JoinType::Left, "x", "s", "`join_with_indicator`: the name of the indicator is \"s\", and has to be one that"),
        (JoinType::Left, "x", "s_right", "`join_with_indicator`: the name of the indicator is \"s_right\""),
        (JoinType::Semi, "x", "_merge", "`join_with_indicator`: the join is SEMI, and has to be inner, left, right or"),
        (JoinType::Cross, "x", "_merge", "`join_with_indicator`: the join is CROSS"),
        (JoinType::Left, "y", "_merge", "`join_with_indicator`: there is no column \"y\""),
    ] {
        let found = left.join_with_indicator(&right, on, on, how, name);
        let found = found.check().unwrap_err();
        assert!(found.error.to_string().starts_with(text), "{found} for {text}");
        assert!(found.place.to_string().contains("frame_indicator.rs"), "{found}");
    }
}
