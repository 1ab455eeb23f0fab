//! Partita's collections: bags, delayed calls, futures and graphs written by hand. They build graphs and know no actor.

#[cfg(any(feature = "array", feature = "dataframe"))]
mod address;
#[cfg(feature = "array")]
pub mod array;
pub mod bag;
pub mod call;
pub mod collection;
#[cfg(feature = "dataframe")]
pub mod dataframe;
pub mod delayed;
pub mod future;
mod hash;
mod identity;
mod layer;
pub mod raw;
#[cfg(any(feature = "array", feature = "dataframe"))]
mod staged;

#[cfg(feature = "array")]
pub use array::Array;
pub use bag::{Bag, Item};
pub use call::IntoArg;
pub use collection::{Collection, Held};
#[cfg(feature = "dataframe")]
pub use dataframe::DataFrame;
pub use delayed::{Delayed, delayed, try_delayed};
pub use future::Future;
