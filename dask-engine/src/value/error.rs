//! Why a value that came from a Dask cluster cannot be read.

/// Why a value that came from a Dask cluster cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Whoever sent it could not write it.
    #[error("its sender could not write it: {0}")]
    Sender(String),
    /// It is compressed in a way that is not read here.
    #[error(
        "it is compressed by {0}; only lz4 and zlib are read here: set `distributed.comm.compression` to one of them, or to false"
    )]
    Compression(String),
    /// It cannot be decompressed.
    #[error("part {part} of it cannot be decompressed by {how}: {reason}")]
    Damaged {
        /// Which part.
        part: usize,
        /// How it was compressed.
        how: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// It would be larger than allowed.
    #[error("it would have {bytes} bytes decompressed, and {most} are allowed")]
    TooLarge {
        /// How many bytes it would have.
        bytes: u64,
        /// The limit.
        most: u64,
    },
    /// Its header makes no sense.
    #[error("its header makes no sense: {0}")]
    Header(String),
    /// It is something that only Python has.
    #[error(
        "it is {what} of Python's, and only bytes, plain data, arrays of numbers and Arrow tables are read here; let the task return one of those"
    )]
    Foreign {
        /// What it is.
        what: String,
    },
}
