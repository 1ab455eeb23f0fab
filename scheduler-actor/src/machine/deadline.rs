//! Deadlines: how long each client is ready to wait for a result. A deadline is a client's wish, not the task's: when it
//! passes, the client is told, and the task goes on for whoever else needs it.

use super::bounds::{Alarms, Bounds};
use super::task::{State, Task};
use super::transition::Goal;
use super::validate::{Invariant, Violation};
use super::{Scheduler, Turn};

use partita_protocol::scheduler::Notice;
use partita_protocol::telemetry::State as Word;
use partita_protocol::{Cause, ClientId, TaskId, Time};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long one client is ready to wait for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deadline {
    /// Whose wish it is.
    pub(crate) client: ClientId,
    /// How long it may take from the moment that the client asked.
    limit: Duration,
    /// Whether the clock runs.
    term: Term,
}

/// Whether the clock of a deadline runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Term {
    /// It does, until this moment.
    Runs(Time),
    /// It stands: the result was there, or will not come. If the task is retried, it runs again.
    Stands,
    /// The moment has passed, and the client was told. It no longer wants the task, but may ask to try it again, until it
    /// lets go of it.
    Passed,
}

impl Bounds {
    /// The place of a client's deadline, if it has one.
    fn place_of(&self, client: ClientId) -> Option<usize> {
        self.deadlines.iter().position(|deadline| deadline.client == client)
    }

    /// The clients that were told that their deadline passed, and have not let go of the task.
    fn passed(&self) -> impl Iterator<Item = ClientId> {
        self.deadlines.iter().filter(|deadline| deadline.term == Term::Passed).map(|deadline| deadline.client)
    }

    /// The task entered a state: where its result is there, or will not come, no clock runs.
    pub(crate) fn stop_clocks(&mut self, id: TaskId, alarms: &mut Alarms) {
        for deadline in &mut self.deadlines {
            if let Term::Runs(due) = deadline.term {
                deadline.term = Term::Stands;
                alarms.deadlines.remove(&(due, id, deadline.client));
            }
        }
    }

    /// The task is tried again: those who want it wait as long as in the beginning.
    pub(crate) fn start_clocks(&mut self, id: TaskId, now: Time, alarms: &mut Alarms) {
        for deadline in self.deadlines.iter_mut().filter(|deadline| deadline.term == Term::Stands) {
            let due = now + deadline.limit;
            deadline.term = Term::Runs(due);
            alarms.deadlines.insert((due, id, deadline.client));
        }
    }
}

impl Task {
    /// The clients that were told that their deadline passed, and have not let go of the task.
    pub(crate) fn passed(&self) -> impl Iterator<Item = ClientId> {
        self.bounds.iter().flat_map(|bounds| bounds.passed())
    }

    /// Whether a client was told that its deadline passed, and has not let go of the task.
    pub(crate) fn has_passed_for(&self, client: ClientId) -> bool {
        self.passed().any(|other| other == client)
    }

    /// Whether it stays known although nothing needs it: something depends on it, or a client may ask to try it again.
    pub(crate) fn is_kept(&self) -> bool {
        self.live > 0 || self.passed().next().is_some()
    }
}

impl Scheduler {
    /// A client asks for a task, and waits so long for it. The clock starts, unless it is known already what comes of it.
    pub(crate) fn start_deadline(&mut self, now: Time, client: ClientId, id: TaskId, limit: Duration) {
        let task = &mut self.tasks[id];
        let is_over = matches!(task.state, State::Memory { .. } | State::Erred { .. });
        let term = if is_over { Term::Stands } else { Term::Runs(now + limit) };
        // Whoever handed it in first may have asked for nothing.
        let bounds = task.bounds.get_or_insert_with(Box::default);
        bounds.deadlines.push(Deadline { client, limit, term });
        if let Term::Runs(due) = term {
            self.alarms.deadlines.insert((due, id, client));
        }
    }

    /// A client lets go of a task: its deadline goes with its wish. Says how long it was and whether it had passed.
    pub(crate) fn end_deadline(&mut self, client: ClientId, id: TaskId) -> Option<(Duration, bool)> {
        let bounds = self.tasks.find_mut(id)?.bounds.as_mut()?;
        let deadline = bounds.deadlines.remove(bounds.place_of(client)?);
        match deadline.term {
            Term::Runs(due) => drop(self.alarms.deadlines.remove(&(due, id, client))),
            Term::Stands => {}
            Term::Passed => drop(self.alarms.passed.remove(&(client, id))),
        }
        Some((deadline.limit, deadline.term == Term::Passed))
    }

    /// A client leaves: the tasks whose deadlines had passed for it are nothing to it any longer.
    pub(crate) fn end_passed(&mut self, client: ClientId) {
        let first = (client, TaskId::new(0, 0));
        let passed = self.alarms.passed.range(first..).take_while(|(other, _)| *other == client);
        let passed: Vec<TaskId> = passed.map(|(_, id)| *id).collect();
        for id in passed {
            self.end_deadline(client, id);
            self.agenda.push(id, Goal::Release);
        }
    }

    /// A client no longer wants a task because it took too long. The task stays known as long as the client may ask to try
    /// it again.
    fn give_up(&mut self, client: ClientId, id: TaskId) {
        let Some((limit, _)) = self.end_deadline(client, id) else { return };
        self.unwant(client, id);
        if let Some(bounds) = &mut self.tasks[id].bounds {
            bounds.deadlines.push(Deadline { client, limit, term: Term::Passed });
            self.alarms.passed.insert((client, id));
        }
    }

    /// A client asks to try a task again whose deadline passed for it: it wants it as in the beginning, and is told what
    /// comes of it.
    pub(crate) fn want_again(&mut self, turn: &mut Turn, client: ClientId, id: TaskId) {
        if !self.tasks.find(id).is_some_and(|task| task.has_passed_for(client)) {
            return;
        }
        if let Some((limit, _)) = self.end_deadline(client, id) {
            self.want(turn, client, id, Some(limit));
            self.agenda.push(id, Goal::Wait);
        }
    }

    /// Somebody else needs a task that erred because it was not there in time: it erred for those who were in a hurry only.
    /// True if the task is back in `released`, from where it goes on if it is needed.
    pub(crate) fn reopen(&mut self, turn: &mut Turn, id: TaskId) -> bool {
        let State::Erred { failure } = self.tasks[id].state else { return false };
        let is_late = |cause: &Cause| matches!(cause, Cause::DeadlinePassed { .. });
        if !self.failures.find(failure).is_some_and(|failure| failure.blame == id && is_late(&failure.cause)) {
            return false;
        }
        for client in self.tasks[id].wanted_by.as_slice().to_vec() {
            self.give_up(client, id);
        }
        self.enter(turn, id, State::Released);
        self.agenda.push(id, Goal::Wait);
        true
    }

    /// Tells the clients whose results are not there in time. What nobody else needs is given up.
    pub(crate) fn deadlines_passed(&mut self, turn: &mut Turn) {
        while let Some((due, id, client)) = self.alarms.deadlines.first().copied().filter(|(due, ..)| *due <= turn.now)
        {
            self.alarms.deadlines.remove(&(due, id, client));
            let Some(task) = self.tasks.find_mut(id) else { continue };
            let is_alone = task.waiters == 0 && task.to_come == 0 && *task.wanted_by.as_slice() == [client];
            let Some(bounds) = &mut task.bounds else { continue };
            let Some(place) = bounds.place_of(client) else { continue };
            let deadline = &mut bounds.deadlines[place];
            deadline.term = Term::Stands;
            let cause = Cause::DeadlinePassed { limit: deadline.limit };
            if !is_alone {
                turn.notify(client, id, Notice::Erred { blame: id, cause });
                self.give_up(client, id);
                continue;
            }
            if let Some(seat) = task.processing().map(|processing| processing.seat) {
                self.order_free(turn, seat, id);
            }
            let failure = self.failures.add(id, cause);
            self.any_erred(turn, id, failure);
        }
    }

    /// Whoever has a deadline wants the task, or was told that it passed; clocks run only while a task is under way; and all
    /// of them are listed.
    pub(crate) fn validate_deadlines(&self) -> Result<(), Violation> {
        let (mut running, mut passed) = (BTreeSet::new(), BTreeSet::new());
        for (id, task) in self.tasks.iter() {
            let deadlines = task.bounds.as_ref().map_or(&[][..], |bounds| &bounds.deadlines);
            for (place, Deadline { client, term, .. }) in deadlines.iter().enumerate() {
                let word = task.state.word();
                let wrong = |invariant, what: &str| {
                    let message = format!("{word:?} with {what} of {client}");
                    Err(Violation { invariant, tasks: vec![id], workers: Vec::new(), message })
                };
                if deadlines[..place].iter().any(|other| other.client == *client) {
                    return wrong(Invariant::Mirror, "two deadlines");
                }
                let is_wanted = task.wanted_by.as_slice().contains(client);
                if is_wanted == (*term == Term::Passed) || self.clients.find(*client).is_none() {
                    return wrong(Invariant::Mirror, "a deadline without the wish");
                }
                match term {
                    Term::Runs(_) if matches!(word, Word::Released | Word::Memory | Word::Erred) => {
                        return wrong(Invariant::StateData, "a deadline");
                    }
                    Term::Runs(due) => drop(running.insert((*due, id, *client))),
                    Term::Stands => {}
                    Term::Passed => drop(passed.insert((*client, id))),
                }
            }
        }
        if running != self.alarms.deadlines || passed != self.alarms.passed {
            let message = format!("{:?} are listed, and {running:?}, {passed:?} should be", self.alarms);
            let (tasks, workers) = (Vec::new(), Vec::new());
            return Err(Violation { invariant: Invariant::Membership, tasks, workers, message });
        }
        Ok(())
    }
}
