//! What was written: files with their rows and bytes.

use crate::staged::Ticket;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenFile {
    /// Where it is.
    pub path: PathBuf,
    /// How many rows it has.
    pub rows: usize,
    /// How many bytes it has.
    pub bytes: u64,
}

/// All files that were written, in the order of the partitions.
///
/// ```
/// use partita_collections::bag::on_reference;
/// use partita_collections::dataframe::DataFrame;
/// use partita_collections::dataframe::polars::prelude::df;
///
/// let directory = tempfile::tempdir()?;
/// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
/// let written = on_reference(&frame.write_csv(directory.path().join("x")).finish()?)?;
/// assert_eq!((written.rows(), written.bytes(), written.files.len()), (3, 10, 2));
/// assert!(written.paths()[1].ends_with("x/part.1.csv"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The files.
    pub files: Vec<WrittenFile>,
}

impl Written {
    /// The rows of all files.
    pub fn rows(&self) -> usize {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// The bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Where the files are.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path.clone()).collect()
    }
}

/// What a task wrote, and for which run.
#[derive(Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) ticket: Ticket,
    pub(super) files: Vec<WrittenFile>,
}
