//! What can be wrong with files in the cloud: their URLs, what the server says, and how to set it right. URLs are shown
//! without passwords and queries.

use crate::address::shown;
use std::path::Path;

/// Files at a URL that cannot be read or written.
///
/// ```
/// use partita_collections::dataframe::{CloudError, FileError, read_parquet};
///
/// let error = read_parquet("ftp://user:password@host/x.parquet").finish().unwrap_err();
/// assert!(matches!(error, FileError::Cloud(CloudError::Scheme { .. } | CloudError::Off { .. })));
/// assert!(error.to_string().starts_with("`ftp://***@host/x.parquet`"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloudError {
    /// This build reads and writes files of this machine only.
    #[error(
        "`{url}` is a URL, and this build reads and writes files of this machine only: turn on the feature `cloud` of \
         the crate (`cargo add partita --features cloud`), or use a copy in a local or mounted directory"
    )]
    Off {
        /// The URL.
        url: String,
    },
    /// There is no store for such URLs.
    #[error(
        "`{url}`: there are no files at `{scheme}://`; `s3://`, `gs://`, `az://`, `http://` and `https://` are known"
    )]
    Scheme {
        /// The URL.
        url: String,
        /// What stands before `://`.
        scheme: String,
    },
    /// The URL makes no sense.
    #[error("`{url}` is no URL of a file: {reason}")]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An option is not known, or its value makes no sense.
    #[error("`{url}`: the storage option `{option}` {reason}")]
    Option {
        /// The URL.
        url: String,
        /// The name of the option; values are not shown.
        option: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The settings do not make a store.
    #[error("`{url}`: the storage options and the variables of the environment do not make a store: {reason}")]
    Settings {
        /// The URL.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// Files are not listed over HTTP.
    #[error("`{url}` is a pattern, and over HTTP nothing can be listed: give the URL of each file")]
    NoList {
        /// The URL.
        url: String,
    },
    /// Nothing is written over HTTP.
    #[error("`{url}`: over HTTP files can be read, and not written: write to `s3://`, `gs://`, `az://` or a directory")]
    ReadOnly {
        /// The URL.
        url: String,
    },
    /// There is nothing there.
    #[error("there is no file `{url}` (404{}): check the spelling of the path and of the bucket", after(.cause))]
    Missing {
        /// The URL.
        url: String,
        /// What the server said.
        cause: String,
    },
    /// The credentials are missing or do not suffice.
    #[error(
        "`{url}` may not be reached with these credentials ({status}{}): give some in the environment ({variables}) or \
         with `storage_options`, and see that they may do this", after(.cause)
    )]
    Denied {
        /// The URL.
        url: String,
        /// The status of HTTP: 401 or 403.
        status: u16,
        /// What the server said.
        cause: String,
        /// Which variables of the environment have credentials.
        variables: &'static str,
    },
    /// There are no credentials at all.
    #[error(
        "`{url}`: no credentials were found: give some in the environment ({variables}) or with `storage_options`; what \
         anyone may read needs none with the option `skip_signature`"
    )]
    NoCredentials {
        /// The URL.
        url: String,
        /// Which variables of the environment have credentials.
        variables: &'static str,
    },
    /// The file is another one than when the dataframe was made.
    #[error("`{url}` changed since the dataframe was made: {what}. Make the dataframe again, when nobody writes to it")]
    Changed {
        /// The URL.
        url: String,
        /// What changed.
        what: String,
    },
    /// The server could not be reached, or did not answer in time.
    #[error(
        "`{url}`: the server could not be reached: {cause}. Check the name of the host, the network and the option \
         `endpoint`; `max_retries`, `timeout` and `connect_timeout` say how long it is tried"
    )]
    Unreachable {
        /// The URL.
        url: String,
        /// What went wrong, with the last of all tries.
        cause: String,
    },
    /// The server sends whole files only.
    #[error("`{url}`: the server sends whole files only, and no ranges of bytes of them: read a copy of it")]
    NoRanges {
        /// The URL.
        url: String,
    },
    /// The server said something else.
    #[error("`{url}` could not be reached: {cause}")]
    Failed {
        /// The URL.
        url: String,
        /// The status of HTTP, if the server answered.
        status: Option<u16>,
        /// What the server said.
        cause: String,
    },
}

/// What a server said, if it did.
fn after(cause: &str) -> String {
    if cause.is_empty() { String::new() } else { format!(", {cause}") }
}

impl CloudError {
    /// The error that came through something else within one of the system's.
    pub(in crate::dataframe::io) fn within(error: &std::io::Error) -> Option<&CloudError> {
        error.get_ref()?.downcast_ref()
    }
}

/// A path as it may be shown, as text.
pub(in crate::dataframe::io) fn url(path: &Path) -> String {
    shown(path).to_string_lossy().into_owned()
}
