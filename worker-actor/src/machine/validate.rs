//! Every invariant of the machine, recounted from both sides.

use super::Worker;
use super::assign::is_ready;
use super::deadline::Deadlines;
use super::entry::{Entry, State, Waiter, Work};
use super::inputs::is_waiting;
use super::name::StateName;
use super::running::Running;
use super::taken::Taken;
use partita_protocol::{TaskId, WorkerId};
use rustc_hash::{FxHashMap, FxHashSet};

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {message}")]
pub struct Violation {
    /// Its name in the list of invariants.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
}

/// Returns a [`Violation`] of a rule unless the condition holds.
macro_rules! ensure {
    ($rule:literal, $condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(Violation { rule: $rule, message: format!($($message)+) });
        }
    };
}
pub(super) use ensure;

impl Worker {
    /// Checks every invariant.
    ///
    /// # Errors
    /// The first [`Violation`] that is found.
    pub fn validate(&self) -> Result<(), Violation> {
        self.validate_users()?;
        for (task, entry) in &self.tasks {
            self.validate_reason(*task, entry)?;
            self.validate_inputs(*task, entry)?;
            self.validate_waiters(*task, entry)?;
        }
        self.validate_ready()?;
        self.validate_running()?;
        self.validate_stored()?;
        self.validate_fetches()?;
        self.validate_transfers()?;
        self.validate_idleness()
    }

    /// All assignments that claim inputs.
    fn works(&self) -> impl Iterator<Item = &Work> {
        let current = self.tasks.values().filter_map(|entry| entry.state.work());
        current.chain(self.orphans.values().map(|orphan| &*orphan.work))
    }

    /// W3, W7: a task is used as often as it stands among inputs, and everything that is used is known.
    fn validate_users(&self) -> Result<(), Violation> {
        let mut users: FxHashMap<TaskId, u32> = FxHashMap::default();
        for input in self.works().flat_map(|work| &work.inputs) {
            *users.entry(*input).or_default() += 1;
        }
        for task in users.keys() {
            ensure!("W3", self.tasks.contains_key(task), "{task} is used and unknown");
        }
        for (task, entry) in &self.tasks {
            let counted = users.get(task).copied().unwrap_or(0);
            ensure!("W7", counted == entry.users, "{task} has {counted} users, not {}", entry.users);
        }
        Ok(())
    }

    /// W1, W3: each task is known for a reason.
    fn validate_reason(&self, task: TaskId, entry: &Entry) -> Result<(), Violation> {
        let name = entry.state.name();
        let used = entry.users > 0;
        let needed = match &entry.state {
            State::Fetch(want) | State::Missing(want) => used || want.held,
            State::Flight { then, want, .. } => used || want.held || then.is_some(),
            State::Released { .. } => used,
            State::Leaving => false,
            _ => true,
        };
        ensure!("W3", needed, "{task} is in state {name} for nobody");
        if let State::Missing(want) = &entry.state {
            ensure!("W5", want.holders.is_empty(), "{task} is missing and has holders {:?}", want.holders);
        }
        Ok(())
    }

    /// W2: a waiting task waits for exactly those inputs that are not here; all others have all inputs.
    fn validate_inputs(&self, task: TaskId, entry: &Entry) -> Result<(), Violation> {
        let Some(work) = entry.state.work() else { return Ok(()) };
        let absent = self.absent(work);
        match &entry.state {
            State::Waiting { missing, .. } => {
                let counted = absent.len();
                ensure!("W2", counted == *missing as usize, "{task} waits for {counted} inputs, not {missing}");
                ensure!("W2", counted > 0, "{task} waits for nothing");
                let waiter = Waiter { task, ticket: work.ticket };
                for input in &absent {
                    let times = absent.iter().filter(|other| *other == input).count();
                    let waiters = &self.tasks[input].waiters;
                    let told = waiters.iter().filter(|other| **other == waiter).count();
                    ensure!("W2", told == times, "{input} tells {task} {told} times, not {times}");
                }
            }
            state => ensure!("W2", absent.is_empty(), "{task} is {} without {absent:?}", state.name()),
        }
        Ok(())
    }

    /// Inputs that are not here.
    fn absent(&self, work: &Work) -> Vec<TaskId> {
        let is_here = |input: &TaskId| self.tasks.get(input).is_some_and(|entry| entry.state.is_here());
        work.inputs.iter().copied().filter(|input| !is_here(input)).collect()
    }

    /// W2 from the other side: whoever waits for a task has it among its inputs, and nobody waits for what is here.
    fn validate_waiters(&self, task: TaskId, entry: &Entry) -> Result<(), Violation> {
        if entry.state.is_here() {
            ensure!("W2", entry.waiters.is_empty(), "{task} is here and waited for");
            return Ok(());
        }
        let live: Vec<&Waiter> = entry.waiters.iter().filter(|waiter| is_waiting(&self.tasks, waiter)).collect();
        ensure!("W2", live.len() == entry.users as usize, "{task} has {} waiters, not {}", live.len(), entry.users);
        for waiter in live {
            let work = self.tasks.get(&waiter.task).and_then(|entry| entry.state.work());
            let needs = work.is_some_and(|work| work.inputs.contains(&task));
            ensure!("W2", needs, "{} waits for {task} and does not need it", waiter.task);
        }
        Ok(())
    }

    /// W1: the ready queue holds the ready tasks.
    fn validate_ready(&self) -> Result<(), Violation> {
        let mut queued = FxHashSet::default();
        for (client, (_, _, place)) in self.ready.places().filter(|(_, (_, _, place))| is_ready(&self.tasks, place)) {
            ensure!("W1", queued.insert(place.task), "{} is in the ready queue twice", place.task);
            let work = self.tasks.get(&place.task).and_then(|entry| entry.state.work());
            let known = work.map(|work| (work.client, work.priority));
            ensure!("W1", known == Some((client, place.priority)), "{} is queued out of order", place.task);
        }
        let (count, counted) = (self.count(StateName::Ready), self.ready.len());
        ensure!("W1", count == queued.len(), "{count} tasks are ready, {} are queued", queued.len());
        ensure!("W1", count == counted, "{count} tasks are ready, {counted} are counted");
        Ok(())
    }

    /// W4, W8: what the threads were handed is what is counted, and not more than they may have.
    fn validate_running(&self) -> Result<(), Violation> {
        let (mut running, mut deadlines, mut taken) = (Running::default(), Deadlines::default(), Taken::default());
        for (task, entry) in &self.tasks {
            if let State::Executing(work) = &entry.state {
                running.begin(work.expected_nanos, &self.config);
                ensure!("W4", work.limit.is_some() == work.due.is_some(), "{task} has a wrong time to be given up at");
            }
            let Some(work) = entry.state.work() else { continue };
            let runs = matches!(entry.state, State::Executing(_) | State::LongRunning(_));
            ensure!("W4", runs || work.due.is_none(), "{task} is to be given up and does not run");
            if runs {
                taken.begin(work);
            }
            deadlines.count(*task, work);
        }
        for ((task, attempt), orphan) in &self.orphans {
            ensure!("W8", orphan.work.attempt == *attempt, "{task} is an orphan under a wrong attempt");
            let absent = self.absent(&orphan.work);
            ensure!("W2", absent.is_empty(), "the orphan {task} runs without {absent:?}");
            let current = self.tasks.get(task).and_then(|entry| entry.state.work());
            let twice = current.is_some_and(|work| work.attempt == *attempt);
            ensure!("W4", !twice, "{task} is an orphan and current with {attempt}");
            deadlines.count(*task, &orphan.work);
            taken.begin(&orphan.work);
            if !orphan.seceded {
                running.begin(orphan.work.expected_nanos, &self.config);
            }
        }
        ensure!("W4", deadlines == self.deadlines, "to be given up: {deadlines:?}, not {:?}", self.deadlines);
        ensure!("W7", taken.equals(&self.taken), "executions have taken {taken:?}, not {:?}", self.taken);
        ensure!("W7", taken.is_within(&self.config), "executions have taken more than there is: {taken:?}");
        ensure!("W4", running == self.running, "the threads have {running:?}, not {:?}", self.running);
        let threads = self.config.threads as usize;
        let most = threads * self.config.ahead_tasks.max(1);
        ensure!("W4", running.count() <= most, "{} threads have {} tasks", threads, running.count());
        Ok(())
    }

    /// W7: the store holds what is in state memory or released.
    fn validate_stored(&self) -> Result<(), Violation> {
        let sizes = self.tasks.values().filter_map(|entry| match entry.state {
            State::Memory { nbytes } | State::Released { nbytes } => Some(nbytes),
            _ => None,
        });
        let (count, nbytes) = sizes.fold((0, 0u64), |(count, sum), nbytes| (count + 1, sum.saturating_add(nbytes)));
        ensure!("W7", count == self.stored.count, "{count} values are here, not {}", self.stored.count);
        ensure!("W7", nbytes == self.stored.nbytes, "{nbytes} bytes are here, not {}", self.stored.nbytes);
        self.validate_memory()
    }

    /// W5: a key to be fetched has holders, none of them this worker, and stands in the queue of each.
    fn validate_fetches(&self) -> Result<(), Violation> {
        let mut places = 0;
        for (task, entry) in &self.tasks {
            let State::Fetch(want) = &entry.state else { continue };
            ensure!("W5", !want.holders.is_empty(), "{task} is to be fetched from nobody");
            ensure!("W5", !want.holders.contains(&self.id), "{task} is to be fetched from this worker");
            places += want.holders.len();
            for holder in &want.holders {
                let queue = self.peers.iter().find(|(peer, _)| peer == holder).map(|(_, peer)| &peer.queue);
                let queued = queue.is_some_and(|queue| queue.contains(&(want.priority, *task)));
                ensure!("W5", queued, "{task} is not in the queue of {holder}");
            }
        }
        let turns = *self.peers.turns() == self.peers.recounted();
        ensure!("W5", turns, "the turns of peers are not those of their queues");
        let queued: usize = self.peers.iter().map(|(_, peer)| peer.queue.len()).sum();
        ensure!("W5", queued == places, "{queued} places in the queues of peers, not {places}");
        Ok(())
    }

    /// W4, W5, W8: a key in flight is in one transfer, that of its peer; what is in transfers for nobody is a stray.
    fn validate_transfers(&self) -> Result<(), Violation> {
        let mut sender: FxHashMap<TaskId, WorkerId> = FxHashMap::default();
        let mut transfers = 0;
        for (id, peer) in self.peers.iter() {
            ensure!("W5", !peer.queue.is_empty() || peer.transfer.is_some(), "{id} is kept for nothing");
            transfers += usize::from(peer.transfer.is_some());
            for task in peer.transfer.iter().flatten() {
                ensure!("W4", sender.insert(*task, id).is_none(), "{task} is in two transfers");
            }
        }
        let (counted, most) = (self.peers.transfers(), self.config.transfers);
        ensure!("W4", transfers == counted, "{transfers} transfers, not {counted}");
        ensure!("W4", transfers <= most, "{transfers} transfers where {most} are allowed");
        let mut strays = 0;
        for (task, from) in &sender {
            let stray = self.peers.stray_from(*task);
            strays += usize::from(stray.is_some());
            let due = match self.tasks.get(task).map(|entry| &entry.state) {
                Some(State::Flight { peer, .. }) => Some(*peer),
                _ => None,
            };
            let one = due.is_some() != stray.is_some();
            ensure!("W8", one, "{task} comes from {from}, for {due:?} and as a stray of {stray:?}");
            ensure!("W5", due.or(stray) == Some(*from), "{task} comes from {from}, not {:?}", due.or(stray));
        }
        let counted = self.peers.stray_count();
        ensure!("W8", strays == counted, "{strays} strays, not {counted}");
        let flights = self.count(StateName::Flight);
        ensure!("W5", sender.len() == flights + strays, "{flights} keys in flight, {} sent", sender.len() - strays);
        Ok(())
    }

    /// X10, L3: nothing waits for what is free.
    fn validate_idleness(&self) -> Result<(), Violation> {
        if self.paused {
            return Ok(());
        }
        let ready = self.ready.places().map(|(_, rank)| rank).filter(|(_, _, place)| is_ready(&self.tasks, place));
        let works = ready.filter_map(|rank| Some((rank, self.tasks.get(&rank.2.task)?.state.work()?)));
        let best = works.filter(|(_, work)| self.taken.leaves(work, &self.config)).min_by_key(|(rank, _)| *rank);
        if let Some((_, work)) = best {
            let room = self.running.has_room(work.expected_nanos, &self.config) && self.has_memory(work);
            ensure!("X10", !room, "{} waits for a thread while there is room", work.attempt);
        }
        if self.peers.transfers() < self.config.transfers {
            let next = self.peers.next();
            ensure!("L3", next.is_none(), "{next:?} could be asked and is not");
        }
        Ok(())
    }
}
