//! Why a worker is none, or no longer.

use crate::net::NetError;

/// Why a worker is none, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// It cannot listen for others.
    #[error("a worker cannot listen at {host}: {error}")]
    Listen {
        /// Where.
        host: String,
        /// Why.
        error: std::io::Error,
    },
    /// Its scheduler cannot be talked to.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Its scheduler does not take it.
    #[error("the scheduler does not take this worker: {reason}")]
    Refused {
        /// What it says.
        reason: String,
    },
    /// Its scheduler is of a version that is not spoken here.
    #[error("the scheduler runs distributed {found}, and only {first} and later are spoken here; upgrade it")]
    Version {
        /// What it runs.
        found: String,
        /// The first version that is spoken.
        first: &'static str,
    },
}
