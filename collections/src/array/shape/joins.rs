//! Joining: arrays one after the other along an axis that they have, or side by side along a new one. Blocks are passed
//! on as they are.

use crate::array::axes::resolve;
use crate::array::chunk::{Chunk, Dims};
use crate::array::error::ArrayError;
use crate::array::grid::{Grid, UNKNOWN, refine};
use crate::array::layers::{Built, chunk_task_with};
use crate::array::{Array, Element};
use crate::identity::Identity;
use crate::layer::same;
use partita_graph::{Function, Inputs};
use smallvec::smallvec;

impl<T: Element> Array<T> {
    /// Arrays one after the other along an axis; their other lengths must be equal. NumPy's `concatenate`.
    ///
    /// Chunks stay as they are along the axis, and are cut along the others where those of the arrays differ. Lengths
    /// along the axis may be unknown.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let (x, y) = (Array::<i64>::arange(0, 2, 1, 2), Array::arange(5, 8, 1, 2));
    /// let both = Array::concatenate([&x, &y], 0);
    /// assert_eq!(both.chunks(), [vec![2, 2, 1]]);
    /// assert_eq!(on_reference(&both)?, ndarray::array![0, 1, 5, 6, 7].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn concatenate<'a>(arrays: impl IntoIterator<Item = &'a Array<T>>, axis: isize) -> Self {
        let arrays: Vec<Self> = arrays.into_iter().cloned().collect();
        Array::built(try_concatenate("concatenate", &arrays, axis))
    }

    /// Arrays of one shape side by side along a new axis, which is in chunks of 1; NumPy's `stack`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(0, 2, 1, 2);
    /// assert_eq!(on_reference(&Array::stack([&x, &-&x], 1))?, ndarray::array![[0, 0], [1, -1]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn stack<'a>(arrays: impl IntoIterator<Item = &'a Array<T>>, axis: isize) -> Self {
        Array::built(try_stack(&arrays.into_iter().cloned().collect::<Vec<_>>(), axis))
    }

    /// Arrays side by side: along axis 1, or 0 if they have one axis; NumPy's `hstack`.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// let (row, matrix) = (Array::<f64>::zeros(3, 2), Array::<f64>::zeros([2, 3], 2));
    /// assert_eq!(Array::hstack([&row, &row]).shape(), [6]);
    /// assert_eq!(Array::hstack([&matrix, &matrix]).shape(), [2, 6]);
    /// assert_eq!(Array::vstack([&row, &matrix]).shape(), [3, 3]);
    /// assert_eq!(Array::dstack([&matrix, &matrix]).shape(), [2, 3, 2]);
    /// ```
    #[track_caller]
    pub fn hstack<'a>(arrays: impl IntoIterator<Item = &'a Array<T>>) -> Self {
        let mut all = Vec::new();
        for array in arrays {
            all.push(array.atleast_1d());
        }
        let axis = isize::from(all.first().is_some_and(|first: &Self| first.ndim() > 1));
        Array::built(try_concatenate("hstack", &all, axis))
    }

    /// Arrays below each other, rows as matrices of one row; NumPy's `vstack`.
    #[track_caller]
    pub fn vstack<'a>(arrays: impl IntoIterator<Item = &'a Array<T>>) -> Self {
        let mut all = Vec::new();
        for array in arrays {
            all.push(array.atleast_2d());
        }
        Array::built(try_concatenate("vstack", &all, 0))
    }

    /// Arrays behind each other, along axis 2; NumPy's `dstack`.
    #[track_caller]
    pub fn dstack<'a>(arrays: impl IntoIterator<Item = &'a Array<T>>) -> Self {
        let mut all = Vec::new();
        for array in arrays {
            all.push(array.atleast_3d());
        }
        Array::built(try_concatenate("dstack", &all, 2))
    }

    /// With another array after it along an axis; both flattened if none is named. NumPy's `append`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(0, 2, 1, 2);
    /// assert_eq!(on_reference(&x.append(&x, 0))?, ndarray::array![0, 1, 0, 1].into_dyn());
    /// assert_eq!(Array::<i64>::eye(2, 0, 2).append(&x, None).shape(), [6]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn append(&self, other: &Self, axis: impl Into<Option<isize>>) -> Self {
        Array::built(match axis.into() {
            Some(axis) => try_concatenate("append", &[self.clone(), other.clone()], axis),
            None => try_concatenate("append", &[self.ravel(), other.ravel()], 0),
        })
    }
}

/// The first of some arrays that nothing is wrong with.
fn first<T: Element>(operation: &'static str, arrays: &[Array<T>]) -> Built<Array<T>> {
    for array in arrays {
        array.sound()?;
    }
    let (value, allowed) = ("[]".to_owned(), "there must be at least one array");
    let none = ArrayError::Argument { operation, argument: "arrays", value, allowed };
    arrays.first().cloned().ok_or_else(|| none.into())
}

/// The chunks that the axes of all arrays are cut into, but for the one that they are joined along.
fn common<T: Element>(
    operation: &'static str,
    arrays: &[Array<T>],
    along: Option<usize>,
) -> Result<Vec<Vec<usize>>, ArrayError> {
    let mut chunks: Vec<Vec<usize>> = Vec::new();
    for array in arrays {
        if chunks.is_empty() {
            chunks = array.chunks().to_vec();
            continue;
        }
        let (left, right) = (arrays[0].shape(), array.shape());
        let differs = |axis: usize| left[axis] != right[axis] && left[axis] != UNKNOWN && right[axis] != UNKNOWN;
        if left.len() != right.len() || (0..left.len()).any(|axis| Some(axis) != along && differs(axis)) {
            return Err(ArrayError::Join { operation, left: left.to_vec(), right: right.to_vec(), along });
        }
        for (axis, chunks) in chunks.iter_mut().enumerate().filter(|(axis, _)| Some(*axis) != along) {
            let own = array.grid.axis(axis);
            if chunks != own {
                if chunks.contains(&UNKNOWN) || own.contains(&UNKNOWN) {
                    return Err(ArrayError::UnknownChunks { operation, left: chunks.len(), right: own.len() });
                }
                *chunks = refine(chunks, own);
            }
        }
    }
    Ok(chunks)
}

/// Arrays one after the other.
#[track_caller]
pub(crate) fn try_concatenate<T: Element>(
    operation: &'static str,
    arrays: &[Array<T>],
    axis: isize,
) -> Built<Array<T>> {
    let first = first(operation, arrays)?;
    let axis = resolve(operation, axis, first.ndim())?;
    let mut chunks = common(operation, arrays, Some(axis))?;
    // What is empty along the axis adds nothing, unless all are.
    let some: Vec<&Array<T>> = arrays.iter().filter(|array| array.shape()[axis] != 0).collect();
    let mut parts = Vec::with_capacity(some.len().max(1));
    for array in if some.is_empty() { vec![&first] } else { some } {
        chunks[axis] = array.grid.axis(axis).to_vec();
        parts.push(array.refined(Grid::new(chunks.clone())?));
    }
    if let [only] = parts.as_slice() {
        return Ok(only.clone());
    }
    let owner = |(number, part): (usize, &Array<T>)| {
        let count = part.grid.axis(axis).len();
        (0..count).map(move |at| (number, at)).collect::<Vec<_>>()
    };
    let owners: Vec<(usize, usize)> = parts.iter().enumerate().flat_map(owner).collect();
    chunks[axis] = parts.iter().flat_map(|part| part.grid.axis(axis).iter().copied()).collect();
    let grid = Grid::new(chunks)?;
    let pass = same::<Chunk<T>>();
    let task = |part: usize| -> (Function, Inputs) {
        let mut block: Dims = grid.block(part);
        let (number, at) = owners[block[axis]];
        block[axis] = at;
        (pass.clone(), smallvec![parts[number].input(&block)])
    };
    let tasks = (0..grid.parts()).map(task).collect();
    let identity = parts.iter().fold(Identity::of("concatenate").data(&axis), |all, part| all.node(&part.node));
    Ok(Array::tasks(operation, identity, grid, tasks).split_like(&first))
}

/// Arrays side by side along a new axis.
#[track_caller]
fn try_stack<T: Element>(arrays: &[Array<T>], axis: isize) -> Built<Array<T>> {
    let first = first("stack", arrays)?;
    let axis = resolve("stack", axis, first.ndim() + 1)?;
    let mut chunks = common("stack", arrays, None)?;
    let mut parts = Vec::with_capacity(arrays.len());
    for array in arrays {
        parts.push(array.refined(Grid::new(chunks.clone())?));
    }
    chunks.insert(axis, vec![1; parts.len()]);
    let grid = Grid::new(chunks)?;
    let wider = chunk_task_with(axis, |axis, chunks: &[&Chunk<T>]| Ok(chunks[0].clone().with_axis(*axis)));
    let task = |part: usize| -> (Function, Inputs) {
        let mut block: Dims = grid.block(part);
        let number = block.remove(axis);
        (wider.clone(), smallvec![parts[number].input(&block)])
    };
    let tasks = (0..grid.parts()).map(task).collect();
    let identity = parts.iter().fold(Identity::of("stack").data(&axis), |all, part| all.node(&part.node));
    Ok(Array::tasks("stack", identity, grid, tasks).split_like(&first))
}
