//! The record of a place: how often its processes died, and what that means for the next one.

use super::config::Config;
use super::event::{Excess, GaveUp};
use partita_protocol::{LossCause, ProcessEnd, Time, limits};
use std::collections::VecDeque;
use std::time::Duration;

/// One end of a process.
pub(super) struct Ending {
    /// Why.
    pub(super) cause: LossCause,
    /// How long it lived after its hello, if it said it.
    pub(super) lived: Option<Duration>,
    /// Whether what kept it from starting may pass.
    pub(super) passing: bool,
}

/// How often processes of one place died.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// Starts that failed one after the other.
    failed_starts: u32,
    /// Deaths one after the other, each after a short life.
    streak: u32,
    deaths: VecDeque<Time>,
    causes: VecDeque<LossCause>,
}

impl Record {
    /// Enters an end: the pause before the next start, or that there is none.
    pub(super) fn enter(&mut self, now: Time, config: &Config, ending: Ending) -> Result<Duration, GaveUp> {
        let hopeless = matches!(&ending.cause, LossCause::Process(loss) if is_hopeless(&loss.end));
        self.causes.push_back(ending.cause);
        while self.causes.len() > limits::TOLD_DEATHS {
            self.causes.pop_front();
        }
        if hopeless {
            return Err(self.give_up(config, Excess::Hopeless));
        }
        let Some(lived) = ending.lived else {
            self.failed_starts += 1;
            let allowed = if ending.passing { config.starved_starts } else { config.failed_starts };
            return match self.failed_starts {
                starts if starts > allowed => Err(self.give_up(config, Excess::FailedStarts { starts })),
                starts => Ok(pause(starts, limits::FAILED_START_PAUSE_MAX)),
            };
        };
        self.failed_starts = 0;
        self.streak = if lived >= limits::HEALTHY { 0 } else { self.streak.saturating_add(1) };
        self.deaths.push_back(now);
        while self.deaths.front().is_some_and(|&death| now.since(death) > config.window) {
            self.deaths.pop_front();
        }
        match self.deaths.len() {
            deaths if deaths > config.deaths => {
                Err(self.give_up(config, Excess::Deaths { deaths, window: config.window }))
            }
            _ => Ok(pause(self.streak, limits::RESTART_PAUSE_MAX)),
        }
    }

    /// Why nothing is started any more.
    pub(super) fn give_up(&self, config: &Config, excess: Excess) -> GaveUp {
        GaveUp { worker: config.name.clone(), excess, causes: self.causes.iter().cloned().collect() }
    }

    /// What it holds, for a check of its bounds: starts, deaths, causes.
    pub(super) fn sizes(&self) -> (u32, usize, usize) {
        (self.failed_starts, self.deaths.len(), self.causes.len())
    }
}

/// Whether another start would end like this one.
fn is_hopeless(end: &ProcessEnd) -> bool {
    matches!(end, ProcessEnd::BuildMismatch { .. } | ProcessEnd::Stuck { .. } | ProcessEnd::Unborn { code: 0 })
}

/// The pause after so many ends one after the other.
fn pause(count: u32, most: Duration) -> Duration {
    match count.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => limits::RESTART_PAUSE.saturating_mul(1 << doublings.min(30)).min(most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit() {
        let most = Duration::from_secs(5);
        let pauses: Vec<u128> = (0..6).map(|count| pause(count, most).as_millis()).collect();
        assert_eq!(pauses, [0, 25, 50, 100, 200, 400]);
        assert_eq!([pause(12, most), pause(u32::MAX, most)], [most; 2]);
    }

    #[test]
    fn a_long_life_is_forgiven() {
        let (mut record, config) = (Record::default(), Config::new("w"));
        let mut die = |lived: u64| {
            let (cause, lived) = (LossCause::Died("x".into()), Some(Duration::from_millis(lived)));
            record.enter(Time(0), &config, Ending { cause, lived, passing: false }).map(|pause| pause.as_millis())
        };
        assert_eq!([die(10), die(10), die(10)], [Ok(25), Ok(50), Ok(100)]);
        assert_eq!([die(5_000), die(10)], [Ok(0), Ok(25)]);
    }
}
