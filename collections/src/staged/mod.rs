//! What is written whole or not at all: it stands under another name until its last task gives it its own.

mod added;
mod error;
mod run;
mod target;

#[cfg_attr(not(feature = "dataframe"), allow(unreachable_pub))]
pub use error::TargetError;
pub(crate) use run::{Ending, Opener, Ticket, finish};
pub(crate) use target::Staged;
#[cfg(feature = "array")]
pub(crate) use target::has_mark;
pub use target::{Target, overwrite};
