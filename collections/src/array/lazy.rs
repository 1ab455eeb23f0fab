//! Lazy blocks: what a step of a chain hands to the next one, so that a chain of elementwise operations runs through
//! a block piece by piece, in memory that stays in the processor's caches, without blocks in between.

use super::Element;
use super::chunk::{Chunk, Dims};
use super::error::{ArrayFault, Show};
use partita_graph::{Fault, Flow};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::rc::Rc;

/// The most elements that are asked for at a time.
pub(crate) const TILE: usize = 1024;

/// Steps that are stacked on each other before the elements are kept: each is a call within a call.
const MAX_DEPTH: u32 = 100;

/// Makes the elements of a block, some at a time.
pub(crate) trait Pull<T> {
    /// Elements `start..start + len` in C order; `len` is at most [`TILE`].
    fn pull(&mut self, start: usize, len: usize) -> Result<&[T], Fault>;
}

/// A block that may not be made yet.
pub(crate) enum Lazy<T> {
    /// It is there.
    Chunk(Chunk<T>),
    /// It is made when it is asked for.
    Lane(Lane<T>),
}

/// A block that is made piece by piece.
pub(crate) struct Lane<T> {
    shape: Dims,
    depth: u32,
    pull: Box<dyn Pull<T>>,
}

impl<T: Element> From<Chunk<T>> for Lazy<T> {
    fn from(chunk: Chunk<T>) -> Self {
        Lazy::Chunk(chunk)
    }
}

impl<T: Element> Lazy<T> {
    /// A block of this shape whose elements `pull` makes.
    pub(crate) fn new(shape: &[usize], pull: impl Pull<T> + 'static) -> Self {
        Lazy::Lane(Lane { shape: shape.into(), depth: 0, pull: Box::new(pull) })
    }

    /// What came in as input `input` of a step.
    pub(crate) fn of(flow: Flow, input: usize) -> Result<Self, Fault> {
        match flow {
            Flow::Value(value) => match value.get::<Chunk<T>>() {
                Ok(chunk) => Ok(Lazy::Chunk(chunk.clone())),
                Err(mismatch) => Err(Fault::Type { input, mismatch }),
            },
            Flow::Lazy(lazy) => match lazy.downcast::<Lazy<T>>() {
                Ok(lazy) => Ok(*lazy),
                Err(_) => Err(Fault::failed(format!("a step was given no block of {}", T::DTYPE))),
            },
        }
    }

    pub(crate) fn into_flow(self) -> Flow {
        Flow::Lazy(Box::new(self))
    }

    pub(crate) fn shape(&self) -> &[usize] {
        match self {
            Lazy::Chunk(chunk) => chunk.shape(),
            Lazy::Lane(lane) => &lane.shape,
        }
    }

    /// How many elements it has.
    pub(crate) fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// The whole block.
    pub(crate) fn into_chunk(self) -> Result<Chunk<T>, Fault> {
        match self {
            Lazy::Chunk(chunk) => Ok(chunk),
            Lazy::Lane(mut lane) => lane.run(),
        }
    }

    fn into_lane(self) -> Result<Lane<T>, Fault> {
        match self {
            Lazy::Lane(lane) if lane.depth < MAX_DEPTH => Ok(lane),
            Lazy::Lane(mut lane) => Ok(Lane::of(lane.run()?)),
            Lazy::Chunk(chunk) => Ok(Lane::of(chunk)),
        }
    }

    /// Calls `f` with all elements in C order, up to [`TILE`] at a time, and the number of the first of them.
    pub(crate) fn for_each_tile(self, mut f: impl FnMut(usize, &[T])) -> Result<(), Fault> {
        if let Lazy::Chunk(chunk) = &self
            && let Some(all) = chunk.as_slice()
        {
            all.chunks(TILE).enumerate().for_each(|(number, tile)| f(number * TILE, tile));
            return Ok(());
        }
        let len = self.len();
        let mut lane = self.into_lane()?;
        for start in (0..len).step_by(TILE) {
            f(start, lane.pull.pull(start, TILE.min(len - start))?);
        }
        Ok(())
    }

    /// Each element made into another.
    pub(crate) fn map<U: Element>(self, f: impl Fn(T) -> U + 'static) -> Result<Lazy<U>, Fault> {
        self.map_tiles(move |_, tile, out| out.extend(tile.iter().map(|&x| f(x))))
    }

    /// Each piece made into as many other elements; the function is told the number of the first one.
    pub(crate) fn map_tiles<U: Element>(
        self,
        f: impl Fn(usize, &[T], &mut Vec<U>) + 'static,
    ) -> Result<Lazy<U>, Fault> {
        let lane = self.into_lane()?;
        let pull = Mapped { below: lane.pull, f, out: Vec::with_capacity(TILE) };
        Ok(Lazy::Lane(Lane { shape: lane.shape, depth: lane.depth + 1, pull: Box::new(pull) }))
    }

    /// Each pair of elements made into one; blocks of other lengths are stretched to each other's.
    pub(crate) fn zip<B: Element, U: Element>(
        self,
        other: Lazy<B>,
        f: impl Fn(T, B) -> U + 'static,
    ) -> Result<Lazy<U>, Fault> {
        let (left, right) = paired(self, other)?;
        let (left, right) = (left.into_lane()?, right.into_lane()?);
        let depth = left.depth.max(right.depth) + 1;
        let pull = Zipped { left: left.pull, right: right.pull, f, out: Vec::with_capacity(TILE) };
        Ok(Lazy::Lane(Lane { shape: left.shape, depth, pull: Box::new(pull) }))
    }

    /// Elements of three blocks of one shape made into one.
    pub(crate) fn zip3<A: Element, B: Element>(
        a: Lazy<A>,
        b: Lazy<B>,
        c: Lazy<T>,
        f: impl Fn(A, B, T) -> T + 'static,
    ) -> Result<Self, Fault> {
        let (a, b, c) = (a.into_lane()?, b.into_lane()?, c.into_lane()?);
        let depth = a.depth.max(b.depth).max(c.depth) + 1;
        let pull = Zipped3 { a: a.pull, b: b.pull, c: c.pull, f, out: Vec::with_capacity(TILE) };
        Ok(Lazy::Lane(Lane { shape: c.shape, depth, pull: Box::new(pull) }))
    }

    /// Repeated along axes of length 1, and new ones in front, to this shape.
    pub(crate) fn stretched(self, shape: &[usize]) -> Result<Self, Fault> {
        if self.shape() == shape {
            return Ok(self);
        }
        Ok(Lazy::Chunk(self.into_chunk()?.stretched(shape)))
    }

    /// The same elements in another shape of as many.
    pub(crate) fn reshaped(self, shape: &[usize]) -> Self {
        match self {
            Lazy::Chunk(chunk) => Lazy::Chunk(chunk.reshaped(shape)),
            Lazy::Lane(lane) => Lazy::Lane(Lane { shape: shape.into(), ..lane }),
        }
    }

    /// The same block for several steps. Steps that run through it side by side make it once, piece by piece.
    pub(crate) fn share(self, readers: usize) -> SmallVec<[Self; 2]> {
        match self {
            Lazy::Chunk(chunk) => (0..readers).map(|_| Lazy::Chunk(chunk.clone())).collect(),
            Lazy::Lane(lane) => {
                let (shape, depth) = (lane.shape.clone(), lane.depth + 1);
                let below = Rc::new(RefCell::new(Below { lane, start: 0, piece: Vec::new(), whole: None }));
                let reader = |_| {
                    let pull = Box::new(Sharing { below: below.clone(), out: Vec::new() });
                    Lazy::Lane(Lane { shape: shape.clone(), depth, pull })
                };
                (0..readers).map(reader).collect()
            }
        }
    }
}

/// Two blocks stretched to each other's lengths.
pub(crate) fn paired<A: Element, B: Element>(left: Lazy<A>, right: Lazy<B>) -> Result<(Lazy<A>, Lazy<B>), Fault> {
    if left.shape() == right.shape() {
        return Ok((left, right));
    }
    let shape = common_shape(left.shape(), right.shape()).ok_or_else(|| {
        Fault::failed(ArrayFault::BlockShape {
            operation: "an elementwise operation",
            found: right.shape().to_vec(),
            expected: left.shape().to_vec(),
        })
    })?;
    Ok((left.stretched(&shape)?, right.stretched(&shape)?))
}

/// The shape that two shapes stretch to.
fn common_shape(left: &[usize], right: &[usize]) -> Option<Dims> {
    let ndim = left.len().max(right.len());
    let at = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(ndim).map_or(1, |axis| shape[axis]);
    (0..ndim)
        .map(|axis| match (at(left, axis), at(right, axis)) {
            (a, b) if a == b || b == 1 => Some(a),
            (1, b) => Some(b),
            _ => None,
        })
        .collect()
}

impl<T: Element> Lane<T> {
    fn of(chunk: Chunk<T>) -> Self {
        let shape = chunk.shape().into();
        Lane {
            shape,
            depth: 0,
            pull: Box::new(Kept { chunk, out: Vec::new(), band: Band { first: 0, rows: Vec::new() } }),
        }
    }

    fn run(&mut self) -> Result<Chunk<T>, Fault> {
        let len = self.shape.iter().product();
        let mut all = Vec::with_capacity(len);
        for start in (0..len).step_by(TILE) {
            all.extend_from_slice(self.pull.pull(start, TILE.min(len - start))?);
        }
        match all.len() == len {
            true => Ok(Chunk::new(&self.shape, all)),
            false => {
                Err(Fault::failed(format!("a block of shape {} was given {} elements", Show(&self.shape), all.len())))
            }
        }
    }
}

/// A block that is there.
struct Kept<T> {
    chunk: Chunk<T>,
    out: Vec<T>,
    band: Band<T>,
}

/// Rows of a turned block, and the number of their first element.
struct Band<T> {
    first: usize,
    rows: Vec<T>,
}

impl<T: Element> Band<T> {
    /// The elements from `start` on, as many as there are, up to `end`. Rows of a turned block are columns in memory, so
    /// some neighbouring ones are read at a time.
    fn piece(&mut self, chunk: &Chunk<T>, start: usize, end: usize) -> &[T] {
        if start < self.first || start >= self.first + self.rows.len() {
            self.first = chunk.band(start, &mut self.rows);
        }
        &self.rows[start - self.first..self.rows.len().min(end - self.first)]
    }
}

impl<T: Element> Pull<T> for Kept<T> {
    fn pull(&mut self, start: usize, len: usize) -> Result<&[T], Fault> {
        if let Some(all) = self.chunk.as_slice() {
            return Ok(&all[start..start + len]);
        }
        self.out.clear();
        if !self.chunk.is_turned() {
            self.chunk.append_to(&mut self.out, start, len);
            return Ok(&self.out);
        }
        let end = start + len;
        if start >= self.band.first && end <= self.band.first + self.band.rows.len() {
            return Ok(&self.band.rows[start - self.band.first..end - self.band.first]);
        }
        while self.out.len() < len {
            let piece = self.band.piece(&self.chunk, start + self.out.len(), end);
            self.out.extend_from_slice(piece);
        }
        Ok(&self.out)
    }
}

/// A function of each piece.
struct Mapped<T, U, F> {
    below: Box<dyn Pull<T>>,
    f: F,
    out: Vec<U>,
}

impl<T: Element, U: Element, F: Fn(usize, &[T], &mut Vec<U>)> Pull<U> for Mapped<T, U, F> {
    fn pull(&mut self, start: usize, len: usize) -> Result<&[U], Fault> {
        let piece = self.below.pull(start, len)?;
        self.out.clear();
        (self.f)(start, piece, &mut self.out);
        Ok(&self.out)
    }
}

/// A function of each pair.
struct Zipped<A, B, U, F> {
    left: Box<dyn Pull<A>>,
    right: Box<dyn Pull<B>>,
    f: F,
    out: Vec<U>,
}

impl<A: Element, B: Element, U: Element, F: Fn(A, B) -> U> Pull<U> for Zipped<A, B, U, F> {
    fn pull(&mut self, start: usize, len: usize) -> Result<&[U], Fault> {
        let left = self.left.pull(start, len)?;
        let right = self.right.pull(start, len)?;
        self.out.clear();
        self.out.extend(left.iter().zip(right).map(|(&a, &b)| (self.f)(a, b)));
        Ok(&self.out)
    }
}

/// A function of each triple.
struct Zipped3<A, B, C, F> {
    a: Box<dyn Pull<A>>,
    b: Box<dyn Pull<B>>,
    c: Box<dyn Pull<C>>,
    f: F,
    out: Vec<C>,
}

impl<A: Element, B: Element, C: Element, F: Fn(A, B, C) -> C> Pull<C> for Zipped3<A, B, C, F> {
    fn pull(&mut self, start: usize, len: usize) -> Result<&[C], Fault> {
        let (a, b, c) = (self.a.pull(start, len)?, self.b.pull(start, len)?, self.c.pull(start, len)?);
        self.out.clear();
        self.out.extend(a.iter().zip(b).zip(c).map(|((&a, &b), &c)| (self.f)(a, b, c)));
        Ok(&self.out)
    }
}

/// A lane with several readers: the last piece that one of them asked for.
struct Below<T> {
    lane: Lane<T>,
    start: usize,
    piece: Vec<T>,
    /// The whole block, once a reader went back.
    whole: Option<Chunk<T>>,
}

struct Sharing<T> {
    below: Rc<RefCell<Below<T>>>,
    out: Vec<T>,
}

impl<T: Element> Pull<T> for Sharing<T> {
    fn pull(&mut self, start: usize, len: usize) -> Result<&[T], Fault> {
        let mut below = self.below.borrow_mut();
        let below = &mut *below;
        if start < below.start && below.whole.is_none() {
            below.whole = Some(below.lane.run()?);
        }
        self.out.clear();
        match &below.whole {
            Some(whole) => whole.append_to(&mut self.out, start, len),
            None => {
                if start != below.start || len != below.piece.len() {
                    let piece = below.lane.pull.pull(start, len)?;
                    below.piece.clear();
                    below.piece.extend_from_slice(piece);
                    below.start = start;
                }
                self.out.extend_from_slice(&below.piece);
            }
        }
        Ok(&self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(calls: &Rc<RefCell<usize>>, len: usize) -> Lazy<i64> {
        let calls = calls.clone();
        let chunk = Chunk::new(&[len], (0..len as i64).collect());
        let counted = move |_: usize, tile: &[i64], out: &mut Vec<i64>| {
            *calls.borrow_mut() += tile.len();
            out.extend_from_slice(tile);
        };
        Lazy::Chunk(chunk).map_tiles(counted).unwrap()
    }

    #[test]
    fn readers_side_by_side_make_a_block_once() {
        let calls = Rc::new(RefCell::new(0));
        let mut both = counted(&calls, 5000).share(2);
        let (left, right) = (both.pop().unwrap(), both.pop().unwrap());
        let sum = left.map(|x| x * 2).unwrap().zip(right, |a, b| a + b).unwrap().into_chunk().unwrap();
        assert_eq!(sum.to_vec(), (0..5000).map(|x| 3 * x).collect::<Vec<i64>>());
        assert_eq!(*calls.borrow(), 5000);
    }

    #[test]
    fn readers_one_after_the_other_make_a_block_twice_at_most() {
        let calls = Rc::new(RefCell::new(0));
        let all = counted(&calls, 5000).share(3);
        for reader in all {
            assert_eq!(reader.into_chunk().unwrap().len(), 5000);
        }
        assert!(*calls.borrow() <= 10_000);
    }

    #[test]
    fn a_long_chain_is_no_deep_recursion() {
        let mut lazy = Lazy::Chunk(Chunk::new(&[3], vec![0i64, 1, 2]));
        for _ in 0..100_000 {
            lazy = lazy.map(|x| x + 1).unwrap();
        }
        assert_eq!(lazy.into_chunk().unwrap().to_vec(), [100_000, 100_001, 100_002]);
    }

    #[test]
    fn shapes_stretch() {
        let column = Lazy::Chunk(Chunk::new(&[2, 1], vec![10, 20]));
        let row = Lazy::Chunk(Chunk::new(&[3], vec![1, 2, 3]));
        let sum = column.zip(row, |a: i64, b: i64| a + b).unwrap().into_chunk().unwrap();
        assert_eq!((sum.shape(), sum.to_vec()), (&[2, 3][..], vec![11, 12, 13, 21, 22, 23]));
        let wrong = Lazy::Chunk(Chunk::new(&[2], vec![1, 2]))
            .zip(Lazy::Chunk(Chunk::scalar(1)).stretched(&[3]).unwrap(), |a: i64, b: i64| a + b);
        assert!(wrong.is_err());
    }
}
