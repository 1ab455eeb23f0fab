//! Boundaries: how many of their neighbours' elements blocks get, and what stands beyond the ends of axes.

use crate::array::Element;
use crate::array::error::ArrayError;
use crate::array::grid::starts;
use crate::array::index::taking::{append_runs, some};
use crate::array::select::{Run, Selection};
use std::ops::Range;

/// What stands beyond the ends of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Boundary<T> {
    /// Nothing: blocks at the ends get fewer elements. They are not trimmed there.
    None,
    /// The elements from the end back, the last one twice, as in Dask; NumPy's pad mode `symmetric`.
    Reflect,
    /// The elements of the other end.
    Periodic,
    /// The last element again and again.
    Nearest,
    /// Always this value.
    Constant(T),
}

/// What stands beyond the ends of axes: the same for all of them, or one for each.
#[derive(Clone, Debug, PartialEq)]
pub enum Boundaries<T> {
    /// The same for all axes.
    All(Boundary<T>),
    /// One for each axis.
    Axes(Vec<Boundary<T>>),
}

impl<T> From<Boundary<T>> for Boundaries<T> {
    fn from(boundary: Boundary<T>) -> Self {
        Boundaries::All(boundary)
    }
}

impl<T> From<Vec<Boundary<T>>> for Boundaries<T> {
    fn from(boundaries: Vec<Boundary<T>>) -> Self {
        Boundaries::Axes(boundaries)
    }
}

impl<T, const N: usize> From<[Boundary<T>; N]> for Boundaries<T> {
    fn from(boundaries: [Boundary<T>; N]) -> Self {
        Boundaries::Axes(boundaries.into())
    }
}

/// How many elements of their neighbours blocks get: the same along all axes, or for each axis before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Depth {
    /// As many on each side of each axis.
    All(usize),
    /// For each axis how many before and how many after.
    Axes(Vec<(usize, usize)>),
}

impl From<usize> for Depth {
    fn from(depth: usize) -> Self {
        Depth::All(depth)
    }
}

impl From<Vec<usize>> for Depth {
    fn from(depths: Vec<usize>) -> Self {
        Depth::Axes(depths.into_iter().map(|depth| (depth, depth)).collect())
    }
}

impl<const N: usize> From<[usize; N]> for Depth {
    fn from(depths: [usize; N]) -> Self {
        depths.to_vec().into()
    }
}

impl From<Vec<(usize, usize)>> for Depth {
    fn from(depths: Vec<(usize, usize)>) -> Self {
        Depth::Axes(depths)
    }
}

impl<const N: usize> From<[(usize, usize); N]> for Depth {
    fn from(depths: [(usize, usize); N]) -> Self {
        Depth::Axes(depths.to_vec())
    }
}

/// Depth and boundary of one axis.
#[derive(Clone, Copy)]
pub(crate) struct Edge<T> {
    pub(crate) before: usize,
    pub(crate) after: usize,
    pub(crate) boundary: Boundary<T>,
}

/// Those of each axis.
pub(crate) fn edges<T: Element>(
    operation: &'static str,
    depth: &Depth,
    boundaries: &Boundaries<T>,
    ndim: usize,
) -> Result<Vec<Edge<T>>, ArrayError> {
    let depths = match depth {
        Depth::All(depth) => vec![(*depth, *depth); ndim],
        Depth::Axes(depths) => depths.clone(),
    };
    let boundaries = match boundaries {
        Boundaries::All(boundary) => vec![*boundary; ndim],
        Boundaries::Axes(boundaries) => boundaries.clone(),
    };
    for (argument, given) in [("depth", depths.len()), ("boundary", boundaries.len())] {
        if given != ndim {
            let (value, allowed) = (format!("{given} of them"), "there must be one for each axis, or one for all");
            return Err(ArrayError::Argument { operation, argument, value, allowed });
        }
    }
    Ok(depths.into_iter().zip(boundaries).map(|((before, after), boundary)| Edge { before, after, boundary }).collect())
}

/// Chunks of this length at least, made of neighbours; Dask's `ensure_minimum_chunksize`.
pub(crate) fn merged(chunks: &[usize], least: usize) -> Vec<usize> {
    if chunks.iter().all(|&length| length >= least) {
        return chunks.to_vec();
    }
    let mut merged = Vec::with_capacity(chunks.len());
    let mut waiting = 0;
    for &length in chunks {
        waiting += length;
        if waiting >= least {
            merged.push(std::mem::take(&mut waiting));
        }
    }
    match merged.last_mut() {
        Some(last) => *last += waiting,
        None => merged.push(waiting),
    }
    merged
}

impl<T: Element> Edge<T> {
    /// The element that stands at a place, which may be beyond the ends; nothing if it is left out or has no source.
    fn source(&self, place: isize, length: usize) -> Option<usize> {
        let end = length as isize;
        match self.boundary {
            _ if (0..end).contains(&place) => Some(place as usize),
            Boundary::None | Boundary::Constant(_) => None,
            Boundary::Reflect if place < 0 => Some((-1 - place) as usize),
            Boundary::Reflect => Some((2 * end - 1 - place) as usize),
            Boundary::Periodic => Some(place.rem_euclid(end) as usize),
            Boundary::Nearest => Some(place.clamp(0, end - 1) as usize),
        }
    }

    /// How many elements a chunk gets on each side.
    fn sides(&self, start: usize, end: usize, length: usize) -> (usize, usize) {
        match self.boundary {
            Boundary::None => (self.before.min(start), self.after.min(length - end)),
            _ => (self.before, self.after),
        }
    }

    /// An axis whose chunks have their neighbours' elements.
    pub(crate) fn selection(&self, chunks: &[usize]) -> Selection {
        if self.before == 0 && self.after == 0 {
            return Selection::all(chunks);
        }
        let begins = starts(chunks);
        let length = begins[chunks.len()];
        let mut selection = Selection { chunks: Vec::new(), runs: Vec::new() };
        for (chunk, &count) in chunks.iter().enumerate() {
            let (start, end) = (begins[chunk], begins[chunk + 1]);
            let (before, after) = self.sides(start, end, length);
            let places = |range: Range<isize>| range.map(|place| self.source(place, length));
            let (start, end) = (start as isize, end as isize);
            let mut runs = Vec::new();
            append_runs(&mut runs, &begins, places(start - before as isize..start), 0);
            if count > 0 {
                runs.push(Run { chunk, start: 0, step: 1, count, to: before });
            }
            append_runs(&mut runs, &begins, places(end..end + after as isize), before + count);
            selection.chunks.push(before + count + after);
            selection.runs.push(some(runs));
        }
        selection
    }

    /// The depth and the kind of boundary, as an identity knows them.
    pub(crate) fn described(&self) -> (usize, usize, &'static str) {
        let kind = match self.boundary {
            Boundary::None => "none",
            Boundary::Reflect => "reflect",
            Boundary::Periodic => "periodic",
            Boundary::Nearest => "nearest",
            Boundary::Constant(_) => "constant",
        };
        (self.before, self.after, kind)
    }
}
