//! DataFrames: many frames of Polars' in a row, one a partition, lazy, with what crosses partitions done by tasks.
//!
//! Expressions are Polars' own. A chain of steps that look at one row at a time becomes one plan a partition, which Polars
//! optimises as a whole: columns that nobody needs are not read, and filters are moved to the files.
//!
//! ```
//! use partita_collections::dataframe::{DataFrame, col, lit, on_reference};
//! use partita_collections::dataframe::polars::prelude::df;
//!
//! let cars = DataFrame::from_polars(df!("brand" => ["a", "b", "a"], "price" => [3, 5, 4])?, 2);
//! let cheap = cars.filter(col("price").lt_eq(lit(4))).select([col("brand")]);
//! assert_eq!(on_reference(&cheap)?, df!("brand" => ["a", "a"])?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Errors
//!
//! Columns and their types are known, and checked, when an expression is built. What makes no sense gives a dataframe that
//! stands for the error, as do all that are made of it; computing one of them gives the error, with the line that wrote the
//! expression, before any work starts. [`DataFrame::check`] tells at once.

mod again;
mod aggregates;
mod convert;
mod creation;
mod error;
mod exprs;
mod facts;
mod frame;
mod glimpse;
mod groups;
mod io;
mod joins;
mod kernels;
mod layers;
mod names;
mod needs;
mod plans;
mod rows;
mod rowwise;
mod schema;
mod show;
mod shuffle;
mod sorts;
mod stacks;
mod threads;
mod travel;
mod windows;

#[cfg(feature = "array")]
pub use convert::Cell;
pub use error::{FrameError, FrameFault};
pub use facts::Divisions;
pub use frame::Frame;
pub use groups::{Aggregation, GroupBy};
pub use io::{
    BLOCK_SIZE, CloudError, CsvReader, CsvWriter, FileError, FileFault, FrameReader, FrameWriter, IpcReader, IpcWriter,
    NdjsonReader, NdjsonWriter, ParquetReader, ParquetWriter, ReadError, ReadFault, SAMPLE, Written, WrittenFile,
    WrongValue, read_csv, read_ipc, read_ndjson, read_parquet, read_table,
};
pub use joins::AsOf;
pub use names::IntoNames;
/// Polars, of the version that dataframes are made of.
pub use polars;
pub use polars::prelude::{
    ClosedWindow, DataType, Expr, IpcCompression, JoinArgs, JoinType, Label, ParquetCompression, Schema, SchemaRef,
    SortMultipleOptions, StartBy, all, as_struct, coalesce, col, cols, concat_str, len, lit, when,
};
pub use shuffle::memory::{ShuffleUsage, set_shuffle_memory, shuffle_usage};
pub use windows::{Resampled, Rolling, RollingBy};

pub use crate::staged::{Target, TargetError, overwrite};

use crate::collection::{Held, held_node};
use crate::{Collection, bag};
use facts::Facts;
use partita_graph::{Input, Misbuilt, Node, Place, Reader, RunError, TaskError, UserError, Value};
use std::sync::Arc;

/// Partial results that are combined by one task, unless [`DataFrame::split_every`] says otherwise.
pub const SPLIT_EVERY: usize = 8;

/// A lazy dataframe in partitions. Cloning it is a pointer copy.
///
/// ```
/// use partita_collections::dataframe::DataFrame;
/// use partita_collections::dataframe::polars::prelude::df;
///
/// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
/// assert_eq!((frame.npartitions(), frame.schema().len()), (2, 1));
/// assert!(format!("{frame}").starts_with("DataFrame(x: i32; 2 partitions, \"from-polars-"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "collections are lazy and do nothing until computed"]
#[derive(Clone)]
pub struct DataFrame {
    node: Arc<Node>,
    schema: SchemaRef,
    facts: Arc<Facts>,
    split_every: usize,
}

/// Computes a dataframe on the reference engine, for examples and tests.
///
/// # Errors
/// The error of the first task that failed.
pub fn on_reference(frame: &DataFrame) -> Result<polars::prelude::DataFrame, RunError> {
    bag::on_reference(frame)
}

impl DataFrame {
    /// The dataframe whose partitions are the parts of a node.
    pub(crate) fn from_parts(node: Arc<Node>, schema: SchemaRef, facts: Facts) -> Self {
        DataFrame { node, schema, facts: Arc::new(facts), split_every: SPLIT_EVERY }
    }

    /// The node whose parts are its partitions.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Its columns and their types. An expression that makes no sense has none.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The names of its columns.
    ///
    /// ```
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2], "y" => ["a", "b"])?, 2);
    /// assert_eq!((frame.columns(), frame.width()), (vec!["x", "y"], 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn columns(&self) -> Vec<&str> {
        self.schema.iter_names().map(|name| name.as_str()).collect()
    }

    /// How many columns it has.
    pub fn width(&self) -> usize {
        self.schema.len()
    }

    /// How many partitions it has.
    pub fn npartitions(&self) -> usize {
        self.node.parts() as usize
    }

    /// By what its rows are divided among the partitions, if that is known.
    pub fn divisions(&self) -> Option<&Divisions> {
        self.facts.divisions.as_ref()
    }

    /// How many rows it has, if that is known without computing.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, lit};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
    /// assert_eq!(frame.known_len(), Some(3));
    /// assert_eq!(frame.filter(col("x").gt(lit(1))).known_len(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn known_len(&self) -> Option<usize> {
        self.facts.rows.as_ref().map(|rows| rows.iter().sum())
    }

    /// The same dataframe, whose reductions (and those of dataframes made from it) combine up to `n` partial results in
    /// one task, at least 2; Dask's `split_every`. It is [`SPLIT_EVERY`] if not set.
    pub fn split_every(&self, n: usize) -> Self {
        DataFrame { split_every: n.max(2), ..self.clone() }
    }

    pub(crate) fn split_like(self, other: &DataFrame) -> Self {
        DataFrame { split_every: other.split_every, ..self }
    }

    pub(crate) fn with_facts(self, facts: Facts) -> Self {
        DataFrame { facts: Arc::new(facts), ..self }
    }

    /// Why it cannot be computed.
    fn misbuilt(&self) -> Option<&UserError> {
        self.node.extras.as_ref()?.misbuilt.as_ref()
    }

    /// The dataframe, if the expression makes sense, and else what is wrong with it and where; nothing is computed.
    ///
    /// # Errors
    /// [`Misbuilt`]: a [`FrameError`] and the line of user code that wrote the expression.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("price" => [1, 2])?, 1);
    /// let wrong = frame.select([col("prize")]).check().unwrap_err().to_string();
    /// assert!(wrong.contains("there is no column \"prize\"; did you mean \"price\"?"), "{wrong}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&self) -> Result<&Self, Misbuilt> {
        match self.misbuilt() {
            None => Ok(self),
            Some(error) => Err(Misbuilt { error: error.clone(), place: self.node.place }),
        }
    }
}

impl Collection for DataFrame {
    type Output = polars::prelude::DataFrame;

    fn outputs(&self) -> Vec<Input> {
        crate::layer::parts(&self.node).collect()
    }

    fn readers(&self) -> Vec<Reader> {
        vec![Reader::of::<Frame>(); self.node.parts() as usize]
    }

    fn assemble(&self, values: Vec<Value>) -> Result<polars::prelude::DataFrame, RunError> {
        let outputs = self.outputs();
        let frames: Result<Vec<Frame>, RunError> =
            values.into_iter().zip(&outputs).map(|(value, output)| crate::collection::take(value, output)).collect();
        let all = stacks::stacked_as(&self.schema, frames?.into_iter().map(Frame::into_polars).collect());
        all.map_err(|error| {
            let kind = layers::fault("compute", 0, error).kind(|_| None);
            RunError::Task(TaskError::new(self.node.key.clone(), Some(self.node.place), kind))
        })
    }

    fn rebuild(&self, held: Vec<Held>, place: Place) -> Self {
        match held_node(held, place) {
            Some(node) => DataFrame { node, ..self.clone() },
            None => self.clone(),
        }
    }
}
