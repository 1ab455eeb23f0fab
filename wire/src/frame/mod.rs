//! Messages as bytes, both ways, without sockets: what waits to be written, and what has arrived.

pub(crate) mod assembler;
pub(crate) mod error;
pub(crate) mod head;
pub(crate) mod outbox;
pub(crate) mod room;

#[cfg(test)]
mod tests;
