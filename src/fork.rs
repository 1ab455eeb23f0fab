//! Processes that are copies of others: a `fork` copies only the thread that calls it, and none of a cluster's.

use partita_graph::RunError;

/// Whether this process is another one than that with this number, and so a copy of it that has none of its threads.
pub(crate) fn is_fork_of(began: u32) -> bool {
    ensure_own(began, std::process::id()).is_err()
}

/// An error if this process is a copy of the one in which a cluster was started.
///
/// # Errors
/// [`RunError::Forked`].
pub(crate) fn ensure_not_forked(began: u32) -> Result<(), RunError> {
    ensure_own(began, std::process::id())
}

fn ensure_own(began: u32, own: u32) -> Result<(), RunError> {
    if began == own { Ok(()) } else { Err(RunError::Forked { began, own }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FAULTS G19: who uses a cluster in a copy of its process is told so; there is no safe way to make one here.
    #[test]
    fn a_copy_of_a_process_has_no_cluster() {
        assert!(ensure_not_forked(std::process::id()).is_ok() && !is_fork_of(std::process::id()));
        let error = ensure_own(7, 8).unwrap_err();
        assert!(matches!(error, RunError::Forked { began: 7, own: 8 }));
        assert!(error.to_string().contains("start a cluster after the fork"), "{error}");
    }
}
