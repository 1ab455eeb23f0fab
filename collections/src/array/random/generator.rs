//! Generators: where random arrays get their seed and their numbers from.

use super::drawn::Source;
use parking_lot::Mutex;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes random arrays of one seed; NumPy's `Generator` and `RandomState`.
///
/// Each array that it makes has a number of its own: the same calls in the same order give the same arrays.
///
/// ```
/// use partita_collections::{array::random::default_rng, bag::on_reference};
///
/// let (one, other) = (default_rng(1), default_rng(1));
/// let first = on_reference(&one.random(5, 5))?;
/// assert_eq!(first, on_reference(&other.random(5, 2))?);
/// assert_ne!(first, on_reference(&one.random(5, 5))?, "the next array is another one");
/// assert_ne!(first, on_reference(&default_rng(2).random(5, 5))?);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[derive(Debug)]
pub struct Generator {
    seed: u64,
    arrays: AtomicU64,
}

/// A generator with this seed; NumPy's `default_rng(seed)`.
pub fn default_rng(seed: u64) -> Generator {
    Generator { seed, arrays: AtomicU64::new(0) }
}

impl Generator {
    /// A generator with a seed of the system's, which is another one each time; NumPy's `default_rng()`.
    ///
    /// ```
    /// use partita_collections::array::random::Generator;
    ///
    /// assert_ne!(Generator::from_entropy().seed(), Generator::from_entropy().seed());
    /// ```
    pub fn from_entropy() -> Self {
        // The keys of the standard library's hashes come from the system.
        let seed = RandomState::new().hash_one(std::time::SystemTime::now());
        default_rng(seed)
    }

    /// Its seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The numbers of the next array.
    pub(super) fn source(&self) -> Source {
        Source { seed: self.seed, stream: self.arrays.fetch_add(1, Ordering::Relaxed) }
    }
}

static SHARED: Mutex<Option<Generator>> = Mutex::new(None);

/// Gives the generator that the process shares this seed; NumPy's `random.seed`.
///
/// ```
/// use partita_collections::{array::random, bag::on_reference};
///
/// random::seed(3);
/// let first = random::random(3, 1);
/// random::seed(3);
/// assert_eq!(on_reference(&first)?, on_reference(&random::random(3, 3))?);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
pub fn seed(seed: u64) {
    *SHARED.lock() = Some(default_rng(seed));
}

/// A generator that makes the next array of the one that the process shares.
pub(super) fn shared() -> Generator {
    let mut shared = SHARED.lock();
    let Source { seed, stream } = shared.get_or_insert_with(Generator::from_entropy).source();
    Generator { seed, arrays: AtomicU64::new(stream) }
}
