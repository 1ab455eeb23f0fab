//! When a task was in which state, in 24 bytes.

use partita_protocol::telemetry::State;
use serde::{Deserialize, Serialize};

/// Changes that are kept.
const STEPS: usize = 6;

/// Where nothing is.
const NONE: u32 = u32::MAX;

/// The last moment that can be told: after it, time stands still. It is 62 days.
const LAST: u64 = (1 << 29) - 2;

/// The states that a task was in at the end of each unit of 10 ms, the length that no stretch of a timeline is shorter
/// than. What it passed through within a unit is left out, so that most tasks have two or three changes. Of more than
/// [`STEPS`] the first is kept and the last, and of those between them the ones that lasted longest: where one is left out,
/// the task counts as it was before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<u32>", into = "Vec<u32>")]
pub(super) struct History([u32; STEPS]);

impl Default for History {
    fn default() -> Self {
        History([NONE; STEPS])
    }
}

impl From<Vec<u32>> for History {
    fn from(steps: Vec<u32>) -> Self {
        let mut history = History::default();
        history.0.iter_mut().zip(steps).for_each(|(own, step)| *own = step);
        history
    }
}

impl From<History> for Vec<u32> {
    fn from(history: History) -> Self {
        history.0.into_iter().filter(|&step| step != NONE).collect()
    }
}

impl History {
    /// The task is in a state from this unit on. What is told of a unit before the last one that was told is of that one.
    pub(super) fn enter(&mut self, unit: u64, state: State) {
        let (unit, count) = (unit.min(LAST) as u32, self.0.iter().take_while(|&&step| step != NONE).count());
        let own = (unit << 3) | state as u32;
        match count.checked_sub(1).map(|last| (last, self.0[last] >> 3)) {
            Some((last, before)) if before >= unit => self.0[last] = (before << 3) | state as u32,
            _ if count < STEPS => self.0[count] = own,
            _ => {
                let lasted = |at: usize| self.0.get(at + 1).map_or(unit, |next| next >> 3) - (self.0[at] >> 3);
                let shortest = (1..STEPS).min_by_key(|&at| lasted(at)).unwrap_or(1);
                self.0.copy_within(shortest + 1.., shortest);
                self.0[STEPS - 1] = own;
            }
        }
    }

    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.0[0] == NONE
    }

    /// The state at the beginning of a unit; none if the task was not known yet.
    pub(super) fn before(&self, unit: u64) -> Option<State> {
        let step = self.0.iter().rev().find(|&&step| step != NONE && u64::from(step >> 3) < unit)?;
        Some(State::ALL[(step & 7) as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn of_many_changes_the_first_and_the_last_are_kept() {
        let mut history = History::default();
        assert_eq!((history.before(9), history.is_empty()), (None, true));
        history.enter(3, State::Waiting);
        (4..20).for_each(|unit| history.enter(unit, if unit % 2 == 0 { State::Processing } else { State::Memory }));
        history.enter(1 << 40, State::Forgotten);
        assert_eq!(history.before(3), None);
        assert_eq!(history.before(10), Some(State::Waiting));
        assert_eq!(
            [18, 19, 20].map(|unit| history.before(unit)),
            [State::Memory, State::Processing, State::Memory].map(Some)
        );
        assert_eq!(history.before(u64::MAX), Some(State::Forgotten));
        assert_eq!(History::from(Vec::from(history)), history);
        assert_eq!(History::from(vec![0; 99]).before(1), Some(State::Released), "whatever a file says");
    }

    #[test]
    fn of_many_changes_the_longest_are_kept() {
        let (mut history, mut unit) = (History::default(), 0);
        let again = [(State::Released, 1), (State::Queued, 2), (State::Processing, 3), (State::Memory, 100)];
        for (state, lasts) in again.repeat(4) {
            history.enter(unit, state);
            unit += lasts;
        }
        // Whatever it went through when it was computed again, it was there most of the time, and is now.
        let there = (1..=unit).filter(|&unit| history.before(unit) == Some(State::Memory)).count();
        assert!(there >= 400, "{there} of {unit}");
        assert_eq!(history.before(1), Some(State::Released));
    }

    proptest! {
        /// While there are no more changes than fit, each unit has the state that was told last in it or before.
        #[test]
        fn each_unit_has_the_state_at_its_end(steps in prop::collection::vec((0u64..3, 0usize..8), 1..30)) {
            let (mut history, mut told, mut unit) = (History::default(), Vec::new(), 0);
            for (later, state) in steps {
                unit = if told.len() < STEPS || later == 0 { unit + later } else { unit };
                history.enter(unit, State::ALL[state]);
                if told.last().is_some_and(|(last, _)| *last == unit) {
                    told.pop();
                }
                told.push((unit, State::ALL[state]));
            }
            for at in 0..20 {
                let expected = told.iter().rfind(|(unit, _)| *unit < at).map(|(_, state)| *state);
                prop_assert_eq!(history.before(at), expected);
            }
        }
    }
}
