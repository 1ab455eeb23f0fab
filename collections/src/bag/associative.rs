//! A check for functions that must not care how a fold is bracketed.

use std::fmt::Debug;

/// A function gives different results for `(a ∘ b) ∘ c` and `a ∘ (b ∘ c)`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the function is not associative: for {operands}, from the left it gives {left}, and from the right {right}; \
     a fold would depend on the partitions"
)]
pub struct NotAssociative {
    /// The three values.
    pub operands: String,
    /// `(a ∘ b) ∘ c`.
    pub left: String,
    /// `a ∘ (b ∘ c)`.
    pub right: String,
}

/// Tries whether a function is associative, on all triples of some samples; for tests of the functions given to
/// [`fold`](crate::Bag::fold), [`reduce`](crate::Bag::reduce) and as `combine`. What is not associative still has the
/// same result each time, but another one for other partitions. (Sums of floats are the usual case.)
///
/// # Errors
/// [`NotAssociative`] with the first triple that shows it.
///
/// ```
/// use partita_collections::bag::verify_associative;
///
/// let texts = ["a", "b", "c"].map(String::from);
/// assert!(verify_associative(|a: String, b| a + &b, &texts).is_ok(), "but not commutative, which is not needed");
/// let error = verify_associative(|a, b| a - b, &[1, 2]).unwrap_err();
/// assert_eq!((&error.left[..], &error.right[..]), ("-1", "1"), "(1 - 1) - 1 and 1 - (1 - 1)");
/// ```
pub fn verify_associative<T>(binop: impl Fn(T, T) -> T, samples: &[T]) -> Result<(), NotAssociative>
where
    T: Clone + PartialEq + Debug,
{
    for a in samples {
        for b in samples {
            for c in samples {
                let left = binop(binop(a.clone(), b.clone()), c.clone());
                let right = binop(a.clone(), binop(b.clone(), c.clone()));
                if left != right {
                    let operands = format!("{a:?}, {b:?} and {c:?}");
                    return Err(NotAssociative { operands, left: format!("{left:?}"), right: format!("{right:?}") });
                }
            }
        }
    }
    Ok(())
}
