//! X1, X8, L3: what the scheduler knows of its workers is true whenever no message is under way.

use super::{Broken, ensure};
use crate::world::{Host, Trace, World};
use partita_protocol::scheduler::Event;
use partita_protocol::{TaskId, WorkerId};
use partita_worker::machine::StateName;
use std::collections::BTreeSet;

/// Workers of which more is known than that they are there.
#[derive(Debug, Default)]
pub(super) struct Views {
    /// Workers that are gone for the scheduler.
    gone: BTreeSet<WorkerId>,
}

impl Views {
    pub(super) fn hear(&mut self, trace: &Trace) {
        if let Trace::Told(Event::WorkerLost { worker, .. }) = trace {
            self.gone.insert(*worker);
        }
    }

    /// Compares everything.
    pub(super) fn compare(&self, world: &World) -> Result<(), Broken> {
        let known: BTreeSet<WorkerId> = world.scheduler().workers().map(|view| view.worker).collect();
        for (id, host) in world.hosts() {
            self.load(id, host)?;
            if known.contains(&id) && host.is_linked() {
                self.worker(world, id, host)?;
            }
        }
        for (task, _) in world.scheduler().tasks() {
            for holder in world.scheduler().holders(task) {
                let Some(host) = world.host(holder).filter(|host| host.is_linked()) else { continue };
                let state = host.machine().state_of(task);
                let text = || format!("{holder} is thought to hold {task}, which is {state:?} there");
                let is_there = state == Some(StateName::Memory) || host.has_lost(task);
                ensure!(is_there, "X1", task, "{}", text());
            }
            if let Some((worker, attempt)) = world.scheduler().processing_on(task) {
                let Some(host) = world.host(worker).filter(|host| host.is_linked()) else { continue };
                let there = host.machine().attempt_of(task);
                ensure!(
                    there == Some(attempt),
                    "X1",
                    task,
                    "{worker} is thought to run {task} as {attempt}, not {there:?}"
                );
            }
        }
        Ok(())
    }

    /// What a worker has, the scheduler knows of.
    fn worker(&self, world: &World, id: WorkerId, host: &Host) -> Result<(), Broken> {
        let scheduler = world.scheduler();
        for (task, state) in host.machine().tasks() {
            let about = |text: String| Broken::new("X1", text).task(task).worker(id);
            match state {
                StateName::Memory => {
                    if !scheduler.holders(task).contains(&id) {
                        let there = scheduler.state_of(task);
                        return Err(about(format!("{id} holds {task}, which is {there:?} and not known to be there")));
                    }
                }
                StateName::Waiting | StateName::Ready | StateName::Executing | StateName::LongRunning => {
                    let attempt = host.machine().attempt_of(task);
                    let known = scheduler.processing_on(task);
                    if known.map(|(worker, attempt)| (worker, Some(attempt))) != Some((id, attempt)) {
                        return Err(about(format!("{id} has {task} as {attempt:?}, the scheduler {known:?}")));
                    }
                }
                StateName::Missing => {
                    let holders = scheduler.holders(task);
                    let text = format!("{task} is missing on {id} for good, held by {holders:?}");
                    return Err(Broken::new("L3", text).task(task).worker(id));
                }
                StateName::Fetch | StateName::Flight | StateName::Released => {}
            }
            self.value(host, id, task, state)?;
        }
        Ok(())
    }

    /// What a machine thinks is in its store is there, and nothing else.
    fn value(&self, host: &Host, id: WorkerId, task: TaskId, state: StateName) -> Result<(), Broken> {
        let is_here = matches!(state, StateName::Memory | StateName::Released);
        let is_there = host.stored(task).is_some() || (is_here && host.has_lost(task));
        ensure!(is_here == is_there, "W3", task, "{task} is {state} on {id}, and in its store: {is_there}");
        Ok(())
    }

    /// X8, W3, ST1: threads, store and machine agree, and nothing grows beyond its bounds.
    fn load(&self, id: WorkerId, host: &Host) -> Result<(), Broken> {
        let about = |rule, text: String| Err(Broken::new(rule, text).worker(id));
        let machine = host.machine();
        let (handed, known) = (host.handed(), machine.executing());
        if handed != known {
            let runs: Vec<_> = host.runs().map(|(task, attempt)| (task, attempt, machine.state_of(task))).collect();
            return about("X8", format!("{id} has {handed} runs, its machine {known}: {runs:?}"));
        }
        let threads = machine.config().threads as usize;
        if host.running() > threads {
            return about("W4", format!("{id} runs {} on {threads} threads", host.running()));
        }
        let (ready, counted) = (machine.ready(), machine.count(StateName::Ready));
        if ready != counted || machine.transfers() > machine.config().transfers || machine.id() != id {
            return about("W1", format!("{id} has {ready} ready tasks, not {counted}, as {}", machine.id()));
        }
        let nbytes: u64 = host.store().map(|(_, stored)| stored.nbytes).sum();
        if nbytes != host.nbytes() {
            return about("ST1", format!("{id} holds {nbytes} bytes, and counts {}", host.nbytes()));
        }
        if host.spilled() != machine.on_disk().1 {
            return about("ST1", format!("{id} has {} bytes on disk, not {}", host.spilled(), machine.on_disk().1));
        }
        Ok(())
    }
}
