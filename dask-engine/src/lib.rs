//! Joins an existing Dask cluster, as a client and as a worker, without Python: what its parts say to each other, byte by byte.
//!
//! A scheduler of Dask's never looks into what a task does or what it gives. So Partita's graphs run on it, on workers that are
//! the user's own executable, and Dask schedules, balances, recovers and shows its dashboard. This package speaks with
//! `distributed` from 2025.4.0 on.
//!
//! * [`blocks`]: coarse tasks of graphs; [`block`]: what each of them does, sealed, and run.
//! * [`engine`]: a cluster as what collections compute on.
//! * [`frame`]: messages on a socket.
//! * [`message`]: what a message says.
//! * [`net`]: connections, questions and streams.
//! * [`ops`]: the operations, with all their fields.
//! * [`pickle`]: Python's own form of objects, written from templates and read without executing anything.
//! * [`service`]: a worker on sockets.
//! * [`value`]: values that Python reads too.
//! * [`worker`]: what a worker does, as a machine.

#![forbid(unsafe_code)]

mod address;
pub mod block;
pub mod blocks;
pub mod engine;
pub mod frame;
mod key;
pub mod message;
pub mod net;
pub mod ops;
pub mod pickle;
pub mod service;
pub mod value;
pub mod worker;

pub use address::{Address, AddressError, Scheme};
pub use key::Key;
