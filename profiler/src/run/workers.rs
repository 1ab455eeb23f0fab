//! Workers: who was there when, and what each did and holds.

use partita_protocol::{Time, WorkerId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What is known of a worker.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct WorkerFacts {
    /// Its name.
    pub name: Arc<str>,
    /// Tasks that it runs at a time.
    pub threads: u32,
    /// Bytes that it may hold.
    pub memory_limit: u64,
    /// When it came.
    pub joined: Time,
    /// When it went, and why.
    pub lost: Option<(Time, Arc<str>)>,
    /// Executions.
    pub executed: u64,
    /// Executions that failed.
    pub failures: u64,
    /// Time that its executions took, added up over threads.
    pub busy: Duration,
    /// Results that it holds.
    pub count: u64,
    /// Bytes that it holds in memory.
    pub nbytes: u64,
    /// Bytes that it holds on disk and not in memory.
    pub on_disk: u64,
    /// Tasks that its threads run, as it told last.
    pub running: u32,
    /// The most bytes that it held in memory.
    pub peak: u64,
    /// Bytes that it sent to others.
    pub sent: u64,
    /// Bytes that it got from others.
    pub received: u64,
    /// Tasks that were taken back from it.
    pub stolen: u64,
}

impl WorkerFacts {
    /// Whether it is there.
    pub fn is_there(&self) -> bool {
        self.lost.is_none()
    }

    /// Whether it was there at a moment.
    pub fn was_there(&self, at: Time) -> bool {
        self.joined <= at && self.lost.as_ref().is_none_or(|(lost, _)| *lost > at)
    }

    /// Whether it was there at some moment of a stretch of time.
    pub fn was_there_in(&self, from: Time, to: Time) -> bool {
        self.joined <= to && self.lost.as_ref().is_none_or(|(lost, _)| *lost >= from)
    }
}

/// All workers that ever were.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Workers {
    by_id: BTreeMap<WorkerId, WorkerFacts>,
}

impl Workers {
    pub(super) fn of(&mut self, worker: WorkerId) -> &mut WorkerFacts {
        let new = || WorkerFacts { name: worker.to_string().into(), ..WorkerFacts::default() };
        self.by_id.entry(worker).or_insert_with(new)
    }

    /// What is known of a worker.
    pub fn get(&self, worker: WorkerId) -> Option<&WorkerFacts> {
        self.by_id.get(&worker)
    }

    /// The name of a worker.
    pub fn name(&self, worker: WorkerId) -> Arc<str> {
        self.by_id.get(&worker).map_or_else(|| worker.to_string().into(), |facts| facts.name.clone())
    }

    /// All of them, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (WorkerId, &WorkerFacts)> {
        self.by_id.iter().map(|(&worker, facts)| (worker, facts))
    }
}
