//! When a dead worker is replaced, and when it is given up: the restart intensity of Erlang's supervisors.

use partita_protocol::{Time, limits};
use std::collections::VecDeque;
use std::time::Duration;

/// What to do about a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Start another worker in its place.
    Restart,
    /// Too many died in too short a time: leave the place empty.
    GiveUp {
        /// How many died.
        deaths: usize,
        /// In which time.
        window: Duration,
    },
}

/// At most so many restarts in such a time.
///
/// ```
/// use partita_protocol::Time;
/// use partita_worker::nanny::{Decision, Policy};
/// use std::time::Duration;
///
/// let mut policy = Policy::new(1, Duration::from_secs(5));
/// assert_eq!(policy.died(Time(0)), Decision::Restart);
/// assert_eq!(policy.died(Time(1)), Decision::GiveUp { deaths: 2, window: Duration::from_secs(5) });
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    restarts: usize,
    window: Duration,
    deaths: VecDeque<Time>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy::new(limits::RESTARTS, limits::RESTART_WINDOW)
    }
}

impl Policy {
    /// At most `restarts` in a `window`.
    pub fn new(restarts: usize, window: Duration) -> Self {
        Policy { restarts, window, deaths: VecDeque::new() }
    }

    /// Decides about a death.
    pub fn died(&mut self, now: Time) -> Decision {
        self.deaths.push_back(now);
        while self.deaths.front().is_some_and(|&death| now.since(death) > self.window) {
            self.deaths.pop_front();
        }
        match self.deaths.len() {
            deaths if deaths > self.restarts => Decision::GiveUp { deaths, window: self.window },
            _ => Decision::Restart,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_far_apart_are_forgiven() {
        let mut policy = Policy::new(2, Duration::from_secs(1));
        let second = 1_000_000_000;
        for round in 0..100 {
            assert_eq!(policy.died(Time(round * second)), Decision::Restart, "death {round}");
        }
        let mut policy = Policy::new(2, Duration::from_secs(1));
        assert_eq!(policy.died(Time(0)), Decision::Restart);
        assert_eq!(policy.died(Time(1)), Decision::Restart);
        assert_eq!(policy.died(Time(2)), Decision::GiveUp { deaths: 3, window: Duration::from_secs(1) });
    }
}
