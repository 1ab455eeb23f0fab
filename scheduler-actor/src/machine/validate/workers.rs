//! The invariants of workers, classes and queues.

use super::{Invariant, Violation, ensure, same};
use crate::machine::needs::{Class, ClassId, candidates};
use crate::machine::policy::steal::STEALS;
use crate::machine::task::{State, Task, Theft};
use crate::machine::worker::{Seat, Worker};
use crate::machine::{Scheduler, is_busy, is_held, is_queued, is_stranded};
use partita_protocol::telemetry::State as Word;
use partita_protocol::{ClientId, Resources, TaskId};
use std::collections::BTreeMap;

/// What a worker has, recounted from the tasks.
#[derive(Clone, Debug, Default, PartialEq)]
struct Load {
    slots: u32,
    seceded: u32,
    occupancy: u64,
    held: usize,
    bytes: u128,
    incoming: usize,
    outgoing: u32,
    crowd: BTreeMap<(ClientId, i32), u32>,
}

/// Tasks of a class, recounted.
#[derive(Clone, Debug, Default, PartialEq)]
struct Tally {
    tasks: usize,
    queued: usize,
    stranded: usize,
}

impl Scheduler {
    pub(super) fn validate_classes(&self) -> Result<(), Violation> {
        let mut waiting = 0;
        for (id, class) in self.classes.iter() {
            let wrong = |message| Violation::general(Invariant::Counters, format!("{id:?}, {message}"));
            let mut tally = Tally::default();
            for (_, task) in self.tasks.iter().filter(|(_, task)| task.class == id) {
                tally.tasks += 1;
                tally.queued += usize::from(task.state.word() == Word::Queued);
                tally.stranded += usize::from(task.state.word() == Word::NoWorker);
            }
            let kept = Tally { tasks: class.tasks, queued: class.queue.len(), stranded: class.stranded.len() };
            same(kept, tally.clone(), "tasks", wrong)?;
            ensure(id == ClassId::ANY || tally.tasks > 0, || wrong("no task is of it".into()))?;
            self.validate_lists(id, class, &tally)?;
            if id != ClassId::ANY {
                waiting += tally.queued;
            }
            let running = self.workers.iter().filter(|(_, worker)| worker.runs());
            let seats = candidates(&class.needs, running);
            let restrictions = |message| Violation::general(Invariant::Restrictions, message);
            same(class.starved.is_some(), seats.is_empty(), "a class without worker", restrictions)?;
            same(&class.seats, &seats, "workers of a class", restrictions)?;
            ensure(class.stranded.is_empty() || seats.is_empty(), || {
                restrictions("a task is without worker, and there is one".into())
            })?;
            self.validate_idle(id, class)?;
        }
        same(self.classes.waiting, waiting, "tasks that wait for resources", |message| {
            Violation::general(Invariant::Counters, message)
        })
    }

    fn validate_lists(&self, id: ClassId, class: &Class, tally: &Tally) -> Result<(), Violation> {
        let wrong = |message| Violation::general(Invariant::Membership, format!("{id:?}, {message}"));
        let queued = class.queue.members(|id| is_queued(&self.tasks, id));
        same(queued.len(), tally.queued, "queued tasks", wrong)?;
        let stranded = class.stranded.members(|since, id| is_stranded(&self.tasks, id, since));
        same(stranded.len(), tally.stranded, "tasks without worker", wrong)?;
        self.validate_patience(id, class)?;
        for (priority, task) in queued {
            let known = &self.tasks[task];
            let root = id != ClassId::ANY || known.dependencies.is_empty();
            ensure(root && known.class == id && known.priority == priority, || {
                Violation::task(Invariant::Membership, task, "stands in the wrong queue".into())
            })?;
        }
        Ok(())
    }

    /// The task without worker that has waited longest is looked at first when time has passed.
    fn validate_patience(&self, id: ClassId, class: &Class) -> Result<(), Violation> {
        if class.stranded.is_empty() {
            return Ok(());
        }
        let since = |(id, task): (TaskId, &Task)| match task.state {
            State::NoWorker { since } => Some((since, id)),
            _ => None,
        };
        let oldest = self.tasks.iter().filter(|(_, task)| task.class == id).filter_map(since).min();
        let is_member = |since, id| is_stranded(&self.tasks, id, since);
        let wrong = |message| Violation::general(Invariant::Patience, format!("{id:?}, {message}"));
        same(class.stranded.clone().first(is_member), oldest, "the first to be given up", wrong)?;
        same(class.stranded.peek(is_member), oldest.map(|(since, _)| since), "since when it waits", wrong)
    }

    /// No task is queued that a worker could start now.
    fn validate_idle(&self, id: ClassId, class: &Class) -> Result<(), Violation> {
        if class.queue.is_empty() {
            return Ok(());
        }
        for seat in &class.seats {
            let worker = &self.workers[*seat];
            let idle = match id {
                ClassId::ANY => worker.slots < worker.base(),
                _ => self.is_free(class, *seat),
            };
            ensure(!idle, || {
                Violation::worker(Invariant::Slots, worker.id, format!("could start a task that is queued in {id:?}"))
            })?;
        }
        Ok(())
    }

    pub(super) fn validate_workers(&self) -> Result<(), Violation> {
        let mut loads = vec![Load::default(); self.workers.seats()];
        let mut taken = vec![Resources::default(); self.workers.seats()];
        for (id, task) in self.tasks.iter() {
            if let State::Memory { holders, nbytes } = &task.state {
                for seat in holders {
                    loads[seat.index()].held += 1;
                    loads[seat.index()].bytes += u128::from(*nbytes);
                }
            }
            let Some(processing) = task.processing() else { continue };
            let seat = processing.seat;
            if let Theft::Asked(thief) = processing.theft {
                ensure(self.workers.is_seated(thief) && thief != seat, || {
                    Violation::task(Invariant::Stealing, id, format!("{thief:?} is to get it, and is gone or has it"))
                })?;
                let is_told = self.workers[thief].incoming.contains(&id);
                ensure(is_told, || Violation::task(Invariant::Stealing, id, "its thief does not expect it".into()))?;
                loads[thief.index()].incoming += 1;
            }
            loads[seat.index()].outgoing += u32::from(matches!(processing.theft, Theft::Asked(_) | Theft::Orphaned));
            ensure(processing.steals <= STEALS, || {
                Violation::task(Invariant::Stealing, id, format!("stolen {} times", processing.steals))
            })?;
            ensure(self.workers.is_seated(seat), || {
                Violation::task(Invariant::Gone, id, format!("{seat:?} processes it and is gone"))
            })?;
            let load = &mut loads[seat.index()];
            match processing.seceded {
                true => load.seceded += 1,
                false => {
                    load.slots += 1;
                    *load.crowd.entry((task.client, task.priority.user)).or_default() += 1;
                    load.occupancy += processing.expected;
                }
            }
            let needs = &self.classes[task.class].needs;
            if let Some(resources) = &needs.resources {
                taken[seat.index()].give(resources);
            }
            ensure(needs.allows(&self.workers[seat].info), || {
                Violation::task(Invariant::Restrictions, id, "processed by a worker that may not".into())
            })?;
        }
        for (seat, worker) in self.workers.iter() {
            self.validate_worker(seat, worker, &loads[seat.index()], &taken[seat.index()])?;
        }
        self.validate_levels()
    }

    /// Each worker stands where it belongs among the others, and while one could take tasks of another a look is planned.
    fn validate_levels(&self) -> Result<(), Violation> {
        let wrong = |message: &str| Violation::general(Invariant::Levels, message.into());
        let Some(mut seats) = self.workers.levels.census() else { return Err(wrong("links do not go both ways")) };
        seats.sort_unstable();
        ensure(seats.windows(2).all(|pair| pair[0] != pair[1]), || wrong("a worker is listed twice"))?;
        ensure(seats.iter().all(|seat| self.workers.is_seated(*seat)), || wrong("a worker that is gone is listed"))?;
        for (seat, worker) in self.workers.iter() {
            ensure(self.workers.is_level(seat), || {
                Violation::worker(Invariant::Levels, worker.id, "stands in the wrong list".into())
            })?;
            ensure(seats.binary_search(&seat).is_ok() || !worker.runs(), || {
                Violation::worker(Invariant::Levels, worker.id, "stands in no list".into())
            })?;
        }
        let is_blind = self.config.stealing && self.workers.levels.is_uneven() && self.look.due.is_none();
        ensure(!is_blind, || Violation::general(Invariant::Stealing, "no look is planned".into()))
    }

    fn validate_worker(&self, seat: Seat, worker: &Worker, load: &Load, taken: &Resources) -> Result<(), Violation> {
        let wrong = |invariant| move |message| Violation::worker(invariant, worker.id, message);
        let kept = Load {
            slots: worker.slots,
            seceded: worker.seceded,
            occupancy: worker.occupancy,
            held: worker.held.len(),
            bytes: worker.bytes,
            incoming: worker.incoming.len(),
            outgoing: worker.outgoing,
            crowd: worker.crowd.counts().into_iter().map(|(client, user, count)| ((client, user), count)).collect(),
        };
        same(&kept, load, "slots, work and bytes", wrong(Invariant::Sums))?;
        let busy = worker.busy.members(|id| is_busy(&self.tasks, id, seat)).len();
        let counts = (load.slots + load.seceded) as usize;
        same((busy, worker.busy.len()), (counts, counts), "tasks in process", wrong(Invariant::Membership))?;
        let held = worker.held.members(|id| is_held(&self.tasks, id, seat)).len();
        same(held, load.held, "tasks held", wrong(Invariant::Mirror))?;
        same(self.workers.seat(worker.id), Some(seat), "its seat", wrong(Invariant::Gone))?;
        ensure(!worker.freed, || wrong(Invariant::Slots)("its free slot was not looked at".into()))?;
        for (name, total) in worker.info.resources.iter() {
            let sum = worker.free.amount(name) + taken.amount(name);
            same(sum, total, &format!("{name}, free and taken"), wrong(Invariant::Resources))?;
        }
        Ok(())
    }
}
