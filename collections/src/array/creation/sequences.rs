//! Elements made of their place: numbers at equal distances, and functions of the index.

use crate::array::chunks::{Chunks, IntoShape};
use crate::array::error::ArrayError;
use crate::array::grid::unravel;
use crate::array::layers::Built;
use crate::array::lazy::{Lazy, Pull};
use crate::array::{Array, Element, Real};
use crate::identity::Identity;
use partita_graph::{Fault, Plain};

/// More elements than a float can count are refused.
const MAX_COUNT: usize = 1 << 53;

impl<T: Real> Array<T> {
    /// So many numbers from `start` to `stop`, both included, at equal distances; NumPy's `linspace`.
    ///
    /// Element `i` is `i × step + start` with `step = (stop − start) / (count − 1)`, computed as `f64`, and the last one
    /// is `stop` exactly; of a single element, it is `start`. NaN and infinities spread as in NumPy.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::linspace(0.0, 1.0, 5, 2);
    /// assert_eq!(on_reference(&x)?, ndarray::array![0.0, 0.25, 0.5, 0.75, 1.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn linspace(start: T, stop: T, count: usize, chunks: impl Into<Chunks>) -> Self {
        Array::built(Array::try_linspace(start, stop, count, &chunks.into()))
    }

    #[track_caller]
    fn try_linspace(start: T, stop: T, count: usize, chunks: &Chunks) -> Built<Self> {
        if count > MAX_COUNT {
            let (operation, allowed) = ("linspace", "it must be at most 2^53");
            return Err(ArrayError::Argument { operation, argument: "count", value: count.to_string(), allowed }.into());
        }
        let grid = chunks.grid(&[count], size_of::<T>())?;
        let identity = Identity::of("linspace").data(&(start, stop, count as u64));
        let (first, delta, last) = (start.to_f64(), stop.to_f64() - start.to_f64(), count.saturating_sub(1));
        let step = delta / last as f64;
        Ok(Array::along("linspace", identity, grid, Plain((first, delta, last, step, stop)), |env, i| {
            let (first, delta, last, step, stop) = env.0;
            match i as f64 {
                _ if i == last && last > 0 => stop,
                at if last == 0 => T::from_f64(at * delta + first),
                // A step too small for a float would lose what remains of the distance.
                at if step == 0.0 => T::from_f64(at / last as f64 * delta + first),
                at => T::from_f64(at * step + first),
            }
        }))
    }
}

impl<T: Element> Array<T> {
    /// An array whose elements are a function of their index; NumPy's `fromfunction`, whose function is given whole
    /// arrays of indices.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::from_function([2, 3], |index| (10 * index[0] + index[1]) as i64, 2);
    /// assert_eq!(on_reference(&x)?, ndarray::array![[0, 1, 2], [10, 11, 12]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn from_function(
        shape: impl IntoShape,
        f: impl Fn(&[usize]) -> T + Clone + Send + Sync + 'static,
        chunks: impl Into<Chunks>,
    ) -> Self {
        Array::built(Array::try_function(&shape.into_shape(), f, &chunks.into()))
    }

    #[track_caller]
    fn try_function(
        shape: &[usize],
        f: impl Fn(&[usize]) -> T + Clone + Send + Sync + 'static,
        chunks: &Chunks,
    ) -> Built<Self> {
        let grid = chunks.grid(shape, size_of::<T>())?;
        let identity = Identity::of("from_function").function(&f);
        Ok(Array::generated("from_function", identity, grid, move |grid, part| {
            let block = grid.block(part);
            let origin = (0..grid.ndim()).map(|axis| grid.range(axis, block[axis]).start).collect();
            let lengths: Vec<usize> = grid.block_shape(&block).to_vec();
            Lazy::new(&lengths.clone(), Places { make: f.clone(), origin, lengths, out: Vec::new() })
        }))
    }
}

/// Elements made of their index in the array.
struct Places<T, F> {
    make: F,
    /// The index of the block's first element.
    origin: Vec<usize>,
    lengths: Vec<usize>,
    out: Vec<T>,
}

impl<T: Element, F: Fn(&[usize]) -> T> Pull<T> for Places<T, F> {
    fn pull(&mut self, start: usize, len: usize) -> Result<&[T], Fault> {
        self.out.clear();
        let first = unravel(start, &self.lengths);
        let mut index: Vec<usize> = self.origin.iter().zip(&first).map(|(origin, at)| origin + at).collect();
        for _ in 0..len {
            self.out.push((self.make)(&index));
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                if index[axis] < self.origin[axis] + self.lengths[axis] {
                    break;
                }
                index[axis] = self.origin[axis];
            }
        }
        Ok(&self.out)
    }
}
