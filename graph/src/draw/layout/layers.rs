//! Layers: every vertex of a connected graph on a row, long edges cut into steps from row to row.

use super::super::levels::{Adjacency, Upward};

/// How often vertices are pulled towards their longer side.
const PULLS: usize = 3;
/// Bends there may be for each vertex and edge; the longest edges beyond that get none and are drawn straight.
const BENDS_EACH: usize = 2;
/// Bends there may be in any case.
const BENDS_FREE: usize = 20_000;

/// A graph on rows. Vertices below `real` are nodes; the others are bends of long edges.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) real: usize,
    /// The row of each vertex, 0 at the bottom.
    pub(super) level: Vec<u32>,
    /// The vertices of each row, from left to right.
    pub(super) rows: Vec<Vec<u32>>,
    /// Steps from one row to the next, the lower vertex first.
    pub(super) steps: Vec<(u32, u32)>,
    /// The vertices along each edge, upwards.
    pub(super) paths: Vec<Path>,
    up: Adjacency,
    down: Adjacency,
}

/// The way of one edge: from the lower node over a run of bends to the upper one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path {
    pub(super) low: u32,
    pub(super) high: u32,
    pub(super) first_bend: u32,
    pub(super) bends: u32,
    /// Whether data flows down along it.
    pub(super) reversed: bool,
}

impl Path {
    /// The vertices of the path, from the source of the data to its target.
    pub(super) fn vertices(&self) -> impl Iterator<Item = u32> {
        let Self { low, high, first_bend, bends, reversed } = *self;
        (0..bends + 2).map(move |at| match if reversed { bends + 1 - at } else { at } {
            0 => low,
            at if at > bends => high,
            at => first_bend + at - 1,
        })
    }
}

impl Layers {
    /// Puts the nodes of a graph without self-loops on rows.
    pub(super) fn new(nodes: usize, edges: &[(u32, u32)]) -> Self {
        let upward = Upward::new(nodes, edges);
        let turned: Vec<(u32, u32)> = edges
            .iter()
            .zip(&upward.reversed)
            .map(|(&(from, to), &turn)| if turn { (to, from) } else { (from, to) })
            .collect();
        let mut level = upward.levels(edges);
        pull(&mut level, &upward.order, &turned);
        pack(&mut level);
        let longest = longest_cut(&level, &turned, BENDS_EACH * (nodes + edges.len()) + BENDS_FREE);
        let mut steps = Vec::with_capacity(edges.len());
        let mut paths = Vec::with_capacity(edges.len());
        for (&(low, high), &reversed) in turned.iter().zip(&upward.reversed) {
            let span = level[high as usize] - level[low as usize];
            let bends = if span <= longest { span - 1 } else { 0 };
            let first_bend = level.len() as u32;
            let mut below = low;
            for row in 1..=bends {
                let bend = level.len() as u32;
                level.push(level[low as usize] + row);
                steps.push((below, bend));
                below = bend;
            }
            if span <= longest {
                steps.push((below, high));
            }
            paths.push(Path { low, high, first_bend, bends, reversed });
        }
        let mut rows = vec![Vec::new(); level.iter().max().map_or(0, |&top| top as usize + 1)];
        for (vertex, &row) in level.iter().enumerate() {
            rows[row as usize].push(vertex as u32);
        }
        let up = Adjacency::new(level.len(), &steps, |step| step.0);
        let down = Adjacency::new(level.len(), &steps, |step| step.1);
        Self { real: nodes, level, rows, steps, paths, up, down }
    }

    /// The neighbours of a vertex one row above.
    pub(super) fn above(&self, vertex: u32) -> impl ExactSizeIterator<Item = u32> {
        self.up.of(vertex).iter().map(|&step| self.steps[step as usize].1)
    }

    /// The neighbours on one side.
    pub(super) fn beside(&self, vertex: u32, above: bool) -> impl ExactSizeIterator<Item = u32> {
        let (table, upper) = if above { (&self.up, true) } else { (&self.down, false) };
        table.of(vertex).iter().map(move |&step| {
            let (low, high) = self.steps[step as usize];
            if upper { high } else { low }
        })
    }

    /// Whether a vertex is a bend.
    pub(super) fn is_bend(&self, vertex: u32) -> bool {
        vertex as usize >= self.real
    }

    /// How much work one look at everything is; at least `page`, so that many small parts get no more than one big one.
    pub(super) fn size(&self, page: usize) -> usize {
        (self.level.len() + self.steps.len()).max(page).max(1)
    }
}

/// Moves nodes with more edges on one side towards that side, as far as their edges let them: shorter edges.
fn pull(level: &mut [u32], order: &[u32], edges: &[(u32, u32)]) {
    let up = Adjacency::new(level.len(), edges, |edge| edge.0);
    let down = Adjacency::new(level.len(), edges, |edge| edge.1);
    for _ in 0..PULLS {
        let before: Vec<u32> = level.to_vec();
        for &node in order.iter().rev() {
            if up.of(node).len() > down.of(node).len() {
                let lowest = up.of(node).iter().map(|&edge| level[edges[edge as usize].1 as usize]).min();
                level[node as usize] = lowest.map_or(level[node as usize], |lowest| lowest - 1);
            }
        }
        for &node in order {
            if down.of(node).len() > up.of(node).len() {
                let highest = down.of(node).iter().map(|&edge| level[edges[edge as usize].0 as usize]).max();
                level[node as usize] = highest.map_or(level[node as usize], |highest| highest + 1);
            }
        }
        if before == level {
            break;
        }
    }
}

/// Numbers the rows in use without gaps.
fn pack(level: &mut [u32]) {
    let rows = level.iter().max().map_or(0, |&top| top as usize + 1);
    let mut number = vec![0; rows];
    for &row in level.iter() {
        number[row as usize] = 1;
    }
    let mut next = 0;
    for slot in &mut number {
        next += std::mem::replace(slot, next);
    }
    for row in level {
        *row = number[*row as usize];
    }
}

/// The longest span of edges that are cut into steps, so that there are at most `limit` bends.
fn longest_cut(level: &[u32], edges: &[(u32, u32)], limit: usize) -> u32 {
    let span = |&(low, high): &(u32, u32)| level[high as usize] - level[low as usize];
    let mut spans: Vec<u32> = edges.iter().map(span).collect();
    spans.sort_unstable();
    let mut bends = 0;
    for (index, &span) in spans.iter().enumerate() {
        bends += span as usize - 1;
        if bends > limit {
            // All edges of this span stay uncut, or the choice among them would be arbitrary.
            return if index == 0 { 1 } else { (span - 1).max(1) };
        }
    }
    u32::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_edges_are_cut_at_every_row() {
        let layers = Layers::new(4, &[(0, 1), (1, 2), (2, 3), (0, 3)]);
        assert_eq!(layers.level, [0, 1, 2, 3, 1, 2]);
        assert_eq!(layers.paths[3].vertices().collect::<Vec<_>>(), [0, 4, 5, 3]);
        for &(low, high) in &layers.steps {
            assert_eq!(layers.level[low as usize] + 1, layers.level[high as usize]);
        }
    }

    #[test]
    fn an_input_of_a_late_task_moves_up_to_it() {
        let layers = Layers::new(5, &[(0, 1), (1, 2), (2, 3), (4, 3)]);
        assert_eq!(layers.level, [0, 1, 2, 3, 2]);
    }

    #[test]
    fn too_many_bends_are_not_made() {
        let nodes = 1000;
        let mut edges: Vec<(u32, u32)> = (1..nodes).map(|to| (to - 1, to)).collect();
        edges.extend((0..nodes / 2).map(|from| (from, nodes - 1 - from / 2)));
        let all: u32 = edges.iter().map(|(low, high)| high - low - 1).sum();
        let limit = BENDS_FREE + BENDS_EACH * (nodes as usize + edges.len());
        assert!(all as usize > limit);
        let bends = Layers::new(nodes as usize, &edges).level.len() - nodes as usize;
        assert!(bends > limit / 2 && bends <= limit, "{bends}");
    }
}
