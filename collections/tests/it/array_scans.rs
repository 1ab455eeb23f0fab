//! Scans, differences and what else keeps to the lines along an axis: against plain loops.

use super::array_lines::{cases, close, each_line, floats, numbers};
use super::run;
use crate::on_reference;
use ndarray::{ArrayD, Axis, IxDyn, array};
use partita_collections::Array;
use partita_collections::array::{Chunks, Cut};
use proptest::prelude::*;

fn running<T: Copy, U: Copy>(line: &[T], start: U, f: impl Fn(U, T) -> U) -> Vec<U> {
    let mut acc = start;
    line.iter()
        .map(|&x| {
            acc = f(acc, x);
            acc
        })
        .collect()
}

/// A number where there is NaN.
fn or(x: f64, other: f64) -> f64 {
    if x.is_nan() { other } else { x }
}

fn pushed(line: &[f64], limit: usize) -> Vec<f64> {
    let last = |at: usize| (0..=at).rev().take(limit + 1).find(|&before| !line[before].is_nan());
    (0..line.len()).map(|at| last(at).map_or(f64::NAN, |before| line[before])).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whole_numbers_are_exact(case in cases(1..=3, 0, -3i64..4), axis in 0..3usize, n in 0..4usize, wide in 2..5usize) {
        let axis = axis % case.plain.ndim();
        let array = case.array.split_every(wide);
        let at = axis as isize - if n % 2 == 0 { case.plain.ndim() as isize } else { 0 };
        let expected = each_line(&case.plain, axis, |line| running(line, 0, |a: i64, b| a + b));
        prop_assert_eq!(run(&array.cumsum(at)), expected);
        let expected = each_line(&case.plain, axis, |line| running(line, 1, |a: i64, b| a.wrapping_mul(b)));
        prop_assert_eq!(run(&array.cumprod(at)), expected);
        let mut expected = case.plain.clone();
        for _ in 0..n {
            let length = expected.len_of(Axis(axis));
            let cut = |from: usize, to: usize| expected.slice_axis(Axis(axis), (from.min(to)..to).into()).to_owned();
            expected = cut(1, length) - cut(0, length.saturating_sub(1));
        }
        prop_assert_eq!(run(&array.diff(n, at)), expected);
        let all: Vec<i64> = case.plain.iter().copied().collect();
        let sums = running(&all, 0, |a: i64, b| a + b);
        prop_assert_eq!(run(&array.cumsum(None)).into_raw_vec_and_offset().0, sums);
        let expected: Vec<i64> = all.windows(2).map(|pair| pair[1] - pair[0]).collect();
        prop_assert_eq!(run(&array.ediff1d()).into_raw_vec_and_offset().0, expected);
    }

    #[test]
    fn floats_with_nan(case in cases(1..=3, 0, floats()), axis in 0..3usize, limit in 1..4usize) {
        let axis = axis % case.plain.ndim();
        let at = axis as isize;
        let expected = |f: &dyn Fn(&[f64]) -> Vec<f64>| each_line(&case.plain, axis, f);
        let sums = expected(&|line| running(line, 0.0, |a, b: f64| a + b));
        prop_assert!(close(&run(&case.array.cumsum(at)), &sums, 1e-13));
        let sums = expected(&|line| running(line, 0.0, |a, b: f64| a + or(b, 0.0)));
        prop_assert!(close(&run(&case.array.nancumsum(at)), &sums, 1e-13));
        let products = expected(&|line| running(line, 1.0, |a, b: f64| a * or(b, 1.0)));
        prop_assert!(close(&run(&case.array.nancumprod(at)), &products, 1e-12));
        prop_assert!(close(&run(&case.array.push(Some(limit), at)), &expected(&|line| pushed(line, limit)), 0.0));
        prop_assert!(close(&run(&case.array.push(None, at)), &expected(&|line| pushed(line, line.len())), 0.0));
    }

    #[test]
    fn slopes(case in cases(1..=3, 2, numbers()), axis in 0..3usize) {
        let axis = axis % case.plain.ndim();
        let expected = each_line(&case.plain, axis, |line| {
            let last = line.len() - 1;
            let slope = |at: usize| {
                let (low, high) = (at.saturating_sub(1), (at + 1).min(last));
                (line[high] - line[low]) / (0.5 * (high - low) as f64)
            };
            (0..=last).map(slope).collect()
        });
        prop_assert!(close(&run(&case.array.gradient(0.5, axis as isize)), &expected, 1e-15));
    }

    #[test]
    fn cells(case in cases(1..=2, 0, -9i64..9), first in 1..4usize, second in 1..4usize) {
        let lengths = [first, second][..case.plain.ndim()].to_vec();
        let counts: Vec<usize> = case.plain.shape().iter().zip(&lengths).map(|(all, one)| all / one).collect();
        let expected = ArrayD::from_shape_fn(IxDyn(&counts), |place| {
            let cell = case.plain.slice_each_axis(|axis| {
                let at = axis.axis.index();
                (place[at] * lengths[at]..(place[at] + 1) * lengths[at]).into()
            });
            cell.iter().enumerate().map(|(at, x)| (at as i64 + 1) * x).sum::<i64>()
        });
        let found = case.array.coarsen(lengths, true, |cell| cell.iter().enumerate().map(|(at, x)| (at as i64 + 1) * x).sum::<i64>());
        prop_assert_eq!(run(&found), expected);
    }
}

#[test]
fn float_scans_keep_what_rounding_would_take() {
    let count = 100_000;
    let plain = ArrayD::from_elem(IxDyn(&[count]), 0.1);
    let found: ArrayD<f64> = run(&Array::<f64>::from_array(plain, 777).cumsum(0));
    // A plain loop is off by about 2e-8 at the end.
    let worst = found
        .iter()
        .enumerate()
        .map(|(at, &sum): (usize, &f64)| (sum - 0.1 * (at + 1) as f64).abs() / sum)
        .fold(0.0, f64::max);
    assert!(worst < 4e-16, "{worst}");
    let tricky = Array::<f64>::from_array(array![1e100, 1.0, -1e100, 1.0], 1).split_every(2);
    assert_eq!(run(&tricky.cumsum(0)), array![1e100, 1e100, 1.0, 2.0].into_dyn());
}

#[test]
fn scans_of_many_blocks_are_linear() {
    let x = Array::<i64>::ones(3000, 1);
    let sums = x.cumsum(0);
    let inputs = |array: &Array<i64>| {
        let mut count = 0;
        array.node().for_each_input(|_| count += 1);
        count
    };
    assert!(inputs(&sums) < 3000 * 10, "{}", inputs(&sums));
    let found = run(&sums);
    assert!(found.iter().enumerate().all(|(at, &sum)| sum == at as i64 + 1));
}

#[test]
fn what_makes_no_sense_is_said() {
    let x = Array::<f64>::ones([2, 1], 1);
    for (error, expected) in [
        (x.cumsum(2).check().unwrap_err(), "`cumsum` was asked for axis 2"),
        (x.cumsum([0, 1]).check().unwrap_err(), "it must be one axis, or none for all elements in C order"),
        (x.push(Some(0), 0).check().unwrap_err(), "`push` cannot take `limit` = 0"),
        (x.diff(1, -3).check().unwrap_err(), "`diff` was asked for axis -3"),
        (x.gradient(1.0, 1).check().unwrap_err(), "`gradient` takes two elements and more along the axis"),
        (x.gradient([1.0], 0).check().unwrap_err(), "`gradient` cannot take `spacing` = 1 places"),
        (x.coarsen([2], false, |cell| cell.sum()).check().unwrap_err(), "`coarsen` cannot take `lengths` = [2]"),
        (x.coarsen([2, 2], false, |cell| cell.sum()).check().unwrap_err(), "a whole number of cells long"),
        (x.coarsen([0, 1], true, |cell| cell.sum()).check().unwrap_err(), "1 and more"),
        (x.apply_over_axes(|x, axis| x.sum_axis(axis), [0]).check().unwrap_err(), "a function that keeps all axes"),
        (x.unique().diff(1, 0).check().unwrap_err(), "`diff` needs to know how long axis 0 is"),
    ] {
        assert!(error.to_string().contains(expected), "{error}");
    }
    // Lengths that only computing tells do not stop a scan.
    let x = Array::<i64>::from_array(array![3, 1, 3], 1).unique();
    assert_eq!(run(&x.cumsum(0)), array![1, 4].into_dyn());
    let empty = Array::<f64>::ones([0, 2], Chunks::Axes(vec![Cut::Whole, Cut::Each(1)]));
    assert_eq!(run(&empty.cumsum(0)).shape(), [0, 2]);
    assert!(on_reference(&empty.diff(5, 0)).unwrap().is_empty());
}
