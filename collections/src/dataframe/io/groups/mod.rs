//! Files whose rows stand in groups that are read by themselves: row groups of Parquet, record batches of Arrow IPC.

mod ahead;
mod bounds;
mod cut;
mod fields;
mod reader;
mod scan;

pub(super) use bounds::{Bounds, is_looked_at};
pub(super) use fields::Fields;
pub use reader::FrameReader;
pub(super) use reader::opened;

use super::faults::FileFault;
use super::handle::Handle;
use super::listing::Planned;
use polars::prelude::{Column, PlSmallStr};

/// How much is in a group of rows.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// How many rows.
    pub(super) rows: usize,
    /// Bytes of the columns that are read, before compression.
    pub(super) bytes: u64,
}

/// What a file tells of itself, from which its groups can be read.
pub trait Format: Clone + Send + Sync + 'static {
    /// What files of this format are called in errors.
    const NAME: &'static str;
    /// The function that reads them.
    const OPERATION: &'static str;
    /// How their names end.
    const EXTENSIONS: &'static [&'static str];
    /// Whether it tells of itself at its end, instead of its beginning.
    const AT_END: bool;
    /// Whether a column of a group can be read without the others.
    const APART: bool;

    /// Reads what an open file of this size tells of itself.
    ///
    /// # Errors
    /// What is wrong with it.
    fn open(file: Handle, size: u64) -> Result<Self, String>;

    /// Its columns and their types.
    fn fields(&self) -> &Fields;

    /// Its groups, of which these columns are read.
    fn groups(&self, is_read: &dyn Fn(&str) -> bool) -> Vec<Group>;

    /// How many rows a group has.
    fn rows(&self, group: usize) -> usize;

    /// What it tells of a column in a group.
    fn bounds(&self, group: usize, name: &str) -> Option<Bounds>;

    /// Columns of a group, `None` for those that the file has not.
    ///
    /// # Errors
    /// [`FileFault`] if they cannot be read.
    fn columns(
        &self,
        file: &Handle,
        planned: &Planned,
        group: usize,
        names: &[PlSmallStr],
    ) -> Result<Vec<Option<Column>>, FileFault>;
}
