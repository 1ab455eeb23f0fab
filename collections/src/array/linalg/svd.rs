//! Singular values: of matrices of one column or one row of chunks by way of their QR factors, of others compressed.

use super::Field;
use super::contract::{Labels, contract};
use super::dense::{column, matrix, to_chunk};
use super::qr::try_qr;
use super::tiles::{fault, known, layer, nbytes, part, sized, value};
use super::turn::transposed;
use crate::array::chunk::Chunk;
use crate::array::error::ArrayError;
use crate::array::grid::{Grid, starts};
use crate::array::layers::{Built, Stop, value_task};
use crate::array::select::Selection;
use crate::array::{Array, Number};
use crate::identity::Identity;
use partita_graph::{Fault, Function};
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64Dxsm;

/// The three factors of a matrix.
pub(super) type Svd<T> = (Array<T>, Array<<T as faer::traits::ComplexField>::Real>, Array<T>);

/// The three factors of a block.
type Factors<T> = (Chunk<T>, Chunk<<T as faer::traits::ComplexField>::Real>, Chunk<T>);

/// The singular value decomposition in its reduced form, `a = U · diag(s) · Vh`, with `s` in descending order; NumPy's
/// `linalg.svd(a, full_matrices=False)`.
///
/// The matrix must be one column or one row of chunks; it is factorised by [`qr`](super::qr), and the small factor
/// decomposed. Of signs, which a matrix leaves open: in each row of `Vh` (for one row of several chunks, in each column
/// of `U`) the element of the largest absolute value is real and positive, the first one of several.
///
/// ```
/// use partita_collections::{Array, array::linalg, bag::on_reference};
///
/// let x = Array::<f64>::from_array(ndarray::array![[3.0, 0.0], [0.0, -2.0], [0.0, 0.0]], [1, 2]);
/// let (u, s, vh) = linalg::svd(&x);
/// assert!(on_reference(&s)?.iter().zip([3.0, 2.0]).all(|(s, expected)| (s - expected).abs() < 1e-12));
/// assert_eq!((u.shape(), vh.shape()), (&[3, 2][..], &[2, 2][..]));
/// # Ok::<(), partita_graph::RunError>(())
/// ```
///
/// # Errors
/// [`ArrayError::Chunking`] for chunks along both axes: see [`svd_compressed`]. A matrix with NaN or infinities fails
/// when it is computed.
#[track_caller]
pub fn svd<T: Field>(matrix: &Array<T>) -> (Array<T>, Array<T::Real>, Array<T>) {
    three(try_svd("svd", matrix))
}

#[track_caller]
fn three<T: Field>(built: Built<Svd<T>>) -> Svd<T> {
    match built {
        Ok(three) => three,
        Err(stop) => (Array::built(Err(stop.clone())), Array::built(Err(stop.clone())), Array::built(Err(stop))),
    }
}

#[track_caller]
pub(super) fn try_svd<T: Field>(operation: &'static str, matrix: &Array<T>) -> Built<Svd<T>> {
    known(operation, matrix)?;
    if matrix.numblocks()[1] != 1 && matrix.numblocks()[0] == 1 {
        let (u, s, vh) = of_columns(operation, &transposed(matrix)?)?;
        return Ok((transposed(&vh)?, s, transposed(&u)?));
    }
    of_columns(operation, matrix)
}

/// Of a matrix of one column of chunks.
#[track_caller]
fn of_columns<T: Field>(operation: &'static str, matrix: &Array<T>) -> Built<Svd<T>> {
    let (q, r) = try_qr(operation, matrix)?;
    let (rank, columns) = (r.shape()[0], r.shape()[1]);
    let decompose: Function = sized((), |(), values| {
        let factors = decomposed::<T>(value(values, 0)?)?;
        let nbytes = nbytes(&[&factors.0, &factors.2]) + nbytes(&[&factors.1]);
        Ok((factors, nbytes))
    });
    let identity = r.identity("svd");
    let node = layer::<Factors<T>>("svd", identity, vec![(decompose, r.outputs_of())]);
    let of = |of: &str| Identity::of("svd-factor").node(&node).data(&of);
    let inputs = || [part(&node, 0)].into_iter().collect();
    let left = value_task(|values| Ok(value::<Factors<T>>(values, 0)?.0.clone()));
    let middle = value_task(|values| Ok(value::<Factors<T>>(values, 0)?.1.clone()));
    let right = value_task(|values| Ok(value::<Factors<T>>(values, 0)?.2.clone()));
    let u = Array::tasks("svd-u", of("u"), Grid::single(&[rank, rank]), vec![(left, inputs())]);
    let s = Array::tasks("svd-s", of("s"), Grid::single(&[rank]), vec![(middle, inputs())]);
    let vh = Array::tasks("svd-vh", of("vh"), Grid::single(&[rank, columns]), vec![(right, inputs())]);
    Ok((matrix_product(&q, &u)?.split_like(matrix), s.split_like(matrix), vh.split_like(matrix)))
}

/// The product of two matrices.
#[track_caller]
pub(super) fn matrix_product<T: Field>(left: &Array<T>, right: &Array<T>) -> Built<Array<T>> {
    contract("dot", left, right, &Labels { left: vec![0, 1], right: vec![1, 2], out: vec![0, 2] })
}

impl<T: Field> Array<T> {
    /// Its blocks as inputs of one task.
    fn outputs_of(&self) -> partita_graph::Inputs {
        crate::layer::parts(self.node()).collect()
    }
}

/// The factors of a matrix in memory.
fn decomposed<T: Field>(chunk: &Chunk<T>) -> Result<Factors<T>, Fault> {
    let (rows, columns) = (chunk.shape()[0], chunk.shape()[1]);
    if rows == 0 || columns == 0 {
        return Ok((Chunk::new(&[rows, 0], vec![]), Chunk::new(&[0], vec![]), Chunk::new(&[0, columns], vec![])));
    }
    if chunk.to_vec().iter().any(|x| !x.magnitude().is_finite()) {
        return Err(fault("svd", "the matrix has NaN or infinite elements"));
    }
    let factors = matrix(chunk).thin_svd().map_err(|_| fault("svd", "the iterations do not converge"))?;
    let (mut u, mut v) = (factors.U().to_owned(), factors.V().to_owned());
    let singular = factors.S().column_vector();
    let s: Vec<T::Real> =
        (0..singular.nrows()).map(|at| <T::Real as Number>::from_f64(singular[at].to_f64())).collect();
    for at in 0..v.ncols() {
        let largest = (0..v.nrows()).fold((0, -1.0), |best: (usize, f64), row| {
            let size = v[(row, at)].magnitude();
            // A little more than the largest so far: equal ones differ by rounding.
            if size > best.1 * (1.0 + 64.0 * T::EPSILON) { (row, size) } else { best }
        });
        let phase = v[(largest.0, at)].phase().conjugate();
        (0..v.nrows()).for_each(|row| v[(row, at)] = v[(row, at)].times(phase));
        (0..u.nrows()).for_each(|row| u[(row, at)] = u[(row, at)].times(phase));
    }
    let vh = v.adjoint().to_owned();
    Ok((to_chunk(u.as_ref()), column(s), to_chunk(vh.as_ref())))
}

/// How a matrix is compressed before it is decomposed; see [`svd_compressed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compression {
    /// Columns of the compressed matrix beyond the rank that is asked for; more of them are more exact.
    pub oversamples: usize,
    /// How often the matrix and its adjoint are applied once more, for singular values that fall slowly.
    pub power_iterations: usize,
    /// The seed of the random directions.
    pub seed: u64,
}

impl Default for Compression {
    fn default() -> Self {
        Compression { oversamples: 10, power_iterations: 0, seed: 0 }
    }
}

/// The `rank` largest singular values of a matrix in any chunks, and their vectors, nearly; Dask's `svd_compressed`.
///
/// The matrix is applied to random directions, the space that they come to (made sharper by power iterations) is given
/// an orthonormal basis, and the matrix is decomposed within it: algorithms 4.4 and 5.1 of Halko, Martinsson and Tropp,
/// "Finding structure with randomness" (2011). The directions are the same for any chunks. Signs are those of [`svd`].
///
/// ```
/// use partita_collections::array::linalg::{Compression, svd_compressed};
/// use partita_collections::{Array, bag::on_reference};
///
/// let x = Array::<f64>::arange(1.0, 9.0, 1.0, 3);
/// let table = x.outer(&x);
/// let (_, s, _) = svd_compressed(&table, 1, Compression { power_iterations: 1, ..Compression::default() });
/// assert!((on_reference(&s)?[0] - 204.0).abs() < 1e-9, "1² + 2² + … + 8²");
/// # Ok::<(), partita_graph::RunError>(())
/// ```
///
/// # Errors
/// [`ArrayError::Argument`] for a rank of 0, or of more than the matrix has rows or columns.
#[track_caller]
pub fn svd_compressed<T: Field>(
    matrix: &Array<T>,
    rank: usize,
    compression: Compression,
) -> (Array<T>, Array<T::Real>, Array<T>) {
    three(try_compressed(matrix, rank, compression))
}

#[track_caller]
fn try_compressed<T: Field>(matrix: &Array<T>, rank: usize, compression: Compression) -> Built<Svd<T>> {
    let operation = "svd_compressed";
    known(operation, matrix)?;
    let least = matrix.shape()[0].min(matrix.shape()[1]);
    if rank == 0 || rank > least {
        let allowed = "it must be from 1 to the smaller length of the matrix";
        return Err(ArrayError::Argument { operation, argument: "rank", value: rank.to_string(), allowed }.into());
    }
    let width = rank.saturating_add(compression.oversamples).min(least);
    let directions = directions(matrix.grid.axis(1), width, compression.seed)?;
    let mut basis = try_qr(operation, &matrix_product(matrix, &directions)?)?.0;
    for _ in 0..compression.power_iterations {
        let back = matrix_product(&adjoint_of(matrix)?, &basis)?;
        let back = try_qr(operation, &back)?.0;
        basis = try_qr(operation, &matrix_product(matrix, &back)?)?.0;
    }
    let small = matrix_product(&adjoint_of(&basis)?, matrix)?;
    let (u, s, vh) = try_svd(operation, &small)?;
    let u = matrix_product(&basis, &u)?;
    Ok((cut(&u, 1, rank)?, cut(&s, 0, rank)?, cut(&vh, 0, rank)?))
}

/// The first elements of an axis.
#[track_caller]
fn cut<E: crate::array::Element>(array: &Array<E>, axis: usize, count: usize) -> Result<Array<E>, ArrayError> {
    let selection = |of: usize| match of == axis {
        true => Selection::range(array.grid.axis(of), 0, 1, count),
        false => Selection::all(array.grid.axis(of)),
    };
    let identity = Identity::of("first").data(&(axis as u64, count as u64));
    array.select("getitem", identity, (0..array.ndim()).map(selection).collect(), E::default())
}

/// The conjugate of the transpose.
#[track_caller]
pub(super) fn adjoint_of<T: Field>(matrix: &Array<T>) -> Built<Array<T>> {
    let turned = transposed(matrix)?;
    Ok(if T::IS_REAL { turned } else { turned.named("conj", T::conjugate) })
}

/// Random directions, row by row from streams of their own, so that chunks do not matter.
#[track_caller]
fn directions<T: Field>(rows: &[usize], width: usize, seed: u64) -> Result<Array<T>, Stop> {
    let grid = Grid::new(vec![rows.to_vec(), vec![width]])?;
    let begins = starts(rows);
    let identity = Identity::of("directions").data(&(seed, width as u64));
    Ok(Array::generated_with(
        "directions",
        identity,
        grid,
        (begins, width, seed),
        |(begins, width, seed), grid, block| {
            let (width, seed) = (*width, *seed);
            let shape = grid.part_shape(block);
            let row = |row: usize| {
                let mut random = Pcg64Dxsm::seed_from_u64(seed ^ (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let normal = move |_| {
                    let x: f64 = StandardNormal.sample(&mut random);
                    T::from_f64(x)
                };
                (0..width).map(normal)
            };
            Chunk::new(&shape, (begins[block]..begins[block + 1]).flat_map(row).collect()).into()
        },
    ))
}
