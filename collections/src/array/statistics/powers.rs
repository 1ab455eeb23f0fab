//! Powers of distances from the mean: central moments of any order, skewness and kurtosis.
//!
//! Sums of powers are merged as Pébay does ("Formulas for robust, one-pass parallel computation of covariances and
//! arbitrary-order statistical moments", 2008, equation 2.1), so numbers far from 0 lose little.

use crate::array::axes::Axes;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::layers::Built;
use crate::array::reduce::fold::Fold;
use crate::array::reduce::skipping::as_mean;
use crate::array::statistics::middle::Mean;
use crate::array::{Array, Averaged, Number, Real};
use crate::identity::Identity;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Moments of a higher order are refused: they would say nothing in 64 bits.
const MAX_ORDER: usize = 32;

/// Count, mean, and the sums of powers 2, 3, … of distances from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Powers {
    count: u64,
    mean: Mean,
    sums: Vec<f64>,
}

impl Powers {
    fn none(order: usize) -> Self {
        Powers { count: 0, mean: Mean::default(), sums: vec![0.0; order.saturating_sub(1)] }
    }

    fn of(numbers: &[f64], order: usize) -> Self {
        let mut powers = Powers::none(order);
        powers.count = numbers.len() as u64;
        powers.mean = Mean::of(numbers);
        for &x in numbers {
            let distance = powers.mean.distance(x);
            let mut power = distance;
            for sum in &mut powers.sums {
                power *= distance;
                *sum += power;
            }
        }
        powers
    }

    /// The sum of a power, 0 of the first one.
    fn sum(&self, power: usize) -> f64 {
        if power < 2 { 0.0 } else { self.sums[power - 2] }
    }

    fn merged(&self, later: &Powers) -> Powers {
        if self.count == 0 || later.count == 0 {
            return if self.count == 0 { later.clone() } else { self.clone() };
        }
        let count = self.count + later.count;
        let (own, other, all) = (self.count as f64, later.count as f64, count as f64);
        let distance = self.mean.to(&later.mean);
        let (down, up) = (-other / all * distance, own / all * distance);
        let merged = |power: usize| {
            let mut sum = self.sum(power) + later.sum(power);
            let mut choose = 1.0;
            for k in 1..power - 1 {
                choose = choose * (power - k + 1) as f64 / k as f64;
                let k_th = k as i32;
                sum += choose * (down.powi(k_th) * self.sum(power - k) + up.powi(k_th) * later.sum(power - k));
            }
            let power = power as i32;
            sum + own * down.powi(power) + other * up.powi(power)
        };
        let sums = (0..self.sums.len()).map(|at| merged(at + 2)).collect();
        let mut mean = self.mean;
        mean.shift(distance * (other / all));
        Powers { count, mean, sums }
    }
}

/// What is made of the sums of powers.
#[derive(Clone, Copy, serde::Serialize, serde::Deserialize)]
enum Statistic {
    Moment(usize),
    Skew,
    Kurtosis,
}

/// The fold of a statistic of powers.
#[derive(Clone)]
struct PowerFold<T> {
    statistic: Statistic,
    order: usize,
    item: PhantomData<T>,
}

partita_graph::travels_as_data!(Statistic);
partita_graph::travels!([T: Averaged<Mean: Real>] PowerFold[T] { statistic, order, item });

impl<T: Averaged<Mean: Real>> Fold for PowerFold<T> {
    type Item = T;
    type Acc = Powers;
    type Out = T::Mean;

    fn empty(&self) -> Powers {
        Powers::none(self.order)
    }

    fn add(&self, acc: &mut Powers, x: T, place: usize) {
        self.add_run(acc, &[x], place);
    }

    fn add_run(&self, acc: &mut Powers, run: &[T], _: usize) {
        let numbers: Vec<f64> = run.iter().map(|&x| as_mean(x).to_f64()).collect();
        *acc = acc.merged(&Powers::of(&numbers, self.order));
    }

    fn merge(&self, acc: &mut Powers, later: &Powers) {
        *acc = acc.merged(later);
    }

    fn finish(&self, acc: &Powers) -> Result<T::Mean, ArrayFault> {
        let count = acc.count as f64;
        let mean_of = |power| acc.sum(power) / count;
        Ok(T::Mean::from_f64(match self.statistic {
            Statistic::Moment(0) if acc.count == 0 => f64::NAN,
            Statistic::Moment(0) => 1.0,
            Statistic::Moment(order) => mean_of(order),
            Statistic::Skew => mean_of(3) / mean_of(2).powf(1.5),
            Statistic::Kurtosis => mean_of(4) / (mean_of(2) * mean_of(2)) - 3.0,
        }))
    }
}

impl<T: Averaged<Mean: Real>> Array<T> {
    #[track_caller]
    fn powers(&self, name: &'static str, axes: &Axes, statistic: Statistic, order: usize) -> Built<Array<T::Mean>> {
        if order > MAX_ORDER {
            let (argument, value, allowed) = ("order", order.to_string(), "it must be at most 32");
            return Err(ArrayError::Argument { operation: name, argument, value, allowed }.into());
        }
        let fold = PowerFold { statistic, order, item: PhantomData };
        self.reduce(name, Identity::of(name).data(&(order as u64)), axes, fold)
    }

    /// Central moments over some axes, or of all elements: the mean of distances from the mean, to the power `order`, 32
    /// at most. Dask's `moment`: 1 for order 0, 0 for order 1, and the variance for order 2. NaN for no elements.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![0, 0, 3], 2);
    /// assert_eq!(on_reference(&x.moment(3, None).item())?, 2.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn moment(&self, order: usize, axes: impl Into<Axes>) -> Array<T::Mean> {
        Array::built(self.powers("moment", &axes.into(), Statistic::Moment(order), order))
    }

    /// The skewness over some axes, or of all elements: the third central moment by the second one to the power 3/2. NaN
    /// if all elements are equal. SciPy's and Dask's `skew`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![-1.0, 0.0, 1.0, 5.0, -5.0], 2);
    /// assert!(on_reference(&x.skew(None).item())?.abs() < 1e-15);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn skew(&self, axes: impl Into<Axes>) -> Array<T::Mean> {
        Array::built(self.powers("skew", &axes.into(), Statistic::Skew, 3))
    }

    /// The kurtosis over some axes, or of all elements: the fourth central moment by the square of the second one, less 3,
    /// so that it is 0 for the normal distribution. NaN if all elements are equal. SciPy's and Dask's `kurtosis`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![-1, 1], 2);
    /// assert_eq!(on_reference(&x.kurtosis(None).item())?, -2.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn kurtosis(&self, axes: impl Into<Axes>) -> Array<T::Mean> {
        Array::built(self.powers("kurtosis", &axes.into(), Statistic::Kurtosis, 4))
    }
}
