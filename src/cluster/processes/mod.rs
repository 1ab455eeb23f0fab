//! Workers that are processes of their own: where they come in, and the nanny of each place.

mod crib;
mod hall;

pub(super) use crib::{Crib, Nursery};
pub(super) use hall::{Hall, refused};
