//! Lengths of chunks that only computing tells: computed, and put into the array.

use crate::compute::Compute;
use crate::current;
use crate::error::Result;
use partita_collections::array::{Array, ArrayError, Element};
use partita_graph::{Engine, Misbuilt, Place};
use std::sync::Arc;

/// What arrays of unknown lengths can do once there is a cluster.
pub trait ComputeChunkSizes: Sized {
    /// The same array with known lengths, found by computing its blocks; Dask's `compute_chunk_sizes`.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let x = Array::<i64>::arange(0, 10, 1, 4);
    /// let even = x.mask(&(&x % 2).eq(0)).compute_chunk_sizes()?;
    /// assert_eq!(even.chunks(), [vec![2, 2, 1]]);
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error of the first task that failed.
    #[track_caller]
    fn compute_chunk_sizes(&self) -> Result<Self>;

    /// As [`ComputeChunkSizes::compute_chunk_sizes`], on an engine.
    ///
    /// # Errors
    /// The error of the first task that failed.
    #[track_caller]
    fn compute_chunk_sizes_on(&self, engine: &dyn Engine) -> Result<Self>;
}

impl<T: Element> ComputeChunkSizes for Array<T> {
    #[track_caller]
    fn compute_chunk_sizes(&self) -> Result<Self> {
        self.compute_chunk_sizes_on(&current::client()?)
    }

    #[track_caller]
    fn compute_chunk_sizes_on(&self, engine: &dyn Engine) -> Result<Self> {
        let place = Place::here();
        let sizes = self.chunk_sizes().compute_on(engine)?;
        let found = self.with_chunk_sizes(sizes);
        Ok(found.map_err(|error: ArrayError| Misbuilt { error: Arc::new(error), place })?)
    }
}
