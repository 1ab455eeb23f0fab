//! The timers of a place: an enum and a table.

use partita_protocol::Time;
use std::time::Duration;

/// What a place waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// The next start.
    Restart,
    /// A start that comes to nothing.
    Hello,
    /// A process that tells nothing.
    Silence,
    /// A process that is stopped.
    Stopped,
    /// A process without a connection.
    Link,
    /// The next look.
    Look,
    /// The end of a lifetime.
    Lifetime,
    /// The end of patience with a scheduler that is to bring data to others.
    Retire,
    /// SIGTERM.
    Terminate,
    /// SIGKILL.
    Kill,
    /// The end of patience with a process that was killed.
    Stuck,
}

impl Timer {
    const ALL: [Timer; 11] = [
        Timer::Restart,
        Timer::Hello,
        Timer::Silence,
        Timer::Stopped,
        Timer::Link,
        Timer::Look,
        Timer::Lifetime,
        Timer::Retire,
        Timer::Terminate,
        Timer::Kill,
        Timer::Stuck,
    ];
}

/// When each of them goes off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Timers([Option<Time>; Timer::ALL.len()]);

impl Timers {
    pub(super) fn get(&self, timer: Timer) -> Option<Time> {
        self.0[timer as usize]
    }

    pub(super) fn set(&mut self, timer: Timer, at: Time) {
        self.0[timer as usize] = Some(at);
    }

    /// Sets a timer, unless it goes off earlier already.
    pub(super) fn hasten(&mut self, timer: Timer, at: Time) {
        self.set(timer, self.get(timer).map_or(at, |before| before.min(at)));
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) fn clear_all(&mut self) {
        *self = Timers::default();
    }

    /// The earliest.
    pub(super) fn next(&self) -> Option<Time> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes the earliest that has gone off.
    pub(super) fn take_due(&mut self, now: Time) -> Option<Timer> {
        let set = Timer::ALL.into_iter().filter_map(|timer| Some((self.get(timer)?, timer)));
        let (at, timer) = set.min_by_key(|(at, _)| *at)?;
        (at <= now).then(|| {
            self.clear(timer);
            timer
        })
    }

    /// Puts all off.
    pub(super) fn shift(&mut self, by: Duration) {
        self.0.iter_mut().flatten().for_each(|at| *at = *at + by);
    }
}
