//! Messages on a socket: how long each part is, then the parts.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `u64`, how many bytes the reader should take in one piece: of what follows up to some frame's end |
//! | 8 | `u64`, the number of frames |
//! | 8 each | `u64`, the length of each frame |
//! | .. | the frames |
//!
//! All numbers have their lowest byte first. The first frame is one value of msgpack ([`crate::message`]), which names the others.

mod assembler;
mod error;
mod limits;
mod prelude;

pub use assembler::Assembler;
pub use error::FrameError;
pub use limits::Limits;
pub use prelude::prelude;
