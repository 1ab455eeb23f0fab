//! Values on disk: where files are, what stands in them, and who writes and reads them.
//!
//! A file holds one value, or several small ones, each in checked blocks; it goes when the last value that stands in it is
//! gone. Files never outlive their cluster: what is found of a dead one is removed. So nothing is asked to reach the disk's
//! surface, and what cannot be read back is computed again.

mod disk;
mod folder;
mod form;
mod slot;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use disk::Disk;
pub use folder::{SpillFolder, clear_dead};
pub use form::SpillError;
pub(crate) use slot::NewFile;
pub use slot::{Slot, SpillFile, write};
