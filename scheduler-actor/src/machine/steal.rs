//! Stealing: workers with a free thread take over tasks that others were given and have not started.
//!
//! The worker that has the task, the *victim*, is asked to give it back, and until it answers the task stays there as if
//! nothing had been asked. The worker that is to get it, the *thief*, keeps a thread for it. Whatever happens in between
//! ends the matter: an answer counts only if the task is still with the victim under the same attempt.
//!
//! A worker looks for tasks when it has a thread to spare. What only time can tell, that a worker is held up by a task
//! that lasts longer than thought, is found by looks from time to time, while one worker has a free thread and another
//! tasks to spare.

use super::placement::transfer_nanos;
use super::policy::steal::{self, INPUTS, PATIENCE, STEALS, TASKS, THIEVES, VICTIMS};
use super::task::{Processing, State, Theft};
use super::transition::Goal;
use super::worker::Seat;
use super::{Scheduler, Turn};
use partita_protocol::planted::{Bug, planted};
use partita_protocol::telemetry::State as Word;
use partita_protocol::worker::Order;
use partita_protocol::{Attempt, TaskId, Time};
use smallvec::SmallVec;
use std::time::Duration;

/// The time between two looks at the least.
const PAUSE: Duration = Duration::from_millis(1);

/// The time to the next look if there was more than one look could take in.
const REST: Duration = Duration::from_millis(16);

/// A worker that has ended nothing for an hour is not looked at any more until something happens: what did not pay by then
/// will not. In nanoseconds.
const LONGEST_NANOS: u64 = 3_600_000_000_000;

/// No look is planned, as nothing could come of it.
const NEVER: Time = Time(u64::MAX);

/// When workers with tasks to spare are looked at next, and what the last look found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// When it is time; `None` if no look is planned.
    pub(crate) due: Option<Time>,
    /// Whether a worker was found to be held up, so that even its short tasks are worth stealing.
    held_up: bool,
    /// Until when workers that a task left do not look, because the last one that did found nothing.
    rest: Time,
}

/// What a task is worth to a thief, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worth {
    /// How much earlier it starts there.
    pub(crate) gain: u64,
    /// How long its inputs take to be moved there.
    pub(crate) transfer: u64,
}

impl Scheduler {
    /// When workers that are held up are looked for, if any might be.
    pub(crate) fn look_due(&self) -> Option<Time> {
        self.look.due.filter(|due| *due < NEVER && self.counts.of(Word::Processing) > 0)
    }

    /// Ends a turn: workers that a task left look for others, and everyone does if it is time.
    #[inline]
    pub(crate) fn steal(&mut self, turn: &mut Turn) {
        let is_due = self.look.due.is_some_and(|due| due <= turn.now && due < NEVER);
        if self.workers.levels.is_uneven() && self.config.stealing {
            self.steal_unevenly(turn, is_due);
        } else if is_due {
            self.look = Look::default();
        }
    }

    fn steal_unevenly(&mut self, turn: &mut Turn, is_due: bool) {
        let is_rested = self.look.rest <= turn.now && !self.refill.freed.is_empty();
        if is_rested && (self.look.held_up || self.workers.levels.has_surplus(steal::HANDSHAKE_NANOS)) {
            let mut left = TASKS;
            let before = turn.effects.list.len();
            for place in 0..self.refill.freed.len().min(THIEVES) {
                let thief = self.refill.freed[place];
                if self.workers.is_seated(thief) {
                    self.steal_for(turn, thief, &mut left);
                }
            }
            if turn.effects.list.len() == before {
                self.look.rest = turn.now + Duration::from_nanos(steal::HANDSHAKE_NANOS);
            }
        }
        match self.look.due {
            Some(_) if is_due => self.look_around(turn),
            Some(NEVER) if !self.refill.freed.is_empty() => self.look.due = Some(turn.now + PATIENCE),
            Some(_) => {}
            None => self.look.due = Some(turn.now + PATIENCE),
        }
    }

    /// A task is assigned: if no look was planned any more, there may be something to see again.
    #[inline]
    pub(crate) fn look_again(&mut self) {
        self.look.due = self.look.due.filter(|due| *due < NEVER);
    }

    /// Whether a worker may take over tasks of others.
    fn is_thief(&self, seat: Seat) -> bool {
        let worker = &self.workers[seat];
        worker.runs() && worker.has_thread()
    }

    /// A worker takes what it has threads for from those that keep their tasks waiting for longest.
    fn steal_for(&mut self, turn: &mut Turn, thief: Seat, left: &mut usize) {
        if !self.is_thief(thief) || *left == 0 {
            return;
        }
        let victims: SmallVec<[Seat; VICTIMS]> = self.workers.levels.most_busy().take(VICTIMS).collect();
        for victim in victims {
            if self.workers[victim].victim(turn.now).is_worth_asking() {
                self.steal_from(turn, victim, thief, left);
            }
        }
    }

    /// Looks at the quietest workers that have tasks to spare, and plans the next look if it could change anything.
    fn look_around(&mut self, turn: &mut Turn) {
        let (victims, more) = self.workers.levels.quietest(VICTIMS);
        let mut next = NEVER;
        let (mut left, mut held_up, mut quiet) = (TASKS, false, u64::MAX);
        for victim in victims {
            let thieves: SmallVec<[Seat; 4]> = self.workers.levels.idle().take(4).collect();
            for thief in thieves {
                self.steal_from(turn, victim, thief, &mut left);
            }
            let known = self.workers[victim].victim(turn.now);
            let wait = known.patience().checked_sub(known.quiet_nanos);
            held_up |= wait.is_none() && self.workers[victim].has_surplus();
            // What does not pay for a worker that is held up may pay when it has been so for longer.
            quiet = quiet.min(known.quiet_nanos);
            if known.quiet_nanos < LONGEST_NANOS {
                next = next.min(turn.now + Duration::from_nanos(wait.unwrap_or(known.quiet_nanos / 4)));
            }
            // The next look begins with others.
            self.workers.relevel(victim);
        }
        if more {
            // Others have their turn soon, or, where all have been quiet for long, ever more rarely.
            let rest = if quiet < LONGEST_NANOS { REST } else { Duration::from_nanos(quiet / 4) };
            next = next.min(turn.now + rest);
        }
        let due = self.workers.levels.is_uneven().then(|| next.max(turn.now + PAUSE));
        self.look = Look { due, held_up, rest: Time::ZERO };
    }

    /// A worker takes what it has threads for from another, as far as that pays.
    fn steal_from(&mut self, turn: &mut Turn, victim: Seat, thief: Seat, left: &mut usize) {
        while *left > 0 && self.is_thief(thief) && self.workers[victim].has_surplus() {
            let Some(id) = self.stealable(victim, thief, left) else { return };
            let Some(worth) = self.worth(turn.now, victim, thief, id) else { return };
            self.ask(turn, victim, thief, id, worth);
        }
    }

    /// Of the last tasks that the victim was given, the one that it will start last and that the thief may run. Notes if
    /// none of them can be taken by anyone.
    fn stealable(&mut self, victim: Seat, thief: Seat, left: &mut usize) -> Option<TaskId> {
        let tasks = &self.tasks;
        let is_there = |id: TaskId| tasks.find(id).and_then(|task| task.processing()).is_some_and(|p| p.seat == victim);
        self.workers[victim].busy.trim(is_there);
        let mut best = None;
        let mut any = false;
        for id in self.workers[victim].busy.last(*left) {
            *left -= 1;
            let Some(task) = self.tasks.find(id) else { continue };
            let Some(processing) = task.processing().filter(|processing| processing.seat == victim) else { continue };
            if processing.theft != Theft::None || processing.seceded || processing.steals >= STEALS {
                continue;
            }
            if task.dependencies.len() > INPUTS {
                continue;
            }
            any = true;
            let key = (task.priority, id);
            if best.is_none_or(|known| known < key) && self.may_run(id, thief) {
                best = Some(key);
            }
        }
        if !any && *left > 0 {
            self.workers[victim].spent = true;
            self.workers.relevel(victim);
        }
        best.map(|(_, id)| id)
    }

    /// Whether a worker may run a task, and has free what the task takes.
    fn may_run(&self, id: TaskId, seat: Seat) -> bool {
        let class = &self.classes[self.tasks[id].class];
        class.seats.binary_search(&seat).is_ok() && self.is_free(class, seat) && self.avoided(id) != Some(seat)
    }

    /// What the task is worth to the thief; `None` if it would not start earlier there, or there is no room for it.
    fn worth(&self, now: Time, victim: Seat, thief: Seat, id: TaskId) -> Option<Worth> {
        let task = &self.tasks[id];
        let (mut bytes, mut count) = (0u64, 0);
        for dependency in &task.dependencies {
            if let State::Memory { holders, nbytes } = &self.tasks[*dependency].state
                && !holders.contains(&thief)
            {
                bytes = bytes.saturating_add(*nbytes);
                count += 1;
            }
        }
        let expected = task.processing().map_or(0, |processing| processing.expected);
        let transfer = transfer_nanos(bytes, count, self.config.bandwidth);
        let result = self.prefixes.average_bytes(task.prefix);
        let has_room = self.shortage(thief, bytes.saturating_add(result)) == 0;
        let gain = steal::gain(&self.workers[victim].victim(now), expected, transfer)?;
        has_room.then_some(Worth { gain, transfer })
    }

    /// Asks the victim to give a task back.
    fn ask(&mut self, turn: &mut Turn, victim: Seat, thief: Seat, id: TaskId, worth: Worth) {
        let State::Processing(processing) = &mut self.tasks[id].state else { return };
        processing.theft = Theft::Asked(thief);
        let attempt = processing.attempt;
        self.workers[victim].outgoing += 1;
        self.workers[thief].incoming.push(id);
        self.workers.relevel(victim);
        self.workers.relevel(thief);
        turn.order(self.workers[victim].id, Order::Steal { task: id, attempt });
        self.note(id, |scheduler| scheduler.steal_asked(victim, thief, worth));
    }

    /// A worker gave a task back, or has started it. If the thief can still run it, it gets it; else it is placed anew.
    pub(crate) fn steal_answered(&mut self, turn: &mut Turn, seat: Seat, id: TaskId, attempt: Attempt, given: bool) {
        let present = if planted(Bug::OldSteal) { self.run_of(id) } else { self.current(seat, id, attempt) };
        let Some(current) = present else { return };
        let thief = match current.theft {
            Theft::None if planted(Bug::OldSteal) => None,
            Theft::Asked(thief) => Some(thief),
            Theft::Orphaned => None,
            Theft::None | Theft::Refused => return,
        };
        if !given {
            self.end_theft(id, &current);
            self.tasks[id].state = State::Processing(Processing { theft: Theft::Refused, ..current });
            return;
        }
        self.drop_stray(turn, id, &current);
        let progress = self.workers[seat].progress;
        self.enter(turn, id, State::Waiting { missing: 0 });
        // What is taken away is no progress.
        self.workers[seat].progress = progress;
        if !planted(Bug::UncountedSteals) {
            // Whoever gets it now, it may be taken away so many times less.
            self.tasks[id].steals = current.steals + 1;
        }
        match thief.filter(|thief| self.workers[*thief].runs() && self.may_run(id, *thief)) {
            Some(thief) => self.assign(turn, id, thief),
            None => self.agenda.push(id, Goal::Ready),
        }
    }

    /// What was asked about a task no longer matters: neither side counts with it.
    pub(crate) fn end_theft(&mut self, id: TaskId, processing: &Processing) {
        match processing.theft {
            Theft::None | Theft::Refused => return,
            Theft::Orphaned => {}
            Theft::Asked(thief) => {
                self.workers[thief].incoming.retain(|other| *other != id);
                self.slot_freed(thief);
            }
        }
        self.workers[processing.seat].outgoing -= 1;
        self.workers.relevel(processing.seat);
    }

    /// A worker is going: what it was to get from others goes elsewhere if it is given back.
    pub(crate) fn thief_lost(&mut self, seat: Seat) {
        for id in std::mem::take(&mut self.workers[seat].incoming) {
            if let Some(State::Processing(processing)) = self.tasks.find_mut(id).map(|task| &mut task.state) {
                processing.theft = Theft::Orphaned;
            }
        }
    }
}
