//! A policy in virtual time.

mod model;
mod scenes;

use super::{Config, Effect, Event, Exit, Incarnation, Look, Policy, Verdict};
use partita_protocol::{LossCause, ProcessEnd, Tail, Time};
use std::time::Duration;

pub(super) const fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

/// A place, the time, and what it wanted done since that was last looked at.
pub(super) struct Stage {
    pub(super) policy: Policy,
    pub(super) now: Time,
    effects: Vec<Effect>,
}

impl Stage {
    pub(super) fn new(config: Config) -> Self {
        let mut stage = Stage { policy: Policy::new(config), now: Time::ZERO, effects: Vec::new() };
        stage.tell(Event::Opened);
        stage
    }

    /// A place whose first process said hello.
    pub(super) fn ready(config: Config) -> Self {
        let mut stage = Stage::new(config);
        stage.start(1);
        stage.drain();
        stage
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.policy.handle(self.now, event.clone(), &mut self.effects);
        if let Err(violation) = self.policy.validate() {
            panic!("after {event:?} at {:?}: {violation}\n{:#?}", self.now, self.policy);
        }
    }

    /// The process was started and says hello.
    pub(super) fn start(&mut self, number: u32) {
        let incarnation = Incarnation(number);
        self.tell(Event::Spawned { incarnation, pid: 1000 + number });
        self.tell(Event::Hello { incarnation });
    }

    pub(super) fn exit(&mut self, number: u32, exit: Exit) {
        let stderr = Tail::of(format!("words of {number}").as_bytes());
        self.tell(Event::Exited { incarnation: Incarnation(number), exit, stderr, left_behind: 0 });
    }

    pub(super) fn looked(&mut self, number: u32, stopped: bool, rss: u64) {
        self.tell(Event::Looked { incarnation: Incarnation(number), look: Look { stopped, rss } });
    }

    /// Lets time pass up to each timer in turn, as a punctual nanny would; each look sees what `see` tells.
    pub(super) fn pass_seeing(&mut self, time: Duration, see: impl Fn(Time) -> Look) {
        let end = self.now + time;
        while let Some(due) = self.policy.next_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            let before = self.effects.len();
            self.tell(Event::TimePassed);
            let looks: Vec<_> = self.effects[before..]
                .iter()
                .filter_map(|effect| match effect {
                    Effect::Look(incarnation) => Some(*incarnation),
                    _ => None,
                })
                .collect();
            self.effects.retain(|effect| !matches!(effect, Effect::Look(_)));
            for incarnation in looks {
                self.tell(Event::Looked { incarnation, look: see(self.now) });
            }
        }
        self.now = end;
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.pass_seeing(time, |_| Look::default());
    }

    /// What was wanted since the last time.
    pub(super) fn drain(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The only fence since the last time.
    pub(super) fn fence(&mut self) -> ProcessEnd {
        let mut fences: Vec<_> = self
            .drain()
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Fence(_, LossCause::Process(loss)) => Some(loss.end),
                _ => None,
            })
            .collect();
        assert_eq!(fences.len(), 1, "{fences:?}");
        fences.remove(0)
    }

    /// The verdicts since the last time.
    pub(super) fn verdicts(&mut self) -> Vec<Verdict> {
        let verdicts = self.drain().into_iter().filter_map(|effect| match effect {
            Effect::Verdict(verdict) => Some(verdict),
            _ => None,
        });
        verdicts.collect()
    }
}
