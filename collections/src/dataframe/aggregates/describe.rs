//! Descriptions: a table of what is to be said of each column.

use super::kinds::Kind;
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::layers::Built;
use partita_graph::Plain;
use polars::prelude::{
    self as pl, Column, DataType, Expr, Field, PlSmallStr, PolarsResult, QuantileMethod, Schema, col, lit,
};

/// What is said of a column.
#[derive(Clone, Copy, PartialEq)]
enum Statistic {
    Count,
    NullCount,
    Mean,
    Std,
    Min,
    /// So much of the numbers is below it.
    Quantile(f64),
    Max,
}

impl Statistic {
    /// All that is said, in the order of the rows.
    fn all(quantiles: &[f64]) -> Vec<Statistic> {
        let mut quantiles = quantiles.to_vec();
        quantiles.sort_by(f64::total_cmp);
        let first = [Statistic::Count, Statistic::NullCount, Statistic::Mean, Statistic::Std, Statistic::Min];
        first.into_iter().chain(quantiles.into_iter().map(Statistic::Quantile)).chain([Statistic::Max]).collect()
    }

    fn name(self) -> String {
        match self {
            Statistic::Count => "count".into(),
            Statistic::NullCount => "null_count".into(),
            Statistic::Mean => "mean".into(),
            Statistic::Std => "std".into(),
            Statistic::Min => "min".into(),
            // Without what hundredfold floats have too much.
            Statistic::Quantile(at) => format!("{}%", (at * 1e6).round() / 1e4),
            Statistic::Max => "max".into(),
        }
    }

    /// It of a column, if its type has it; and whether it can be taken apart.
    fn of(self, name: &PlSmallStr, dtype: &DataType) -> Option<(Expr, bool)> {
        let x = col(name.clone());
        let number = dtype.is_primitive_numeric();
        let ordered = Kind::Ordered.has(dtype) && !matches!(dtype, DataType::Categorical(..) | DataType::Enum(..));
        match self {
            Statistic::Count => Some((x.count(), true)),
            Statistic::NullCount => Some((x.null_count(), true)),
            Statistic::Mean => (number || dtype.is_bool()).then(|| (x.mean(), true)),
            Statistic::Std => number.then(|| (x.std(1), true)),
            Statistic::Min => ordered.then(|| (x.min(), true)),
            Statistic::Quantile(at) => number.then(|| (x.quantile(lit(at), QuantileMethod::Nearest), false)),
            Statistic::Max => ordered.then(|| (x.max(), true)),
        }
    }
}

/// The name of a statistic of a column.
fn named(column: usize, statistic: &str) -> PlSmallStr {
    format!("{column} {statistic}").into()
}

/// What the table needs: the names of its rows, and its columns with the types of what is said of them.
type Env = (Vec<String>, Plain<(Vec<PlSmallStr>, Vec<DataType>)>);

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
        DataFrame::built(self.try_describe("describe", &[0.25, 0.5, 0.75]))
    }

    /// As [`DataFrame::describe`], with other quantiles than the quartiles: numbers from 0 to 1, each once, which come in
    /// their order; Dask's `describe(percentiles=…)`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => (0..=100).collect::<Vec<i32>>())?, 4);
    /// let table = on_reference(&frame.describe_at(&[0.999, 0.07]))?;
    /// let names: Vec<_> = table.column("statistic")?.str()?.iter().flatten().skip(4).collect();
    /// assert_eq!(names, ["min", "7%", "99.9%", "max"]);
    /// assert_eq!(table.column("x")?.f64()?.get(5), Some(7.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn describe_at(&self, quantiles: &[f64]) -> Self {
        DataFrame::built(self.try_describe("describe_at", quantiles))
    }

    #[track_caller]
    fn try_describe(&self, operation: &'static str, quantiles: &[f64]) -> Built<Self> {
        let statistics = Statistic::all(quantiles);
        let names: Vec<String> = statistics.iter().map(|statistic| statistic.name()).collect();
        let is_wrong = |at: &f64| !(0.0..=1.0).contains(at);
        if quantiles.iter().any(is_wrong) || (1..names.len()).any(|at| names[..at].contains(&names[at])) {
            let (what, found) = ("the list of quantiles", format!("{quantiles:?}"));
            return Err(
                FrameError::Argument { operation, what, found, expected: "of numbers from 0 to 1, each once" }.into()
            );
        }
        let columns = Kind::Any.columns(operation, &self.sound()?.schema, &[])?;
        let (mut apart, mut whole) = (Vec::new(), Vec::new());
        for (number, (name, dtype)) in self.schema.iter().enumerate() {
            for (statistic, what) in statistics.iter().zip(&names) {
                if let Some((expr, is_apart)) = statistic.of(name, dtype) {
                    let list = if is_apart { &mut apart } else { &mut whole };
                    list.push(expr.alias(named(number, what)));
                }
            }
        }
        let made = self.aggregated(operation, &self.resolve(operation, &apart)?)?;
        let quartiles = match whole.is_empty() {
            true => Vec::new(),
            false => vec![self.aggregated(operation, &self.resolve(operation, &whole)?)?],
        };
        let types: Vec<DataType> = self.schema.iter_values().map(told_as).collect();
        let told = columns.iter().cloned().zip(types.iter().cloned()).map(|(name, dtype)| Field::new(name, dtype));
        let named_rows = std::iter::once(Field::new(first_name(&columns), DataType::String));
        let schema: Schema = named_rows.chain(told).collect();
        let identity = made.identity(operation).data(&names);
        let rows = names.len();
        let env = (names, Plain((columns, types)));
        let table = |(names, of): &Env, frames: Vec<pl::DataFrame>| {
            let (columns, types) = &of.0;
            let texts: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut all = vec![Column::new(first_name(columns), texts)];
            for (number, (name, dtype)) in columns.iter().zip(types).enumerate() {
                let value = |what: &str| {
                    let name = named(number, what);
                    match frames.iter().find_map(|frame| frame.column(&name).ok()) {
                        Some(value) => value.cast(dtype),
                        None => Ok(Column::full_null(name, 1, dtype)),
                    }
                };
                let mut values = Column::new_empty(name.clone(), dtype);
                for what in names {
                    values.append_owned(value(what)?)?;
                }
                all.push(values);
            }
            pl::DataFrame::new(names.len(), all) as PolarsResult<_>
        };
        Ok(made.made_of((operation, identity), &quartiles, schema, rows, env, table))
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
