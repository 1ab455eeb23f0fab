//! Slopes along an axis.

use crate::array::axes::resolve;
use crate::array::chunk::Chunk;
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::layers::{Built, Stop};
use crate::array::reduce::skipping::as_mean;
use crate::array::select::{Run, Selection};
use crate::array::{Array, Averaged, Number, Real};
use crate::identity::Identity;
use partita_graph::Travels;

/// How far the elements along an axis are apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Spacing {
    /// All of them this far.
    Even(f64),
    /// They stand at these places, one for each.
    At(Vec<f64>),
}

impl From<f64> for Spacing {
    fn from(spacing: f64) -> Self {
        Spacing::Even(spacing)
    }
}

impl From<Vec<f64>> for Spacing {
    fn from(places: Vec<f64>) -> Self {
        Spacing::At(places)
    }
}

impl<const N: usize> From<[f64; N]> for Spacing {
    fn from(places: [f64; N]) -> Self {
        Spacing::At(places.to_vec())
    }
}

impl Spacing {
    /// For an axis of this length; even if the places are.
    fn checked(self, length: usize) -> Result<Self, ArrayError> {
        let Spacing::At(places) = self else { return Ok(self) };
        if places.len() != length {
            let value = format!("{} places", places.len());
            let allowed = "there must be one for each element along the axis";
            return Err(ArrayError::Argument { operation: "gradient", argument: "spacing", value, allowed });
        }
        let step = places[1] - places[0];
        match places.windows(2).all(|pair| pair[1] - pair[0] == step) {
            true => Ok(Spacing::Even(step)),
            false => Ok(Spacing::At(places)),
        }
    }
}

/// What the element before place `at`, that there and the next one count in the slope there, as NumPy has it.
fn weights_of(places: &[f64], at: usize) -> [f64; 3] {
    let step = |at: usize| places[at + 1] - places[at];
    if at == 0 {
        return [0.0, -1.0 / step(0), 1.0 / step(0)];
    }
    let before = step(at - 1);
    if at + 1 == places.len() {
        return [-1.0 / before, 1.0 / before, 0.0];
    }
    let after = step(at);
    let both = before + after;
    [-after / (before * both), (after - before) / (before * after), before / (after * both)]
}

/// Each place of an axis made into the next one, or that before it; the one at the end stays.
fn neighbours(chunks: &[usize], next: bool) -> Selection {
    let some = |chunk: &usize| chunks[*chunk] > 0;
    let runs = |chunk: usize| {
        let count = chunks[chunk];
        if count == 0 {
            return vec![Run { chunk, start: 0, step: 1, count: 0, to: 0 }];
        }
        let own = Run { chunk, start: usize::from(next), step: 1, count: count - 1, to: usize::from(!next) };
        let beside = match next {
            true => (chunk + 1..chunks.len()).find(some).map_or((chunk, count - 1), |chunk| (chunk, 0)),
            false => (0..chunk).rev().find(some).map_or((chunk, 0), |chunk| (chunk, chunks[chunk] - 1)),
        };
        let to = if next { count - 1 } else { 0 };
        let other = Run { chunk: beside.0, start: beside.1, step: 1, count: 1, to };
        if count == 1 { vec![other] } else { vec![own, other] }
    };
    Selection { chunks: chunks.to_vec(), runs: (0..chunks.len()).map(runs).collect() }
}

impl<T: Averaged<Mean: Real>> Array<T> {
    /// Slopes along an axis: between the neighbours on both sides, at the ends to the only neighbour. NumPy's `gradient`
    /// with `edge_order=1`; integers give `f64`.
    ///
    /// Elements are `spacing` apart, or stand at the places that it lists. Of uneven places, slopes are those of a
    /// parabola through the element and its neighbours.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 2, 4, 7, 11], 2);
    /// assert_eq!(on_reference(&x.gradient(2.0, 0))?, ndarray::array![0.5, 0.75, 1.25, 1.75, 2.0].into_dyn());
    /// let x = Array::<f64>::from_array(ndarray::array![0.0, 1.0, 9.0], 2);
    /// assert_eq!(on_reference(&x.gradient([0.0, 1.0, 3.0], 0))?, ndarray::array![1.0, 2.0, 4.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn gradient(&self, spacing: impl Into<Spacing>, axis: isize) -> Array<T::Mean> {
        Array::built(self.try_gradient(spacing.into(), axis))
    }

    #[track_caller]
    fn try_gradient(&self, spacing: Spacing, axis: isize) -> Built<Array<T::Mean>> {
        let operation = "gradient";
        let axis = resolve(operation, axis, self.sound()?.ndim())?;
        self.known_along(operation, |own| own == axis)?;
        let length = self.shape()[axis];
        if length < 2 {
            let (wanted, shape) = ("two elements and more along the axis", self.shape().to_vec());
            return Err(ArrayError::Dimensions { operation, wanted, shape }.into());
        }
        let spacing = spacing.checked(length)?;
        let numbers = self.named("float", as_mean);
        let beside = |name: &str, next: bool| {
            let selection = |at: usize| match at == axis {
                true => neighbours(self.grid.axis(at), next),
                false => Selection::all(self.grid.axis(at)),
            };
            let axes = (0..self.ndim()).map(selection).collect();
            numbers.select(name, Identity::of(name).data(&(axis as u64)), axes, T::Mean::ZERO)
        };
        let (next, before) = (beside("gradient-next", true)?, beside("gradient-before", false)?);
        let slopes = match spacing {
            Spacing::Even(spacing) => {
                let span = |&(length, spacing): &(usize, f64), at: usize| match at == 0 || at + 1 == length {
                    true => spacing,
                    false => 2.0 * spacing,
                };
                let identity = Identity::of("gradient-span").data(&spacing);
                let spans = self.weights(axis, identity, (length, spacing), span)?;
                next.named2("gradient-rise", &before, T::Mean::minus).named2(operation, &spans, T::Mean::divided_by)
            }
            Spacing::At(places) => {
                let weigh = |array: &Array<T::Mean>, part: usize| {
                    let identity = Identity::of("gradient-weights").data(&(&places, part as u64));
                    let env = (places.clone(), part);
                    let weights =
                        self.weights(axis, identity, env, |(places, part), at| weights_of(places, at)[*part])?;
                    Ok::<_, Stop>(array.named2("gradient-weigh", &weights, T::Mean::times))
                };
                let sides = weigh(&before, 0)?.named2("gradient-sum", &weigh(&numbers, 1)?, T::Mean::plus);
                sides.named2(operation, &weigh(&next, 2)?, T::Mean::plus)
            }
        };
        Ok(slopes.split_like(self))
    }

    /// Numbers made of places along an axis, to stand beside all elements there.
    #[track_caller]
    fn weights<E: Travels>(
        &self,
        axis: usize,
        identity: Identity,
        env: E,
        weight: impl Fn(&E, usize) -> f64 + Send + Sync + 'static,
    ) -> Built<Array<T::Mean>> {
        let chunks = (0..self.ndim()).map(|at| if at == axis { self.grid.axis(at).to_vec() } else { vec![1] });
        let grid = Grid::new(chunks.collect())?;
        let identity = identity.data(&(axis as u64));
        Ok(Array::generated_with("gradient-weights", identity, grid, (axis, env), move |(axis, env), grid, part| {
            let axis = *axis;
            let block = grid.block(part);
            let weights = grid.range(axis, block[axis]).map(|at| T::Mean::from_f64(weight(env, at))).collect();
            Chunk::new(&grid.block_shape(&block), weights).into()
        }))
    }
}
