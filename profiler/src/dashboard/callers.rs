//! Connections: whoever neither asks nor takes what was answered is hung up on, sooner if there is a crowd.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use actix_web::rt::spawn;
use actix_web::rt::time::sleep;
use actix_web::web::Bytes;
use parking_lot::Mutex;
use socket2::{SockRef, Socket};
use std::any::Any;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// How long it may be a caller's turn: to ask, or to take what was written. A little longer than the server itself waits
/// for a first request, as it says so before it hangs up.
const PATIENCE: Duration = Duration::from_secs(6);

/// So many connections are a crowd: for each that comes, the one is ended that has asked for nothing for the longest time.
/// It leaves room below the most that are accepted, so that whoever has a question need not wait for those who have none.
const CROWD: usize = 48;

/// So many may come at once and ask a little later, as a browser does, and none of them is ended for the others.
const FRESH: usize = 8;

/// Bytes of an answer that are handed over at a time. Who takes them has time for the next.
const PART: usize = 32 << 10;

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// The caller's, to ask.
    Asks,
    /// Ours, to answer.
    Waits,
    /// The caller's, to take a part of the answer.
    Takes,
    /// Nobody's: it was hung up on.
    Over,
}

/// A connection.
pub(super) struct Caller {
    /// The connection's socket once more: to hang up is all that it is for.
    socket: Socket,
    /// Whose turn it is, and since when.
    turn: Mutex<(Turn, Instant)>,
}

impl Caller {
    fn turn(&self, turn: Turn) {
        let mut now = self.turn.lock();
        if now.0 != Turn::Over {
            *now = (turn, Instant::now());
        }
    }

    /// Whose turn it is, and since when.
    fn now(&self) -> (Turn, Instant) {
        *self.turn.lock()
    }

    /// It asked.
    pub(super) fn asked(&self) {
        self.turn(Turn::Waits);
    }

    /// How long until it must be looked at again; hangs up if it had its time. None if it was hung up on.
    fn left(&self) -> Option<Duration> {
        let (turn, since) = self.now();
        let left = match turn {
            Turn::Waits => PATIENCE,
            Turn::Over => return None,
            Turn::Asks | Turn::Takes => PATIENCE.saturating_sub(since.elapsed()),
        };
        if left.is_zero() {
            self.hang_up();
        }
        (!left.is_zero()).then_some(left)
    }

    /// Ends the connection: its next read or write fails.
    fn hang_up(&self) {
        self.turn(Turn::Over);
        // One that has ended already cannot be ended.
        self.socket.shutdown(Shutdown::Both).ok();
    }
}

/// All connections.
#[derive(Default)]
pub(super) struct Callers(Mutex<Vec<Weak<Caller>>>);

impl Callers {
    /// Meets a new connection, and leaves what its requests find it by.
    pub(super) fn meet(&self, io: &dyn Any, data: &mut Extensions) {
        let Some(stream) = io.downcast_ref::<TcpStream>() else { return };
        let socket = SockRef::from(stream);
        let Ok(own) = socket.try_clone() else {
            // There are no more files to be had: it has to come again.
            socket.shutdown(Shutdown::Both).ok();
            return;
        };
        let caller = Arc::new(Caller { socket: own, turn: Mutex::new((Turn::Asks, Instant::now())) });
        self.make_room();
        self.0.lock().push(Arc::downgrade(&caller));
        spawn(watch(Arc::downgrade(&caller)));
        data.insert(caller);
    }

    /// Hangs up on the one that has asked for nothing for the longest time, if there are many.
    fn make_room(&self) {
        let mut callers = self.0.lock();
        callers.retain(|caller| caller.strong_count() > 0);
        if callers.len() < CROWD {
            return;
        }
        let all = callers.iter().filter_map(Weak::upgrade).map(|caller| (caller.now(), caller));
        let idle: Vec<_> = all.filter(|((turn, _), _)| *turn == Turn::Asks).collect();
        if let Some((_, caller)) = idle.iter().min_by_key(|((_, since), _)| *since).filter(|_| idle.len() > FRESH) {
            caller.hang_up();
        }
    }
}

/// Looks at a connection whenever its time may be over.
async fn watch(caller: Weak<Caller>) {
    while let Some(left) = caller.upgrade().and_then(|caller| caller.left()) {
        sleep(left).await;
    }
}

/// A body that is handed over in parts, so that it shows whether they are taken.
pub(super) struct Paced {
    body: BoxBody,
    rest: Bytes,
    caller: Arc<Caller>,
}

impl Paced {
    /// This body, for this caller.
    pub(super) fn new(body: BoxBody, caller: Arc<Caller>) -> Paced {
        Paced { body, rest: Bytes::new(), caller }
    }
}

impl MessageBody for Paced {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        // Whoever asks for more has taken what there was.
        this.caller.turn(Turn::Waits);
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_next(cx)) {
                Some(Ok(bytes)) => this.rest = bytes,
                end => return Poll::Ready(end),
            }
        }
        this.caller.turn(Turn::Takes);
        Poll::Ready(Some(Ok(this.rest.split_to(this.rest.len().min(PART)))))
    }
}

impl Drop for Paced {
    /// All is handed over, or nobody wants it.
    fn drop(&mut self) {
        self.caller.turn(Turn::Asks);
    }
}
