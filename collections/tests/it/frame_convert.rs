//! Dataframes as bags, arrays, delayed values and texts, and back.

use crate::frames::{assert_like, frames};
use crate::on_reference as compute;
use partita_collections::dataframe::polars::prelude::{self as pl, DataType, IntoLazy, PolarsError};
use partita_collections::dataframe::{DataFrame, Frame, col, lit, on_reference};
use partita_collections::{Array, Bag, array, delayed};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn there_and_back((frame, parts) in frames(), known in any::<bool>()) {
        let mine = DataFrame::from_polars(frame.clone(), parts);
        let mine = if known { mine } else { mine.filter(lit(true)) };
        let again = DataFrame::from_delayed(mine.to_delayed(), mine.schema().clone());
        assert_like(&on_reference(&again).unwrap(), &frame, "delayed");

        let numbers = mine.select([col("k"), col("x"), col("b")]);
        let matrix = numbers.to_array::<f64>();
        prop_assert_eq!(matrix.shape()[0], if known { frame.height() } else { array::UNKNOWN });
        let back = on_reference(&DataFrame::from_array(&matrix, ["k", "x", "b"])).unwrap();
        let expected = frame.clone().lazy().select([
            col("k").cast(DataType::Float64), col("x"), col("b").cast(DataType::Float64),
        ]);
        let expected = expected.fill_null(lit(f64::NAN)).collect().unwrap();
        assert_like(&back, &expected, "array");
        let doubled = compute(&(&matrix * 2.0)).unwrap();
        prop_assert_eq!(doubled.shape(), &[frame.height(), 3]);

        let words = |part: pl::DataFrame| -> Result<Vec<Option<String>>, PolarsError> {
            Ok(part.column("s")?.str()?.iter().map(|word| word.map(str::to_string)).collect())
        };
        let bag = mine.to_bag(words).map(|word| word.unwrap_or_default());
        let schema = pl::df!("s" => [""]).unwrap().schema().clone();
        let back = DataFrame::from_bag(&bag, schema, |words: Vec<String>| pl::df!("s" => words));
        let expected = frame.lazy().select([col("s").fill_null(lit(""))]).collect().unwrap();
        assert_like(&on_reference(&back).unwrap(), &expected, "bag");
    }
}

/// FAULTS G11.
#[test]
fn what_does_not_fit_says_so() {
    let frame = DataFrame::from_polars(pl::df!("x" => [Some(1i64), None], "s" => ["a", "b"]).unwrap(), 2);
    let error = frame.to_array::<f64>().check().unwrap_err().to_string();
    assert!(error.starts_with("`to_array`: column \"s\" is of type str, and has to be a number or a truth"), "{error}");
    let error = frame.select([col("y")]).to_array::<f64>().check().unwrap_err().to_string();
    assert!(error.contains("there is no column \"y\""), "{error}");
    let error = compute(&frame.select([col("x")]).to_array::<i64>()).unwrap_err().to_string();
    assert!(error.contains("column \"x\" has nulls, which i64 cannot hold; `fill_null`"), "{error}");
    let error = compute(&frame.select([col("x") + lit(300i64)]).fill_null(lit(0)).to_array::<u8>()).unwrap_err();
    assert!(error.to_string().contains("conversion"), "{error}");

    let cube = Array::<f64>::zeros([2, 2, 2], 1);
    for (wrong, text) in [
        (DataFrame::from_array(&cube, "x"), "`from_array`: the number of axes is 3, and has to be 1 or 2"),
        (
            DataFrame::from_array(&cube.sum_axis(0), "x"),
            "`from_array`: the list of names is [\"x\"], and has to be of one",
        ),
        (DataFrame::from_array(&cube.sum_axis(0), ["x", "x"]), "`from_array`: the list of names is"),
        (DataFrame::from_array(&cube.sum_axis(7), ["x", "x"]), "`sum`"),
    ] {
        let found = wrong.check().unwrap_err();
        assert!(found.error.to_string().starts_with(text), "{found}");
    }
    let schema = pl::df!("x" => [1i64]).unwrap().schema().clone();
    let bag = Bag::<i64>::range(4, 2);
    let other = DataFrame::from_bag(&bag, schema.clone(), |list: Vec<i64>| pl::df!("y" => list));
    let error = on_reference(&other).unwrap_err().to_string();
    assert!(error.contains("`from_bag` in partition 0: the function made columns y: i64, and said x: i64"), "{error}");
    let part = delayed(|n: i64| Frame::from(pl::df!("x" => [n as f64]).unwrap()), (1,));
    let error = on_reference(&DataFrame::from_delayed([part], schema)).unwrap_err().to_string();
    assert!(error.contains("`from_delayed` in partition 0: the function made columns x: f64"), "{error}");
}

#[test]
fn an_array_cut_along_columns_is_put_together() {
    let array = Array::<i64>::arange(0, 12, 1, 12).reshape([4, 3]).rechunk([2, 1]);
    let frame = DataFrame::from_array(&array, ["a", "b", "c"]);
    assert_eq!((frame.npartitions(), frame.known_len()), (2, Some(4)));
    let expected = pl::df!("a" => [0i64, 3, 6, 9], "b" => [1i64, 4, 7, 10], "c" => [2i64, 5, 8, 11]).unwrap();
    assert_eq!(on_reference(&frame).unwrap(), expected);
    let line = DataFrame::from_array(&Array::<f32>::arange(0.0, 3.0, 1.0, 2), "x");
    assert_eq!(on_reference(&line).unwrap(), pl::df!("x" => [0.0f32, 1.0, 2.0]).unwrap());
}

#[test]
fn explanations_tell_layers_plans_and_tasks() {
    let frame = DataFrame::from_polars(pl::df!("x" => [1i64, 2, 3, 4], "y" => ["a", "b", "c", "d"]).unwrap(), 4);
    let made = frame.with_columns([(col("x") * lit(2)).alias("z")]).filter(col("x").gt(lit(1))).select([col("y")]);
    let text = made.explain();
    let layers = "layers
  select (4 partitions): y: str
    filter (4 partitions): x: i64, y: str, z: i64
      with_columns (4 partitions): x: i64, y: str, z: i64
        from-polars (4 partitions): x: i64, y: str
plan of a partition, as written
";
    assert!(text.starts_with(layers), "{text}");
    let (written, optimised) = text.split_once("plan of a partition, optimised\n").unwrap();
    assert!(written.contains("(col(\"x\") * 2).alias(\"z\")"), "{text}");
    assert!(!optimised.contains("alias(\"z\")"), "what nobody needs is not made: {text}");
    assert!(optimised.contains("from-polars [\"x\", \"y\"]") && optimised.contains("FILTER col(\"x\") > 1"), "{text}");
    assert!(optimised.ends_with("tasks: 8\n  from-polars: 4\n  select: 4\n"), "{text}");
    let text = made.with_columns([col("y").shift(lit(1)).alias("before")]).explain();
    assert!(text.contains("beside (4 partitions)") && text.contains("as above"), "{text}");
    assert!(text.chars().all(|letter| letter == '\n' || !letter.is_control()), "{text:?}");
    let text = made.select([col("x")]).explain();
    assert!(text.starts_with("cannot be computed: `select`: there is no column \"x\""), "{text}");
    let shown = format!("{made} {made:?}");
    assert!(shown.starts_with("DataFrame(y: str; 4 partitions, \"select-"), "{shown}");
}
