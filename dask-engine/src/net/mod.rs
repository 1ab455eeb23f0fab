//! Connections: messages on sockets of TCP, and of TLS over it.

mod connection;
mod error;
mod stream;

pub use connection::{Connection, Reader, Writer, accept, connect};
pub use error::NetError;
pub use stream::{Outlet, outlet};
