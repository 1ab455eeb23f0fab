//! Odd input: numbers at their limits, huge shapes, and what is refused instead of breaking.

use crate::run;
use ndarray::{SliceInfoElem, array};
use num_complex::Complex;
use partita_collections::Array;
use partita_collections::array::fft::{self, Transform, Transforms};
use partita_collections::array::{Chunks, UNKNOWN, random, s};

#[test]
fn integers_at_their_limits() {
    let large = Array::<i64>::from_array(array![i64::MAX, i64::MAX, i64::MAX - 2], 1);
    assert_eq!(run(&large.mean(None).item()), i64::MAX as f64);
    assert_eq!(run(&large.nanmean(None).item()), i64::MAX as f64);
    assert_eq!(run(&Array::full(20_000, 1_000_000_000_000_000i64, 5000).mean(None).item()), 1e15);
    let from = 9_007_199_254_740_993i64;
    assert_eq!(run(&Array::arange(from, from + 3, 1, 2)), array![from, from + 1, from + 2].into_dyn());
    assert_eq!(run(&Array::arange(i64::MIN, i64::MIN + 3, 1, 2)).len(), 3);
    assert_eq!(run(&Array::arange(5, 0, -2, 2)), array![5, 3, 1].into_dyn());
    assert_eq!(Array::arange(0, 5, -1, 2).shape(), [0]);
    assert!(Array::arange(0, 5, 0, 2).check().is_err() && Array::arange(0.0, 1.0, 0.0, 2).check().is_err());
}

#[test]
fn floats_at_their_limits() {
    let x = Array::<f64>::from_array(array![-1.5, 1.5, 0.0], 2);
    assert_eq!(run(&x.floor_divide(f64::INFINITY)), array![-1.0, 0.0, 0.0].into_dyn());
    assert_eq!(run(&x.round(i32::MIN)), run(&x.round(-400)));
    let z = Array::from_array(array![Complex::new(1e200, 1e200), Complex::new(1e-200, 1e-200)], 2);
    assert!(run(&(&z / &z)).iter().all(|ratio| (ratio - 1.0).norm() < 1e-15));
    assert!(x.histogram((3, -1e308, 1e308)).0.check().is_err());
}

#[test]
fn distributions_at_their_limits() {
    let generator = random::default_rng(1);
    assert!(run(&generator.geometric(1e-300, 4, 2)).iter().all(|&trials| trials == i64::MAX));
    assert!(run(&generator.vonmises(0.5, 1e300, 4, 2)).iter().all(|&angle| (angle - 0.5).abs() < 1e-9));
    let wide = run(&generator.vonmises(0.0, 1e15, 50, 20));
    assert!(wide.iter().all(|&angle| angle != 0.0 && angle.abs() < 1e-6));
    assert!(run(&generator.noncentral_chisquare(1.0, 1e100, 4, 2)).iter().all(|&x| (x / 1e100 - 1.0).abs() < 1e-6));
    assert!(generator.hypergeometric(i64::MAX, i64::MAX, 5, 3, 2).check().is_err());
}

#[test]
fn what_cannot_be_is_refused_when_it_is_built() {
    let huge = 1usize << 40;
    let x = Array::<f64>::ones(4, 2);
    let table = [
        (x.reshape([huge, huge]).check().unwrap_err(), "shape (4,) cannot become (1099511627776, 1099511627776)"),
        (
            Array::<f64>::zeros([huge, huge], Chunks::whole()).check().unwrap_err(),
            "shape (1099511627776, 1099511627776) has more",
        ),
        (
            Array::<f64>::zeros(UNKNOWN, Chunks::whole()).check().unwrap_err(),
            "`chunks` needs to know how long axis 0 is",
        ),
        (Array::<f64>::zeros(4, vec![vec![usize::MAX, 5]]).check().unwrap_err(), "chunks (?, 5) of axis 0"),
        (random::normal(0.0, 1.0, [UNKNOWN], Chunks::whole()).check().unwrap_err(), "`chunks` needs to know"),
    ];
    for (error, text) in table {
        assert!(error.to_string().starts_with(text), "{error}");
    }
    let places = Array::<i64>::arange(0, 4, 1, 2);
    assert!(places.bincount(1 << 50).check().unwrap_err().to_string().contains("`minlength` = 1125899906842624"));
    let [rows, _] = Array::triu_indices(huge, huge, 0, 2);
    assert!(rows.check().unwrap_err().to_string().starts_with("`triu_indices` cannot take `rows`"));
    assert!(x.histogram((usize::MAX, 0.0, 1.0)).0.check().is_err());
    let unknown = x.mask(&x.gt(0.0));
    let error = unknown.broadcast_to([2, 3]).check().unwrap_err().to_string();
    assert!(error.contains("has ? and 3"), "{error}");
}

#[test]
fn steps_over_the_end_give_one_element() {
    let x = Array::<i64>::arange(0, 24, 1, 24).reshape([4, 6]).rechunk([3, 4]);
    let first = array![[0]].into_dyn();
    for step in [isize::MAX, isize::MAX - 1, 1 << 62] {
        let every = |step| SliceInfoElem::Slice { start: 0, end: None, step };
        assert_eq!(run(&x.slice([every(step), every(step)])), first, "{step}");
        assert_eq!(run(&x.slice([every(-step), every(-step)])), array![[23]].into_dyn(), "{step}");
        assert_eq!(run(&x.slice([every(isize::MIN), every(step)])), array![[18]].into_dyn(), "{step}");
        assert_eq!(run(&x.t().slice([every(step), every(step)])), first, "{step}");
        assert_eq!(run(&x.set([every(-step), every(step)], -1).slice(s![.., 0])), array![0, 6, 12, -1].into_dyn());
        assert_eq!(x.partitions([every(step), every(-step)]).chunks(), [vec![3], vec![2]]);
    }
}

#[test]
fn lines_that_no_memory_holds_are_refused_when_they_are_built() {
    let x = Array::<f64>::ones([2, 4], [2, 4]);
    let none = Array::<f64>::ones([0, 4], [1, 4]);
    for length in [usize::MAX - 1, usize::MAX / 2, 1 << 61, 1 << 40] {
        for x in [&x, &none] {
            let transform = Transform::new().length(length);
            let found = [
                fft::fft_with(x, transform).check().map(drop),
                fft::rfft_with(x, transform).check().map(drop),
                fft::irfft_with(x, transform).check().map(drop),
                fft::fftn_with(x, Transforms::new().lengths([2, length])).check().map(drop),
                x.apply_along_axis_to(1, length, |_| array![0.0]).check().map(drop),
            ];
            for error in found.map(Result::unwrap_err) {
                let error = error.to_string();
                assert!(error.contains("that a block may have: ask for fewer elements along axis 1"), "{error}");
                assert!(error.contains("array_odd.rs"), "{error}");
            }
        }
    }
    let text = "`length` = 18446744073709551615: this number stands for lengths that are not known";
    for array in
        [fft::irfft_with(&x, Transform::new().length(UNKNOWN)), x.apply_along_axis_to(0, UNKNOWN, |_| array![0.0])]
    {
        assert!(array.check().unwrap_err().to_string().contains(text));
    }
    assert!(fft::fft_with(&x, Transform::new().length(1 << 20)).check().is_ok());
    assert_eq!(run(&none.apply_along_axis_to(1, 3, |_| array![0.0])).shape(), [0, 3]);
}

#[test]
fn known_axes_of_arrays_of_unknown_length() {
    let x = Array::<f64>::from_array(array![[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]], [1, 2]);
    let some = x.mask_axis(&Array::from_array(array![true, false, true], 2), 0);
    let whole = some.rechunk_axis(1, 3);
    assert_eq!(whole.chunks()[1], [3]);
    assert_eq!(run(&whole), array![[0.0, 1.0, 2.0], [6.0, 7.0, 8.0]].into_dyn());
    assert_eq!(run(&some.flip(1)), array![[2.0, 1.0, 0.0], [8.0, 7.0, 6.0]].into_dyn());
    assert_eq!(run(&some.median(1)), array![1.0, 7.0].into_dyn());
    let spectrum = run(&partita_collections::array::fft::fft(&whole));
    assert!((spectrum[[1, 0]] - 21.0).norm() < 1e-12);
    assert!(some.flip(0).check().is_err() && some.rechunk_axis(0, 1).check().is_err());
}

#[test]
fn many_chunks_become_one_in_no_time() {
    // Quadratic look-ups would take minutes.
    let x = Array::<i64>::arange(0, 30_000, 1, 1);
    assert_eq!(run(&x.rechunk(Chunks::whole()).slice(s![..3])), array![0, 1, 2].into_dyn());
}
