//! Inserting: arrays with more elements along an axis.

use super::assigning::Filling;
use super::error::ArrayError;
use super::layers::Built;
use super::select::Selection;
use super::taking::{gapped, known};
use super::{Array, Element};
use crate::identity::Identity;
use ndarray::{ArrayD, IxDyn};

/// Where the elements of an axis go when others are put before some of them.
struct Spread {
    /// For each place of the result the old element there; `None` for a new one.
    old: Vec<Option<usize>>,
    /// For each place of the result which of the new elements is there.
    new: Vec<Option<usize>>,
    /// The lengths of the chunks.
    lengths: Vec<usize>,
}

/// Puts new elements before these places; those before the same place stay in order.
fn spread(chunks: &[usize], places: &[usize]) -> Spread {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|&number| places[number]);
    let mut waiting = order.into_iter().peekable();
    let (mut old, mut new, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    let mut done = 0;
    for (number, &length) in chunks.iter().enumerate() {
        let (before, end) = (old.len(), done + length);
        // New elements at the end of the axis are in its last chunk.
        let limit = if number + 1 == chunks.len() { end + 1 } else { end };
        while done < limit {
            while let Some(fresh) = waiting.next_if(|&fresh| places[fresh] == done) {
                old.push(None);
                new.push(Some(fresh));
            }
            if done == end {
                break;
            }
            old.push(Some(done));
            new.push(None);
            done += 1;
        }
        lengths.push(old.len() - before);
    }
    Spread { old, new, lengths }
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
        let axis = super::axes::resolve("insert", axis, self.ndim())?;
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
        let along = |array: &Self, places: &[Option<usize>], fill: T| {
            let mut axes: Vec<Selection> = array.grid.chunks().iter().map(|chunks| Selection::all(chunks)).collect();
            axes[axis] = gapped(array.grid.axis(axis), places, &spread.lengths);
            let fill_identity = Identity::of("insert").data(&(axis, places, &spread.lengths)).data(&fill);
            array.select("insert", fill_identity, axes, fill)
        };
        match values {
            Filling::Value(value) => Ok(along(self, &spread.old, *value)?),
            Filling::Array(values) => {
                values.sound()?;
                let mut shape = self.shape().to_vec();
                shape[axis] = places.len();
                let values = values.broadcast_to(shape.as_slice());
                values.sound()?;
                let fresh = along(&values, &spread.new, T::default())?;
                let old = along(self, &spread.old, T::default())?;
                let mut flags = vec![1; self.ndim()];
                flags[axis] = spread.new.len();
                let holds = spread.new.iter().map(Option::is_some).collect();
                let holds = ArrayD::from_shape_vec(IxDyn(&flags), holds).unwrap_or_default();
                let mut chunks: Vec<Vec<usize>> = vec![vec![1]; self.ndim()];
                chunks[axis] = spread.lengths.clone();
                Ok(Array::where_(&Array::from_array(holds, chunks), &fresh, &old))
            }
        }
    }
}
