//! Taking: elements at listed places of an axis, and those of other places.

use crate::array::chunk::Chunk;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::{Grid, UNKNOWN, starts};
use crate::array::index::gathering::{Pick, gather};
use crate::array::index::slicing::place;
use crate::array::layers::{Built, value_task_with};
use crate::array::select::{Run, Selection};
use crate::array::{Array, Element};
use crate::identity::Identity;
use partita_graph::{Fault, Input, Inputs};

/// The runs of a chunk, or one of no elements.
pub(crate) fn some(mut runs: Vec<Run>) -> Vec<Run> {
    if runs.is_empty() {
        runs.push(Run { chunk: 0, start: 0, step: 1, count: 0, to: 0 });
    }
    runs
}

/// The runs of elements at known places of an axis, which go to `to` and after.
pub(crate) fn append_runs(
    runs: &mut Vec<Run>,
    begins: &[usize],
    places: impl Iterator<Item = Option<usize>>,
    to: usize,
) {
    for (to, place) in (to..).zip(places).filter_map(|(to, place)| Some((to, place?))) {
        let chunk = begins.partition_point(|&begin| begin <= place) - 1;
        let start = place - begins[chunk];
        match runs.last_mut() {
            Some(run) if run.chunk == chunk && run.to + run.count == to && follows(run, start) => {
                run.step = if run.count == 1 { start as isize - run.start as isize } else { run.step };
                run.count += 1;
            }
            _ => runs.push(Run { chunk, start, step: 1, count: 1, to }),
        }
    }
}

/// Whether the element at `start` goes on with a run; the second element settles the step.
fn follows(run: &Run, start: usize) -> bool {
    run.count == 1 || start as isize == run.start as isize + run.step * run.count as isize
}

/// All of an axis but these places, which are in order. Chunks of which nothing is left stay, without elements.
fn without(chunks: &[usize], gone: &[usize]) -> Selection {
    let begins = starts(chunks);
    let mut selection = Selection { chunks: Vec::with_capacity(chunks.len()), runs: Vec::with_capacity(chunks.len()) };
    for (chunk, pair) in begins.windows(2).enumerate() {
        let own = gone.partition_point(|&place| place < pair[0])..gone.partition_point(|&place| place < pair[1]);
        let (mut start, mut to, mut runs) = (pair[0], 0, Vec::new());
        for end in gone[own].iter().copied().chain(std::iter::once(pair[1])) {
            if end > start {
                runs.push(Run { chunk, start: start - pair[0], step: 1, count: end - start, to });
                to += end - start;
            }
            start = end + 1;
        }
        selection.chunks.push(to);
        selection.runs.push(some(runs));
    }
    selection
}

/// The length of an axis, if it is known.
pub(crate) fn known(operation: &'static str, shape: &[usize], axis: usize) -> Result<usize, ArrayError> {
    match shape[axis] {
        UNKNOWN => Err(ArrayError::Unknown { operation, axis }),
        length => Ok(length),
    }
}

impl<T: Element> Array<T> {
    /// The elements at these places of an axis, in this order, any of them more than once; NumPy's `take`. Negative
    /// places count from the end.
    ///
    /// Places in order are taken chunk by chunk. In any other order the chunks of the result are as long as the
    /// longest chunk of the axis, and each of them may read all chunks along the axis.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![10, 11, 12, 13], 2);
    /// assert_eq!(on_reference(&x.take([3, 0, -1], 0))?, ndarray::array![13, 10, 13].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn take(&self, indices: impl AsRef<[isize]>, axis: isize) -> Self {
        Array::built(self.try_take(indices.as_ref(), axis))
    }

    #[track_caller]
    fn try_take(&self, indices: &[isize], axis: isize) -> Built<Self> {
        self.sound()?;
        let axis = crate::array::axes::resolve("take", axis, self.ndim())?;
        let length = known("take", self.shape(), axis)?;
        let places: Result<Vec<usize>, ArrayError> = indices.iter().map(|&index| place(axis, index, length)).collect();
        Ok(self.at_places(axis, &places?)?)
    }

    /// The places of an axis where a list says so; NumPy's `compress`. A list that ends early leaves the rest out.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4], [5, 6]], 2);
    /// assert_eq!(on_reference(&x.compress([true, false, true], 0))?, ndarray::array![[1, 2], [5, 6]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn compress(&self, condition: impl AsRef<[bool]>, axis: isize) -> Self {
        Array::built(self.try_compress(condition.as_ref(), axis))
    }

    #[track_caller]
    fn try_compress(&self, condition: &[bool], axis: isize) -> Built<Self> {
        self.sound()?;
        let axis = crate::array::axes::resolve("compress", axis, self.ndim())?;
        let length = known("compress", self.shape(), axis)?;
        let places: Vec<usize> = (0..condition.len()).filter(|&at| condition[at]).collect();
        if let Some(&last) = places.last().filter(|&&last| last >= length) {
            return Err(ArrayError::Index { index: last as isize, axis, length }.into());
        }
        Ok(self.at_places(axis, &places)?)
    }

    /// The array without these places of an axis; NumPy's `delete`. Negative places count from the end.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![10, 11, 12, 13], 2);
    /// assert_eq!(on_reference(&x.delete([1, -1], 0))?, ndarray::array![10, 12].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn delete(&self, indices: impl AsRef<[isize]>, axis: isize) -> Self {
        Array::built(self.try_delete(indices.as_ref(), axis))
    }

    #[track_caller]
    fn try_delete(&self, indices: &[isize], axis: isize) -> Built<Self> {
        self.sound()?;
        let axis = crate::array::axes::resolve("delete", axis, self.ndim())?;
        let length = known("delete", self.shape(), axis)?;
        let mut gone: Vec<usize> = indices.iter().map(|&index| place(axis, index, length)).collect::<Result<_, _>>()?;
        gone.sort_unstable();
        gone.dedup();
        let mut axes: Vec<Selection> = self.grid.chunks().iter().map(|chunks| Selection::all(chunks)).collect();
        axes[axis] = without(self.grid.axis(axis), &gone);
        Ok(self.select("delete", Identity::of("delete").data(&(axis, gone)), axes, T::default())?)
    }

    /// The elements at places of an axis that are computed; NumPy's `take` with an array of indices, whose axes stand
    /// in the result where the axis was. Negative places count from the end; one outside of the axis is an error of
    /// its task. Each block of the result reads all chunks along the axis.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![0.5, 1.5, 2.5], 2);
    /// let places = Array::<i64>::from_array(ndarray::array![[2, 0], [-1, 1]], 1);
    /// assert_eq!(on_reference(&x.take_array(&places, 0))?, ndarray::array![[2.5, 0.5], [2.5, 1.5]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn take_array(&self, indices: &Array<i64>, axis: isize) -> Self {
        Array::built(self.try_take_array(indices, axis))
    }

    #[track_caller]
    fn try_take_array(&self, indices: &Array<i64>, axis: isize) -> Built<Self> {
        self.sound()?;
        indices.sound()?;
        let axis = crate::array::axes::resolve("take", axis, self.ndim())?;
        known("take", self.shape(), axis)?;
        let (before, after) = (&self.grid.chunks()[..axis], &self.grid.chunks()[axis + 1..]);
        let grid = Grid::new([before, indices.grid.chunks(), after].concat())?;
        let count = indices.ndim();
        let begins = self.grid.starts(axis);
        let gather = value_task_with((axis, begins), |(axis, begins), values| {
            let axis = *axis;
            let (first, rest) = values.split_first().ok_or_else(|| Fault::failed("`take` was given no input"))?;
            let indices = first.get::<Chunk<i64>>().map_err(|mismatch| Fault::Type { input: 0, mismatch })?;
            let chunks = (1..).zip(rest).map(|(input, value)| match value.get::<Chunk<T>>() {
                Ok(chunk) => Ok(chunk.clone()),
                Err(mismatch) => Err(Fault::Type { input, mismatch }),
            });
            let taken = gather(chunks.collect::<Result<_, _>>()?, axis, &picks(indices, begins)?)?;
            let shape = taken.shape().to_vec();
            Ok(taken.reshaped(&[&shape[..axis], indices.shape(), &shape[axis + 1..]].concat()))
        });
        let tasks = (0..grid.parts()).map(|part| {
            let block = grid.block(part);
            let mut inputs: Inputs = std::iter::once(indices.input(&block[axis..axis + count])).collect();
            let along = |at: usize| [&block[..axis], &[at], &block[axis + count..]].concat();
            inputs.extend((0..self.grid.axis(axis).len()).map(|at| -> Input { self.input(&along(at)) }));
            (gather.clone(), inputs)
        });
        let tasks = tasks.collect();
        let identity = self.identity("take_array").node(&indices.node).data(&axis);
        Ok(Array::tasks("take", identity, grid, tasks).split_like(self))
    }
}

/// Places along an axis that are told as data.
fn picks(indices: &Chunk<i64>, begins: &[usize]) -> Result<Vec<Pick>, Fault> {
    let length = begins.last().copied().unwrap_or(0);
    let pick = |index: i64| {
        let from_start = if index < 0 { index.checked_add_unsigned(length as u64) } else { Some(index) };
        let at = from_start.and_then(|index| usize::try_from(index).ok()).filter(|&at| at < length);
        let at = at.ok_or_else(|| {
            let (operation, value) = ("take", format!("index {index} of an axis of length {length}"));
            Fault::failed(ArrayFault::Element { operation, value, allowed: "it must be inside of the axis" })
        })?;
        let chunk = begins.partition_point(|&begin| begin <= at) - 1;
        Ok((chunk, at - begins[chunk]))
    };
    indices.to_vec().into_iter().map(pick).collect()
}
