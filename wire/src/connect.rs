//! The side that connects.

use crate::connection::Connection;
use crate::handshake::card::Identity;
use crate::handshake::error::HandshakeError;
use crate::handshake::{self, Gate};
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::time::Instant;

/// The first wait between two attempts; doubles up to [`PAUSE_MOST`].
const PAUSE_FIRST: Duration = Duration::from_millis(1);
/// The longest one.
const PAUSE_MOST: Duration = Duration::from_millis(50);

/// Connects to a listener of the cluster at `path`, as `us`.
///
/// In a crowd a listener may hang up on whom it does not know yet, or the system may have no room in its row; so this
/// tries again until `Gate::hello_time` is over. What a listener *says* is final. Must be called within a runtime that
/// has I/O and time.
///
/// # Errors
/// [`HandshakeError`], which says why.
pub async fn connect(path: &Path, us: Identity, gate: &Gate) -> Result<Connection, HandshakeError> {
    let (after, start) = (gate.hello_time, Instant::now());
    let mut pause = PAUSE_FIRST;
    loop {
        let attempt = tokio::time::timeout_at(start + after, attempt(path, us, gate)).await;
        match attempt.unwrap_or(Err(HandshakeError::Timeout { after })) {
            Err(error) if passes(&error) && start.elapsed() + pause < after => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MOST);
            }
            outcome => return outcome,
        }
    }
}

async fn attempt(path: &Path, us: Identity, gate: &Gate) -> Result<Connection, HandshakeError> {
    let stream = UnixStream::connect(path).await?;
    let joined = handshake::introduce(stream, us, gate).await?;
    Ok(Connection::new(joined, gate.limits, None))
}

/// Whether another attempt may do better.
fn passes(error: &HandshakeError) -> bool {
    match error {
        HandshakeError::HungUp => true,
        HandshakeError::Io(error) => matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
        _ => false,
    }
}
