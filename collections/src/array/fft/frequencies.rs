//! Frequencies: which frequency each element of a spectrum is of, and spectra with frequency 0 in their middle.

use crate::array::axes::Axes;
use crate::array::error::ArrayError;
use crate::array::layers::Built;
use crate::array::select::Selection;
use crate::array::{Array, Chunks, Element, UNKNOWN};
use crate::identity::Identity;

/// The frequencies of the elements of a transform of `n` samples that are `spacing` apart: `0, 1, …, −2, −1`, each
/// divided by `n · spacing`; NumPy's `fft.fftfreq`.
///
/// ```
/// use partita_collections::{array::fft::fftfreq, bag::on_reference};
///
/// assert_eq!(on_reference(&fftfreq(5, 0.1, 2))?, ndarray::array![0.0, 2.0, 4.0, -4.0, -2.0].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[track_caller]
pub fn fftfreq(n: usize, spacing: f64, chunks: impl Into<Chunks>) -> Array<f64> {
    frequencies("fftfreq", n, spacing, n, &chunks.into())
}

/// The frequencies of the elements of a transform of `n` real samples that are `spacing` apart; NumPy's `fft.rfftfreq`.
///
/// ```
/// use partita_collections::{array::fft::rfftfreq, bag::on_reference};
///
/// assert_eq!(on_reference(&rfftfreq(4, 0.25, 2))?, ndarray::array![0.0, 1.0, 2.0].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[track_caller]
pub fn rfftfreq(n: usize, spacing: f64, chunks: impl Into<Chunks>) -> Array<f64> {
    frequencies("rfftfreq", n, spacing, n / 2 + 1, &chunks.into())
}

#[track_caller]
fn frequencies(name: &'static str, n: usize, spacing: f64, count: usize, chunks: &Chunks) -> Array<f64> {
    let identity = Identity::of(name).data(&(n as u64, spacing));
    let unit = 1.0 / (n as f64 * spacing);
    let half = if name == "fftfreq" { n.div_ceil(2) } else { count };
    let frequency = |&(half, n, unit): &(usize, usize, f64), at: usize| {
        (if at < half { at as f64 } else { at as f64 - n as f64 }) * unit
    };
    Array::built(match chunks.grid(&[count], size_of::<f64>()) {
        Ok(grid) => Ok(Array::along(name, identity, grid, (half, n, unit), frequency)),
        Err(error) => Err(error.into()),
    })
}

/// The array with frequency 0 in the middle of each of these axes; NumPy's `fft.fftshift`.
///
/// ```
/// use partita_collections::array::fft::{fftfreq, fftshift};
/// use partita_collections::bag::on_reference;
///
/// let shifted = fftshift(&fftfreq(5, 0.2, 2), None);
/// assert_eq!(on_reference(&shifted)?, ndarray::array![-2.0, -1.0, 0.0, 1.0, 2.0].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[track_caller]
pub fn fftshift<T: Element>(array: &Array<T>, axes: impl Into<Axes>) -> Array<T> {
    Array::built(shifted("fftshift", array, &axes.into(), |length| length.div_ceil(2)))
}

/// The inverse of [`fftshift`]; they differ for odd lengths. NumPy's `fft.ifftshift`.
///
/// ```
/// use partita_collections::{Array, array::fft::ifftshift, bag::on_reference};
///
/// let x = Array::<i64>::arange(-2, 3, 1, 2);
/// assert_eq!(on_reference(&ifftshift(&x, None))?, ndarray::array![0, 1, 2, -2, -1].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[track_caller]
pub fn ifftshift<T: Element>(array: &Array<T>, axes: impl Into<Axes>) -> Array<T> {
    Array::built(shifted("ifftshift", array, &axes.into(), |length| length / 2))
}

/// Rolled so that element `first` of each axis comes first.
#[track_caller]
fn shifted<T: Element>(
    operation: &'static str,
    array: &Array<T>,
    axes: &Axes,
    first: fn(usize) -> usize,
) -> Built<Array<T>> {
    array.sound()?;
    let flags = axes.flags(operation, array.ndim())?;
    let rolled = |axis: usize| {
        let (chunks, length) = (array.grid.axis(axis), array.shape()[axis]);
        match (flags[axis], length) {
            (true, UNKNOWN) => Err(ArrayError::Unknown { operation, axis }),
            (false, _) | (true, 0) => Ok(Selection::all(chunks)),
            (true, length) => {
                let start = first(length);
                let mut selection = Selection::range(chunks, start, 1, length - start);
                if length == start {
                    selection = Selection { chunks: Vec::new(), runs: Vec::new() };
                }
                if start > 0 {
                    let rest = Selection::range(chunks, 0, 1, start);
                    selection.chunks.extend(rest.chunks);
                    selection.runs.extend(rest.runs);
                }
                Ok(selection)
            }
        }
    };
    let selections: Result<Vec<Selection>, ArrayError> = (0..array.ndim()).map(rolled).collect();
    Ok(array.select(operation, Identity::of(operation).data(&flags), selections?, T::default())?)
}
