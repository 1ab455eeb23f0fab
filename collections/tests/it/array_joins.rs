//! Arrays that are made, joined, padded, repeated and rolled: NumPy's values, any shapes and chunks, and errors.

use crate::run;
use ndarray::{ArrayD, IxDyn};
use partita_collections::array::{Array, Chunks, Indexing, Pad, PadBy};
use partita_graph::Node;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("../numpy/joins.json")).unwrap()
}

pub(crate) fn filled(shape: &[usize]) -> ArrayD<i64> {
    ArrayD::from_shape_vec(IxDyn(shape), (0..shape.iter().product::<usize>() as i64).collect()).unwrap()
}

pub(crate) fn array_of(shape: &[usize], chunk: usize) -> Array<i64> {
    Array::from_array(filled(shape), chunk)
}

fn expected(value: &Value) -> ArrayD<i64> {
    let shape: Vec<usize> =
        value["shape"].as_array().unwrap().iter().map(|length| length.as_u64().unwrap() as usize).collect();
    let elements = value["elements"].as_array().unwrap().iter().map(|element| element.as_i64().unwrap()).collect();
    ArrayD::from_shape_vec(IxDyn(&shape), elements).unwrap()
}

/// Each array is what NumPy made, and as long as it said before.
#[track_caller]
fn same(name: &str, found: &[Array<i64>], golden: &Value) {
    let golden: Vec<&Value> = match golden {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    assert_eq!(found.len(), golden.len(), "{name}");
    for (number, (found, golden)) in found.iter().zip(golden).enumerate() {
        let expected = expected(golden);
        assert_eq!(found.check().unwrap().shape(), expected.shape(), "{name} {number}");
        assert_eq!(run(found), expected, "{name} {number}");
    }
}

const OFFSETS: [isize; 8] = [-5, -3, -1, 0, 1, 2, 4, 7];

#[test]
fn matrices_and_their_diagonals_are_numpys() {
    let golden = golden();
    for chunk in [1, 2, 5] {
        let each = |f: &dyn Fn(isize) -> Array<i64>| OFFSETS.map(f);
        let (matrix, cube, vector) = (array_of(&[3, 4], chunk), array_of(&[2, 3, 4], chunk), array_of(&[3], chunk));
        same("eye", &each(&|k| Array::eye([3, 4], k, chunk)), &golden["eye"]);
        same("tri", &each(&|k| Array::tri([3, 4], k, chunk)), &golden["tri"]);
        same("tril", &each(&|k| cube.tril(k)), &golden["tril"]);
        same("triu", &each(&|k| cube.triu(k)), &golden["triu"]);
        same("diag", &each(&|k| matrix.diag(k)), &golden["diag"]);
        same("diag of a vector", &each(&|k| vector.diag(k)), &golden["diag_of_vector"]);
        same("diagonal", &each(&|k| cube.diagonal(k, 2, 0)), &golden["diagonal"]);
    }
    assert_eq!(run(&Array::<f64>::eye(3, 0, 2)), ndarray::Array2::<f64>::eye(3).into_dyn());
    assert_eq!(run(&Array::<f64>::eye([0, 3], 0, 2)).shape(), [0, 3]);
    assert_eq!(run(&Array::<i64>::tri([3, 0], isize::MAX, 2)).shape(), [3, 0]);
    assert_eq!(run(&array_of(&[2, 2], 1).triu(isize::MIN)), filled(&[2, 2]));
    assert_eq!(run(&array_of(&[2, 2], 1).tril(isize::MAX)), filled(&[2, 2]));
    assert_eq!(run(&array_of(&[0], 1).diag(0)).shape(), [0, 0]);
}

#[test]
fn numbers_at_equal_distances_are_numpys() {
    let golden = golden();
    let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    for case in golden["linspace"].as_array().unwrap() {
        let (start, stop) = (number(&case["start"]), number(&case["stop"]));
        let count = case["count"].as_u64().unwrap() as usize;
        let expected: Vec<f64> = case["elements"].as_array().unwrap().iter().map(number).collect();
        for chunk in [1, 3, 100] {
            let found = run(&Array::linspace(start, stop, count, chunk)).into_raw_vec_and_offset().0;
            // The same operations in the same order: the same bits.
            let bits = |all: &[f64]| all.iter().map(|x| if x.is_nan() { 0 } else { x.to_bits() }).collect::<Vec<_>>();
            assert_eq!(bits(&found), bits(&expected), "{case}");
        }
        if let Some(single) = case["single"].as_array() {
            let found = run(&Array::linspace(start as f32, stop as f32, count, 3));
            // NumPy computes these as float32.
            let near = |(&x, y): (&f32, f64)| (f64::from(x) - y).abs() <= 1e-6 * y.abs().max(start.abs());
            assert!(found.iter().zip(single.iter().map(number)).all(near), "{case}: {found}");
        }
    }
}

#[test]
fn places_are_numpys() {
    let golden = golden();
    for chunk in [1, 2, 5] {
        let mesh = |indexing| {
            let vectors = [array_of(&[2], chunk), array_of(&[3], chunk), array_of(&[2], chunk) + 7];
            Array::meshgrid(&vectors, indexing)
        };
        same("indices", &[Array::indices([2, 3], chunk)], &golden["indices"]);
        same("meshgrid", &mesh(Indexing::Xy), &golden["meshgrid_xy"]);
        same("meshgrid", &mesh(Indexing::Ij), &golden["meshgrid_ij"]);
        let sparse = Array::sparse_meshgrid([&array_of(&[2], chunk), &array_of(&[3], chunk)], Indexing::Xy);
        same("meshgrid", &sparse, &golden["meshgrid_sparse"]);
        let places = Array::from_function([3, 4], |index| (4 * index[0] + index[1]) as i64, [2, chunk]);
        assert_eq!(run(&places), filled(&[3, 4]));
    }
    assert_eq!(run(&Array::from_function([0, 2], |_| 1i64, 1)).shape(), [0, 2]);
    assert_eq!(run(&Array::from_function([60, 70], |index| (70 * index[0] + index[1]) as i64, 64)), filled(&[60, 70]));
    assert_eq!(run(&Array::<i64>::indices([], Chunks::whole())).shape(), [0]);
    assert!(Array::<i64>::meshgrid([], Indexing::Xy).is_empty());
}

#[test]
fn joined_arrays_are_numpys() {
    let golden = golden();
    for chunk in [1, 2, 5] {
        let (m, v, c) = (array_of(&[3, 4], chunk), array_of(&[5], chunk), array_of(&[2, 3, 4], chunk));
        let part = |shape: &[usize], of: &ArrayD<i64>| {
            let cut = of.slice_each_axis(|axis| (..shape[axis.axis.index()]).into()).to_owned();
            Array::from_array(cut, 2)
        };
        let (row, column) = (part(&[1, 4], &filled(&[3, 4])), part(&[3, 1], &filled(&[3, 4])));
        let deep = |length| part(&[2, 3, length], &filled(&[2, 3, 4]));
        let (four, two) = (part(&[4], &filled(&[5])), part(&[2], &filled(&[5])));
        let scalar = |x: i64| Array::full([], x, 1);
        let joined = [Array::concatenate([&c, &deep(1), &deep(0), &(&c * 2)], 2), Array::concatenate([&m, &row], -2)];
        same("concatenate", &joined, &golden["concatenate"]);
        let stacked = [0, 1, 2, -1].map(|axis| Array::stack([&m, &-&m, &(&m + 1)], axis));
        same("stack", &stacked, &golden["stack"]);
        let beside = [Array::hstack([&v, &two]), Array::hstack([&m, &column]), Array::hstack([&scalar(3), &scalar(4)])];
        same("hstack", &beside, &golden["hstack"]);
        let below = [Array::vstack([&v, &-&v]), Array::vstack([&m, &row]), Array::vstack([&m, &four])];
        same("vstack", &below, &golden["vstack"]);
        let behind = [Array::dstack([&v, &-&v]), Array::dstack([&m, &m]), Array::dstack([&c, &deep(1)])];
        same("dstack", &behind, &golden["dstack"]);
        let upper = [Array::eye(2, 0, chunk), Array::zeros([2, 3], chunk)];
        let lower = [Array::ones([3, 2], chunk), Array::eye(3, 0, 2) * 5];
        same("block", &[Array::block([upper, lower])], &golden["block"]);
        same("block", &[Array::block([[&v], [&(&v + 1)]])], &golden["block_of_rows"]);
        same("block", &[Array::block(vec![scalar(1), scalar(2)])], &golden["block_of_scalars"]);
        same("append", &[m.append(&v, None), m.append(&row, 0)], &golden["append"]);
    }
}

#[test]
fn moved_and_repeated_arrays_are_numpys() {
    let golden = golden();
    for chunk in [1, 2, 5] {
        let (m, v, c) = (array_of(&[3, 4], chunk), array_of(&[5], chunk), array_of(&[2, 3, 4], chunk));
        let moves = [(1, 0), (2, 1), (3, 0)];
        let rolled = [m.roll(5, None), m.roll(-3, 1), m.roll(4, [0, 1]), m.roll_axes(&moves)];
        assert!(rolled.iter().all(|rolled| rolled.chunks() == m.chunks()));
        same("roll", &rolled, &golden["roll"]);
        same("tile", &[m.tile(2), m.tile([2, 1, 2]), v.tile([2, 0]), c.tile([1, 2])], &golden["tile"]);
        let repeated = [m.repeat(3, 1), m.repeat([2, 0, 3], 0), m.repeat(2, None), m.repeat(0, 0)];
        same("repeat", &repeated, &golden["repeat"]);
        same("flip", &[c.flip(None), c.flip(1), c.flip([0, -1]), c.fliplr(), c.flipud()], &golden["flip"]);
        let p = array_of(&[2, 3], chunk);
        let widths =
            [[(1, 2), (0, 3)], [(4, 5), (7, 1)], [(0, 0), (0, 0)], [(9, 0), (0, 11)]].map(|widths: [_; 2]| widths);
        let one = Array::from_array(ndarray::array![1i64], chunk);
        let modes =
            [("edge", Pad::Edge), ("reflect", Pad::Reflect), ("symmetric", Pad::Symmetric), ("wrap", Pad::Wrap)];
        for (name, mode) in modes {
            same(name, &widths.map(|widths| p.pad(widths, mode)), &golden["pad"][name]);
            same(name, &[one.pad((3, 4), mode)], &golden["pad_one"][name]);
        }
        same("constant", &widths.map(|widths| p.pad(widths, Pad::Constant(-7))), &golden["pad_constant"]);
    }
}

#[test]
fn padding_that_is_computed_is_numpys() {
    let golden = golden();
    let near = |name: &str, found: &[Array<f64>], golden: &Value| {
        for (found, golden) in found.iter().zip(golden.as_array().unwrap()) {
            let expected = golden.as_array().unwrap().iter().map(|text| text.as_str().unwrap().parse::<f64>().unwrap());
            let found = run(found);
            assert_eq!(found.len(), expected.len(), "{name}");
            assert!(found.iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-14), "{name}: {found}\n{golden}");
        }
    };
    let widths: [[(usize, usize); 2]; 4] = [[(1, 2), (0, 3)], [(4, 5), (7, 1)], [(0, 0), (0, 0)], [(9, 0), (0, 11)]];
    for chunk in [1, 2, 5] {
        let p = array_of(&[2, 3], chunk);
        let p = &p * &p % 7;
        let f = p.astype::<f64>() / 4.0;
        let modes = [("maximum", PadBy::Maximum, PadBy::Maximum), ("mean", PadBy::Mean, PadBy::Mean)];
        let others = [("median", PadBy::Median, PadBy::Median), ("minimum", PadBy::Minimum, PadBy::Minimum)];
        for (name, of_integers, of_floats) in modes.into_iter().chain(others) {
            same(name, &widths.map(|widths| p.pad_by(widths, of_integers)), &golden["pad_by"][name]);
            near(name, &widths.map(|widths| f.pad_by(widths, of_floats)), &golden["pad_by_floats"][name]);
        }
        same("ramp", &widths.map(|widths| p.pad_by(widths, PadBy::LinearRamp(-5))), &golden["pad_ramp"]);
        near("ramp", &widths.map(|widths| f.pad_by(widths, PadBy::LinearRamp(2.5))), &golden["pad_ramp_floats"]);
    }
    let single = array_of(&[4], 3).astype::<f32>() / 2.0;
    assert_eq!(
        run(&single.pad_by((2, 1), PadBy::Mean)),
        ndarray::array![0.75f32, 0.75, 0.0, 0.5, 1.0, 1.5, 0.75].into_dyn()
    );
    let wide = array_of(&[3], 2).pad_by((0, 1000), PadBy::LinearRamp(1002));
    assert_eq!(wide.chunks(), [vec![2, 1, 256, 256, 256, 232]]);
    assert_eq!(run(&wide), filled(&[1003]));
    assert_eq!(run(&array_of(&[3, 0], 2).pad_by([(1, 1), (0, 0)], PadBy::Maximum)).shape(), [5, 0]);
}

#[test]
fn arrays_like_others_compute_nothing_of_them() {
    let x = Array::<i64>::from_function([5, 3], |_| panic!("this must not be called"), 2);
    for (like, value) in [(x.zeros_like(), 0), (x.ones_like(), 1), (x.full_like(7), 7), (x.empty_like(), 0)] {
        assert_eq!(like.chunks(), x.chunks());
        assert_eq!(run(&like), ArrayD::from_elem(IxDyn(&[5, 3]), value));
    }
    assert_eq!(x.copy().node().key, x.node().key);
    assert_eq!(run(&Array::<bool>::empty(2, 1)), ndarray::array![false, false].into_dyn());
}

#[test]
fn equal_expressions_are_the_same_and_others_are_not() {
    let x = array_of(&[4, 6], 3);
    let keys = [
        Array::concatenate([&x, &x], 0),
        Array::concatenate([&x, &x], 1),
        Array::stack([&x, &x], 0),
        x.repeat(2, 0),
        x.repeat(2, 1),
        x.repeat([2, 2, 2, 3], 0),
        x.roll(1, 0),
        x.roll(2, 0),
        x.tile([2, 1]),
        x.pad(1, Pad::Edge),
        x.pad(1, Pad::Reflect),
        x.pad(1, Pad::Constant(1)),
        x.pad(1, Pad::Constant(2)),
        x.pad_by(1, PadBy::Mean),
        x.pad_by(1, PadBy::Median),
        x.pad_by(1, PadBy::LinearRamp(1)),
        x.pad_by(1, PadBy::LinearRamp(2)),
        x.tril(0),
        x.tril(1),
        x.triu(1),
        x.diag(0),
        x.diag(1),
        x.flip(0),
        x.flip(1),
    ]
    .map(|array| array.node().key.clone());
    for (number, key) in keys.iter().enumerate() {
        assert!(!keys[..number].contains(key), "{key} of number {number}");
    }
    assert_eq!(x.pad(1, Pad::Edge).node().key, x.pad(1, Pad::Edge).node().key);
    assert_eq!(x.pad_by(1, PadBy::Mean).node().key, x.pad_by(1, PadBy::Mean).node().key);
    assert_eq!(x.roll(1, 0).node().key, x.roll(-3, 0).node().key);
}

#[test]
fn tasks_are_of_the_line_that_wrote_them() {
    fn check(name: &str, node: &Node) {
        assert!(node.place.to_string().contains("array_joins.rs"), "{name}: {} is of {}", node.key, node.place);
        node.for_each_input(|below| check(name, below));
    }
    let (m, v) = (array_of(&[3, 4], 2), array_of(&[4], 3));
    let [row, wide] = Array::broadcast_arrays([&v, &m]).try_into().unwrap();
    let arrays = [
        ("concatenate", Array::concatenate([&m, &v.atleast_2d()], 0)),
        ("stack", Array::stack([&v, &array_of(&[4], 1)], 0)),
        ("stacks", Array::hstack([&Array::vstack([&v, &v]), &Array::vstack([&v, &v])])),
        ("dstack", Array::dstack([&m, &m])),
        ("block", Array::block([[&m, &m], [&m, &v.atleast_2d().tile([3, 1])]])),
        ("append", m.append(&m, None)),
        ("roll", m.roll(1, None).roll(1, 0).roll_axes(&[(1, 1)])),
        ("repeat", m.repeat(2, 0).repeat([1, 0, 1, 2, 1, 1], 0).repeat(0, 1)),
        ("pad", m.pad(1, Pad::Wrap).pad(1, Pad::Constant(0))),
        ("pad_by", v.pad_by(1, PadBy::Mean)),
        ("median", v.pad_by(1, PadBy::Median)),
        ("ramp", v.pad_by(1, PadBy::LinearRamp(0))),
        ("flip", m.flip(None).fliplr().flipud()),
        ("diagonals", m.tril(0).triu(1).diag(0).diag(1).diagonal(0, 0, 1)),
        ("meshgrid", Array::meshgrid([&v, &v], Indexing::Xy).remove(1)),
        ("unify_chunks", Array::unify_chunks([&v, &array_of(&[4], 1)]).remove(0)),
        ("broadcast_arrays", row + wide),
        ("matrices", Array::eye(3, 0, 2) + Array::tri(3, 0, 2)),
        ("places", Array::indices([3, 4], 2) + Array::from_function([3, 4], |_| 0, 3)),
        ("likes", m.zeros_like() + m.ones_like() + m.full_like(2) + m.empty_like() + Array::empty(4, 2)),
    ];
    for (name, array) in &arrays {
        check(name, array.check().unwrap().node());
    }
    check("linspace", Array::linspace(0.0, 1.0, 3, 2).node());
}
