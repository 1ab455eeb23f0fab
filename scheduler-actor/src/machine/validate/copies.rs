//! The invariants of copies, moves and workers that leave.

use super::{Invariant, Violation, ensure, same};
use crate::machine::Scheduler;
use crate::machine::copies::MOVES;
use crate::machine::task::State;
use crate::machine::worker::Seat;
use partita_protocol::TaskId;
use std::collections::{BTreeMap, BTreeSet};

fn wrong(id: TaskId) -> impl Fn(String) -> Violation {
    move |message| Violation::task(Invariant::Copies, id, message)
}

impl Scheduler {
    /// Every copy that comes is of a result in memory, to a worker that runs and has none; what wants for copies is known
    /// to, and nothing else.
    pub(super) fn validate_copies(&self) -> Result<(), Violation> {
        let general = |message| Violation::general(Invariant::Copies, message);
        let (mut coming, mut bytes) = (BTreeSet::new(), BTreeMap::<Seat, u128>::new());
        for (id, plan) in &self.copies.plans {
            let task = self.tasks.find(*id);
            ensure(task.is_some(), || wrong(*id)("copies of it are asked for, and it is gone".into()))?;
            ensure(plan.asked > 0 || !plan.coming.is_empty(), || wrong(*id)("nothing is asked or comes".into()))?;
            for seat in &plan.coming {
                let Some(State::Memory { holders, nbytes }) = task.map(|task| &task.state) else {
                    return Err(wrong(*id)("a copy comes of what is not in memory".into()));
                };
                let able = self.workers.is_seated(*seat) && self.workers[*seat].runs();
                ensure(able && !holders.contains(seat), || wrong(*id)(format!("a copy comes to {seat:?}")))?;
                ensure(coming.insert((*seat, *id)), || wrong(*id)(format!("two copies come to {seat:?}")))?;
                *bytes.entry(*seat).or_default() += u128::from(*nbytes);
            }
        }
        same(&self.copies.coming, &coming, "copies that come", general)?;
        same(&self.copies.bytes, &bytes, "bytes that come", general)?;
        self.validate_moves()?;
        let mut short = BTreeSet::new();
        for (id, task) in self.tasks.iter() {
            if matches!(task.state, State::Memory { .. }) && self.have(id) < self.copies.asked(id).max(1) {
                short.insert(id);
            }
        }
        same(&self.copies.short, &short, "results that want for copies", general)
    }

    fn validate_moves(&self) -> Result<(), Violation> {
        for (id, moving) in &self.copies.moving {
            let comes = self.copies.coming(*id).contains(&moving.to);
            ensure(comes, || wrong(*id)("moves to a worker that gets no copy".into()))?;
            ensure(self.workers.is_seated(moving.from), || wrong(*id)("moves from a worker that is gone".into()))?;
        }
        for (id, planned) in &self.copies.moves {
            let seated = self.workers.is_seated(planned.from) && self.workers.is_seated(planned.to);
            ensure(seated, || wrong(*id)("is to move between workers that are gone".into()))?;
        }
        for id in &self.copies.unreadable {
            let in_memory = self.tasks.find(*id).is_some_and(|task| matches!(task.state, State::Memory { .. }));
            ensure(in_memory, || {
                Violation::task(Invariant::Copies, *id, "is in no memory, and cannot be read".into())
            })?;
        }
        ensure(self.copies.moving.len() <= MOVES, || {
            Violation::general(Invariant::Copies, "too many moves are under way".into())
        })
    }

    /// The workers that hold a result or get it and stay; a worker that gets it for another that stays does not count.
    fn have(&self, id: TaskId) -> usize {
        let staying = self.staying(id);
        let moving = usize::from(staying > 0 && self.copies.moving.contains_key(&id));
        staying + self.copies.coming(id).len() - moving
    }

    /// A worker that leaves is given nothing, and learns that it may go as soon as nothing is left on it.
    pub(super) fn validate_leaves(&self) -> Result<(), Violation> {
        let mut left: BTreeMap<Seat, BTreeSet<TaskId>> = BTreeMap::new();
        for (seat, worker) in self.workers.iter().filter(|(_, worker)| worker.retiring) {
            let wrong = |message: &str| Violation::worker(Invariant::Copies, worker.id, message.into());
            ensure(!worker.runs(), || wrong("leaves, and is given tasks"))?;
            ensure(self.copies.leaves.contains_key(&seat), || wrong("leaves, and nobody looks after it"))?;
            left.insert(seat, BTreeSet::new());
        }
        for (id, task) in self.tasks.iter() {
            let on_its_way = !task.holders().is_empty() && self.staying(id) == 0 && !self.copies.coming(id).is_empty();
            for seat in task.holders().iter().filter(|_| on_its_way) {
                left.entry(*seat).or_default().insert(id);
            }
        }
        for (seat, leave) in &self.copies.leaves {
            ensure(self.workers.is_seated(*seat) && self.workers[*seat].retiring, || {
                Violation::general(Invariant::Gone, format!("{seat:?} leaves and is gone, or stays"))
            })?;
            let worker = &self.workers[*seat];
            let wrong = |message| Violation::worker(Invariant::Copies, worker.id, message);
            same(Some(&leave.left), left.get(seat), "results on their way to others", wrong)?;
            let free = leave.left.is_empty() && worker.busy.len() == 0;
            ensure(leave.told || !free, || wrong("could leave, and was not told".into()))?;
        }
        same(self.copies.leaves.len(), left.len(), "workers that leave", |message| {
            Violation::general(Invariant::Copies, message)
        })?;
        ensure(!self.copies.is_due(), || Violation::general(Invariant::Steps, "copies were not looked after".into()))
    }
}
