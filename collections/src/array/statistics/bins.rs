//! Bins: the intervals of histograms, as users say them.

use crate::array::error::ArrayError;

/// The intervals that a histogram counts in. Each holds its lower edge, and the last one its upper edge too.
///
/// ```
/// use partita_collections::{Array, array::Bins, bag::on_reference};
///
/// let edges = |bins: Bins| on_reference(&Array::<f64>::ones(1, 1).histogram(bins).1).unwrap().into_raw_vec_and_offset().0;
/// assert_eq!(edges((4, 0.0, 2.0).into()), [0.0, 0.5, 1.0, 1.5, 2.0]);
/// assert_eq!(edges([0.0, 1.0, 10.0].into()), [0.0, 1.0, 10.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Bins {
    /// So many of one width.
    Even {
        /// How many.
        count: usize,
        /// The lower edge of the first one.
        low: f64,
        /// The upper edge of the last one.
        high: f64,
    },
    /// Between these edges, which must not decrease.
    Edges(Vec<f64>),
}

impl From<(usize, f64, f64)> for Bins {
    fn from((count, low, high): (usize, f64, f64)) -> Self {
        Bins::Even { count, low, high }
    }
}

impl From<Vec<f64>> for Bins {
    fn from(edges: Vec<f64>) -> Self {
        Bins::Edges(edges)
    }
}

impl<const N: usize> From<[f64; N]> for Bins {
    fn from(edges: [f64; N]) -> Self {
        Bins::Edges(edges.to_vec())
    }
}

/// Bins that were checked.
#[derive(Clone)]
pub(crate) struct Edges {
    pub(crate) edges: Vec<f64>,
    /// Bins for each unit, if all have one width.
    density: Option<f64>,
}

partita_graph::travels!(Edges { edges, density });

impl Bins {
    /// The edges, as NumPy has them.
    pub(crate) fn checked(self, operation: &'static str) -> Result<Edges, ArrayError> {
        let wrong = |value: String, allowed| ArrayError::Argument { operation, argument: "bins", value, allowed };
        match self {
            Bins::Even { count, low, high } => {
                if !(1..=MOST_BINS).contains(&count) || !(high - low).is_finite() || low > high {
                    let allowed = "there must be one and more, from a number to another one that is not less, and no more \
                                   than 2^32";
                    return Err(wrong(format!("{count} from {low} to {high}"), allowed));
                }
                let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
                let step = (high - low) / count as f64;
                let inner = (0..count).map(|at| at as f64 * step + low);
                let edges = inner.chain(std::iter::once(high)).collect();
                Ok(Edges { edges, density: Some(count as f64 / (high - low)) })
            }
            Bins::Edges(edges) => {
                let rising = edges.windows(2).all(|pair| pair[0] <= pair[1]);
                if edges.len() < 2 || !rising {
                    return Err(wrong(format!("{edges:?}"), "there must be two edges and more, which do not decrease"));
                }
                Ok(Edges { edges, density: None })
            }
        }
    }
}

/// More bins than this are refused.
const MOST_BINS: usize = 1 << 32;

impl Edges {
    /// How many bins there are.
    pub(crate) fn count(&self) -> usize {
        self.edges.len() - 1
    }

    /// The bin that a number is in.
    #[inline]
    pub(crate) fn find(&self, x: f64) -> Option<usize> {
        let last = self.count() - 1;
        if !(self.edges[0] <= x && x <= self.edges[last + 1]) {
            return None;
        }
        let Some(density) = self.density else {
            return Some(self.edges.partition_point(|&edge| edge <= x).saturating_sub(1).min(last));
        };
        // A guess, which rounding may have put one beside.
        let mut bin = (((x - self.edges[0]) * density) as usize).min(last);
        while x < self.edges[bin] {
            bin -= 1;
        }
        while bin < last && x >= self.edges[bin + 1] {
            bin += 1;
        }
        Some(bin)
    }
}
