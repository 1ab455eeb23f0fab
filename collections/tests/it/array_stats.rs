//! Statistics of arrays: against NumPy's own values, against plain loops over random arrays, and bad input.

use super::array_lines::{along, cases, close, each_line, floats, numbers};
use super::run;
use crate::on_reference;
use ndarray::{ArrayD, IxDyn, array};
use num_complex::Complex;
use partita_collections::array::{Array, Between, Element, Side};
use proptest::prelude::*;
use serde_json::Value;

/// What `numpy/statistics.py` wrote.
struct Golden(Value);

impl Golden {
    fn read() -> Self {
        Golden(serde_json::from_str(include_str!("../numpy/statistics.json")).unwrap())
    }

    fn get(&self, name: &str) -> ArrayD<f64> {
        let numbers = |key: &str| self.0[name][key].as_array().unwrap_or_else(|| panic!("no {name}")).clone();
        let shape: Vec<usize> = numbers("shape").iter().map(|n| n.as_u64().unwrap() as usize).collect();
        let number = |value: &Value| match value.as_str() {
            Some("nan") => f64::NAN,
            Some(text) => text.parse().unwrap(),
            None => value.as_f64().unwrap(),
        };
        ArrayD::from_shape_vec(IxDyn(&shape), numbers("data").iter().map(number).collect()).unwrap()
    }

    fn check(&self, name: &str, found: &Array<f64>) {
        let (found, expected) = (run(found), self.get(name));
        assert!(close(&found, &expected, 1e-13), "{name}: {found} is not {expected}");
    }

    fn check_whole(&self, name: &str, found: &Array<i64>) {
        assert_eq!(run(found), self.get(name).mapv(|x| x as i64), "{name}");
    }
}

#[test]
fn moments_and_quantiles_are_those_of_numpy() {
    let golden = Golden::read();
    for chunks in [[1, 1], [3, 2], [4, 5]] {
        let x = Array::from_array(golden.get("x"), chunks).split_every(2);
        let holes = Array::from_array(golden.get("holes"), chunks);
        let w = Array::from_array(golden.get("w"), 3);
        golden.check("var", &x.var(0, 0));
        golden.check("std_all", &x.std(None, 1));
        golden.check("nanvar", &holes.nanvar(0, 1));
        golden.check("nanstd", &holes.nanstd(1, 0));
        golden.check("average", &x.average(0, &w));
        golden.check("median", &x.median(0));
        golden.check("median_all", &x.median(None));
        golden.check("nanmedian", &holes.nanmedian(0));
        golden.check("percentile", &x.percentile([0.0, 12.5, 50.0, 99.0, 100.0], 1));
        golden.check("nanpercentile", &holes.nanpercentile(30.0, 1));
        golden.check("cov", &x.cov(1));
        golden.check("cov_0", &x.cov(0));
        golden.check("corrcoef", &x.corrcoef());
        golden.check("gradient", &x.gradient(0.5, 1));
        golden.check("gradient_uneven", &x.gradient([0.0, 1.0, 1.5, 4.0, 4.25], 1));
        golden.check("gradient_places", &x.gradient(vec![0.0, 2.0, 4.0, 6.0, 8.0], 1));
        golden.check("cumsum", &x.cumsum(0));
        golden.check("nancumprod", &holes.nancumprod(1));
        golden.check("ediff1d", &x.ediff1d());
        golden.check("ptp", &x.ptp(1));
        golden.check_whole("argmax", &holes.argmax(0));
        golden.check_whole("argmin", &x.argmin(None));
        for (name, between) in [
            ("lower", Between::Lower),
            ("higher", Between::Higher),
            ("midpoint", Between::Midpoint),
            ("nearest", Between::Nearest),
            ("hazen", Between::Hazen),
            ("weibull", Between::Weibull),
            ("median_unbiased", Between::MedianUnbiased),
            ("normal_unbiased", Between::NormalUnbiased),
        ] {
            let levels = [0.01, 0.1, 0.25, 0.5, 0.8, 0.99];
            golden.check(&format!("quantile_{name}"), &x.quantile_by(levels, 0, between));
            for (at, level) in levels.into_iter().enumerate() {
                let one = run(&x.quantile_by(level, 0, between));
                let expected = golden.get(&format!("quantile_{name}")).index_axis(ndarray::Axis(0), at).to_owned();
                assert!(close(&one, &expected, 1e-13), "{name} {level}: {one} is not {expected}");
            }
        }
    }
    let x = golden.get("x");
    let first = |count: usize| x.slice_axis(ndarray::Axis(0), (0..count).into()).to_owned();
    golden.check("var_few", &Array::from_array(first(1), 2).var(0, 1));
    golden.check("var_fewer", &Array::from_array(first(2), 1).var(0, 3));
    golden.check("cov_row", &Array::from_array(x.index_axis(ndarray::Axis(0), 0).to_owned(), 2).cov(1));
}

#[test]
fn counts_and_places_are_those_of_numpy() {
    let golden = Golden::read();
    for chunks in [[1, 1], [3, 2], [4, 5]] {
        let x = Array::from_array(golden.get("x"), chunks).split_every(2);
        let (counts, edges) = x.histogram((7, -4.0, 8.0));
        golden.check_whole("histogram", &counts);
        golden.check("histogram_edges", &edges);
        golden.check_whole("histogram_uneven", &x.histogram([-4.0, 0.0, 1.0, 1.5, 8.0]).0);
        let weights = Array::from_array(golden.get("x").mapv(|x| x.abs() / 4.0), [2, 2]);
        golden.check("histogram_weighted", &x.histogram_weighted((3, 0.0, 3.0), &weights).0);
        golden.check("histogram_density", &x.histogram_density([-4.0, 0.0, 1.0, 1.5, 8.0], None).0);
        let row: Vec<f64> = golden.get("x").iter().copied().collect();
        let turned: Vec<f64> = row.iter().rev().copied().collect();
        let (row, turned) = (ndarray::Array1::from_vec(row), ndarray::Array1::from_vec(turned));
        let (row, turned) = (Array::from_array(row, 7), Array::from_array(turned, 4 * chunks[0]));
        golden.check("histogram2d", &row.histogram2d(&turned, (3, -4.0, 8.0), [-4.0, 0.0, 2.0, 9.0], None).0);
        let holes = Array::from_array(golden.get("holes"), chunks);
        golden.check_whole("digitize", &holes.digitize([-1.0, 1.0, 2.5, 6.0], false));
        golden.check_whole("digitize_right", &x.digitize([-1.0, 1.0, 2.5, 6.0], true));
        golden.check_whole("digitize_falling", &x.digitize([6.0, 2.5, 1.0, -1.0], false));
        golden.check_whole("digitize_falling_right", &x.digitize([6.0, 2.5, 1.0, -1.0], true));
    }
    let tenths = Array::from_array(ndarray::Array1::from_iter((0..10).map(|x| f64::from(x) / 10.0)), 3);
    golden.check_whole("histogram_thirds", &tenths.histogram((10, 0.0, 0.9)).0);
    let n: Vec<i64> = golden.get("n").iter().map(|&x| x as i64).collect();
    let mut sorted = n.clone();
    sorted.sort_unstable();
    let weights = ndarray::Array1::from_iter((0..14).map(|x| f64::from(x) / 4.0));
    for chunk in [1, 4, 14] {
        let (n, sorted) = (ndarray::Array1::from_vec(n.clone()), ndarray::Array1::from_vec(sorted.clone()));
        let (n, sorted) = (Array::from_array(n, chunk).split_every(3), Array::from_array(sorted, chunk));
        let wanted = Array::from_array(array![[5i64, 0, 10], [1, 4, 9]], [1, 2]);
        golden.check_whole("searchsorted", &sorted.searchsorted(&wanted, Side::Left));
        golden.check_whole("searchsorted_right", &sorted.searchsorted(&wanted, Side::Right));
        golden.check_whole("bincount", &n.bincount(12));
        golden.check("bincount_weighted", &n.bincount_weighted(0, &Array::from_array(weights.clone(), 5)));
        golden.check_whole("unique", &n.unique());
        golden.check_whole("unique_counts", &n.unique_counts().1);
        golden.check_whole("unique_index", &n.unique_index().1);
        golden.check_whole("unique_inverse", &n.unique_inverse().1);
    }
}

/// The mean of distances from the mean, to a power.
fn moment(line: &[f64], order: i32) -> f64 {
    let count = line.len() as f64;
    let mean = line.iter().sum::<f64>() / count;
    line.iter().map(|x| (x - mean).powi(order)).sum::<f64>() / count
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn moments(case in cases(0..=3, 0, numbers()), order in 0..6usize) {
        let expected = |f: &dyn Fn(&[f64]) -> f64| along(&case.plain, &case.axes, false, f);
        let over = || case.axes.clone();
        prop_assert!(close(&run(&case.array.var(over(), 0)), &expected(&|line| moment(line, 2)), 1e-12));
        prop_assert!(close(&run(&case.array.std(over(), 0)), &expected(&|line| moment(line, 2).sqrt()), 1e-12));
        let found = run(&case.array.moment(order, over()));
        prop_assert!(close(&found, &expected(&|line| moment(line, order as i32)), 1e-11));
        let skew = |line: &[f64]| moment(line, 3) / moment(line, 2).powf(1.5);
        let kurtosis = |line: &[f64]| moment(line, 4) / moment(line, 2).powi(2) - 3.0;
        // Of elements that are nearly equal both are what rounding left.
        let varies = |line: &[f64]| line.iter().any(|x| *x != line[0]);
        let only = |f: &dyn Fn(&[f64]) -> f64, found: ArrayD<f64>| {
            let trusted = expected(&|line| f64::from(u8::from(varies(line))));
            let mask = |a: &ArrayD<f64>| ndarray::Zip::from(a).and(&trusted).map_collect(|a, t| if *t > 0.0 { *a } else { 0.0 });
            close(&mask(&found), &mask(&expected(f)), 1e-10)
        };
        prop_assert!(only(&skew, run(&case.array.skew(over()))));
        prop_assert!(only(&kurtosis, run(&case.array.kurtosis(over()))));
    }

    #[test]
    fn medians(case in cases(0..=3, 0, floats())) {
        let median = |line: &[f64]| {
            let mut line = line.to_vec();
            line.sort_by(f64::total_cmp);
            match line.len() {
                0 => f64::NAN,
                n => (line[(n - 1) / 2] + line[n / 2]) / 2.0,
            }
        };
        let strict = |line: &[f64]| if line.iter().any(|x| x.is_nan()) { f64::NAN } else { median(line) };
        let lax = |line: &[f64]| median(&line.iter().copied().filter(|x| !x.is_nan()).collect::<Vec<_>>());
        let expected = |f: &dyn Fn(&[f64]) -> f64| along(&case.plain, &case.axes, false, f);
        prop_assert!(close(&run(&case.array.median(case.axes.clone())), &expected(&strict), 1e-15));
        prop_assert!(close(&run(&case.array.nanquantile(0.5, case.axes.clone())), &expected(&lax), 1e-15));
    }

    #[test]
    fn the_best(case in cases(1..=3, 0, -3i64..4), axis in 0..3usize, k in -6isize..7) {
        let axis = axis % case.plain.ndim();
        let best = |line: &[i64]| {
            let mut places: Vec<i64> = (0..line.len() as i64).collect();
            places.sort_by_key(|&at| if k > 0 { -line[at as usize] } else { line[at as usize] });
            places.truncate(k.unsigned_abs());
            places
        };
        let at = axis as isize;
        prop_assert_eq!(run(&case.array.argtopk(k, at)), each_line(&case.plain, axis, best));
        let values = each_line(&case.plain, axis, |line| best(line).into_iter().map(|at| line[at as usize]).collect());
        prop_assert_eq!(run(&case.array.topk(k, at)), values);
    }

    #[test]
    fn distinct_elements(case in cases(0..=3, 0, -3i64..4), other in cases(0..=2, 0, 0i64..9)) {
        let mut expected: Vec<i64> = case.plain.iter().copied().collect();
        expected.sort_unstable();
        expected.dedup();
        let flat: Vec<i64> = case.plain.iter().copied().collect();
        let found = |array: &Array<i64>| run(array).into_raw_vec_and_offset().0;
        prop_assert_eq!(&found(&case.array.unique()), &expected);
        let counts: Vec<i64> = expected.iter().map(|x| flat.iter().filter(|y| x == *y).count() as i64).collect();
        prop_assert_eq!(found(&case.array.unique_counts().1), counts);
        let first: Vec<i64> = expected.iter().map(|x| flat.iter().position(|y| x == y).unwrap() as i64).collect();
        let (elements, places) = case.array.unique_index();
        prop_assert_eq!((found(&elements), found(&places)), (expected.clone(), first));
        let inverse = case.plain.mapv(|x| expected.binary_search(&x).unwrap() as i64);
        prop_assert_eq!(run(&case.array.unique_inverse().1), inverse);
        prop_assert_eq!(run(&case.array.isin(&other.array)), case.plain.mapv(|x| other.plain.iter().any(|y| x == *y)));
        expected.extend(other.plain.iter());
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(found(&case.array.union1d(&other.array)), expected);
    }
}

#[test]
fn far_numbers_and_complex_ones_vary_as_they_do() {
    let far = ndarray::Array1::from_iter((0..30_000).map(|x| 1e9 + f64::from(x % 3)));
    let far = Array::from_array(far, 1000);
    assert!((run(&far.var(None, 0).item()) - 2.0 / 3.0).abs() < 1e-12);
    assert!(run(&far.skew(None).item()).abs() < 1e-12);
    assert!((run(&far.cov(0).item()) - 2.0 / 3.0).abs() < 1e-12);
    let complex = array![Complex::new(1.0, 2.0), Complex::new(3.0, -2.0), Complex::new(2.0, 0.0)];
    let variance = run(&Array::from_array(complex, 2).var(None, 0).item());
    assert!((variance - 10.0 / 3.0).abs() < 1e-15, "{variance}");
    assert_eq!(run(&Array::<f32>::from_array(array![1.0, 3.0], 1).var(None, 0).item()), 1.0f32);
}

#[test]
fn infinities_are_between_numbers_and_infinities() {
    let median = |pair: [f64; 2]| run(&Array::from_array(ndarray::arr1(&pair), 1).median(None).item());
    assert_eq!(median([1.0, f64::INFINITY]), f64::INFINITY);
    assert_eq!(median([f64::INFINITY, f64::INFINITY]), f64::INFINITY);
    assert_eq!(median([f64::NEG_INFINITY, 1.0]), f64::NEG_INFINITY);
    assert!(median([f64::NEG_INFINITY, f64::INFINITY]).is_nan());
    assert_eq!(median([-f64::MAX, f64::MAX]), 0.0);
    let x = Array::from_array(ndarray::arr1(&[f64::INFINITY, 1.0, 2.0]), 2);
    assert_eq!(run(&x.max().item()), f64::INFINITY);
    assert!(run(&x.var(None, 0).item()).is_nan());
    assert_eq!(run(&x.sum().item()), f64::INFINITY);
    assert_eq!(run(&x.cumsum(0)), array![f64::INFINITY, f64::INFINITY, f64::INFINITY].into_dyn());
    assert_eq!(run(&x.quantile(0.5, None).item()), 2.0);
}

/// FAULTS T27.
#[test]
fn nan_is_one_element_and_among_none() {
    let x = Array::<f64>::from_array(array![f64::NAN, 1.0, f64::NAN, -0.0, 0.0], 2);
    let found = run(&x.unique());
    assert_eq!((found.len(), found[0], found[1]), (3, 0.0, 1.0));
    assert!(found[2].is_nan());
    assert_eq!(run(&x.isin(&x)), array![false, true, false, true, true].into_dyn());
    assert!(run(&x.topk(1, 0))[0].is_nan());
}

fn text<T: Element>(array: &Array<T>) -> String {
    array.check().unwrap_err().to_string()
}

#[test]
fn what_makes_no_sense_is_said() {
    let x = Array::<f64>::ones([2, 3], 1);
    let row = Array::<i64>::ones(3, 1);
    for (error, expected) in [
        (text(&x.quantile(1.5, None)), "`quantile` cannot take `q` = 1.5: it must be from 0 to 1"),
        (text(&x.percentile([5.0, f64::NAN], 0)), "`percentile` cannot take `q` = NaN: it must be from 0 to 100"),
        (text(&x.median(4)), "`median` was asked for axis 4 of an array with 2 axes"),
        (text(&x.moment(40, 0)), "`moment` cannot take `order` = 40: it must be at most 32"),
        (text(&x.average(1, &Array::ones(2, 1))), "`average` cannot pair shapes (2, 3) and (1, 2): axis 1 has 3 and 2"),
        (text(&x.average(None, &Array::ones(3, 1))), "`average` cannot pair shapes (2, 3) and (3,)"),
        (text(&Array::<f64>::ones([2, 2, 2], 1).cov(1)), "`cov` takes one axis, or one of variables"),
        (text(&x.topk(1, 2)), "`topk` was asked for axis 2"),
        (text(&x.histogram((0, 0.0, 1.0)).0), "`histogram` cannot take `bins` = 0 from 0 to 1"),
        (text(&x.histogram((3, 1.0, 0.0)).1), "there must be one and more, from a number to another one"),
        (text(&x.histogram([1.0, 0.0]).0), "there must be two edges and more, which do not decrease"),
        (text(&x.histogram_weighted([0.0, 1.0], &row).0), "`histogram` cannot pair shapes (2, 3) and (3,)"),
        (text(&Array::histogramdd(&[&x], Vec::new(), None).0), "there must be one for each variable"),
        (text(&Array::<f64>::histogramdd(&[], Vec::new(), None).0), "`histogramdd` takes one variable and more"),
        (
            text(&Array::histogramdd(&[&x, &x], vec![(1 << 18, 0.0, 1.0).into(); 2], None).0),
            "`histogramdd` would make blocks of shape (262144, 262144), 512.0 GiB each",
        ),
        (text(&x.digitize([1.0, 3.0, 2.0], false)), "they must increase, or decrease"),
        (text(&x.searchsorted(&x, Side::Left)), "`searchsorted` takes one axis, and this array has shape (2, 3)"),
        (text(&row.bincount_weighted(0, &Array::<f64>::ones(4, 1))), "axis 0 has 3 and 4"),
        (text(&x.unique().argtopk(1, 0)), "`argtopk` needs to know how long axis 0 is"),
        (text(&x.unique().unique_index().1), "`unique_index` needs to know how long axis 0 is"),
    ] {
        assert!(error.contains(expected), "{error}");
    }
    let negative = Array::<i64>::from_array(array![2, -1], 1).bincount(0);
    let error = on_reference(&negative).unwrap_err().to_string();
    assert!(error.contains("`bincount` met -1: numbers must be from 0 to 2³²"), "{error}");
    // One chunk of unknown length is enough for a median.
    assert_eq!(run(&row.unique().median(None).item()), 1.0);
}
