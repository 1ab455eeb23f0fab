//! Local profilers: guards that see what is computed while they live, on every cluster of this process and on the engines
//! without one; the same rows from both.

mod cache;
mod callback;
mod clock;
mod computation;
mod engines;
mod profiler;
mod progress_bar;
mod resources;
mod source;
mod told;
mod visualize;

pub use cache::CacheProfiler;
pub use callback::{Callback, CallbackGuard, Computed, Computing};
pub use profiler::Profiler;
pub use progress_bar::ProgressBar;
pub use resources::ResourceProfiler;
pub use told::TaskStart;
pub use visualize::{Charted, visualize};

pub(crate) use clock::origin;
pub(crate) use computation::Computation;
pub(crate) use source::joined;
