//! Who may talk to whom: three frames, by which both sides prove that they know the token, and never send it.
//!
//! The side that listens greets with a random number. The side that connects says who it is, with a random number of its
//! own and a proof: the keyed BLAKE3 hash of all that was said, with the token as its key. The side that listens answers
//! with its verdict, who it is itself, and its own proof. A proof is of no use in another handshake or in the other direction.
//! Before any of it each side asks the system whose process the other is.

pub(crate) mod card;
pub(crate) mod error;
pub(crate) mod judge;

use crate::limits::{HANDSHAKE_FRAME_BYTES, HELLO_TIME, Limits, PENDING_CONNECTIONS};
use crate::quiet::Quiet;
use crate::token::Token256;
use bytes::{Bytes, BytesMut};
use card::{Card, Identity, Protocol};
use error::HandshakeError;
use futures_util::{SinkExt, StreamExt};
use judge::Verdict;
use partita_graph::Token;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

/// What a side asks of those that it talks to, and what it says of its own process.
///
/// ```
/// use partita_wire::{Gate, Limits, Token256};
///
/// let gate = Gate { limits: Limits { head_bytes: 1 << 20, ..Limits::default() }, ..Gate::new(Token256::random()?) };
/// assert_eq!(gate.build, partita_graph::build_id());
/// # Ok::<(), partita_wire::TokenError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gate {
    /// The secret of the cluster.
    pub token: Token256,
    /// The executable of this process.
    pub build: Token,
    /// How this process speaks.
    pub protocol: Protocol,
    /// The limits of connections.
    pub limits: Limits,
    /// How long a handshake may take.
    pub hello_time: Duration,
    /// Connections whose peers are not known yet.
    pub pending: usize,
}

impl Gate {
    /// A gate for those that know this token, run this executable and speak this protocol, with the usual limits.
    pub fn new(token: Token256) -> Self {
        Gate {
            token,
            build: partita_graph::build_id(),
            protocol: Protocol::ours(),
            limits: Limits::default(),
            hello_time: HELLO_TIME,
            pending: PENDING_CONNECTIONS,
        }
    }

    fn card(&self, identity: Identity) -> Card {
        Card { protocol: self.protocol, identity, build: self.build }
    }
}

/// A connection whose handshake is done.
pub(crate) struct Joined {
    pub(crate) theirs: Card,
    pub(crate) stream: UnixStream,
    /// What came behind the handshake already.
    pub(crate) rest: BytesMut,
}

type Frames = Framed<Quiet, LengthDelimitedCodec>;

fn frames(stream: UnixStream) -> Frames {
    let codec = LengthDelimitedCodec::builder()
        .little_endian()
        .length_field_type::<u32>()
        .max_frame_length(HANDSHAKE_FRAME_BYTES)
        .new_codec();
    Framed::with_capacity(Quiet(stream), codec, HANDSHAKE_FRAME_BYTES / 8)
}

async fn receive(frames: &mut Frames) -> Result<BytesMut, HandshakeError> {
    match frames.next().await {
        Some(Ok(frame)) => Ok(frame),
        None => Err(HandshakeError::HungUp),
        Some(Err(error)) if is_hang_up(&error) => Err(HandshakeError::HungUp),
        // The codec complains of a length over the limit, or of an end in the middle of a frame.
        Some(Err(error)) if error.raw_os_error().is_none() => {
            Err(HandshakeError::Garbage { first: crate::hex::FirstBytes::of(frames.read_buffer()) })
        }
        Some(Err(error)) => Err(error.into()),
    }
}

async fn send(frames: &mut Frames, frame: Vec<u8>) -> Result<(), HandshakeError> {
    match SinkExt::<Bytes>::send(frames, frame.into()).await {
        Err(error) if is_hang_up(&error) => Err(HandshakeError::HungUp),
        sent => Ok(sent?),
    }
}

/// Whether the peer closed the connection, whatever it has not read.
fn is_hang_up(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::ConnectionReset)
}

fn check_user(stream: &UnixStream) -> Result<(), HandshakeError> {
    let ours = rustix::process::geteuid().as_raw();
    judge::same_user(ours, stream.peer_cred()?.uid())
}

fn join(frames: Frames, theirs: Card) -> Joined {
    let parts = frames.into_parts();
    Joined { theirs, stream: parts.io.0, rest: parts.read_buf }
}

/// The handshake on the side that listens. `admit` is asked once the peer is known to be one of the cluster.
pub(crate) async fn welcome<Seat>(
    stream: UnixStream,
    us: Identity,
    gate: &Gate,
    admit: impl FnOnce(&Identity) -> Result<Seat, HandshakeError>,
) -> Result<(Joined, Seat), HandshakeError> {
    check_user(&stream)?;
    let ours = gate.card(us);
    let mut frames = frames(stream);
    let greeting = card::greeting(ours.protocol, judge::nonce()?);
    send(&mut frames, greeting.clone()).await?;
    let hello = receive(&mut frames).await?;
    let judged = judge::judge_hello(&ours, &hello, &greeting, &gate.token)
        .and_then(|theirs| admit(&theirs.identity).map(|seat| (theirs, seat)));
    let verdict = judged.as_ref().map_or_else(Verdict::from_error, |_| Verdict::Welcome);
    if !matches!(judged, Err(HandshakeError::Garbage { .. })) {
        send(&mut frames, judge::answer(&ours, verdict, &greeting, &hello, &gate.token)).await?;
    }
    judged.map(|(theirs, seat)| (join(frames, theirs), seat))
}

/// The handshake on the side that connects.
pub(crate) async fn introduce(stream: UnixStream, us: Identity, gate: &Gate) -> Result<Joined, HandshakeError> {
    check_user(&stream)?;
    let ours = gate.card(us);
    let mut frames = frames(stream);
    let greeting = receive(&mut frames).await?;
    judge::check_greeting(&greeting)?;
    let hello = judge::hello(&ours, judge::nonce()?, &greeting, &gate.token);
    send(&mut frames, hello.clone()).await?;
    let answer = receive(&mut frames).await?;
    let theirs = judge::judge_answer(&ours, &answer, &greeting, &hello, &gate.token)?;
    Ok(join(frames, theirs))
}

#[cfg(test)]
mod tests;
