//! Means in twice their precision, which distances between them need: means far from 0 would be too rough.

use serde::{Deserialize, Serialize};

/// A mean, rounded, and what the true one is above that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mean {
    pub(crate) rounded: f64,
    pub(crate) above: f64,
}

impl Mean {
    /// The mean of some numbers, measured from one of them, so that the mean of equal numbers is that number.
    pub(crate) fn of(numbers: &[f64]) -> Self {
        let Some(&first) = numbers.first() else { return Mean::default() };
        let count = numbers.len() as f64;
        let rounded = first + numbers.iter().map(|x| x - first).sum::<f64>() / count;
        Mean { rounded, above: numbers.iter().map(|x| x - rounded).sum::<f64>() / count }
    }

    /// How far a number is above it.
    #[inline]
    pub(crate) fn distance(&self, x: f64) -> f64 {
        (x - self.rounded) - self.above
    }

    /// How far another mean is above it.
    #[inline]
    pub(crate) fn to(&self, other: &Mean) -> f64 {
        (other.rounded - self.rounded) + (other.above - self.above)
    }

    /// Moves it; rounding is kept with Knuth's two-sum.
    #[inline]
    pub(crate) fn shift(&mut self, by: f64) {
        let by = self.above + by;
        let rounded = self.rounded + by;
        let part = rounded - self.rounded;
        self.above = (self.rounded - (rounded - part)) + (by - part);
        self.rounded = rounded;
    }
}
