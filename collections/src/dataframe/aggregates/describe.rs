//! Descriptions: a table of what is to be said of each column.

use super::kinds::Kind;
use crate::dataframe::DataFrame;
use crate::dataframe::layers::Built;
use polars::prelude::{
    self as pl, Column, DataType, Expr, Field, PlSmallStr, PolarsResult, QuantileMethod, Schema, col, lit,
};

/// What is said of each column, in the order of the rows.
const STATISTICS: [&str; 9] = ["count", "null_count", "mean", "std", "min", "25%", "50%", "75%", "max"];

/// The name of a statistic of a column.
fn named(column: usize, statistic: &str) -> PlSmallStr {
    format!("{column} {statistic}").into()
}

/// A statistic of a column, if its type has it; and whether it can be taken apart.
fn statistic(name: &PlSmallStr, dtype: &DataType, statistic: &str) -> Option<(Expr, bool)> {
    let x = col(name.clone());
    let number = dtype.is_primitive_numeric();
    let ordered = Kind::Ordered.has(dtype) && !matches!(dtype, DataType::Categorical(..) | DataType::Enum(..));
    let quantile = |at: f64| number.then(|| (x.clone().quantile(lit(at), QuantileMethod::Nearest), false));
    match statistic {
        "count" => Some((x.count(), true)),
        "null_count" => Some((x.null_count(), true)),
        "mean" => (number || dtype.is_bool()).then(|| (x.mean(), true)),
        "std" => number.then(|| (x.std(1), true)),
        "min" => ordered.then(|| (x.min(), true)),
        "max" => ordered.then(|| (x.max(), true)),
        "25%" => quantile(0.25),
        "50%" => quantile(0.5),
        _ => quantile(0.75),
    }
}

impl DataFrame {
    /// A table of what is to be said of each column, as Polars' and Dask's `describe`: how many values there are that are not
    /// null and how many nulls, mean, standard deviation, extremes and quartiles, as far as the type has them.
    ///
    /// What is said of numbers and truths is of type `Float64`, of others text. Quartiles are values that there are, the
    /// nearest; columns of numbers are brought to one partition for them.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3], "s" => ["b", "a", "c"])?, 2);
    /// let table = on_reference(&frame.describe())?;
    /// assert_eq!(table.height(), 9);
    /// assert_eq!(table.column("x")?.f64()?.get(2), Some(2.0));
    /// assert_eq!(table.column("s")?.str()?.get(8), Some("c"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn describe(&self) -> Self {
        DataFrame::built(self.try_describe())
    }

    #[track_caller]
    fn try_describe(&self) -> Built<Self> {
        const OPERATION: &str = "describe";
        let columns = Kind::Any.columns(OPERATION, &self.sound()?.schema, &[])?;
        let (mut apart, mut whole) = (Vec::new(), Vec::new());
        for (number, (name, dtype)) in self.schema.iter().enumerate() {
            for what in STATISTICS {
                if let Some((expr, is_apart)) = statistic(name, dtype, what) {
                    let list = if is_apart { &mut apart } else { &mut whole };
                    list.push(expr.alias(named(number, what)));
                }
            }
        }
        let made = self.aggregated(OPERATION, &self.resolve(OPERATION, &apart)?)?;
        let quartiles = match whole.is_empty() {
            true => Vec::new(),
            false => vec![self.aggregated(OPERATION, &self.resolve(OPERATION, &whole)?)?],
        };
        let types: Vec<DataType> = self.schema.iter_values().map(told_as).collect();
        let told = columns.iter().cloned().zip(types.iter().cloned()).map(|(name, dtype)| Field::new(name, dtype));
        let named_rows = std::iter::once(Field::new(first_name(&columns), DataType::String));
        let schema: Schema = named_rows.chain(told).collect();
        let table = move |frames: Vec<pl::DataFrame>| {
            let mut all = vec![Column::new(first_name(&columns), STATISTICS)];
            for (number, (name, dtype)) in columns.iter().zip(&types).enumerate() {
                let value = |what: &&str| {
                    let name = named(number, what);
                    match frames.iter().find_map(|frame| frame.column(&name).ok()) {
                        Some(value) => value.cast(dtype),
                        None => Ok(Column::full_null(name, 1, dtype)),
                    }
                };
                let mut values = Column::new_empty(name.clone(), dtype);
                for what in &STATISTICS {
                    values.append_owned(value(what)?)?;
                }
                all.push(values);
            }
            pl::DataFrame::new(STATISTICS.len(), all) as PolarsResult<_>
        };
        Ok(made.made_of(OPERATION, &quartiles, schema, STATISTICS.len(), table))
    }
}

/// The type of what is said of a column.
fn told_as(dtype: &DataType) -> DataType {
    match Kind::Numbers.has(dtype) {
        true => DataType::Float64,
        false => DataType::String,
    }
}

/// The name of the column that says what is said, which is none of the columns'.
fn first_name(columns: &[PlSmallStr]) -> PlSmallStr {
    let mut name = String::from("statistic");
    while columns.iter().any(|column| *column == name) {
        name.push('_');
    }
    name.into()
}
