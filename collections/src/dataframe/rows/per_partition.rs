//! Whole partitions at a time: functions of the user's.

use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Lazy, fault, planned};
use crate::dataframe::schema::same;
use crate::dataframe::threads::alone;
use crate::dataframe::travel::Columns;
use crate::identity::Identity;
use crate::layer::inputs;
use partita_graph::{Fault, Func, Travels};
use polars::prelude::{self as pl, IntoLazy, PolarsResult, SchemaRef};
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

impl DataFrame {
    /// Each partition made into another frame; Dask's `map_partitions`, and its `apply` and `pipe` of whole frames.
    ///
    /// What columns it makes, the function is asked with a frame of no rows when the expression is built, as Dask does;
    /// one that cannot take such a frame goes to [`DataFrame::map_partitions_to`]. A partition of other columns is an
    /// error of its task.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::{DataFrame as Polars, PolarsError, df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
    /// let sizes = frame.map_partitions(|part: Polars| df!("rows" => [part.height() as u64]));
    /// assert_eq!(on_reference(&sizes)?, df!("rows" => [1u64, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn map_partitions<E>(
        &self,
        f: impl Fn(pl::DataFrame) -> Result<pl::DataFrame, E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let operation = "map_partitions";
        DataFrame::built(self.meta(operation, &f).map(|schema| self.each_mapped(operation, schema, f)))
    }

    /// Each partition made into another frame, with the columns of `schema`; Dask's `map_partitions(meta=…)`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::{DataFrame as Polars, PolarsError, df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
    /// let last = frame.map_partitions_to(frame.schema().clone(), |part: Polars| match part.height() {
    ///     0 => Err("a partition has no rows"),
    ///     rows => Ok(part.slice(rows as i64 - 1, 1)),
    /// });
    /// assert_eq!(on_reference(&last)?, df!("x" => [1, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn map_partitions_to<E>(
        &self,
        schema: SchemaRef,
        f: impl Fn(pl::DataFrame) -> Result<pl::DataFrame, E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        DataFrame::built(self.sound().map(|frame| frame.each_mapped("map_partitions", schema, f)))
    }

    #[track_caller]
    fn each_mapped<E>(
        &self,
        operation: &'static str,
        schema: SchemaRef,
        f: impl Fn(pl::DataFrame) -> Result<pl::DataFrame, E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let identity = self.identity(operation).function(&f);
        let env = (operation, Func(f), Columns(schema.clone()));
        self.each(operation, identity, schema, env, |(operation, f, expected), part, frame| {
            let made = alone(|| (f.0)(frame)).map_err(Fault::failed)?;
            same(operation, part, made.schema(), expected)?;
            Ok(made)
        })
    }

    /// The columns that a function of the user's makes of a frame without rows.
    pub(crate) fn meta<E>(
        &self,
        operation: &'static str,
        f: impl Fn(pl::DataFrame) -> Result<pl::DataFrame, E>,
    ) -> Built<SchemaRef>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let empty = pl::DataFrame::empty_with_schema(&self.sound()?.schema);
        let message = match catch_unwind(AssertUnwindSafe(|| alone(|| f(empty)))) {
            Ok(Ok(made)) => return Ok(made.schema().clone()),
            Ok(Err(error)) => error.into().to_string(),
            Err(_) => "it panicked".to_string(),
        };
        Err(FrameError::Meta { operation, message }.into())
    }

    /// Each partition made into another frame of known columns.
    #[track_caller]
    pub(crate) fn each_frame<E: Travels>(
        &self,
        operation: &'static str,
        identity: Identity,
        schema: SchemaRef,
        env: E,
        make: impl Fn(&E, u32, pl::DataFrame) -> PolarsResult<pl::DataFrame> + Send + Sync + 'static,
    ) -> Self {
        self.each(operation, identity, schema, (operation, env), move |(operation, env), part, frame| {
            alone(|| make(env, part, frame)).map_err(|error| fault(operation, part, error))
        })
    }

    /// As [`DataFrame::each_frame`], of a function with errors of its own.
    #[track_caller]
    pub(crate) fn each<E: Travels>(
        &self,
        operation: &'static str,
        identity: Identity,
        schema: SchemaRef,
        env: E,
        make: impl Fn(&E, u32, pl::DataFrame) -> Result<pl::DataFrame, Fault> + Send + Sync + 'static,
    ) -> Self {
        let block = planned((operation, env), move |(operation, env), part, flows| {
            let [flow] = inputs(flows)?;
            Ok(Lazy::new(make(env, part, Lazy::of(flow, 0)?.collect()?)?.lazy(), operation, part))
        });
        let reads = vec![self.node.clone().into()];
        DataFrame::blocks(operation, identity, schema, Facts::default(), self.npartitions(), reads, block)
            .split_like(self)
    }
}
