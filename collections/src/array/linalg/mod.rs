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

mod contract;
mod dense;
mod einsum;
mod explosion;
mod field;
mod product;
mod products;
mod symmetric;
mod turn;

pub use contract::MAX_BLOCK_BYTES;
pub use einsum::einsum;
pub use explosion::{Explosion, explosion};
pub use field::{Field, Multiply};
pub use products::{Contracted, inner};
