//! Places across: vertices near the middle of their neighbours, in order, never nearer than they may be.
//!
//! Each row in turn is moved to where its neighbours would have it. The best places that keep order and distance are an
//! isotonic regression, found exactly by merging blocks that would overlap.

use super::layers::Layers;
use super::straight;

/// The work all sweeps together may do, in vertices and steps looked at.
const WORK: usize = 6_000_000;
/// The most sweeps.
const MAX_SWEEPS: usize = 60;
/// The fewest sweeps.
const MIN_SWEEPS: usize = 4;
/// Between two nodes in a row.
const NODE_GAP: f64 = 18.0;
/// Between a bend and its neighbour.
const BEND_GAP: f64 = 11.0;
/// The pull of a step between nodes, between a node and a bend, and between bends: long edges should be straight.
const PULL: [f64; 3] = [1.0, 2.0, 8.0];
/// How much a vertex without neighbours on the side looked at stays where it is.
const STAY: f64 = 0.05;

/// The centre across of every vertex; the left edge of the leftmost is at 0. The whole page has `page` nodes and edges.
pub(super) fn place(layers: &Layers, widths: &[f64], page: usize) -> Vec<f64> {
    let width = |vertex: u32| widths.get(vertex as usize).copied().unwrap_or(0.0);
    let offsets: Vec<Vec<f64>> = layers.rows.iter().map(|row| offsets(layers, row, &width)).collect();
    let mut x = vec![0.0; layers.level.len()];
    for (row, offsets) in layers.rows.iter().zip(&offsets) {
        let middle = offsets.last().map_or(0.0, |last| last / 2.0);
        for (&vertex, offset) in row.iter().zip(offsets) {
            x[vertex as usize] = offset - middle;
        }
    }
    let sweeps = (WORK / layers.size(page)).clamp(MIN_SWEEPS, MAX_SWEEPS);
    for sweep in 0..sweeps {
        let side = if sweep * 2 < sweeps { Side::Behind } else { Side::Both };
        run(layers, &offsets, &mut x, sweep % 2 == 0, side);
    }
    straight::straighten(layers, &offsets, &mut x);
    let left = (0..layers.real).map(|node| x[node] - widths[node] / 2.0);
    let left = left.chain(x[layers.real..].iter().copied()).fold(f64::INFINITY, f64::min);
    for value in &mut x {
        *value -= left;
    }
    x
}

/// Which neighbours a row looks at.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    /// Those in the row that was just placed.
    Behind,
    /// All.
    Both,
}

/// The least distance of each vertex of a row from the first.
fn offsets(layers: &Layers, row: &[u32], width: &impl Fn(u32) -> f64) -> Vec<f64> {
    let mut at = 0.0;
    let mut before: Option<u32> = None;
    let mut out = Vec::with_capacity(row.len());
    for &vertex in row {
        if let Some(left) = before {
            let bend = layers.is_bend(left) || layers.is_bend(vertex);
            at += (width(left) + width(vertex)) / 2.0 + if bend { BEND_GAP } else { NODE_GAP };
        }
        out.push(at);
        before = Some(vertex);
    }
    out
}

/// One sweep over all rows.
fn run(layers: &Layers, offsets: &[Vec<f64>], x: &mut [f64], upwards: bool, side: Side) {
    let rows = layers.rows.len();
    let mut blocks = Vec::new();
    for step in 0..rows {
        let at = if upwards { step } else { rows - 1 - step };
        blocks.clear();
        for (&vertex, offset) in layers.rows[at].iter().zip(&offsets[at]) {
            let (sum, weight) = wish(layers, x, vertex, upwards, side);
            push(&mut blocks, Block { sum: sum - weight * offset, weight, count: 1 });
        }
        let mut slots = layers.rows[at].iter().zip(&offsets[at]);
        for block in &blocks {
            let start = block.sum / block.weight;
            for (&vertex, offset) in slots.by_ref().take(block.count) {
                x[vertex as usize] = start + offset;
            }
        }
    }
}

/// Where a vertex would like to be, as a weighted sum and its weight.
fn wish(layers: &Layers, x: &[f64], vertex: u32, upwards: bool, side: Side) -> (f64, f64) {
    let mut sum = STAY * x[vertex as usize];
    let mut weight = STAY;
    let mut look = |above: bool| {
        for next in layers.beside(vertex, above) {
            let pull = PULL[usize::from(layers.is_bend(vertex)) + usize::from(layers.is_bend(next))];
            sum += pull * x[next as usize];
            weight += pull;
        }
    };
    look(!upwards);
    if side == Side::Both {
        look(upwards);
    }
    (sum, weight)
}

/// Vertices that stand as close together as they may.
struct Block {
    sum: f64,
    weight: f64,
    count: usize,
}

/// Adds a block at the right end and merges it with those it would overlap.
fn push(blocks: &mut Vec<Block>, mut block: Block) {
    while let Some(last) = blocks.last() {
        if last.sum / last.weight <= block.sum / block.weight {
            break;
        }
        block =
            Block { sum: last.sum + block.sum, weight: last.weight + block.weight, count: last.count + block.count };
        blocks.pop();
    }
    blocks.push(block);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_stands_over_the_middle_of_its_children() {
        let layers = Layers::new(4, &[(0, 3), (1, 3), (2, 3)]);
        let x = place(&layers, &[40.0; 4], 0);
        for (at, expected) in x.iter().zip([20.0, 78.0, 136.0, 78.0]) {
            assert!((at - expected).abs() < 0.5, "{x:?}");
        }
    }

    #[test]
    fn a_chain_is_straight() {
        let edges: Vec<(u32, u32)> = (1..50).map(|to| (to - 1, to)).collect();
        let widths: Vec<f64> = (0..50).map(|i| 40.0 + f64::from(i)).collect();
        let x = place(&Layers::new(50, &edges), &widths, 0);
        assert!(x.iter().all(|at| (at - x[0]).abs() < 0.01), "{x:?}");
    }

    #[test]
    fn neighbours_keep_their_distance() {
        let mut edges: Vec<(u32, u32)> = (0..200_u32).map(|i| (i % 40, 40 + i * i % 37)).collect();
        edges.sort_unstable();
        edges.dedup();
        let layers = Layers::new(77, &edges);
        let x = place(&layers, &[50.0; 77], 0);
        for row in &layers.rows {
            for pair in row.windows(2) {
                assert!(x[pair[1] as usize] - x[pair[0] as usize] >= 67.99);
            }
        }
    }
}
