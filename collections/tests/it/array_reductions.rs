//! Reductions of arrays: random arrays in random chunks against plain loops, bad input, and what keys are made of.

use super::array_lines::{Case, along, cases, close, floats, numbers};
use super::run;
use crate::on_reference;
use ndarray::{ArrayD, array};
use partita_collections::array::{Array, Axes, Chunk, Element, UNKNOWN, keep};
use proptest::prelude::*;

fn axes(case: &Case<impl Element>, kept: bool) -> Axes {
    let axes = Axes::from(case.axes.clone());
    if kept { keep(axes) } else { axes }
}

/// Where the best element of a line is: of several the first, NaN before all.
fn place(line: &[f64], ahead: impl Fn(f64, f64) -> bool) -> i64 {
    let mut best = 0;
    for (at, &x) in line.iter().enumerate() {
        if ahead(x, line[best]) || x.is_nan() && !line[best].is_nan() {
            best = at;
        }
    }
    best as i64
}

fn lowest(line: &[f64]) -> f64 {
    line.iter().copied().reduce(|a, b| if a.is_nan() || a < b { a } else { b }).unwrap()
}

fn highest(line: &[f64]) -> f64 {
    -lowest(&line.iter().map(|x| -x).collect::<Vec<_>>())
}

fn some(line: &[f64]) -> Vec<f64> {
    line.iter().copied().filter(|x| !x.is_nan()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whole_numbers_are_exact(case in cases(0..=3, 0, -3i64..4), kept in any::<bool>()) {
        let over = || axes(&case, kept);
        let expected = |f: fn(&[i64]) -> i64| along(&case.plain, &case.axes, kept, f);
        prop_assert_eq!(run(&case.array.sum_axis(over())), expected(|line| line.iter().sum()));
        prop_assert_eq!(run(&case.array.prod_axis(over())), expected(|line| line.iter().fold(1, |a, b| a.wrapping_mul(*b))));
        let count: fn(&[i64]) -> i64 = |line| line.iter().filter(|x| **x != 0).count() as i64;
        prop_assert_eq!(run(&case.array.count_nonzero_axis(over())), expected(count));
        let truth = |f: fn(&[i64]) -> bool| along(&case.plain, &case.axes, kept, f);
        prop_assert_eq!(run(&case.array.any_axis(over())), truth(|line| line.iter().any(|x| *x != 0)));
        prop_assert_eq!(run(&case.array.all_axis(over())), truth(|line| line.iter().all(|x| *x != 0)));
        prop_assert_eq!(run(&case.array.any().item()), case.plain.iter().any(|x| *x != 0));
        prop_assert_eq!(run(&case.array.all().item()), case.plain.iter().all(|x| *x != 0));
        prop_assert_eq!(run(&case.array.count_nonzero().item()), count(&case.plain.iter().copied().collect::<Vec<_>>()));
        prop_assert_eq!(run(&case.array.prod().item()), case.plain.iter().fold(1, |a: i64, b| a.wrapping_mul(*b)));
    }

    #[test]
    fn extremes_and_their_places(case in cases(0..=3, 1, floats()), kept in any::<bool>()) {
        let over = || axes(&case, kept);
        let expected = |f: &dyn Fn(&[f64]) -> f64| along(&case.plain, &case.axes, kept, f);
        let check = |found: Array<f64>, f: &dyn Fn(&[f64]) -> f64| close(&run(&found), &expected(f), 0.0);
        let of_some = |f: fn(&[f64]) -> f64| move |line: &[f64]| match some(line) {
            numbers if numbers.is_empty() => f64::NAN,
            numbers => f(&numbers),
        };
        prop_assert!(check(case.array.min_axis(over()), &lowest));
        prop_assert!(check(case.array.max_axis(over()), &highest));
        prop_assert!(check(case.array.nanmin(over()), &of_some(lowest)));
        prop_assert!(check(case.array.nanmax(over()), &of_some(highest)));
        prop_assert!(check(case.array.ptp(over()), &|line| highest(line) - lowest(line)));
        let places = |f: &dyn Fn(&[f64]) -> i64| along(&case.plain, &case.axes, kept, f);
        prop_assert_eq!(run(&case.array.argmin(over())), places(&|line| place(line, |a, b| a < b)));
        prop_assert_eq!(run(&case.array.argmax(over())), places(&|line| place(line, |a, b| a > b)));
        let all: Vec<f64> = case.plain.iter().copied().collect();
        prop_assert_eq!(run(&case.array.argmax(None).item()), place(&all, |a, b| a > b));
        prop_assert!(check(case.array.min_axis(over()), &lowest));
    }

    #[test]
    fn places_without_nan(case in cases(1..=3, 1, floats())) {
        let all_nan = along(&case.plain, &case.axes, false, |line| line.iter().all(|x| x.is_nan()));
        let (least, most) = (case.array.nanargmin(case.axes.clone()), case.array.nanargmax(case.axes.clone()));
        if all_nan.iter().any(|nan| *nan) {
            prop_assert!(on_reference(&least).unwrap_err().to_string().contains("`nanargmin` of no elements"));
            return Ok(());
        }
        let first = |line: &[f64], best: f64| line.iter().position(|x| *x == best).unwrap() as i64;
        let expected = along(&case.plain, &case.axes, false, |line| first(line, lowest(&some(line))));
        prop_assert_eq!(run(&least), expected);
        let expected = along(&case.plain, &case.axes, false, |line| first(line, highest(&some(line))));
        prop_assert_eq!(run(&most), expected);
    }

    #[test]
    fn sums_without_nan(case in cases(0..=3, 0, floats())) {
        let check = |found: Array<f64>, f: &dyn Fn(&[f64]) -> f64| {
            close(&run(&found), &along(&case.plain, &case.axes, false, f), 1e-12)
        };
        prop_assert!(check(case.array.nansum(case.axes.clone()), &|line| some(line).iter().sum::<f64>() + 0.0));
        prop_assert!(check(case.array.nanprod(case.axes.clone()), &|line| some(line).iter().product()));
        let mean = |line: &[f64]| some(line).iter().sum::<f64>() / some(line).len() as f64;
        prop_assert!(check(case.array.nanmean(case.axes.clone()), &mean));
    }

    #[test]
    fn reductions_of_users(case in cases(1..=3, 0, numbers()), kept in any::<bool>()) {
        // The sum of squares and the number of elements, kept together.
        let found = case.array.reduction(
            axes(&case, kept),
            |block, axes| {
                let mut sums = block.mapv(|x| x * x);
                let mut counts = block.mapv(|_| 1.0);
                for &axis in axes {
                    let axis = ndarray::Axis(axis);
                    sums = sums.sum_axis(axis).insert_axis(axis);
                    counts = counts.sum_axis(axis).insert_axis(axis);
                }
                (Chunk::from(sums), Chunk::from(counts))
            },
            |some: &[&(Chunk<f64>, Chunk<f64>)]| {
                let add = |chunks: Vec<Chunk<f64>>| {
                    let arrays = chunks.into_iter().map(Chunk::into_ndarray);
                    Chunk::from(arrays.reduce(|a: ArrayD<f64>, b| a + b).unwrap())
                };
                (add(some.iter().map(|pair| pair.0.clone()).collect()), add(some.iter().map(|pair| pair.1.clone()).collect()))
            },
            |(sums, counts)| sums.clone().into_ndarray() / counts.clone().into_ndarray(),
        );
        let expected = along(&case.plain, &case.axes, kept, |line| {
            line.iter().map(|x| x * x).sum::<f64>() / line.len() as f64
        });
        prop_assert!(close(&run(&found), &expected, 1e-12));
    }
}

#[test]
fn what_makes_no_sense_is_said() {
    let x = Array::<f64>::ones([0, 3], 1);
    let unknown = Array::<i64>::ones(3, 1).unique();
    let row = |array: &Array<i64>| array.clone();
    assert_eq!(unknown.shape(), [UNKNOWN]);
    for (error, expected) in [
        (x.min().check().unwrap_err(), "`min` of no elements has no value: axis 0 of shape (0, 3) is empty"),
        (x.argmax(0).check().unwrap_err(), "`argmax` of no elements has no value"),
        (x.ptp([1, 0]).check().unwrap_err(), "`ptp` of no elements has no value"),
        (x.nanmax(None).check().unwrap_err(), "`nanmax` of no elements has no value"),
        (x.prod_axis(2).check().unwrap_err(), "`prod` was asked for axis 2 of an array with 2 axes"),
        (x.any_axis([0, -2]).check().unwrap_err(), "`any` was asked for axis 0 twice"),
        (row(&unknown).argmin(None).check().unwrap_err(), "`argmin` needs to know how long axis 0 is"),
    ] {
        assert!(error.to_string().contains(expected), "{error}");
    }
    // Where there is no result there is nothing to be wrong.
    assert_eq!(run(&x.min_axis(1)).shape(), [0]);
    assert_eq!(run(&Array::<i64>::ones([0, 0], 1).max_axis(0)).shape(), [0]);
    assert_eq!(run(&unknown.max().item()), 1);
    let none = Array::<i64>::zeros(0, 1).unique().min();
    assert!(on_reference(&none).unwrap_err().to_string().contains("`min` of no elements has no value"));
    let wrong = Array::<f64>::ones([2, 2], 1).reduction(
        0,
        |block, _| block.sum(),
        |some: &[&f64]| some.iter().copied().sum::<f64>(),
        |sum| ndarray::arr1(&[*sum]).into_dyn(),
    );
    let error = on_reference(&wrong).unwrap_err().to_string();
    assert!(
        error.contains("the last function of a reduction` gave a block of shape (1,) where (1, 1) was due"),
        "{error}"
    );
}

#[test]
fn products_wrap_around_and_widen() {
    let x = Array::<i32>::from_array(array![i32::MAX, i32::MAX, 4], 1);
    assert_eq!(run(&x.prod().item()), i64::from(i32::MAX).wrapping_mul(i64::from(i32::MAX)).wrapping_mul(4));
    assert_eq!(run(&Array::<u8>::from_array(array![200, 3], 1).ptp(None).item()), 197);
    assert!(run(&Array::<bool>::from_array(array![true, false], 1).max().item()));
}

#[test]
fn equal_reductions_are_one() {
    let x = Array::<f64>::ones([4, 4], 1);
    assert_eq!(x.max_axis(0).node().key, x.max_axis(-2).node().key);
    let key = |array: &Array<f64>| array.node().key.clone();
    let all =
        [key(&x.max_axis(0)), key(&x.max_axis(1)), key(&x.min_axis(0)), key(&x.max_axis(keep(0))), key(&x.nanmax(0))];
    for (at, one) in all.iter().enumerate() {
        assert!(all[at + 1..].iter().all(|other| other != one));
    }
    assert_ne!(key(&x.var(0, 0)), key(&x.var(0, 1)));
    assert_ne!(key(&x.var(0, 0)), key(&x.std(0, 0)));
}
