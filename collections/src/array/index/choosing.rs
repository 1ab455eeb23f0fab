//! Choosing: elements of one array or another, element by element.

use crate::array::align::{fit, pair_grids};
use crate::array::chunk::{Chunk, Dims};
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::Grid;
use crate::array::layers::{Built, blockwise_with, chunk_task_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element, Integer};
use partita_graph::{Fault, Function, Inputs};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// A condition, and what becomes of the elements where it holds.
pub type Piece<'a, T, U> = (&'a Array<bool>, fn(T) -> U);

impl<I: Integer> Array<I> {
    /// Element `i` of choice `n`, where `n` is element `i` of this array; NumPy's `choose`. Shapes are stretched to each
    /// other's. A number that no choice has is an error of its task.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let (zeros, row) = (Array::<f64>::zeros(3, 2), Array::<f64>::arange(1.0, 4.0, 1.0, 2));
    /// let which = Array::<i64>::from_array(ndarray::array![1, 0, 1], 3);
    /// assert_eq!(on_reference(&which.choose(&[&zeros, &row]))?, ndarray::array![1.0, 0.0, 3.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn choose<T: Element>(&self, choices: &[&Array<T>]) -> Array<T> {
        Array::built(self.try_choose(choices))
    }

    #[track_caller]
    fn try_choose<T: Element>(&self, choices: &[&Array<T>]) -> Built<Array<T>> {
        self.sound()?;
        let mut grid: Grid = (*self.grid).clone();
        let mut identity = self.identity("choose");
        for choice in choices {
            choice.sound()?;
            grid = pair_grids("choose", &grid, &choice.grid)?;
            identity = identity.node(&choice.node);
        }
        if choices.is_empty() {
            let (argument, value, allowed) = ("choices", "[]".to_string(), "there must be one at least");
            return Err(ArrayError::Argument { operation: "choose", argument, value, allowed }.into());
        }
        let (which, place_which) = fit(self, &grid).split();
        let mut reads = vec![which];
        let mut places = Vec::with_capacity(choices.len());
        for choice in choices {
            let (read, place) = fit(choice, &grid).split();
            reads.push(read);
            places.push(place);
        }
        let grid = Arc::new(grid);
        let target = grid.clone();
        let block = blockwise_with((place_which, places, target), |env, index, flows| {
            let (place_which, places, target) = &**env;
            let mut flows = flows.into_iter();
            let which = flows.next().ok_or_else(|| Fault::failed("`choose` was given no input"))?;
            let which = place_which.of(index, Lazy::<I>::of(which, 0)?)?.into_chunk()?;
            let mut chunks = Vec::with_capacity(places.len());
            for ((input, flow), place) in flows.enumerate().zip(places) {
                chunks.push(place.of(index, Lazy::<T>::of(flow, input + 1)?)?.into_chunk()?);
            }
            // Axes whose lengths are not known before are as long as the blocks are.
            let mut shape = target.part_shape(index as usize);
            for (axis, length) in shape.iter_mut().enumerate().filter(|(_, length)| **length == crate::array::UNKNOWN) {
                *length = which.shape().get(axis).copied().unwrap_or(1);
            }
            let picked = which.stretched(&shape).to_vec();
            let lists: Vec<Vec<T>> = chunks.into_iter().map(|chunk| chunk.stretched(&shape).to_vec()).collect();
            let chosen: Result<Vec<T>, Fault> =
                picked.iter().enumerate().map(|(at, n)| pick(&lists, n.to_i64(), at)).collect();
            Ok(Chunk::new(&shape, chosen?).into())
        });
        Ok(Array::blocks("choose", identity, grid, reads, block).split_like(self))
    }
}

/// Element `at` of list `number`.
fn pick<T: Element>(lists: &[Vec<T>], number: i64, at: usize) -> Result<T, Fault> {
    let list = usize::try_from(number).ok().and_then(|number| lists.get(number));
    list.map(|list| list[at]).ok_or_else(|| {
        let value = format!("{number} where there are {} choices", lists.len());
        let allowed = "it must be the number of one of them, counted from 0";
        Fault::failed(ArrayFault::Element { operation: "choose", value, allowed })
    })
}

impl<T: Element> Array<T> {
    /// Elements of the first choice whose condition holds, and `default` where none does; NumPy's `select`. Shapes are
    /// stretched to each other's.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(0, 6, 1, 4);
    /// let picked = Array::select_by(&[(&x.lt(2), &x), (&x.gt(3), &(&x * &x))], -1);
    /// assert_eq!(on_reference(&picked)?, ndarray::array![0, 1, -1, -1, 16, 25].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn select_by(choices: &[(&Array<bool>, &Array<T>)], default: T) -> Self {
        let mut rest = Array::full(Vec::new(), default, crate::array::Chunks::whole());
        for (condition, choice) in choices.iter().rev() {
            rest = Array::where_(condition, choice, &rest);
        }
        rest
    }

    /// Each element made into another by the function of the last condition that holds for it, and by `otherwise` if
    /// none does; NumPy's `piecewise`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![-2.0, 0.5, 3.0], 2);
    /// let clipped = x.piecewise(&[(&x.lt(0.0), |_| 0.0), (&x.gt(1.0), |_| 1.0)], |x| x);
    /// assert_eq!(on_reference(&clipped)?, ndarray::array![0.0, 0.5, 1.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn piecewise<U: Element>(&self, pieces: &[Piece<'_, T, U>], otherwise: fn(T) -> U) -> Array<U> {
        let mut result = self.map(otherwise);
        for (condition, function) in pieces {
            result = Array::where_(condition, &self.map(*function), &result);
        }
        result
    }

    /// The elements at points: one list of places for each axis, all of the same length; Dask's `vindex`, NumPy's
    /// `x[rows, columns]`. Negative places count from the end.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4]], 1);
    /// assert_eq!(on_reference(&x.vindex(&[&[1, 0, -1], &[0, 0, 1]]))?, ndarray::array![3, 1, 4].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn vindex(&self, points: &[&[isize]]) -> Self {
        Array::built(self.try_vindex(points))
    }

    #[track_caller]
    fn try_vindex(&self, points: &[&[isize]]) -> Built<Self> {
        self.sound()?;
        let operation = "vindex";
        let count = points.first().map_or(0, |list| list.len());
        if points.len() != self.ndim() || points.is_empty() || points.iter().any(|list| list.len() != count) {
            let lengths: Vec<usize> = points.iter().map(|list| list.len()).collect();
            let value = format!("lists of {} places", crate::array::error::Show(&lengths));
            let allowed = "there must be one list for each axis, all of the same length";
            return Err(ArrayError::Argument { operation, argument: "points", value, allowed }.into());
        }
        // For each axis the chunk of each point and the place in it.
        let mut found: Vec<Vec<(usize, usize)>> = Vec::with_capacity(self.ndim());
        for (axis, list) in points.iter().enumerate() {
            let length = crate::array::index::taking::known(operation, self.shape(), axis)?;
            let begins = self.grid.starts(axis);
            let at = |&index: &isize| {
                let place = crate::array::index::slicing::place(axis, index, length)?;
                let chunk = begins.partition_point(|&begin| begin <= place) - 1;
                Ok((chunk, place - begins[chunk]))
            };
            found.push(list.iter().map(at).collect::<Result<_, ArrayError>>()?);
        }
        let each = self.grid.largest_block().iter().product::<usize>().max(1);
        let grid = crate::array::Chunks::from(each).grid(&[count], size_of::<T>())?;
        let begins = grid.starts(0);
        let tasks = begins.windows(2).map(|pair| self.points_of(&found, pair[0]..pair[1])).collect();
        let identity = self.identity(operation).data(&points);
        Ok(Array::tasks(operation, identity, grid, tasks).split_like(self))
    }

    /// The task that reads a range of points.
    fn points_of(&self, found: &[Vec<(usize, usize)>], range: Range<usize>) -> (Function, Inputs) {
        let mut inputs = Inputs::new();
        let mut known: HashMap<u32, usize> = HashMap::new();
        let mut places: Vec<(usize, Dims)> = Vec::with_capacity(range.len());
        for point in range {
            let block: Dims = found.iter().map(|axis| axis[point].0).collect();
            let input = self.input(&block);
            let number = *known.entry(input.part).or_insert_with(|| {
                inputs.push(input);
                inputs.len() - 1
            });
            places.push((number, found.iter().map(|axis| axis[point].1).collect()));
        }
        let read = chunk_task_with(places, |places, chunks: &[&Chunk<T>]| {
            let elements = places.iter().map(|(chunk, place)| chunks[*chunk].at(place)).collect();
            Ok(Chunk::new(&[places.len()], elements))
        });
        (read, inputs)
    }
}
