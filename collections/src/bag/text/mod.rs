//! Text files: bags of lines, read in blocks and written one file a partition.

mod codec;
mod error;
mod lines;
mod plan;
mod source;
mod write;

pub use codec::Compression;
#[cfg(feature = "dataframe")]
pub(crate) use codec::Encoder;
pub use error::{ReadError, TextFault, WriteError};
pub use plan::IntoPaths;
pub(crate) use plan::Planned;
#[cfg(feature = "dataframe")]
pub(crate) use plan::files;
pub use source::Line;

use super::layer::generating;
use super::stream::Stream;
use super::{Bag, SPLIT_EVERY};
use crate::identity::Identity;
use lines::Rules;
use partita_graph::{Fault, Kind, Node, Place};
use plan::Block;
use source::{Pending, Reader};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// Bytes that a line may have unless [`ReadText::max_line`] says otherwise: 1 GiB.
pub const MAX_LINE: usize = 1 << 30;

/// What is done with bytes that are no UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EncodingErrors {
    /// They are an error that names the file and the byte.
    #[default]
    Strict,
    /// They are replaced by `U+FFFD`.
    Lossy,
}

/// How text files are to be read; see [`read_text`].
#[must_use = "nothing is read before `finish`"]
pub struct ReadText<L = String> {
    patterns: Vec<PathBuf>,
    block_size: Option<u64>,
    files_per_partition: Option<usize>,
    compression: Compression,
    rules: Rules,
    lines: PhantomData<fn() -> L>,
}

/// Reads text files as a bag of their lines: one partition a file, unless the builder is told otherwise; Dask's
/// `read_text`.
///
/// Lines come without their end, `\n` or `\r\n` (Dask keeps it). A byte order mark at the beginning of a file is passed
/// over. Files are read where their lines are used, through a buffer of some 256 KiB, and again each time; they must
/// not change in between, and if one did, the task fails and says so.
///
/// ```
/// use partita_collections::bag::{on_reference, read_text};
///
/// let directory = tempfile::tempdir()?;
/// std::fs::write(directory.path().join("a.txt"), "one\ntwo\n")?;
/// std::fs::write(directory.path().join("b.txt"), "three")?;
/// let lines = read_text(directory.path().join("*.txt")).finish()?;
/// assert_eq!(lines.npartitions(), 2);
/// assert_eq!(on_reference(&lines)?, ["one", "two", "three"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_text(paths: impl IntoPaths) -> ReadText {
    ReadText {
        patterns: paths.into_paths(),
        block_size: None,
        files_per_partition: None,
        compression: Compression::Infer,
        rules: Rules { delimiter: None, overlapping: false, max_line: MAX_LINE, lossy: false },
        lines: PhantomData,
    }
}

impl Bag<String> {
    /// The lines of text files, one partition a file: [`read_text`] without settings.
    ///
    /// # Errors
    /// [`ReadError`], if there is no such file or it may not be read.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let directory = tempfile::tempdir()?;
    /// std::fs::write(directory.path().join("a.txt"), "one\ntwo\n")?;
    /// assert_eq!(on_reference(&Bag::read_text(directory.path().join("a.txt"))?)?, ["one", "two"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn read_text(paths: impl IntoPaths) -> Result<Bag<String>, ReadError> {
        read_text(paths).finish()
    }
}

impl<L: Line> ReadText<L> {
    /// Cuts files into blocks of this many bytes at most, one partition each; Dask's `blocksize`. A line belongs to the
    /// block in which it starts. Compressed files cannot be cut and stay whole, and so do those whose delimiter can
    /// overlap itself.
    ///
    /// ```
    /// use partita_collections::bag::{on_reference, read_text};
    ///
    /// let directory = tempfile::tempdir()?;
    /// std::fs::write(directory.path().join("a.txt"), "one\ntwo\nthree\n")?;
    /// let lines = read_text(directory.path().join("a.txt")).block_size(5).finish()?;
    /// assert_eq!(lines.npartitions(), 3);
    /// assert_eq!(on_reference(&lines)?, ["one", "two", "three"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn block_size(mut self, bytes: u64) -> Self {
        self.block_size = Some(bytes.max(1));
        self
    }

    /// Puts this many files into a partition, at least 1; Dask's `files_per_partition`.
    pub fn files_per_partition(mut self, files: usize) -> Self {
        self.files_per_partition = Some(files.max(1));
        self
    }

    /// Says how the files are compressed, if their names do not.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Says what is done with bytes that are no UTF-8; Dask's `errors`.
    pub fn encoding_errors(mut self, errors: EncodingErrors) -> Self {
        self.rules.lossy = errors == EncodingErrors::Lossy;
        self
    }

    /// Says what ends a line, instead of `\n` or `\r\n`; Dask's `linedelimiter`.
    ///
    /// ```
    /// use partita_collections::bag::{on_reference, read_text};
    ///
    /// let directory = tempfile::tempdir()?;
    /// std::fs::write(directory.path().join("a.txt"), "one;two;three\n")?;
    /// let lines = read_text(directory.path().join("a.txt")).delimiter(";").finish()?;
    /// assert_eq!(on_reference(&lines)?, ["one", "two", "three\n"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delimiter(mut self, delimiter: &str) -> Self {
        self.rules.delimiter = Some(delimiter.into());
        self.rules.overlapping = overlaps_itself(delimiter);
        self
    }

    /// How many bytes a line may have before it is an error; [`MAX_LINE`] if not said. It bounds the memory that a file
    /// without line ends takes.
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.rules.max_line = bytes;
        self
    }

    /// The bag of the lines. The files are looked at, and not read.
    ///
    /// # Errors
    /// [`ReadError`] if one of them is not there or may not be read, or if the settings contradict each other.
    #[track_caller]
    pub fn finish(self) -> Result<Bag<L>, ReadError> {
        if self.rules.delimiter.as_deref() == Some("") {
            return Err(ReadError::EmptyDelimiter);
        }
        let files = plan::files(&self.patterns, self.compression)?;
        let partitions = match (self.block_size, self.files_per_partition) {
            (Some(_), Some(_)) => return Err(ReadError::BothCuts),
            (Some(size), None) if !self.rules.overlapping => plan::blocks(&files, size)?,
            (_, per_partition) => plan::whole(&files, per_partition.unwrap_or(1)),
        };
        Ok(self.bag(files, partitions))
    }

    #[track_caller]
    fn bag(&self, files: Vec<Planned>, partitions: Vec<Vec<Block>>) -> Bag<L> {
        let key = self.identity(&files, &partitions).key::<Vec<L>>("read_text");
        let parts = partitions.len() as u32;
        let files: Vec<Arc<Planned>> = files.into_iter().map(Arc::new).collect();
        let block = generating((Arc::new(files), partitions, self.rules.clone()), |env, partition| {
            let (files, partitions, rules) = &**env;
            let missing = || Fault::failed("the text has fewer partitions than that");
            Ok(Stream::<L>::new(Reader {
                files: files.clone(),
                blocks: partitions.get(partition as usize).ok_or_else(missing)?.clone().into_iter(),
                rules: rules.clone(),
                current: None,
                pending: Pending::default(),
            }))
        });
        let kind = Kind::Blocks { parts, block, inputs: Vec::new() };
        Bag::new(Arc::new(Node::new(key, kind, Place::here())), SPLIT_EVERY)
    }

    /// Equal files read in the same way are the same bag.
    fn identity(&self, files: &[Planned], partitions: &[Vec<Block>]) -> Identity {
        let mut identity = Identity::of("read_text");
        for file in files {
            let time = file.changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let time = time.map(|time| (time.as_secs(), time.subsec_nanos()));
            identity = identity.data(&(file.path.to_string_lossy(), file.size, time, file.compression.name()));
        }
        let rules = (self.rules.delimiter.as_deref(), self.rules.lossy, self.rules.max_line);
        let cuts = (self.block_size, self.files_per_partition, partitions.len());
        identity.data(&rules).data(&cuts)
    }
}

impl ReadText<String> {
    /// Makes each line a pair of it and the path of its file; Dask's `include_path`.
    ///
    /// ```
    /// use partita_collections::bag::{on_reference, read_text};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("a.txt");
    /// std::fs::write(&path, "one\n")?;
    /// let lines = read_text(&path).include_path().finish()?;
    /// assert_eq!(on_reference(&lines)?, [("one".to_string(), path.display().to_string())]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn include_path(self) -> ReadText<(String, String)> {
        let ReadText { patterns, block_size, files_per_partition, compression, rules, lines: _ } = self;
        ReadText { patterns, block_size, files_per_partition, compression, rules, lines: PhantomData }
    }
}

/// Whether a text ends as it begins, so that two occurrences can overlap (`aa`, `abab`) and which ones count depends on
/// where the search starts.
fn overlaps_itself(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..bytes.len()).any(|length| bytes[..length] == bytes[bytes.len() - length..])
}
