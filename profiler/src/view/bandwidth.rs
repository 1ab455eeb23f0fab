//! Bandwidth: what went from worker to worker, by pair and by group.

use super::range::{group_name, nanos};
use crate::run::{Merge, OTHER_PAIRS, Pair, Run};
use partita_protocol::{PrefixId, Time, WorkerId};
use serde::Serialize;
use std::sync::Arc;

/// What went, of one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupFlow {
    /// The group.
    pub name: Arc<str>,
    /// Its results.
    pub count: u64,
    /// Their bytes.
    pub nbytes: u64,
    /// Time that they took; that of a transfer of several results is shared out by bytes.
    pub time: u64,
    /// Bytes a second, while something went.
    pub bandwidth: u64,
}

/// What went from worker to worker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bandwidth {
    /// Names of the workers that sent or got something.
    pub workers: Vec<Arc<str>>,
    /// Sender and receiver as indices into `workers`, bytes, bytes a second, and transfers; the most bytes first.
    pub pairs: Vec<(usize, usize, u64, u64, u64)>,
    /// Pairs that are not shown, as they sent least.
    pub left_off: usize,
    /// By group, the most bytes first.
    pub groups: Vec<GroupFlow>,
    /// Transfers, all together.
    pub transfers: u64,
    /// Bytes, all together.
    pub nbytes: u64,
    /// Time, all together.
    pub time: u64,
}

/// What went from worker to worker, for so many pairs at the most. At a past moment it is what had come by the end of the
/// stretch of time that the moment is in; the pairs that stretches do not tell apart count as one that is not shown.
pub fn bandwidth(run: &Run, at: Option<Time>, most: usize) -> Bandwidth {
    let (mut pairs, flows, all) = sums(run, at);
    pairs.sort_by_key(|(from, to, pair)| (std::cmp::Reverse(pair.nbytes), *from, *to));
    let count = pairs.len();
    pairs.retain(|(from, to, _)| (*from, *to) != OTHER_PAIRS);
    pairs.truncate(most);
    let left_off = count - pairs.len();
    let mut ids: Vec<WorkerId> = pairs.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
    ids.sort_unstable();
    ids.dedup();
    let index = |worker: WorkerId| ids.binary_search(&worker).unwrap_or(0);
    let speed = |pair: &Pair| pair.bandwidth().round() as u64;
    let flow = |(prefix, pair): &(PrefixId, Pair)| GroupFlow {
        name: group_name(run, *prefix),
        count: pair.count,
        nbytes: pair.nbytes,
        time: nanos(pair.time),
        bandwidth: speed(pair),
    };
    let mut groups: Vec<GroupFlow> = flows.iter().map(flow).collect();
    groups.sort_by(|a, b| b.nbytes.cmp(&a.nbytes).then_with(|| a.name.cmp(&b.name)));
    Bandwidth {
        workers: ids.iter().map(|worker| run.workers().name(*worker)).collect(),
        pairs: pairs
            .iter()
            .map(|(from, to, pair)| (index(*from), index(*to), pair.nbytes, speed(pair), pair.transfers))
            .collect(),
        left_off,
        groups,
        transfers: all.transfers,
        nbytes: all.nbytes,
        time: nanos(all.time),
    }
}

type Pairs = Vec<(WorkerId, WorkerId, Pair)>;

/// What went by pair, by group, and all together.
fn sums(run: &Run, at: Option<Time>) -> (Pairs, Vec<(PrefixId, Pair)>, Pair) {
    if let (Some(at), Some(_), Some(timeline)) = (at, run.until(at), run.timeline()) {
        let pairs: Pairs = timeline.pairs(at).iter().map(|((from, to), pair)| (from, to, *pair)).collect();
        let mut all = Pair::default();
        pairs.iter().for_each(|(_, _, pair)| all.merge(pair));
        return (pairs, timeline.flows(at).iter().map(|(prefix, pair)| (prefix, *pair)).collect(), all);
    }
    let transfers = run.transfers();
    let pairs = transfers.pairs().map(|(from, to, pair)| (from, to, *pair)).collect();
    (pairs, transfers.groups().map(|(prefix, pair)| (prefix, *pair)).collect(), transfers.all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::Script;

    #[test]
    fn pairs_and_groups_add_up_to_the_transfers() {
        let mut script = Script::new(3);
        let (a, b) = (script.task("a", &[]), script.task("b", &[]));
        script.transfer((0, 1), &[(a, 300), (b, 100)], (0, 400));
        script.transfer((0, 1), &[(a, 100)], (400, 500));
        script.transfer((2, 0), &[(b, 50)], (0, 100));
        let run = script.run();
        let all = bandwidth(&run, None, 10);
        assert_eq!(all.workers.iter().map(|name| &**name).collect::<Vec<_>>(), ["worker-0", "worker-1", "worker-2"]);
        assert_eq!(all.pairs, [(0, 1, 500, 1_000_000_000, 2), (2, 0, 50, 500_000_000, 1)]);
        assert_eq!((all.transfers, all.nbytes, all.time), (3, 550, 600));
        let groups: Vec<_> = all.groups.iter().map(|flow| (&*flow.name, flow.count, flow.nbytes, flow.time)).collect();
        assert_eq!(groups, [("a", 2, 400, 400), ("b", 2, 150, 200)]);
        assert_eq!(bandwidth(&run, None, 1).left_off, 1);
        assert_eq!(bandwidth(&Run::default(), None, 1), Bandwidth::default());
    }
}
