//! Pairs of columns: how they go together.

use super::kinds::Kind;
use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, frame_task};
use crate::identity::Identity;
use crate::layer::parts;
use partita_graph::{Input, Plain, Travels};
use polars::prelude::{self as pl, Column, DataType, Expr, PolarsResult, Schema, col, cov, pearson_corr};
use std::sync::Arc;

impl DataFrame {
    /// Pearson's correlations of all columns of numbers and truths, a row and a column for each, of the rows that have both
    /// values; Dask's `corr`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 3], "y" => [2, 0])?, 2);
    /// let corr = on_reference(&frame.corr())?;
    /// assert!((corr.column("y")?.f64()?.get(0).unwrap_or(0.0) + 1.0).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn corr(&self) -> Self {
        DataFrame::built(self.of_pairs("corr", pearson_corr))
    }

    /// The covariances of all columns of numbers and truths, a row and a column for each, of the rows that have both values,
    /// of which `ddof` are not free; Dask's `cov`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 3], "y" => [2, 0])?, 2);
    /// assert_eq!(on_reference(&frame.cov(0))?, df!("x" => [1.0, -1.0], "y" => [-1.0, 1.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cov(&self, ddof: u8) -> Self {
        DataFrame::built(self.of_pairs("cov", move |a, b| cov(a, b, ddof)))
    }

    #[track_caller]
    fn of_pairs(&self, operation: &'static str, pair: impl Fn(Expr, Expr) -> Expr) -> Built<Self> {
        let columns = Kind::Numbers.columns(operation, &self.sound()?.schema, &[])?;
        let float = |column: usize| col(columns[column].clone()).cast(DataType::Float64);
        let pairs = (0..columns.len()).flat_map(|a| (a..columns.len()).map(move |b| (a, b)));
        let exprs: Vec<Expr> = pairs.map(|(a, b)| pair(float(a), float(b)).alias(format!("{a} {b}"))).collect();
        let values = self.aggregated(operation, &self.resolve(operation, &exprs)?)?;
        let schema: Schema = columns.iter().map(|name| pl::Field::new(name.clone(), DataType::Float64)).collect();
        let rows = columns.len();
        let matrix = |Plain(columns): &Plain<Vec<pl::PlSmallStr>>, frames: Vec<pl::DataFrame>| {
            let value = |a: usize, b: usize| match frames.first() {
                Some(values) => values.column(&format!("{} {}", a.min(b), a.max(b)))?.f64().map(|value| value.get(0)),
                None => Ok(None),
            };
            let column = |(a, name): (usize, &pl::PlSmallStr)| {
                let values: PolarsResult<Vec<Option<f64>>> = (0..columns.len()).map(|b| value(a, b)).collect();
                Ok(Column::new(name.clone(), values?))
            };
            pl::DataFrame::new(columns.len(), columns.iter().enumerate().map(column).collect::<PolarsResult<_>>()?)
        };
        let identity = values.identity(operation);
        Ok(values.made_of((operation, identity), &[], schema, rows, Plain(columns), matrix))
    }

    /// One partition of so many rows, that a function makes of this dataframe's only one and those of others.
    #[track_caller]
    pub(super) fn made_of<E: Travels>(
        &self,
        (operation, identity): (&'static str, Identity),
        others: &[DataFrame],
        schema: Schema,
        rows: usize,
        env: E,
        call: impl Fn(&E, Vec<pl::DataFrame>) -> PolarsResult<pl::DataFrame> + Send + Sync + 'static,
    ) -> Self {
        let identity = others.iter().fold(identity.data(&"made"), |all, one| all.node(&one.node));
        let inputs: Vec<Input> =
            std::iter::once(&self.node).chain(others.iter().map(|one| &one.node)).flat_map(parts).collect();
        let tasks = vec![(frame_task(operation, 0, env, call), inputs.into_iter().collect())];
        let facts = Facts::of_rows(vec![rows]);
        DataFrame::tasks(operation, identity, Arc::new(schema), facts, tasks).split_like(self)
    }
}
