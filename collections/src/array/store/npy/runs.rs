//! Runs: which elements of a file in C order belong to a block.

use super::super::super::chunk::Dims;
use super::super::super::grid::unravel;
use std::ops::Range;

/// Elements of a block that stand side by side in a file, all of one length.
pub(super) struct Runs {
    /// Where the first run starts.
    first: usize,
    /// How many runs there are along each of the outer axes.
    counts: Dims,
    /// From one run to the next along each of the outer axes.
    steps: Dims,
    /// Elements of each run.
    pub(super) len: usize,
}

impl Runs {
    /// The runs of these ranges of an array of this shape.
    pub(super) fn new(shape: &[usize], ranges: &[Range<usize>]) -> Self {
        let mut steps: Dims = smallvec::smallvec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            steps[axis - 1] = steps[axis] * shape[axis];
        }
        let first = ranges.iter().zip(&steps).map(|(range, step)| range.start * step).sum();
        // All axes behind the last one of which only a part is taken are whole.
        let cut = ranges.iter().zip(shape).rposition(|(range, &length)| range.len() != length).unwrap_or(0);
        let len = ranges[cut..].iter().map(Range::len).product();
        let counts: Dims = ranges[..cut].iter().map(Range::len).collect();
        steps.truncate(cut);
        Runs { first, counts, steps, len }
    }

    /// Where each run starts, from the first one on.
    pub(super) fn starts(&self) -> impl Iterator<Item = usize> + '_ {
        let count = if self.len == 0 { 0 } else { self.counts.iter().product() };
        (0..count).map(|number| {
            let place = unravel(number, &self.counts);
            self.first + place.iter().zip(&self.steps).map(|(at, step)| at * step).sum::<usize>()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_are_the_elements_of_a_block(
            axes in prop::collection::vec((0usize..5).prop_flat_map(|n| (Just(n), 0..=n, 0..=n)), 0..4)
        ) {
            let shape: Vec<usize> = axes.iter().map(|axis| axis.0).collect();
            let ranges: Vec<Range<usize>> = axes.iter().map(|&(_, a, b)| a.min(b)..a.max(b)).collect();
            let runs = Runs::new(&shape, &ranges);
            let found: Vec<usize> = runs.starts().flat_map(|start| start..start + runs.len).collect();
            let inside = |&element: &usize| {
                let place = unravel(element, &shape);
                place.iter().zip(&ranges).all(|(at, range)| range.contains(at))
            };
            let expected: Vec<usize> = (0..shape.iter().product()).filter(inside).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
