//! Random arrays in random chunks for the tests of reductions and scans, and their lines as plain vectors.

use ndarray::{ArrayD, Dimension, IxDyn};
use partita_collections::Array;
use partita_collections::array::{Chunks, Cut, Element};
use proptest::prelude::*;

/// An array as plain elements and in chunks, and some of its axes.
#[derive(Clone, Debug)]
pub(crate) struct Case<T: Element> {
    pub(crate) plain: ArrayD<T>,
    pub(crate) array: Array<T>,
    pub(crate) axes: Vec<isize>,
}

/// Lengths that an axis is cut into; some of them may be 0.
fn cuts(length: usize, sizes: &[usize]) -> Vec<usize> {
    let (mut left, mut all) = (length, Vec::new());
    for &size in sizes {
        let size = size.min(left);
        all.push(size);
        left -= size;
    }
    all.push(left);
    all
}

/// The plain elements in chunks that `sizes` tell.
pub(crate) fn chunked<T: Element>(plain: &ArrayD<T>, sizes: &[Vec<usize>]) -> Array<T> {
    let chunks = plain.shape().iter().zip(sizes).map(|(&length, sizes)| Cut::Lengths(cuts(length, sizes)));
    Array::from_array(plain.clone(), Chunks::Axes(chunks.collect())).split_every(2)
}

/// Arrays of `ndim` axes up to 5 long, none of them shorter than `least`.
pub(crate) fn cases<T: Element>(
    ndim: std::ops::RangeInclusive<usize>,
    least: usize,
    element: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Case<T>> {
    ndim.prop_flat_map(move |ndim| {
        let lengths = prop::collection::vec(least..6usize, ndim);
        let sizes = prop::collection::vec(prop::collection::vec(0..4usize, 0..4), ndim);
        let named = prop::collection::vec(any::<bool>(), ndim);
        (lengths, sizes, named, prop::collection::vec(element.clone(), 125))
    })
    .prop_map(|(lengths, sizes, named, elements)| {
        let size = lengths.iter().product();
        let plain = ArrayD::from_shape_vec(IxDyn(&lengths), elements[..size].to_vec()).unwrap();
        let array = chunked(&plain, &sizes);
        let ndim = lengths.len() as isize;
        // Every other axis is counted from the last.
        let axes = (0..ndim).filter(|&axis| named[axis as usize]);
        let axes = axes.map(|axis| if axis % 2 == 1 { axis - ndim } else { axis }).collect();
        Case { plain, array, axes }
    })
}

/// Floats with ties and some NaN.
pub(crate) fn floats() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![8 => (-20i32..20).prop_map(|x| f64::from(x) / 4.0), 1 => Just(f64::NAN)]
}

/// Floats with ties, all of them numbers.
pub(crate) fn numbers() -> impl Strategy<Value = f64> + Clone {
    (-20i32..20).prop_map(|x| f64::from(x) / 4.0)
}

/// What `f` makes of the elements along some axes, in C order of these.
pub(crate) fn along<T: Copy, U>(plain: &ArrayD<T>, axes: &[isize], keep: bool, f: impl Fn(&[T]) -> U) -> ArrayD<U> {
    let ndim = plain.ndim();
    let reduced: Vec<bool> =
        (0..ndim).map(|axis| axes.iter().any(|&named| named.rem_euclid(ndim as isize) as usize == axis)).collect();
    let shape: Vec<usize> =
        plain.shape().iter().zip(&reduced).map(|(&length, &reduced)| if reduced { 1 } else { length }).collect();
    let mut lines = ArrayD::from_elem(IxDyn(&shape), Vec::new());
    for (place, &x) in plain.indexed_iter() {
        let at: Vec<usize> =
            place.slice().iter().zip(&reduced).map(|(&at, &reduced)| if reduced { 0 } else { at }).collect();
        lines[IxDyn(&at)].push(x);
    }
    let kept: Vec<usize> =
        shape.iter().zip(&reduced).filter(|(_, reduced)| keep || !**reduced).map(|(&length, _)| length).collect();
    ArrayD::from_shape_vec(IxDyn(&kept), lines.iter().map(|line| f(line)).collect()).unwrap()
}

/// What `f` makes of each line along an axis, in its place.
pub(crate) fn each_line<T: Copy + Default, U: Copy>(
    plain: &ArrayD<T>,
    axis: usize,
    f: impl Fn(&[T]) -> Vec<U>,
) -> ArrayD<U> {
    let lines = along(plain, &[axis as isize], true, |line| f(line));
    let count = lines.iter().map(Vec::len).next().unwrap_or_else(|| f(&vec![T::default(); plain.shape()[axis]]).len());
    let mut shape = lines.shape().to_vec();
    shape[axis] = count;
    ArrayD::from_shape_fn(IxDyn(&shape), |place| {
        let mut at = place.slice().to_vec();
        let number = std::mem::take(&mut at[axis]);
        lines[IxDyn(&at)][number]
    })
}

/// Whether arrays are the same but for rounding; NaN equals NaN.
pub(crate) fn close(found: &ArrayD<f64>, expected: &ArrayD<f64>, tolerance: f64) -> bool {
    let near = |a: f64, b: f64| a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance * (1.0 + b.abs());
    found.shape() == expected.shape() && found.iter().zip(expected).all(|(&a, &b)| near(a, b))
}
