//! Drawn arrays: a distribution for each element, from a stream of its own, so that neither chunks nor workers nor order
//! change a bit.

use super::philox::{Sequence, Streams, units};
use crate::array::chunk::Dims;
use crate::array::chunks::Chunks;
use crate::array::error::ArrayError;
use crate::array::grid::unravel;
use crate::array::lazy::{Lazy, Pull};
use crate::array::{Array, Element};
use crate::identity::Identity;
use partita_graph::{Fault, NotPortable, NotRead, Packer, Travels, Unpacker};
use rand_distr::Distribution;

/// Where an array's random numbers come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) seed: u64,
    pub(super) stream: u64,
}

/// How an element is drawn.
pub(super) trait Draw<T>: Clone + Travels {
    /// Appends the elements from number `first` on, whose first draws these are.
    fn draw(&self, streams: &Streams, first: u64, bits: &[u64], out: &mut Vec<T>);
}

/// Numbers in [low, low + span).
#[derive(Clone, Copy)]
pub(super) struct Uniform {
    pub(super) low: f64,
    pub(super) span: f64,
}

partita_graph::travels!(Uniform { low, span });

impl Draw<f64> for Uniform {
    fn draw(&self, _: &Streams, _: u64, bits: &[u64], out: &mut Vec<f64>) {
        units(bits, self.low, self.span, out);
    }
}

/// A function of parameters and of an element's own random numbers.
#[derive(Clone)]
pub(super) struct By<E, F>(pub(super) E, pub(super) F);

impl<E: Travels, F: Send + Sync + 'static> Travels for By<E, F> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.function_type(&self.1)?;
        self.0.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let f = from.function_type()?;
        Ok(By(Travels::unpack(from)?, f))
    }
}

impl<T, E, F> Draw<T> for By<E, F>
where
    T: Element,
    E: Travels + Clone,
    F: Fn(&E, &mut Sequence<'_>) -> T + Clone + Send + Sync + 'static,
{
    fn draw(&self, streams: &Streams, first: u64, bits: &[u64], out: &mut Vec<T>) {
        let By(env, f) = self;
        let sample = |(number, &bits): (usize, &u64)| f(env, &mut streams.element(first + number as u64, bits));
        out.extend(bits.iter().enumerate().map(sample));
    }
}

/// A distribution, which is written as the parameters that it is made of.
#[derive(Clone)]
struct Made<P, M, D> {
    parameters: P,
    make: M,
    distribution: D,
}

impl<P, M, D> Travels for Made<P, M, D>
where
    P: Travels,
    M: Fn(&P) -> Result<D, String> + Send + Sync + 'static,
    D: Send + Sync + 'static,
{
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.function_type(&self.make)?;
        self.parameters.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let (make, parameters) = (from.function_type::<M>()?, P::unpack(from)?);
        let none = |_| NotRead::Type { expected: "parameters of a distribution", found: "others" };
        Ok(Made { distribution: make(&parameters).map_err(none)?, make, parameters })
    }
}

/// Samples of the distribution that `make` makes of parameters, and what `f` makes of each and of more parameters.
pub(super) fn sampled<S, T, P, D, R, E>(
    parameters: P,
    make: impl Fn(&P) -> Result<D, R> + Clone + Send + Sync + 'static,
    env: E,
    f: impl Fn(&E, S) -> T + Clone + Send + Sync + 'static,
) -> Result<impl Draw<T>, String>
where
    T: Element,
    P: Travels + Clone,
    D: Distribution<S> + Clone + Send + Sync + 'static,
    R: ToString,
    E: Travels + Clone,
{
    let make = move |parameters: &P| make(parameters).map_err(|reason| reason.to_string());
    let made = Made { distribution: make(&parameters)?, make, parameters };
    let sample =
        move |(made, env): &(Made<P, _, D>, E), sequence: &mut Sequence<'_>| f(env, made.distribution.sample(sequence));
    Ok(By((made, env), sample))
}

/// An array of drawn elements. `identity` is told of the distribution.
#[track_caller]
pub(super) fn drawn<T: Element>(
    name: &'static str,
    identity: Identity,
    source: Source,
    shape: &[usize],
    chunks: &Chunks,
    draw: impl Draw<T>,
) -> Array<T> {
    let identity = identity.data(&(name, source.seed, source.stream, shape));
    let streams = Streams::new(source.seed, source.stream);
    let full: Dims = shape.into();
    Array::built(match chunks.grid(shape, size_of::<T>()) {
        Ok(grid) => Ok(Array::generated_with(name, identity, grid, (streams, full, draw), |env, grid, part| {
            let (streams, full, draw) = env;
            let block = grid.block(part);
            let origin: Dims = block.iter().enumerate().map(|(axis, &at)| grid.range(axis, at).start).collect();
            let shape = grid.block_shape(&block);
            let rows = Rows::new(full, &origin, &shape);
            let lane = Drawing { streams: *streams, draw: draw.clone(), rows, scratch: Vec::new(), out: Vec::new() };
            Lazy::new(&shape, lane)
        })),
        Err(error) => Err(error.into()),
    })
}

/// An array of nothing but an error.
#[track_caller]
pub(super) fn refused<T: Element>(error: ArrayError) -> Array<T> {
    Array::built(Err(error.into()))
}

/// The rows of a block: elements that follow each other in the block and in the whole array.
struct Rows {
    /// How many elements a row has.
    length: usize,
    /// How many rows there are along each axis before.
    counts: Dims,
    /// The steps of those axes in the whole array.
    strides: Dims,
    /// The number of the block's first element.
    first: usize,
}

impl Rows {
    fn new(full: &[usize], origin: &[usize], shape: &[usize]) -> Self {
        let mut strides: Dims = smallvec::smallvec![1; full.len()];
        for axis in (1..full.len()).rev() {
            strides[axis - 1] = strides[axis] * full[axis];
        }
        let first = origin.iter().zip(&strides).map(|(at, stride)| at * stride).sum();
        // Axes that the block covers are part of the row, and so is the one before them.
        let mut axis = full.len();
        let mut length = 1;
        while axis > 0 {
            axis -= 1;
            length *= shape[axis];
            if shape[axis] != full[axis] {
                break;
            }
        }
        strides.truncate(axis);
        Rows { length, counts: shape[..axis].into(), strides, first }
    }

    /// The number, in the whole array, of the first element of a row.
    fn start(&self, row: usize) -> usize {
        let place = unravel(row, &self.counts);
        self.first + place.iter().zip(&self.strides).map(|(at, stride)| at * stride).sum::<usize>()
    }
}

/// Draws a block.
struct Drawing<T, D> {
    streams: Streams,
    draw: D,
    rows: Rows,
    scratch: Vec<[u64; 2]>,
    out: Vec<T>,
}

impl<T: Element, D: Draw<T>> Pull<T> for Drawing<T, D> {
    fn pull(&mut self, start: usize, len: usize) -> Result<&[T], Fault> {
        self.out.clear();
        let (mut row, mut column, mut left) = (start / self.rows.length, start % self.rows.length, len);
        while left > 0 {
            let run = left.min(self.rows.length - column);
            let first = (self.rows.start(row) + column) as u64;
            let bits = self.streams.firsts(first, run, &mut self.scratch);
            self.draw.draw(&self.streams, first, bits, &mut self.out);
            (row, column, left) = (row + 1, 0, left - run);
        }
        Ok(&self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_long_as_they_can_be() {
        let whole = Rows::new(&[4, 5, 6], &[0, 0, 0], &[4, 5, 6]);
        assert_eq!((whole.length, whole.counts.len()), (120, 0));
        let slab = Rows::new(&[4, 5, 6], &[2, 0, 0], &[2, 5, 6]);
        assert_eq!((slab.length, slab.start(0)), (60, 60));
        let column = Rows::new(&[4, 5, 6], &[1, 2, 0], &[3, 2, 6]);
        assert_eq!((column.length, column.start(0), column.start(2)), (12, 42, 102));
        let cube = Rows::new(&[4, 5, 6], &[1, 2, 3], &[2, 2, 2]);
        assert_eq!((cube.length, cube.start(0), cube.start(3)), (2, 45, 30 * 2 + 18 + 3));
        assert_eq!(Rows::new(&[], &[], &[]).length, 1);
    }
}
