//! Why a Dask cluster cannot be computed on.

use crate::net::NetError;

/// Why a Dask cluster cannot be computed on.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Its scheduler cannot be talked to.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Its scheduler is of a version that is not spoken here.
    #[error("the scheduler runs distributed {found}, and only {first} and later are spoken here; upgrade it")]
    Version {
        /// What it runs.
        found: String,
        /// The first version that is spoken.
        first: &'static str,
    },
    /// There is no thread for it.
    #[error("there is no thread to talk to the scheduler with: {0}")]
    Thread(#[from] std::io::Error),
}
