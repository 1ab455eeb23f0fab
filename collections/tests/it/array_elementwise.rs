//! Elementwise functions: NumPy's values, any shapes and chunks, types and errors.

use crate::array_turns::cut;
use crate::run;
use ndarray::{ArrayD, IxDyn, array};
use num_complex::Complex;
use partita_collections::array::{Array, Operand};
use proptest::prelude::*;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("../numpy/elementwise.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect()
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|number| number.as_i64().unwrap()).collect()
}

fn booleans(value: &Value) -> Vec<bool> {
    value.as_array().unwrap().iter().map(|truth| truth.as_bool().unwrap()).collect()
}

fn row<T: partita_collections::array::Element>(elements: Vec<T>) -> Array<T> {
    Array::from_array(ndarray::Array1::from(elements), 4)
}

fn list<T: partita_collections::array::Element>(array: &Array<T>) -> Vec<T> {
    run(array).into_raw_vec_and_offset().0
}

/// Equal but for a few units of the last place.
#[track_caller]
fn same(name: &str, found: &[f64], expected: &[f64], inputs: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for ((&found, &expected), input) in found.iter().zip(expected).zip(inputs) {
        let near = (found - expected).abs() <= 4.0 * f64::EPSILON * expected.abs() + f64::MIN_POSITIVE;
        let alike = found == expected && found.is_sign_negative() == expected.is_sign_negative();
        assert!(
            alike || (found != expected && near) || (found.is_nan() && expected.is_nan()),
            "{name}({input:e}) = {found:e}, and NumPy's is {expected:e}"
        );
    }
}

#[test]
fn functions_of_one_number_are_numpys() {
    let golden = golden();
    let numbers = floats(&golden["x"]);
    let x = row(numbers.clone());
    let functions: [(&str, Array<f64>); 36] = [
        ("exp", x.exp()),
        ("exp2", x.exp2()),
        ("log", x.log()),
        ("log2", x.log2()),
        ("log10", x.log10()),
        ("sqrt", x.sqrt()),
        ("sin", x.sin()),
        ("cos", x.cos()),
        ("tan", x.tan()),
        ("arcsin", x.arcsin()),
        ("arccos", x.arccos()),
        ("arctan", x.arctan()),
        ("sinh", x.sinh()),
        ("cosh", x.cosh()),
        ("tanh", x.tanh()),
        ("arcsinh", x.arcsinh()),
        ("arccosh", x.arccosh()),
        ("arctanh", x.arctanh()),
        ("floor", x.floor()),
        ("ceil", x.ceil()),
        ("trunc", x.trunc()),
        ("rint", x.rint()),
        ("expm1", x.expm1()),
        ("log1p", x.log1p()),
        ("cbrt", x.cbrt()),
        ("deg2rad", x.deg2rad()),
        ("rad2deg", x.rad2deg()),
        ("fabs", x.fabs()),
        ("sinc", x.sinc()),
        ("spacing", x.spacing()),
        ("abs", x.abs()),
        ("sign", x.sign()),
        ("square", x.square()),
        ("reciprocal", x.reciprocal()),
        ("nan_to_num", x.nan_to_num()),
        ("i0", x.i0()),
    ];
    assert_eq!(functions.len(), golden["unary"].as_object().unwrap().len());
    for (name, array) in &functions {
        same(name, &list(array), &floats(&golden["unary"][name]), &numbers);
    }
    same("round 2", &list(&x.round(2)), &floats(&golden["round2"]), &numbers);
    same("round -1", &list(&x.round(-1)), &floats(&golden["round-1"]), &numbers);
    same("clip", &list(&x.clip(-2.0, 3.0)), &floats(&golden["clip"]), &numbers);
    same("modf", &list(&x.fraction()), &floats(&golden["modf"][0]), &numbers);
    same("modf", &list(&x.trunc()), &floats(&golden["modf"][1]), &numbers);
    same("frexp", &list(&x.mantissa()), &floats(&golden["frexp"][0]), &numbers);
    assert_eq!(list(&x.exponent()), integers(&golden["frexp"][1]));
    same("ldexp", &list(&x.ldexp(row((-10..11).collect()))), &floats(&golden["ldexp"]), &numbers);
    assert_eq!(list(&row(numbers[2..18].to_vec()).astype::<i64>()), integers(&golden["astype_i64"]));
    let tests = [
        ("isnan", x.isnan()),
        ("isinf", x.isinf()),
        ("isfinite", x.isfinite()),
        ("isneginf", x.isneginf()),
        ("isposinf", x.isposinf()),
        ("signbit", x.signbit()),
        ("logical_not", x.logical_not()),
    ];
    for (name, array) in &tests {
        assert_eq!(list(array), booleans(&golden["tests"][name]), "{name}");
    }
    assert_eq!(list(&x.isclose(&(&x * (1.0 + 1e-6)), 1e-5, 1e-8)), booleans(&golden["isclose"]));
}

#[test]
fn functions_of_two_numbers_are_numpys() {
    let golden = golden();
    let numbers = floats(&golden["x"]);
    let (x, y) = (row(numbers.clone()), row(floats(&golden["y"])));
    let functions = [
        ("arctan2", x.arctan2(&y)),
        ("hypot", x.hypot(&y)),
        ("copysign", x.copysign(&y)),
        ("logaddexp", x.logaddexp(&y)),
        ("logaddexp2", x.logaddexp2(&y)),
        ("nextafter", x.nextafter(&y)),
        ("fmax", x.fmax(&y)),
        ("fmin", x.fmin(&y)),
        ("maximum", x.maximum(&y)),
        ("minimum", x.minimum(&y)),
        ("remainder", x.floor_remainder(&y)),
        ("floor_divide", x.floor_divide(&y)),
        ("fmod", x.fmod(&y)),
        ("true_divide", &x / &y),
    ];
    for (name, array) in &functions {
        same(name, &list(array), &floats(&golden["pairs"][name]), &numbers);
    }
    same("power", &list(&x.pow(&y)), &floats(&golden["power"]), &numbers);
    let compare = [
        ("less", x.lt(&y)),
        ("less_equal", x.le(&y)),
        ("greater", x.gt(&y)),
        ("greater_equal", x.ge(&y)),
        ("equal", x.eq(&y)),
        ("not_equal", x.ne(&y)),
        ("logical_and", x.logical_and(&y)),
        ("logical_or", x.logical_or(&y)),
        ("logical_xor", x.logical_xor(&y)),
    ];
    for (name, array) in &compare {
        assert_eq!(list(array), booleans(&golden["compare"][name]), "{name}");
    }
    let (i, j) = (row(integers(&golden["i"])), row(integers(&golden["j"])));
    let whole = [
        ("floor_divide", i.floor_divide(&j)),
        ("remainder", i.floor_remainder(&j)),
        ("fmod", i.fmod(&j)),
        ("maximum", i.maximum(&j)),
        ("minimum", i.minimum(&j)),
        ("bitwise_and", &i & &j),
        ("bitwise_or", &i | &j),
        ("bitwise_xor", &i ^ &j),
    ];
    for (name, array) in &whole {
        assert_eq!(list(array), integers(&golden["whole"][name]), "{name}");
    }
}

#[test]
fn integers_wrap_around_and_have_no_quotient_by_zero() {
    let x = row(vec![i32::MAX, i32::MIN, 5]);
    assert_eq!(list(&(&x + 1)), [i32::MIN, i32::MIN + 1, 6]);
    assert_eq!(list(&(&x * 2)), [-2, 0, 10]);
    assert_eq!(list(&(-&x)), [-i32::MAX, i32::MIN, -5]);
    assert_eq!(list(&(&x / 0)), [0, 0, 0]);
    assert_eq!(list(&(&x % 0)), [0, 0, 0]);
    assert_eq!(list(&(&x / -1)), [-i32::MAX, i32::MIN, -5]);
    assert_eq!(list(&x.left_shift(31)), [i32::MIN, 0, i32::MIN]);
    assert_eq!(list(&x.left_shift(32)), [0, 0, 0]);
    assert_eq!(list(&x.right_shift(40)), [0, -1, 0]);
    assert_eq!(list(&row(vec![255u8, 4]).right_shift(8)), [0, 0]);
    assert_eq!(list(&x.powi(2)), [1, 0, 25]);
}

#[test]
fn complex_numbers() {
    let z = row(vec![Complex::new(3.0, 4.0), Complex::new(0.0, -2.0)]);
    assert_eq!(list(&(&z * &z.conj())), [Complex::new(25.0, 0.0), Complex::new(4.0, 0.0)]);
    assert_eq!(list(&z.abs()), [5.0, 2.0]);
    assert_eq!(list(&z.angle())[1], -std::f64::consts::FRAC_PI_2);
    assert!((list(&z.sqrt())[0] - Complex::new(2.0, 1.0)).norm() < 1e-15);
    assert!((list(&z.exp())[0] - Complex::new(3.0, 4.0).exp()).norm() < 1e-12);
    let parts = Array::from_parts_of(&z.real(), &z.imag());
    assert_eq!(list(&parts), list(&z));
    assert_eq!(list(&z.iscomplex()), [true, true]);
    assert_eq!(list(&z.sign())[1], Complex::new(0.0, -1.0));
    assert_eq!(list(&z.astype::<f64>()), [3.0, 0.0]);
}

#[test]
fn bytes_are_elements_of_other_types() {
    let numbers = array![[1.5, -0.0, f64::MIN_POSITIVE], [2.0, 3.0, f64::INFINITY]].into_dyn();
    let x = Array::from_array(numbers.clone(), 2);
    assert_eq!(run(&x.view_as::<i64>()), numbers.mapv(|x: f64| x.to_bits() as i64));
    let bytes = x.t().view_as::<u8>();
    assert_eq!((bytes.shape(), bytes.chunks()), (&[3, 16][..], &[vec![2, 1], vec![16]][..]));
    let row: Vec<u8> = [1.5f64.to_ne_bytes(), 2f64.to_ne_bytes()].concat();
    assert_eq!(list(&bytes.index_axis(0, 0)), row);
    assert_eq!(run(&bytes.view_as::<f64>()), run(&x.t()));
    let some = bytes.mask_axis(&Array::from_array(array![true, false, true], 2), 0);
    assert_eq!(run(&some.view_as::<Complex<f64>>()).shape(), [2, 1]);
    let empty = run(&Array::<u8>::zeros([2, 0], 1).view_as::<f64>());
    assert_eq!(empty.shape(), [2, 0]);
    assert!(run(&Array::full([], 1u8, 1).view_as::<bool>().item()));
    let wrong = [
        (
            x.view_as::<Complex<f64>>().check().unwrap_err(),
            "`view_as` needs chunks of whole elements along the last axis",
        ),
        (Array::full([], 1u8, 1).view_as::<i32>().check().unwrap_err(), "`view_as` takes an array with an axis, "),
        (
            Array::<f64>::ones(usize::MAX / 2, 1 << 40).view_as::<u8>().check().unwrap_err(),
            "shape (9223372036854775807,)",
        ),
    ];
    for (error, text) in wrong {
        assert!(error.to_string().starts_with(text), "{error}");
    }
    let error = partita_collections::bag::on_reference(&Array::full(3, 7u8, 2).view_as::<bool>()).unwrap_err();
    assert!(error.to_string().contains("`view_as` met bytes of uint8 that are no bool"), "{error}");
}

#[test]
fn errors_name_both_sides_and_the_line() {
    let x = Array::<f64>::ones([4, 6], 2);
    let wrong: [(Array<f64>, &str); 6] = [
        (&x + &Array::ones([4, 5], 2), "`+` cannot pair shapes (4, 6) and (4, 5): axis 1 has 6 and 5"),
        (&x * &Array::ones([3, 1, 6], 2), "`*` cannot pair shapes (4, 6) and (3, 1, 6)"),
        (x.broadcast_to([4, 7]), "`broadcast_to` cannot pair shapes (4, 6) and (4, 7): axis 1 has 6 and 7"),
        (
            x.broadcast_to([6]),
            "`broadcast_to` cannot take `shape` = (6,) for an array of shape (4, 6): axes of length 1 are stretched and new \
             ones stand before the others, but none goes or gets shorter: index or reduce those first",
        ),
        (x.broadcast_to([4, 1]), "`broadcast_to` cannot take `shape` = (4, 1) for an array of shape (4, 6): axes"),
        (Array::ones([4, 6], [2, 0]), "chunks of length 0 cannot cover axis 1 of length 6"),
    ];
    for (array, message) in &wrong[..1] {
        assert!(array.check().unwrap_err().to_string().starts_with(message), "{}", array.check().unwrap_err());
    }
    for (array, message) in &wrong[2..] {
        assert!(array.check().unwrap_err().to_string().starts_with(message), "{}", array.check().unwrap_err());
    }
    assert!(wrong[1].0.check().is_ok(), "(4, 6) and (3, 1, 6) stretch to (3, 4, 6)");
    // What is made of a wrong expression has the first error, with the line that wrote that.
    let line = line!() + 1;
    let sum = &x + &Array::ones([9, 6], 2);
    let later = (sum.sin() * 2.0).sum();
    let error = partita_collections::bag::on_reference(&later).unwrap_err().to_string();
    assert!(
        error.contains("(4, 6) and (9, 6)") && error.ends_with(&format!("array_elementwise.rs:{line})")),
        "{error}"
    );
}

/// Two arrays whose shapes stretch to each other.
fn pair() -> impl Strategy<Value = [(Vec<usize>, Vec<Vec<usize>>); 2]> {
    proptest::collection::vec((0usize..6, 0u8..4), 0..4).prop_flat_map(|axes| {
        let lengths = |own: u8| {
            axes.iter().map(move |&(length, stretch)| if stretch == own { 1 } else { length }).collect::<Vec<_>>()
        };
        let (left, mut right) = (lengths(1), lengths(2));
        // The right one may lack axes in front.
        if axes.first().is_some_and(|(_, stretch)| *stretch == 3) {
            right.remove(0);
        }
        [cut(left), cut(right)].prop_map(|pair| pair)
    })
}

fn filled(shape: &[usize], salt: i64) -> ArrayD<i64> {
    let count = shape.iter().product::<usize>() as i64;
    ArrayD::from_shape_vec(IxDyn(shape), (0..count).map(|x| (x * 7 + salt) % 23).collect()).unwrap()
}

/// What ndarray makes of two arrays.
fn expected<U: Clone>(left: &ArrayD<i64>, right: &ArrayD<i64>, f: impl Fn(i64, i64) -> U) -> ArrayD<U> {
    let ndim = left.ndim().max(right.ndim());
    let length = |array: &ArrayD<i64>, axis: usize| {
        (axis + array.ndim()).checked_sub(ndim).map_or(1, |axis| array.shape()[axis])
    };
    let shape: Vec<usize> =
        (0..ndim).map(|axis| if length(left, axis) == 1 { length(right, axis) } else { length(left, axis) }).collect();
    let (left, right) = (left.broadcast(IxDyn(&shape)).unwrap(), right.broadcast(IxDyn(&shape)).unwrap());
    ndarray::Zip::from(&left).and(&right).map_collect(|&a, &b| f(a, b))
}

proptest! {
    #[test]
    fn any_shapes_and_chunks_pair_as_in_ndarray([(left, left_chunks), (right, right_chunks)] in pair()) {
        let (a, b) = (filled(&left, 1), filled(&right, 5));
        let x = Array::from_array(a.clone(), left_chunks);
        let y = Array::from_array(b.clone(), right_chunks);
        let sum = &x * 2 + &y;
        prop_assert_eq!(run(&sum), expected(&a, &b, |a, b| a * 2 + b));
        prop_assert!(sum.shape() == run(&sum).shape());
        prop_assert_eq!(run(&x.lt(&y)), expected(&a, &b, |a, b| a < b));
        prop_assert_eq!(run(&Array::where_(&x.lt(&y), &x, &y)), expected(&a, &b, |a, b| a.min(b)));
        // One array read twice, in a chain.
        prop_assert_eq!(run(&((&x + &y) * (&x - &y))), expected(&a, &b, |a, b| (a + b) * (a - b)));
        prop_assert_eq!(run(&y.broadcast_to(sum.shape())), expected(&a, &b, |_, b| b));
    }

    #[test]
    fn sums_and_means_are_those_of_ndarray(
        (shape, chunks) in proptest::collection::vec(0usize..6, 0..4).prop_flat_map(cut),
        flags in proptest::collection::vec(any::<bool>(), 4),
        split in 2usize..5,
    ) {
        let a = filled(&shape, 3);
        let x = Array::from_array(a.clone(), chunks).split_every(split);
        let axes: Vec<isize> = (0..shape.len()).filter(|&axis| flags[axis]).map(|axis| axis as isize - shape.len() as isize).collect();
        let mut sums = a.clone();
        for &axis in axes.iter() {
            sums = sums.sum_axis(ndarray::Axis((axis + shape.len() as isize) as usize)).insert_axis(ndarray::Axis((axis + shape.len() as isize) as usize));
        }
        let kept = run(&x.sum_axis(partita_collections::array::keep(axes.clone())));
        prop_assert_eq!(&kept, &sums);
        let flat = run(&x.sum_axis(axes.clone()));
        prop_assert_eq!(flat.iter().collect::<Vec<_>>(), sums.iter().collect::<Vec<_>>());
        prop_assert_eq!(flat.ndim(), shape.len() - axes.len());
        prop_assert_eq!(run(&x.sum().item()), a.sum());
        let count: usize = axes.iter().map(|&axis| shape[(axis + shape.len() as isize) as usize]).product();
        let means = run(&x.mean(axes));
        for (mean, sum) in means.iter().zip(sums.iter()) {
            prop_assert!(count == 0 && mean.is_nan() || *mean == *sum as f64 / count as f64);
        }
    }
}

#[test]
fn a_chain_is_one_task_a_block() {
    use partita_collections::Collection;
    let x = Array::<f64>::arange(0.0, 100.0, 1.0, 10);
    let chain = (x.sin().square() + x.cos().square()).sqrt() * 2.0 - &x;
    assert_eq!(chain.graph().check().unwrap().len(), 10);
    assert_eq!(chain.sum().graph().check().unwrap().len(), 10 + 2 + 1);
    let same = (x.sin().square() + x.cos().square()).sqrt() * 2.0 - &x;
    let both = (chain, same);
    assert_eq!(both.graph().check().unwrap().len(), 10, "equal expressions share their tasks");
}

#[test]
fn operands() {
    let x = row(vec![1.0, 2.0]);
    let with = |array: &Array<f64>, other: &dyn Fn(&Array<f64>) -> Array<f64>| list(&other(array));
    assert_eq!(with(&x, &|x| 10.0 - x), [9.0, 8.0]);
    assert_eq!(with(&x, &|x| 2.0 / x), [2.0, 1.0]);
    assert_eq!(with(&x, &|x| x.clone() - 1.0), [0.0, 1.0]);
    assert_eq!(with(&x, &|x| x.clone() * x.clone()), [1.0, 4.0]);
    fn generic(x: &Array<f64>, by: impl Operand<f64>) -> Array<f64> {
        x * by
    }
    assert_eq!(list(&generic(&x, 3.0)), list(&generic(&x, row(vec![3.0, 3.0]))));
    assert_eq!(run(&!row(vec![true, false])), array![false, true].into_dyn());
}
