//! Threads: Polars works on the thread that a task runs on, so that its own threads do not fight the workers'.

use polars_async::executor::ALLOW_RAYON_THREADS;

/// Sets back what was allowed before, even if the work panics.
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        ALLOW_RAYON_THREADS.set(self.0);
    }
}

/// Does some work of Polars' on this thread alone.
pub(crate) fn alone<R>(work: impl FnOnce() -> R) -> R {
    let _restore = Restore(ALLOW_RAYON_THREADS.replace(false));
    work()
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::*;

    #[test]
    fn work_is_done_on_this_thread() {
        let here = std::thread::current().id();
        let numbers = Series::new("x".into(), (0..200_000).rev().collect::<Vec<i64>>());
        let frame = DataFrame::new_infer_height(vec![numbers.into_column()]).unwrap();
        let seen = move |column: Column| {
            assert_eq!(std::thread::current().id(), here);
            Ok(column)
        };
        let plan =
            frame.lazy().select([col("x").map(seen, |_, field| Ok(field.clone())), (col("x") * lit(2)).alias("y")]);
        let sorted = alone(|| plan.sort(["x"], SortMultipleOptions::default()).collect()).unwrap();
        assert_eq!(sorted.height(), 200_000);
        assert!(ALLOW_RAYON_THREADS.get());
    }

    #[test]
    fn a_panic_sets_it_back() {
        let panicked = std::panic::catch_unwind(|| alone(|| panic!("on purpose")));
        assert!(panicked.is_err() && ALLOW_RAYON_THREADS.get());
    }
}
