//! Pieces: parts of stored partitions, put together without copying an element.
//!
//! A shuffle's output partition is one bucket of each input partition; a repartitioned one a range of some. The value
//! that stands for it holds pointers, and the steps that follow read straight from the originals. Written (to disk or
//! to another process), it is its elements and nothing else.

use super::Element;
use super::stream::{Fail, Source, Step};
use partita_graph::Shared;
use serde::de::Deserializer;
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The elements of one partition, sorted into buckets by where they go.
#[derive(Serialize, Deserialize)]
pub(super) struct Buckets<T>(pub(super) Vec<Vec<T>>);

/// A part of something stored.
enum Piece<T> {
    Slice(Shared<Vec<T>>, Range<usize>),
    Bucket(Shared<Buckets<T>>, usize),
}

impl<T: Element> Piece<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Piece::Slice(elements, range) => &elements[range.clone()],
            Piece::Bucket(buckets, which) => &buckets.0[*which],
        }
    }
}

/// Parts of stored partitions, in order.
pub(super) struct Pieces<T>(Vec<Piece<T>>);

impl<T: Element> Pieces<T> {
    /// One bucket of each of these.
    pub(super) fn bucket(which: usize, parts: impl Iterator<Item = Shared<Buckets<T>>>) -> Self {
        Pieces(parts.map(|part| Piece::Bucket(part, which)).collect())
    }

    /// A range of each of these.
    pub(super) fn slices(parts: impl Iterator<Item = (Shared<Vec<T>>, Range<usize>)>) -> Self {
        Pieces(parts.map(|(part, range)| Piece::Slice(part, range)).collect())
    }

    fn slices_in_order(&self) -> impl Iterator<Item = &[T]> {
        self.0.iter().map(Piece::as_slice)
    }
}

impl<T: Element> Serialize for Pieces<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.slices_in_order().map(<[T]>::len).sum()))?;
        self.slices_in_order().flatten().try_for_each(|element| list.serialize_element(element))?;
        list.end()
    }
}

impl<'de, T: Element> Deserialize<'de> for Pieces<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let elements = Vec::<T>::deserialize(deserializer)?;
        let range = 0..elements.len();
        Ok(Pieces(vec![Piece::Slice(Shared::new(elements), range)]))
    }
}

/// Reads pieces one after the other.
pub(super) struct Reading<T> {
    pieces: Shared<Pieces<T>>,
    piece: usize,
    next: usize,
}

impl<T> Reading<T> {
    pub(super) fn new(pieces: Shared<Pieces<T>>) -> Self {
        Reading { pieces, piece: 0, next: 0 }
    }
}

impl<T: Element> Source<T> for Reading<T> {
    fn next(&mut self) -> Result<Option<T>, Fail> {
        while let Some(piece) = self.pieces.0.get(self.piece) {
            if let Some(element) = piece.as_slice().get(self.next) {
                self.next += 1;
                return Ok(Some(element.clone()));
            }
            self.piece += 1;
            self.next = 0;
        }
        Ok(None)
    }

    fn drive(&mut self, sink: &mut dyn FnMut(T) -> Step) -> Step {
        self.drive_ref(&mut |element| sink(element.clone()))
    }

    fn drive_ref(&mut self, sink: &mut dyn FnMut(&T) -> Step) -> Step {
        let mut start = std::mem::take(&mut self.next);
        let first = std::mem::replace(&mut self.piece, self.pieces.0.len());
        for slice in self.pieces.slices_in_order().skip(first) {
            slice.iter().skip(start).try_for_each(&mut *sink)?;
            start = 0;
        }
        super::stream::MORE
    }

    fn lends(&self) -> bool {
        true
    }

    fn at_least(&self) -> usize {
        let left: usize = self.pieces.slices_in_order().skip(self.piece).map(<[T]>::len).sum();
        left.saturating_sub(self.next)
    }
}
