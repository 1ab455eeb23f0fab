//! A connection to a process that is known: messages out, messages in.

use crate::frame::assembler::{Assembler, Message, Space};
use crate::frame::error::{SendError, WireError};
use crate::frame::outbox::{End, Outbox};
use crate::frame::room::Spare;
use crate::handshake::Joined;
use crate::handshake::card::Card;
use crate::limits::{Limits, SOCKET_BYTES};
use crate::seats::Seat;
use crate::writer;
use bytes::{Bytes, BytesMut};
use parking_lot::{Condvar, Mutex};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// What the two halves of a connection and its writer share.
pub(crate) struct Shared {
    pub(crate) socket: OwnedWriteHalf,
    pub(crate) outbox: Mutex<Outbox>,
    pub(crate) wake: Notify,
    /// Rings when something was written, and at the end.
    pub(crate) drained: Condvar,
    limits: Limits,
    /// Free again when nobody has anything to do with the connection any more.
    _seat: Option<Seat>,
}

impl Shared {
    pub(crate) fn stream(&self) -> &UnixStream {
        self.socket.as_ref()
    }

    /// Ends the connection, for both sides. Whoever waits is woken by the socket.
    pub(crate) fn end(&self, end: End) {
        if self.outbox.lock().end(end) {
            self.shut();
        }
    }

    fn shut(&self) {
        if let Err(error) = rustix::net::shutdown(self.stream(), rustix::net::Shutdown::Both) {
            tracing::debug!("a socket was shut already: {error}");
        }
        self.wake.notify_one();
        self.drained.notify_all();
    }
}

/// A connection whose handshake is done, before it is known which messages travel on it.
///
/// On the side that listens, its identity is free again when all that was made of it is dropped.
pub struct Connection {
    shared: Arc<Shared>,
    reader: OwnedReadHalf,
    rest: BytesMut,
    theirs: Card,
    runtime: Handle,
}

impl Connection {
    /// Must be made within a runtime: the writer is a task of it.
    pub(crate) fn new(joined: Joined, limits: Limits, seat: Option<Seat>) -> Self {
        let Joined { theirs, stream, rest } = joined;
        for set in
            [rustix::net::sockopt::set_socket_send_buffer_size, rustix::net::sockopt::set_socket_recv_buffer_size]
        {
            if let Err(error) = set(&stream, SOCKET_BYTES) {
                tracing::debug!("a socket keeps the buffer that it has: {error}");
            }
        }
        let (reader, socket) = stream.into_split();
        let (outbox, wake, drained) = (Mutex::default(), Notify::new(), Condvar::new());
        let shared = Arc::new(Shared { socket, outbox, wake, drained, limits, _seat: seat });
        Connection { shared, reader, rest, theirs, runtime: Handle::current() }
    }

    /// Who is at the other end.
    pub fn theirs(&self) -> &Card {
        &self.theirs
    }

    /// The two directions: messages with heads of type `Out` go out, with heads of type `In` come in.
    ///
    /// This direction ends in order when all senders were dropped and what they sent was written; a peer that takes nothing
    /// for 30 seconds then is given up. Both end at once when [`Sender::close`] is called.
    pub fn split<Out, In>(self) -> (Sender<Out>, Receiver<In>)
    where
        Out: Serialize + ?Sized,
        In: DeserializeOwned,
    {
        self.runtime.spawn(writer::run(Arc::clone(&self.shared)));
        let assembler = Assembler::new(self.shared.limits, self.rest);
        let receiver = Receiver { shared: Arc::clone(&self.shared), reader: self.reader, assembler };
        (Sender { outlet: Arc::new(Outlet(self.shared)), heads: PhantomData }, receiver)
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("theirs", &self.theirs).finish_non_exhaustive()
    }
}

/// Ends a connection in order when the last sender is dropped.
struct Outlet(Arc<Shared>);

impl Drop for Outlet {
    fn drop(&mut self) {
        self.0.outbox.lock().finish();
        self.0.wake.notify_one();
    }
}

/// The way out. Cloning it gives another handle of the same row.
pub struct Sender<Out: ?Sized> {
    outlet: Arc<Outlet>,
    heads: PhantomData<fn(&Out)>,
}

impl<Out: ?Sized> Clone for Sender<Out> {
    fn clone(&self) -> Self {
        Sender { outlet: Arc::clone(&self.outlet), heads: PhantomData }
    }
}

impl<Out: ?Sized> std::fmt::Debug for Sender<Out> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("queued_bytes", &self.queued_bytes()).finish_non_exhaustive()
    }
}

impl<Out: Serialize + ?Sized> Sender<Out> {
    /// Adds a message to the row and returns at once. Messages arrive in the order in which they were sent.
    ///
    /// The head is written here, by the caller. Segments of more than 4 KiB are not copied: they are held until the system
    /// has taken them. All that was sent in the meantime goes out together, without waiting for more.
    ///
    /// # Errors
    /// [`SendError::QueueFull`] if more than `Limits::queue_bytes` of heads and small segments waits already, which ends the
    /// connection; look at [`Sender::queued_bytes`] before it comes to that. [`SendError::Ended`] if it has ended. Others are about
    /// this message alone.
    pub fn send(&self, head: &Out, segments: Vec<Bytes>) -> Result<(), SendError> {
        let shared = &self.outlet.0;
        let pushed = shared.outbox.lock().push(head, segments, &shared.limits);
        match pushed {
            Ok(true) => shared.wake.notify_one(),
            Ok(false) => {}
            Err(error) => {
                if matches!(error, SendError::QueueFull { .. }) {
                    shared.shut();
                }
                return Err(error);
            }
        }
        Ok(())
    }
}

impl<Out: ?Sized> Sender<Out> {
    /// Bytes that were sent and that the system has not taken yet: those of heads and of segments.
    pub fn queued_bytes(&self) -> u64 {
        self.outlet.0.outbox.lock().queued()
    }

    /// Blocks this thread as long as more than `Limits::queue_bytes` of any kind wait and the connection has not ended: for who is
    /// about to send much. Not for a thread that the connection needs.
    pub fn wait_for_room(&self) {
        let shared = &self.outlet.0;
        let mut outbox = shared.outbox.lock();
        while outbox.why().is_none() && outbox.queued() > shared.limits.queue_bytes {
            shared.drained.wait(&mut outbox);
        }
    }

    /// Ends the connection at once, in both directions; what waits is dropped.
    pub fn close(&self) {
        self.outlet.0.end(End::Closed);
    }

    /// Whether the connection has ended for this side: what is sent goes nowhere.
    pub fn has_ended(&self) -> bool {
        self.outlet.0.outbox.lock().why().is_some()
    }
}

/// The way in.
pub struct Receiver<In> {
    shared: Arc<Shared>,
    reader: OwnedReadHalf,
    assembler: Assembler<In>,
}

impl<In> std::fmt::Debug for Receiver<In> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

impl<In: DeserializeOwned> Receiver<In> {
    /// The next message; none when the peer has ended the connection between two messages.
    ///
    /// It may be dropped before it is done; nothing is lost then.
    ///
    /// # Errors
    /// [`WireError`] if the connection ended in another way. It stays ended: a broken link is a dead peer.
    pub async fn next(&mut self) -> Result<Option<Message<In>>, WireError> {
        loop {
            if let Some(message) = self.ready()? {
                return Ok(Some(message));
            }
            let read = match self.assembler.space()? {
                Space::Unknown(buffer) => self.reader.read_buf(buffer).await,
                Space::Segment(Spare::Heap(mut segment)) => self.reader.read_buf(&mut segment).await,
                Space::Segment(Spare::Mapped(pages)) => {
                    let read = self.reader.read(pages).await;
                    self.assembler.filled(*read.as_ref().unwrap_or(&0));
                    read
                }
            };
            match read {
                Ok(0) => return self.finish().map(|()| None),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// The next message, if it is here already: what came together can be handled together.
    ///
    /// # Errors
    /// As [`Receiver::next`].
    pub fn ready(&mut self) -> Result<Option<Message<In>>, WireError> {
        // What cannot be understood ends the connection: nothing after it can be trusted.
        self.assembler.next().inspect_err(|_| self.shared.end(End::Broken(io::ErrorKind::InvalidData)))
    }

    /// Bytes that have come on this connection after its handshake.
    pub fn received_bytes(&self) -> u64 {
        self.assembler.offset()
    }

    /// Why this side ended the connection, if it did.
    fn ended_here(&self) -> Option<WireError> {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, InvalidData};
        match self.shared.outbox.lock().why()? {
            End::QueueFull { queued, most } => Some(WireError::QueueFull { queued, most }),
            End::Closed => Some(WireError::Closed),
            // The peer is gone, or said what cannot be read: what it said before tells how it ended.
            End::Broken(BrokenPipe | ConnectionReset | InvalidData) => None,
            End::Broken(kind) => Some(WireError::Io { offset: self.assembler.offset(), error: kind.into() }),
        }
    }

    fn finish(&self) -> Result<(), WireError> {
        self.ended_here().map_or_else(|| self.assembler.finish(), Err)
    }

    fn failed(&self, error: io::Error) -> WireError {
        let offset = self.assembler.offset();
        self.ended_here().unwrap_or(WireError::Io { offset, error })
    }
}
