//! Functions of groups: what a function of the user's makes of the rows of each group.

use super::GroupBy;
use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Lazy, fault, planned};
use crate::dataframe::schema::same;
use crate::dataframe::threads::alone;
use crate::dataframe::travel::{Columns, Exprs};
use crate::layer::inputs;
use partita_graph::{Fault, Func};
use polars::prelude::{self as pl, Expr, GroupsIndicator, IdxCa, IntoLazy, PolarsResult, SchemaRef};

const OPERATION: &str = "apply";

impl GroupBy {
    /// What a function makes of the rows of each group, under each other: frames of the columns of `schema`, of any number of
    /// rows; Dask's `apply`.
    ///
    /// Rows are shuffled by their keys; a group's rows are in their order, with all columns.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 3])?, 2);
    /// let last = frame.group_by([col("k")]).split_out(1).apply(frame.schema().clone(), |group| Ok(group.tail(Some(1))));
    /// assert_eq!(on_reference(&last)?, df!("k" => ["a", "b"], "x" => [3, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn apply<F>(&self, schema: SchemaRef, function: F) -> DataFrame
    where
        F: Fn(pl::DataFrame) -> Result<pl::DataFrame, Box<dyn std::error::Error + Send + Sync>>,
        F: Send + Sync + 'static,
    {
        DataFrame::built(self.try_apply(schema, function))
    }

    #[track_caller]
    fn try_apply<F>(&self, schema: SchemaRef, function: F) -> Built<DataFrame>
    where
        F: Fn(pl::DataFrame) -> Result<pl::DataFrame, Box<dyn std::error::Error + Send + Sync>>,
        F: Send + Sync + 'static,
    {
        self.frame.sound()?;
        let columns: Vec<_> = self.frame.schema.iter_names().cloned().collect();
        let rows = self.together(OPERATION, &columns)?;
        let identity = self.identity(OPERATION, &[]).function(&function).node(rows.node());
        let env = (Exprs(self.key_exprs()), Columns(schema.clone()), Func(function));
        let block = planned(env, |(keys, expected, function), index, flows| {
            let [flow] = inputs(flows)?;
            let frame = Lazy::of(flow, 0)?.collect()?;
            let wrong = |error| fault(OPERATION, index, error);
            let mut all = pl::DataFrame::empty_with_schema(expected);
            for group in alone(|| groups(&frame, keys)).map_err(wrong)? {
                let rows = alone(|| frame.take(&group)).map_err(wrong)?;
                let made = alone(|| (function.0)(rows)).map_err(Fault::failed)?;
                same(OPERATION, index, made.schema(), expected)?;
                all.vstack_mut_owned(made).map_err(wrong)?;
            }
            Ok(Lazy::new(all.lazy(), OPERATION, index))
        });
        let reads = vec![rows.node().clone().into()];
        let made = DataFrame::blocks(OPERATION, identity, schema, Facts::default(), rows.npartitions(), reads, block);
        Ok(made.split_like(&self.frame))
    }
}

/// The numbers of the rows of each group.
fn groups(frame: &pl::DataFrame, keys: &[Expr]) -> PolarsResult<Vec<IdxCa>> {
    if frame.height() == 0 {
        return Ok(Vec::new());
    }
    let keys = frame.clone().lazy().select(keys).collect()?.into_columns();
    let grouped = frame.group_by_with_series(keys, false, true)?;
    let rows = grouped.get_groups().iter().map(|group| match group {
        GroupsIndicator::Idx((_, rows)) => IdxCa::from_vec("".into(), rows.to_vec()),
        GroupsIndicator::Slice([first, len]) => IdxCa::from_vec("".into(), (first..first + len).collect()),
    });
    Ok(rows.collect())
}
