//! Partita's collections: bags, delayed calls, futures and graphs written by hand. They build graphs and know no actor.

pub mod bag;
pub mod call;
pub mod collection;
pub mod delayed;
pub mod future;
pub mod raw;

pub use bag::{Bag, Item};
pub use call::IntoArg;
pub use collection::{Collection, Held};
pub use delayed::{Delayed, delayed, try_delayed};
pub use future::Future;
