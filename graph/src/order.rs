//! The static order: which task first, so that few results are held at a time.
//!
//! Depth first from each task that nothing depends on, and under each task the branch first that holds most results
//! while it runs (the labels of Sethi and Ullman, "The generation of optimal code for arithmetic expressions", 1970):
//! what it leaves is one result while the lighter branches run. On trees that is optimal, on other graphs a good
//! guess. Deterministic, and linear in tasks and edges but for sorting the branches of one task by their labels.

/// Tasks in static order. The dependencies of task `t` are `edges[starts[t]..starts[t + 1]]`; the graph has no cycle.
pub fn order(starts: &[u32], edges: &[u32]) -> Vec<u32> {
    let count = starts.len() - 1;
    let depends = |task: u32| &edges[starts[task as usize] as usize..starts[task as usize + 1] as usize];
    let (labels, sinks) = labels(starts, edges);
    let mut ordered = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    // Entries: a task to open, or (marked) to close once all below it is closed.
    const CLOSE: u32 = 1 << 31;
    let mut stack: Vec<u64> = Vec::new();
    let mut branches: Vec<u32> = Vec::new();
    for sink in sinks {
        stack.push(u64::from(sink));
        while let Some(entry) = stack.pop() {
            let task = entry as u32;
            if (entry >> 32) as u32 == CLOSE {
                ordered.push(task);
                continue;
            }
            if std::mem::replace(&mut seen[task as usize], true) {
                continue;
            }
            let below = depends(task);
            if below.is_empty() {
                ordered.push(task);
                continue;
            }
            stack.push((u64::from(CLOSE) << 32) | u64::from(task));
            branches.clear();
            branches.extend(below.iter().copied().filter(|&branch| !seen[branch as usize]));
            let label = |branch: &u32| std::cmp::Reverse(labels[*branch as usize]);
            if !branches.is_sorted_by_key(label) {
                branches.sort_by_key(label);
            }
            // The last one pushed is opened first.
            stack.extend(branches.iter().rev().map(|&branch| u64::from(branch)));
        }
    }
    ordered
}

/// For each task how many results are held while it and what it needs run, and the tasks that nothing depends on.
fn labels(starts: &[u32], edges: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let count = starts.len() - 1;
    let depends = |task: u32| &edges[starts[task as usize] as usize..starts[task as usize + 1] as usize];
    let mut dependents = vec![0u32; count];
    edges.iter().for_each(|&edge| dependents[edge as usize] += 1);
    let sinks: Vec<u32> = (0..count as u32).filter(|&task| dependents[task as usize] == 0).collect();
    // Readers before what they read; walked backwards, every task comes after its inputs.
    let mut readers_first = sinks.clone();
    let mut next = 0;
    while let Some(&task) = readers_first.get(next) {
        next += 1;
        for &input in depends(task) {
            dependents[input as usize] -= 1;
            if dependents[input as usize] == 0 {
                readers_first.push(input);
            }
        }
    }
    let mut labels = vec![1u32; count];
    for &task in readers_first.iter().rev() {
        let (mut most, mut ties) = (1, 0);
        for &input in depends(task) {
            match labels[input as usize].cmp(&most) {
                std::cmp::Ordering::Greater => (most, ties) = (labels[input as usize], 1),
                std::cmp::Ordering::Equal => ties += 1,
                std::cmp::Ordering::Less => {}
            }
        }
        labels[task as usize] = most.saturating_add(ties.max(1) - 1).max(1);
    }
    (labels, sinks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn csr(dependencies: &[Vec<u32>]) -> (Vec<u32>, Vec<u32>) {
        let mut starts = vec![0];
        let mut edges = Vec::new();
        for list in dependencies {
            edges.extend(list);
            starts.push(edges.len() as u32);
        }
        (starts, edges)
    }

    /// The most results held at a time: a result is held until its last reader ran, outputs to the end.
    fn peak(dependencies: &[Vec<u32>], ordered: &[u32]) -> usize {
        let mut readers = vec![0; dependencies.len()];
        dependencies.iter().flatten().for_each(|&input| readers[input as usize] += 1);
        let (mut held, mut peak) = (0usize, 0);
        for &task in ordered {
            held += 1;
            peak = peak.max(held);
            for &input in &dependencies[task as usize] {
                readers[input as usize] -= 1;
                held -= usize::from(readers[input as usize] == 0);
            }
        }
        peak
    }

    fn run(dependencies: &[Vec<u32>]) -> Vec<u32> {
        let (starts, edges) = csr(dependencies);
        order(&starts, &edges)
    }

    #[test]
    fn a_binary_tree_is_walked_depth_first() {
        // Leaves 0..8, then pairs: the most that is ever held is the depth and one.
        let mut dependencies: Vec<Vec<u32>> = vec![vec![]; 8];
        let mut row: Vec<u32> = (0..8).collect();
        while row.len() > 1 {
            let next: Vec<u32> = row
                .chunks(2)
                .map(|pair| {
                    dependencies.push(pair.to_vec());
                    dependencies.len() as u32 - 1
                })
                .collect();
            row = next;
        }
        assert_eq!(peak(&dependencies, &run(&dependencies)), 5);
        let by_level: Vec<u32> = (0..15).collect();
        assert_eq!(peak(&dependencies, &by_level), 9, "row by row holds all leaves");
    }

    #[test]
    fn the_heavy_branch_runs_first() {
        //  4 needs 0 and 3; 3 needs 1 and 2.
        let dependencies = vec![vec![], vec![], vec![], vec![1, 2], vec![0, 3]];
        assert_eq!(run(&dependencies), [1, 2, 3, 0, 4]);
    }

    proptest! {
        #[test]
        fn every_task_comes_once_and_after_its_inputs(
            shape in proptest::collection::vec(proptest::collection::vec(any::<u32>(), 0..4), 1..200)
        ) {
            let dependencies: Vec<Vec<u32>> = shape
                .iter()
                .enumerate()
                .map(|(task, list)| list.iter().filter(|_| task > 0).map(|n| n % task as u32).collect())
                .collect();
            let ordered = run(&dependencies);
            let mut rank = vec![usize::MAX; dependencies.len()];
            ordered.iter().enumerate().for_each(|(at, &task)| rank[task as usize] = at);
            prop_assert_eq!(ordered.len(), dependencies.len());
            for (task, list) in dependencies.iter().enumerate() {
                prop_assert!(list.iter().all(|&input| rank[input as usize] < rank[task]));
            }
        }
    }
}
