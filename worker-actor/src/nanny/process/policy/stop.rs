//! How a process is ended: asked to leave, then SIGTERM, then SIGKILL.

use super::child::{After, Asked, Phase};
use super::record::Record;
use super::timer::Timer;
use super::{Effect, Next, Place, Policy, Warning, Why, process_loss};
use partita_protocol::{LossCause, ProcessEnd, limits};
use std::time::Duration;

impl Policy {
    /// The process is lost, and no good: it is killed.
    pub(super) fn lose(&mut self, end: ProcessEnd, effects: &mut Vec<Effect>) {
        self.fence(process_loss(end), effects);
        self.kill(effects);
    }

    /// Has the process leave, and then what is to follow.
    pub(super) fn leave(&mut self, timeout: Duration, why: Why, after: After, effects: &mut Vec<Effect>) {
        match &mut self.place {
            Place::Ended => {}
            Place::Taken(child) => {
                // An end is not taken back.
                let ends = child.after == After::End || child.retiring == Some(After::End);
                child.after = if ends { After::End } else { after };
                self.leave_child(timeout, why, effects);
            }
            Place::Failed { stuck: Some(_) } if after == After::Restart => {
                let worker = self.config.name.clone();
                effects.push(Effect::Warn(Warning::Stuck { worker, pid: None, time: limits::STUCK_TIMEOUT }));
            }
            Place::New | Place::Waiting | Place::Failed { .. } if after == After::Restart => {
                self.record = Record::default();
                self.spawn(effects);
            }
            Place::New | Place::Waiting | Place::Failed { .. } => self.end(false, None, effects),
        }
    }

    fn leave_child(&mut self, timeout: Duration, why: Why, effects: &mut Vec<Effect>) {
        let ask = timeout.mul_f64(limits::STOP_ASK_FRACTION);
        let rest = timeout.saturating_sub(ask);
        self.fence(LossCause::Retired, effects);
        let now = self.now;
        let Some(child) = self.child_mut() else { return };
        match &mut child.phase {
            _ if timeout.is_zero() => self.kill(effects),
            // Nothing is lost with one that is no worker yet.
            Phase::Starting => self.terminate(timeout.min(limits::TERMINATE_GRACE), effects),
            Phase::Ready => {
                child.phase = Phase::Leaving(Asked { at: now, why, rest });
                child.retiring = None;
                effects.push(Effect::AskToLeave(child.incarnation));
                for timer in [Timer::Silence, Timer::Link, Timer::Lifetime, Timer::Retire] {
                    self.timers.clear(timer);
                }
                self.timers.set(Timer::Terminate, now + ask);
            }
            Phase::Leaving(asked) => {
                asked.rest = asked.rest.min(rest);
                self.timers.hasten(Timer::Terminate, now + ask);
            }
            Phase::Terminating(_) => self.timers.hasten(Timer::Kill, now + timeout),
            Phase::Killed { .. } => {}
        }
    }

    /// The data of the worker is being brought to others.
    pub(super) fn retire(&mut self, after: After, effects: &mut Vec<Effect>) {
        match self.child_mut() {
            Some(child) if child.retiring != Some(After::End) => child.retiring = Some(after),
            Some(_) => {}
            None => self.leave(Duration::ZERO, Why::Retired, after, effects),
        }
    }

    /// The data of the worker cannot be brought anywhere. The end of its lifetime is tried again.
    pub(super) fn retire_refused(&mut self) {
        let again = self.config.lifetime.is_some();
        let Some(child) = self.child_mut() else { return };
        if child.retiring.take().is_some() && child.phase == Phase::Ready && again {
            self.timers.set(Timer::Lifetime, self.now + limits::LIFETIME_PATIENCE);
        }
        self.timers.clear(Timer::Retire);
    }

    /// Nothing is lost with the worker.
    pub(super) fn retire_done(&mut self, effects: &mut Vec<Effect>) {
        let Some(after) = self.child().and_then(|child| child.retiring) else { return };
        let why = if after == After::End { Why::Retired } else { Why::LifetimeOver };
        self.leave(limits::STOP_TIMEOUT, why, after, effects);
    }

    /// Sends SIGTERM, and SIGKILL after a grace. A process that is stopped would not notice the first.
    pub(super) fn terminate(&mut self, grace: Duration, effects: &mut Vec<Effect>) {
        let now = self.now;
        let Some(child) = self.child_mut() else { return };
        let asked = match child.phase {
            Phase::Leaving(asked) => Some(asked),
            Phase::Starting | Phase::Ready => None,
            Phase::Terminating(_) | Phase::Killed { .. } => return,
        };
        if child.pid.is_none() || child.stopped.is_some() {
            return self.kill(effects);
        }
        child.phase = Phase::Terminating(asked);
        effects.push(Effect::Terminate(child.incarnation));
        self.timers.clear_all();
        self.timers.set(Timer::Kill, now + grace);
    }

    /// Sends SIGKILL; at once, or as soon as the process is there.
    pub(super) fn kill(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now;
        let Some(child) = self.child_mut() else { return };
        if matches!(child.phase, Phase::Killed { .. }) {
            return;
        }
        child.phase = Phase::Killed { at: now };
        child.killed = true;
        if child.pid.is_some() {
            effects.push(Effect::Kill(child.incarnation));
        }
        self.timers.clear_all();
        self.timers.set(Timer::Stuck, now + limits::STUCK_TIMEOUT);
    }

    /// A worker that was asked to leave is still there.
    pub(super) fn terminate_late(&mut self, effects: &mut Vec<Effect>) {
        let Some(child) = self.child() else { return };
        let Phase::Leaving(asked) = child.phase else { return };
        self.still_alive(asked, Next::Terminated, effects);
        self.terminate(asked.rest, effects);
    }

    /// A process that got SIGTERM is still there.
    pub(super) fn kill_late(&mut self, effects: &mut Vec<Effect>) {
        let Some(child) = self.child() else { return };
        if let Phase::Terminating(Some(asked)) = child.phase {
            self.still_alive(asked, Next::Killed, effects);
        }
        self.kill(effects);
    }

    fn still_alive(&mut self, asked: Asked, next: Next, effects: &mut Vec<Effect>) {
        let Some(child) = self.child() else { return };
        effects.push(Effect::Warn(Warning::StillAlive {
            worker: self.config.name.clone(),
            pid: child.pid,
            time: self.now.since(asked.at),
            why: asked.why,
            doing: child.doing.clone(),
            next,
        }));
    }
}
