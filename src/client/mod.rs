//! The client: hands graphs in, and knows what became of the results.

mod actor;
mod actors;
mod client;
mod coordination;
mod datasets;
mod futures_of;
mod gather;
mod host;
mod inside;
mod known;
mod link;
mod operation;
mod posted;
mod recording;
mod scatter;
mod sending;
mod submit;
mod summary;
mod upkeep;
mod workers;

pub(crate) use actor::{ClientActor, Mail};
pub(crate) use client::ClientInner;
pub use client::{Client, SubmitOptions, WeakClient};
pub use futures_of::futures_of;
pub(crate) use futures_of::output_futures;
pub use inside::{Seceded, get_client, secede};
pub use operation::Operation;
pub use recording::Recording;
pub use scatter::ScatterOptions;
