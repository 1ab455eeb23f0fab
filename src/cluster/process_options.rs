//! Whether workers are processes, and what those are told.

use super::builder::Builder;
use super::patience::EVER;
use super::processes::{Hall, refused};
use crate::error::ConfigError;
use crate::process::Settings;
use partita_protocol::scheduler::WorkerInfo;
use partita_worker::nanny::process::guard;
use partita_worker::spill::SpillFolder;
use std::sync::Arc;
use std::time::Duration;

impl Builder {
    /// Whether each worker is a process of its own instead of threads of this one; it is not if it is not said.
    ///
    /// A process that dies, whatever it dies of, takes nothing with it but its worker: what it ran is run elsewhere, and a
    /// nanny starts another one. Its memory limit is one of its whole process. The price is that values are written and read
    /// when they go from worker to worker or to a client, and that functions must be ones that another process can find: they
    /// capture nothing, and what they need is passed as arguments or by `map_with` and its like (`docs/processes.md` lists what
    /// travels; dataframes do not). Tasks cannot compute on their cluster, nor use its locks and queues.
    ///
    /// Worker processes run this very program: [`partita::init()`](crate::init) has to stand at the top of `main`.
    ///
    /// ```
    /// fn main() -> partita::Result<()> {
    ///     partita::init();
    ///     use partita::prelude::*;
    ///     let cluster = LocalCluster::builder().workers(2).processes(true).start()?;
    ///     let pids: Vec<u32> = (0..4).map(|_| cluster.client().impure().submit(std::process::id, ())).map(|pid| pid.result()).collect::<Result<_, _>>()?;
    ///     assert!(pids.iter().all(|pid| *pid != std::process::id()));
    ///     Ok(())
    /// }
    /// ```
    pub fn processes(mut self, processes: bool) -> Self {
        self.processes = processes;
        self
    }

    /// How long a task of a worker's process may go on after it was cancelled or took too long, before another process takes
    /// the place of the worker; 10 seconds if it is not said. A thread cannot be ended from outside, but a process can. What
    /// the worker holds goes to others as far as they can take it, and what else it runs is run elsewhere.
    ///
    /// Workers that are threads cannot be replaced so; there, [`should_stop`](crate::task::should_stop) is all that ends a task.
    pub fn cancel_grace(mut self, grace: Duration) -> Self {
        self.cancel_grace = grace.min(EVER);
        self
    }

    /// How long a worker's process lives; for ever if it is not said. Then what it holds is brought to others, and another process
    /// takes its place, as Dask's `lifetime` with `lifetime-restart`: for tasks that leak memory. One whose data nobody can take
    /// stays, and is asked again every minute. Of several whose time has come, one leaves at a time, so that the others can take what it
    /// holds. One that does not get through within a minute, because of a long task or much
    /// data, is replaced all the same: its task starts again elsewhere, so tasks are to be shorter than the lifetime.
    pub fn worker_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime.min(EVER));
        self
    }

    /// Where worker processes come in, if there are to be some.
    pub(super) fn hall(&self) -> Result<Option<Arc<Hall>>, ConfigError> {
        if !self.processes {
            return Ok(None);
        }
        let hall = Hall::open(guard().map_err(refused)?)?;
        Ok(Some(Arc::new(hall)))
    }

    /// How many workers there may be, as far as it is known when the cluster starts.
    fn places(&self) -> u64 {
        let most = self.adapt.as_ref().map_or(0, |adapt| adapt.maximum);
        self.worker_infos().map_or(1, |infos| infos.len().max(most).max(1) as u64)
    }

    /// What the process of a worker is told.
    pub(super) fn settings(&self, info: &WorkerInfo, disk: &SpillFolder) -> Settings {
        Settings {
            info: info.clone(),
            memory: self.spill.limits(info.memory_limit),
            stack_size: self.stack_size,
            validate: self.validate,
            record: self.telemetry,
            grace: self.close_grace,
            cancel_grace: self.cancel_grace,
            lifetime: self.lifetime,
            // Processes do not know of each other's files: each may have its part.
            spill: (disk.base().to_path_buf(), disk.cap() / self.places()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LocalCluster;

    /// FAULTS D1: what all processes together may put on disk is parted among them.
    #[test]
    fn each_process_has_its_part_of_the_disk() {
        let disk = SpillFolder::new("/nowhere", 8 << 30);
        for (workers, part) in [(1, 8 << 30), (4, 2 << 30)] {
            let builder = LocalCluster::builder().workers(workers).processes(true);
            let infos = builder.worker_infos().unwrap();
            assert_eq!(infos.len(), workers);
            assert!(infos.iter().all(|info| builder.settings(info, &disk).spill.1 == part));
        }
    }
}
