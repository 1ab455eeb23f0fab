//! What goes wrong in a simulation, as users say it.

use super::SimulateError;
use crate::durations::LONGEST;
use std::time::Duration;

/// What goes wrong in a simulation: workers that die and come back, that are slow, or that stand still for a while.
///
/// Workers are named by their place, from 0. Which worker dies when it is not said is drawn by the seed.
///
/// ```
/// use partita_simulator::Faults;
/// use std::time::Duration;
///
/// let second = Duration::from_secs(1);
/// let faults = Faults::new().kill_every(60 * second).kill_at(5 * second, 0).slow(1, 3).restart_after(2 * second);
/// assert!(!faults.is_none());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// How often a worker dies.
    pub(crate) every: Option<Duration>,
    /// What happens when.
    pub(crate) plan: Vec<(Duration, Fault)>,
    /// How long a worker that died is away; `None` for ever.
    pub(crate) restart: Option<Duration>,
}

/// Something that goes wrong with the worker of this place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    Kill(usize),
    Slow(usize, u32),
    Freeze(usize, Duration),
}

impl Default for Faults {
    fn default() -> Self {
        Faults { every: None, plan: Vec::new(), restart: Some(Duration::from_secs(5)) }
    }
}

impl Faults {
    /// Nothing goes wrong; workers that die come back after 5 seconds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing goes wrong.
    pub fn is_none(&self) -> bool {
        self.every.is_none() && self.plan.is_empty()
    }

    /// One of the workers dies each time that so much time has passed.
    #[must_use]
    pub fn kill_every(mut self, period: Duration) -> Self {
        self.every = Some(period);
        self
    }

    /// A worker dies at this moment, with all that it holds.
    #[must_use]
    pub fn kill_at(mut self, at: Duration, worker: usize) -> Self {
        self.plan.push((at, Fault::Kill(worker)));
        self
    }

    /// A worker takes so many times as long for each task, from the beginning.
    #[must_use]
    pub fn slow(self, worker: usize, times: u32) -> Self {
        self.slow_at(Duration::ZERO, worker, times)
    }

    /// A worker takes so many times as long for each task that it starts from this moment on.
    #[must_use]
    pub fn slow_at(mut self, at: Duration, worker: usize, times: u32) -> Self {
        self.plan.push((at, Fault::Slow(worker, times)));
        self
    }

    /// A worker does nothing for a while, as a machine that swaps.
    #[must_use]
    pub fn pause_at(mut self, at: Duration, worker: usize, lasting: Duration) -> Self {
        self.plan.push((at, Fault::Freeze(worker, lasting)));
        self
    }

    /// How long a worker that died is away.
    #[must_use]
    pub fn restart_after(mut self, away: Duration) -> Self {
        self.restart = Some(away);
        self
    }

    /// A worker that died does not come back.
    #[must_use]
    pub fn no_restart(mut self) -> Self {
        self.restart = None;
        self
    }

    /// Whether they make sense for so many workers.
    pub(crate) fn check(&self, workers: usize) -> Result<(), SimulateError> {
        let refused = |field, value: String, allowed| Err(SimulateError::Value { field, value, allowed });
        if let Some(period) = self.every.filter(|period| *period < Duration::from_millis(1)) {
            return refused("kill_every", format!("{period:?}"), "a millisecond or more");
        }
        let lasting = |fault: &Fault| if let Fault::Freeze(_, lasting) = fault { *lasting } else { Duration::ZERO };
        let planned = self.plan.iter().flat_map(|(at, fault)| [("faults", *at), ("pause_at", lasting(fault))]);
        let repeated = [("kill_every", self.every), ("restart_after", self.restart)];
        let times = repeated.into_iter().filter_map(|(field, time)| Some((field, time?))).chain(planned);
        if let Some((field, time)) = times.into_iter().find(|(_, time)| *time > LONGEST) {
            return refused(field, format!("{time:?}"), "at most 100 years");
        }
        for (_, fault) in &self.plan {
            let (Fault::Kill(worker) | Fault::Slow(worker, _) | Fault::Freeze(worker, _)) = fault;
            if *worker >= workers {
                return refused("faults", format!("for worker {worker}"), "places of workers, from 0");
            }
            if let Fault::Slow(_, 0) = fault {
                return refused("slow", "0".into(), "how many times as long it takes, 1 or more");
            }
        }
        Ok(())
    }

    /// Whether virtual time has room for the longest task on the slowest worker.
    pub(crate) fn check_longest(&self, task: Duration) -> Result<(), SimulateError> {
        let times = self.plan.iter().map(|(_, fault)| if let Fault::Slow(_, times) = fault { *times } else { 1 });
        let slowest = times.max().unwrap_or(1);
        if task.checked_mul(slowest).is_some_and(|time| time <= LONGEST) {
            return Ok(());
        }
        let value = format!("{slowest} with a task of {task:?}");
        Err(SimulateError::Value { field: "slow", value, allowed: "at most 100 years for a task" })
    }
}
