//! Rebalance: which results go from full workers to empty ones.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How far from the mean a worker may be, in hundredths, before it gives or takes results.
const BAND_PERCENT: u128 = 10;

/// Tells moves, as `(what, sender, recipient)`, that bring the workers closer together, given the bytes that each one
/// holds; `movable` tells the results of a sender that may go with their sizes, those first that are to go first.
///
/// Each move leaves the sender with no less than the recipient, so nothing is moved to and fro.
pub(crate) fn plan<T>(loads: &[u128], movable: impl Fn(usize) -> Vec<(T, u64)>, mut tell: impl FnMut(T, usize, usize)) {
    let mean = loads.iter().sum::<u128>() / (loads.len().max(1) as u128);
    let band = mean * BAND_PERCENT / 100;
    let mut senders: Vec<usize> = (0..loads.len()).filter(|worker| loads[*worker] > mean + band).collect();
    senders.sort_by_key(|worker| Reverse(loads[*worker]));
    let is_empty = |worker: &usize| loads[*worker] < mean - band;
    let mut recipients: BinaryHeap<_> =
        (0..loads.len()).filter(is_empty).map(|worker| Reverse((loads[worker], worker))).collect();
    for sender in senders {
        let mut load = loads[sender];
        for (what, nbytes) in movable(sender) {
            let nbytes = u128::from(nbytes);
            if load <= mean + band {
                break;
            }
            let Some(mut recipient) = recipients.peek_mut() else { return };
            let Reverse((least, worker)) = *recipient;
            if nbytes == 0 || least + nbytes > load - nbytes {
                continue;
            }
            load -= nbytes;
            tell(what, sender, worker);
            *recipient = Reverse((least + nbytes, worker));
            if least + nbytes >= mean {
                std::collections::binary_heap::PeekMut::pop(recipient);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each worker has after the moves.
    fn after(lists: &[Vec<u64>]) -> Vec<u64> {
        let loads: Vec<u128> = lists.iter().map(|list| list.iter().map(|size| u128::from(*size)).sum()).collect();
        let mut sums: Vec<u64> = lists.iter().map(|list| list.iter().sum()).collect();
        let movable = |worker: usize| lists[worker].iter().map(|size| (*size, *size)).collect();
        plan(&loads, movable, |size, from, to| {
            assert_ne!(from, to);
            sums[from] -= size;
            sums[to] += size;
        });
        sums
    }

    #[test]
    fn full_workers_give_to_empty_ones() {
        assert_eq!(after(&[vec![10; 12], vec![], vec![]]), [40, 40, 40]);
        assert_eq!(after(&[vec![10; 10], vec![10; 10], vec![]]), [70, 70, 60]);
        assert_eq!(after(&[vec![], vec![100]]), [0, 100], "what is too large stays");
        assert_eq!(after(&[vec![100, 10, 10], vec![0]]), [100, 20]);
    }

    #[test]
    fn what_is_balanced_stays() {
        assert_eq!(after(&[vec![10; 10], vec![10; 9]]), [100, 90]);
        assert_eq!(after(&[vec![10]]), [10]);
        assert!(after(&[]).is_empty());
        assert_eq!(after(&[vec![0; 5], vec![]]), [0, 0]);
    }
}
