//! How two processes of one cluster talk: private sockets, a mutual handshake, framed messages and bulk data.
//!
//! A [`Place`] is a directory that this user alone may enter. A [`Listener`] has a socket in it and lets in who proves that it
//! knows the cluster's token and runs the same executable; [`connect`] is the other side. A [`Connection`] carries messages in
//! both directions: each has a head, any type of serde's, and *segments*, large data that is never copied on its way out and
//! is read right into its own memory on its way in.
//!
//! ```
//! use partita_wire::{Gate, Identity, Listener, Place, Role, Token256, connect};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let place = Place::fresh()?;
//! let gate = Gate::new(Token256::random()?);
//! let scheduler = Identity { role: Role::Scheduler, number: 0, incarnation: 1, lane: 0 };
//! let worker = Identity { role: Role::Worker, ..scheduler };
//! let mut listener = Listener::bind(&place, "scheduler", scheduler, gate.clone())?;
//!
//! let path = listener.path().to_path_buf();
//! let (accepted, connected) = tokio::join!(listener.accept(), connect(&path, worker, &gate));
//! let accepted = accepted?;
//! assert_eq!(accepted.theirs.identity, worker);
//!
//! let (sender, _) = connected?.split::<String, u32>();
//! let (_, mut receiver) = accepted.connection.split::<u32, String>();
//! sender.send(&"a result".to_string(), vec![vec![7; 100_000].into()])?;
//! let message = receiver.next().await?.ok_or("the end")?;
//! assert_eq!((message.head.as_str(), message.segments[0].len()), ("a result", 100_000));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The protocol, byte by byte
//!
//! All numbers have their lowest byte first. `frame(x)` is the length of `x` as `u32`, and `x`.
//!
//! Each side first asks the system for the user of the process at the other end (`SO_PEERCRED`), and hangs up if that is
//! another one. Then there are three frames of at most 4 KiB. Their fields stay where they are in all versions.
//!
//! **1. Greeting**, from the side that listens, 46 bytes:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | [`MAGIC`] |
//! | 6 | [`Protocol`]: `u16` version, `u8` order of bytes, `u8` bits of an address, `u16` processor |
//! | 32 | random |
//!
//! **2. Hello**, from the side that connects, 110 bytes:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | [`MAGIC`] |
//! | 6 | [`Protocol`] |
//! | 16 | [`Identity`]: `u16` role, `u32` number, `u64` incarnation, `u16` lane |
//! | 16 | build: hash of the executable ([`partita_graph::build_id`]) |
//! | 32 | random |
//! | 32 | proof: BLAKE3 with the token as key, of `partita wire: who connects`, the greeting, and this frame up to here |
//!
//! **3. Answer**, from the side that listens, 79 bytes:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | [`MAGIC`] |
//! | 1 | verdict: 0 welcome, 1 refused, 2 other build, 3 other protocol, 4 connected already, 5 not expected |
//! | 6 | [`Protocol`] |
//! | 16 | [`Identity`] |
//! | 16 | build |
//! | 32 | proof: BLAKE3 with the token as key, of `partita wire: who listens`, the greeting, the whole hello, and this frame up to here |
//!
//! So the token never travels, a proof is of use in no other handshake, and both sides know whom they talk to. To who does not
//! know the token the answer is verdict 1 and zeros; to what is no hello there is none. Protocols are compared before builds.
//!
//! **Messages** follow, in both directions, until the end:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `u32` bytes of the frame, from here to the end of the head |
//! | 2 | `u16` number of segments |
//! | 8 each | `u64` length of each segment |
//! | .. | the head: one value of msgpack, structures by position, at most 128 deep |
//! | .. | the segments, one after the other, behind the frame |
//!
//! The end of the stream between two messages is an end in order; within one it is an error. There is no way to take up a
//! connection that has ended.
//!
//! # Memory and time
//!
//! No length is believed: the memory of a head is at most twice what has come of it, that of a segment four times, half a MiB to
//! begin with. A sender never waits; what it sends is counted ([`Sender::queued_bytes`]), and over a limit the connection ends.
//! No message waits for others on purpose: what is there when the writer comes round goes out with one system call.
//!
//! All of this needs a runtime of tokio with I/O and time. One thread is enough for all.

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
mod quiet;
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
