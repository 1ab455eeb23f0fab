//! Einstein's summation: products of any number of arrays, with axes named by letters.

use super::Multiply;
use super::contract::{Labels, contract, place};
use super::turn::diagonal;
use crate::array::axes::Axes;
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, UNKNOWN};

const OPERATION: &str = "einsum";

/// Products of arrays summed over the axes that the result does not have; NumPy's `einsum`.
///
/// The text names the axes of each array by letters, and after `->` those of the result; without `->` the result has
/// the letters that occur once, in alphabetical order. A letter twice in one array is its diagonal. `...` stands for
/// any axes in front of, between or after the named ones; arrays have them in common from the last one. Axes of length
/// 1 are stretched. Pairs of arrays are contracted as matrices, those first whose result is smallest.
///
/// ```
/// use partita_collections::{Array, array::linalg::einsum, bag::on_reference};
///
/// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4]], 1);
/// assert_eq!(on_reference(&einsum("ij,jk->ik", &[&x, &x]))?, ndarray::array![[7, 10], [15, 22]].into_dyn());
/// assert_eq!(on_reference(&einsum("ii", &[&x]).item())?, 5);
/// assert_eq!(on_reference(&einsum("...j->...", &[&x]))?, ndarray::array![3, 7].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
///
/// # Errors
/// [`ArrayError::Text`] for text that cannot be read or does not fit the arrays, [`ArrayError::Pairing`] for axes of one
/// letter and different lengths.
#[track_caller]
pub fn einsum<T: Multiply>(text: &str, arrays: &[&Array<T>]) -> Array<T> {
    Array::built(try_einsum(text, arrays))
}

/// An array and the labels of its axes.
struct Term<T> {
    array: Array<T>,
    labels: Vec<usize>,
}

#[track_caller]
fn try_einsum<T: Multiply>(text: &str, arrays: &[&Array<T>]) -> Built<Array<T>> {
    arrays.iter().try_for_each(|array| array.sound().map(drop))?;
    let ndims: Vec<usize> = arrays.iter().map(|array| array.ndim()).collect();
    let (inputs, out) = parse(text, &ndims)?;
    let mut terms: Vec<Term<T>> =
        arrays.iter().zip(inputs).map(|(array, labels)| Term { array: (*array).clone(), labels }).collect();
    let mut lengths: Vec<(usize, usize)> = Vec::new();
    for term in &terms {
        for (&label, &length) in term.labels.iter().zip(term.array.shape()) {
            match lengths.iter_mut().find(|(other, _)| *other == label) {
                Some((_, known)) if *known == 1 => *known = length,
                Some(_) => {}
                None => lengths.push((label, length)),
            }
        }
    }
    let length = |label: usize| lengths.iter().find(|(other, _)| *other == label).map_or(1, |(_, length)| *length);
    for term in &mut terms {
        while let Some((first, second)) = twice(&term.labels) {
            term.array = diagonal(OPERATION, &term.array, first, second)?;
            term.labels.remove(second);
        }
        squeeze(term, length)?;
    }
    for at in 0..terms.len() {
        let needed = |label: usize| {
            out.contains(&label) || terms.iter().enumerate().any(|(other, t)| other != at && t.labels.contains(&label))
        };
        let alone: Vec<usize> = (0..terms[at].labels.len()).filter(|&axis| !needed(terms[at].labels[axis])).collect();
        if !alone.is_empty() {
            let axes: Vec<isize> = alone.iter().map(|&axis| axis as isize).collect();
            terms[at].array = T::narrow(terms[at].array.sum_axis(Axes::from(axes)));
            terms[at].labels = keep_others(&terms[at].labels, &alone);
        }
    }
    let term = contracted(terms, &out, length)?;
    let order: Vec<usize> = out.iter().filter_map(|&label| place(&term.labels, label)).collect();
    Ok(term.array.permuted(&order))
}

fn keep_others(labels: &[usize], without: &[usize]) -> Vec<usize> {
    labels.iter().enumerate().filter(|(axis, _)| !without.contains(axis)).map(|(_, &label)| label).collect()
}

/// Two axes with one label.
fn twice(labels: &[usize]) -> Option<(usize, usize)> {
    (0..labels.len()).find_map(|second| place(&labels[..second], labels[second]).map(|first| (first, second)))
}

/// Drops axes of length 1 that stand beside longer ones: what is the same everywhere needs no axis.
#[track_caller]
fn squeeze<T: Multiply>(term: &mut Term<T>, length: impl Fn(usize) -> usize) -> Result<(), ArrayError> {
    let shape = term.array.shape();
    let alone: Vec<usize> =
        (0..shape.len()).filter(|&axis| shape[axis] == 1 && length(term.labels[axis]) != 1).collect();
    if alone.is_empty() {
        return Ok(());
    }
    // Chunks without elements beside the only one are left out too.
    let whole = alone.iter().all(|&axis| term.array.grid.axis(axis).len() == 1);
    let axes: Vec<isize> = alone.iter().map(|&axis| axis as isize).collect();
    term.array = match whole {
        true => {
            let chunks = keep_axes(term.array.chunks(), &alone);
            let grid = Grid::new(chunks)?;
            let without = alone.clone();
            let block = blockwise_with(without, |without, _, flows| {
                let [flow] = crate::layer::inputs(flows)?;
                let lazy = Lazy::<T>::of(flow, 0)?;
                let shape = keep_axes(lazy.shape(), without);
                Ok(lazy.reshaped(&shape))
            });
            let identity = term.array.identity("squeeze").data(&axes);
            let reads = vec![term.array.node().clone().into()];
            Array::blocks("squeeze", identity, grid, reads, block).split_like(&term.array)
        }
        false => T::narrow(term.array.sum_axis(Axes::from(axes))),
    };
    term.labels = keep_others(&term.labels, &alone);
    Ok(())
}

fn keep_axes<L: Clone>(of_axes: &[L], without: &[usize]) -> Vec<L> {
    of_axes.iter().enumerate().filter(|(axis, _)| !without.contains(axis)).map(|(_, of_axis)| of_axis.clone()).collect()
}

/// One array of all, by pairs.
#[track_caller]
fn contracted<T: Multiply>(mut terms: Vec<Term<T>>, out: &[usize], length: impl Fn(usize) -> usize) -> Built<Term<T>> {
    while terms.len() > 1 {
        let result = |one: usize, other: usize| -> Vec<usize> {
            let needed = |label: &usize| {
                let elsewhere = |(at, term): (usize, &Term<T>)| at != one && at != other && term.labels.contains(label);
                out.contains(label) || terms.iter().enumerate().any(elsewhere)
            };
            let new = terms[other].labels.iter().filter(|label| !terms[one].labels.contains(label));
            terms[one].labels.iter().chain(new).copied().filter(needed).collect()
        };
        let size = |labels: &[usize]| -> f64 {
            labels.iter().map(|&label| if length(label) == UNKNOWN { 1e9 } else { length(label) as f64 }).product()
        };
        let pairs = (0..terms.len()).flat_map(|one| (one + 1..terms.len()).map(move |other| (one, other)));
        let costed = pairs.map(|(one, other)| (size(&result(one, other)), one, other));
        let Some((_, one, other)) = costed.min_by(|a, b| a.0.total_cmp(&b.0)) else { break };
        let mut labels = result(one, other);
        if terms.len() == 2 {
            labels = out.to_vec();
        }
        let right = terms.remove(other);
        let left = &terms[one];
        let pair = Labels { left: left.labels.clone(), right: right.labels, out: labels.clone() };
        let array = contract(OPERATION, &left.array, &right.array, &pair)?;
        terms[one] = Term { array, labels };
    }
    terms.pop().ok_or_else(|| refused("", "there are no arrays").into())
}

fn refused(text: &str, reason: impl Into<String>) -> ArrayError {
    ArrayError::Text { operation: OPERATION, text: text.to_owned(), reason: reason.into() }
}

/// Labels of axes that `...` stands for come after those of letters; the last one of them is the least.
const ELLIPSIS: usize = 1 << 32;

/// The labels of the axes of each array and of the result.
fn parse(text: &str, ndims: &[usize]) -> Result<(Vec<Vec<usize>>, Vec<usize>), ArrayError> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, out) = match plain.split_once("->") {
        Some((inputs, out)) => (inputs.to_owned(), Some(out.to_owned())),
        None => (plain, None),
    };
    let parts: Vec<&str> = inputs.split(',').collect();
    if parts.len() != ndims.len() {
        return Err(refused(text, format!("it names {} arrays, and there are {}", parts.len(), ndims.len())));
    }
    let mut longest = 0;
    let mut labels = Vec::with_capacity(parts.len());
    for (number, (part, &ndim)) in parts.iter().zip(ndims).enumerate() {
        let letters = letters(text, part)?;
        let named = letters.iter().flatten().count();
        let some = letters.contains(&None);
        if named > ndim || (named < ndim && !some) {
            let reason = format!("\"{part}\" names {named} axes, and array {number} has {ndim}");
            return Err(refused(text, reason));
        }
        longest = longest.max(ndim - named);
        labels.push(expand(&letters, ndim - named));
    }
    let once = || {
        let mut found: Vec<usize> = labels.iter().flatten().copied().filter(|&label| label < ELLIPSIS).collect();
        found.sort_unstable();
        let alone = found.chunk_by(|a, b| a == b).filter(|same| same.len() == 1).map(|same| same[0]);
        expand(&[None], longest).into_iter().chain(alone).collect::<Vec<_>>()
    };
    let Some(out) = out else {
        let out = once();
        return Ok((labels, out));
    };
    let letters = letters(text, &out)?;
    if longest > 0 && !letters.contains(&None) {
        return Err(refused(text, "the result has no `...`, and the arrays have axes for it"));
    }
    let out = expand(&letters, longest);
    if let Some((first, _)) = twice(&out) {
        return Err(refused(text, format!("the result has axis {first} twice")));
    }
    if let Some(unknown) = letters.iter().flatten().find(|label| !labels.iter().any(|own| own.contains(label))) {
        let letter = char::from_u32(*unknown as u32).unwrap_or('?');
        return Err(refused(text, format!("no array has the axis `{letter}` of the result")));
    }
    Ok((labels, out))
}

/// The labels of letters; `None` for `...`.
fn letters(text: &str, part: &str) -> Result<Vec<Option<usize>>, ArrayError> {
    let marked = part.replacen("...", "\u{2026}", 1);
    let label = |c: char| match c {
        '\u{2026}' => Ok(None),
        c if c.is_ascii_alphabetic() => Ok(Some(c as usize)),
        c => Err(refused(text, format!("`{c}` is no letter from a to z or A to Z"))),
    };
    marked.chars().map(label).collect()
}

fn expand(letters: &[Option<usize>], others: usize) -> Vec<usize> {
    let all = |letter: &Option<usize>| match letter {
        Some(label) => vec![*label],
        None => (0..others).rev().map(|from_last| ELLIPSIS + from_last).collect(),
    };
    letters.iter().flat_map(all).collect()
}
