//! Chunks: blocks of elements with a shape, as tasks make and hand them on. A part or a turned view of a chunk shares
//! its elements.

use super::{Element, turned};
use ndarray::{ArrayD, ArrayViewD, CowArray, IxDyn, ShapeBuilder};
use partita_graph::Value;
use smallvec::SmallVec;
use std::fmt;
use std::sync::Arc;

/// Lengths, one for each axis.
pub(crate) type Dims = SmallVec<[usize; 4]>;

/// Steps in memory, in elements, one for each axis.
type Strides = SmallVec<[isize; 4]>;

/// A block of elements with a shape. Cloning it, cutting a part out, turning and stretching it are free.
///
/// It is what the tasks of an array compute. `Value`s of chunks are read with [`Chunk::view`].
///
/// ```
/// use partita_collections::array::Chunk;
///
/// let chunk = Chunk::from(ndarray::array![[1, 2, 3], [4, 5, 6]].into_dyn());
/// assert_eq!(chunk.shape(), [2, 3]);
/// assert_eq!(chunk.view()[[1, 0]], 4);
/// ```
#[derive(Clone)]
pub struct Chunk<T> {
    data: Arc<Vec<T>>,
    offset: usize,
    shape: Dims,
    strides: Strides,
}

/// The strides of elements in C order.
fn c_strides(shape: &[usize]) -> Strides {
    let mut strides: Strides = smallvec::smallvec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis] as isize;
    }
    strides
}

impl<T: Element> Chunk<T> {
    /// A chunk of these elements in C order. There must be as many as the shape says.
    pub(crate) fn new(shape: &[usize], data: Vec<T>) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), data.len());
        Chunk { data: Arc::new(data), offset: 0, shape: shape.into(), strides: c_strides(shape) }
    }

    /// A chunk of one value again and again, which takes the memory of one.
    pub(crate) fn full(shape: &[usize], value: T) -> Self {
        let strides = smallvec::smallvec![0; shape.len()];
        Chunk { data: Arc::new(vec![value]), offset: 0, shape: shape.into(), strides }
    }

    /// A chunk without axes.
    pub(crate) fn scalar(value: T) -> Self {
        Chunk::new(&[], vec![value])
    }

    /// How long it is on each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements in C order, if they are in memory like that.
    pub(crate) fn as_slice(&self) -> Option<&[T]> {
        if self.is_empty() {
            return Some(&[]);
        }
        let mut expected = 1;
        for (&length, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if length != 1 && stride != expected {
                return None;
            }
            expected *= length as isize;
        }
        Some(&self.data[self.offset..self.offset + self.len()])
    }

    /// The element at a place.
    pub(crate) fn at(&self, index: &[usize]) -> T {
        let steps: isize = index.iter().zip(&self.strides).map(|(&i, &stride)| i as isize * stride).sum();
        self.data[self.offset.wrapping_add_signed(steps)]
    }

    /// Appends elements `start..start + len`, counted in C order.
    pub(crate) fn append_to(&self, out: &mut Vec<T>, start: usize, len: usize) {
        if let Some(slice) = self.as_slice() {
            return out.extend_from_slice(&slice[start..start + len]);
        }
        let Some((&row, &stride)) = self.shape.last().zip(self.strides.last()) else { return };
        let axes = self.shape.len() - 1;
        let mut index: Dims = smallvec::smallvec![0; axes];
        let (mut rest, mut column) = (start / row, start % row);
        let mut base = self.offset as isize;
        for axis in (0..axes).rev() {
            index[axis] = rest % self.shape[axis];
            rest /= self.shape[axis];
            base += index[axis] as isize * self.strides[axis];
        }
        let mut left = len;
        while left > 0 {
            let run = left.min(row - column);
            self.append_run(out, (base + column as isize * stride) as usize, stride, run);
            (left, column) = (left - run, 0);
            for axis in (0..axes).rev() {
                index[axis] += 1;
                base += self.strides[axis];
                if index[axis] < self.shape[axis] {
                    break;
                }
                base -= self.strides[axis] * self.shape[axis] as isize;
                index[axis] = 0;
            }
        }
    }

    /// Appends `run` elements, each `stride` after the one before it.
    fn append_run(&self, out: &mut Vec<T>, at: usize, stride: isize, run: usize) {
        match stride {
            1 => out.extend_from_slice(&self.data[at..at + run]),
            0 => out.extend(std::iter::repeat_n(self.data[at], run)),
            2.. => out.extend(self.data[at..].iter().step_by(stride as usize).take(run)),
            _ => out.extend(self.data[..=at].iter().rev().step_by(stride.unsigned_abs()).take(run)),
        }
    }

    /// Whether its rows are columns in memory, side by side.
    pub(crate) fn is_turned(&self) -> bool {
        match self.strides.as_slice() {
            [.., 1, last] => !(0..=1).contains(last) && self.shape[self.shape.len() - 1] > 1,
            _ => false,
        }
    }

    /// Some rows of a [turned](Self::is_turned) chunk, the one of element `at` among them; gives the number of the first
    /// element.
    pub(crate) fn band(&self, at: usize, rows: &mut Vec<T>) -> usize {
        let axes = self.shape.len();
        let (length, stride) = (self.shape[axes - 1], self.strides[axes - 1]);
        let row = at / length;
        let within = row % self.shape[axes - 2];
        let band = turned::band_rows::<T>(length);
        let skip = within - within % band;
        let count = band.min(self.shape[axes - 2] - skip);
        let first = row - within + skip;
        let place = super::grid::unravel(first, &self.shape[..axes - 1]);
        let steps: isize = place.iter().zip(&self.strides).map(|(&i, &stride)| i as isize * stride).sum();
        let start = self.offset.wrapping_add_signed(steps);
        rows.resize(count * length, T::default());
        turned::turn(&self.data, start, stride, count, rows);
        first * length
    }

    /// The elements in C order.
    pub(crate) fn to_vec(&self) -> Vec<T> {
        let mut all = Vec::with_capacity(self.len());
        self.append_to(&mut all, 0, self.len());
        all
    }

    /// The same elements in C order, in memory of their own if they are not so yet.
    pub(crate) fn in_order(self) -> Self {
        match self.as_slice() {
            Some(_) => self,
            None => Chunk::new(&self.shape, self.to_vec()),
        }
    }

    /// The same elements, without holding on to many others.
    pub(crate) fn compact(self) -> Self {
        match self.data.len() > self.len().max(1) {
            true => Chunk::new(&self.shape, self.to_vec()),
            false => self,
        }
    }

    /// As the value of a task.
    pub(crate) fn into_value(self) -> Value {
        let nbytes = self.data.len() * size_of::<T>() + size_of::<Self>();
        Value::with_size(self, nbytes)
    }

    /// Elements `start, start + step, …` of an axis, `count` of them.
    pub(crate) fn cut(mut self, axis: usize, start: usize, step: isize, count: usize) -> Self {
        if count > 0 {
            self.offset = self.offset.wrapping_add_signed(start as isize * self.strides[axis]);
        }
        self.strides[axis] *= step;
        self.shape[axis] = count;
        self
    }

    /// Without an axis: what is at `index` of it.
    pub(crate) fn pick(self, axis: usize, index: usize) -> Self {
        let mut cut = self.cut(axis, index, 1, 1);
        cut.shape.remove(axis);
        cut.strides.remove(axis);
        cut
    }

    /// With an axis of length 1 before axis `axis`.
    pub(crate) fn with_axis(mut self, axis: usize) -> Self {
        self.shape.insert(axis, 1);
        self.strides.insert(axis, 0);
        self
    }

    /// With the elements of a diagonal of two axes on a last axis instead of these two: `count` of them, from these two
    /// places on.
    pub(crate) fn diagonal(self, axes: (usize, usize), starts: (usize, usize), count: usize) -> Self {
        let cut = self.cut(axes.0, starts.0, 1, count).cut(axes.1, starts.1, 1, count);
        let kept = |axis: &usize| *axis != axes.0 && *axis != axes.1;
        let mut shape: Dims = (0..cut.shape.len()).filter(kept).map(|axis| cut.shape[axis]).collect();
        let mut strides: Strides = (0..cut.shape.len()).filter(kept).map(|axis| cut.strides[axis]).collect();
        shape.push(count);
        strides.push(cut.strides[axes.0] + cut.strides[axes.1]);
        Chunk { shape, strides, ..cut }
    }

    /// All runs of `length` neighbours along an axis: one for each place that such a run can begin at, with a last axis
    /// for the run. It must not be longer than the axis.
    pub(crate) fn windows(mut self, axis: usize, length: usize) -> Self {
        self.shape[axis] -= length - 1;
        self.shape.push(length);
        self.strides.push(self.strides[axis]);
        self
    }

    /// With its axes in this order.
    pub(crate) fn permuted(self, order: &[usize]) -> Self {
        let shape = order.iter().map(|&axis| self.shape[axis]).collect();
        let strides = order.iter().map(|&axis| self.strides[axis]).collect();
        Chunk { shape, strides, ..self }
    }

    /// Repeated along axes of length 1, and new ones in front, to this shape, which it must fit.
    pub(crate) fn stretched(self, shape: &[usize]) -> Self {
        let new = shape.len() - self.shape.len();
        let mut strides: Strides = smallvec::smallvec![0; shape.len()];
        for (axis, &length) in self.shape.iter().enumerate() {
            strides[new + axis] = if length == 1 { 0 } else { self.strides[axis] };
        }
        Chunk { shape: shape.into(), strides, ..self }
    }

    /// The same elements, in C order, in another shape of as many.
    pub(crate) fn reshaped(self, shape: &[usize]) -> Self {
        let ordered = self.in_order();
        Chunk { shape: shape.into(), strides: c_strides(shape), ..ordered }
    }

    /// The elements from the first one on, and the steps from each to the next on each axis.
    pub(crate) fn memory(&self) -> (&[T], &[isize]) {
        (self.data.get(self.offset..).unwrap_or(&[]), &self.strides)
    }

    /// With neighbouring axes taken as one, these numbers of them; copied only if they do not follow each other in
    /// memory.
    pub(crate) fn grouped(self, groups: &[usize]) -> Self {
        let (mut shape, mut strides): (Dims, Strides) = Default::default();
        let (mut axis, mut follow) = (0, true);
        for &count in groups {
            let axes = axis..axis + count;
            let (mut length, mut stride) = (1, 1);
            for at in axes.clone().filter(|&at| self.shape[at] != 1) {
                follow &= length == 1 || stride == self.strides[at] * self.shape[at] as isize;
                (length, stride) = (length * self.shape[at], self.strides[at]);
            }
            shape.push(length);
            strides.push(stride);
            axis += count;
        }
        if follow { Chunk { shape, strides, ..self } } else { self.reshaped(&shape) }
    }

    /// A view of it, if no axis runs backwards.
    fn direct_view(&self) -> Option<ArrayViewD<'_, T>> {
        if self.is_empty() {
            // Steps between no elements are of no account, and ndarray wants them to be its own.
            return ArrayViewD::from_shape(IxDyn(&self.shape), &[]).ok();
        }
        let strides: Option<Vec<usize>> = self.strides.iter().map(|&stride| usize::try_from(stride).ok()).collect();
        let shape = IxDyn(&self.shape).strides(IxDyn(&strides?));
        ArrayViewD::from_shape(shape, self.data.get(self.offset..)?).ok()
    }

    /// Its elements, as ndarray has them; copied only if an axis runs backwards or is stretched.
    pub fn view(&self) -> CowArray<'_, T, IxDyn> {
        match self.direct_view() {
            Some(view) => view.into(),
            None => self.clone().into_ndarray().into(),
        }
    }

    /// Its elements as an array of their own, in C order; copied unless nobody else has them.
    pub fn into_ndarray(self) -> ArrayD<T> {
        let shape = IxDyn(&self.shape);
        let own = self.offset == 0 && self.data.len() == self.len() && self.as_slice().is_some();
        let all = match own {
            true => Arc::try_unwrap(self.data).unwrap_or_else(|data| data.to_vec()),
            false => self.to_vec(),
        };
        ArrayD::from_shape_vec(shape, all).unwrap_or_default()
    }
}

impl<T: Element> From<ArrayD<T>> for Chunk<T> {
    fn from(array: ArrayD<T>) -> Self {
        let shape: Dims = array.shape().into();
        let strides: Strides = array.strides().into();
        // An array without elements may have any strides.
        if array.is_empty() {
            return Chunk::new(&shape, Vec::new());
        }
        let (data, offset) = array.into_raw_vec_and_offset();
        Chunk { data: Arc::new(data), offset: offset.unwrap_or(0), shape, strides }
    }
}

impl<T: Element> PartialEq for Chunk<T> {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.to_vec() == other.to_vec()
    }
}

impl<T: Element> fmt::Debug for Chunk<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.view(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(shape: &[usize]) -> Chunk<i64> {
        Chunk::new(shape, (0..shape.iter().product::<usize>() as i64).collect())
    }

    #[test]
    fn views_read_what_ndarray_reads() {
        let chunk = numbers(&[3, 4, 5]);
        let array = chunk.clone().into_ndarray();
        let turned = chunk.clone().permuted(&[2, 0, 1]).cut(0, 4, -2, 3).cut(2, 1, 1, 2);
        let expected = array.permuted_axes(vec![2, 0, 1]).slice(ndarray::s![..;-2, .., 1..3]).to_owned().into_dyn();
        assert_eq!(turned.clone().into_ndarray(), expected);
        assert_eq!(turned.view(), expected);
        let mut some = Vec::new();
        turned.append_to(&mut some, 3, 7);
        assert_eq!(some, expected.iter().copied().skip(3).take(7).collect::<Vec<_>>());
        assert_eq!(turned.at(&[1, 2, 1]), expected[[1, 2, 1]]);
        let row = chunk.pick(0, 1).pick(0, 2);
        assert_eq!(row.clone().stretched(&[2, 5]).to_vec(), [row.to_vec(), row.to_vec()].concat());
    }

    #[test]
    fn diagonals_are_views() {
        let chunk = numbers(&[2, 3, 4]);
        let diagonal = chunk.clone().diagonal((2, 1), (1, 0), 3);
        assert_eq!((diagonal.shape(), diagonal.to_vec()), (&[2, 3][..], vec![1, 6, 11, 13, 18, 23]));
        assert_eq!(chunk.diagonal((0, 1), (0, 0), 0).shape(), [4, 0]);
    }

    #[test]
    fn axes_are_taken_as_one() {
        let chunk = numbers(&[2, 3, 4]);
        let free = chunk.clone().cut(0, 0, 1, 1).permuted(&[1, 0, 2]).grouped(&[1, 2]);
        assert_eq!((free.shape(), free.to_vec()), (&[3, 4][..], (0..12).collect()));
        assert_eq!(free.memory(), (&(0..24).collect::<Vec<i64>>()[..], &[4, 1][..]));
        let copied = chunk.clone().permuted(&[1, 0, 2]).grouped(&[2, 1, 0]);
        assert_eq!((copied.shape(), copied.to_vec()[..8].to_vec()), (&[6, 4, 1][..], vec![0, 1, 2, 3, 12, 13, 14, 15]));
        assert_eq!(chunk.cut(1, 0, 1, 0).grouped(&[3]).shape(), [0]);
    }

    #[test]
    fn turned_chunks_are_read_in_bands() {
        let chunk = numbers(&[3, 7, 40]).permuted(&[0, 2, 1]);
        assert!(chunk.is_turned() && !numbers(&[3, 7, 40]).is_turned());
        let all = chunk.to_vec();
        let mut rows = Vec::new();
        for at in [0, 6, 7, crate::array::turned::band_rows::<i64>(7) * 7, 39 * 7, 40 * 7, 3 * 280 - 1] {
            let first = chunk.band(at, &mut rows);
            assert!((first..first + rows.len()).contains(&at));
            assert_eq!(rows, all[first..first + rows.len()]);
        }
        let backwards = chunk.cut(2, 6, -1, 7);
        assert!(backwards.is_turned());
        backwards.band(5, &mut rows);
        assert_eq!(rows, backwards.to_vec()[..40 * 7]);
    }

    #[test]
    fn chunks_without_elements_may_be_cut() {
        let cut = numbers(&[0, 2]).cut(1, 1, 1, 1).reshaped(&[0, 1]);
        assert_eq!((cut.shape(), cut.to_vec(), cut.as_slice()), (&[0, 1][..], vec![], Some(&[][..])));
    }

    #[test]
    fn what_is_kept_does_not_keep_more() {
        let part = numbers(&[100, 100]).cut(0, 3, 1, 2);
        assert_eq!(part.clone().compact(), part);
        assert!(part.compact().into_value().nbytes() < 200 * 8 + 200);
        assert!(Chunk::full(&[1000, 1000], 1.0).compact().into_value().nbytes() < 200, "one value again and again");
    }
}
