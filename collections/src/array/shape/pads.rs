//! Padding: arrays with more elements around them. Padding that mirrors or repeats elements is made of views.

use crate::array::error::ArrayError;
use crate::array::layers::Built;
use crate::array::select::{Run, Selection};
use crate::array::{Array, Element};
use crate::identity::Identity;
use serde::Serialize;

/// What stands around an array; NumPy's modes of `pad`.
///
/// NumPy's `empty` is a constant here; modes that compute with elements are those of [`PadBy`](crate::array::PadBy).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Pad<T> {
    /// This value.
    Constant(T),
    /// The element at the edge: `a a | a b c | c c`.
    Edge,
    /// The elements in reverse order, without the one at the edge: `c b | a b c | b a`.
    Reflect,
    /// The elements in reverse order: `b a | a b c | c b`.
    Symmetric,
    /// The elements from the other end on: `b c | a b c | a b`.
    Wrap,
}

/// What can be the widths of a padding: one for all sides, those before and after all axes, or those of each axis.
pub trait IntoWidths {
    /// The widths before and after each of `ndim` axes, if there are as many.
    #[doc(hidden)]
    fn into_widths(self, ndim: usize) -> Vec<(usize, usize)>;
}

impl IntoWidths for usize {
    fn into_widths(self, ndim: usize) -> Vec<(usize, usize)> {
        vec![(self, self); ndim]
    }
}

impl IntoWidths for (usize, usize) {
    fn into_widths(self, ndim: usize) -> Vec<(usize, usize)> {
        vec![self; ndim]
    }
}

impl<const N: usize> IntoWidths for [(usize, usize); N] {
    fn into_widths(self, _ndim: usize) -> Vec<(usize, usize)> {
        self.to_vec()
    }
}

impl IntoWidths for Vec<(usize, usize)> {
    fn into_widths(self, _ndim: usize) -> Vec<(usize, usize)> {
        self
    }
}

/// Wider padding is refused.
const MAX_WIDTH: usize = 1 << 40;

/// Padding of many pieces is in chunks of this length, if those of the array are shorter.
const LEAST_CHUNK: usize = 256;

/// The chunks of padding beside an axis in these chunks.
pub(super) fn cut(width: usize, chunks: &[usize]) -> Vec<usize> {
    let longest = chunks.iter().copied().max().unwrap_or(1).max(LEAST_CHUNK);
    (0..width).step_by(longest).map(|at| longest.min(width - at)).collect()
}

impl<T: Element> Pad<T> {
    /// The elements of an axis that stand at places `start..start + width` outside of it: ranges as first place, step
    /// and count. The axis goes on periodically: forwards, or forwards and backwards in turns.
    fn ranges(&self, length: usize, start: isize, width: usize) -> Vec<(usize, isize, usize)> {
        // Places of one period that run forwards, and the period.
        let (forwards, period) = match self {
            Pad::Wrap => (length, length),
            Pad::Symmetric => (length, 2 * length),
            // Each end is there once in a period.
            _ => (length.saturating_sub(1).max(1), (2 * length).saturating_sub(2).max(1)),
        };
        let mut ranges = Vec::new();
        let (mut at, mut left) = (start.rem_euclid(period as isize) as usize, width);
        while left > 0 {
            let (first, step, count) = match at < forwards {
                true => (at, 1, forwards - at),
                false => (2 * forwards - at - usize::from(matches!(self, Pad::Symmetric)), -1, period - at),
            };
            let count = count.min(left);
            ranges.push((first, step, count));
            (at, left) = ((at + count) % period, left - count);
        }
        ranges
    }

    /// What stands beside an axis, from place `start` on.
    fn beside(&self, chunks: &[usize], start: isize, width: usize) -> Selection {
        let length: usize = chunks.iter().sum();
        let lengths = cut(width, chunks);
        if let Pad::Constant(_) = self {
            return Selection { runs: vec![Vec::new(); lengths.len()], chunks: lengths };
        }
        if *self == Pad::Edge || (*self == Pad::Reflect && length == 1) {
            let edge = Selection::range(chunks, if start < 0 { 0 } else { length - 1 }, 1, 1);
            let Some(run) = edge.runs.into_iter().flatten().next() else { return Selection::all(&[]) };
            return Selection::regrouped([Run { step: 0, count: width, ..run }], &lengths);
        }
        let ranges = self.ranges(length, start, width);
        let parts = ranges.iter().map(|&(first, step, count)| Selection::range(chunks, first, step, count));
        let (own, runs): (Vec<_>, Vec<_>) = parts.map(|part| (part.chunks, part.runs)).unzip();
        let (own, runs) = (own.concat(), runs.concat());
        match ranges.len() {
            // Each chunk is part of one.
            0..=2 => Selection { chunks: own, runs },
            _ => Selection::regrouped(runs.into_iter().flatten(), &lengths),
        }
    }

    /// An axis with what stands before and after it.
    fn around(&self, chunks: &[usize], (before, after): (usize, usize)) -> Selection {
        if before + after == 0 {
            return Selection::all(chunks);
        }
        let length: usize = chunks.iter().sum();
        let own = if length > 0 { chunks } else { &[] };
        let empty = || Selection { chunks: Vec::new(), runs: Vec::new() };
        let sides = [
            if before > 0 { self.beside(chunks, -(before as isize), before) } else { empty() },
            Selection::all(own),
            if after > 0 { self.beside(chunks, length as isize, after) } else { empty() },
        ];
        let (chunks, runs): (Vec<_>, Vec<_>) = sides.into_iter().map(|side| (side.chunks, side.runs)).unzip();
        Selection { chunks: chunks.concat(), runs: runs.concat() }
    }
}

impl<T: Element> Array<T> {
    /// With more elements before and after each axis; NumPy's `pad`. The padding is in chunks of its own.
    ///
    /// An axis without elements can be padded with a constant only.
    ///
    /// ```
    /// use partita_collections::{Array, array::Pad, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(1, 4, 1, 2);
    /// assert_eq!(on_reference(&x.pad((1, 2), Pad::Constant(0)))?, ndarray::array![0, 1, 2, 3, 0, 0].into_dyn());
    /// assert_eq!(on_reference(&x.pad(2, Pad::Reflect))?, ndarray::array![3, 2, 1, 2, 3, 2, 1].into_dyn());
    /// assert_eq!(on_reference(&x.pad(2, Pad::Wrap))?, ndarray::array![2, 3, 1, 2, 3, 1, 2].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn pad(&self, widths: impl IntoWidths, mode: Pad<T>) -> Self {
        Array::built(self.try_pad(widths.into_widths(self.ndim()), mode))
    }

    #[track_caller]
    fn try_pad(&self, widths: Vec<(usize, usize)>, mode: Pad<T>) -> Built<Self> {
        let fill = if let Pad::Constant(value) = mode { Some(value) } else { None };
        self.padded("pad", &widths, fill.is_some())?;
        let axes = (0..self.ndim()).map(|axis| mode.around(self.grid.axis(axis), widths[axis])).collect();
        Ok(self.select("pad", Identity::of("pad").data(&(widths, mode)), axes, fill.unwrap_or_default())?)
    }

    /// An error, if it cannot have padding of these widths; only constants can stand beside no elements.
    pub(super) fn padded(&self, operation: &'static str, widths: &[(usize, usize)], constant: bool) -> Built<()> {
        self.sound()?;
        let error = |value, allowed| ArrayError::Argument { operation, argument: "widths", value, allowed };
        if widths.len() != self.ndim() {
            let value = format!("{widths:?}");
            return Err(error(value, "there must be one for all sides, or a pair for each axis").into());
        }
        self.known_along(operation, |axis| widths[axis] != (0, 0))?;
        let all = || widths.iter().flat_map(|&(before, after)| [before, after]);
        if let Some(width) = all().find(|&width| width > MAX_WIDTH) {
            return Err(error(width.to_string(), "it must be at most 2^40").into());
        }
        let empty = |axis: usize| self.shape()[axis] == 0 && widths[axis] != (0, 0);
        if !constant && (0..self.ndim()).any(empty) {
            let (value, allowed) = (format!("{widths:?}"), "axes without elements are padded with constants only");
            return Err(error(value, allowed).into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places that padding of an axis of four stands for.
    fn places(mode: Pad<i64>, length: usize, start: isize, width: usize) -> Vec<usize> {
        let range = |(first, step, count): (usize, isize, usize)| {
            (0..count).map(move |at| first.wrapping_add_signed(at as isize * step))
        };
        mode.ranges(length, start, width).into_iter().flat_map(range).collect()
    }

    #[test]
    fn axes_go_on_as_their_mode_says() {
        assert_eq!(places(Pad::Reflect, 4, -5, 5), [1, 2, 3, 2, 1]);
        assert_eq!(places(Pad::Reflect, 2, 2, 5), [0, 1, 0, 1, 0]);
        assert_eq!(places(Pad::Symmetric, 4, -6, 6), [2, 3, 3, 2, 1, 0]);
        assert_eq!(places(Pad::Symmetric, 1, 1, 3), [0, 0, 0]);
        assert_eq!(places(Pad::Wrap, 4, -6, 6), [2, 3, 0, 1, 2, 3]);
    }

    #[test]
    fn padding_is_in_few_chunks() {
        let wide = Pad::<i64>::Symmetric.beside(&[1], -1000, 1000);
        assert_eq!(wide.chunks, [256, 256, 256, 232]);
        assert_eq!(Pad::<i64>::Reflect.beside(&[3, 3], -4, 4).chunks, [2, 2]);
        assert_eq!(Pad::<i64>::Edge.beside(&[3, 3], 6, 4).runs[0].len(), 1);
    }
}
