//! QR: of tall matrices along a tree of their rows, of short ones from their first block.

use super::Field;
use super::dense::{adjoint, matrix, product, settled, to_chunk, view};
use super::tiles::{known, layer, nbytes, part, sized, value};
use crate::array::Array;
use crate::array::chunk::Chunk;
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::layers::{Built, chunk_task, value_task, value_task_with};
use crate::identity::Identity;
use faer::Mat;
use partita_graph::{Fault, Function, Inputs, Node, Value};
use std::sync::Arc;

/// The factors of a block.
type Factors<T> = (Chunk<T>, Chunk<T>);

/// The factors `Q`, whose columns are orthonormal, and `R`, which is upper triangular: `a = Q · R`; NumPy's
/// `linalg.qr` in its reduced form. The diagonal of `R` is real and not negative, so the factors of a matrix of full
/// rank do not depend on its chunks.
///
/// A matrix of one column of chunks is factorised by [`tsqr`], one of one row of chunks by [`sfqr`]. NaN and infinities
/// give factors of NaN.
///
/// ```
/// use partita_collections::{Array, array::linalg, bag::on_reference};
///
/// let x = Array::<f64>::from_array(ndarray::array![[3.0, 1.0], [4.0, 2.0], [0.0, 5.0]], [1, 2]);
/// let (q, r) = linalg::qr(&x);
/// assert_eq!((q.shape(), r.shape()), (&[3, 2][..], &[2, 2][..]));
/// assert!((on_reference(&r)?[[0, 0]] - 5.0).abs() < 1e-12);
/// assert!(on_reference(&linalg::norm(&(q.dot(&r) - &x)).item())? < 1e-12);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
///
/// # Errors
/// [`ArrayError::Chunking`] for chunks along both axes.
#[track_caller]
pub fn qr<T: Field>(matrix: &Array<T>) -> (Array<T>, Array<T>) {
    both(try_qr("qr", matrix))
}

/// The QR factors of a matrix of one column of chunks; see [`qr`]. Each block is factorised, then the factors `R` of up
/// to [`Array::split_every`] of them, and so on: the tree of Demmel, Grigori, Hoemmen and Langou, "Communication-optimal
/// parallel and sequential QR and LU factorizations" (2012).
#[track_caller]
pub fn tsqr<T: Field>(matrix: &Array<T>) -> (Array<T>, Array<T>) {
    both(try_tsqr("tsqr", matrix))
}

/// The QR factors of a matrix of one row of chunks; see [`qr`]. The first block gives `Q`, and `R` is `Qᴴ` times each
/// block; so the first block must have as many columns as rows, or more.
#[track_caller]
pub fn sfqr<T: Field>(matrix: &Array<T>) -> (Array<T>, Array<T>) {
    both(try_sfqr("sfqr", matrix))
}

#[track_caller]
pub(super) fn both<A: crate::array::Element, B: crate::array::Element>(
    built: Built<(Array<A>, Array<B>)>,
) -> (Array<A>, Array<B>) {
    match built {
        Ok(two) => two,
        Err(stop) => (Array::built(Err(stop.clone())), Array::built(Err(stop))),
    }
}

#[track_caller]
pub(super) fn try_qr<T: Field>(operation: &'static str, matrix: &Array<T>) -> Built<(Array<T>, Array<T>)> {
    known(operation, matrix)?;
    match matrix.numblocks()[..] {
        [_, 1] => try_tsqr(operation, matrix),
        [1, _] => try_sfqr(operation, matrix),
        _ => Err(refused(operation, "one chunk along one of the axes", matrix)),
    }
}

fn refused<T: Field>(operation: &'static str, needs: &'static str, matrix: &Array<T>) -> crate::array::layers::Stop {
    let [rows, columns] = [matrix.shape()[0], matrix.shape()[1]];
    let axis = if rows >= columns { 1 } else { 0 };
    let length = matrix.shape()[axis];
    let remedy = format!("`rechunk` axis {axis} to one chunk of {length}, or use `svd_compressed`");
    ArrayError::Chunking { operation, needs, chunks: matrix.chunks().to_vec(), remedy }.into()
}

/// Rows of a tall matrix that are factorised at a time, and as many columns at least: so many stay in the processor's
/// cache.
const PANEL: usize = 1024;

/// The factors of a matrix in memory, with a diagonal of `R` that is real and not negative.
pub(super) fn factorise<T: Field>(matrix: Mat<T>) -> Factors<T> {
    let (rows, columns) = matrix.shape();
    let panel = PANEL.max(4 * columns);
    match rows > 2 * panel && columns > 0 {
        true => in_panels(&matrix, panel),
        false => directly(matrix),
    }
}

/// The factors of a tall matrix, by those of its panels and of their `R` on top of each other.
fn in_panels<T: Field>(matrix: &Mat<T>, panel: usize) -> Factors<T> {
    let (rows, columns) = matrix.shape();
    let starts = (0..rows).step_by(panel);
    let factors: Vec<Factors<T>> =
        starts.map(|start| directly(matrix.subrows(start, panel.min(rows - start)).to_owned())).collect();
    let mut heads = Mat::zeros(factors.iter().map(|(_, r)| r.shape()[0]).sum(), columns);
    let mut start = 0;
    for (_, r) in &factors {
        heads.as_mut().subrows_mut(start, r.shape()[0]).copy_from(view(&settled(r)));
        start += r.shape()[0];
    }
    let (above, r) = factorise(heads);
    let mut q = super::dense::zeros(rows * columns);
    let mut start = 0;
    for ((own, head), out) in factors.iter().zip(q.chunks_mut(panel * columns)) {
        product(out, own, &above.clone().cut(0, start, 1, head.shape()[0]));
        start += head.shape()[0];
    }
    (Chunk::new(&[rows, columns], q), r)
}

fn directly<T: Field>(matrix: Mat<T>) -> Factors<T> {
    let (rows, columns) = matrix.shape();
    if rows == 0 || columns == 0 {
        return (Chunk::new(&[rows, 0], Vec::new()), Chunk::new(&[0, columns], Vec::new()));
    }
    let factors = matrix.qr();
    let (mut q, mut r) = (factors.compute_thin_Q(), factors.thin_R().to_owned());
    for at in 0..r.nrows() {
        let phase = r[(at, at)].phase();
        if phase != T::ONE {
            q.col_mut(at).iter_mut().for_each(|x| *x = x.times(phase));
        }
        for column in 0..columns {
            r[(at, column)] = match column < at {
                true => T::ZERO,
                false => r[(at, column)].times(phase.conjugate()),
            };
        }
    }
    (to_chunk(q.as_ref()), to_chunk(r.as_ref()))
}

fn factors_task<T: Field>(call: impl Fn(&[Value]) -> Result<Mat<T>, Fault> + Send + Sync + 'static) -> Function {
    sized((), move |(), values| {
        let (q, r) = factorise(call(values)?);
        let nbytes = nbytes(&[&q, &r]);
        Ok(((q, r), nbytes))
    })
}

/// Matrices on top of each other.
fn stacked<T: Field>(values: &[Value]) -> Result<Mat<T>, Fault> {
    let factors: Vec<&Factors<T>> = crate::layer::read(values)?;
    let columns = factors.first().map_or(0, |(_, r)| r.shape()[1]);
    let mut all = Mat::zeros(factors.iter().map(|(_, r)| r.shape()[0]).sum(), columns);
    let mut start = 0;
    for (_, r) in factors {
        let r = settled(r);
        all.as_mut().subrows_mut(start, r.shape()[0]).copy_from(view(&r));
        start += r.shape()[0];
    }
    Ok(all)
}

/// The product of two matrices in memory.
pub(super) fn times<T: Field>(left: &Chunk<T>, right: &Chunk<T>) -> Chunk<T> {
    let (rows, columns) = (left.shape()[0], right.shape()[1]);
    let mut out = super::dense::zeros(rows * columns);
    product(&mut out, left, right);
    Chunk::new(&[rows, columns], out)
}

/// One level of the tree: its factors, and how many rows each of its `R` has.
struct Level {
    node: Arc<Node>,
    rows: Vec<usize>,
}

#[track_caller]
fn try_tsqr<T: Field>(operation: &'static str, matrix: &Array<T>) -> Built<(Array<T>, Array<T>)> {
    known(operation, matrix)?;
    if matrix.numblocks()[1] != 1 {
        return Err(refused(operation, "one chunk of columns", matrix));
    }
    let levels = tree(matrix);
    let (rows, columns) = (matrix.grid.axis(0).to_vec(), matrix.shape()[1]);
    let rank = matrix.shape()[0].min(columns);
    let Some(top) = levels.last() else { return Ok((matrix.clone(), matrix.clone())) };
    let identity = |of: &str| matrix.identity("tsqr").data(&(of, matrix.split_every as u64));
    let r = value_task(|values| Ok(value::<Factors<T>>(values, 0)?.1.clone()));
    let r = vec![(r, [part(&top.node, 0)].into_iter().collect())];
    let r = Array::tasks("qr-r", identity("r"), Grid::single(&[rank, columns]), r).split_like(matrix);
    let grid = Grid::new(vec![rows, vec![rank]])?;
    let mut above: Option<Arc<Node>> = None;
    for (lower, upper) in levels.iter().zip(&levels[1..]).rev() {
        above = Some(pieces(matrix, lower, upper, above));
    }
    let q: Function = value_task(|values| {
        let (q, _) = value::<Factors<T>>(values, 0)?;
        match values.len() {
            1 => Ok(q.clone()),
            _ => Ok(times(q, value(values, 1)?)),
        }
    });
    let bottom = &levels[0].node;
    let inputs = |block: usize| [part(bottom, block)].into_iter().chain(above.as_ref().map(|above| part(above, block)));
    let q = (0..grid.parts()).map(|block| (q.clone(), inputs(block).collect())).collect();
    Ok((Array::tasks("qr-q", identity("q"), grid, q).split_like(matrix), r))
}

/// The factors of each block, of the stacked `R` of neighbours, and so on up to one.
#[track_caller]
fn tree<T: Field>(matrix: &Array<T>) -> Vec<Level> {
    let (columns, split_every) = (matrix.shape()[1], matrix.split_every);
    let first = factors_task(|values| Ok(matrix_of::<T>(value(values, 0)?)));
    let tasks =
        (0..matrix.npartitions()).map(|block| (first.clone(), [matrix.input(&[block, 0])].into_iter().collect()));
    let node = layer::<Factors<T>>("qr", matrix.identity("qr-blocks"), tasks.collect());
    let rows = matrix.grid.axis(0).iter().map(|&rows| rows.min(columns)).collect();
    let mut levels = vec![Level { node, rows }];
    let next = factors_task(stacked::<T>);
    loop {
        let last = &levels[levels.len() - 1];
        if last.rows.len() <= 1 {
            return levels;
        }
        let parts: Vec<usize> = (0..last.rows.len()).collect();
        let inputs = |some: &[usize]| -> Inputs { some.iter().map(|&at| part(&last.node, at)).collect() };
        let tasks = parts.chunks(split_every).map(|some| (next.clone(), inputs(some))).collect();
        let identity = Identity::of("qr-stack").node(&last.node).data(&(split_every as u64));
        let rows = last.rows.chunks(split_every).map(|some| some.iter().sum::<usize>().min(columns)).collect();
        levels.push(Level { node: layer::<Factors<T>>("qr-stack", identity, tasks), rows });
    }
}

fn matrix_of<T: Field>(chunk: &Chunk<T>) -> Mat<T> {
    matrix(chunk)
}

/// What each `Q` of a level is multiplied with: rows of the `Q` above it, times what that one is multiplied with.
#[track_caller]
fn pieces<T: Field>(matrix: &Array<T>, lower: &Level, upper: &Level, above: Option<Arc<Node>>) -> Arc<Node> {
    let split_every = matrix.split_every;
    let mut tasks: Vec<(Function, Inputs)> = Vec::with_capacity(lower.rows.len());
    for (group, siblings) in lower.rows.chunks(split_every).enumerate() {
        let mut start = 0;
        for &rows in siblings {
            let first = start;
            let piece = value_task_with((first, rows), |&(first, rows), values| {
                let (q, _) = value::<Factors<T>>(values, 0)?;
                let piece = q.clone().cut(0, first, 1, rows);
                match values.len() {
                    1 => Ok(piece),
                    _ => Ok(times(&piece, value(values, 1)?)),
                }
            });
            let inputs = [part(&upper.node, group)].into_iter().chain(above.as_ref().map(|node| part(node, group)));
            tasks.push((piece, inputs.collect()));
            start += rows;
        }
    }
    let identity = Identity::of("qr-pieces").node(&lower.node).data(&(split_every as u64));
    let identity = above.iter().fold(identity.node(&upper.node), |identity, node| identity.node(node));
    layer::<Chunk<T>>("qr-pieces", identity, tasks)
}

#[track_caller]
fn try_sfqr<T: Field>(operation: &'static str, matrix: &Array<T>) -> Built<(Array<T>, Array<T>)> {
    known(operation, matrix)?;
    let (rows, first) = (matrix.shape()[0], matrix.grid.axis(1)[0]);
    if matrix.numblocks()[0] != 1 {
        return Err(refused(operation, "one chunk of rows", matrix));
    }
    if first < rows && matrix.npartitions() > 1 {
        let needs = "a first chunk with as many columns as rows, or more";
        let remedy = format!("`rechunk` axis 1 to chunks of {rows} or more");
        return Err(ArrayError::Chunking { operation, needs, chunks: matrix.chunks().to_vec(), remedy }.into());
    }
    let factors = factors_task(|values| Ok(matrix_of::<T>(value(values, 0)?)));
    let tasks = vec![(factors, [matrix.input(&[0, 0])].into_iter().collect())];
    let factors = layer::<Factors<T>>("qr", matrix.identity("sfqr"), tasks);
    let rank = rows.min(matrix.shape()[1]);
    let q: Function = value_task(|values| Ok(value::<Factors<T>>(values, 0)?.0.clone()));
    let q = vec![(q, [part(&factors, 0)].into_iter().collect())];
    let q = Array::tasks("qr-q", matrix.identity("sfqr-q"), Grid::single(&[rows, rank]), q).split_like(matrix);
    let first: Function = value_task(|values| Ok(value::<Factors<T>>(values, 0)?.1.clone()));
    let rest = chunk_task(|chunks: &[&Chunk<T>]| match chunks {
        [block, q] => Ok(times(&adjoint(q), block)),
        _ => Err(Fault::failed("a task of `sfqr` takes two blocks")),
    });
    let task = |column: usize| -> (Function, Inputs) {
        match column {
            0 => (first.clone(), [part(&factors, 0)].into_iter().collect()),
            column => (rest.clone(), [matrix.input(&[0, column]), q.input(&[0, 0])].into_iter().collect()),
        }
    };
    let grid = Grid::new(vec![vec![rank], matrix.grid.axis(1).to_vec()])?;
    let tasks = (0..matrix.npartitions()).map(task).collect();
    let r = Array::tasks("qr-r", matrix.identity("sfqr-r"), grid, tasks).split_like(matrix);
    Ok((q, r))
}
