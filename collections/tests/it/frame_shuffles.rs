//! Shuffles of dataframes: rows with the same key come together, in memory and, if there is not enough, by way of files.

use crate::frames::{assert_like, frames, in_order};
use partita_collections::dataframe::polars::prelude::{self as pl, SortMultipleOptions};
use partita_collections::dataframe::{DataFrame, on_reference, set_shuffle_memory, shuffle_usage};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn equal_keys_come_together(
        (frame, parts) in frames(),
        on in proptest::sample::subsequence(vec!["k", "x", "s", "b", "c"], 1..3),
        into in 0..6usize,
    ) {
        let mine = DataFrame::from_polars(frame.clone(), parts).shuffle(&on, into);
        prop_assert_eq!(mine.npartitions(), into.max(1));
        assert_like(&in_order(&on_reference(&mine).unwrap()), &in_order(&frame), "all rows");
        let mut seen = std::collections::HashMap::new();
        for part in 0..mine.npartitions() {
            let found = on_reference(&mine.get_partition(part)).unwrap();
            for row in 0..found.height() {
                let key: Vec<String> = on.iter().map(|name| found.column(name).unwrap().get(row).unwrap().to_string()).collect();
                let first = *seen.entry(key.clone()).or_insert(part);
                prop_assert_eq!(first, part, "{:?} is in two partitions", key);
            }
        }
    }
}

#[test]
fn without_memory_files_give_the_same() {
    let before = shuffle_usage().limit;
    let words: Vec<Option<String>> = (0..5000).map(|n| (n % 7 != 0).then(|| format!("the word number {n}"))).collect();
    let numbers: Vec<i64> = (0..5000).map(|n| n * 7919 % 5003).collect();
    let frame = polars::df!("x" => numbers, "s" => words).unwrap();
    let mine = DataFrame::from_polars(frame.clone(), 6);
    let inside = on_reference(&mine.shuffle("x", 5)).unwrap();
    set_shuffle_memory(0);
    let outside = on_reference(&mine.shuffle("x", 5)).unwrap();
    let sorted = on_reference(&mine.sort(["s", "x"], SortMultipleOptions::default())).unwrap();
    set_shuffle_memory(before);
    assert_eq!(outside, inside);
    // Other tests may have been at it, too; all files are gone when they are done.
    let waited = std::time::Instant::now();
    while shuffle_usage().on_disk > 0 {
        assert!(waited.elapsed() < std::time::Duration::from_secs(60), "{:?}", shuffle_usage());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let expected: pl::DataFrame = frame.sort(["s", "x"], SortMultipleOptions::default()).unwrap();
    assert!(sorted.equals_missing(&expected));
}
