//! What can be wrong with files of a dataframe: before anything is read, and while they are read.

use super::cloud::CloudError;
use crate::bag;
use crate::dataframe::error::FrameError;
use polars::prelude::{PlSmallStr, PolarsError};
use std::fmt;
use std::path::{Path, PathBuf};

/// Files that cannot be read as a dataframe; found before any work starts.
///
/// ```
/// use partita_collections::dataframe::{ReadError, read_csv};
///
/// let error = read_csv("/nowhere/*.csv").finish().unwrap_err();
/// assert!(matches!(error, ReadError::Files(_)));
/// assert!(error.to_string().contains("/nowhere/*.csv"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A file is not there, or may not be read, or no file matches a pattern.
    #[error(transparent)]
    Files(#[from] bag::ReadError),
    /// A file is at a URL, and cannot be reached.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// A file could not be read from its start.
    #[error(transparent)]
    Sample(#[from] ReadFault),
    /// A setting names a column that is not there, or makes no sense.
    #[error(transparent)]
    Setting(#[from] FrameError),
    /// There are no rows, and no columns.
    #[error("`{}` is empty: there are no columns in it. Leave it out, or say with `schema` what they are", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The beginning of a file makes no sense.
    #[error("the beginning of `{}` cannot be read: {message}", path.display())]
    Start {
        /// The file.
        path: PathBuf,
        /// What is wrong, in Polars' words.
        message: String,
    },
    /// The file is UTF-16.
    #[error("`{}` is UTF-16, and has to be UTF-8: convert it, with `iconv -f UTF-16 -t UTF-8`", path.display())]
    Utf16 {
        /// The file.
        path: PathBuf,
    },
    /// A file has other columns than the first one, or than the schema.
    #[error(
        "the columns of `{}` are not those of {first}:{}{}", path.display(),
        Listed(" it lacks", .missing, "`fill_missing_columns` takes them for nulls"),
        Listed(" it has, beside them,", .extra, "`ignore_extra_columns` leaves them out")
    )]
    Columns {
        /// What the columns should be like: the first file, or `schema`.
        first: String,
        /// The file.
        path: PathBuf,
        /// Columns that it lacks.
        missing: Vec<String>,
        /// Columns that only it has.
        extra: Vec<String>,
    },
    /// More or fewer names than columns.
    #[error("`{}` has {columns} columns, and `column_names` gives {names} names", path.display())]
    Names {
        /// The file.
        path: PathBuf,
        /// How many columns it has.
        columns: usize,
        /// How many names there are.
        names: usize,
    },
}

/// Columns and what to do about them.
struct Listed<'a>(&'static str, &'a [String], &'static str);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Listed(what, columns, remedy) = self;
        match columns {
            [] => Ok(()),
            columns => write!(f, "{what} \"{}\" ({remedy});", columns.join("\", \"")),
        }
    }
}

/// A file that cannot be read; the source of a task's error. A partition is never cut short: it is whole or an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadFault {
    /// The file is another one than when the dataframe was made.
    #[error(
        "`{}` changed since the dataframe was made: {what}. Make the dataframe again, when nobody writes to the file",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// What changed.
        what: String,
    },
    /// The file was there when the dataframe was made, and is not any more.
    #[error("`{}` was there when the dataframe was made, and is not any more", path.display())]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// The system could not read on.
    #[error("`{}` could not be read at byte {offset}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        offset: u64,
        /// What the system said.
        cause: String,
    },
    /// The file is at a URL, and could not be read on.
    #[error(transparent)]
    Cloud(CloudError),
    /// A compressed file is damaged or cut short.
    #[error(
        "`{}` is no whole {format} file: after {offset} bytes of text, {cause}. Fetch it again, or set `compression`",
        path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What it should be.
        format: &'static str,
        /// How many decompressed bytes came before.
        offset: u64,
        /// What the decoder said.
        cause: String,
    },
    /// A quote is opened and not closed.
    #[error(
        "`{}`, line {line}: in the row that starts here a quote is opened and never closed; close it, or read without \
         quotes with `quote_char(None)`", path.display()
    )]
    Unclosed {
        /// The file.
        path: PathBuf,
        /// The line where the row starts.
        line: u64,
    },
    /// A row goes on in the next line, and should not.
    #[error(
        "`{}`, line {line}: a quoted field has a line end in it, and `newlines_in_values(false)` says that none has",
        path.display()
    )]
    LineEnd {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
    },
    /// A row does not end.
    #[error(
        "`{}`, line {line}: a row starts here that has more than {limit} bytes; if one of its quotes is not closed, \
         close it, or read without quotes with `quote_char(None)`", path.display()
    )]
    RowTooLong {
        /// The file.
        path: PathBuf,
        /// The line where it starts.
        line: u64,
        /// How many bytes a row may have.
        limit: usize,
    },
    /// A text is not of its column's type.
    #[error(transparent)]
    Value(Box<WrongValue>),
    /// A row has too many fields.
    #[error(
        "`{}`, line {line}: the row has {found} fields, and there are {expected} columns; `truncate_ragged_lines` \
         leaves out those that are too many", path.display()
    )]
    Ragged {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// How many fields the row has.
        found: usize,
        /// How many columns there are.
        expected: usize,
    },
    /// A row is no UTF-8.
    #[error(
        "`{}`, line {line}: byte {byte} of the row is not UTF-8; convert the file, or replace such bytes with \
         `encoding_errors(EncodingErrors::Lossy)`", path.display()
    )]
    Utf8 {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// Which byte of the row, from 0.
        byte: usize,
    },
    /// A row cannot be read for another reason.
    #[error("`{}`, line {line}: {message}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// What is wrong, in Polars' words.
        message: String,
    },
}

/// A text that is not of its column's type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}`, line {line}, column \"{column}\": `{text}` is no {expected}. If that is right, give the column another type: \
     `dtypes([({column:?}, DataType::String)])`, or look at more of the file for its type: `sample`. If it is not, \
     `{remedy}` makes it null", path.display()
)]
pub struct WrongValue {
    /// The file.
    pub path: PathBuf,
    /// The line.
    pub line: u64,
    /// The column.
    pub column: PlSmallStr,
    /// What is there.
    pub text: String,
    /// The type of the column.
    pub expected: String,
    /// What makes such texts null.
    pub remedy: String,
}

impl ReadFault {
    /// The file could not be opened.
    pub(super) fn opening(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            std::io::ErrorKind::NotFound => ReadFault::Gone { path },
            _ => ReadFault::Io { path, offset: 0, cause: error.to_string() },
        }
    }

    /// What a store said.
    pub(super) fn of_store(path: &Path, error: &std::io::Error) -> Option<Self> {
        let path = path.to_path_buf();
        Some(match CloudError::within(error)?.clone() {
            CloudError::Changed { what, .. } => ReadFault::Changed { path, what },
            CloudError::Missing { .. } => ReadFault::Gone { path },
            other => ReadFault::Cloud(other),
        })
    }

    /// The fault that came through Polars within an error.
    pub(crate) fn within(error: &PolarsError) -> Option<&ReadFault> {
        match error {
            PolarsError::Context { error, .. } | PolarsError::ExprContext { error, .. } => ReadFault::within(error),
            PolarsError::IO { error, .. } => error.get_ref()?.downcast_ref(),
            _ => None,
        }
    }
}

impl From<ReadFault> for PolarsError {
    fn from(fault: ReadFault) -> Self {
        std::io::Error::other(fault).into()
    }
}
