//! Views: what pages and reports show of a run, as small plain data. Pure functions of a run, a moment or a range.
//!
//! A view that takes a moment shows the run as it was known at the end of the stretch of its timeline that the moment is in,
//! as if no later record had come: all views of one moment agree. None is now, and so are moments of the last stretch; then
//! sums are exact, also where stretches do not tell groups or pairs of workers apart. A view that takes a range shows that
//! range to the nanosecond.
//!
//! Moments are nanoseconds since the run's start and sizes are bytes, both whole numbers, so that sums stay exact.

mod bandwidth;
mod cache;
mod code;
mod critical;
mod failures;
mod graph;
mod groups;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod moments;
mod profile;
mod progress;

mod ran;
mod range;
mod series;
mod slowest;
mod stream;
mod summary;
mod system;
mod task;
#[cfg(test)]
pub(crate) mod testing;
mod workers;

pub use bandwidth::{Bandwidth, GroupFlow, bandwidth};
pub use cache::{Cache, cache};
pub use code::{CodeLine, code};
pub use critical::{CriticalPath, PathStep, critical_path};
pub use failures::{Failure, Lines, LogLine, failures, logs};
pub use graph::{GraphView, Node, graph};
pub use groups::{GroupRow, groups};
pub use profile::{Frame, profile};
pub use progress::{GroupProgress, progress};
pub use ran::Ran;
pub use range::Range;
pub use series::{Curve, Series};
pub use slowest::slowest;
pub use stream::{Cells, Lane, Rects, Stream, StreamSize, stream};
pub use summary::{Summary, TimeByAction, summary};
pub use system::{System, system};
pub use task::{TaskInput, TaskRun, TaskView, task};
pub use workers::{WorkerRow, WorkerSeries, worker_series, workers};

/// The word for each state, in the order of [`State`](partita_protocol::telemetry::State).
pub const STATES: [&str; 8] =
    ["released", "waiting", "queued", "no-worker", "processing", "memory", "erred", "forgotten"];
