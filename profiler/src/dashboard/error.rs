//! Why there is no dashboard.

use std::net::SocketAddr;

/// Why a dashboard was not started. Nothing listens then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// An address that cannot be read.
    #[error("`{given}` is no address for a dashboard: write `127.0.0.1:8787`, with port 0 for any that is free")]
    Address {
        /// What was given.
        given: String,
    },
    /// An address that others than this machine can reach.
    #[error(
        "the dashboard cannot listen on {address}: whoever reaches that address could read the names, errors and logs of \
         the work. Listen on 127.0.0.1, and let a proxy or `ssh -L` bring others there"
    )]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// An address that was asked for and that cannot be had.
    #[error("the dashboard cannot listen on {address}: {cause}. Name another port, or none for the next that is free")]
    Taken {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: String,
    },
    /// No port is free among those that are tried when none is asked for.
    #[error(
        "no port from {first} to {last} is free for the dashboard: {cause}. Name one, or port 0 for any that is free"
    )]
    NoPort {
        /// The first port that was tried.
        first: u16,
        /// The last one.
        last: u16,
        /// What the system said of the last one.
        cause: String,
    },
    /// A name of a host that cannot be allowed.
    #[error(
        "the dashboard cannot allow the host `{host}`: write the exact value of the `Host` header that the proxy sends, \
         such as `jupyter.example:8888`, never a pattern"
    )]
    Host {
        /// What was given.
        host: String,
    },
    /// The system gives no thread, no socket or no random numbers.
    #[error("the dashboard could not be started: {cause}")]
    System {
        /// What the system said.
        cause: String,
    },
}
