//! The threads of a simulated worker: what runs, what waits for a thread, and what gave its thread back.

use partita_protocol::{Attempt, Begun, Priority, TaskId, Time};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A run, by its task and the number of its assignment.
pub(crate) type RunId = (TaskId, Attempt);

/// The threads of a worker.
#[derive(Clone, Debug)]
pub(crate) struct Executor {
    /// Threads that have nothing to do; the last is taken first.
    free: Vec<u32>,
    /// Handed over, and without a thread yet.
    waiting: BinaryHeap<Reverse<(Priority, u64, RunId)>>,
    handed: u64,
    /// What each thread began last.
    slate: Vec<Option<Attempt>>,
    /// Everything that was handed over and has not ended.
    pub(crate) jobs: FxHashMap<RunId, Job>,
}

/// Something that was handed over.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// The values of its inputs.
    pub(crate) inputs: Vec<u64>,
    /// The bytes that are read from disk for it.
    pub(crate) read: u64,
    /// When it started and on which thread, if it has started.
    pub(crate) started: Option<(Time, u32)>,
    /// Whether it gave its thread back.
    pub(crate) seceded: bool,
    /// Whether nobody waited for it any longer before it started.
    pub(crate) stopped: bool,
    /// Whether an input had vanished from the store.
    pub(crate) lacks: bool,
    /// How it ends, if it has started.
    pub(crate) run: Option<crate::model::Run>,
}

impl Executor {
    pub(crate) fn new(threads: u32) -> Self {
        Executor {
            free: (0..threads).rev().collect(),
            waiting: BinaryHeap::new(),
            handed: 0,
            slate: vec![None; threads as usize],
            jobs: FxHashMap::default(),
        }
    }

    /// Takes a job.
    pub(crate) fn submit(&mut self, run: RunId, priority: Priority, inputs: Vec<u64>, read: u64, lacks: bool) {
        self.handed += 1;
        self.waiting.push(Reverse((priority, self.handed, run)));
        self.jobs.insert(run, Job { inputs, read, started: None, seceded: false, stopped: false, lacks, run: None });
    }

    /// Gives the next job a thread, if there are both.
    pub(crate) fn start(&mut self, now: Time) -> Option<(RunId, u32)> {
        if self.free.is_empty() {
            return None;
        }
        let Reverse((_, _, run)) = self.waiting.pop()?;
        let thread = self.free.pop()?;
        if let Some(job) = self.jobs.get_mut(&run) {
            job.started = Some((now, thread));
            if !job.lacks && !job.stopped {
                self.slate[thread as usize] = Some(run.1);
            }
        }
        Some((run, thread))
    }

    /// A job gives its thread back, and goes on. False if it has none.
    pub(crate) fn secede(&mut self, run: RunId) -> bool {
        match self.jobs.get_mut(&run) {
            Some(Job { started: Some((_, thread)), seceded: seceded @ false, .. }) => {
                *seceded = true;
                self.free.push(*thread);
                true
            }
            _ => false,
        }
    }

    /// A job ended.
    pub(crate) fn end(&mut self, run: RunId) -> Option<Job> {
        let job = self.jobs.remove(&run)?;
        if let (Some((_, thread)), false) = (job.started, job.seceded) {
            self.free.push(thread);
        }
        Some(job)
    }

    /// What had begun if it died now: what goes on, and what each thread began last.
    pub(crate) fn begun(&self) -> Begun {
        let goes_on = self.jobs.iter().filter(|(_, job)| job.seceded).map(|((_, attempt), _)| *attempt);
        let mut attempts: Vec<Attempt> = goes_on.chain(self.slate.iter().flatten().copied()).collect();
        attempts.sort_unstable();
        Begun::These(attempts)
    }

    /// How many jobs have a thread or wait for one.
    pub(crate) fn handed(&self) -> usize {
        self.jobs.values().filter(|job| !job.seceded).count()
    }

    /// How many jobs have a thread.
    pub(crate) fn running(&self) -> usize {
        self.jobs.values().filter(|job| job.started.is_some() && !job.seceded).count()
    }
}
