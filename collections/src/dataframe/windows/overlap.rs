//! Overlaps: functions of the user's on partitions with the rows of their neighbours.

use super::beside::Side;
use super::borders::Borders;
use crate::dataframe::error::FrameFault;
use crate::dataframe::layers::{Built, Outline};
use crate::dataframe::stacks::stacked;
use crate::dataframe::travel::Columns;
use crate::dataframe::{DataFrame, all};
use partita_graph::{Fault, Func};
use polars::prelude::{self as pl, SchemaRef};
use std::error::Error;

impl DataFrame {
    /// Each partition made into another frame, together with so many rows before and after it, which are cut off again;
    /// Dask's `map_overlap`.
    ///
    /// The function makes a row for each row; at the ends of the dataframe there are fewer beside it. What columns it
    /// makes, it is asked with a frame of no rows when the expression is built.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::{DataFrame as Polars, df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 4, 9])?, 3);
    /// let before = frame.map_overlap(1, 0, |part: Polars| Ok::<_, String>(part.shift(1)));
    /// assert_eq!(on_reference(&before)?, df!("x" => [None, Some(1), Some(4)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn map_overlap<E>(
        &self,
        before: usize,
        after: usize,
        f: impl Fn(pl::DataFrame) -> Result<pl::DataFrame, E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let operation = "map_overlap";
        DataFrame::built(
            self.meta(operation, &f).and_then(|schema| self.overlapped(operation, schema, before, after, f)),
        )
    }

    #[track_caller]
    fn overlapped<E>(
        &self,
        operation: &'static str,
        schema: SchemaRef,
        before: usize,
        after: usize,
        f: impl Fn(pl::DataFrame) -> Result<pl::DataFrame, E> + Send + Sync + 'static,
    ) -> Built<Self>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let identity = self.identity(operation).function(&f).data(&(before as u64, after as u64));
        let columns = [all().as_expr()];
        let borders = Borders {
            before: self.ends(operation, &identity, Side::Before, before, &columns)?,
            after: self.ends(operation, &identity, Side::After, after, &columns)?,
        };
        let env = (operation, Func(f), Columns(schema.clone()));
        let facts = (*self.facts).kept_columns(|_| false);
        let outline = Outline { operation, identity, schema, facts };
        let made = self.with_borders(outline, borders, env, |env, part, own, before, after| {
            let (operation, f, expected) = env;
            let (start, rows) = (before.height(), own.height());
            let beside = [before, own, after].into_iter().filter(|frame| frame.width() > 0);
            let all = stacked(beside).map_err(Fault::failed)?;
            let given = all.height();
            let made = (f.0)(all).map_err(Fault::failed)?;
            crate::dataframe::schema::same(operation, part, made.schema(), expected)?;
            match made.height() == given {
                true => Ok(made.slice(start as i64, rows)),
                false => Err(Fault::failed(FrameFault::Rows {
                    operation,
                    partition: part,
                    found: made.height(),
                    expected: given,
                })),
            }
        });
        Ok(made)
    }
}
