//! Python's own form of objects: written from fixed templates, and read into a tree of which nothing is executed.
//!
//! A pickle is a program for a small machine with a stack. Python's reader imports and calls whatever it names; [`Tree`] only
//! notes what would be called. What Partita writes names seven functions, all of Dask's and of Python's standard library
//! ([`graph`]). The opcodes are those of protocol 4, as described in Python's module `pickletools`.

mod error;
pub mod exception;
pub mod graph;
mod opcode;
mod reader;
mod show;
mod tree;
mod writer;

pub use error::PickleError;
pub use tree::{Id, Node, Tree};
pub use writer::Pickler;
