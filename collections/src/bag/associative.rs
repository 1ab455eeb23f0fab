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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bag;
    use crate::bag::on_reference;

    type Binop = fn(i64, i64) -> i64;

    /// A fold of numbers over so many partitions.
    fn folded(binop: Binop, npartitions: usize) -> i64 {
        on_reference(&Bag::<i64>::from_sequence(1..=9, npartitions).reduce(binop)).unwrap().unwrap()
    }

    /// FAULTS T26: just what a fold by other partitions would give away is found, and named with both values.
    #[test]
    fn what_is_not_associative_is_found_and_named() {
        let table: [(Binop, Option<&str>); 6] = [
            (|a, b| a.wrapping_add(b), None),
            (i64::max, None),
            // Not commutative, and need not be.
            (|a, _| a, None),
            (|a, b| a - b, Some("for 1, 1 and 1, from the left it gives -1, and from the right 1;")),
            (|a, b| (a + b) / 2, Some("for 1, 1 and 3, from the left it gives 2, and from the right 1;")),
            (|a, b| 10 * a + b, Some("for 1, 1 and 1, from the left it gives 111, and from the right 21;")),
        ];
        for (binop, found) in table {
            let verified = verify_associative(binop, &(1..=9).collect::<Vec<_>>());
            let differs = (2..=9).any(|npartitions| folded(binop, npartitions) != folded(binop, 1));
            match (verified, found) {
                (Ok(()), None) => assert!(!differs),
                (Err(error), Some(words)) => {
                    assert!(error.to_string().contains(words), "{error}");
                    assert!(differs, "{error}");
                }
                (verified, found) => panic!("{verified:?}, not {found:?}"),
            }
        }
    }
}
