//! LU: factors of square matrices, block by block, with rows exchanged within blocks of the diagonal.

use super::Field;
use super::dense::{matrix, settled, subtract_product, to_chunk, view};
use super::tiles::{Tiles, fault, layer, nbytes, part, sized, square, value};
use crate::array::Array;
use crate::array::chunk::Chunk;
use crate::array::layers::{Built, value_task};
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_unit_lower_triangular_in_place};
use faer::{Mat, Par};
use partita_graph::{Fault, Function, Input, Inputs, Value};

/// A factorised block of the diagonal: the row that each row was, and both factors in one matrix.
pub(super) type Pivoted<T> = (Vec<u64>, Chunk<T>);

/// The factors of a square matrix, `a = P · L · U`: a permutation, a lower triangular matrix with ones on its diagonal,
/// and an upper triangular one; SciPy's and Dask's `lu`.
///
/// Rows are exchanged within the blocks of the diagonal only, as in Dask, so `P` has no elements outside of them. That
/// is no danger for matrices whose diagonal is heavy; others may have a block on the diagonal that is singular, or
/// nearly so, while the matrix is not: take larger chunks for them. Axes in different chunks are cut into those that
/// they have in common.
///
/// ```
/// use partita_collections::{Array, array::linalg, bag::on_reference};
///
/// let a = Array::<f64>::from_array(ndarray::array![[1.0, 2.0], [4.0, 4.0]], 2);
/// let (p, l, u) = linalg::lu(&a);
/// assert_eq!(on_reference(&p)?, ndarray::array![[0.0, 1.0], [1.0, 0.0]].into_dyn());
/// assert_eq!(on_reference(&l)?, ndarray::array![[1.0, 0.0], [0.25, 1.0]].into_dyn());
/// assert_eq!(on_reference(&u)?, ndarray::array![[4.0, 4.0], [0.0, 1.0]].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
///
/// # Errors
/// A block of the diagonal that has no inverse fails when it is computed, with its place and the pivot.
#[track_caller]
pub fn lu<T: Field>(a: &Array<T>) -> (Array<T>, Array<T>, Array<T>) {
    match try_lu(a) {
        Ok(three) => three,
        Err(stop) => (Array::built(Err(stop.clone())), Array::built(Err(stop.clone())), Array::built(Err(stop))),
    }
}

#[track_caller]
fn try_lu<T: Field>(a: &Array<T>) -> Built<(Array<T>, Array<T>, Array<T>)> {
    let a = square("lu", a)?;
    let factors = factors("lu", &a);
    let side = factors.diagonal.len();
    let permutation: Function = value_task(|values| {
        let (rows, factors) = value::<Pivoted<T>>(values, 0)?;
        let mut all = super::dense::zeros(factors.len());
        rows.iter().enumerate().for_each(|(row, &from)| all[from as usize * rows.len() + row] = T::ONE);
        Ok(Chunk::new(factors.shape(), all))
    });
    let lower: Function = value_task(|values| Ok(half(&value::<Pivoted<T>>(values, 0)?.1, true)));
    let upper: Function = value_task(|values| Ok(half(&value::<Pivoted<T>>(values, 0)?.1, false)));
    let turn: Function = value_task(|values| {
        let block = value::<Chunk<T>>(values, 0)?;
        Ok(to_chunk(exchanged(matrix(block), &value::<Pivoted<T>>(values, 1)?.0).as_ref()))
    });
    let (mut p, mut l, mut u) = (Tiles::new(side, side), Tiles::new(side, side), factors.upper);
    let mut tasks: Vec<(Function, Inputs)> = Vec::new();
    for (at, diagonal) in factors.diagonal.iter().enumerate() {
        tasks.extend([&permutation, &lower, &upper].map(|f| (f.clone(), [diagonal.clone()].into_iter().collect())));
        for column in 0..at {
            let inputs = factors.lower.get(at, column).into_iter().chain([diagonal.clone()]);
            tasks.push((turn.clone(), inputs.collect()));
        }
    }
    let node = layer::<Chunk<T>>("lu-blocks", a.identity("lu-blocks"), tasks);
    let mut next = 0..;
    let mut take = || part(&node, next.next().unwrap_or_default());
    for at in 0..side {
        p.set(at, at, take());
        l.set(at, at, take());
        u.set(at, at, take());
        (0..at).for_each(|column| l.set(at, column, take()));
    }
    let grid = || (*a.grid).clone();
    let p = p.array("lu-p", a.identity("lu-p"), grid()).split_like(&a);
    let l = l.array("lu-l", a.identity("lu-l"), grid()).split_like(&a);
    Ok((p, l, u.array("lu-u", a.identity("lu-u"), grid()).split_like(&a)))
}

/// One factor of two in one matrix.
fn half<T: Field>(factors: &Chunk<T>, lower: bool) -> Chunk<T> {
    let mut all = matrix(factors);
    for row in 0..all.nrows() {
        for column in 0..all.ncols() {
            match (row.cmp(&column), lower) {
                (std::cmp::Ordering::Equal, true) => all[(row, column)] = T::ONE,
                (std::cmp::Ordering::Less, true) | (std::cmp::Ordering::Greater, false) => {
                    all[(row, column)] = T::ZERO;
                }
                _ => {}
            }
        }
    }
    to_chunk(all.as_ref())
}

/// The factors of a matrix, with the rows of `lower` in the order of the matrix itself.
pub(super) struct Lu {
    /// Blocks of the diagonal, [`Pivoted`].
    pub(super) diagonal: Vec<Input>,
    /// Blocks below it.
    pub(super) lower: Tiles,
    /// Blocks above it.
    pub(super) upper: Tiles,
}

/// The factors of a matrix in square blocks: of each step the block on the diagonal, then the row on its right and the
/// column below it, each with the products of all steps before it subtracted.
#[track_caller]
pub(super) fn factors<T: Field>(operation: &'static str, a: &Array<T>) -> Lu {
    let side = a.grid.axis(0).len();
    let starts = a.grid.starts(0);
    let (mut lower, mut upper) = (Tiles::new(side, side), Tiles::new(side, side));
    let mut diagonal = Vec::with_capacity(side);
    let right: Function = value_task(|values| on_the_right::<T>(values));
    let below: Function = value_task(|values| below::<T>(values));
    for (step, &start) in starts[..side].iter().enumerate() {
        let before = |row: usize, column: usize| -> Vec<Input> {
            let pair = |at: usize| [lower.get(row, at), upper.get(at, column)];
            (0..step).flat_map(pair).flatten().collect()
        };
        let pivot = sized((operation, step, start), |&(operation, step, start), values| {
            let pivoted = on_diagonal::<T>(operation, step, start, values)?;
            let nbytes = nbytes(&[&pivoted.1]) + pivoted.0.len() * 8;
            Ok((pivoted, nbytes))
        });
        let inputs = [a.input(&[step, step])].into_iter().chain(before(step, step)).collect();
        let identity = a.identity("lu-diagonal").data(&(operation, step as u64));
        let own = part(&layer::<Pivoted<T>>("lu-diagonal", identity, vec![(pivot, inputs)]), 0);
        let inputs = |row: usize, column: usize| -> Inputs {
            let first = [a.input(&[row, column]), own.clone()];
            first.into_iter().chain(before(row, column)).collect()
        };
        let tasks: Vec<(Function, Inputs)> = (step + 1..side)
            .flat_map(|at| [(right.clone(), inputs(step, at)), (below.clone(), inputs(at, step))])
            .collect();
        diagonal.push(own.clone());
        if !tasks.is_empty() {
            let identity = a.identity("lu-step").data(&(operation, step as u64));
            let node = layer::<Chunk<T>>("lu-step", identity, tasks);
            for (number, at) in (step + 1..side).enumerate() {
                upper.set(step, at, part(&node, 2 * number));
                lower.set(at, step, part(&node, 2 * number + 1));
            }
        }
    }
    Lu { diagonal, lower, upper }
}

/// A block without the products of the pairs that follow among the inputs.
fn rest_of<T: Field>(values: &[Value], first_pair: usize) -> Result<Mat<T>, Fault> {
    let mut rest = matrix(value::<Chunk<T>>(values, 0)?);
    for pair in (first_pair..values.len()).step_by(2) {
        subtract_product(&mut rest, value::<Chunk<T>>(values, pair)?, value::<Chunk<T>>(values, pair + 1)?);
    }
    Ok(rest)
}

fn on_diagonal<T: Field>(
    operation: &'static str,
    block: usize,
    start: usize,
    values: &[Value],
) -> Result<Pivoted<T>, Fault> {
    let rest = rest_of::<T>(values, 1)?;
    if rest.nrows() == 0 {
        return Ok((Vec::new(), to_chunk(rest.as_ref())));
    }
    let factors = rest.partial_piv_lu();
    let mut both = factors.U().to_owned();
    for at in 0..both.ncols() {
        let size = both[(at, at)].magnitude();
        if size == 0.0 || !size.is_finite() {
            let place = format!("block ({block}, {block}) has no inverse: pivot {} of the matrix", start + at);
            let value = if size == 0.0 { "is 0" } else { "is not finite" };
            let remedy = "if the matrix itself has an inverse, larger chunks exchange more rows";
            return Err(fault(operation, format!("{place} {value}; {remedy}")));
        }
        (at + 1..both.nrows()).for_each(|row| both[(row, at)] = factors.L()[(row, at)]);
    }
    let rows = factors.P().arrays().0.iter().map(|&row| row as u64).collect();
    Ok((rows, to_chunk(both.as_ref())))
}

/// A matrix with its rows in this order.
pub(super) fn exchanged<T: Field>(matrix: Mat<T>, rows: &[u64]) -> Mat<T> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |row, column| matrix[(rows[row] as usize, column)])
}

/// `U = L⁻¹ · P · (A − …)`.
fn on_the_right<T: Field>(values: &[Value]) -> Result<Chunk<T>, Fault> {
    let (rows, factors) = value::<Pivoted<T>>(values, 1)?;
    let mut rest = exchanged(rest_of::<T>(values, 2)?, rows);
    solve_unit_lower_triangular_in_place(view(&settled(factors)), rest.as_mut(), Par::Seq);
    Ok(to_chunk(rest.as_ref()))
}

/// `L = (A − …) · U⁻¹`, which is `Uᵀ · Lᵀ = (A − …)ᵀ`.
fn below<T: Field>(values: &[Value]) -> Result<Chunk<T>, Fault> {
    let (_, factors) = value::<Pivoted<T>>(values, 1)?;
    let mut turned = rest_of::<T>(values, 2)?.transpose().to_owned();
    solve_lower_triangular_in_place(view(&settled(factors)).transpose(), turned.as_mut(), Par::Seq);
    Ok(to_chunk(turned.transpose()))
}
