//! What most programs use.

#[cfg(feature = "array")]
pub use crate::chunk_sizes::ComputeChunkSizes;
pub use crate::client::Client;
pub use crate::cluster::LocalCluster;
pub use crate::compute::{Compute, compute, persist, visualize};
pub use crate::diagnostics::performance_report;
pub use crate::diagnostics::{CacheProfiler, Profiler, ProgressBar, ResourceProfiler};
#[cfg(feature = "dataframe")]
pub use crate::frame_len::FrameLen;
pub use crate::futures::{as_completed, wait, wait_first};
pub use crate::progress::Progress;
pub use crate::raw::synchronous;
pub use crate::threaded;
#[cfg(feature = "array")]
pub use partita_collections::Array;
#[cfg(feature = "dataframe")]
pub use partita_collections::DataFrame;
pub use partita_collections::delayed::{delayed, try_delayed};
pub use partita_collections::{Bag, Collection, Delayed, Future, Item};
pub use partita_graph::{Engine, Local, Shared, TaskOptions};
pub use partita_macros::delayed;
