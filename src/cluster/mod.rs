//! A local cluster: a scheduler, workers with their nannies, clients and a profiler, as actors in this process.

mod actor;
mod adapt;
mod builder;
mod closing;
mod cluster;
mod control;
#[cfg(feature = "dashboard")]
mod dashboard;
mod info;
mod janitor;
mod journal;
mod memory;
mod patience;
mod process_options;
mod processes;
mod signals;
mod spill;
mod staff;

pub use adapt::Adaptive;
pub use builder::Builder;
pub(crate) use cluster::ClusterInner;
pub use cluster::LocalCluster;
pub(crate) use info::ClusterInfo;
pub use info::ClusterSummary;
pub(crate) use janitor::Janitor;
pub use memory::MemoryLimit;
pub use partita_protocol::AdaptConfig;
