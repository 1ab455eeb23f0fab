//! The dashboard: pages, JSON, metrics and pushed news of one cluster's run, for a browser on the same machine.
//!
//! It only reads. It has a thread and an actor system of its own, so that neither scheduler nor profiler ever waits for a
//! browser. It listens on the loopback interface only, and nobody gets in without the token of its address.

mod answers;
mod assets;
mod error;
mod gate;
mod guard;
mod metrics;
mod moment;
mod query;
mod reply;
mod routes;
mod server;
mod settings;
mod shared;
mod stream;
mod token;
mod views;

pub use error::DashboardError;
pub use server::Dashboard;
pub use settings::{Settings, wish};
pub use shared::Subject;
