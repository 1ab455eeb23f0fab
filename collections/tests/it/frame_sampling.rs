//! Rows drawn with replacement: how many, which ones, and as likely as they have to be.

use crate::frame_times::in_parts;
use partita_collections::dataframe::{DataFrame, col, on_reference};
use proptest::collection::vec;
use proptest::prelude::*;

fn numbered(rows: usize) -> polars::prelude::DataFrame {
    polars::df!("x" => (0..rows as u32).collect::<Vec<_>>(), "y" => (0..rows as u32).rev().collect::<Vec<_>>()).unwrap()
}

/// The numbers of the rows that are drawn.
fn drawn(frame: &DataFrame, fraction: f64, seed: u64) -> Vec<u32> {
    let drawn = on_reference(&frame.sample_with_replacement(fraction, seed)).unwrap();
    drawn.column("x").unwrap().u32().unwrap().iter().flatten().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn as_many_rows_are_drawn_as_is_said(
        lengths in vec(0..9usize, 1..6), fraction in 0.0..3.0f64, seed in any::<u64>(),
    ) {
        let rows = lengths.iter().sum();
        let mine = in_parts(&numbered(rows), &lengths);
        let all = drawn(&mine, fraction, seed);
        prop_assert!(all.is_sorted(), "{all:?}");
        let mut start = 0;
        for length in lengths {
            let of_part = all.iter().filter(|row| (start..start + length).contains(&(**row as usize))).count() as f64;
            let exact = fraction * length as f64;
            prop_assert!((exact.floor()..=exact.ceil()).contains(&of_part), "{of_part} of {exact}");
            start += length;
        }
        prop_assert_eq!(&drawn(&mine, fraction, seed), &all, "the same seed gives the same rows");
        let y = on_reference(&mine.sample_with_replacement(fraction, seed).select([col("y")])).unwrap();
        let y: Vec<u32> = y.column("y").unwrap().u32().unwrap().iter().flatten().collect();
        prop_assert_eq!(y, all.iter().map(|x| rows as u32 - 1 - x).collect::<Vec<_>>(), "rows stay together");
        prop_assert_eq!(drawn(&mine, 1.0, seed).len(), rows);
        prop_assert_eq!(drawn(&mine, 0.0, seed).len(), 0);
    }
}

#[test]
fn all_rows_are_as_likely_and_drawn_independently() {
    const ROWS: usize = 20;
    const SEEDS: u64 = 500;
    let mine = in_parts(&numbered(2 * ROWS), &[ROWS]);
    let mut counts = [0f64; 2 * ROWS];
    let (mut different, mut shared) = (0, 0);
    for seed in 0..SEEDS {
        let mut rows = drawn(&mine, 1.0, seed);
        rows.iter().for_each(|row| counts[*row as usize] += 1.0);
        rows.dedup();
        different += rows.len();
        shared += rows.iter().filter(|row| rows.contains(&(**row + ROWS as u32))).count();
    }
    let expected = SEEDS as f64;
    let chi: f64 = counts.iter().map(|count| (count - expected).powi(2) / expected).sum();
    // Of 38 degrees of freedom: above 73 and below 15 once in a thousand.
    assert!((15.0..73.0).contains(&chi), "{chi}: {counts:?}");
    // Of 20 draws of 20, 20 (1 - 0.95^20) = 12.83 differ; the mean of a thousand is off by 0.04.
    let mean = different as f64 / (2 * SEEDS) as f64;
    assert!((12.66..13.0).contains(&mean), "{mean}");
    // Partitions draw apart: a row is drawn in both with 0.6415^2, 8.23 of 20; the mean of 500 is off by 0.1.
    let mean = shared as f64 / SEEDS as f64;
    assert!((7.83..8.63).contains(&mean), "{mean}");
}

#[test]
fn parts_of_rows_are_drawn_by_chance() {
    // Of a thousand partitions of one row each, 0.3 of a row: 300, off by 14.5.
    let frame = DataFrame::from_polars(numbered(1000), 1000);
    for seed in 0..3 {
        let rows = drawn(&frame, 0.3, seed);
        assert!((242..358).contains(&rows.len()), "{}", rows.len());
        assert_ne!(rows, drawn(&frame, 0.3, seed + 10));
    }
}

#[test]
fn fractions_that_are_none_say_so() {
    let frame = DataFrame::from_polars(numbered(2), 1);
    for (fraction, text) in [(-0.1, "-0.1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let found = frame.sample_with_replacement(fraction, 1).check().unwrap_err();
        let text = format!("`sample_with_replacement`: the fraction is {text}, and has to be a number from 0 on");
        assert_eq!(found.error.to_string(), text);
        assert!(found.place.to_string().contains("frame_sampling.rs"), "{found}");
    }
}
