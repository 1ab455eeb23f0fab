//! Lines: transforms of all lines of a block along one axis.

use super::options::Scaling;
use crate::array::Element;
use crate::array::chunk::{Chunk, Dims};
use num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::cell::RefCell;
use std::sync::Arc;

/// What is done with each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Shape {
    /// All of it there, all of it back.
    Whole,
    /// Of a real line the half of the spectrum that tells all.
    Half,
    /// Half of a spectrum, whose other half is its mirror image.
    Mirrored,
}

/// A transform of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Lines {
    pub(super) shape: Shape,
    pub(super) axis: usize,
    /// How many elements are transformed.
    pub(super) n: usize,
    pub(super) inverse: bool,
    /// Whether the conjugates are transformed.
    pub(super) conjugate: bool,
    pub(super) scaling: Scaling,
}

partita_graph::travels_as_data!(Lines);

/// Plans that are kept, and the room that they work in.
struct Plans {
    planner: FftPlanner<f64>,
    scratch: Vec<Complex<f64>>,
}

thread_local! {
    /// Each thread plans a length once.
    static PLANS: RefCell<Plans> = RefCell::new(Plans { planner: FftPlanner::new(), scratch: Vec::new() });
}

/// Transforms lines of length `n` that follow each other.
fn transform(lines: &mut [Complex<f64>], n: usize, inverse: bool) {
    PLANS.with_borrow_mut(|plans| {
        let plan: Arc<dyn Fft<f64>> =
            if inverse { plans.planner.plan_fft_inverse(n) } else { plans.planner.plan_fft_forward(n) };
        let needed = plan.get_inplace_scratch_len();
        if plans.scratch.len() < needed {
            plans.scratch.resize(needed, Complex::default());
        }
        plan.process_with_scratch(lines, &mut plans.scratch[..needed]);
    });
}

impl Lines {
    /// How many elements a line has afterwards.
    pub(super) fn length(&self) -> usize {
        if self.shape == Shape::Half { self.n / 2 + 1 } else { self.n }
    }

    /// The lines of a block, transformed, one after the other, and the shape of a block whose last axis they are.
    fn run<T: Element>(&self, chunk: &Chunk<T>, number: impl Fn(T) -> Complex<f64>) -> (Dims, Vec<Complex<f64>>) {
        let order = order(chunk.shape().len(), self.axis);
        let turned = chunk.clone().permuted(&order);
        let mut shape: Dims = turned.shape().into();
        let last = shape.len() - 1;
        let read = match self.shape {
            Shape::Mirrored => self.n / 2 + 1,
            _ => self.n,
        };
        let taken = shape[last].min(read);
        let elements = turned.cut(last, 0, 1, taken).to_vec();
        shape[last] = self.length();
        let count: usize = shape[..last].iter().product();
        let mut lines = vec![Complex::default(); count * self.n];
        if taken > 0 {
            for (line, elements) in lines.chunks_exact_mut(self.n).zip(elements.chunks_exact(taken)) {
                line.iter_mut().zip(elements).for_each(|(to, &x)| {
                    let x = number(x);
                    *to = if self.conjugate { x.conj() } else { x };
                });
                if self.shape == Shape::Mirrored {
                    mirror(line);
                }
            }
        }
        transform(&mut lines, self.n, self.inverse);
        let factor = self.scaling.factor(self.n, self.inverse);
        if factor != 1.0 {
            lines.iter_mut().for_each(|x| *x *= factor);
        }
        if self.shape == Shape::Half {
            lines = lines.chunks_exact(self.n).flat_map(|line| &line[..self.n / 2 + 1]).copied().collect();
        }
        (shape, lines)
    }

    /// A block of spectra.
    pub(super) fn complex<T: Element>(
        &self,
        chunk: &Chunk<T>,
        number: impl Fn(T) -> Complex<f64>,
    ) -> Chunk<Complex<f64>> {
        let (shape, lines) = self.run(chunk, number);
        Chunk::new(&shape, lines).permuted(&back(shape.len(), self.axis))
    }

    /// A block of real results.
    pub(super) fn real<T: Element>(&self, chunk: &Chunk<T>, number: impl Fn(T) -> Complex<f64>) -> Chunk<f64> {
        let (shape, lines) = self.run(chunk, number);
        let real = lines.into_iter().map(|x| x.re).collect();
        Chunk::new(&shape, real).permuted(&back(shape.len(), self.axis))
    }
}

/// Fills the second half of a spectrum: `y[n − k]` is the conjugate of `y[k]`. What has no partner is real.
fn mirror(line: &mut [Complex<f64>]) {
    let n = line.len();
    line[0].im = 0.0;
    if n.is_multiple_of(2) {
        line[n / 2].im = 0.0;
    }
    (n / 2 + 1..n).for_each(|k| line[k] = line[n - k].conj());
}

/// Axes with one of them last.
fn order(ndim: usize, axis: usize) -> Dims {
    (0..ndim).filter(|&other| other != axis).chain([axis]).collect()
}

/// Axes with the last one where it was.
fn back(ndim: usize, axis: usize) -> Dims {
    let last = ndim - 1;
    (0..last).take(axis).chain([last]).chain(axis..last).collect()
}
