//! Straight runs: vertices that follow each other one by one are put one above the other, where their rows have room.

use super::layers::Layers;

/// How often all runs are looked at: one that moved makes room for others.
const ROUNDS: usize = 3;

/// Moves vertices in straight runs to one place across. `offsets` are the least distances of each row from its first vertex.
pub(super) fn straighten(layers: &Layers, offsets: &[Vec<f64>], x: &mut [f64]) {
    let mut slot = vec![0; layers.level.len()];
    for row in &layers.rows {
        for (index, &vertex) in row.iter().enumerate() {
            slot[vertex as usize] = index;
        }
    }
    for _ in 0..ROUNDS {
        for first in 0..layers.level.len() as u32 {
            if only(layers, first, false).is_none() {
                run(layers, offsets, &slot, x, first);
            }
        }
    }
}

/// The one neighbour on a side that has no other neighbour on this vertex's side.
fn only(layers: &Layers, vertex: u32, above: bool) -> Option<u32> {
    let mut beside = layers.beside(vertex, above);
    let next = beside.next()?;
    (beside.next().is_none() && layers.beside(next, !above).len() == 1).then_some(next)
}

/// Follows the run from its lowest vertex, and starts anew wherever a vertex has no room above the last.
fn run(layers: &Layers, offsets: &[Vec<f64>], slot: &[usize], x: &mut [f64], first: u32) {
    let mut part = Part::new();
    let mut next = Some(first);
    while let Some(vertex) = next {
        let room = room(layers, offsets, slot, x, vertex);
        if !part.take(vertex, x[vertex as usize], room) {
            part.settle(x);
            part = Part::new();
            part.take(vertex, x[vertex as usize], room);
        }
        next = only(layers, vertex, true);
    }
    part.settle(x);
}

/// From where to where a vertex can move while its neighbours in the row stay.
fn room(layers: &Layers, offsets: &[Vec<f64>], slot: &[usize], x: &[f64], vertex: u32) -> (f64, f64) {
    let row = layers.level[vertex as usize] as usize;
    let (vertices, offsets) = (&layers.rows[row], &offsets[row]);
    let at = slot[vertex as usize];
    let beside = |other: usize| x[vertices[other] as usize] + offsets[at] - offsets[other];
    let low = if at > 0 { beside(at - 1) } else { f64::NEG_INFINITY };
    let high = if at + 1 < vertices.len() { beside(at + 1) } else { f64::INFINITY };
    (low, high)
}

/// A straight part of a run, and where all of it can stand.
struct Part {
    vertices: Vec<u32>,
    sum: f64,
    low: f64,
    high: f64,
}

impl Part {
    fn new() -> Self {
        Self { vertices: Vec::new(), sum: 0.0, low: f64::NEG_INFINITY, high: f64::INFINITY }
    }

    /// Takes one more vertex, if there is a place for it and all before it.
    fn take(&mut self, vertex: u32, at: f64, room: (f64, f64)) -> bool {
        let (low, high) = (self.low.max(room.0), self.high.min(room.1));
        let fits = low <= high || self.vertices.is_empty();
        if fits {
            (self.low, self.high) = (low, high);
            self.sum += at;
            self.vertices.push(vertex);
        }
        fits
    }

    /// Puts all of the part near where they are now.
    fn settle(&self, x: &mut [f64]) {
        if self.vertices.len() < 2 {
            return;
        }
        let at = (self.sum / self.vertices.len() as f64).max(self.low).min(self.high);
        for &vertex in &self.vertices {
            x[vertex as usize] = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_lined_up_as_far_as_there_is_room() {
        // Two chains of three rows: the left one bends around its wide neighbour in the middle row.
        let layers = Layers::new(6, &[(0, 1), (1, 2), (3, 4), (4, 5)]);
        assert_eq!(layers.rows, [[0, 3], [1, 4], [2, 5]]);
        let offsets = vec![vec![0.0, 10.0], vec![0.0, 10.0], vec![0.0, 10.0]];
        let mut x = vec![0.0, 4.0, 2.0, 100.0, 100.0, 100.0];
        straighten(&layers, &offsets, &mut x);
        assert_eq!(x, [2.0, 2.0, 2.0, 100.0, 100.0, 100.0]);
        let mut x = vec![0.0, 0.0, 40.0, 50.0, 10.0, 50.0];
        straighten(&layers, &offsets, &mut x);
        for row in &layers.rows {
            assert!(x[row[1] as usize] - x[row[0] as usize] >= 10.0, "{x:?}");
        }
        assert_eq!((x[0], x[1], x[3]), (x[1], x[2], x[4]), "{x:?}");
    }
}
