//! Where the time went: what a cluster does and did, watched, shown, reported and exported.

mod dump;
#[cfg(feature = "dataframe")]
mod frame;
pub(crate) mod local;
mod logs;
mod report;
mod report_file;
mod sampler;
mod stream;
mod tapped;
mod watching;

pub use dump::{ClusterState, DumpWorker, DumpedFailure, DumpedGroup, DumpedTask, MOST_GROUPS, MOST_TASKS, Versions};
#[cfg(feature = "dataframe")]
pub use frame::{parquet, to_dataframe};
pub use local::{
    CacheProfiler, Callback, CallbackGuard, Charted, Computed, Computing, Profiler, ProgressBar, ResourceProfiler,
    TaskStart, visualize,
};
pub use logs::{AlreadyLogged, log_to_terminal};
pub use partita_profiler::RunFileError;
pub use partita_profiler::aggregate::LogLine;
pub use partita_protocol::telemetry::Level;
pub use report::{PerformanceReport, performance_report, performance_report_on};
pub use report_file::ReportError;
pub use sampler::{MemoryRow, MemorySampler, Sampling};
pub use stream::TaskStream;
pub use watching::Watching;

/// Why there is no dashboard.
#[cfg(feature = "dashboard")]
pub use partita_profiler::dashboard::DashboardError;

/// A run for other programs: traces, CSV, JSON lines.
pub use partita_profiler::export;

/// Two runs side by side.
pub use partita_profiler::compare::{self, Comparison, compare};

/// Rows of the local profilers, and charts of them.
pub use partita_profiler::local::{CacheRow, ResourceRow, TaskRow, draw::Chart};

/// What a cluster did, folded from its records.
pub use partita_profiler::run::{self, Run};
