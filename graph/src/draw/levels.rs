//! Levels: which way is up in a graph, even in one whose groups feed each other in circles.

/// For each node, the indices of its edges, in one flat table.
#[derive(Debug, Clone)]
pub(super) struct Adjacency {
    starts: Vec<u32>,
    edges: Vec<u32>,
}

impl Adjacency {
    /// Indexes `edges` by the node that `end` picks from each.
    pub(super) fn new(nodes: usize, edges: &[(u32, u32)], end: impl Fn(&(u32, u32)) -> u32) -> Self {
        let mut starts = vec![0; nodes + 1];
        for edge in edges {
            starts[end(edge) as usize + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut table = vec![0; edges.len()];
        for (index, edge) in edges.iter().enumerate() {
            let slot = &mut next[end(edge) as usize];
            table[*slot as usize] = index as u32;
            *slot += 1;
        }
        Self { starts, edges: table }
    }

    /// The edges of a node.
    pub(super) fn of(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.edges[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

/// A graph with a direction: all its edges go up, once the reversed ones are turned around.
#[derive(Debug)]
pub(super) struct Upward {
    /// Which edges had to be turned around.
    pub(super) reversed: Vec<bool>,
    /// The nodes, every edge from an earlier to a later one.
    pub(super) order: Vec<u32>,
}

impl Upward {
    /// Turns around edges that close a circle; none of a graph without circles. Edges of a node to itself do not count.
    pub(super) fn new(nodes: usize, edges: &[(u32, u32)]) -> Self {
        let out = Adjacency::new(nodes, edges, |edge| edge.0);
        let mut sources = vec![true; nodes];
        for edge in edges {
            sources[edge.1 as usize] &= edge.0 == edge.1;
        }
        let mut walk = Walk { state: vec![State::New; nodes], reversed: vec![false; edges.len()], left: Vec::new() };
        let all = 0..nodes as u32;
        let roots = all.clone().filter(|&node| sources[node as usize]).chain(all);
        for root in roots {
            walk.from(root, &out, edges);
        }
        walk.left.reverse();
        Self { reversed: walk.reversed, order: walk.left }
    }

    /// The longest way to each node from a node without predecessors.
    pub(super) fn levels(&self, edges: &[(u32, u32)]) -> Vec<u32> {
        let turned: Vec<(u32, u32)> =
            edges.iter().zip(&self.reversed).map(|(&(a, b), &turn)| if turn { (b, a) } else { (a, b) }).collect();
        let out = Adjacency::new(self.order.len(), &turned, |edge| edge.0);
        let mut levels = vec![0; self.order.len()];
        for &node in &self.order {
            for &edge in out.of(node) {
                let above = turned[edge as usize].1 as usize;
                if above != node as usize {
                    levels[above] = levels[above].max(levels[node as usize] + 1);
                }
            }
        }
        levels
    }
}

/// How far the walk is with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Left,
}

/// A walk in depth, with its own stack instead of the thread's.
struct Walk {
    state: Vec<State>,
    reversed: Vec<bool>,
    left: Vec<u32>,
}

impl Walk {
    fn from(&mut self, root: u32, out: &Adjacency, edges: &[(u32, u32)]) {
        if self.state[root as usize] != State::New {
            return;
        }
        let mut stack = vec![(root, 0)];
        self.state[root as usize] = State::Open;
        while let Some((node, next)) = stack.last_mut() {
            let Some(&edge) = out.of(*node).get(*next) else {
                self.state[*node as usize] = State::Left;
                self.left.push(*node);
                stack.pop();
                continue;
            };
            *next += 1;
            let to = edges[edge as usize].1;
            match self.state[to as usize] {
                State::New => {
                    self.state[to as usize] = State::Open;
                    stack.push((to, 0));
                }
                State::Open => self.reversed[edge as usize] = to != *node,
                State::Left => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diamond_has_three_levels() {
        let edges = [(0, 1), (0, 2), (1, 3), (2, 3)];
        let upward = Upward::new(4, &edges);
        assert_eq!(upward.levels(&edges), [0, 1, 1, 2]);
        assert_eq!(upward.reversed, [false; 4]);
    }

    #[test]
    fn a_circle_is_opened_at_one_edge() {
        let edges = [(0, 1), (1, 2), (2, 0), (2, 2)];
        let upward = Upward::new(3, &edges);
        assert_eq!(upward.reversed, [false, false, true, false]);
        assert_eq!(upward.levels(&edges), [0, 1, 2]);
    }

    #[test]
    fn every_edge_goes_up_in_a_tangle() {
        let edges: Vec<(u32, u32)> = (0..400_u32).map(|i| (i * 7 % 50, i * i % 50)).filter(|(a, b)| a != b).collect();
        let upward = Upward::new(50, &edges);
        let levels = upward.levels(&edges);
        for ((a, b), turned) in edges.iter().zip(&upward.reversed) {
            assert_eq!(levels[*a as usize] > levels[*b as usize], *turned, "{a} -> {b}");
        }
    }
}
