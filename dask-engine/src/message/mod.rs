//! What a message says: a value of msgpack in its first frame, and what that refers to in the others.
//!
//! Dask's msgpack has texts, bytes, numbers, arrays (which Python reads as tuples), and maps whose keys may be anything. Four maps
//! are special wherever they stand:
//!
//! | map | what |
//! |---|---|
//! | `{"__Serialized__": i}` | an [`Opaque`] value: frame `i` is its header, in msgpack, and those behind it its data |
//! | `{"__Pickled__": i}` | a [`Pickled`] object: frame `i` holds it |
//! | `{"__Set__": true, "as-list": [..]}` | a set ([`SetOf`]) |
//! | `{"__Enum__": true, "name": .., "__module__": .., "__name__": ..}` | one of Python's enumerations |

mod batch;
mod error;
mod incoming;
mod opaque;
mod outgoing;
mod sets;

pub use batch::Batch;
pub use error::MessageError;
pub use incoming::Message;
pub(crate) use incoming::{entry, form, part, value};
pub use opaque::{Opaque, Pickled};
pub use outgoing::{Outgoing, Reference};
pub use sets::SetOf;
