//! The client: hands graphs in, and knows what became of the results.

mod actor;
mod client;
mod gather;
mod host;
mod scatter;
mod submit;
mod summary;

pub use client::{Client, SubmitOptions, WeakClient};
pub(crate) use actor::{ClientActor, Mail};
pub(crate) use client::ClientInner;
pub use scatter::ScatterOptions;
