//! Progress: how many tasks of each group are in which state, at any moment.

use super::range::group_name;
use crate::run::Run;
use partita_protocol::Time;
use serde::Serialize;
use std::sync::Arc;

/// The tasks of one group at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupProgress {
    /// The group.
    pub name: Arc<str>,
    /// Tasks that were known, also those that were done and forgotten by then.
    pub total: u64,
    /// Tasks in each state, in the order of [`STATES`](super::STATES). The last one is of those that are forgotten.
    pub counts: [u64; 8],
}

/// The tasks of each group at a moment, in the order in which the groups came.
pub fn progress(run: &Run, at: Time) -> Vec<GroupProgress> {
    let Some(timeline) = run.timeline() else { return Vec::new() };
    let known = timeline.known(at);
    let mut states = timeline.states(at);
    for prefix in known.keys() {
        states.entry(*prefix).or_default();
    }
    let group = |(prefix, counts): (_, [i64; 8])| {
        let mut counts = counts.map(|count| count.max(0) as u64);
        let there: u64 = counts[..7].iter().sum();
        let total = known.get(&prefix).copied().unwrap_or(0).max(there);
        counts[7] = total - there;
        GroupProgress { name: group_name(run, prefix), total, counts }
    };
    states.into_iter().map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::Script;
    use partita_protocol::telemetry::State::{Forgotten, Memory, Processing, Released};

    #[test]
    fn any_past_moment_can_be_looked_at() {
        let ms = 1_000_000;
        let mut script = Script::new(1);
        let (first, second) = (script.task("inc", &[]), script.task("inc", &[]));
        script.step(10 * ms, first, Released, Processing);
        script.step(30 * ms, first, Processing, Memory);
        script.step(50 * ms, second, Released, Processing);
        script.step(70 * ms, first, Memory, Released);
        script.step(70 * ms, first, Released, Forgotten);
        let run = script.run();
        let at = |moment| {
            let groups = progress(&run, Time(moment * ms));
            assert_eq!((groups.len(), &*groups[0].name, groups[0].total), (1, "inc", 2));
            groups[0].counts
        };
        assert_eq!(at(15), [1, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(at(35), [1, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(at(55), [0, 0, 0, 0, 1, 1, 0, 0]);
        assert_eq!(at(75), [0, 0, 0, 0, 1, 0, 0, 1]);
        assert_eq!(progress(&Run::default(), Time(0)), []);
    }
}
