//! Solving: systems of linear equations by substitution, block row by block row, and inverses.

use super::cholesky::lower_factor;
use super::dense::{adjoint, matrix, settled, subtract_product, to_chunk, view};
use super::lu::{Pivoted, exchanged, factors};
use super::tiles::{Tiles, as_matrix, fault, layer, part, square, value};
use super::{Field, Triangle};
use crate::array::Array;
use crate::array::chunk::Chunk;
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::layers::{Built, value_task_with};
use crate::identity::Identity;
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_unit_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Mat, MatMut, MatRef, Par};
use partita_graph::{Fault, Function, Input, Inputs, Named, Value};

/// The solution `x` of `a · x = b`, of one right side or one for each column of `b`; NumPy's `linalg.solve`. It comes by
/// way of [`lu`](super::lu), which tells what the chunks have to do with its exactness.
///
/// ```
/// use partita_collections::{Array, array::linalg, bag::on_reference};
///
/// let a = Array::<f64>::from_array(ndarray::array![[3.0, 1.0], [1.0, 2.0]], 1);
/// let x = linalg::solve(&a, &Array::from_array(ndarray::array![9.0, 8.0], 2));
/// assert!(on_reference(&x)?.iter().zip([2.0, 3.0]).all(|(x, expected)| (x - expected).abs() < 1e-12));
/// # Ok::<(), partita_graph::RunError>(())
/// ```
///
/// # Errors
/// A matrix with no inverse fails when it is computed.
#[track_caller]
pub fn solve<T: Field>(a: &Array<T>, b: &Array<T>) -> Array<T> {
    Array::built(try_solve("solve", a, b))
}

/// The solution of `a · x = b` for a positive definite matrix, of which the half on and below the diagonal is looked at;
/// half the work of [`solve`]. SciPy's `solve(assume_a="pos")`.
///
/// ```
/// use partita_collections::{Array, array::linalg, bag::on_reference};
///
/// let a = Array::<f64>::from_array(ndarray::array![[4.0, 2.0], [2.0, 5.0]], 1);
/// let x = linalg::solve_positive(&a, &Array::from_array(ndarray::array![8.0, 12.0], 1));
/// assert_eq!(on_reference(&x)?, ndarray::array![1.0, 2.0].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[track_caller]
pub fn solve_positive<T: Field>(a: &Array<T>, b: &Array<T>) -> Array<T> {
    Array::built(try_positive(a, b))
}

/// The solution of `a · x = b` for a triangular matrix; what is on the other side of its diagonal is not looked at.
/// SciPy's and Dask's `solve_triangular`.
///
/// ```
/// use partita_collections::array::linalg::{Triangle, solve_triangular};
/// use partita_collections::{Array, bag::on_reference};
///
/// let a = Array::<f64>::from_array(ndarray::array![[2.0, 0.0], [1.0, 4.0]], 1);
/// let b = Array::from_array(ndarray::array![2.0, 9.0], 1);
/// assert_eq!(on_reference(&solve_triangular(&a, &b, Triangle::Lower))?, ndarray::array![1.0, 2.0].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
///
/// # Errors
/// A zero on the diagonal fails when it is computed, with its place.
#[track_caller]
pub fn solve_triangular<T: Field>(a: &Array<T>, b: &Array<T>, triangle: Triangle) -> Array<T> {
    Array::built(try_triangular(a, b, triangle))
}

/// The inverse of a square matrix; NumPy's `linalg.inv`. It is [`solve`] with ones on the diagonal of the right side.
///
/// ```
/// use partita_collections::{Array, array::linalg, bag::on_reference};
///
/// let a = Array::<f64>::from_array(ndarray::array![[2.0, 0.0], [0.0, 4.0]], 1);
/// assert_eq!(on_reference(&linalg::inv(&a))?, ndarray::array![[0.5, 0.0], [0.0, 0.25]].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
///
/// # Errors
/// A matrix with no inverse fails when it is computed.
#[track_caller]
pub fn inv<T: Field>(a: &Array<T>) -> Array<T> {
    Array::built(try_inv(a))
}

#[track_caller]
fn try_inv<T: Field>(a: &Array<T>) -> Built<Array<T>> {
    let a = square("inv", a)?;
    let ones = Array::generated("eye", Identity::of("eye"), (*a.grid).clone(), |grid, block| {
        let (place, shape) = (grid.block(block), grid.part_shape(block));
        if place[0] != place[1] {
            return Chunk::full(&shape, T::ZERO).into();
        }
        let mut all = super::dense::zeros(shape[0] * shape[1]);
        all.iter_mut().step_by(shape[1] + 1).for_each(|x| *x = T::ONE);
        Chunk::new(&shape, all).into()
    });
    try_solve("inv", &a, &ones)
}

#[track_caller]
fn try_solve<T: Field>(operation: &'static str, a: &Array<T>, b: &Array<T>) -> Built<Array<T>> {
    let (a, b) = sides(operation, a, b)?;
    let factors = factors(operation, &a);
    let lower = Substitution {
        name: "solve-lower",
        triangle: Triangle::Lower,
        blocks: &factors.lower,
        starts: a.grid.starts(0),
        adjoint: false,
        diagonal: factors.diagonal.clone(),
        solve: Named::new(|| {
            let solve: Solve<T> = |values, mut rest| {
                let (rows, factors) = value::<Pivoted<T>>(values, 1)?;
                rest = exchanged(rest, rows);
                solve_unit_lower_triangular_in_place(view(&settled(factors)), rest.as_mut(), Par::Seq);
                Ok(rest)
            };
            solve
        }),
    };
    let halfway = lower.run(&a, &b);
    let upper = Substitution {
        name: operation,
        triangle: Triangle::Upper,
        blocks: &factors.upper,
        starts: a.grid.starts(0),
        adjoint: false,
        diagonal: factors.diagonal.clone(),
        solve: Named::new(|| {
            let solve: Solve<T> = |values, mut rest| {
                let (_, factors) = value::<Pivoted<T>>(values, 1)?;
                solve_upper_triangular_in_place(view(&settled(factors)), rest.as_mut(), Par::Seq);
                Ok(rest)
            };
            solve
        }),
    };
    Ok(upper.run(&a, &halfway))
}

#[track_caller]
fn try_positive<T: Field>(a: &Array<T>, b: &Array<T>) -> Built<Array<T>> {
    let (a, b) = sides("solve_positive", a, b)?;
    let blocks = lower_factor("solve_positive", &a);
    let diagonal: Vec<Input> = (0..a.grid.axis(0).len()).filter_map(|at| blocks.get(at, at)).collect();
    let lower = Substitution {
        name: "solve-lower",
        triangle: Triangle::Lower,
        blocks: &blocks,
        starts: a.grid.starts(0),
        adjoint: false,
        diagonal: diagonal.clone(),
        solve: Named::new(|| {
            let solve: Solve<T> = |values, mut rest| {
                let factor = settled(value::<Chunk<T>>(values, 1)?);
                solve_lower_triangular_in_place(view(&factor), rest.as_mut(), Par::Seq);
                Ok(rest)
            };
            solve
        }),
    };
    let halfway = lower.run(&a, &b);
    let upper = Substitution {
        name: "solve_positive",
        triangle: Triangle::Upper,
        blocks: &blocks,
        starts: a.grid.starts(0),
        adjoint: true,
        diagonal,
        solve: Named::new(|| {
            let solve: Solve<T> = |values, mut rest| {
                let factor = settled(&adjoint(value::<Chunk<T>>(values, 1)?));
                solve_upper_triangular_in_place(view(&factor), rest.as_mut(), Par::Seq);
                Ok(rest)
            };
            solve
        }),
    };
    Ok(upper.run(&a, &halfway))
}

#[track_caller]
fn try_triangular<T: Field>(a: &Array<T>, b: &Array<T>, triangle: Triangle) -> Built<Array<T>> {
    let (a, b) = sides("solve_triangular", a, b)?;
    let side = a.grid.axis(0).len();
    let mut blocks = Tiles::new(side, side);
    for row in 0..side {
        (0..side).for_each(|column| blocks.set(row, column, a.input(&[row, column])));
    }
    let starts = a.grid.starts(0);
    let solve = match triangle {
        Triangle::Lower => Named::new(|| {
            let solve: Solve<T> = |values, rest| invertible(values, rest, solve_lower_triangular_in_place);
            solve
        }),
        Triangle::Upper => Named::new(|| {
            let solve: Solve<T> = |values, rest| invertible(values, rest, solve_upper_triangular_in_place);
            solve
        }),
    };
    let diagonal = (0..side).map(|at| a.input(&[at, at])).collect();
    let name = "solve_triangular";
    Ok(Substitution { name, triangle, blocks: &blocks, adjoint: false, diagonal, starts, solve }.run(&a, &b))
}

/// Solves with a block of the diagonal, if none of its own diagonal is zero. The third input is the place of the block.
fn invertible<T: Field>(
    values: &[Value],
    mut rest: Mat<T>,
    solve: impl FnOnce(MatRef<'_, T>, MatMut<'_, T>, Par),
) -> Result<Mat<T>, Fault> {
    let (factor, place) = (settled(value::<Chunk<T>>(values, 1)?), value::<(u64, u64)>(values, 2)?);
    let own = view(&factor);
    if let Some(zero) = (0..own.nrows()).find(|&at| own[(at, at)] == T::ZERO) {
        let (block, start) = *place;
        let place = format!("block ({block}, {block}), element {} of the diagonal", start as usize + zero);
        return Err(fault("solve_triangular", format!("the matrix has no inverse: {place} is 0")));
    }
    solve(own, rest.as_mut(), Par::Seq);
    Ok(rest)
}

/// Both sides of an equation, with chunks that fit.
#[track_caller]
fn sides<T: Field>(operation: &'static str, a: &Array<T>, b: &Array<T>) -> Built<(Array<T>, Array<T>)> {
    b.sound()?;
    let a = square(operation, a)?;
    if !matches!(b.ndim(), 1 | 2) {
        let (wanted, shape) = ("a vector or a matrix on the right side", b.shape().to_vec());
        return Err(ArrayError::Dimensions { operation, wanted, shape }.into());
    }
    if b.shape()[0] == crate::array::UNKNOWN {
        return Err(ArrayError::Unknown { operation, axis: 0 }.into());
    }
    if a.shape()[1] != b.shape()[0] {
        let (left, right) = (a.shape().to_vec(), b.shape().to_vec());
        return Err(ArrayError::Pairing { operation, left, left_axis: 1, right, right_axis: 0 }.into());
    }
    // Both axes of the matrix in chunks of both sides; the right side in the chunks that come of it.
    let fine = crate::array::grid::refine(a.grid.axis(0), b.grid.axis(0));
    let a = a.refined(Grid::new(vec![fine.clone(), fine.clone()])?);
    let chunks = [fine].into_iter().chain(b.chunks()[1..].iter().cloned()).collect();
    Ok((a, b.refined(Grid::new(chunks)?)))
}

/// Solves with a block of the diagonal: of the task's inputs the second, and the place of the block, its number and its first row, comes last.
type Solve<T> = fn(&[Value], Mat<T>) -> Result<Mat<T>, Fault>;

/// A solver that other processes find by its name.
type Solver<T> = Named<Solve<T>>;

/// A triangular system in blocks: each block row of the solution is the right side without the products of the rows
/// that are there already, solved with the block on the diagonal.
struct Substitution<'a, T> {
    name: &'static str,
    triangle: Triangle,
    blocks: &'a Tiles,
    /// Whether blocks are the adjoints of those on the other side of the diagonal.
    adjoint: bool,
    diagonal: Vec<Input>,
    /// Where each block row begins.
    starts: Vec<usize>,
    solve: Solver<T>,
}

impl<T: Field> Substitution<'_, T> {
    #[track_caller]
    fn run(&self, a: &Array<T>, b: &Array<T>) -> Array<T> {
        let side = self.diagonal.len();
        let columns = b.numblocks().get(1).copied().unwrap_or(1);
        let mut solution = Tiles::new(side, columns);
        for step in 0..side {
            let (row, known) = match self.triangle {
                Triangle::Lower => (step, 0..step),
                Triangle::Upper => (side - 1 - step, side - step..side),
            };
            let own = self.task(row);
            let block = |at: usize| if self.adjoint { self.blocks.get(at, row) } else { self.blocks.get(row, at) };
            let task = |column: usize| -> (Function, Inputs) {
                let place = if b.ndim() == 1 { vec![row] } else { vec![row, column] };
                let pairs = known.clone().flat_map(|at| [block(at), solution.get(at, column)]).flatten();
                (own.clone(), [b.input(&place), self.diagonal[row].clone()].into_iter().chain(pairs).collect())
            };
            let tasks = (0..columns).map(task).collect();
            let identity = a.identity(self.name).node(b.node()).data(&(self.triangle, step as u64));
            let node = layer::<Chunk<T>>(&format!("{}-row", self.name), identity, tasks);
            (0..columns).for_each(|column| solution.set(row, column, part(&node, column)));
        }
        let identity = a.identity(self.name).node(b.node()).data(&self.triangle);
        solution.array(self.name, identity, (*b.grid).clone()).split_like(b)
    }

    /// The function of the tasks of one block row.
    fn task(&self, row: usize) -> Function {
        let place = Value::new((row as u64, self.starts[row] as u64));
        value_task_with((self.solve.clone(), self.adjoint, place), |(solve, flipped, place), values| {
            let right = value::<Chunk<T>>(values, 0)?;
            let mut rest = matrix(&as_matrix(right));
            for pair in (2..values.len()).step_by(2) {
                let (block, known) = (value::<Chunk<T>>(values, pair)?, value::<Chunk<T>>(values, pair + 1)?);
                let block = if *flipped { adjoint(block) } else { block.clone() };
                subtract_product(&mut rest, &block, &as_matrix(known));
            }
            let inputs: Vec<Value> = values.iter().take(2).cloned().chain([place.clone()]).collect();
            Ok(to_chunk(solve(&inputs, rest)?.as_ref()).reshaped(right.shape()))
        })
    }
}
