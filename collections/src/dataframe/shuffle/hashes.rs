//! Hashes of rows: fixed and versioned, so that every process of a cluster, and every run, agrees.
//!
//! Integers, days and times are hashed by value, whatever their width; `-0.0` is 0.0, all NaN are one, and nulls are all
//! alike. Categories are hashed as the text that they are.

use crate::hash::Folding;
use polars::prelude::{Column, DataType, PolarsResult, Series, polars_bail};
use std::hash::Hasher;

/// What a null is hashed as.
const NULL: u64 = 0x9e37_79b9_7f4a_7c15;

/// The partition, of `parts`, that each row of these key columns belongs to.
pub(crate) fn parts_of(keys: &[Column], parts: usize) -> PolarsResult<Vec<u32>> {
    Ok(states_of(keys)?.into_iter().map(|state| state.part(parts) as u32).collect())
}

/// The hash of each value of a column.
pub(crate) fn hashes_of(values: &Column) -> PolarsResult<Vec<u64>> {
    Ok(states_of(std::slice::from_ref(values))?.into_iter().map(|state| state.finish()).collect())
}

/// What was mixed of each row of these columns.
fn states_of(keys: &[Column]) -> PolarsResult<Vec<Folding>> {
    let rows = keys.first().map_or(0, Column::len);
    let mut states = vec![Folding::default(); rows];
    for key in keys {
        mix(key.as_materialized_series(), &mut states)?;
    }
    Ok(states)
}

/// Mixes the values of a column into the states of their rows.
fn mix(key: &Series, states: &mut [Folding]) -> PolarsResult<()> {
    let key = of_few_types(key)?;
    match key.dtype() {
        DataType::String => {
            for (state, text) in states.iter_mut().zip(key.str()?.iter()) {
                match text {
                    Some(text) => state.write(text.as_bytes()),
                    None => state.write_u64(NULL),
                }
            }
        }
        DataType::Binary => {
            for (state, bytes) in states.iter_mut().zip(key.binary()?.iter()) {
                match bytes {
                    Some(bytes) => state.write(bytes),
                    None => state.write_u64(NULL),
                }
            }
        }
        DataType::Float64 => {
            let words = key.f64()?.iter().map(|x| x.map(|x| if x.is_nan() { f64::NAN } else { x + 0.0 }.to_bits()));
            states.iter_mut().zip(words).for_each(|(state, word)| state.write_u64(word.unwrap_or(NULL)));
        }
        DataType::UInt64 => {
            let words = key.u64()?.iter();
            states.iter_mut().zip(words).for_each(|(state, word)| state.write_u64(word.unwrap_or(NULL)));
        }
        DataType::Null => states.iter_mut().for_each(|state| state.write_u64(NULL)),
        _ => {
            let words = key.i64()?.iter().map(|n| n.map(|n| n as u64));
            states.iter_mut().zip(words).for_each(|(state, word)| state.write_u64(word.unwrap_or(NULL)));
        }
    }
    Ok(())
}

/// A column as one of those few types that are hashed.
fn of_few_types(key: &Series) -> PolarsResult<Series> {
    match key.dtype() {
        DataType::String | DataType::Binary | DataType::Float64 | DataType::Null => Ok(key.clone()),
        DataType::Int64 | DataType::UInt64 => Ok(key.clone()),
        DataType::Float32 => key.cast(&DataType::Float64),
        DataType::Categorical(..) | DataType::Enum(..) => key.cast(&DataType::String),
        DataType::Boolean => key.cast(&DataType::Int64),
        dtype if dtype.is_primitive_numeric() || dtype.is_temporal() => key.to_physical_repr().cast(&DataType::Int64),
        dtype => polars_bail!(InvalidOperation: "a column of type {dtype} cannot be a key; make columns of its parts"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{IntoColumn, NamedFrom};

    /// FAULTS D19.
    #[test]
    fn golden_values_hold() {
        let of = |series: Series| parts_of(&[series.into_column()], 1 << 30).unwrap();
        assert_eq!(of(Series::new("".into(), [Some(0i64), Some(-1), None])), [231_697_941, 565_583_293, 250_720_817]);
        assert_eq!(
            of(Series::new("".into(), ["", "partita", "a long enough key"])),
            [231_697_941, 602_236_076, 92_893_300]
        );
        assert_eq!(of(Series::new("".into(), [0.5, f64::NAN])), [35375116, 746159111]);
    }

    #[test]
    fn equal_keys_of_other_types_go_together() {
        let of = |series: Series| parts_of(&[series.into_column()], 1000).unwrap();
        let wide = of(Series::new("".into(), [1i64, 7, 200]));
        assert_eq!(wide, of(Series::new("".into(), [1u64, 7, 200])));
        assert_eq!(wide, of(Series::new("".into(), [1u8, 7, 200])));
        assert_eq!(of(Series::new("".into(), [0.0, 1.5])), of(Series::new("".into(), [-0.0f32, 1.5])));
        let words = Series::new("".into(), ["b", "a", "b"]);
        let categories = DataType::from_categories(polars::prelude::Categories::global());
        assert_eq!(of(words.clone()), of(words.cast(&categories).unwrap()));
    }

    #[test]
    fn keys_are_spread_evenly() {
        let keys = Series::new("".into(), (0..100_000i64).map(|n| n * 16).collect::<Vec<_>>()).into_column();
        let mut counts = [0; 100];
        parts_of(&[keys], 100).unwrap().into_iter().for_each(|part| counts[part as usize] += 1);
        assert!(counts.iter().all(|&count| (850..1150).contains(&count)), "{counts:?}");
    }
}
