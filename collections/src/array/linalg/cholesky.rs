//! Cholesky: factors of positive definite matrices, block column by block column.

use super::dense::{adjoint, matrix, settled, subtract_adjoint_product, to_chunk, view};
use super::tiles::{Tiles, fault, layer, part, square};
use super::{Field, Triangle};
use crate::array::Array;
use crate::array::chunk::Chunk;
use crate::array::grid::Grid;
use crate::array::layers::{Built, chunk_task, chunk_task_with};
use faer::linalg::cholesky::llt::factor::LltError;
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Par, Side};
use partita_graph::{Fault, Function, Input, Inputs};

/// The Cholesky factor of a positive definite matrix: a lower triangular `L` with `a = L · Lᴴ`, as NumPy's
/// `linalg.cholesky` gives it, or an upper triangular `U` with `a = Uᴴ · U`, as SciPy's and Dask's. Its diagonal is real
/// and positive. Only elements on and below the diagonal of `a` are looked at.
///
/// Axes in different chunks are cut into those that they have in common.
///
/// ```
/// use partita_collections::array::linalg::{Triangle, cholesky};
/// use partita_collections::{Array, bag::on_reference};
///
/// let a = Array::<f64>::from_array(ndarray::array![[4.0, 2.0], [2.0, 5.0]], 1);
/// assert_eq!(on_reference(&cholesky(&a, Triangle::Lower))?, ndarray::array![[2.0, 0.0], [1.0, 2.0]].into_dyn());
/// assert_eq!(on_reference(&cholesky(&a, Triangle::Upper))?, ndarray::array![[2.0, 1.0], [0.0, 2.0]].into_dyn());
///
/// let wrong = Array::<f64>::from_array(ndarray::array![[1.0, 2.0], [2.0, 1.0]], 1);
/// let error = on_reference(&cholesky(&wrong, Triangle::Lower)).unwrap_err().to_string();
/// assert!(error.contains("not positive definite: block (1, 1), pivot 1 of the matrix"));
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[track_caller]
pub fn cholesky<T: Field>(a: &Array<T>, triangle: Triangle) -> Array<T> {
    Array::built(try_cholesky(a, triangle))
}

#[track_caller]
fn try_cholesky<T: Field>(a: &Array<T>, triangle: Triangle) -> Built<Array<T>> {
    let a = square("cholesky", a)?;
    let lower = lower_factor("cholesky", &a);
    let chunks = a.grid.axis(0).to_vec();
    let side = chunks.len();
    let grid = Grid::new(vec![chunks.clone(), chunks])?;
    let identity = a.identity("cholesky").data(&(triangle == Triangle::Upper));
    if triangle == Triangle::Lower {
        return Ok(lower.array("cholesky", identity, grid).split_like(&a));
    }
    let turn: Function = chunk_task(|chunks: &[&Chunk<T>]| match chunks {
        [block] => Ok(adjoint(block)),
        _ => Err(Fault::failed("a task of `cholesky` takes one block")),
    });
    let places: Vec<(usize, usize)> = (0..side).flat_map(|row| (row..side).map(move |column| (row, column))).collect();
    let inputs = |&(row, column): &(usize, usize)| -> Inputs { lower.get(column, row).into_iter().collect() };
    let tasks = places.iter().map(|place| (turn.clone(), inputs(place))).collect();
    let node = layer::<Chunk<T>>("cholesky-turn", a.identity("cholesky-turn"), tasks);
    let mut upper = Tiles::new(side, side);
    places.iter().enumerate().for_each(|(at, &(row, column))| upper.set(row, column, part(&node, at)));
    Ok(upper.array("cholesky", identity, grid).split_like(&a))
}

/// The blocks of the lower factor of a matrix in square blocks: of each block column first the one on the diagonal,
/// then those below it, each with the products of all columns before it subtracted.
#[track_caller]
pub(super) fn lower_factor<T: Field>(operation: &'static str, a: &Array<T>) -> Tiles {
    let side = a.grid.axis(0).len();
    let starts = a.grid.starts(0);
    let mut lower = Tiles::new(side, side);
    let below: Function = chunk_task(|chunks: &[&Chunk<T>]| under_diagonal(chunks));
    for (column, &start) in starts[..side].iter().enumerate() {
        let diagonal =
            chunk_task_with((operation, column, start), |&(operation, column, start), chunks: &[&Chunk<T>]| {
                on_diagonal(operation, column, start, chunks)
            });
        let before = |row: usize| -> Vec<Input> { (0..column).filter_map(|at| lower.get(row, at)).collect() };
        let inputs = [a.input(&[column, column])].into_iter().chain(before(column)).collect();
        let identity = a.identity("cholesky-diagonal").data(&(operation, column as u64));
        let diagonal = layer::<Chunk<T>>("cholesky-diagonal", identity, vec![(diagonal, inputs)]);
        let task = |row: usize| -> (Function, Inputs) {
            let pairs = before(row).into_iter().zip(before(column)).flat_map(|(one, other)| [one, other]);
            (below.clone(), [a.input(&[row, column]), part(&diagonal, 0)].into_iter().chain(pairs).collect())
        };
        let tasks: Vec<(Function, Inputs)> = (column + 1..side).map(task).collect();
        lower.set(column, column, part(&diagonal, 0));
        if !tasks.is_empty() {
            let identity = a.identity("cholesky-column").data(&(operation, column as u64));
            let node = layer::<Chunk<T>>("cholesky-column", identity, tasks);
            (column + 1..side).for_each(|row| lower.set(row, column, part(&node, row - column - 1)));
        }
    }
    lower
}

/// Of a block on the diagonal and those on its left.
fn on_diagonal<T: Field>(
    operation: &'static str,
    block: usize,
    start: usize,
    chunks: &[&Chunk<T>],
) -> Result<Chunk<T>, Fault> {
    let Some((own, left)) = chunks.split_first() else { return Err(Fault::failed("a task was given no block")) };
    if own.is_empty() {
        return Ok((*own).clone());
    }
    let mut rest = matrix(own);
    left.iter().for_each(|block| subtract_adjoint_product(&mut rest, block, block));
    let refused = |pivot: usize| {
        let place = format!("block ({block}, {block}), pivot {} of the matrix", start + pivot);
        fault(operation, format!("the matrix is not positive definite: {place} is not above 0"))
    };
    let factor = rest.llt(Side::Lower).map_err(|LltError::NonPositivePivot { index }| refused(index))?;
    let mut lower = factor.L().to_owned();
    for column in 0..lower.ncols() {
        if !lower[(column, column)].to_f64().is_finite() {
            return Err(refused(column));
        }
        (0..column).for_each(|row| lower[(row, column)] = T::ZERO);
    }
    Ok(to_chunk(lower.as_ref()))
}

/// Of a block below the diagonal: it, the one on the diagonal, and pairs of blocks on the left of both.
fn under_diagonal<T: Field>(chunks: &[&Chunk<T>]) -> Result<Chunk<T>, Fault> {
    let [own, diagonal, pairs @ ..] = chunks else {
        return Err(Fault::failed("a task of `cholesky` takes two blocks at least"));
    };
    let mut rest = matrix(own);
    pairs.as_chunks::<2>().0.iter().for_each(|[one, other]| subtract_adjoint_product(&mut rest, one, other));
    // X · Lᴴ = B is L · Xᴴ = Bᴴ.
    let mut turned = rest.adjoint().to_owned();
    solve_lower_triangular_in_place(view(&settled(diagonal)), turned.as_mut(), Par::Seq);
    Ok(to_chunk(turned.adjoint().to_owned().as_ref()))
}
