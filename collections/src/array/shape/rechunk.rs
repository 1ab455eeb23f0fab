//! Rechunking: the same array in other chunks, by way of steps that keep blocks and graphs small.

use crate::array::chunks::{AUTO_BYTES, Chunks, Cut};
use crate::array::error::ArrayError;
use crate::array::grid::{Grid, UNKNOWN, refine};
use crate::array::layers::Built;
use crate::array::select::Selection;
use crate::array::{Array, Element, axes::resolve};
use crate::identity::Identity;

/// Pieces that may be moved for each block, before an intermediate step is looked for; Dask's threshold.
const THRESHOLD: f64 = 4.0;

/// So many pieces are never too many: a piece is no task, only something to copy.
const FEW: f64 = 10_000.0;

type Axis = Vec<Vec<usize>>;

impl<T: Element> Array<T> {
    /// The same array in other chunks; Dask's `rechunk`.
    ///
    /// Where it would take very many small pieces, it goes by way of chunks in between, which take no more than
    /// [`AUTO_BYTES`] (or what the blocks take before or after).
    ///
    /// ```
    /// use partita_collections::{Array, array::Cut};
    ///
    /// let x = Array::<f64>::ones([100, 100], [10, 100]);
    /// assert_eq!(x.rechunk([Cut::Whole, Cut::Each(50)]).chunks(), [vec![100], vec![50, 50]]);
    /// assert!(x.rechunk([50, 0]).check().is_err());
    /// ```
    #[track_caller]
    pub fn rechunk(&self, chunks: impl Into<Chunks>) -> Self {
        let chunks = chunks.into();
        Array::built(self.try_rechunk(&chunks))
    }

    /// The same array with one axis in other chunks.
    #[track_caller]
    pub fn rechunk_axis(&self, axis: isize, cut: impl Into<Cut>) -> Self {
        let cut = cut.into();
        Array::built(self.try_rechunk_axis(axis, cut))
    }

    #[track_caller]
    fn try_rechunk_axis(&self, axis: isize, cut: Cut) -> Built<Self> {
        self.sound()?;
        let axis = resolve("rechunk_axis", axis, self.ndim())?;
        self.known_along("rechunk_axis", |own| own == axis)?;
        if !self.grid.is_known() {
            // The others stay as they are, whatever they are.
            let cut = Chunks::All(cut).grid(&[self.shape()[axis]], size_of::<T>())?;
            let mut chunks = self.grid.chunks().to_vec();
            chunks[axis] = cut.axis(0).to_vec();
            return self.regrid(&Grid::new(chunks)?);
        }
        let mut cuts: Vec<Cut> = self.grid.chunks().iter().map(|chunks| Cut::Lengths(chunks.clone())).collect();
        cuts[axis] = cut;
        self.try_rechunk(&Chunks::Axes(cuts))
    }

    #[track_caller]
    fn try_rechunk(&self, chunks: &Chunks) -> Built<Self> {
        self.sound()?;
        self.known("rechunk")?;
        self.rechunked(chunks.grid(self.shape(), size_of::<T>())?)
    }

    /// In the chunks of a grid of the same shape.
    #[track_caller]
    pub(crate) fn rechunked(&self, grid: Grid) -> Built<Self> {
        let mut array = self.clone();
        for chunks in plan(self.grid.chunks(), grid.chunks(), size_of::<T>(), AUTO_BYTES) {
            array = array.rechunk_step(&chunks)?;
        }
        Ok(array)
    }

    #[track_caller]
    fn rechunk_step(&self, chunks: &[Vec<usize>]) -> Result<Self, ArrayError> {
        let selections =
            self.grid.chunks().iter().zip(chunks).map(|(old, new)| Selection::rechunked(old, new)).collect();
        self.select("rechunk", Identity::of("rechunk"), selections, T::default())
    }
}

fn largest(chunks: &[usize]) -> usize {
    chunks.iter().copied().filter(|&length| length != UNKNOWN).max().unwrap_or(0).max(1)
}

fn blocks(chunks: &[Vec<usize>]) -> f64 {
    chunks.iter().map(|chunks| chunks.len() as f64).product()
}

/// How many pieces are cut out and put together from one grid to another.
fn pieces(old: &[Vec<usize>], new: &[Vec<usize>]) -> f64 {
    old.iter().zip(new).map(|(old, new)| refine(old, new).len() as f64).product()
}

/// The chunks that one grid becomes another by, the last ones being those of the other; after Dask's `plan_rechunk`.
///
/// As long as there are many more pieces than blocks, axes whose chunks get longer are done first, as far as blocks stay
/// within `limit` bytes (or what the largest of both grids take); then the rest.
fn plan(old: &[Vec<usize>], new: &[Vec<usize>], itemsize: usize, limit: usize) -> Vec<Axis> {
    if old == new {
        return Vec::new();
    }
    let elements = |grid: &[Vec<usize>]| grid.iter().map(|chunks| largest(chunks) as f64).product::<f64>();
    let limit = (limit as f64 / itemsize.max(1) as f64).max(elements(old)).max(elements(new));
    let mut steps: Vec<Axis> = Vec::new();
    let mut current = old.to_vec();
    let mut budget = (THRESHOLD * (blocks(old) + blocks(new))).max(FEW);
    for pass in 0.. {
        if pieces(&current, new) <= budget || pass > 30 {
            break;
        }
        let split = if pass == 0 { current.clone() } else { split(&current, new, budget) };
        let (merged, full) = merge(&split, new, limit);
        if merged == *new || (merged == current && pass > 0) {
            break;
        }
        if merged != current {
            steps.push(merged.clone());
            current = merged;
        }
        if !full {
            break;
        }
        // Later passes may split as well.
        budget = budget.max(1.0);
    }
    steps.push(new.to_vec());
    steps
}

/// Chunks of the new grid where its axes have fewer, as far as blocks stay within `limit` elements; and whether they could
/// not.
fn merge(old: &[Vec<usize>], new: &[Vec<usize>], limit: f64) -> (Axis, bool) {
    let mut chunks = old.to_vec();
    let mut size: f64 = old.iter().map(|chunks| largest(chunks) as f64).product();
    let growth = |axis: usize| largest(&new[axis]) as f64 / largest(&old[axis]) as f64;
    let gain = |axis: usize| new[axis].len() as f64 / old[axis].len() as f64;
    let worth = |axis: usize| if growth(axis) == 1.0 { 0.0 } else { gain(axis).ln() / growth(axis).ln() };
    let mut axes: Vec<usize> = (0..old.len()).filter(|&axis| new[axis].len() < old[axis].len()).collect();
    axes.sort_by(|&a, &b| worth(a).total_cmp(&worth(b)));
    let mut full = false;
    for axis in axes {
        if size * growth(axis) <= limit {
            size *= growth(axis);
            chunks[axis].clone_from(&new[axis]);
            continue;
        }
        full = true;
        let width = (limit * largest(&old[axis]) as f64 / size) as usize;
        let joined = joined(&old[axis], width);
        size *= largest(&joined) as f64 / largest(&old[axis]) as f64;
        chunks[axis] = joined;
    }
    (chunks, full)
}

/// Neighbouring chunks joined up to this length.
fn joined(chunks: &[usize], width: usize) -> Vec<usize> {
    let mut all: Vec<usize> = Vec::new();
    for &length in chunks {
        match all.last_mut() {
            Some(last) if *last + length <= width => *last += length,
            _ => all.push(length),
        }
    }
    all
}

/// Axes with more chunks in the new grid are cut towards it, as far as there are no more pieces than `budget`.
fn split(old: &[Vec<usize>], new: &[Vec<usize>], budget: f64) -> Axis {
    let mut chunks = old.to_vec();
    let mut axes: Vec<usize> = (0..old.len()).filter(|&axis| new[axis].len() > old[axis].len()).collect();
    axes.sort_by_key(|&axis| new[axis].len() / old[axis].len().max(1));
    for axis in axes {
        let count =
            (new[axis].len() as f64).min(old[axis].len() as f64 * (budget / pieces(&chunks, new)).max(1.0) * 2.0);
        let length: usize = new[axis].iter().sum();
        let width = (length as f64 / count).ceil() as usize;
        let candidate = joined(&new[axis], width.max(1));
        if candidate.len() > old[axis].len() {
            chunks[axis] = candidate;
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(axes: &[(usize, usize)]) -> Axis {
        axes.iter().map(|&(count, length)| vec![length; count]).collect()
    }

    #[test]
    fn few_pieces_need_no_steps() {
        assert_eq!(plan(&grid(&[(2, 5)]), &grid(&[(2, 5)]), 8, 1 << 20), Vec::<Axis>::new());
        let (old, new) = (grid(&[(10, 10), (1, 100)]), grid(&[(1, 100), (10, 10)]));
        assert_eq!(plan(&old, &new, 8, 1 << 20), [new]);
    }

    #[test]
    fn columns_to_rows_go_by_way_of_squares() {
        // A thousand columns to a thousand rows directly are a million pieces.
        let (old, new) = (grid(&[(1, 10_000), (1000, 10)]), grid(&[(1000, 10), (1, 10_000)]));
        assert_eq!(pieces(&old, &new), 1e6);
        let steps = plan(&old, &new, 8, 4 << 20);
        assert!(steps.len() > 1, "{}", steps.len());
        let mut before = &old;
        let mut moved = 0.0;
        for step in &steps {
            moved += pieces(before, step);
            let largest: usize = step.iter().map(|chunks| largest(chunks)).product();
            assert!(largest * 8 <= 4 << 20);
            before = step;
        }
        assert!(moved < 2e5, "{moved} pieces");
        assert_eq!(steps.last(), Some(&new));
    }

    proptest! {
        #[test]
        fn every_step_has_the_same_shape_and_bounded_blocks(
            lengths in proptest::collection::vec(1usize..200, 1..4),
            cuts in proptest::collection::vec((1usize..30, 1usize..30), 4),
            limit in 8usize..10_000,
        ) {
            let cut = |length: usize, each: usize| {
                let mut chunks = vec![each; length / each];
                if !length.is_multiple_of(each) {
                    chunks.push(length % each);
                }
                chunks
            };
            let old: Axis = lengths.iter().zip(&cuts).map(|(&length, cuts)| cut(length, cuts.0)).collect();
            let new: Axis = lengths.iter().zip(&cuts).map(|(&length, cuts)| cut(length, cuts.1)).collect();
            let size = |grid: &Axis| grid.iter().map(|chunks| largest(chunks)).product::<usize>();
            let most = (limit / 8).max(size(&old)).max(size(&new));
            let steps = plan(&old, &new, 8, limit);
            for step in &steps {
                prop_assert!(size(step) <= most);
                for (chunks, &length) in step.iter().zip(&lengths) {
                    prop_assert_eq!(chunks.iter().sum::<usize>(), length);
                }
            }
            prop_assert_eq!(steps.last().unwrap_or(&old), &new);
        }
    }
}
