//! How two processes of one cluster talk.
#![forbid(unsafe_code)]

mod connect;
mod connection;
mod frame;
pub mod fuzz;
mod handshake;
mod hex;
pub mod limits;
mod listener;
mod place;
mod refusals;
mod seats;
mod token;
mod writer;

pub use connect::connect;
pub use connection::{Connection, Receiver, Sender};
pub use frame::assembler::Message;
pub use frame::error::{SendError, WireError};
pub use handshake::Gate;
pub use handshake::card::{Card, Identity, MAGIC, Protocol, Role, VERSION};
pub use handshake::error::HandshakeError;
pub use hex::FirstBytes;
pub use limits::Limits;
pub use listener::{Accepted, Expects, Listener};
pub use place::{Place, PlaceError, Reclaimed};
pub use refusals::Refusals;
pub use token::{TOKEN_BYTES, Token256, TokenError};
