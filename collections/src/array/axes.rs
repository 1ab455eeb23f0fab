//! Axes: which axes an operation is over, as users say it.

use super::error::ArrayError;

/// Which axes a reduction is over: none named is all of them, negative ones are counted from the last.
///
/// ```
/// use partita_collections::{Array, array::keep};
///
/// let x = Array::<f64>::ones([4, 5, 6], 2);
/// assert!(x.mean(None).shape().is_empty());
/// assert_eq!(x.mean(Some(0)).shape(), [5, 6]);
/// assert_eq!(x.mean(-1).shape(), [4, 5]);
/// assert_eq!(x.mean([0, 2]).shape(), [5]);
/// assert_eq!(x.mean(keep([0, 2])).shape(), [1, 5, 1]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Axes {
    axes: Option<Vec<isize>>,
    keep: bool,
}

/// These axes, which stay as axes of length 1; NumPy's `keepdims`.
pub fn keep(axes: impl Into<Axes>) -> Axes {
    Axes { keep: true, ..axes.into() }
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Axes { axes: Some(vec![axis]), keep: false }
    }
}

impl From<Option<isize>> for Axes {
    fn from(axis: Option<isize>) -> Self {
        Axes { axes: axis.map(|axis| vec![axis]), keep: false }
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Axes { axes: Some(axes.to_vec()), keep: false }
    }
}

impl From<Vec<isize>> for Axes {
    fn from(axes: Vec<isize>) -> Self {
        Axes { axes: Some(axes), keep: false }
    }
}

impl Axes {
    /// All axes.
    pub fn all() -> Self {
        Axes::default()
    }

    /// For each of `ndim` axes whether it is named.
    pub(crate) fn flags(&self, operation: &'static str, ndim: usize) -> Result<Vec<bool>, ArrayError> {
        let Some(axes) = &self.axes else { return Ok(vec![true; ndim]) };
        let mut flags = vec![false; ndim];
        for &axis in axes {
            let axis = resolve(operation, axis, ndim)?;
            if std::mem::replace(&mut flags[axis], true) {
                return Err(ArrayError::AxisTwice { operation, axis });
            }
        }
        Ok(flags)
    }

    /// Whether the axes stay.
    pub(crate) fn keeps(&self) -> bool {
        self.keep
    }

    /// The axes as they were named, if they were.
    pub(crate) fn named(&self) -> Option<&[isize]> {
        self.axes.as_deref()
    }

    /// The only axis that is named, if there is one.
    pub(crate) fn only(&self) -> Option<isize> {
        match self.axes.as_deref() {
            Some([axis]) => Some(*axis),
            _ => None,
        }
    }
}

/// An axis counted from the first one.
pub(crate) fn resolve(operation: &'static str, axis: isize, ndim: usize) -> Result<usize, ArrayError> {
    let from_first = if axis < 0 { axis + ndim as isize } else { axis };
    usize::try_from(from_first).ok().filter(|&axis| axis < ndim).ok_or(ArrayError::Axis { operation, axis, ndim })
}
