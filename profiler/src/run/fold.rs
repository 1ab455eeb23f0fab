//! The fold: what each record does to a run.

use super::bins::{Bin, GroupBin, OTHERS};
use super::early::{Step, Told};
use super::entries::Merge;
use super::executions::Execution;
use super::groups::GroupStats;
use super::known::Line;
use super::run::Run;
use super::timeline::Timeline;
use super::transfers::{Pair, Transfers};
use partita_graph::Token;
use partita_protocol::steps::{GroupSteps, Move};
use partita_protocol::telemetry::{Failed, Log, Record, State};
use partita_protocol::{PlaceId, PrefixId, TaskId, Time, WorkerId};
use std::time::Duration;

impl Run {
    pub(super) fn record(&mut self, record: &Record) {
        let limits = self.limits;
        match record {
            Record::Prefix { prefix, name } => self.names.prefix(*prefix, name.clone()),
            Record::Place { place, file, line } => {
                self.names.place(*place, Line { file: file.clone(), line: *line });
            }
            Record::Task { task, before, prefix, place, token, part, dependencies } => {
                let new = self.named(*task, (*prefix, *token, *part), *place, dependencies);
                self.handed_in(*task, *prefix, *before, new);
            }
            Record::Transition { time, task, prefix, from, to } => {
                let (task, prefix, from, to) = (*task, *prefix, *from, *to);
                self.moved(*time, prefix, &[Move { task, prefix, from, to }]);
            }
            Record::Moves(moves) => {
                for (time, moves) in moves.turns() {
                    moves.chunk_by(|a, b| a.prefix == b.prefix).for_each(|own| self.moved(time, own[0].prefix, own));
                }
            }
            Record::Steps { time, groups } => {
                groups.iter().for_each(|steps| self.stepped(*time, steps, GroupBin::default()))
            }
            Record::Compute { task, worker, thread, started, stopped, nbytes, ok, .. } => {
                let (task, prefix, worker, thread) = (*task, OTHERS, *worker, *thread);
                let (started, stopped, nbytes, ok) = (*started, *stopped, *nbytes, *ok);
                let execution = Execution { task, prefix, worker, thread, started, stopped, nbytes, ok };
                self.told(task, Told::Ran(execution));
            }
            Record::Transfer { from, to, count, nbytes, results, started, stopped } => {
                let time = stopped.since(*started);
                self.seen(*started);
                self.transferred((*from, *to), Pair::one(u64::from(*count), *nbytes, time), *stopped);
                for (task, own) in results {
                    let share = Transfers::share(time, (*own, *nbytes), results.len());
                    self.told(*task, Told::Sent(*stopped, *own, share));
                }
            }
            Record::Store { time, worker, count, nbytes, on_disk, running } => {
                self.holds(*time, *worker, (*count, *nbytes, *on_disk), *running)
            }
            Record::Stolen { time, task, from } => self.told(*task, Told::Stolen(*time, *from)),
            Record::WorkerJoined { time, worker, name, threads, memory_limit } => {
                let facts = self.workers.of(*worker);
                (facts.name, facts.threads, facts.memory_limit) = (name.clone(), *threads, *memory_limit);
                facts.joined = *time;
                // Workers that were there before the run began are told of first, and do not begin it.
                if self.span.is_some() {
                    self.bin(*time);
                }
            }
            Record::WorkerLost { time, worker, cause } => {
                let facts = self.workers.of(*worker);
                facts.lost = Some((*time, cause.clone()));
                self.holds(*time, *worker, (0, 0, 0), 0);
            }
            Record::Failed(failed) => {
                self.failures.add(Failed::clone(failed), limits.lines);
                self.seen(failed.time);
            }
            Record::Log(log) => self.logs.add(Log::clone(log), limits.lines),
            Record::WorkerUsage { time, worker, cpu, memory } => self.used(*time, *worker, *cpu, *memory),
            Record::Usage(usage) => {
                self.usage.add(*usage, limits.lines);
                self.bin(usage.time).usage = Some(*usage);
            }
            Record::Census(census) => self.counted(census),
        }
    }

    /// What a worker used: how much of a core, and of memory, if it has that for itself.
    fn used(&mut self, time: Time, worker: WorkerId, cpu: f32, memory: Option<u64>) {
        self.cpu.add(time, worker, cpu);
        if let Some(memory) = memory {
            self.resident.add(time, worker, memory as f32);
        }
    }

    /// The name of a task was told; whether that is new.
    fn named(&mut self, task: TaskId, name: (PrefixId, Token, u32), place: PlaceId, inputs: &[TaskId]) -> bool {
        let (new, gone) = self.names.task(task, name, place, inputs.into(), self.limits.tasks);
        if let Some((task, prefix, story)) = gone.filter(|(.., story)| story.state != State::Forgotten) {
            self.group_of.unnamed(task, prefix, story.ended);
        }
        new
    }

    /// A worker holds so many results, with so many bytes in memory and on disk, and runs so many tasks.
    pub(super) fn holds(&mut self, time: Time, worker: WorkerId, held: (u64, u64, u64), running: u32) {
        let (count, nbytes, on_disk) = held;
        let facts = self.workers.of(worker);
        (facts.count, facts.nbytes, facts.on_disk, facts.running) = (count, nbytes, on_disk, running);
        facts.peak = facts.peak.max(nbytes);
        let own = self.bin(time).workers.at(worker);
        (own.held, own.running) = (Some(held), Some(running));
        own.peak = own.peak.max(nbytes);
    }

    /// A task became known, and is released. Its record has no time: it is of the next moment that one tells of.
    pub(super) fn known(&mut self, prefix: PrefixId) {
        let group = self.group(prefix);
        group.tasks += 1;
        group.now[State::Released as usize] += 1;
        *self.fresh.at(self.told_apart(prefix)) += 1;
    }

    /// The scheduler told that a task is known, and in which state; what that changes.
    pub(super) fn learn(&mut self, task: TaskId, prefix: PrefixId, state: State) -> Step {
        if let Some(story) = self.names.story_mut(task) {
            return story.learn(state);
        }
        let mut step = self.group_of.learn(task, prefix, state);
        std::mem::take(&mut step.early).into_iter().for_each(|told| self.place(prefix, told));
        step
    }

    /// Tasks of one group took steps at a moment.
    fn moved(&mut self, time: Time, prefix: PrefixId, moves: &[Move]) {
        extend(&mut self.active, time, time);
        self.bin(time);
        let unit = self.timeline.as_ref().map_or(0, |timeline| timeline.unit(time));
        let is_short = self.census.is_some_and(|census| census.is_short);
        let (mut steps, mut own) = (GroupSteps::none(prefix), GroupBin::default());
        for &Move { task, from, to, .. } in moves {
            steps.add(from, to);
            let (learned, is_named) = match self.names.story_mut(task) {
                Some(story) => {
                    story.enter(unit, to);
                    (story.learn(to), true)
                }
                None => (self.learn(task, prefix, to), false),
            };
            // What a census counted is known, if not one by one.
            if learned.new && !is_short {
                // It was known before anybody listened, and was in that state.
                own.known += 1;
                steps.change[from as usize] += 1;
            }
            (own.done, own.failed) = (own.done + learned.done, own.failed + learned.failed);
            if to == State::Forgotten && !is_named {
                self.group_of.forget(task);
            }
        }
        self.group(prefix).tasks += own.known;
        self.stepped(time, &steps, own);
    }

    /// Adds steps to a group and to the stretch of their moment, with what else is known of it.
    fn stepped(&mut self, time: Time, steps: &GroupSteps, own: GroupBin) {
        let group = self.group(steps.prefix);
        group.now.iter_mut().zip(steps.change).for_each(|(now, change)| *now += change);
        group.finished += steps.finished;
        group.erred += steps.erred;
        (group.done, group.failed) = (group.done + own.done, group.failed + own.failed);
        let apart = self.told_apart(steps.prefix);
        let (finished, erred) = (steps.finished, steps.erred);
        self.bin(time).groups.at(apart).merge(&GroupBin { steps: steps.change, finished, erred, ..own });
    }

    /// Something was told of a task, whose group may not be known yet.
    fn told(&mut self, task: TaskId, told: Told) {
        let kept = || self.names.known(task).map(|known| known.prefix);
        match self.group_of.get(task).or_else(kept) {
            Some(prefix) => self.place(prefix, told),
            None => {
                if let Some(told) = self.group_of.wait(task, told) {
                    self.place(OTHERS, told);
                }
            }
        }
    }

    pub(super) fn place(&mut self, prefix: PrefixId, told: Told) {
        match told {
            Told::Ran(execution) => self.executed(Execution { prefix, ..execution }),
            Told::Sent(time, nbytes, took) => {
                let one = Pair::one(1, nbytes, took);
                self.transfers.add_group(prefix, &one);
                let apart = self.told_apart(prefix);
                self.bin(time).flows.at(apart).merge(&one);
            }
            Told::Stolen(time, worker) => {
                self.group(prefix).stolen += 1;
                self.workers.of(worker).stolen += 1;
                let apart = self.told_apart(prefix);
                let bin = self.bin(time);
                bin.stolen += 1;
                bin.groups.at(apart).stolen += 1;
                bin.workers.at(worker).stolen += 1;
            }
        }
    }

    fn transferred(&mut self, (from, to): (WorkerId, WorkerId), one: Pair, time: Time) {
        self.workers.of(from).sent += one.nbytes;
        self.workers.of(to).received += one.nbytes;
        let apart = self.transfers.add(from, to, &one, self.limits.pairs);
        let bin = self.bin(time);
        bin.sent += one.nbytes;
        bin.workers.at(from).sent += one.nbytes;
        bin.workers.at(to).received += one.nbytes;
        bin.pairs.at(apart).merge(&one);
    }

    fn executed(&mut self, execution: Execution) {
        let Execution { prefix, worker, started, stopped, nbytes, ok, .. } = execution;
        extend(&mut self.active, started, stopped);
        let (time, failed) = (nanos(execution.duration()), u64::from(!ok));
        let group = self.group(prefix);
        group.failures += failed;
        group.times.add(time);
        if ok {
            group.sizes.add(nbytes);
        }
        let facts = self.workers.of(worker);
        facts.executed += 1;
        facts.failures += failed;
        facts.busy += execution.duration();
        self.seen(started);
        if self.timeline.is_none() {
            self.bin(started);
        }
        let (apart, most) = (self.told_apart(prefix), self.limits.bins);
        // Most executions are of one stretch, and need no spreading.
        let is_one = self.timeline.as_ref().is_some_and(|timeline| timeline.is_one(started, stopped));
        let busy = if is_one { time } else { 0 };
        let bin = self.bin(stopped);
        bin.ended += 1;
        bin.failed += failed;
        let own = bin.groups.at(apart);
        own.executions += 1;
        own.failures += failed;
        own.time += time;
        own.busy += busy;
        own.longest = own.longest.max(time);
        if ok {
            own.nbytes = own.nbytes.saturating_add(nbytes);
            own.largest = own.largest.max(nbytes);
        }
        let own = bin.workers.at(worker);
        own.executed += 1;
        own.failures += failed;
        own.busy += busy;
        if let Some(timeline) = self.timeline.as_mut().filter(|_| !is_one) {
            timeline.ran(started, stopped, apart, worker, most);
        }
        self.executions.add(execution, self.limits.executions);
    }

    pub(super) fn group(&mut self, prefix: PrefixId) -> &mut GroupStats {
        self.groups.entry(prefix).or_default()
    }

    fn seen(&mut self, time: Time) {
        extend(&mut self.span, time, time);
    }

    pub(super) fn bin(&mut self, time: Time) -> &mut Bin {
        self.seen(time);
        let timeline = self.timeline.get_or_insert_with(|| Timeline::starting(time));
        if self.fresh.is_empty() {
            return timeline.at(time, self.limits.bins);
        }
        self.names.date(timeline.unit(time));
        let bin = timeline.at(time, self.limits.bins);
        for (prefix, count) in self.fresh.drain() {
            let own = bin.groups.at(prefix);
            own.known += count;
            own.steps[State::Released as usize] += count as i64;
        }
        bin
    }
}

/// Lets a stretch of time hold another one too.
fn extend(span: &mut Option<(Time, Time)>, from: Time, to: Time) {
    let (first, last) = span.get_or_insert((from, to));
    (*first, *last) = ((*first).min(from), (*last).max(to));
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
