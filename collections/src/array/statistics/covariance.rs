//! Covariances and correlations of variables, which are rows.

use crate::array::chunk::Chunk;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::Grid;
use crate::array::layers::{Built, valued_with};
use crate::array::lazy::Lazy;
use crate::array::reduce::skipping::as_mean;
use crate::array::reduce::tree::Tree;
use crate::array::statistics::middle::Mean;
use crate::array::{Array, Averaged, Number, Real};
use ndarray::{Array2, ArrayView2, ArrayViewMut1, Axis};
use partita_graph::{Fault, Kind, Node, Place};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Of some observations: their number, the mean of each variable, and sums of products of distances from the means, which
/// are merged as those of variances (Chan, Golub and LeVeque 1979).
#[derive(Clone, Serialize, Deserialize)]
struct Products {
    count: u64,
    means: Vec<Mean>,
    sums: Chunk<f64>,
}

impl Products {
    fn of(mut observations: Array2<f64>) -> Self {
        let count = observations.ncols() as u64;
        let distances = |mut row: ArrayViewMut1<'_, f64>| {
            let mean = Mean::of(&row.to_vec());
            row.mapv_inplace(|x| mean.distance(x));
            mean
        };
        let means = observations.rows_mut().into_iter().map(distances).collect();
        let sums = observations.dot(&observations.t());
        Products { count, means, sums: sums.into_dyn().into() }
    }

    fn merge(&mut self, later: &Products) {
        if self.count == 0 || later.count == 0 {
            if self.count == 0 {
                *self = later.clone();
            }
            return;
        }
        let (own, other) = (self.count as f64, later.count as f64);
        let all = own + other;
        let distances: Vec<f64> = self.means.iter().zip(&later.means).map(|(own, other)| own.to(other)).collect();
        let mut sums = self.sums.clone().into_ndarray();
        sums += &later.sums.view();
        let weight = own * other / all;
        for (row, a) in sums.axis_iter_mut(Axis(0)).zip(&distances) {
            row.into_iter().zip(&distances).for_each(|(sum, b)| *sum += a * b * weight);
        }
        self.means.iter_mut().zip(&distances).for_each(|(mean, distance)| mean.shift(distance * (other / all)));
        self.count += later.count;
        self.sums = sums.into();
    }

    /// The covariances, or what they are of the largest that they could be.
    fn finish(&self, wanted: Wanted) -> Result<Array2<f64>, Fault> {
        let variables = self.means.len();
        let view = self.sums.view();
        let sums = view.to_shape((variables, variables)).map_err(Fault::failed)?;
        let sums: ArrayView2<'_, f64> = sums.view();
        Ok(match wanted {
            Wanted::Covariance { ddof } => &sums / self.count.saturating_sub(ddof) as f64,
            Wanted::Correlation => {
                let deviations = sums.diag().mapv(f64::sqrt);
                let correlation = |(i, j): (usize, usize)| {
                    let all: f64 = sums[[i, j]] / deviations[i] / deviations[j];
                    // Rounding must not lead beyond what can be.
                    all.clamp(-1.0, 1.0)
                };
                Array2::from_shape_fn((variables, variables), correlation)
            }
        })
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Wanted {
    Covariance { ddof: u64 },
    Correlation,
}

partita_graph::travels_as_data!(Wanted);

impl<T: Averaged<Mean: Real>> Array<T> {
    /// The covariances of variables: each row is one, and each column an observation of all; NumPy's `cov` with
    /// `rowvar=True`. Turn an array whose columns are variables. One axis is one variable, and gives an array without axes.
    ///
    /// Sums of products are divided by the number of observations less `ddof` (NumPy's default is 1). Variables are put
    /// into one chunk, so their covariances must fit into memory. Integers give `f64`; NaN spreads to all covariances of
    /// its variable.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[0, 1, 2], [2, 1, 0]], 2);
    /// assert_eq!(on_reference(&x.cov(1))?, ndarray::array![[1.0, -1.0], [-1.0, 1.0]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn cov(&self, ddof: usize) -> Array<T::Mean> {
        Array::built(self.try_products("cov", Wanted::Covariance { ddof: ddof as u64 }, ddof))
    }

    /// The correlations (Pearson's) of variables, which are rows: covariances by the deviations of both variables; NumPy's
    /// `corrcoef`. NaN where a variable does not vary. See [`Array::cov`].
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![[0.0, 1.0, 2.0], [5.0, 3.0, 1.0]], 2);
    /// let correlations = on_reference(&x.corrcoef())?;
    /// assert!((correlations[[0, 1]] + 1.0).abs() < 1e-15);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn corrcoef(&self) -> Array<T::Mean> {
        Array::built(self.try_products("corrcoef", Wanted::Correlation, 0))
    }

    #[track_caller]
    fn try_products(&self, operation: &'static str, wanted: Wanted, ddof: usize) -> Built<Array<T::Mean>> {
        self.sound()?;
        let ndim = self.ndim();
        if ndim == 0 || ndim > 2 {
            let shape = self.shape().to_vec();
            let wanted = "one axis, or one of variables and one of observations";
            return Err(ArrayError::Dimensions { operation, wanted, shape }.into());
        }
        let variables = self.joined(operation, &[ndim == 2, false][..ndim])?;
        let identity = variables.identity("covariance");
        let block = valued_with(ndim, |ndim, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let ndim = **ndim;
            let chunk = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            let rows = if ndim == 2 { chunk.shape()[0] } else { 1 };
            let shape = (rows, chunk.shape()[ndim - 1]);
            let numbers = chunk.to_vec().into_iter().map(|x| as_mean(x).to_f64()).collect();
            Ok(Products::of(Array2::from_shape_vec(shape, numbers).map_err(Fault::failed)?))
        });
        let (parts, inputs) = (variables.npartitions() as u32, vec![variables.node.clone().into()]);
        let key = identity.clone().key::<Products>("covariance");
        let partials = Arc::new(Node::new(key, Kind::Blocks { parts, block, inputs }, Place::here()));
        let lists = vec![crate::layer::parts(&partials).collect()];
        let shape: Vec<usize> = if ndim == 2 { vec![self.shape()[0]; 2] } else { Vec::new() };
        type Env = (usize, Wanted);
        let merge = |_: &Env, some: &[&Products]| {
            let (first, rest) =
                some.split_first().ok_or_else(|| Fault::failed(ArrayFault::Empty { operation: "covariance" }))?;
            let mut all = (*first).clone();
            rest.iter().for_each(|more| all.merge(more));
            Ok(all)
        };
        let finish = |&(ndim, wanted): &Env, products: &Products| {
            let all = products.finish(wanted)?.mapv(T::Mean::from_f64);
            let chunk = Chunk::from(all.into_dyn());
            Ok(if ndim == 2 { chunk } else { chunk.reshaped(&[]) })
        };
        let tree = Tree { name: "covariance", lists, split_every: self.split_every };
        let part = format!("{operation}-{ddof}");
        Ok(tree.grown_with(identity, Grid::single(&shape), &part, (ndim, wanted), merge, finish).split_like(self))
    }
}
