//! The program around the library: its arguments, and what it prints.

mod arguments;
mod commit;
mod failure;
mod page;
mod sums;

pub(crate) use arguments::{Arguments, Other, Traced};
pub(crate) use commit::commit;
pub(crate) use failure::{Failure, tell_story};
pub(crate) use page::end;
pub(crate) use sums::tell;
