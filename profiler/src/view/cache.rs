//! What the workers held over time: bytes, and results by group.

use super::range::{Range, group_name};
use super::series::{Series, stretches};
use crate::run::{Bin, Run};
use partita_protocol::telemetry::State;
use partita_protocol::{PrefixId, WorkerId};
use serde::Serialize;
use std::collections::BTreeMap;

/// Results in memory over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cache {
    /// Results by group, the groups with most of them first; the others are one line.
    pub results: Series,
    /// Bytes that all workers held.
    pub held: Series,
}

/// Results in memory over time, for so many groups and in at most so many points.
pub fn cache(run: &Run, range: Range, points: usize, groups: usize) -> Cache {
    let (before, stretches) = stretches(run, range, points);
    let mut now: BTreeMap<PrefixId, i64> = BTreeMap::new();
    let mut lines: BTreeMap<PrefixId, Vec<i64>> = BTreeMap::new();
    add(&mut now, before);
    for (nth, stretch) in stretches.iter().enumerate() {
        add(&mut now, stretch.bins);
        for (prefix, count) in &now {
            lines.entry(*prefix).or_insert_with(|| vec![0; stretches.len()])[nth] = (*count).max(0);
        }
    }
    let mut lines: Vec<_> = lines.into_iter().filter(|(_, values)| values.iter().any(|&count| count > 0)).collect();
    lines.sort_by_key(|(prefix, values)| (std::cmp::Reverse(values.iter().copied().max()), *prefix));
    let rest = lines.split_off(groups.min(lines.len()));
    let mut shown: Vec<_> = lines.into_iter().map(|(prefix, values)| (group_name(run, prefix), values)).collect();
    if !rest.is_empty() {
        let sum = |nth: usize| rest.iter().map(|(_, values)| values[nth]).sum();
        shown.push((format!("{} other groups", rest.len()).into(), (0..stretches.len()).map(sum).collect()));
    }
    let times: Vec<u64> = stretches.iter().map(|stretch| stretch.end).collect();
    let some = |values: Vec<i64>| values.into_iter().map(|count| Some(count as f64)).collect();
    let results = Series::new(&times, shown.into_iter().map(|(name, values)| (name, some(values))));
    Cache { results, held: held(run, range, points) }
}

fn add(now: &mut BTreeMap<PrefixId, i64>, bins: &[Bin]) {
    for (prefix, group) in bins.iter().flat_map(|bin| bin.groups.iter()) {
        *now.entry(prefix).or_default() += group.steps[State::Memory as usize];
    }
}

/// Bytes that all workers held over time.
pub(super) fn held(run: &Run, range: Range, points: usize) -> Series {
    let (before, stretches) = stretches(run, range, points);
    let mut now: BTreeMap<WorkerId, u64> = BTreeMap::new();
    let mut sum = |bins: &[Bin]| {
        now.extend(bins.iter().flat_map(Bin::held).map(|(worker, (_, nbytes))| (worker, nbytes)));
        now.values().sum::<u64>()
    };
    sum(before);
    let values = stretches.iter().map(|stretch| Some(sum(stretch.bins) as f64)).collect();
    let times: Vec<u64> = stretches.iter().map(|stretch| stretch.end).collect();
    Series::new(&times, [("results".into(), values)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::Script;
    use partita_protocol::telemetry::State::{Memory, Processing, Released};

    #[test]
    fn results_by_group_and_bytes_over_time() {
        let ms = 1_000_000;
        let mut script = Script::new(2);
        for (at, name) in [(0, "a"), (0, "a"), (10, "b"), (10, "c")] {
            let task = script.task(name, &[]);
            script.step(at * ms, task, Processing, Memory);
            if name == "a" {
                script.step(20 * ms, task, Memory, Released);
            }
        }
        script.store(5 * ms, 0, 2, 100);
        script.store(15 * ms, 1, 2, 50);
        script.store(25 * ms, 0, 0, 0);
        let run = script.run();
        let cache = cache(&run, Range::of(&run), 100, 1);
        let lines: Vec<_> = cache.results.lines.iter().map(|line| (&*line.name, line.values.clone())).collect();
        let values = |values: [i64; 3]| values.map(|value| Some(value as f64)).to_vec();
        assert_eq!(lines, [("a", values([2, 2, 0])), ("2 other groups", values([0, 2, 2]))]);
        assert_eq!(cache.held.lines[0].values, values([100, 150, 50]));
    }
}
