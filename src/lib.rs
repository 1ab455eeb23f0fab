//! Partita: Dask rebuilt in Rust on actors.
//!
//! Bags, delayed calls, futures and graphs written by hand build task graphs; a scheduler, workers with their nannies, a
//! client and a profiler, all actors in your own process, run them.
//!
//! ```
//! use partita::prelude::*;
//!
//! # fn main() -> partita::Result<()> {
//! let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).start()?;
//! let squares = Bag::<i64>::from_sequence([1, 2, 3, 4], 2).map(|x| x * x);
//! assert_eq!(squares.compute()?, [1, 4, 9, 16]);
//!
//! let three = delayed(|a: i64, b: i64| a + b, (1, 2));
//! assert_eq!(three.compute()?, 3);
//!
//! let client = cluster.client();
//! let future = client.submit(|a: i64, b: i64| a * b, (6, 7));
//! assert_eq!(future.result()?, 42);
//! cluster.close()
//! # }
//! ```

mod checkpoint;
#[cfg(feature = "array")]
mod chunk_sizes;
pub mod client;
pub mod cluster;
mod compute;
pub mod coordination;
mod current;
pub mod diagnostics;
mod error;
mod fork;
#[cfg(feature = "dataframe")]
mod frame_len;
pub mod futures;
mod post;
pub mod prelude;
pub mod process;
pub mod progress;
pub mod raw;
pub mod simulate;
pub mod task;
pub mod threaded;

pub use checkpoint::CheckpointError;
#[cfg(feature = "array")]
pub use chunk_sizes::ComputeChunkSizes;
pub use client::{Client, futures_of, get_client, secede};
pub use cluster::LocalCluster;
pub use compute::{Compute, VisualizeOptions, compute, persist, visualize};
pub use coordination::{Actor, ActorFuture, Event, Lock, Queue, Reply, Semaphore, Variable};
pub use diagnostics::performance_report;
pub use error::{ClusterError, ConfigError, Error, Result};
#[cfg(feature = "dataframe")]
pub use frame_len::FrameLen;
pub use futures::{as_completed, wait, wait_first};
#[cfg(feature = "array")]
pub use partita_collections::Array;
#[cfg(feature = "dataframe")]
pub use partita_collections::DataFrame;
#[cfg(feature = "array")]
pub use partita_collections::array;
pub use partita_collections::bag;
#[cfg(feature = "dataframe")]
pub use partita_collections::dataframe;
pub use partita_collections::delayed;
pub use partita_collections::{Bag, Collection, Delayed, Future, IntoArg, Item};
pub use partita_graph::{
    Data, Engine, GraphError, Key, Local, Misbuilt, Place, Reference, Reschedule, RetryOn, RunError, Shared, TaskError,
    TaskErrorKind, TaskOptions, Value, draw,
};
pub use partita_macros::main;
pub use partita_protocol::why;
pub use process::init;
/// Journals of clusters, replayed: what was decided, and why.
pub mod replay {
    pub use partita_protocol::telemetry::State;
    pub use partita_simulator::replay::*;
}
pub use progress::progress;
pub use raw::synchronous;
pub use simulate::simulate;

/// The README's programs are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So are those of the guide to the simulator.
#[cfg(doctest)]
#[doc = include_str!("../docs/simulator.md")]
struct SimulatorGuide;

/// And those of the guide to exports.
#[cfg(doctest)]
#[doc = include_str!("../docs/exports.md")]
struct ExportGuide;

/// And those of the guide to diagnostics.
#[cfg(doctest)]
#[doc = include_str!("../docs/diagnostics.md")]
struct DiagnosticsGuide;

/// And those of the guide to arrays.
#[cfg(all(doctest, feature = "array"))]
#[doc = include_str!("../docs/arrays-for-numpy-users.md")]
struct ArrayGuide;

/// And those of the guide to dataframes.
#[cfg(all(doctest, feature = "dataframe"))]
#[doc = include_str!("../docs/dataframes-from-dask.md")]
struct FrameGuide;

/// And those of the guide to the dashboard.
#[cfg(all(doctest, feature = "dashboard"))]
#[doc = include_str!("../docs/dashboard.md")]
struct DashboardGuide;
