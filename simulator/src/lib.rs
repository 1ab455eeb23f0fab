//! A whole cluster in virtual time: the production machines of scheduler and workers, faults by seed, and every
//! invariant checked after every event.

mod model;
mod universe;
mod world;

pub use model::{End, Model, Run, Same, Start};
pub use universe::{Definition, Number, Universe, value_of};
pub use world::{Client, Detail, Host, LostRequest, Network, Settings, Step, Storage, Stored, Told, Trace, World};
