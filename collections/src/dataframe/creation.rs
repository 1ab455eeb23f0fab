//! Dataframes of what is at hand: frames of Polars', and functions that make partitions.

use super::DataFrame;
use super::facts::Facts;
use super::frame::Frame;
use super::glimpse::Glimpse;
use super::layers::{Lazy, planned};
use super::travel::Columns;
use crate::identity::Identity;
use partita_graph::{Fault, Func, Kind};
use polars::prelude::{self as pl, IntoLazy, SchemaRef};

impl DataFrame {
    /// A frame of Polars' in this many partitions (0 counts as 1) of about as many rows, which share its memory; Dask's
    /// `from_pandas`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = df!("x" => [1, 2, 3])?;
    /// assert_eq!(on_reference(&DataFrame::from_polars(frame.clone(), 2))?, frame);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn from_polars(frame: pl::DataFrame, npartitions: usize) -> Self {
        let (parts, height) = (npartitions.clamp(1, u32::MAX as usize), frame.height());
        let start = |part: usize| (part as u128 * height as u128 / parts as u128) as usize;
        let cut = |part| frame.slice(start(part) as i64, start(part + 1) - start(part));
        DataFrame::from_frames((0..parts).map(cut).collect(), frame.schema().clone())
    }

    /// Frames that all have these columns, one a partition.
    #[track_caller]
    pub(crate) fn from_frames(frames: Vec<pl::DataFrame>, schema: SchemaRef) -> Self {
        let rows = frames.iter().map(pl::DataFrame::height).collect();
        let glimpse = if frames.len() > 1 { Glimpse::of_frames(&frames) } else { None };
        let facts = Facts { glimpse, ..Facts::of_rows(rows) };
        let values = frames.into_iter().map(|frame| Frame::from(frame).into_value()).collect();
        DataFrame::of_kind("from-polars", Identity::unique(), schema, facts, Kind::Data(values))
    }

    /// Partitions that a function makes, called with each number below `npartitions`; all have the columns of `schema`.
    /// Dask's `from_map`.
    ///
    /// A partition of other columns or types is an error of its task.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let schema = df!("x" => [0i64])?.schema().clone();
    /// let frame = DataFrame::from_map(2, schema, |part| df!("x" => [part as i64]));
    /// assert_eq!(on_reference(&frame)?, df!("x" => [0i64, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn from_map<E>(
        npartitions: usize,
        schema: SchemaRef,
        make: impl Fn(usize) -> Result<pl::DataFrame, E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let identity = Identity::of("from_map").function(&make).data(&(npartitions as u64));
        let block = planned((Func(make), Columns(schema.clone())), |(make, expected), part, _| {
            let frame = make(part as usize).map_err(Fault::failed)?;
            super::schema::same("from_map", part, frame.schema(), expected)?;
            Ok(Lazy::new(frame.lazy(), "from_map", part))
        });
        DataFrame::blocks("from-map", identity, schema, Facts::default(), npartitions, Vec::new(), block)
    }
}
