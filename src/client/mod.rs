//! The client: hands graphs in, and knows what became of the results.

mod actor;
mod actors;
mod client;
mod coordination;
mod datasets;
mod futures_of;
mod inside;
mod known;
mod workers;
mod gather;
mod host;
mod scatter;
mod submit;
mod summary;

pub(crate) use futures_of::output_futures;
pub use futures_of::futures_of;
pub use inside::{Seceded, get_client, secede};
pub use client::{Client, SubmitOptions, WeakClient};
pub(crate) use actor::{ClientActor, Mail};
pub(crate) use client::ClientInner;
pub use scatter::ScatterOptions;
