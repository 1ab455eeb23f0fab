//! The order of vertices within their rows: few crossings, found by a bounded number of sweeps.

use super::layers::Layers;

/// The work all sweeps together may do, in vertices and steps looked at.
const WORK: usize = 4_000_000;
/// The most sweeps.
const MAX_SWEEPS: usize = 24;
/// The fewest sweeps.
const MIN_SWEEPS: usize = 2;
/// Sweeps without a better order after which it is enough.
const PATIENCE: usize = 6;
/// Graphs above this size are swept from one first order only, and their crossings are not counted.
const LARGE: usize = 300_000;
/// Graphs up to this size also have neighbours swapped one by one.
const SWAP_SIZE: usize = 20_000;
/// The most rounds of swaps after a sweep.
const SWAP_ROUNDS: usize = 4;

/// Orders the rows of `layers`, a part of a page with `page` nodes and edges.
pub(super) fn order(layers: &mut Layers, page: usize) {
    let size = layers.size(page);
    let from_top = walk(layers, true);
    if size > LARGE {
        layers.rows = from_top;
        let mut places = Places::new(layers);
        for sweep in 0..MIN_SWEEPS {
            places.sweep(layers, sweep % 2 == 0);
        }
        return;
    }
    let from_bottom = walk(layers, false);
    let mut best: Option<(u64, Vec<Vec<u32>>)> = None;
    for rows in [from_top, from_bottom] {
        layers.rows = rows;
        let found = improve(layers, size);
        if best.as_ref().is_none_or(|(least, _)| found.0 < *least) {
            best = Some(found);
        }
        if best.as_ref().is_some_and(|(least, _)| *least == 0) {
            break;
        }
    }
    if let Some((_, rows)) = best {
        layers.rows = rows;
    }
}

/// The rows in the order of a walk in depth: a tree comes out without crossings.
fn walk(layers: &Layers, from_top: bool) -> Vec<Vec<u32>> {
    let mut rows: Vec<Vec<u32>> = layers.rows.iter().map(|row| Vec::with_capacity(row.len())).collect();
    let mut seen = vec![false; layers.level.len()];
    let mut stack = Vec::new();
    for root in 0..layers.level.len() as u32 {
        if layers.beside(root, from_top).len() > 0 {
            continue;
        }
        stack.push(root);
        while let Some(vertex) = stack.pop() {
            if std::mem::replace(&mut seen[vertex as usize], true) {
                continue;
            }
            rows[layers.level[vertex as usize] as usize].push(vertex);
            let first = stack.len();
            stack.extend(layers.beside(vertex, !from_top).filter(|&next| !seen[next as usize]));
            stack[first..].reverse();
        }
    }
    rows
}

/// Sweeps up and down from the present order; the best order met, and its crossings.
fn improve(layers: &mut Layers, size: usize) -> (u64, Vec<Vec<u32>>) {
    let mut place = Places::new(layers);
    let mut best = (place.crossings(layers), layers.rows.clone());
    let sweeps = (WORK / size).clamp(MIN_SWEEPS, MAX_SWEEPS);
    let mut since = 0;
    for sweep in 0..sweeps {
        if best.0 == 0 || since >= PATIENCE {
            break;
        }
        place.sweep(layers, sweep % 2 == 0);
        if size <= SWAP_SIZE {
            for _ in 0..SWAP_ROUNDS {
                if !place.swap_neighbours(layers) {
                    break;
                }
            }
        }
        let crossings = place.crossings(layers);
        since += 1;
        if crossings < best.0 {
            best = (crossings, layers.rows.clone());
            since = 0;
        }
    }
    best
}

/// The place of every vertex in its row.
struct Places {
    of: Vec<u32>,
}

impl Places {
    fn new(layers: &Layers) -> Self {
        let mut places = Self { of: vec![0; layers.level.len()] };
        for row in &layers.rows {
            places.number(row);
        }
        places
    }

    fn number(&mut self, row: &[u32]) {
        for (place, &vertex) in row.iter().enumerate() {
            self.of[vertex as usize] = place as u32;
        }
    }

    /// Sorts each row by the middle of its neighbours in the row before. Vertices without any keep their places.
    fn sweep(&mut self, layers: &mut Layers, upwards: bool) {
        let rows = layers.rows.len();
        for step in 1..rows {
            let at = if upwards { step } else { rows - 1 - step };
            let mut row = std::mem::take(&mut layers.rows[at]);
            let mut slots = Vec::new();
            let mut keyed = Vec::new();
            for (slot, &vertex) in row.iter().enumerate() {
                let neighbours = layers.beside(vertex, !upwards);
                let count = neighbours.len();
                if count > 0 {
                    let sum: u64 = neighbours.map(|next| u64::from(self.of[next as usize])).sum();
                    slots.push(slot);
                    keyed.push((sum as f64 / count as f64, vertex));
                }
            }
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (slot, (_, vertex)) in slots.into_iter().zip(keyed) {
                row[slot] = vertex;
            }
            self.number(&row);
            layers.rows[at] = row;
        }
    }

    /// Swaps neighbours in a row where that removes crossings; whether any were.
    fn swap_neighbours(&mut self, layers: &mut Layers) -> bool {
        let mut any = false;
        let mut near = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        for at in 0..layers.rows.len() {
            let mut row = std::mem::take(&mut layers.rows[at]);
            for left in 1..row.len() {
                let (a, b) = (row[left - 1], row[left]);
                for (list, (vertex, above)) in near.iter_mut().zip([(a, true), (b, true), (a, false), (b, false)]) {
                    list.clear();
                    list.extend(layers.beside(vertex, above).map(|next| self.of[next as usize]));
                    list.sort_unstable();
                }
                let [a_up, b_up, a_down, b_down] = &near;
                let now = inversions(a_up, b_up) + inversions(a_down, b_down);
                if now > inversions(b_up, a_up) + inversions(b_down, a_down) {
                    row.swap(left - 1, left);
                    self.of.swap(a as usize, b as usize);
                    any = true;
                }
            }
            layers.rows[at] = row;
        }
        any
    }

    /// The number of crossings between all neighbouring rows.
    fn crossings(&self, layers: &Layers) -> u64 {
        let mut total = 0;
        let mut ends = Vec::new();
        let mut tree = Vec::new();
        for pair in layers.rows.windows(2) {
            tree.clear();
            tree.resize(pair[1].len() + 1, 0_u32);
            let mut before = 0_u64;
            for &vertex in &pair[0] {
                ends.clear();
                ends.extend(layers.above(vertex).map(|next| self.of[next as usize]));
                for &end in &ends {
                    total += before - u64::from(sum_to(&tree, end as usize + 1));
                }
                for &end in &ends {
                    add(&mut tree, end as usize + 1);
                }
                before += ends.len() as u64;
            }
        }
        total
    }
}

/// How many pairs have the element of `left` above that of `right`; both are sorted.
fn inversions(left: &[u32], right: &[u32]) -> usize {
    let mut below = 0;
    let mut total = 0;
    for value in left {
        while below < right.len() && right[below] < *value {
            below += 1;
        }
        total += below;
    }
    total
}

/// Counts one more at `at` in a tree of partial sums.
fn add(tree: &mut [u32], mut at: usize) {
    while at < tree.len() {
        tree[at] += 1;
        at += at & at.wrapping_neg();
    }
}

/// The sum of the counts up to `at`.
fn sum_to(tree: &[u32], mut at: usize) -> u32 {
    let mut sum = 0;
    while at > 0 {
        sum += tree[at];
        at &= at - 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The crossings left in a graph.
    fn left(nodes: usize, edges: &[(u32, u32)]) -> u64 {
        let mut layers = Layers::new(nodes, edges);
        order(&mut layers, 0);
        Places::new(&layers).crossings(&layers)
    }

    #[test]
    fn crossings_are_counted() {
        let mut layers = Layers::new(4, &[(0, 3), (1, 2)]);
        layers.rows = vec![vec![0, 1], vec![2, 3]];
        assert_eq!(Places::new(&layers).crossings(&layers), 1);
        assert!(Places::new(&layers).swap_neighbours(&mut layers));
        assert_eq!(Places::new(&layers).crossings(&layers), 0);
    }

    #[test]
    fn a_tree_has_no_crossings() {
        // Node n feeds n / 2, from a shuffled numbering.
        let shuffle = |n: u32| (n * 76 + 5) % 511;
        let edges: Vec<(u32, u32)> = (1..511).map(|n| (shuffle(n), shuffle((n - 1) / 2))).collect();
        assert_eq!(left(511, &edges), 0);
    }

    #[test]
    fn a_complete_pair_of_rows_has_the_least() {
        let edges: Vec<(u32, u32)> = (0..4).flat_map(|a| (4..8).map(move |b| (a, b))).collect();
        assert_eq!(left(8, &edges), 36);
    }
}
