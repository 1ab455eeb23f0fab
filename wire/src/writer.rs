//! The task that writes what was sent: all that is there with one call, and never waits for more.

use crate::connection::Shared;
use crate::frame::outbox::{End, Taken};
use crate::limits::{CHUNK_BYTES, CHUNK_PIECES, LINGER};
use crate::quiet::try_write;
use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;

/// Writes until nobody sends any more, or the connection ends.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut pieces = VecDeque::new();
    loop {
        let taken = shared.outbox.lock().take(&mut pieces);
        match taken {
            Taken::Nothing => shared.wake.notified().await,
            Taken::Finished => break,
            Taken::Pieces => {
                if let Err(error) = write(&shared, &mut pieces).await {
                    shared.end(End::Broken(error.kind()));
                    return;
                }
            }
        }
    }
    if let Err(error) = rustix::net::shutdown(shared.stream(), rustix::net::Shutdown::Write) {
        tracing::debug!("a socket was shut already: {error}");
    }
}

/// Writes these pieces, as much at a time as the system takes.
async fn write(shared: &Shared, pieces: &mut VecDeque<Bytes>) -> io::Result<()> {
    while !pieces.is_empty() {
        match try_write(shared.stream(), &chunk(pieces)) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                advance(pieces, written);
                shared.outbox.lock().written(written);
                shared.drained.notify_all();
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => room(shared).await?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        // Others on this thread have their turn between two chunks.
        tokio::task::coop::consume_budget().await;
    }
    Ok(())
}

/// Waits until the socket takes more; when nobody sends any more, not for ever.
async fn room(shared: &Shared) -> io::Result<()> {
    let is_finishing = shared.outbox.lock().is_finishing();
    if is_finishing {
        let waited = tokio::time::timeout(LINGER, shared.stream().writable()).await;
        return waited.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    }
    tokio::select! {
        writable = shared.stream().writable() => writable,
        () = shared.wake.notified() => Ok(()),
    }
}

/// What one call is to write: the first pieces, up to [`CHUNK_BYTES`].
fn chunk(pieces: &VecDeque<Bytes>) -> Vec<IoSlice<'_>> {
    let mut left = CHUNK_BYTES;
    let mut slices = Vec::with_capacity(pieces.len().min(CHUNK_PIECES));
    for piece in pieces.iter().take(CHUNK_PIECES) {
        let here = piece.len().min(left);
        slices.push(IoSlice::new(&piece[..here]));
        left -= here;
        if left == 0 {
            break;
        }
    }
    slices
}

/// Lets go of what was written.
fn advance(pieces: &mut VecDeque<Bytes>, mut written: usize) {
    while let Some(first) = pieces.front_mut() {
        if written < first.len() {
            first.advance(written);
            return;
        }
        written -= first.len();
        pieces.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_go_through_the_pieces_and_stop_at_their_limit() {
        let mut pieces: VecDeque<Bytes> =
            [3, CHUNK_BYTES, 1].into_iter().map(|length| Bytes::from(vec![7; length])).collect();
        let mut lengths = Vec::new();
        while !pieces.is_empty() {
            let slices = chunk(&pieces);
            let bytes = slices.iter().map(|slice| slice.len()).sum();
            lengths.push((slices.len(), bytes));
            advance(&mut pieces, bytes);
        }
        assert_eq!(lengths, [(2, CHUNK_BYTES), (2, 4)]);
        let many: VecDeque<Bytes> = (0..200).map(|_| Bytes::from_static(b"x")).collect();
        assert_eq!(chunk(&many).len(), CHUNK_PIECES);
    }
}
