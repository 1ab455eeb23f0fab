//! What a process tells and what is seen of it, until it is lost.

use super::child::{After, Phase};
use super::timer::Timer;
use super::{Effect, Incarnation, Look, Policy, Verdict};
use partita_protocol::{ProcessEnd, limits};
use std::sync::Arc;

impl Policy {
    pub(super) fn spawned(&mut self, incarnation: Incarnation, pid: u32, effects: &mut Vec<Effect>) {
        let (now, every) = (self.now, self.config.look_every);
        let Some(child) = self.child_mut().filter(|child| child.incarnation == incarnation) else {
            // Nobody waits for it any more.
            return effects.push(Effect::Kill(incarnation));
        };
        child.pid = Some(pid);
        match child.phase {
            // It was to be killed before it was there.
            Phase::Killed { .. } => effects.push(Effect::Kill(incarnation)),
            _ => self.timers.set(Timer::Look, now + every),
        }
    }

    pub(super) fn hello(&mut self, incarnation: Incarnation, effects: &mut Vec<Effect>) {
        let now = self.now;
        let Some(child) = self.child_mut().filter(|child| child.phase == Phase::Starting) else { return };
        child.phase = Phase::Ready;
        (child.ready, child.heard) = (Some(now), now);
        self.timers.clear(Timer::Hello);
        self.timers.set(Timer::Silence, now + self.config.heartbeat_ttl);
        if let Some(lifetime) = self.config.lifetime {
            self.timers.set(Timer::Lifetime, now + lifetime.time);
        }
        effects.push(Effect::Verdict(Verdict::Ready(incarnation)));
    }

    pub(super) fn heard(&mut self, doing: Arc<str>) {
        let now = self.now;
        let Some(child) = self.child_mut() else { return };
        child.heard = now;
        let bound = doing.floor_char_boundary(limits::DOING_BYTES);
        child.doing = if bound < doing.len() { doing[..bound].into() } else { doing };
        if child.phase == Phase::Ready {
            self.timers.set(Timer::Silence, now + self.config.heartbeat_ttl);
        }
    }

    /// The exit of a process tells more than a broken connection: it is waited for, for a moment.
    pub(super) fn link_broken(&mut self) {
        self.timers.hasten(Timer::Link, self.now + limits::LINK_GRACE);
    }

    pub(super) fn look(&mut self, effects: &mut Vec<Effect>) {
        if let Some(child) = self.child() {
            effects.push(Effect::Look(child.incarnation));
            self.timers.set(Timer::Look, self.now + self.config.look_every);
        }
    }

    pub(super) fn looked(&mut self, look: Look, effects: &mut Vec<Effect>) {
        let (now, grace) = (self.now, self.config.stopped_grace);
        let most = self.config.memory_most();
        let Some(child) = self.child_mut() else { return };
        if matches!(child.phase, Phase::Killed { .. }) {
            return;
        }
        match (look.stopped, child.stopped) {
            (true, None) => {
                child.stopped = Some(now);
                self.timers.set(Timer::Stopped, now + grace);
            }
            (false, Some(_)) => {
                child.stopped = None;
                self.timers.clear(Timer::Stopped);
            }
            _ => {}
        }
        if most.is_some_and(|most| look.rss > most) {
            let limit = self.config.memory_limit.unwrap_or_default();
            self.over_memory(look.rss, limit, effects);
        }
    }

    fn over_memory(&mut self, rss: u64, limit: u64, effects: &mut Vec<Effect>) {
        let end = ProcessEnd::OverMemory { rss, limit };
        self.fence(super::process_loss(end), effects);
        self.terminate(limits::TERMINATE_GRACE, effects);
    }

    pub(super) fn no_hello(&mut self, effects: &mut Vec<Effect>) {
        let why = format!("it said no hello within {:?}", self.config.hello_timeout);
        self.lose(ProcessEnd::StartFailed { why }, effects);
    }

    pub(super) fn silent(&mut self, effects: &mut Vec<Effect>) {
        let Some(heard) = self.child().map(|child| child.heard) else { return };
        self.lose(ProcessEnd::Silent { time: self.now.since(heard) }, effects);
    }

    pub(super) fn stopped(&mut self, effects: &mut Vec<Effect>) {
        let Some(since) = self.child().and_then(|child| child.stopped) else { return };
        self.lose(ProcessEnd::Stopped { time: self.now.since(since) }, effects);
    }

    pub(super) fn lifetime_over(&mut self, effects: &mut Vec<Effect>) {
        let (Some(lifetime), Some(incarnation)) = (self.config.lifetime, self.current()) else { return };
        self.retire(if lifetime.restart { After::Restart } else { After::End }, effects);
        self.timers.set(Timer::Retire, self.now + limits::LIFETIME_PATIENCE);
        effects.push(Effect::Retire(incarnation));
    }
}
