//! Linear algebra: products of matrices and tensors, factorisations, solutions of equations, norms; as in NumPy's and
//! Dask's `linalg`.
//!
//! Blocks are multiplied and factorised by faer, one thread a task. Larger matrices are put together of blocks by the
//! algorithms that Dask uses; what each of them asks of the chunks is told with it.
//!
//! ```
//! use partita_collections::{Array, array::linalg, bag::on_reference};
//!
//! let a = Array::<f64>::from_array(ndarray::array![[4.0, 1.0], [1.0, 3.0]], 1);
//! let b = Array::<f64>::from_array(ndarray::array![9.0, 5.0], 1);
//! let x = linalg::solve(&a, &b);
//! let error = linalg::norm(&(a.dot(&x) - &b)).item();
//! assert!(on_reference(&error)? < 1e-12);
//! # Ok::<(), partita_graph::RunError>(())
//! ```

mod cholesky;
mod contract;
mod dense;
mod einsum;
mod explosion;
mod field;
mod lstsq;
mod lu;
mod norm;
mod product;
mod products;
mod qr;
mod solve;
mod svd;
mod symmetric;
mod tiles;
mod turn;

pub use super::chunks::MAX_BLOCK_BYTES;
pub use cholesky::cholesky;
pub use einsum::einsum;
pub use explosion::{Explosion, explosion};
pub use field::{Field, Multiply};
pub use lstsq::{LeastSquares, lstsq};
pub use lu::lu;
pub use norm::{Norm, norm, norm_with};
pub use products::{Contracted, inner};
pub use qr::{qr, sfqr, tsqr};
pub use solve::{inv, solve, solve_positive, solve_triangular};
pub use svd::{Compression, svd, svd_compressed};

/// Which half of a matrix is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Triangle {
    /// On and below the diagonal.
    Lower,
    /// On and above the diagonal.
    Upper,
}
