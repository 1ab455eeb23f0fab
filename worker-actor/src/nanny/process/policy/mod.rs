//! When a worker's process is started, ended and replaced: a machine without a clock, threads or processes.
//!
//! One [`Policy`] is one place for one process. It is told [`Event`]s with the time, and answers with [`Effect`]s. In each
//! state something is waited for until a set time, so none of them lasts for ever without a worker.
//!
//! ```text
//!            ┌──────────────── pause ◄────────────────┐
//!            ▼                                        │ too many: given up
//! opened ─► starting ─► ready ─► leaving ─► terminating ─► killed ─► (ended) ─► left
//! ```
//!
//! ```
//! use partita_protocol::Time;
//! use partita_worker::nanny::process::{Config, Effect, Event, Exit, Incarnation, Policy};
//!
//! let mut policy = Policy::new(Config::new("worker-1"));
//! let mut effects = Vec::new();
//! let first = Incarnation(1);
//! policy.handle(Time(0), Event::Opened, &mut effects);
//! assert_eq!(effects, [Effect::Spawn(first)]);
//! policy.handle(Time(1), Event::Spawned { incarnation: first, pid: 4711 }, &mut effects);
//! policy.handle(Time(2), Event::Hello { incarnation: first }, &mut effects);
//! effects.clear();
//! let exit = Event::Exited { incarnation: first, exit: Exit::Signal(9), stderr: Default::default(), left_behind: 0 };
//! policy.handle(Time(3), exit, &mut effects);
//! assert!(matches!(&effects[0], Effect::Fence(incarnation, _) if *incarnation == first));
//! policy.handle(policy.next_timeout().unwrap(), Event::TimePassed, &mut effects);
//! assert_eq!(effects.last(), Some(&Effect::Spawn(Incarnation(2))));
//! policy.validate()?;
//! # Ok::<(), partita_worker::machine::Violation>(())
//! ```

mod child;
mod config;
mod event;
mod record;
mod stop;
#[cfg(test)]
mod tests;
mod timer;
mod validate;
mod watch;

pub use config::{Config, Lifetime};
pub use event::{Effect, Event, Excess, Exit, GaveUp, Incarnation, Look, Next, Verdict, Warning, Why};

use child::{After, Child, Phase};
use partita_protocol::{LossCause, ProcessEnd, ProcessLoss, Tail, Time};
use record::{Ending, Record};
use timer::{Timer, Timers};

/// One place for one process.
#[derive(Clone, Debug)]
pub struct Policy {
    config: Config,
    place: Place,
    timers: Timers,
    record: Record,
    /// Processes that were started, and that were told to be lost.
    started: u32,
    fenced: u32,
    now: Time,
}

/// Who has a place.
#[derive(Clone, Debug)]
enum Place {
    /// Nobody yet.
    New,
    /// A process.
    Taken(Box<Child>),
    /// Nobody, until the next start.
    Waiting,
    /// Nobody, for good; but for a process that the system may not have let go of.
    Failed { stuck: Option<Incarnation> },
    /// The place is gone.
    Ended,
}

impl Policy {
    /// A place that waits to be opened.
    pub fn new(config: Config) -> Self {
        let look_every = config.look_every.max(std::time::Duration::from_millis(1));
        let config = Config { look_every, ..config };
        let (timers, record) = (Timers::default(), Record::default());
        Policy { config, place: Place::New, timers, record, started: 0, fenced: 0, now: Time::ZERO }
    }

    /// Takes an event in. All that changes a policy goes through here.
    ///
    /// Time must not pass from [`next_timeout`](Self::next_timeout) on without an event; if it did all the same, for
    /// longer than [`Config::stall`], everything that is waited for is put off by as much, because the machine slept.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Vec<Effect>) {
        self.now = self.now.max(now);
        self.put_off();
        self.take(event, effects);
        while let Some(timer) = self.timers.take_due(self.now) {
            self.expire(timer, effects);
        }
    }

    /// When time alone changes something.
    pub fn next_timeout(&self) -> Option<Time> {
        self.timers.next()
    }

    /// The process whose word counts: the one that is there, unless it was told to be lost.
    pub fn current(&self) -> Option<Incarnation> {
        self.child().filter(|child| child.fenced.is_none()).map(|child| child.incarnation)
    }

    /// Whether the place is gone: nothing more comes of it.
    pub fn is_over(&self) -> bool {
        matches!(self.place, Place::Ended)
    }

    fn child(&self) -> Option<&Child> {
        match &self.place {
            Place::Taken(child) => Some(child),
            _ => None,
        }
    }

    fn child_mut(&mut self) -> Option<&mut Child> {
        match &mut self.place {
            Place::Taken(child) => Some(child),
            _ => None,
        }
    }

    /// Puts everything off by the time that the nanny slept.
    fn put_off(&mut self) {
        let late = self.timers.next().map_or(std::time::Duration::ZERO, |due| self.now.since(due));
        if late > self.config.stall {
            self.timers.shift(late);
            if let Some(child) = self.child_mut() {
                child.shift(late);
            }
        }
    }

    fn take(&mut self, event: Event, effects: &mut Vec<Effect>) {
        match event {
            Event::Opened => {
                if matches!(self.place, Place::New) {
                    self.spawn(effects);
                }
            }
            Event::StopAsked { timeout, why } => self.leave(timeout, why, After::End, effects),
            Event::RestartAsked { timeout } => self.leave(timeout, Why::Restarting, After::Restart, effects),
            Event::RetireBegun => self.retire(After::End, effects),
            Event::RetireRefused => self.retire_refused(),
            Event::RetireDone => self.retire_done(effects),
            Event::TimePassed => {}
            Event::Exited { incarnation, exit, stderr, left_behind } => {
                self.exited(incarnation, exit, stderr, left_behind, effects);
            }
            Event::SpawnFailed { incarnation, why, passing } => {
                if self.is_here(incarnation) {
                    let cause = process_loss(ProcessEnd::StartFailed { why });
                    self.fence(cause, effects);
                    self.ended(Tail::default(), passing, effects);
                } else {
                    self.let_go(incarnation);
                }
            }
            Event::Spawned { incarnation, pid } => self.spawned(incarnation, pid, effects),
            Event::Hello { incarnation } if self.current() == Some(incarnation) => self.hello(incarnation, effects),
            Event::Heartbeat { incarnation, doing } if self.current() == Some(incarnation) => self.heard(doing),
            Event::LinkBroken { incarnation } if self.current() == Some(incarnation) => self.link_broken(),
            Event::Refused { incarnation, end } if self.current() == Some(incarnation) => self.lose(end, effects),
            Event::Looked { incarnation, look } if self.is_here(incarnation) => self.looked(look, effects),
            // Of one that is not there any more, or does not count any more.
            Event::Hello { .. }
            | Event::Heartbeat { .. }
            | Event::LinkBroken { .. }
            | Event::Refused { .. }
            | Event::Looked { .. } => {}
        }
    }

    /// Whether this process has the place, lost or not.
    fn is_here(&self, incarnation: Incarnation) -> bool {
        self.child().is_some_and(|child| child.incarnation == incarnation)
    }

    fn spawn(&mut self, effects: &mut Vec<Effect>) {
        self.started += 1;
        let incarnation = Incarnation(self.started);
        self.timers.clear_all();
        self.timers.set(Timer::Hello, self.now + self.config.hello_timeout);
        self.place = Place::Taken(Box::new(Child::new(incarnation, self.now)));
        effects.push(Effect::Spawn(incarnation));
    }

    /// Tells, once, that the process is lost.
    fn fence(&mut self, cause: LossCause, effects: &mut Vec<Effect>) {
        let Some(child) = self.child_mut() else { return };
        if child.fenced.is_none() {
            child.fenced = Some(cause.clone());
            effects.push(Effect::Fence(child.incarnation, cause));
            self.fenced += 1;
        }
    }

    fn exited(
        &mut self,
        incarnation: Incarnation,
        exit: Exit,
        stderr: Tail,
        left_behind: usize,
        effects: &mut Vec<Effect>,
    ) {
        if left_behind > 0 {
            let worker = self.config.name.clone();
            effects.push(Effect::Warn(Warning::LeftBehind { worker, count: left_behind }));
        }
        if !self.is_here(incarnation) {
            return self.let_go(incarnation);
        }
        let end = match exit {
            Exit::Code(code)
                if code != partita_protocol::limits::UNBORN
                    && self.child().is_some_and(|child| child.ready.is_none()) =>
            {
                ProcessEnd::Unborn { code }
            }
            exit => exit.into(),
        };
        self.fence(LossCause::Process(Box::new(ProcessLoss { end, stderr: stderr.clone() })), effects);
        self.ended(stderr, false, effects);
    }

    /// A process that was stuck is gone at last.
    fn let_go(&mut self, incarnation: Incarnation) {
        if let Place::Failed { stuck } = &mut self.place
            && *stuck == Some(incarnation)
        {
            *stuck = None;
        }
    }

    /// The process that had the place is no more.
    fn ended(&mut self, stderr: Tail, passing: bool, effects: &mut Vec<Effect>) {
        let Place::Taken(child) = std::mem::replace(&mut self.place, Place::Waiting) else { return };
        self.timers.clear_all();
        let after = match child.retiring {
            Some(After::End) => After::End,
            _ => child.after,
        };
        match after {
            After::End => self.end(child.killed, None, effects),
            After::Restart => {
                self.record = Record::default();
                self.spawn(effects);
            }
            After::Record => {
                let lived = child.ready.map(|ready| self.now.since(ready));
                let cause = with_last_words(child.fenced.unwrap_or(LossCause::Retired), stderr);
                let ending = Ending { cause: cause.clone(), lived, passing };
                match self.record.enter(self.now, &self.config, ending) {
                    Ok(pause) => {
                        self.timers.set(Timer::Restart, self.now + pause);
                        effects.push(Effect::Verdict(Verdict::Restarting { cause, pause }));
                    }
                    Err(gave_up) => self.fail(gave_up, None, effects),
                }
            }
        }
    }

    /// The place is gone.
    fn end(&mut self, killed: bool, stuck: Option<u32>, effects: &mut Vec<Effect>) {
        self.timers.clear_all();
        self.place = Place::Ended;
        effects.push(Effect::Verdict(Verdict::Left { killed, stuck }));
    }

    /// The place stays empty.
    fn fail(&mut self, gave_up: GaveUp, stuck: Option<Incarnation>, effects: &mut Vec<Effect>) {
        self.timers.clear_all();
        self.place = Place::Failed { stuck };
        effects.push(Effect::Verdict(Verdict::GaveUp(gave_up)));
    }

    /// A time has come.
    fn expire(&mut self, timer: Timer, effects: &mut Vec<Effect>) {
        match timer {
            Timer::Restart => self.spawn(effects),
            Timer::Hello => self.no_hello(effects),
            Timer::Silence => self.silent(effects),
            Timer::Stopped => self.stopped(effects),
            Timer::Link => self.lose(ProcessEnd::LinkBroken, effects),
            Timer::Look => self.look(effects),
            Timer::Lifetime => self.lifetime_over(effects),
            Timer::Retire => self.retire_done(effects),
            Timer::Terminate => self.terminate_late(effects),
            Timer::Kill => self.kill_late(effects),
            Timer::Stuck => self.stuck(effects),
        }
    }

    /// A killed process is not gone.
    fn stuck(&mut self, effects: &mut Vec<Effect>) {
        let Some(child) = self.child() else { return };
        let (incarnation, pid) = (child.incarnation, child.pid);
        let since = match child.phase {
            Phase::Killed { at } => at,
            _ => self.now,
        };
        let ends = child.after == After::End || child.retiring == Some(After::End);
        let (worker, time) = (self.config.name.clone(), self.now.since(since));
        effects.push(Effect::Warn(Warning::Stuck { worker, pid, time }));
        if ends {
            return self.end(true, pid, effects);
        }
        let cause = process_loss(ProcessEnd::Stuck { time });
        let ending = Ending { cause, lived: None, passing: false };
        let gave_up = match self.record.enter(self.now, &self.config, ending) {
            Ok(_) => self.record.give_up(&self.config, Excess::Hopeless),
            Err(gave_up) => gave_up,
        };
        self.fail(gave_up, Some(incarnation), effects);
    }
}

/// A cause without last words.
fn process_loss(end: ProcessEnd) -> LossCause {
    LossCause::Process(Box::new(end.into()))
}

/// The cause, with what the process wrote since it was told.
fn with_last_words(mut cause: LossCause, stderr: Tail) -> LossCause {
    if let LossCause::Process(loss) = &mut cause {
        loss.stderr = stderr;
    }
    cause
}
