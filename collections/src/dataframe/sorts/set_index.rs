//! Indices: dataframes sorted by a column, divided by bounds that are known or not.

use super::divisions::{Bounds, checked_bounds, one_more};
use super::order::Order;
use super::sort::Ties;
use crate::dataframe::DataFrame;
use crate::dataframe::facts::{Divisions, Facts};
use crate::dataframe::layers::{Built, Lazy, fault, planned};
use crate::dataframe::shuffle::buckets::sorted;
use crate::dataframe::threads::alone;
use crate::layer::inputs;
use partita_graph::Plain;
use polars::prelude::{IntoLazy, PlSmallStr, Series};

impl DataFrame {
    /// All rows sorted by a column, rows of the same value in one partition; Dask's `set_index`, which the column stays a
    /// column of. Rows that are alike stay in their order, and nulls are last.
    ///
    /// Bounds are found while it is computed, so divisions are not known. [`DataFrame::compute_divisions`] tells them
    /// then; [`DataFrame::set_index_with_divisions`] takes bounds that are known.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [3, 1, 2])?, 2);
    /// assert_eq!(on_reference(&frame.set_index("x"))?, df!("x" => [1, 2, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn set_index(&self, column: &str) -> Self {
        let sorted = |column: PlSmallStr| {
            self.dtype_of("set_index", &column)?;
            self.ordered("set_index", Order::ascending(column), Ties::Together)
        };
        DataFrame::built(sorted(column.into()))
    }

    /// All rows sorted by a column, in the partitions that sorted bounds say, one fewer than those are: partition `i` has
    /// the rows from bound `i` up to bound `i + 1`, which only the last one includes. Dask's `set_index(column,
    /// divisions=…)`.
    ///
    /// Nulls and NaN are in the last partition, as in Dask. Other values out of the bounds are an error when it is
    /// computed; Dask puts them into the last partition.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::{NamedFrom, Series, df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [30, 1, 12])?, 2);
    /// let divided = frame.set_index_with_divisions("x", Series::new("x".into(), [0, 10, 20, 30]));
    /// assert_eq!((divided.npartitions(), divided.divisions().is_some()), (3, true));
    /// assert_eq!(on_reference(&divided.get_partition(1))?, df!("x" => [12])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn set_index_with_divisions(&self, column: &str, bounds: Series) -> Self {
        DataFrame::built(self.try_set_index("set_index_with_divisions", column.into(), &bounds))
    }

    #[track_caller]
    fn try_set_index(&self, operation: &'static str, column: PlSmallStr, bounds: &Series) -> Built<Self> {
        let bounds = checked_bounds(self, operation, &column, bounds)?;
        let divisions = Divisions { by: column.clone(), bounds: bounds.clone() };
        let into = bounds.len() - 1;
        let identity = divisions.identified(self.identity("divide"));
        let bounds = Bounds::of(column.clone(), bounds);
        let env = (operation, into, bounds);
        let moved =
            self.split(operation, identity, Vec::new(), into, env, |(operation, into, bounds), index, frame, _| {
                let last = *into as u32 - 1;
                let numbers: Vec<u32> =
                    bounds.numbers(operation, index, frame)?.into_iter().map(|number| number.unwrap_or(last)).collect();
                sorted(frame, &numbers, *into).map_err(|error| fault(operation, index, error))
            });
        let sorted = moved.each_sorted(operation, Order::ascending(column))?;
        let facts = Facts { divisions: Some(divisions), ..(*sorted.facts).clone() };
        Ok(sorted.with_facts(facts))
    }

    /// The same rows, which are divided by a column already, with divisions known: partition `i` has the rows from bound
    /// `i` up to bound `i + 1`, which only the last one includes; no rows are moved. Dask's `set_index(column,
    /// sorted=True, divisions=…)`.
    ///
    /// A row that is in another partition than the bounds say is an error when it is computed. Nulls may be
    /// anywhere, and NaN are in the last partition.
    ///
    /// ```
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::{NamedFrom, Series, df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3, 4])?, 2);
    /// let divided = frame.with_divisions("x", Series::new("x".into(), [1, 3, 4]));
    /// assert!(divided.divisions().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn with_divisions(&self, column: &str, bounds: Series) -> Self {
        DataFrame::built(self.try_with_divisions("with_divisions", column.into(), &bounds))
    }

    #[track_caller]
    fn try_with_divisions(&self, operation: &'static str, column: PlSmallStr, bounds: &Series) -> Built<Self> {
        let bounds = checked_bounds(self, operation, &column, bounds)?;
        one_more(operation, &bounds, self.npartitions())?;
        let divisions = Divisions { by: column.clone(), bounds: bounds.clone() };
        let identity = divisions.identified(self.identity("with_divisions"));
        let (by, bounds) = (column.clone(), Bounds::of(column, bounds));
        let env = (operation, Plain(by), bounds);
        let block = planned(env, |(operation, by, bounds), index, flows| {
            let [flow] = inputs(flows)?;
            let frame = Lazy::of(flow, 0)?.collect()?;
            let numbers = alone(|| bounds.numbers(operation, index, &frame))?;
            let Some(row) = numbers.iter().position(|number| number.is_some_and(|number| number != index)) else {
                return Ok(Lazy::new(frame.lazy(), operation, index));
            };
            let value = frame.column(by).and_then(|column| column.get(row));
            let value = value.map_err(|error| fault(operation, index, error))?;
            Err(bounds.outside(operation, index, value, index as usize, index as usize + 1))
        });
        let reads = vec![self.node.clone().into()];
        let facts = Facts { divisions: Some(divisions), ..(*self.facts).clone() };
        let parts = self.npartitions();
        let divided = DataFrame::blocks(operation, identity, self.schema.clone(), facts, parts, reads, block);
        Ok(divided.split_like(self))
    }

    /// The same rows, with divisions not known; Dask's `clear_divisions`.
    ///
    /// ```
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::{NamedFrom, Series, df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2])?, 1);
    /// let divided = frame.with_divisions("x", Series::new("x".into(), [1, 2]));
    /// assert_eq!(divided.clear_divisions().divisions(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clear_divisions(&self) -> Self {
        self.clone().with_facts(Facts { divisions: None, ..(*self.facts).clone() })
    }
}
