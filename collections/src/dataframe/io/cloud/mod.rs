//! Files in the cloud: objects of stores, found by their URLs, read by ranges of bytes, and written whole or not at all.

mod error;
mod options;

pub use error::CloudError;
pub(super) use options::StorageOptions;

#[cfg(feature = "cloud")]
mod address;
#[cfg(feature = "cloud")]
mod destination;
#[cfg(feature = "cloud")]
mod explain;
#[cfg(feature = "cloud")]
mod finder;
#[cfg(feature = "cloud")]
mod object;
#[cfg(not(feature = "cloud"))]
mod off;
#[cfg(feature = "cloud")]
mod reading;
#[cfg(feature = "cloud")]
mod runtime;
#[cfg(feature = "cloud")]
mod store;
#[cfg(feature = "cloud")]
mod upload;

#[cfg(feature = "cloud")]
pub(super) use self::{
    destination::{Destination, Uploads},
    finder::Finder,
    object::Object,
    reading::Reading,
};
#[cfg(not(feature = "cloud"))]
pub(super) use off::{Destination, Finder, Object, Reading, Uploads};
