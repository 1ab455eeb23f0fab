//! Quantiles: medians, percentiles and quantiles, exactly.
//!
//! Chunks along the axes that they are over are put together, so all elements of one result are in the memory of one
//! worker.

use crate::array::axes::Axes;
use crate::array::error::ArrayError;
use crate::array::layers::Built;
use crate::array::reduce::lines::Lines;
use crate::array::reduce::skipping::as_mean;
use crate::array::{Array, Averaged, Ordered, Real};
use crate::identity::Identity;
use serde::{Deserialize, Serialize};

/// Which quantiles: one, or several that stand along a new first axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    levels: Vec<f64>,
    single: bool,
}

impl From<f64> for Levels {
    fn from(level: f64) -> Self {
        Levels { levels: vec![level], single: true }
    }
}

impl From<Vec<f64>> for Levels {
    fn from(levels: Vec<f64>) -> Self {
        Levels { levels, single: false }
    }
}

impl<const N: usize> From<[f64; N]> for Levels {
    fn from(levels: [f64; N]) -> Self {
        Levels { levels: levels.to_vec(), single: false }
    }
}

/// What a quantile between two elements is; NumPy's `method`.
///
/// The quantile `q` of `n` sorted elements is at place `(n − 1) q` for the first five, and at
/// `n q + a + q (1 − a − b) − 1` for the others (Hyndman and Fan, "Sample quantiles in statistical packages", 1996).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Between {
    /// On the line between the two; `linear`.
    #[default]
    Linear,
    /// The lower one; `lower`.
    Lower,
    /// The higher one; `higher`.
    Higher,
    /// Halfway between the two; `midpoint`.
    Midpoint,
    /// The nearest one, that at an even place if both are; `nearest`.
    Nearest,
    /// On the line, with a = b = 1/2; `hazen`.
    Hazen,
    /// On the line, with a = b = 0; `weibull`.
    Weibull,
    /// On the line, with a = b = 1/3; `median_unbiased`.
    MedianUnbiased,
    /// On the line, with a = b = 3/8; `normal_unbiased`.
    NormalUnbiased,
}

partita_graph::travels_as_data!(Between);

impl Between {
    /// The place of a quantile among `count` sorted elements, at least 1: the element below it and how far it is to the
    /// next one.
    fn place(self, level: f64, count: usize) -> (usize, f64) {
        let last = (count - 1) as f64;
        let spread = |a: f64| count as f64 * level + (a + level * (1.0 - a - a)) - 1.0;
        let place = match self {
            Between::Hazen => spread(0.5),
            Between::Weibull => spread(0.0),
            Between::MedianUnbiased => spread(1.0 / 3.0),
            Between::NormalUnbiased => spread(3.0 / 8.0),
            _ => last * level,
        };
        let place = match self {
            Between::Lower => place.floor(),
            Between::Higher => place.ceil(),
            Between::Midpoint => 0.5 * (place.floor() + place.ceil()),
            Between::Nearest => place.round_ties_even(),
            _ => place,
        };
        let place = place.clamp(0.0, last);
        (place as usize, place - place.floor())
    }
}

/// The number at part `t` of the way from one to another, exactly one of them at the ends. Between a number and an
/// infinity is the infinity (where NumPy's medians are, and its quantiles are NaN).
fn between<M: Real>(a: M, b: M, t: f64) -> M {
    if t == 0.0 || a == b {
        return a;
    }
    let way = b - a;
    match t {
        t if !way.is_finite() => a * M::from_f64(1.0 - t) + b * M::from_f64(t),
        t if t < 0.5 => a + way * M::from_f64(t),
        t => b - way * M::from_f64(1.0 - t),
    }
}

/// Quantiles of a line, which it puts in another order.
fn quantiles_of<T: Averaged<Mean: Real> + Ordered>(
    line: &mut [T],
    levels: &[f64],
    rule: Between,
    out: &mut Vec<T::Mean>,
) {
    let nan = <T::Mean as num_traits::Float>::nan();
    if line.is_empty() || line.iter().any(|x| x.is_nan()) {
        return out.extend(levels.iter().map(|_| nan));
    }
    let sorted = levels.len() > 1;
    if sorted {
        line.sort_unstable_by(Ordered::order);
    }
    for &level in levels {
        let (low, part) = rule.place(level, line.len());
        let next = if part > 0.0 { (low + 1).min(line.len() - 1) } else { low };
        let (a, b) = match sorted {
            true => (line[low], line[next]),
            false => {
                let (_, a, above) = line.select_nth_unstable_by(low, Ordered::order);
                let a = *a;
                (a, if next > low { above.iter().copied().reduce(Ordered::lower).unwrap_or(a) } else { a })
            }
        };
        out.push(between(as_mean(a), as_mean(b), part));
    }
}

/// What is asked for: the name of the operation, and how many hundredths a level counts in.
struct Question {
    operation: &'static str,
    argument: &'static str,
    whole: f64,
    skips: bool,
    rule: Between,
}

const QUANTILE: Question =
    Question { operation: "quantile", argument: "q", whole: 1.0, skips: false, rule: Between::Linear };

impl<T: Averaged<Mean: Real> + Ordered> Array<T> {
    #[track_caller]
    fn try_quantile(&self, question: &Question, levels: Levels, axes: &Axes) -> Built<Array<T::Mean>> {
        let &Question { operation, argument, whole, skips, rule } = question;
        self.sound()?;
        let flags = axes.flags(operation, self.ndim())?;
        if let Some(wrong) = levels.levels.iter().find(|&&level| !(0.0..=whole).contains(&level)) {
            let allowed = if whole == 1.0 { "it must be from 0 to 1" } else { "it must be from 0 to 100" };
            return Err(ArrayError::Argument { operation, argument, value: wrong.to_string(), allowed }.into());
        }
        let quantiles: Vec<f64> = levels.levels.iter().map(|level| level / whole).collect();
        let count = (!levels.single).then_some(quantiles.len());
        let identity = Identity::of("quantile").data(&(&quantiles, levels.single, rule, skips));
        let lines = self.joined(operation, &flags)?;
        lines.each_line(
            operation,
            identity,
            &flags,
            Lines { count, keep: axes.keeps() },
            (skips, quantiles, rule),
            |(skips, quantiles, rule), line: &mut Vec<T>, out| {
                if *skips {
                    line.retain(|x| !x.is_nan());
                }
                quantiles_of(line, quantiles, *rule, out);
            },
        )
    }

    /// Quantiles over some axes, or of all elements: of sorted elements the one at part `q` of the way, or what is between
    /// two; NumPy's `quantile`. Several of them stand along a new first axis.
    ///
    /// NaN if an element is, and of no elements. Results are exact; for that, chunks along these axes are put together.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[4, 1, 2], [9, 8, 7]], 1);
    /// assert_eq!(on_reference(&x.quantile(0.5, 1))?, ndarray::array![2.0, 8.0].into_dyn());
    /// assert_eq!(on_reference(&x.quantile([0.0, 0.1], None))?, ndarray::array![1.0, 1.5].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn quantile(&self, q: impl Into<Levels>, axes: impl Into<Axes>) -> Array<T::Mean> {
        Array::built(self.try_quantile(&QUANTILE, q.into(), &axes.into()))
    }

    /// Quantiles, by another rule for what is between two elements; see [`Array::quantile`].
    ///
    /// ```
    /// use partita_collections::{Array, array::Between, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![10, 20, 40], 2);
    /// assert_eq!(on_reference(&x.quantile_by(0.6, None, Between::Higher).item())?, 40.0);
    /// assert_eq!(on_reference(&x.quantile_by(0.6, None, Between::Weibull).item())?, 28.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn quantile_by(&self, q: impl Into<Levels>, axes: impl Into<Axes>, between: Between) -> Array<T::Mean> {
        let question = Question { rule: between, ..QUANTILE };
        Array::built(self.try_quantile(&question, q.into(), &axes.into()))
    }

    /// Quantiles of the elements that are not NaN; NaN if all are. See [`Array::quantile`]; NumPy's `nanquantile`.
    #[track_caller]
    pub fn nanquantile(&self, q: impl Into<Levels>, axes: impl Into<Axes>) -> Array<T::Mean> {
        let question = Question { operation: "nanquantile", skips: true, ..QUANTILE };
        Array::built(self.try_quantile(&question, q.into(), &axes.into()))
    }

    /// Percentiles over some axes, or of all elements: quantiles in hundredths; NumPy's `percentile`. (Dask's are
    /// estimates; these are exact.)
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.0, 2.0, 4.0, f64::NAN], 2);
    /// assert!(on_reference(&x.percentile(75.0, None).item())?.is_nan());
    /// assert_eq!(on_reference(&x.nanpercentile(75.0, None).item())?, 3.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn percentile(&self, q: impl Into<Levels>, axes: impl Into<Axes>) -> Array<T::Mean> {
        let question = Question { operation: "percentile", whole: 100.0, ..QUANTILE };
        Array::built(self.try_quantile(&question, q.into(), &axes.into()))
    }

    /// Percentiles, by another rule for what is between two elements; see [`Array::percentile`].
    #[track_caller]
    pub fn percentile_by(&self, q: impl Into<Levels>, axes: impl Into<Axes>, between: Between) -> Array<T::Mean> {
        let question = Question { operation: "percentile", whole: 100.0, rule: between, ..QUANTILE };
        Array::built(self.try_quantile(&question, q.into(), &axes.into()))
    }

    /// Percentiles of the elements that are not NaN; NaN if all are. See [`Array::percentile`]; NumPy's `nanpercentile`.
    #[track_caller]
    pub fn nanpercentile(&self, q: impl Into<Levels>, axes: impl Into<Axes>) -> Array<T::Mean> {
        let question = Question { operation: "nanpercentile", whole: 100.0, skips: true, ..QUANTILE };
        Array::built(self.try_quantile(&question, q.into(), &axes.into()))
    }

    /// The medians over some axes, or of all elements: those in the middle, or halfway between the two there; NaN if an
    /// element is, and of no elements. NumPy's `median`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[3, 1, 2], [6, 5, 4]], 2);
    /// assert_eq!(on_reference(&x.median(1))?, ndarray::array![2.0, 5.0].into_dyn());
    /// assert_eq!(on_reference(&x.median(None).item())?, 3.5);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn median(&self, axes: impl Into<Axes>) -> Array<T::Mean> {
        let question = Question { operation: "median", rule: Between::Midpoint, ..QUANTILE };
        Array::built(self.try_quantile(&question, 0.5.into(), &axes.into()))
    }

    /// The medians of the elements that are not NaN; NaN if all are. See [`Array::median`]; NumPy's `nanmedian`.
    #[track_caller]
    pub fn nanmedian(&self, axes: impl Into<Axes>) -> Array<T::Mean> {
        let question = Question { operation: "nanmedian", rule: Between::Midpoint, skips: true, ..QUANTILE };
        Array::built(self.try_quantile(&question, 0.5.into(), &axes.into()))
    }
}
