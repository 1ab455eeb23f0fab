//! Rolling: elements moved along axes, those that leave at one end coming in at the other.

use crate::array::axes::{Axes, resolve};
use crate::array::layers::Built;
use crate::array::select::{Run, Selection};
use crate::array::{Array, Element};
use crate::identity::Identity;

impl Selection {
    /// Runs, one after the other, as an axis in chunks of these lengths, which have as many elements together.
    pub(crate) fn regrouped(runs: impl IntoIterator<Item = Run>, lengths: &[usize]) -> Self {
        let mut rest = runs.into_iter().filter(|run| run.count > 0);
        let mut open: Option<Run> = None;
        let mut chunks = Vec::with_capacity(lengths.len());
        for &length in lengths {
            let (mut own, mut done) = (Vec::new(), 0);
            while done < length
                && let Some(run) = open.take().or_else(|| rest.next())
            {
                let count = run.count.min(length - done);
                own.push(Run { count, to: done, ..run });
                let start = run.start.wrapping_add_signed(count as isize * run.step);
                open = (count < run.count).then_some(Run { start, count: run.count - count, ..run });
                done += count;
            }
            if own.is_empty() {
                own.push(Run { chunk: 0, start: 0, step: 1, count: 0, to: 0 });
            }
            chunks.push(own);
        }
        Selection { chunks: lengths.to_vec(), runs: chunks }
    }

    /// An axis rolled by `shift` in the chunks that it has.
    fn rolled(chunks: &[usize], shift: isize) -> Self {
        if shift == 0 {
            return Selection::all(chunks);
        }
        let length: usize = chunks.iter().sum();
        let first = if length == 0 { 0 } else { shift.rem_euclid(length as isize) as usize };
        if first == 0 {
            return Selection::all(chunks);
        }
        let ends = Selection::range(chunks, length - first, 1, first).runs;
        let begins = Selection::range(chunks, 0, 1, length - first).runs;
        Selection::regrouped(ends.into_iter().chain(begins).flatten(), chunks)
    }
}

impl<T: Element> Array<T> {
    /// With all elements moved by `shift` along each of these axes, those that leave at the end coming in at the begin;
    /// if no axis is named, along the flattened array. NumPy's `roll`. Chunks stay as they are.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(0, 5, 1, 2);
    /// assert_eq!(on_reference(&x.roll(2, 0))?, ndarray::array![3, 4, 0, 1, 2].into_dyn());
    /// assert_eq!(on_reference(&x.roll(-1, None))?, ndarray::array![1, 2, 3, 4, 0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn roll(&self, shift: isize, axes: impl Into<Axes>) -> Self {
        Array::built(self.try_roll(shift, &axes.into()))
    }

    #[track_caller]
    fn try_roll(&self, shift: isize, axes: &Axes) -> Built<Self> {
        let flags = axes.flags("roll", self.sound()?.ndim())?;
        self.known_along("roll", |axis| flags[axis])?;
        match axes == &Axes::all() && self.ndim() != 1 {
            true => {
                let rolled = self.ravel().rolled(&[shift])?;
                rolled.reshape(self.shape()).rechunked((*self.grid).clone())
            }
            false => self.rolled(&flags.iter().map(|&rolls| if rolls { shift } else { 0 }).collect::<Vec<_>>()),
        }
    }

    /// [`Array::roll`] by a shift of its own along each of some axes: pairs of shift and axis. Shifts of an axis that is
    /// named twice add up, as in NumPy.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2, 3], [4, 5, 6]], 2);
    /// assert_eq!(on_reference(&x.roll_axes(&[(1, 0), (-1, 1)]))?, ndarray::array![[5, 6, 4], [2, 3, 1]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn roll_axes(&self, shifts: &[(isize, isize)]) -> Self {
        Array::built(self.try_roll_axes(shifts))
    }

    #[track_caller]
    fn try_roll_axes(&self, shifts: &[(isize, isize)]) -> Built<Self> {
        let mut all = vec![0; self.sound()?.ndim()];
        for &(shift, axis) in shifts {
            let axis = resolve("roll", axis, self.ndim())?;
            self.known_along("roll", |own| own == axis)?;
            let length = (self.shape()[axis] as isize).max(1);
            all[axis] = (all[axis] + shift.rem_euclid(length)) % length;
        }
        self.rolled(&all)
    }

    /// Moved by a shift along each axis.
    #[track_caller]
    fn rolled(&self, shifts: &[isize]) -> Built<Self> {
        let shift = |axis: usize| shifts[axis].rem_euclid((self.shape()[axis] as isize).max(1));
        let shifts: Vec<isize> = (0..self.ndim()).map(shift).collect();
        let axes = (0..self.ndim()).map(|axis| Selection::rolled(self.grid.axis(axis), shifts[axis])).collect();
        let identity = Identity::of("roll").data(&shifts.iter().map(|&shift| shift as i64).collect::<Vec<_>>());
        Ok(self.select("roll", identity, axes, T::default())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolled_axes_keep_their_chunks() {
        let rolled = Selection::rolled(&[3, 2], 1);
        let run = |chunk, start, count, to| Run { chunk, start, step: 1, count, to };
        assert_eq!(rolled.chunks, [3, 2]);
        assert_eq!(rolled.runs, [vec![run(1, 1, 1, 0), run(0, 0, 2, 1)], vec![run(0, 2, 1, 0), run(1, 0, 1, 1)]]);
        assert_eq!(Selection::rolled(&[3, 2], -5), Selection::all(&[3, 2]));
    }
}
