//! A worker on sockets: registers with a scheduler, and does what its machine says ([`crate::worker`]).

mod begin;
mod blocks;
mod core;
mod error;
mod execute;
mod peers;
mod served;
mod settings;

pub use begin::serve;
pub use blocks::BlockRunner;
pub use error::ServiceError;
pub use execute::{Done, Execute, Given, Task};
pub use settings::Settings;
