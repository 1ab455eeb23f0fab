//! Generalised functions: functions of the last axes of arrays, called for each place of the axes before them.

use crate::array::blocks::by_labels::{blockwise_of, blockwise2_of, character};
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::{Grid, unravel};
use crate::array::layers::Built;
use crate::array::{Array, Element};
use crate::bag::BoxError;
use crate::identity::Identity;
use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn};

const OPERATION: &str = "apply_gufunc";

/// Axes that are named in a signature have characters from here on, those before them from 0 on.
const NAMED: usize = 1000;

/// Axes of the result alone have characters from here on.
const NEW: usize = 2000;

/// A signature like `(i,j),(j)->(i)`: the names of the last axes of each input and of the result.
struct Signature {
    inputs: Vec<Vec<String>>,
    output: Vec<String>,
}

/// One side of a signature: lists of names in brackets.
fn lists(side: &str) -> Result<Vec<Vec<String>>, String> {
    let mut lists = Vec::new();
    let mut rest = side.trim();
    loop {
        let inner = rest.strip_prefix('(').ok_or("each list of axes must be in brackets")?;
        let (names, after) = inner.split_once(')').ok_or("a bracket is not closed")?;
        let names = names.split(',').map(|name| name.trim().to_string());
        let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
        if names.iter().any(|name| !name.chars().all(|c| c.is_alphanumeric() || c == '_')) {
            return Err("names have letters, digits and _".to_string());
        }
        lists.push(names);
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(more) => rest = more.trim_start(),
            None if rest.is_empty() => return Ok(lists),
            None => return Err("lists of axes must have commas between them".to_string()),
        }
    }
}

impl Signature {
    fn read(signature: &str, inputs: usize) -> Result<Self, ArrayError> {
        let read = || {
            let (left, right) = signature.split_once("->").ok_or("there is no ->")?;
            let (left, mut right) = (lists(left)?, lists(right)?);
            match right.pop() {
                Some(output) if right.is_empty() && left.len() == inputs => Ok(Signature { inputs: left, output }),
                _ => Err(format!("it must have a list for each of {inputs} arrays, and one for the result")),
            }
        };
        let text = || signature.to_string();
        read().map_err(|reason: String| ArrayError::Text { operation: OPERATION, text: text(), reason })
    }
}

/// The axes of the arrays and of the result, each a character of its own.
struct Axes {
    inputs: Vec<Vec<char>>,
    out: Vec<char>,
    whole: Vec<char>,
    new: Vec<(char, usize)>,
    /// How many of the result's axes are those of the function.
    core: usize,
}

impl Axes {
    fn of(signature: &str, grids: &[&Grid]) -> Result<Self, ArrayError> {
        let text = |reason: String| ArrayError::Text { operation: OPERATION, text: signature.to_string(), reason };
        let read = Signature::read(signature, grids.len())?;
        let mut names: Vec<(String, usize)> = Vec::new();
        let (mut inputs, mut loops) = (Vec::new(), 0);
        for (list, grid) in read.inputs.iter().zip(grids) {
            let Some(outer) = grid.ndim().checked_sub(list.len()) else {
                let wanted = "arrays with the axes that its signature names";
                return Err(ArrayError::Dimensions { operation: OPERATION, wanted, shape: grid.shape().to_vec() });
            };
            // Axes before those of the function are counted from the last one.
            let mut labels: Vec<char> = (0..outer).map(|axis| character(outer - 1 - axis)).collect();
            for (name, &length) in list.iter().zip(&grid.shape()[outer..]) {
                let at = names.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                    names.push((name.clone(), length));
                    names.len() - 1
                });
                let wanted = name.parse().unwrap_or(names[at].1);
                if length != wanted {
                    return Err(text(format!("`{name}` is {wanted} long, and an axis of that name {length}")));
                }
                labels.push(character(NAMED + at));
            }
            loops = loops.max(outer);
            inputs.push(labels);
        }
        let mut out: Vec<char> = (0..loops).map(|axis| character(loops - 1 - axis)).collect();
        let mut new = Vec::new();
        for (number, name) in read.output.iter().enumerate() {
            match (names.iter().position(|(known, _)| known == name), name.parse()) {
                (Some(at), _) => out.push(character(NAMED + at)),
                (None, Ok(length)) => {
                    out.push(character(NEW + number));
                    new.push((character(NEW + number), length));
                }
                (None, Err(_)) => {
                    return Err(text(format!("no input has an axis `{name}`; a new axis is named by its length")));
                }
            }
        }
        let whole = (0..names.len()).map(|at| character(NAMED + at)).collect();
        Ok(Axes { inputs, out, whole, new, core: read.output.len() })
    }
}

/// A function called for each place of the axes in front.
fn each_place<U: Element>(
    outer: &[usize],
    core: &[usize],
    call: impl Fn(&[usize]) -> ArrayD<U>,
) -> Result<ArrayD<U>, BoxError> {
    let count = outer.iter().product();
    let mut all = Vec::with_capacity(count * core.iter().product::<usize>());
    for number in 0..count {
        let made = call(&unravel(number, outer));
        if made.shape() != core {
            let (found, expected) = (made.shape().to_vec(), core.to_vec());
            return Err(ArrayFault::BlockShape { operation: OPERATION, found, expected }.into());
        }
        all.extend(made.iter().copied());
    }
    Ok(ArrayD::from_shape_vec(IxDyn(&[outer, core].concat()), all)?)
}

/// What is at a place of the axes in front, of which an array may have fewer, and some of length 1.
fn at<'a, T>(view: &ArrayViewD<'a, T>, place: &[usize], core: usize) -> ArrayViewD<'a, T> {
    let own = view.ndim() - core;
    let mut left = view.clone();
    for &index in &place[place.len() - own..] {
        let index = if left.len_of(Axis(0)) == 1 { 0 } else { index };
        left = left.index_axis_move(Axis(0), index);
    }
    left
}

/// The lengths of the axes in front that two arrays stretch to.
fn outer(shapes: &[(&[usize], usize)]) -> Vec<usize> {
    let ndim = shapes.iter().map(|(shape, core)| shape.len() - core).max().unwrap_or(0);
    let mut lengths = vec![1; ndim];
    for (shape, core) in shapes {
        let own = shape.len() - core;
        for (length, &found) in lengths[ndim - own..].iter_mut().zip(*shape) {
            *length = if *length == 1 { found } else { *length };
        }
    }
    lengths
}

impl<T: Element> Array<T> {
    /// A function of the last axes of the array, which a signature names, called for each place of the axes before
    /// them; Dask's `apply_gufunc` of one array, with `vectorize`. The axes that the function is given are whole. An
    /// axis of the result that no input has is named by its length, as in `(i)->(2)`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[3, 1, 2], [4, 6, 4]], 2);
    /// let ends = x.apply_gufunc("(i)->(2)", |row| ndarray::array![row[0], row[row.len() - 1]].into_dyn());
    /// assert_eq!(on_reference(&ends)?, ndarray::array![[3, 2], [4, 4]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn apply_gufunc<U: Element>(
        &self,
        signature: &str,
        f: impl Fn(ArrayViewD<'_, T>) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Array<U> {
        Array::built(self.try_gufunc(signature, f))
    }

    #[track_caller]
    fn try_gufunc<U: Element>(
        &self,
        signature: &str,
        f: impl Fn(ArrayViewD<'_, T>) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        self.sound()?;
        let axes = Axes::of(signature, &[&self.grid])?;
        let identity = Identity::of(OPERATION).data(&signature).function(&f);
        let core = axes.inputs[0].iter().filter(|label| axes.whole.contains(label)).count();
        let result = core_lengths(&axes, &[&self.grid]);
        let run = move |(core, result): &(usize, Vec<usize>), x: ArrayViewD<'_, T>| {
            let (core, lengths) = (*core, outer(&[(x.shape(), *core)]));
            each_place(&lengths, result, |place| f(at(&x, place, core)))
        };
        let inputs = ((self, axes.inputs[0].as_slice()),);
        let env = (core, result);
        Ok(blockwise_of(OPERATION, identity, &axes.out, (&axes.whole, &axes.new), inputs, env, run)?.split_like(self))
    }

    /// As [`apply_gufunc`](Array::apply_gufunc), of two arrays; the axes before those of the function are stretched to
    /// each other's.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4]], 1);
    /// let y = Array::<i64>::from_array(ndarray::array![10, 1], 1);
    /// let dots = x.apply_gufunc2("(i),(i)->()", &y, |x, y| ndarray::arr0((&x * &y).sum()).into_dyn());
    /// assert_eq!(on_reference(&dots)?, ndarray::array![12, 34].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn apply_gufunc2<B: Element, U: Element>(
        &self,
        signature: &str,
        other: &Array<B>,
        f: impl Fn(ArrayViewD<'_, T>, ArrayViewD<'_, B>) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Array<U> {
        Array::built(self.try_gufunc2(signature, other, f))
    }

    #[track_caller]
    fn try_gufunc2<B: Element, U: Element>(
        &self,
        signature: &str,
        other: &Array<B>,
        f: impl Fn(ArrayViewD<'_, T>, ArrayViewD<'_, B>) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        self.sound()?;
        other.sound()?;
        let grids = [&*self.grid, &*other.grid];
        let axes = Axes::of(signature, &grids)?;
        let identity = Identity::of(OPERATION).data(&signature).function(&f);
        let cores = |labels: &[char]| labels.iter().filter(|label| axes.whole.contains(label)).count();
        let (left, right) = (cores(&axes.inputs[0]), cores(&axes.inputs[1]));
        let result = core_lengths(&axes, &grids);
        type Env = (usize, usize, Vec<usize>);
        let run = move |(left, right, result): &Env, x: ArrayViewD<'_, T>, y: ArrayViewD<'_, B>| {
            let (left, right) = (*left, *right);
            let lengths = outer(&[(x.shape(), left), (y.shape(), right)]);
            each_place(&lengths, result, |place| f(at(&x, place, left), at(&y, place, right)))
        };
        let inputs = ((self, axes.inputs[0].as_slice()), (other, axes.inputs[1].as_slice()));
        let env = (left, right, result);
        Ok(blockwise2_of(OPERATION, identity, &axes.out, (&axes.whole, &axes.new), inputs, env, run)?.split_like(self))
    }
}

/// The lengths of the axes that the function gives.
fn core_lengths(axes: &Axes, grids: &[&Grid]) -> Vec<usize> {
    let input = |label: &char| {
        let own = axes.inputs.iter().zip(grids);
        own.filter_map(|(labels, grid)| Some(grid.shape()[labels.iter().position(|own| own == label)?])).next()
    };
    let new = |label: &char| axes.new.iter().find(|(own, _)| own == label).map(|(_, length)| *length);
    let core = axes.out[axes.out.len() - axes.core..].iter();
    core.map(|label| new(label).or_else(|| input(label)).unwrap_or(1)).collect()
}
