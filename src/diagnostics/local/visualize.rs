//! Charts of local profilers, one below the other on one axis of time.

use crate::error::Result;
use partita_profiler::local::draw::{Chart, ChartFormat, save};
use std::path::Path;

/// What can be drawn over time: local profilers, and several of them.
pub trait Charted {
    /// The charts, from top to bottom.
    fn charts(&self) -> Vec<Chart>;
}

impl<T: Charted + ?Sized> Charted for &T {
    fn charts(&self) -> Vec<Chart> {
        T::charts(self)
    }
}

impl<T: Charted> Charted for [T] {
    fn charts(&self) -> Vec<Chart> {
        self.iter().flat_map(Charted::charts).collect()
    }
}

impl<T: Charted, const N: usize> Charted for [T; N] {
    fn charts(&self) -> Vec<Chart> {
        self.as_slice().charts()
    }
}

impl<A: Charted, B: Charted> Charted for (A, B) {
    fn charts(&self) -> Vec<Chart> {
        [self.0.charts(), self.1.charts()].concat()
    }
}

impl<A: Charted, B: Charted, C: Charted> Charted for (A, B, C) {
    fn charts(&self) -> Vec<Chart> {
        [self.0.charts(), self.1.charts(), self.2.charts()].concat()
    }
}

/// Draws several profilers into one file, `.svg`, `.png` or `.html`: one below the other on one axis of time, each group of
/// tasks in one colour. A page is one file that fetches nothing.
///
/// ```
/// use partita::Reference;
/// use partita::diagnostics::{CacheProfiler, Profiler, ResourceProfiler, visualize};
/// use partita::prelude::*;
///
/// let (profiler, resources, cache) = (Profiler::start()?, ResourceProfiler::start()?, CacheProfiler::start()?);
/// Bag::<i64>::from_sequence(0..1000, 10).map(|x| x * x).sum().compute_on(&Reference)?;
/// let path = std::env::temp_dir().join("partita-profile-example.html");
/// visualize((&profiler, &resources, &cache), &path)?;
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), partita::Error>(())
/// ```
///
/// # Errors
/// [`Error::Draw`](crate::Error::Draw): an unknown ending, a folder that is not there, a build without the feature `png`, a
/// file that cannot be written. The path is looked at before anything is drawn.
pub fn visualize(charted: impl Charted, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    ChartFormat::of_path(path)?;
    Ok(save(&charted.charts(), path)?)
}
