//! Inserting: arrays with more elements along an axis.

use crate::array::error::ArrayError;
use crate::array::grid::{Grid, starts};
use crate::array::index::assigning::{Filling, stretched};
use crate::array::index::taking::{append_runs, known, some};
use crate::array::layers::Built;
use crate::array::select::{Run, Selection};
use crate::array::{Array, Element};
use crate::identity::Identity;

/// Where the elements of an axis go when others are put before some of them.
struct Spread {
    /// The lengths of the chunks.
    lengths: Vec<usize>,
    /// For each chunk the old elements that are in it.
    old: Vec<Vec<Run>>,
    /// For each chunk the numbers of the new elements that are in it, and their places there.
    new: Vec<Vec<(usize, usize)>>,
}

/// Puts new elements before these places; those before the same place stay in order.
fn spread(chunks: &[usize], places: &[usize]) -> Spread {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|&number| places[number]);
    let mut waiting = order.into_iter().peekable();
    let mut spread = Spread { lengths: Vec::new(), old: Vec::new(), new: Vec::new() };
    let mut begin = 0;
    for (chunk, &length) in chunks.iter().enumerate() {
        let (mut old, mut new) = (Vec::new(), Vec::new());
        let (mut done, mut to) = (0, 0);
        // New elements at the end of the axis are in its last chunk.
        let limit = if chunk + 1 == chunks.len() { length + 1 } else { length };
        while let Some(fresh) = waiting.next_if(|&fresh| places[fresh] - begin < limit) {
            let count = places[fresh] - begin - done;
            if count > 0 {
                old.push(Run { chunk, start: done, step: 1, count, to });
            }
            (done, to) = (done + count, to + count + 1);
            new.push((fresh, to - 1));
        }
        if length > done {
            old.push(Run { chunk, start: done, step: 1, count: length - done, to });
        }
        spread.lengths.push(to + length - done);
        spread.old.push(some(old));
        spread.new.push(new);
        begin += length;
    }
    spread
}

impl Spread {
    /// Where the old elements go.
    fn old(&self) -> Selection {
        Selection { chunks: self.lengths.clone(), runs: self.old.clone() }
    }

    /// Where the new elements go, which are in chunks of these lengths.
    fn fresh(&self, chunks: &[usize]) -> Selection {
        let begins = starts(chunks);
        let runs = self.new.iter().map(|new| {
            let mut runs = Vec::new();
            new.iter().for_each(|&(fresh, to)| append_runs(&mut runs, &begins, std::iter::once(Some(fresh)), to));
            some(runs)
        });
        Selection { chunks: self.lengths.clone(), runs: runs.collect() }
    }

    /// Where new elements are, as a mask of one axis.
    #[track_caller]
    fn mask(&self) -> Result<Array<bool>, ArrayError> {
        let begins = starts(&self.lengths);
        let places = self.new.iter().zip(&begins).flat_map(|(new, begin)| new.iter().map(move |(_, to)| begin + to));
        let places: Vec<usize> = places.collect();
        let identity = Identity::of("insert").data(&places);
        let grid = Grid::new(vec![self.lengths.clone()])?;
        let flags = Array::<u8>::along("insert", identity, grid, std::sync::Arc::new(places), |places, at| {
            places.binary_search(&at).is_ok().into()
        });
        Ok(flags.named("insert", |flag| flag == 1))
    }
}

impl<T: Element> Array<T> {
    /// The array with elements put before these places of an axis, as they are counted before; NumPy's `insert`. Places
    /// may be negative, or one behind the last element. There is one element for each place: always the same value, or
    /// those of an array that is stretched to the shape with as many of them along the axis.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![10, 20, 30], 2);
    /// assert_eq!(on_reference(&x.insert([1, 3], 0, 0))?, ndarray::array![10, 0, 20, 30, 0].into_dyn());
    /// let two = Array::from_array(ndarray::array![7, 8], 2);
    /// assert_eq!(on_reference(&x.insert([-1, 0], &two, 0))?, ndarray::array![8, 10, 20, 7, 30].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn insert(&self, indices: impl AsRef<[isize]>, values: impl Into<Filling<T>>, axis: isize) -> Self {
        Array::built(self.try_insert(indices.as_ref(), &values.into(), axis))
    }

    #[track_caller]
    fn try_insert(&self, indices: &[isize], values: &Filling<T>, axis: isize) -> Built<Self> {
        self.sound()?;
        let axis = crate::array::axes::resolve("insert", axis, self.ndim())?;
        let length = known("insert", self.shape(), axis)?;
        let place = |&index: &isize| {
            let from_start = if index < 0 { index.checked_add_unsigned(length) } else { Some(index) };
            let place = from_start.and_then(|index| usize::try_from(index).ok()).filter(|&place| place <= length);
            place.ok_or(ArrayError::Index { index, axis, length })
        };
        let places: Vec<usize> = indices.iter().map(place).collect::<Result<_, _>>()?;
        if places.is_empty() {
            return Ok(self.clone());
        }
        let spread = spread(self.grid.axis(axis), &places);
        let along = |array: &Self, selection: Selection, fill: T| {
            let mut axes: Vec<Selection> = array.grid.chunks().iter().map(|chunks| Selection::all(chunks)).collect();
            axes[axis] = selection;
            array.select("insert", Identity::of("insert").data(&(axis, &places)).data(&fill), axes, fill)
        };
        match values {
            Filling::Value(value) => Ok(along(self, spread.old(), *value)?),
            Filling::Array(values) => {
                values.sound()?;
                let mut shape = self.shape().to_vec();
                shape[axis] = places.len();
                let values = stretched("insert", values, &shape)?;
                let fresh = along(&values, spread.fresh(values.grid.axis(axis)), T::default())?;
                let old = along(self, spread.old(), T::default())?;
                let around: Vec<usize> = (0..self.ndim()).filter(|&other| other != axis).collect();
                Ok(Array::where_(&spread.mask()?.exchanged_axes(&[false], &around)?, &fresh, &old))
            }
        }
    }
}
