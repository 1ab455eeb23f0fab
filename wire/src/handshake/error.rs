//! Why two processes do not come to talk.

use super::card::{Identity, Protocol};
use crate::hex::FirstBytes;
use partita_graph::Token;
use std::time::Duration;

/// Why a connection was not made, on either side.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The peer belongs to another user.
    #[error(
        "the process at the other end of the socket belongs to user {theirs}, this one to user {ours}: processes of a cluster belong to one user"
    )]
    Uid {
        /// The user of this process.
        ours: u32,
        /// The user of the other one.
        theirs: u32,
    },
    /// What came is no handshake of Partita's.
    #[error("what came is no handshake of Partita's; it begins with {first}")]
    Garbage {
        /// How it begins.
        first: FirstBytes,
    },
    /// The peer does not know this cluster's token.
    #[error("the process at the other end of the socket does not know the token of this cluster")]
    Token,
    /// The listening side refused, and does not say why to who may be a stranger.
    #[error(
        "refused. This side may have the token of another cluster; the log of the other side counts it among refusals"
    )]
    Refused,
    /// The two sides run different executables.
    #[error(
        "the two processes run different executables: ours is {ours}, theirs is {theirs}. All processes of a cluster must be started from the same file; if it was built anew meanwhile, start the cluster anew"
    )]
    BuildMismatch {
        /// The build of this side.
        ours: Token,
        /// The build of the other.
        theirs: Token,
    },
    /// The two sides speak different protocols.
    #[error(
        "the two processes speak different protocols: ours is {ours}, theirs is {theirs}. Build both from the same version of Partita for the same kind of machine"
    )]
    ProtocolMismatch {
        /// That of this side.
        ours: Protocol,
        /// That of the other.
        theirs: Protocol,
    },
    /// Somebody of this identity is connected already.
    #[error("{identity} is connected already: the first connection is kept, this one is refused")]
    Taken {
        /// Who was to be connected twice.
        identity: Identity,
    },
    /// The owner of the listener does not expect anybody of this identity.
    #[error(
        "{identity} is not expected: it may have been given up for lost, and another incarnation may be in its place"
    )]
    NotExpected {
        /// Who is not expected.
        identity: Identity,
    },
    /// The handshake took too long.
    #[error("the handshake was not done after {after:?}")]
    Timeout {
        /// The time that it had.
        after: Duration,
    },
    /// The peer hung up during the handshake.
    #[error("the other side hung up during the handshake")]
    HungUp,
    /// Too many connections were waiting for their handshakes.
    #[error("this connection made room for others: {pending} waited for their handshakes")]
    Crowd {
        /// Connections whose peers were not known.
        pending: usize,
    },
    /// There is no random number to be had.
    #[error("the system gives no random bytes for a handshake: {0}")]
    Random(getrandom::Error),
    /// The socket failed.
    #[error("the socket failed during the handshake: {0}")]
    Io(#[from] std::io::Error),
}
