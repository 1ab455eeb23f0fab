//! Assigning: arrays with some of their elements replaced.

use crate::array::align::pair_grids;
use crate::array::chunk::{Chunk, Dims};
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::{Grid, UNKNOWN};
use crate::array::index::slicing::Sliced;
use crate::array::layers::{Built, value_task_with};
use crate::array::lazy::Lazy;
use crate::array::select::{Run, Selection};
use crate::array::{Array, Element};
use crate::identity::Identity;
use crate::layer::same;
use ndarray::{ArrayViewMutD, IxDyn, Slice, SliceInfoElem};
use partita_graph::{Fault, Function, Inputs, Plain};

/// What is put into an array: one value, or those of another array.
#[derive(Clone, Debug)]
pub enum Filling<T: Element> {
    /// The same value everywhere.
    Value(T),
    /// The elements of an array, stretched to where they go.
    Array(Array<T>),
}

impl<T: Element> From<T> for Filling<T> {
    fn from(value: T) -> Self {
        Filling::Value(value)
    }
}

impl<T: Element> From<&Array<T>> for Filling<T> {
    fn from(array: &Array<T>) -> Self {
        Filling::Array(array.clone())
    }
}

impl<T: Element> From<Array<T>> for Filling<T> {
    fn from(array: Array<T>) -> Self {
        Filling::Array(array)
    }
}

/// Values stretched to a shape along the axes of which lengths are known; along the others they must be of length 1, which
/// they stay, unless there is nothing to stretch.
#[track_caller]
pub(crate) fn stretched<T: Element>(operation: &'static str, values: &Array<T>, shape: &[usize]) -> Built<Array<T>> {
    if values.shape() == shape {
        return Ok(values.clone());
    }
    let own = |axis: usize| (axis + values.ndim()).checked_sub(shape.len()).map_or(1, |own| values.shape()[own]);
    if let Some(axis) = (0..shape.len()).find(|&axis| shape[axis] == UNKNOWN && own(axis) != 1) {
        return Err(ArrayError::Unknown { operation, axis }.into());
    }
    let shape: Vec<usize> = shape.iter().map(|&length| if length == UNKNOWN { 1 } else { length }).collect();
    pair_grids(operation, &Grid::single(&shape), &values.grid)?;
    let values = values.broadcast_to(shape);
    values.sound()?;
    Ok(values)
}

/// For each chunk of an axis, the run of it that is replaced and which number the run has.
fn replaced(chunks: usize, selection: &Selection) -> Vec<Option<(usize, Run)>> {
    let mut found = vec![None; chunks];
    let runs = selection.runs.iter().enumerate().filter_map(|(number, runs)| Some((number, *runs.first()?)));
    runs.filter(|(_, run)| run.count > 0).for_each(|(number, run)| found[run.chunk] = Some((number, run)));
    found
}

/// Runs of a block. Those of axes whose lengths only computing tells are all of them.
fn told(runs: &[Run], shape: &[usize]) -> Vec<Run> {
    let told =
        |(run, &length): (&Run, &usize)| Run { count: if run.count == UNKNOWN { length } else { run.count }, ..*run };
    runs.iter().zip(shape).map(told).collect()
}

/// A block with the elements of runs replaced by values that are stretched to them.
fn replace<T: Element>(chunk: Chunk<T>, runs: &[Run], values: Chunk<T>) -> Result<Chunk<T>, Fault> {
    let shape: Dims = chunk.shape().into();
    if runs.iter().any(|run| run.count == 0) {
        return Ok(chunk);
    }
    let mut all = chunk.to_vec();
    let mut whole = ArrayViewMutD::from_shape(IxDyn(&shape), &mut all).map_err(Fault::failed)?;
    let mut place = whole.slice_each_axis_mut(|axis| {
        // Ranges of ndarray that run backwards begin at their last element.
        let run = &runs[axis.axis.index()];
        let last = run.start.wrapping_add_signed(run.step * (run.count as isize - 1));
        Slice::new(run.start.min(last) as isize, Some(run.start.max(last) as isize + 1), run.step)
    });
    let view = values.view();
    let Some(stretched) = view.broadcast(place.raw_dim()) else {
        let (found, expected) = (values.shape().to_vec(), place.shape().to_vec());
        return Err(Fault::failed(ArrayFault::BlockShape { operation: "set", found, expected }));
    };
    place.assign(&stretched);
    Ok(Chunk::new(&shape, all))
}

impl<T: Element> Array<T> {
    /// The array with the elements of a slice replaced; NumPy's `x[...] = values`. Slices are those of
    /// [`slice`](Array::slice); an array of values is stretched to what they name.
    ///
    /// ```
    /// use partita_collections::{Array, array::s, bag::on_reference};
    ///
    /// let x = Array::<i64>::zeros([2, 3], 2);
    /// let y = x.set(s![.., 1..], &Array::arange(1, 3, 1, 2)).set(s![1, 0], 9);
    /// assert_eq!(on_reference(&y)?, ndarray::array![[0, 1, 2], [9, 1, 2]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn set(&self, slices: impl AsRef<[SliceInfoElem]>, values: impl Into<Filling<T>>) -> Self {
        Array::built(self.try_set(slices.as_ref(), &values.into()))
    }

    #[track_caller]
    fn try_set(&self, slices: &[SliceInfoElem], values: &Filling<T>) -> Built<Self> {
        self.sound()?;
        let sliced = Sliced::read("set", slices, self.shape())?;
        let selections = sliced.selections(&self.grid);
        let found: Vec<Vec<Option<(usize, Run)>>> =
            selections.iter().enumerate().map(|(axis, one)| replaced(self.grid.axis(axis).len(), one)).collect();
        match values {
            Filling::Value(value) => Ok(self.set_value(&sliced, found, *value)),
            Filling::Array(values) => {
                values.sound()?;
                let values = sliced.stretch(values, &selections)?;
                self.set_array(&sliced, &found, &values)
            }
        }
    }

    /// One value, block by block.
    #[track_caller]
    fn set_value(&self, sliced: &Sliced, found: Vec<Vec<Option<(usize, Run)>>>, value: T) -> Self {
        let identity = self.identity("setitem").data(&sliced.spans).data(&value);
        let grid = self.grid.clone();
        self.each_block_with("setitem", identity, (grid, found, Plain(value)), |env, index, lazy| {
            let (grid, found, value) = &**env;
            let block = grid.block(index as usize);
            let runs: Option<Vec<Run>> =
                block.iter().zip(found).map(|(&at, found)| found[at].map(|(_, run)| run)).collect();
            let Some(runs) = runs else { return Ok(lazy) };
            let runs = told(&runs, lazy.shape());
            let counts: Dims = runs.iter().map(|run| run.count).collect();
            Ok(Lazy::Chunk(replace(lazy.into_chunk()?, &runs, Chunk::full(&counts, value.0))?))
        })
    }

    /// The elements of an array whose chunks are the pieces that go into each block.
    #[track_caller]
    fn set_array(&self, sliced: &Sliced, found: &[Vec<Option<(usize, Run)>>], values: &Array<T>) -> Built<Self> {
        let task = |part: usize| -> (Function, Inputs) {
            let block = self.grid.block(part);
            let mut inputs: Inputs = std::iter::once(self.input(&block)).collect();
            let pieces: Option<Vec<(usize, Run)>> = block.iter().zip(found).map(|(&at, found)| found[at]).collect();
            let Some(pieces) = pieces else { return (same::<Chunk<T>>(), inputs) };
            let (numbers, runs): (Vec<usize>, Vec<Run>) = pieces.into_iter().unzip();
            // Values of length 1 along an axis of unknown length are for all of its chunks.
            let last = values.numblocks().into_iter().map(|count| count - 1);
            inputs.push(values.input(&numbers.into_iter().zip(last).map(|(at, last)| at.min(last)).collect::<Dims>()));
            let replaced = value_task_with(runs, |runs, inputs| {
                let chunks = crate::layer::read::<Chunk<T>>(inputs)?;
                replace(chunks[0].clone(), &told(runs, chunks[0].shape()), chunks[1].clone())
            });
            (replaced, inputs)
        };
        let tasks = (0..self.grid.parts()).map(task).collect();
        let identity = self.identity("setitem").node(&values.node).data(&(&sliced.spans, &sliced.dropped, &sliced.new));
        Ok(Array::tasks("setitem", identity, self.grid.clone(), tasks).split_like(self))
    }

    /// The array with the elements replaced where a mask holds; NumPy's `x[mask] = value`, and `copyto` and `putmask`
    /// with an array of the same shape. The mask, and an array of values, are stretched to the shape.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.0, f64::NAN, 3.0], 2);
    /// let y = x.set_where(&x.ne(&x), 0.0);
    /// assert_eq!(on_reference(&y)?, ndarray::array![1.0, 0.0, 3.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn set_where(&self, mask: &Array<bool>, values: impl Into<Filling<T>>) -> Self {
        Array::built(self.try_set_where(mask, &values.into()))
    }

    #[track_caller]
    fn try_set_where(&self, mask: &Array<bool>, values: &Filling<T>) -> Built<Self> {
        self.sound()?;
        mask.sound()?;
        let mut grid = pair_grids("set_where", &self.grid, &mask.grid)?;
        if let Filling::Array(values) = values {
            values.sound()?;
            grid = pair_grids("set_where", &grid, &values.grid)?;
        }
        self.same_shape("set_where", grid.shape())?;
        match values {
            Filling::Value(value) => {
                let (value, identity) = (*value, Identity::of("set_where").data(value));
                self.try_binary_with(
                    "set_where",
                    identity,
                    mask,
                    Plain(value),
                    |value, x, holds| {
                        if holds { value.0 } else { x }
                    },
                )
            }
            Filling::Array(values) => Ok(Array::where_(mask, values, self)),
        }
    }
}

impl Sliced {
    /// An array of values stretched to what the slices name, in the array's axes and in the chunks of the selections.
    #[track_caller]
    fn stretch<T: Element>(
        &self,
        values: &Array<T>,
        selections: &[Selection],
    ) -> Result<Array<T>, crate::array::layers::Stop> {
        let mut chunks: Vec<Vec<usize>> = selections.iter().map(|selection| selection.chunks.clone()).collect();
        let target = Grid::new(chunks.clone())?;
        let left = (0..target.ndim()).filter(|&axis| !self.dropped[axis]);
        let mut shape: Vec<usize> = left.map(|axis| target.shape()[axis]).collect();
        self.new.iter().for_each(|&axis| shape.insert(axis, 1));
        // Axes of length 1 before those of the slices are of no account.
        let extra = values.ndim().saturating_sub(shape.len());
        let extra = (0..values.ndim()).map(|axis| axis < extra && values.shape()[axis] == 1).collect::<Vec<bool>>();
        let mut values = values.whole_along("set", &extra)?.exchanged_axes(&extra, &[])?;
        values = stretched("set", &values, &shape)?;
        // New axes of the slices are of length 1 and go; axes of one place are put in.
        let new: Vec<bool> = (0..shape.len()).map(|axis| self.new.contains(&axis)).collect();
        let dropped: Vec<usize> = (0..self.dropped.len()).filter(|&axis| self.dropped[axis]).collect();
        values = values.whole_along("set", &new)?.exchanged_axes(&new, &dropped)?;
        let unknown = |axis: &usize| target.shape()[*axis] == UNKNOWN;
        for axis in (0..target.ndim()).filter(unknown) {
            match (target.axis(axis), values.grid.axis(axis)) {
                (_, own @ [1]) => chunks[axis] = own.to_vec(),
                (all, own) if all != own => {
                    let (left, right) = (all.len(), own.len());
                    return Err(ArrayError::UnknownChunks { operation: "set", left, right }.into());
                }
                _ => {}
            }
        }
        values.regrid(&Grid::new(chunks)?)
    }
}
