//! What is done when a worker's memory fills: values go to disk, and then nothing new starts.

use super::builder::Builder;
use super::memory::MemoryLimit;
use crate::error::ConfigError;
use partita_worker::machine::MemoryLimits;
use partita_worker::spill::SpillFolder;
use std::path::PathBuf;
use std::sync::Arc;

/// The share over which what the process has lets values go to disk, if it is not said.
const SPILL: f64 = 0.7;

/// What is done when a worker's memory fills.
#[derive(Clone, Debug)]
pub(super) struct Spill {
    on: bool,
    folder: Option<PathBuf>,
    limit: Option<MemoryLimit>,
    target: f64,
    spill: Option<f64>,
    pause: f64,
}

impl Default for Spill {
    fn default() -> Self {
        Spill { on: true, folder: None, limit: None, target: 0.6, spill: None, pause: 0.8 }
    }
}

impl Builder {
    /// Whether values that do not fit into memory go to disk; they do if it is not said. Without it, a worker whose memory is
    /// full starts nothing new until results are let go.
    pub fn spill(mut self, on: bool) -> Self {
        self.spill.on = on;
        self
    }

    /// The folder in which values go to disk, in a folder of their own that only its owner may read, and that is removed with
    /// the cluster; the system's folder for temporary files if it is not said. Nothing is made there before it is needed.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let folder = std::env::temp_dir();
    /// let cluster = LocalCluster::builder().memory_limit("64 MiB").spill_folder(folder).spill_limit("10 GiB").start()?;
    /// // 160 MB are held by a worker that may hold 64.
    /// let parts: Vec<_> = (0..20u64).map(|part| cluster.client().submit(move |n: u64| vec![part; n as usize], (1_000_000u64,))).collect();
    /// for (part, future) in parts.iter().enumerate() {
    ///     assert_eq!(future.result()?[999_999], part as u64);
    /// }
    /// cluster.close()?;
    /// # Ok::<(), partita::Error>(())
    /// ```
    pub fn spill_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.spill.folder = Some(folder.into());
        self
    }

    /// How many bytes all workers together may have on disk; as much as the disk has if it is not said. Of workers that are
    /// processes, each may have an equal part of it, by as many as there may be: those that it starts with, or the most that `adapt` allows.
    pub fn spill_limit(mut self, limit: impl Into<MemoryLimit>) -> Self {
        self.spill.limit = Some(limit.into());
        self
    }

    /// The share of its memory limit over which a worker's values go to disk, those first that were not used for longest; 0.6
    /// if it is not said, as Dask's `target`.
    pub fn memory_target(mut self, share: f64) -> Self {
        self.spill.target = share;
        self
    }

    /// The share of its memory limit over which the memory of a worker's process, all that it has and not its values alone, has
    /// values go to disk, until it is down to the target; 0.7 if it is not said, as Dask's `spill`, and not below the target nor
    /// above the pause. Workers that are threads of one process do not look at it.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let builder = LocalCluster::builder().memory_target(0.5).memory_spill(0.4);
    /// let refused = builder.start().err().map(|error| error.to_string()).unwrap_or_default();
    /// assert!(refused.contains("`memory_spill` cannot be 0.4: not below `memory_target`"), "{refused}");
    /// ```
    pub fn memory_spill(mut self, share: f64) -> Self {
        self.spill.spill = Some(share);
        self
    }

    /// The share of its memory limit over which a worker starts nothing new; 0.8 if it is not said, as Dask's `pause`. It
    /// starts tasks again half way down to the target.
    pub fn memory_pause(mut self, share: f64) -> Self {
        self.spill.pause = share;
        self
    }
}

impl Spill {
    /// Where values go; what was named is looked at.
    pub(super) fn disk(&self) -> Result<Arc<SpillFolder>, ConfigError> {
        let spill = self.share();
        for (field, share) in [("memory_target", self.target), ("memory_pause", self.pause), ("memory_spill", spill)] {
            if !(share > 0.0 && share <= 1.0) {
                return Err(refused(field, share, "a share of the memory limit above 0 and up to 1"));
            }
        }
        if self.target > self.pause {
            return Err(refused("memory_target", self.target, "not above `memory_pause`"));
        }
        if spill < self.target {
            return Err(refused("memory_spill", spill, "not below `memory_target`"));
        }
        if spill > self.pause {
            return Err(refused("memory_spill", spill, "not above `memory_pause`"));
        }
        let cap = match &self.limit {
            Some(limit) => limit.bytes(1, 1)?,
            None => u64::MAX,
        };
        let base = self.folder.clone().unwrap_or_else(std::env::temp_dir);
        // Where it is now: the program may change its directory later.
        let base = std::path::absolute(&base)
            .map_err(|error| ConfigError::SpillFolder { path: base, cause: error.to_string() })?;
        let folder = SpillFolder::new(base, cap);
        if self.on && self.folder.is_some() {
            let cause = |error: std::io::Error| error.to_string();
            let path = folder.base().to_path_buf();
            folder.check().map_err(|error| ConfigError::SpillFolder { path, cause: cause(error) })?;
        }
        clear_dead(&folder);
        Ok(Arc::new(folder))
    }

    /// The share for what the process has: what was said, or the usual one, put between the others.
    fn share(&self) -> f64 {
        self.spill.unwrap_or_else(|| SPILL.max(self.target).min(self.pause))
    }

    /// The limits of a worker that may hold so many bytes.
    pub(super) fn limits(&self, memory_limit: u64) -> MemoryLimits {
        let limits = MemoryLimits::shares(memory_limit, self.target, self.share(), self.pause);
        if self.on { limits } else { MemoryLimits { least: u64::MAX, ..limits } }
    }
}

/// Removes what programs that have ended left on disk, and did not close their clusters.
fn clear_dead(disk: &SpillFolder) {
    let base = disk.base().to_path_buf();
    let clear = move || partita_worker::spill::clear_dead(&base);
    if let Err(error) = std::thread::Builder::new().name("partita-reclaim".into()).spawn(clear) {
        tracing::debug!(%error, "no thread to remove what others have left on disk");
    }
}

fn refused(field: &'static str, value: impl ToString, allowed: &'static str) -> ConfigError {
    ConfigError::Value { field, value: value.to_string(), allowed }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program may change its directory: what was named is where it was then.
    #[test]
    fn a_folder_is_where_it_was_when_it_was_named() {
        let spill = Spill { on: false, folder: Some("scratch".into()), ..Spill::default() };
        assert_eq!(spill.disk().unwrap().base(), std::env::current_dir().unwrap().join("scratch"));
    }
}
