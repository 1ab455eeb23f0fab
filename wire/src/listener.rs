//! The side that listens: takes connections, lets those in that belong here, and tells of all others.

use crate::connection::Connection;
use crate::handshake::card::{Card, Identity};
use crate::handshake::error::HandshakeError;
use crate::handshake::{self, Gate, Joined};
use crate::limits::{BACK_OFF_FIRST, BACK_OFF_MOST};
use crate::place::{Place, PlaceError};
use crate::refusals::{Counters, Refusals};
use crate::seats::{Seat, Seats};
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable, Aborted, BoxFuture, FutureExt};
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::Instant;

/// Who is let in, besides those who know the token: the owner says whether it expects somebody of this identity.
pub type Expects = dyn Fn(&Identity) -> bool + Send + Sync;

/// Somebody who was let in.
#[derive(Debug)]
pub struct Accepted {
    /// Who it is, as it proved.
    pub theirs: Card,
    /// The connection.
    pub connection: Connection,
}

type Outcome = Result<(Joined, Seat), HandshakeError>;
type Handshake = BoxFuture<'static, (u64, Option<i32>, Result<Outcome, Aborted>)>;

/// A socket that listens, and the handshakes under way on it.
///
/// The socket is a file of mode 0600 in a [`Place`], removed when the listener is dropped.
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
    us: Identity,
    gate: Arc<Gate>,
    expects: Arc<Expects>,
    seats: Seats,
    counters: Arc<Counters>,
    handshakes: FuturesUnordered<Handshake>,
    /// How to end each of them, the oldest first.
    ends: BTreeMap<u64, AbortHandle>,
    accepted: u64,
    /// How long to wait after the next failure, and until when after the last one.
    back_off: Duration,
    rests_until: Option<Instant>,
}

impl Listener {
    /// Listens in a place, under a name. Must be called within a runtime that has I/O and time.
    ///
    /// # Errors
    /// [`PlaceError`] if there can be no such socket.
    pub fn bind(place: &Place, name: &str, us: Identity, gate: Gate) -> Result<Self, PlaceError> {
        Listener::bind_at(place.socket(name)?, us, gate)
    }

    /// Listens at a path that [`Place::socket`] gave, also in another process than the place's owner. Must be called within a
    /// runtime that has I/O and time.
    ///
    /// # Errors
    /// [`PlaceError`] if there can be no such socket.
    pub fn bind_at(path: PathBuf, us: Identity, gate: Gate) -> Result<Self, PlaceError> {
        let socket = UnixListener::bind(&path).map_err(|error| PlaceError::of_socket(&path, error))?;
        partita_graph::folders::owner_only(&path, 0o600).map_err(|error| PlaceError::of_socket(&path, error))?;
        Ok(Listener {
            socket,
            path,
            us,
            gate: Arc::new(gate),
            expects: Arc::new(|_| true),
            seats: Seats::default(),
            counters: Arc::default(),
            handshakes: FuturesUnordered::new(),
            ends: BTreeMap::new(),
            accepted: 0,
            back_off: BACK_OFF_FIRST,
            rests_until: None,
        })
    }

    /// Lets only those in that the owner expects. It is asked once the peer has proved that it knows the token.
    #[must_use]
    pub fn expecting(mut self, expects: impl Fn(&Identity) -> bool + Send + Sync + 'static) -> Self {
        self.expects = Arc::new(expects);
        self
    }

    /// Where the socket is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many were refused so far, and why.
    pub fn refusals(&self) -> Refusals {
        self.counters.now()
    }

    /// Connections whose peers are not known yet.
    pub fn pending(&self) -> usize {
        self.ends.len()
    }

    /// The next one who is let in. Handshakes go on while this is awaited, and only then. It may be dropped before it is
    /// done; nothing is lost.
    ///
    /// When the process has no file descriptors left, it waits a little and tries again, and says so in the log.
    ///
    /// # Errors
    /// Of the socket, if it can take no connections any more.
    pub async fn accept(&mut self) -> io::Result<Accepted> {
        loop {
            let rest = self.rests_until;
            tokio::select! {
                // Those that are here come before those that want to be.
                biased;
                Some((number, process, outcome)) = self.handshakes.next() => {
                    self.ends.remove(&number);
                    if let Some(accepted) = self.settle(process, outcome) {
                        return Ok(accepted);
                    }
                }
                () = tokio::time::sleep_until(rest.unwrap_or_else(Instant::now)), if rest.is_some() => {
                    self.rests_until = None;
                }
                taken = self.socket.accept(), if rest.is_none() => match taken {
                    Ok((stream, _)) => {
                        self.back_off = BACK_OFF_FIRST;
                        self.begin(stream);
                    }
                    Err(error) => self.rest(error)?,
                },
            }
        }
    }

    /// Begins a handshake. In a crowd, the oldest that is not done makes room: who belongs here is done in no time.
    fn begin(&mut self, stream: UnixStream) {
        while self.ends.len() >= self.gate.pending.max(1)
            && let Some((_, oldest)) = self.ends.pop_first()
        {
            oldest.abort();
        }
        let process = stream.peer_cred().ok().and_then(|peer| peer.pid());
        let (end, registration) = AbortHandle::new_pair();
        let number = self.accepted;
        self.accepted += 1;
        self.ends.insert(number, end);
        let handshake = welcome(stream, self.us, Arc::clone(&self.gate), Arc::clone(&self.expects), self.seats.clone());
        let handshake = Abortable::new(handshake, registration).map(move |outcome| (number, process, outcome));
        self.handshakes.push(handshake.boxed());
    }

    /// What comes of a handshake that is done.
    fn settle(&self, process: Option<i32>, outcome: Result<Outcome, Aborted>) -> Option<Accepted> {
        let error = match outcome {
            Ok(Ok((joined, seat))) => {
                let (theirs, limits) = (joined.theirs, self.gate.limits);
                return Some(Accepted { theirs, connection: Connection::new(joined, limits, Some(seat)) });
            }
            Ok(Err(error)) => error,
            Err(Aborted) => HandshakeError::Crowd { pending: self.gate.pending },
        };
        if self.counters.count(&error) {
            let process = process.unwrap_or_default();
            tracing::warn!("{}: a connection of process {process} was refused: {error}", self.path.display());
        }
        None
    }

    /// Waits before the next connection, if the system has no room for one; any other error is the end.
    fn rest(&mut self, error: io::Error) -> io::Result<()> {
        if !is_want(&error) {
            return Err(error);
        }
        if self.counters.count_exhausted() {
            tracing::error!(
                "{}: no connection can be taken: {error}. If these are file descriptors, raise RLIMIT_NOFILE (`ulimit -n`); \
                 the next attempt is in {:?}",
                self.path.display(),
                self.back_off
            );
        }
        self.rests_until = Some(Instant::now() + self.back_off);
        self.back_off = (self.back_off * 2).min(BACK_OFF_MOST);
        Ok(())
    }
}

/// Whether a connection could not be taken for a reason that passes.
fn is_want(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let passing =
        [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::CONNABORTED, Errno::INTR, Errno::PROTO];
    error.raw_os_error().is_some_and(|raw| passing.contains(&Errno::from_raw_os_error(raw)))
}

/// A handshake within its time.
async fn welcome(stream: UnixStream, us: Identity, gate: Arc<Gate>, expects: Arc<Expects>, seats: Seats) -> Outcome {
    let admit = |identity: &Identity| {
        let identity = *identity;
        if !expects(&identity) {
            return Err(HandshakeError::NotExpected { identity });
        }
        seats.take(identity).ok_or(HandshakeError::Taken { identity })
    };
    let after = gate.hello_time;
    let handshake = handshake::welcome(stream, us, &gate, admit);
    tokio::time::timeout(after, handshake).await.unwrap_or(Err(HandshakeError::Timeout { after }))
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("the socket {} is left behind: {error}", self.path.display());
        }
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("path", &self.path).field("refusals", &self.refusals()).finish_non_exhaustive()
    }
}
