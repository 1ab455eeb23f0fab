//! Shuffles of dataframes: rows with the same key come together.

use crate::frames::{assert_like, frames, in_order};
use partita_collections::dataframe::{DataFrame, on_reference};
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
