//! Fourier transforms against NumPy's results, and back again.

use crate::run;
use ndarray::ArrayD;
use num_complex::Complex;
use partita_collections::Array;
use partita_collections::array::fft::{self, Scaling, Transform, Transforms};
use partita_collections::array::{Chunks, Cut};
use proptest::prelude::*;
use serde_json::Value;

fn golden(value: &Value) -> ArrayD<Complex<f64>> {
    let shape: Vec<usize> = value["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let parts: Vec<f64> = value["data"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    let data = parts.as_chunks::<2>().0.iter().map(|[re, im]| Complex::new(*re, *im)).collect();
    ArrayD::from_shape_vec(shape, data).unwrap()
}

fn scaling(case: &Value) -> Scaling {
    match case["norm"].as_str().unwrap() {
        "ortho" => Scaling::Ortho,
        "forward" => Scaling::Forward,
        _ => Scaling::Backward,
    }
}

/// The transform of a case, of an array in these chunks.
fn transformed(case: &Value, x: &ArrayD<Complex<f64>>, chunks: Chunks) -> ArrayD<Complex<f64>> {
    let (real, complex) = (Array::from_array(x.mapv(|x| x.re), chunks.clone()), Array::from_array(x.clone(), chunks));
    let mut one = Transform::new().scaling(scaling(case)).axis(case["axis"].as_i64().unwrap_or(-1) as isize);
    if let Some(n) = case["n"].as_u64() {
        one = one.length(n as usize);
    }
    let mut some = Transforms::new().scaling(scaling(case));
    if let (Some(s), Some(axes)) = (case["s"].as_array(), case["axes"].as_array()) {
        some = some.lengths(s.iter().map(|n| n.as_u64().unwrap() as usize).collect::<Vec<_>>());
        some = some.axes(axes.iter().map(|axis| axis.as_i64().unwrap() as isize).collect::<Vec<_>>());
    }
    let widened = |x: Array<f64>| run(&x).mapv(|x| Complex::new(x, 0.0));
    match case["name"].as_str().unwrap() {
        "fft" => run(&fft::fft_with(&complex, one)),
        "ifft" => run(&fft::ifft_with(&complex, one)),
        "rfft" => run(&fft::rfft_with(&real, one)),
        "irfft" => widened(fft::irfft_with(&complex, one)),
        "hfft" => widened(fft::hfft_with(&complex, one)),
        "ihfft" => run(&fft::ihfft_with(&real, one)),
        "fft2" => run(&fft::fft2_with(&complex, some)),
        "ifft2" => run(&fft::ifft2_with(&complex, some)),
        "rfft2" => run(&fft::rfft2_with(&real, some)),
        "irfft2" => widened(fft::irfft2_with(&complex, some)),
        "fftn" => run(&fft::fftn_with(&complex, some)),
        "ifftn" => run(&fft::ifftn_with(&complex, some)),
        "rfftn" => run(&fft::rfftn_with(&real, some)),
        "irfftn" => widened(fft::irfftn_with(&complex, some)),
        other => panic!("no case of {other}"),
    }
}

/// Chunks of 1 on the axes that are not transformed.
fn chunks(case: &Value, ndim: usize) -> Chunks {
    let resolve = |axis: i64| if axis < 0 { axis + ndim as i64 } else { axis } as usize;
    let name = case["name"].as_str().unwrap();
    let whole: Vec<usize> = match (case["axis"].as_i64(), case["axes"].as_array()) {
        (Some(axis), _) => vec![resolve(axis)],
        (None, Some(axes)) => axes.iter().map(|axis| resolve(axis.as_i64().unwrap())).collect(),
        (None, None) if name.ends_with('2') => vec![ndim - 2, ndim - 1],
        (None, None) => (0..ndim).collect(),
    };
    let cuts = (0..ndim).map(|axis| if whole.contains(&axis) { Cut::Whole } else { Cut::Each(2) });
    Chunks::Axes(cuts.collect())
}

fn near(found: &ArrayD<Complex<f64>>, expected: &ArrayD<Complex<f64>>, what: &str) {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).norm() < 1e-9, "{what}: {found} is not {expected}");
    }
}

#[test]
fn transforms_are_those_of_numpy() {
    let cases: Value = serde_json::from_str(include_str!("../numpy/fft.json")).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 48);
    for case in cases {
        let (x, expected) = (golden(&case["in"]), golden(&case["out"]));
        let what = format!("{} n {} axis {} s {} {}", case["name"], case["n"], case["axis"], case["s"], case["norm"]);
        near(&transformed(case, &x, Cut::Whole.into()), &expected, &what);
        near(&transformed(case, &x, chunks(case, x.ndim())), &expected, &what);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn there_and_back_is_where_it_was(rows in 1..5usize, length in 1..70usize, chunk in 1..4usize, seed: u32) {
        let x = ArrayD::from_shape_fn(vec![rows, length], |place| {
            f64::from(((place[0] * 31 + place[1]) as u32).wrapping_mul(seed | 1) % 1000)
        });
        let array = Array::from_array(x.clone(), [Cut::Each(chunk), Cut::Whole]);
        let complex = x.mapv(|x| Complex::new(x, 0.0));
        let back = run(&fft::ifft(&fft::fft(&array)));
        prop_assert!(back.iter().zip(&complex).all(|(a, b)| (a - b).norm() < 1e-9));
        let last = Transform::new().length(length);
        let back = run(&fft::irfft_with(&fft::rfft(&array), last));
        prop_assert!(back.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-9));
        let back = run(&fft::hfft_with(&fft::ihfft(&array), last));
        prop_assert!(back.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-9));
        let energy = run(&fft::fft_with(&array, Transform::new().scaling(Scaling::Ortho)));
        let (before, after): (f64, f64) = (x.iter().map(|x| x * x).sum(), energy.iter().map(|x| x.norm_sqr()).sum());
        prop_assert!((before - after).abs() <= 1e-9 * before.max(1.0), "Parseval");
        let any = Array::from_array(x.clone(), [chunk, chunk]);
        prop_assert_eq!(run(&fft::ifftshift(&fft::fftshift(&any, None), None)), x);
    }
}

#[test]
fn shifts_are_over_the_axes_that_are_named() {
    let x = Array::<i64>::from_array(ndarray::array![[0, 1, 2], [3, 4, 5], [6, 7, 8]], 2);
    assert_eq!(run(&fft::fftshift(&x, 1)), ndarray::array![[2, 0, 1], [5, 3, 4], [8, 6, 7]].into_dyn());
    assert_eq!(run(&fft::ifftshift(&x, 0)), ndarray::array![[3, 4, 5], [6, 7, 8], [0, 1, 2]].into_dyn());
    assert_eq!(run(&fft::fftshift(&Array::<f64>::ones([0, 1], 1), None)).shape(), [0, 1]);
    assert_eq!(run(&fft::fftfreq(6, 0.5, 4)).to_vec(), vec![0.0, 1.0 / 3.0, 2.0 / 3.0, -1.0, -2.0 / 3.0, -1.0 / 3.0]);
    assert_eq!(run(&fft::rfftfreq(5, 1.0, 2)).to_vec(), vec![0.0, 0.2, 0.4]);
}

trait ToVec {
    fn to_vec(&self) -> Vec<f64>;
}

impl ToVec for ArrayD<f64> {
    fn to_vec(&self) -> Vec<f64> {
        self.iter().copied().collect()
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let x = Array::<f64>::ones([4, 6], [2, 6]);
    let table = [
        (
            fft::fft_with(&x, Transform::new().axis(0)),
            "`fft` needs one chunk along the axis of the transform, and the chunks are ((2, 2), (6,)): `rechunk` axis 0 to one chunk of 4 first",
        ),
        (fft::fftn(&x), "`fftn` needs one chunk"),
        (fft::ifft_with(&x, Transform::new().axis(2)), "`ifft` was asked for axis 2 of an array with 2 axes"),
        (fft::rfft_with(&x, Transform::new().length(0)), "`rfft` cannot take `length` = 0"),
        (fft::fft(&Array::<f64>::ones([2, 0], 1)), "`fft` cannot take `length` = 0"),
        (fft::fft2(&Array::<f64>::ones(3, 3)), "`fft2`"),
        (fft::fft2_with(&x, Transforms::new().axes([1])), "`fft2` cannot take `axes` = [1]: two axes are needed"),
        (fft::rfftn_with(&x, Transforms::new().lengths([2, 2]).axes([1])), "`rfftn` cannot take `lengths` = [2, 2]"),
    ];
    for (array, expected) in table {
        let found = array.check().unwrap_err().to_string();
        assert!(found.contains(expected), "{found}\nhas no\n{expected}");
        assert!(found.contains("array_fft.rs"), "the line of the expression is told: {found}");
    }
}
