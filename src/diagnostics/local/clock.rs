//! The clock of the local profilers: one for all of them, so that their charts share an axis.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The moment that times are counted from: when the first cluster or the first profiler of this process began.
pub(crate) fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

/// A moment, counted from the origin.
pub(super) fn moment(instant: Instant) -> Duration {
    instant.saturating_duration_since(origin())
}

/// This moment.
pub(super) fn now() -> Duration {
    moment(Instant::now())
}
