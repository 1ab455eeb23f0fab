//! The number of rows of a dataframe, known or computed.

use crate::compute::Compute;
use crate::current;
use crate::error::Result;
use partita_collections::dataframe::{DataFrame, len};
use partita_graph::Engine;

/// What dataframes can tell once there is a cluster.
pub trait FrameLen {
    /// How many rows it has; Dask's `len(df)`. Computes only if it is not known.
    ///
    /// ```
    /// use partita::dataframe::{col, lit};
    /// use partita::dataframe::polars::prelude::df;
    /// use partita::prelude::*;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3]).unwrap(), 2);
    /// assert_eq!(frame.filter(col("x").gt(lit(1))).len()?, 2);
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error of the first task that failed.
    #[track_caller]
    fn len(&self) -> Result<usize>;

    /// As [`FrameLen::len`], on an engine.
    ///
    /// # Errors
    /// The error of the first task that failed.
    #[track_caller]
    fn len_on(&self, engine: &dyn Engine) -> Result<usize>;

    /// Whether it has no rows. Computes only if that is not known.
    ///
    /// # Errors
    /// The error of the first task that failed.
    #[track_caller]
    fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }
}

impl FrameLen for DataFrame {
    #[track_caller]
    fn len(&self) -> Result<usize> {
        match self.known_len() {
            Some(rows) => Ok(rows),
            None => self.len_on(&current::client()?),
        }
    }

    #[track_caller]
    fn len_on(&self, engine: &dyn Engine) -> Result<usize> {
        if let Some(rows) = self.known_len() {
            return Ok(rows);
        }
        let counted = self.select([len()]).compute_on(engine)?;
        let rows = counted.columns().first().and_then(|column| column.get(0).ok()?.extract::<usize>());
        Ok(rows.unwrap_or(0))
    }
}
