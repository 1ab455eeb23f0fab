//! What must hold of a worker, whatever happened.

use super::machine::Worker;
use super::task::State;
use crate::key::Key;

impl Worker {
    /// Whether every invariant holds.
    ///
    /// # Errors
    /// The first one that does not.
    pub fn validate(&self) -> Result<(), String> {
        let running = self.tasks.values().filter(|task| matches!(task.state, State::Running { counts: true, .. }));
        if running.count() != self.running {
            return Err(format!("{} tasks are counted as running", self.running));
        }
        let mut ready = 0;
        for (key, task) in &self.tasks {
            let wrong = |what: &str| Err(format!("{key}: {:?}: {what}", task.state));
            for need in &task.needs {
                if self.tasks.get(need).is_none_or(|needed| !needed.needed_by.contains(key)) {
                    return wrong("what it needs does not know it");
                }
            }
            for dependent in &task.needed_by {
                if self
                    .tasks
                    .get(dependent)
                    .is_none_or(|dependent| !dependent.needs.contains(key) || !dependent.is_own())
                {
                    return wrong("what needs it does not, or has ended");
                }
            }
            let lacks = task.needs.iter().filter(|need| !self.is_held(need)).count();
            match &task.state {
                State::Waiting { missing } if *missing != lacks || lacks == 0 => {
                    return wrong("it waits for another number");
                }
                State::Ready { rank } if lacks > 0 || self.ready.get(rank) != Some(key) => {
                    return wrong("it is not ready");
                }
                State::Ready { .. } => ready += 1,
                State::Named | State::Fetch | State::Missing if task.needed_by.is_empty() && !task.wanted => {
                    return wrong("nobody needs it");
                }
                State::Named if self.is_waited_for(key) => {
                    return wrong("it is waited for, and nothing is done about it");
                }
                State::Fetch if task.holders.is_empty() || !self.to_fetch.contains(key) => {
                    return wrong("it is fetched from nobody");
                }
                State::Missing if !task.holders.is_empty() => return wrong("somebody has it"),
                State::Flight { peer } if self.asked.get(peer).is_none_or(|asked| !asked.contains(key)) => {
                    return wrong("it was not asked for");
                }
                _ => {}
            }
        }
        if ready == self.ready.len() { Ok(()) } else { Err(format!("{} are in the queue", self.ready.len())) }
    }

    fn is_waited_for(&self, key: &Key) -> bool {
        let waits = |key: &Key| self.tasks.get(key).is_some_and(|task| matches!(task.state, State::Waiting { .. }));
        self.tasks.get(key).is_some_and(|task| task.needed_by.iter().any(waits))
    }
}
