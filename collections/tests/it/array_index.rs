//! Indexing against ndarray, plain loops and golden values of NumPy.

#![allow(clippy::reversed_empty_ranges, reason = "negative ends are counted from the last place")]

use crate::on_reference;
use crate::run;
use ndarray::{ArrayD, Axis, Dimension, IxDyn, SliceInfoElem};
use partita_collections::Array;
use partita_collections::array::{Element, NewAxis, UNKNOWN, s};
use proptest::prelude::*;
use serde_json::Value as Json;

/// The lengths of the chunks of some axes, empty ones among them.
pub(crate) fn cuts(ndim: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<Vec<usize>>> {
    prop::collection::vec(prop::collection::vec(0usize..4, 1..4), ndim)
}

/// Numbers that tell their places, in these chunks and as an ndarray.
pub(crate) fn numbers(chunks: &[Vec<usize>]) -> (Array<i64>, ArrayD<i64>) {
    let shape: Vec<usize> = chunks.iter().map(|chunks| chunks.iter().sum()).collect();
    let count = shape.iter().product::<usize>() as i64;
    let all = ArrayD::from_shape_vec(IxDyn(&shape), (0..count).map(|i| i * 7 % 23 - 9).collect()).unwrap();
    (Array::from_array(all.clone(), chunks.to_vec()), all)
}

/// A golden value.
pub(crate) fn golden(json: &str, name: &str) -> ArrayD<i64> {
    let all: Json = serde_json::from_str(json).unwrap();
    let list = |key: &str| -> Vec<i64> {
        all[name][key].as_array().unwrap().iter().map(|number| number.as_i64().unwrap()).collect()
    };
    let shape: Vec<usize> = list("shape").into_iter().map(|length| length as usize).collect();
    ArrayD::from_shape_vec(IxDyn(&shape), list("values")).unwrap()
}

/// What is wrong with an expression.
pub(crate) fn error<T: Element>(array: &Array<T>) -> String {
    array.check().unwrap_err().error.to_string()
}

/// The places that a slice names, by counting them.
fn places(slice: &SliceInfoElem, length: usize) -> Vec<usize> {
    let bound = |index: isize| (if index < 0 { index + length as isize } else { index }).clamp(0, length as isize);
    match *slice {
        SliceInfoElem::Index(index) => vec![(if index < 0 { index + length as isize } else { index }) as usize],
        SliceInfoElem::Slice { start, end, step } => {
            let mut all: Vec<usize> =
                (bound(start)..end.map_or(length as isize, bound)).map(|place| place as usize).collect();
            if step < 0 {
                all.reverse();
            }
            all.into_iter().step_by(step.unsigned_abs()).collect()
        }
        SliceInfoElem::NewAxis => unreachable!("new axes have no places"),
    }
}

/// What a slice of an ndarray is.
fn sliced(array: &ArrayD<i64>, slices: &[SliceInfoElem]) -> ArrayD<i64> {
    let mut result = array.clone();
    let (mut axis, mut own) = (0, 0);
    for slice in slices {
        if matches!(slice, SliceInfoElem::NewAxis) {
            result = result.insert_axis(Axis(axis));
            axis += 1;
            continue;
        }
        result = result.select(Axis(axis), &places(slice, array.shape()[own]));
        own += 1;
        match slice {
            SliceInfoElem::Index(_) => result = result.index_axis_move(Axis(axis), 0),
            _ => axis += 1,
        }
    }
    result
}

fn slice_of(length: usize, seed: (isize, Option<isize>, isize, u8)) -> SliceInfoElem {
    let (start, end, step, kind) = seed;
    match kind {
        0 if length > 0 => SliceInfoElem::Index(start.rem_euclid(2 * length as isize) - length as isize),
        1 => SliceInfoElem::Slice { start: 0, end: None, step: 1 },
        _ => SliceInfoElem::Slice { start, end, step: if step == 0 { -1 } else { step } },
    }
}

/// Chunks and slices for them, with a new axis here and there.
fn slices() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<SliceInfoElem>)> {
    let seed = (-9isize..9, prop::option::of(-9isize..9), -3isize..4, 0u8..5);
    (cuts(0..=3), prop::collection::vec((seed, prop::bool::weighted(0.2)), 3), 0usize..4).prop_map(
        |(chunks, seeds, given)| {
            let mut slices = Vec::new();
            for (chunks, (seed, new)) in chunks.iter().zip(seeds).take(given) {
                slices.extend(new.then_some(SliceInfoElem::NewAxis));
                slices.push(slice_of(chunks.iter().sum(), seed));
            }
            (chunks, slices)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn slices_and_what_they_replace((chunks, slices) in slices()) {
        let (x, all) = numbers(&chunks);
        let expected = sliced(&all, &slices);
        let part = x.slice(&slices);
        prop_assert_eq!(part.shape(), expected.shape());
        prop_assert_eq!(run(&part), expected.clone());
        // Each element of the slice is replaced and no other one.
        let marks = ArrayD::from_shape_vec(all.raw_dim(), (0..all.len() as i64).collect()).unwrap();
        let named = sliced(&marks, &slices);
        let mut with = all.clone();
        named.iter().zip(1000..).for_each(|(&at, value)| with.as_slice_mut().unwrap()[at as usize] = value);
        let fresh = ArrayD::from_shape_vec(named.raw_dim(), (0..named.len() as i64).map(|i| 1000 + i).collect()).unwrap();
        prop_assert_eq!(run(&x.set(&slices, Array::from_array(fresh, 2))), with);
        let same = all.mapv(|_| 0);
        let mut one = same.clone();
        named.iter().for_each(|&at| one.as_slice_mut().unwrap()[at as usize] = 5);
        prop_assert_eq!(run(&x.map(|_| 0).set(&slices, 5)), one);
    }

    #[test]
    fn slices_of_slices(chunks in cuts(1..=1), first in -4isize..4, second in -4isize..4) {
        let (x, all) = numbers(&chunks);
        let (first, second) = (s![first..;-1], s![..;second.clamp(1, 4)]);
        let (first, second) = (first.as_ref(), second.as_ref());
        prop_assert_eq!(run(&x.slice(first).slice(second)), sliced(&sliced(&all, first), second));
    }

    #[test]
    fn places_along_an_axis(
        chunks in cuts(1..=3),
        axis in 0usize..3,
        picks in prop::collection::vec(-20isize..20, 0..9),
        flags in prop::collection::vec(any::<bool>(), 12),
    ) {
        let (x, all) = numbers(&chunks);
        let axis = axis % all.ndim();
        let length = all.shape()[axis] as isize;
        let picks: Vec<isize> =
            if length == 0 { Vec::new() } else { picks.iter().map(|pick| pick.rem_euclid(2 * length) - length).collect() };
        let found: Vec<usize> = picks.iter().map(|pick| pick.rem_euclid(length.max(1)) as usize).collect();
        let expected = all.select(Axis(axis), &found);
        prop_assert_eq!(run(&x.take(&picks, axis as isize)), expected.clone());
        let lazy = ndarray::Array1::from_iter(picks.iter().map(|&pick| pick as i64));
        prop_assert_eq!(run(&x.take_array(&Array::from_array(lazy, 2), axis as isize - all.ndim() as isize)), expected);
        let mut sorted = found.clone();
        sorted.sort_unstable();
        let asked: Vec<isize> = sorted.iter().map(|&place| place as isize).collect();
        prop_assert_eq!(run(&x.take(&asked, axis as isize)), all.select(Axis(axis), &sorted));
        let left: Vec<usize> = (0..length as usize).filter(|place| !found.contains(place)).collect();
        prop_assert_eq!(run(&x.delete(&picks, axis as isize)), all.select(Axis(axis), &left));
        let flags = &flags[..length as usize];
        let held: Vec<usize> = (0..flags.len()).filter(|&at| flags[at]).collect();
        let expected = all.select(Axis(axis), &held);
        prop_assert_eq!(run(&x.compress(flags, axis as isize)), expected.clone());
        let mask = Array::from_array(ndarray::Array1::from(flags.to_vec()), 3);
        let some = x.mask_axis(&mask, axis as isize);
        prop_assert_eq!(some.shape()[axis], UNKNOWN);
        prop_assert_eq!(run(&some), expected.clone());
        let sizes = run(&some.chunk_sizes());
        let known = some.with_chunk_sizes(sizes).unwrap();
        prop_assert_eq!(known.shape(), expected.shape());
        prop_assert_eq!(run(&known.slice(s![..;-1])), sliced(&expected, s![..;-1].as_ref()));
    }

    #[test]
    fn many_places(seeds in prop::collection::vec(0usize..50, 20..70), axis in 0usize..3, sorted in any::<bool>()) {
        let mut chunks = vec![vec![2], vec![1, 2], vec![2, 0]];
        chunks[axis] = vec![20, 18, 0, 12];
        let (x, all) = numbers(&chunks);
        let mut places = seeds;
        if sorted {
            places.sort_unstable();
        }
        let picks: Vec<isize> = places.iter().map(|&place| place as isize).collect();
        prop_assert_eq!(run(&x.take(&picks, axis as isize).map(|x| x + 1)), all.select(Axis(axis), &places) + 1);
    }

    #[test]
    fn masks(chunks in cuts(0..=3), other in 1usize..4, divisor in 1i64..4) {
        let (x, all) = numbers(&chunks);
        let holds = move |x: i64| x % divisor == 0;
        let mask = Array::from_array(all.mapv(holds), other);
        let expected: Vec<i64> = all.iter().copied().filter(|&x| holds(x)).collect();
        prop_assert_eq!(run(&x.mask(&mask)), ndarray::Array1::from(expected).into_dyn());
        prop_assert_eq!(run(&x.set_where(&mask, 77)), all.mapv(|x| if holds(x) { 77 } else { x }));
        prop_assert_eq!(run(&x.set_where(&mask, &(&x * 2))), all.mapv(|x| if holds(x) { 2 * x } else { x }));
        let places: Vec<i64> = all.iter().zip(0..).filter(|(x, _)| holds(**x)).map(|(_, at)| at).collect();
        prop_assert_eq!(run(&mask.flatnonzero()), ndarray::Array1::from(places.clone()).into_dyn());
        let rows = run(&mask.argwhere());
        prop_assert_eq!(rows.shape(), [places.len(), all.ndim()]);
        for (row, (index, _)) in rows.outer_iter().zip(all.indexed_iter().filter(|(_, x)| holds(**x))) {
            let index: Vec<i64> = index.slice().iter().map(|&i| i as i64).collect();
            prop_assert_eq!(row.iter().copied().collect::<Vec<i64>>(), index);
        }
        for (axis, own) in mask.nonzero().iter().enumerate() {
            prop_assert_eq!(run(own), rows.index_axis(Axis(1), axis).to_owned().into_dyn());
        }
    }

    #[test]
    fn inserted(chunks in cuts(1..=2), axis in 0usize..2, at in prop::collection::vec(0usize..12, 0..5)) {
        let (x, all) = numbers(&chunks);
        let axis = axis % all.ndim();
        let length = all.shape()[axis];
        let at: Vec<usize> = at.iter().map(|place| place % (length + 1)).collect();
        let asked: Vec<isize> = at.iter().map(|&place| place as isize).collect();
        let mut shape = all.shape().to_vec();
        shape[axis] = at.len();
        let count = shape.iter().product::<usize>() as i64;
        let fresh = ArrayD::from_shape_vec(IxDyn(&shape), (100..100 + count).collect()).unwrap();
        // New elements before old ones, in order.
        let mut order: Vec<(usize, usize, usize)> = at.iter().enumerate().map(|(n, &at)| (at, 0, length + n)).collect();
        order.extend((0..length).map(|old| (old, 1, old)));
        order.sort_unstable();
        let order: Vec<usize> = order.into_iter().map(|(_, _, source)| source).collect();
        let both = |fresh: &ArrayD<i64>| ndarray::concatenate![Axis(axis), all, *fresh].select(Axis(axis), &order);
        prop_assert_eq!(run(&x.insert(&asked, Array::from_array(fresh.clone(), 2), axis as isize)), both(&fresh));
        prop_assert_eq!(run(&x.insert(&asked, 5, axis as isize)), both(&fresh.mapv(|_| 5)));
    }

    #[test]
    fn points_blocks_and_choices(chunks in cuts(1..=3), seeds in prop::collection::vec(0usize..99, 0..12)) {
        let (x, all) = numbers(&chunks);
        let lists: Vec<Vec<isize>> = all.shape().iter().enumerate().map(|(axis, &length)| {
            let places = seeds.iter().map(|seed| ((seed + 3 * axis) % length.max(1)) as isize);
            places.map(|place| if place % 2 == 0 { place } else { place - length as isize }).collect()
        }).collect();
        if !all.is_empty() {
            let points: Vec<&[isize]> = lists.iter().map(Vec::as_slice).collect();
            let at = |point: usize| -> Vec<usize> {
                let axes = lists.iter().zip(all.shape());
                axes.map(|(list, &length)| list[point].rem_euclid(length as isize) as usize).collect()
            };
            let expected = ndarray::Array1::from_iter((0..seeds.len()).map(|point| all[at(point).as_slice()]));
            prop_assert_eq!(run(&x.vindex(&points)), expected.into_dyn());
        }
        let last = x.partitions(s![-1]);
        let begin: usize = chunks[0][..chunks[0].len() - 1].iter().sum();
        prop_assert_eq!(run(&last), all.slice_axis(Axis(0), (begin..).into()).to_owned());
        let which = x.map(|x| x.rem_euclid(3));
        let expected = all.mapv(|x| [x, 100, 2 * x][x.rem_euclid(3) as usize]);
        let hundred = Array::full(Vec::new(), 100, 1);
        prop_assert_eq!(run(&which.choose(&[&x, &hundred, &(&x * 2)])), expected.clone());
        let choices = [(&which.eq(0), &x), (&which.le(1), &hundred)];
        prop_assert_eq!(run(&Array::select_by(&choices, -1)), all.mapv(|x| [x, 100, -1][x.rem_euclid(3) as usize]));
    }
}

const GOLDEN: &str = include_str!("../numpy/index.json");

fn check(name: &str, array: &Array<i64>) {
    assert_eq!(run(array), golden(GOLDEN, name), "{name}");
}

fn given() -> Array<i64> {
    (Array::<i64>::arange(0, 24, 1, 24) * 7 % 11).to_matrix(4, 6)
}

/// Reshaping is not what is tested here.
trait ToMatrix {
    fn to_matrix(&self, rows: usize, columns: usize) -> Array<i64>;
}

impl ToMatrix for Array<i64> {
    fn to_matrix(&self, rows: usize, columns: usize) -> Array<i64> {
        Array::from_array(run(self).into_shape_with_order((rows, columns)).unwrap(), [3, 4])
    }
}

#[test]
fn what_numpy_selects() {
    let x = given();
    let row = Array::from_array(ndarray::array![3i64, -1, 4, -1, 5, -9, 2], 3);
    check("slice", &x.slice(s![1..-1, 1..-1;-2]));
    check("slice_over", &x.slice(s![-9..9, 4..]));
    check("slice_empty", &x.slice(s![3..1]));
    check("slice_new", &x.slice(s![.., NewAxis, 2]));
    check("take", &x.take([3, -1, 0, 3], 1));
    check("take_array", &x.take_array(&Array::from_array(ndarray::array![[1, -2], [0, 0]], 1), 0));
    check("compress", &x.compress([false, true, true], 1));
    check("delete", &x.delete([0, -2, 2], -1));
    check("mask", &x.mask(&x.gt(5)));
    check("mask_axis", &x.mask_axis(&row.slice(s![..6]).lt(0), 1));
    check("argwhere", &(&x % 3).argwhere());
    check("flatnonzero", &(&x % 3).flatnonzero());
    let expected = golden(GOLDEN, "nonzero");
    for (axis, own) in (&x % 3).nonzero().iter().enumerate() {
        assert_eq!(run(own), expected.index_axis(Axis(0), axis).to_owned());
    }
    check("vindex", &x.vindex(&[&[0, -1, 2, 2], &[5, 0, -1, 1]]));
    check("choose", &(&x % 3).choose(&[&x, &Array::full(1, 100, 1), &-&x]));
    check("select", &Array::select_by(&[(&x.lt(3), &x), (&x.gt(7), &(&x * 10))], -1));
    type Piece<'a> = (&'a Array<bool>, fn(i64) -> i64);
    let pieces: [Piece; 3] = [(&row.lt(0), |v| -v), (&row.lt(-5), |_| 0), (&row.gt(3), |v| v * 2)];
    check("piecewise", &row.piecewise(&pieces, |v| v + 100));
}

#[test]
fn what_numpy_puts() {
    let x = given();
    let row = Array::from_array(ndarray::array![3i64, -1, 4, -1, 5, -9, 2], 3);
    let of = |values: Vec<i64>| Array::from_array(ndarray::Array1::from(values), 2);
    check("insert", &x.insert([1, -1, 6, 1], 99, 1));
    let rows = Array::from_array(ndarray::array![[1i64, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]], 2);
    check("insert_rows", &x.insert([0, 4], rows, 0));
    check("insert_row", &row.insert([2, 7, 2], of(vec![10, 20, 30]), 0));
    check("set", &x.set(s![1..3, ..;2], -5));
    check("set_row", &x.set(s![1.., 1..5;-1], of(vec![1, 2, 3, 4])));
    check("set_one", &x.set(s![-1, 1], 77));
    check("set_column", &x.set(s![.., 3], of(vec![9, 8, 7, 6])));
    check("set_where", &x.set_where(&x.gt(5), 0));
    let pair = |name: &str, [rows, columns]: [Array<i64>; 2]| {
        let expected = golden(GOLDEN, name);
        assert_eq!(run(&rows), expected.index_axis(Axis(0), 0).to_owned(), "{name}");
        assert_eq!(run(&columns), expected.index_axis(Axis(0), 1).to_owned(), "{name}");
    };
    pair("tril", Array::tril_indices(3, 4, -1, 2));
    pair("tril_wide", Array::tril_indices(3, 4, 1, 2));
    pair("triu", Array::triu_indices(3, 4, 1, 2));
    pair("triu_wide", Array::triu_indices(4, 2, -1, 3));
    pair("tril", Array::<f64>::zeros([3, 4], 2).tril_indices_from(-1));
    pair("triu_wide", Array::<u8>::zeros([4, 2], 2).triu_indices_from(-1));
    assert!(error(&row.tril_indices_from(0)[0]).contains("`tril_indices_from` takes a matrix"));
    let places = of(vec![0, 22, 41, 13]).unravel_index([7, 6]);
    pair("unravel", [places[0].clone(), places[1].clone()]);
    check("ravel", &Array::ravel_multi_index(&[&of(vec![3, 6, 6]), &of(vec![4, 5, 1])], [7, 6]));
}

#[test]
fn slices_of_slices_are_one_task_a_block() {
    let x = Array::<f64>::zeros([8, 8], 4);
    let y = (x.slice(s![1.., ..;2]).slice(s![..;-1, 1..]) + 1.0).slice(s![.., 0]);
    let graph = partita_collections::Collection::graph(&y);
    assert_eq!(graph.check().unwrap().len(), y.npartitions());
}

#[test]
fn wrong_indices_are_refused_when_they_are_written() {
    let x = given();
    let unknown = x.mask(&x.gt(5));
    let one: &[isize] = &[1];
    let errors = [
        (x.slice(s![4]), "index 4 is outside of axis 0 of length 4"),
        (x.slice(s![.., -7]), "index -7 is outside of axis 1 of length 6"),
        (x.slice(s![0, 0, 0]), "`slice` cannot take `slices` = 3 of them for an array of 2 axes"),
        (x.slice([SliceInfoElem::Slice { start: 0, end: None, step: 0 }]), "`step` = 0"),
        (unknown.slice(s![1..]), "`slice` needs to know how long axis 0 is"),
        (x.index_axis(2, 0), "`index_axis` was asked for axis 2 of an array with 2 axes"),
        (x.take([6], 1), "index 6 is outside of axis 1 of length 6"),
        (x.compress([false, false, false, false, true], 0), "index 4 is outside of axis 0 of length 4"),
        (x.delete([-5], 0), "index -5 is outside"),
        (x.insert([5], 0, 0), "index 5 is outside of axis 0 of length 4"),
        (x.insert([0, 1], Array::zeros([3, 6], 3), 0), "`insert` cannot pair shapes (2, 6) and (3, 6)"),
        (x.mask(&x.slice(s![1..]).gt(0)), "`mask` cannot pair shapes (4, 6) and (3, 6): axis 0 has 4 and 3"),
        (x.mask_axis(&x.gt(0), 0), "`mask_axis` takes a mask of one axis, and this array has shape (4, 6)"),
        (x.mask_axis(&Array::full(5, true, 5), 1), "axis 1 has 6 and 5"),
        (unknown.flatnonzero(), "`flatnonzero` needs to know how long axis 0 is"),
        (x.vindex(&[one]), "`points` = lists of (1,) places"),
        (x.vindex(&[one, &[9]]), "index 9 is outside of axis 1 of length 6"),
        (x.partitions(s![2]), "index 2 is outside of axis 0 of length 2"),
        (x.partitions(s![1..1]), "no block of axis 0"),
        (x.set(s![1..3], Array::zeros([3, 6], 3)), "cannot pair shapes (2, 6) and (3, 6)"),
        (x.set_where(&Array::full([2, 4, 6], true, 6), 0), "`set_where` cannot pair shapes"),
        (x.choose::<i64>(&[]), "there must be one at least"),
        (Array::ravel_multi_index(&[&x], [2, 3]), "1 arrays for 2 axes"),
    ];
    for (array, expected) in errors {
        assert!(error(&array).contains(expected), "{} is not `{expected}`", error(&array));
    }
    // What is made of a wrong array tells of it.
    assert_eq!(error(&x.take([6], 1).set(s![0], 1).slice(s![0])), error(&x.take([6], 1)));
    assert!(unknown.with_chunk_sizes(vec![vec![1], vec![2]]).unwrap_err().to_string().contains("((1,), (2,))"));
    assert!(x.with_chunk_sizes(vec![vec![2, 2], vec![4, 2]]).is_err(), "known lengths stay");
}

#[test]
fn wrong_indices_that_only_data_tells_fail_their_task() {
    let x = given();
    let nine = Array::<i64>::full(1, 9, 1);
    let message = |array: &Array<i64>| on_reference(array).unwrap_err().to_string();
    assert!(message(&x.take_array(&nine, 0)).contains("`take` met index 9 of an axis of length 4"));
    assert!(message(&nine.choose(&[&x, &x])).contains("`choose` met 9 where there are 2 choices"));
    assert!(message(&nine.unravel_index([2, 3])[1]).contains("`unravel_index` met 9 where there are 6 places"));
    assert!(message(&Array::ravel_multi_index(&[&nine], [9])).contains("met 9 where there are 9 places"));
    let short = x.mask_axis(&x.index_axis(1, 0).ge(0), 0);
    let wrong = short.with_chunk_sizes(vec![vec![1, 3], vec![4, 2]]).unwrap();
    assert!(message(&wrong.mask(&Array::full([4, 6], true, 6))).contains("gave a block of shape"));
}
