//! Functions of blocks against ndarray, plain loops and golden values of NumPy.

use crate::array_index::{cuts, error, golden, numbers};
use crate::on_reference;
use crate::run;
use ndarray::{ArrayD, ArrayViewD, Axis, Dimension, Ix2, IxDyn, s as nd};
use partita_collections::array::{BlockError, Boundaries, Boundary, Chunk, Depth, Outline, UNKNOWN, keep, s};
use partita_collections::{Array, Bag, Collection, delayed, try_delayed};
use partita_graph::RunError;
use proptest::prelude::*;

/// Where an element comes from that may stand beyond the ends of an axis.
fn source(boundary: &Boundary<i64>, place: isize, length: isize) -> Option<usize> {
    if (0..length).contains(&place) {
        return Some(place as usize);
    }
    match boundary {
        Boundary::None | Boundary::Constant(_) => None,
        Boundary::Periodic => Some(place.rem_euclid(length) as usize),
        Boundary::Nearest => Some(place.clamp(0, length - 1) as usize),
        // The array and its mirror image, again and again.
        Boundary::Reflect => {
            let within = place.rem_euclid(2 * length);
            Some((if within < length { within } else { 2 * length - 1 - within }) as usize)
        }
    }
}

/// The sum of each element and of those `before` and `after` it along an axis; what is missing counts as the constant.
fn summed(all: &ArrayD<i64>, axis: usize, (before, after): (usize, usize), boundary: &Boundary<i64>) -> ArrayD<i64> {
    let length = all.shape()[axis] as isize;
    let missing = if let Boundary::Constant(value) = boundary { *value } else { 0 };
    ArrayD::from_shape_fn(all.raw_dim(), |index| {
        let place = index[axis] as isize;
        let around = place - before as isize..=place + after as isize;
        around
            .map(|near| {
                let mut index = index.clone();
                source(boundary, near, length).map_or(missing, |near| {
                    index[axis] = near;
                    all[index]
                })
            })
            .sum()
    })
}

/// The same of a block that has its neighbours' elements; those at the ends come to fewer.
fn moving(block: ArrayViewD<'_, i64>, axis: usize, before: usize, after: usize) -> ArrayD<i64> {
    let length = block.shape()[axis];
    ArrayD::from_shape_fn(block.raw_dim(), |index| {
        let place = index[axis];
        (place.saturating_sub(before)..(place + after + 1).min(length))
            .map(|near| {
                let mut index = index.clone();
                index[axis] = near;
                block[index]
            })
            .sum()
    })
}

fn boundary() -> impl Strategy<Value = Boundary<i64>> {
    prop_oneof![
        Just(Boundary::None),
        Just(Boundary::Reflect),
        Just(Boundary::Periodic),
        Just(Boundary::Nearest),
        (-3i64..3).prop_map(Boundary::Constant),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn mapped_blocks(chunks in cuts(0..=3), lost in 0usize..3) {
        let (x, all) = numbers(&chunks);
        prop_assert_eq!(run(&x.map_blocks(|block| &block * 2)), &all * 2);
        prop_assert_eq!(run(&x.map_blocks_with(3, |n, block| &block * *n)), &all * 3);
        let numbered = x.map_blocks_to(Outline::same(), |info, block| {
            let number = info.block().iter().zip(info.numblocks()).fold(0, |n, (at, count)| n * count + at);
            block.mapv(|_| number as i64)
        });
        let numbers = run(&numbered);
        let at_each = x.map_blocks_to(Outline::same(), |info, block| {
            let ranges = info.ranges().to_vec();
            ArrayD::from_shape_fn(block.raw_dim(), |index| {
                let places = index.slice().iter().zip(&ranges).zip(info.shape());
                places.fold(0, |place, ((at, range), length)| place * *length as i64 + (range.start + at) as i64)
            })
        });
        prop_assert_eq!(run(&at_each).into_raw_vec_and_offset().0, (0..all.len() as i64).collect::<Vec<_>>());
        for part in 0..x.npartitions().min(3) {
            let count = numbers.iter().filter(|&&number| number == part as i64).count();
            prop_assert_eq!(run(&x.to_delayed()[part].map(|block| block.len())), count);
        }
        if !chunks.is_empty() {
            let axis = lost % chunks.len();
            let sums = x.map_blocks_to(Outline::same().drop_axes([axis as isize]), move |_, block| block.sum_axis(Axis(axis)));
            prop_assert_eq!(run(&sums), all.sum_axis(Axis(axis)));
            let wider = x.map_blocks_to(Outline::same().new_axes([axis as isize]), move |_, block| {
                block.insert_axis(Axis(axis)).to_owned()
            });
            prop_assert_eq!(run(&wider), all.clone().insert_axis(Axis(axis)));
            let counts = x.map_blocks_to(Outline::same().chunks(vec![vec![1]; chunks.len()]), |_, block| {
                ArrayD::from_elem(vec![1; block.ndim()], block.len() as i64)
            });
            prop_assert_eq!(run(&counts).sum(), all.len() as i64);
            prop_assert_eq!(counts.numblocks(), x.numblocks());
        }
    }

    #[test]
    fn neighbours(chunks in cuts(1..=2), axis in 0usize..2, depth in (0usize..5, 0usize..5), boundary in boundary()) {
        let (x, all) = numbers(&chunks);
        let axis = axis % all.ndim();
        let length = all.shape()[axis];
        let (before, after) = (depth.0.min(length), depth.1.min(length));
        let mut depths = vec![(0, 0); all.ndim()];
        depths[axis] = (before, after);
        let sums = x.map_overlap(depths.clone(), boundary, move |block| moving(block, axis, before, after));
        prop_assert_eq!(run(&sums), summed(&all, axis, (before, after), &boundary));
        let around = x.overlap(depths.clone(), boundary);
        prop_assert_eq!(run(&around.trim_internal(depths, boundary)), all);
    }

    #[test]
    fn windows(chunks in cuts(1..=3), seeds in prop::collection::vec(1usize..5, 3), both in any::<bool>()) {
        let (x, all) = numbers(&chunks);
        prop_assume!(!all.is_empty());
        let axes: Vec<usize> = (0..all.ndim()).rev().take(if both { 2 } else { 1 }).collect();
        let window: Vec<usize> = axes.iter().zip(&seeds).map(|(&axis, &seed)| seed.min(all.shape()[axis])).collect();
        let asked: Vec<isize> = axes.iter().map(|&axis| axis as isize).collect();
        let windows = x.sliding_window_view(&window, &asked);
        let mut shape = all.shape().to_vec();
        axes.iter().zip(&window).for_each(|(&axis, length)| shape[axis] -= length - 1);
        shape.extend(&window);
        let expected = ArrayD::from_shape_fn(IxDyn(&shape), |index| {
            let mut place = index.slice()[..all.ndim()].to_vec();
            axes.iter().enumerate().for_each(|(number, &axis)| place[axis] += index[all.ndim() + number]);
            all[place.as_slice()]
        });
        prop_assert_eq!(windows.shape(), expected.shape());
        prop_assert_eq!(run(&windows), expected.clone());
        prop_assert_eq!(run(&windows.sum_axis(-1)), expected.sum_axis(Axis(shape.len() - 1)));
    }

    #[test]
    fn lanes_and_functions_of_axes(chunks in cuts(2..=3), axis in 0usize..3) {
        let (x, all) = numbers(&chunks);
        let axis = axis % all.ndim();
        let sum = |lane: ndarray::ArrayView1<'_, i64>| lane.sum() + lane.first().copied().unwrap_or(50);
        prop_assert_eq!(run(&x.apply_along_axis(axis as isize, sum)), all.map_axis(Axis(axis), sum));
        let two = x.apply_along_axis_to(axis as isize, 2, move |lane| ndarray::array![lane.sum(), sum(lane)]);
        let expected = ndarray::stack![Axis(axis), all.sum_axis(Axis(axis)), all.map_axis(Axis(axis), sum)];
        prop_assert_eq!(run(&two), expected);
        let last = Axis(all.ndim() - 1);
        let of_last = x.apply_gufunc("(i)->()", move |lane| ndarray::arr0(lane.sum()).into_dyn());
        prop_assert_eq!(run(&of_last), all.sum_axis(last));
        let turned = x.apply_gufunc("(i,j)->(j,i)", |block| block.reversed_axes().to_owned());
        let mut order: Vec<usize> = (0..all.ndim()).collect();
        order.swap(all.ndim() - 2, all.ndim() - 1);
        prop_assert_eq!(run(&turned), all.clone().permuted_axes(order));
        // The axes in front are stretched.
        let one = x.slice(s![..1]);
        let dots = one.apply_gufunc2("(i),(i)->()", &x, |a, b| ndarray::arr0((&a * &b).sum()).into_dyn());
        if all.shape()[0] > 0 {
            let first = all.slice_axis(Axis(0), (..1).into());
            prop_assert_eq!(run(&dots), (&first * &all).sum_axis(last));
        }
    }

    #[test]
    fn blocks_by_labels(rows in cuts(1..=1), columns in cuts(1..=1), inner in cuts(1..=1), other in cuts(1..=1)) {
        let (x, left) = numbers(&[rows[0].clone(), inner[0].clone()]);
        let length: usize = inner[0].iter().sum();
        // The same axis in other chunks.
        let mut again: Vec<usize> = other[0].iter().scan(length, |rest, &part| {
            let part = part.min(*rest);
            *rest -= part;
            Some(part)
        }).collect();
        again.push(length - again.iter().sum::<usize>());
        let (y, right) = numbers(&[again, columns[0].clone()]);
        let matrix = |block: ArrayViewD<'_, i64>| block.into_dimensionality::<Ix2>().unwrap().to_owned();
        let product = Array::blockwise2("ij", move |x, y| matrix(x).dot(&matrix(y)).into_dyn(), (&x, "ik"), (&y, "kj"));
        prop_assert_eq!(run(&product), matrix(left.view()).dot(&matrix(right.view())).into_dyn());
        let turned = Array::blockwise("ba", |block| block.reversed_axes().to_owned(), (&x, "ab"));
        prop_assert_eq!(run(&turned), left.clone().reversed_axes());
        let row = y.slice(s![.., 0..1]);
        let scaled = Array::blockwise2("ij", |x, y| &x * &y, (&y, "ij"), (&row, "ij"));
        let by_row = y.map_blocks2(&row.index_axis(1, 0), |y, _| y.to_owned()).check().is_ok();
        prop_assert_eq!(by_row, right.shape()[1] > 0 && (right.shape()[0] == right.shape()[1] || right.shape()[0] == 1 || right.shape()[1] == 1));
        if right.shape()[1] > 0 {
            let row = y.slice(s![..1]).map_blocks2(&y, |row, y| &row + &y);
            if right.shape()[0] > 0 {
                prop_assert_eq!(run(&row), &right.slice_axis(Axis(0), (..1).into()) + &right);
            }
            prop_assert_eq!(run(&scaled), &right * &right.slice_axis(Axis(1), (0..1).into()));
        }
    }

    #[test]
    fn bags_and_back(chunks in cuts(0..=3)) {
        let (x, all) = numbers(&chunks);
        prop_assert_eq!(run(&x.to_bag()), all.iter().copied().collect::<Vec<_>>());
        let back = Array::from_bag(&x.to_bag());
        prop_assert_eq!(run(&back.map(|x| x + 1)), ndarray::Array1::from_iter(all.iter().map(|x| x + 1)).into_dyn());
        let blocks = x.to_delayed();
        prop_assert_eq!(run(&Array::from_blocks(&blocks, chunks.clone())), all.clone());
        if !chunks.is_empty() {
            let rows = run(&x.to_bag_of_rows().map(|row| row.view().into_owned().into_raw_vec_and_offset().0));
            let expected: Vec<Vec<i64>> = all.outer_iter().map(|row| row.iter().copied().collect()).collect();
            prop_assert_eq!(rows, expected);
            if let [_, columns] = all.shape() {
                let lists = x.to_bag_of_rows().map(|row| row.view().iter().copied().collect::<Vec<i64>>());
                prop_assert_eq!(run(&Array::from_bag_of_rows(&lists, *columns)), all.clone());
                let wrong = on_reference(&Array::from_bag_of_rows(&lists, columns + 1));
                prop_assert_eq!(wrong.is_ok(), all.shape()[0] == 0);
            }
        }
    }
}

const GOLDEN: &str = include_str!("../numpy/blocks.json");

fn check(name: &str, array: &Array<i64>) {
    assert_eq!(run(array), golden(GOLDEN, name), "{name}");
}

fn given() -> Array<i64> {
    let all = ArrayD::from_shape_vec(IxDyn(&[6, 7]), (0..42).map(|i| i * 5 % 17).collect()).unwrap();
    Array::from_array(all, [4, 3])
}

#[test]
fn what_numpy_gives() {
    let x = given();
    let weighted = |block: ArrayViewD<'_, i64>| {
        let (rows, columns) = (block.shape()[0] as isize, block.shape()[1] as isize);
        ArrayD::from_shape_fn(block.raw_dim(), |index| {
            let (row, column) = (index[0] as isize, index[1] as isize);
            let at = |i: isize, j: isize| match (0..rows).contains(&(row + i)) && (0..columns).contains(&(column + j)) {
                true => block[[(row + i) as usize, (column + j) as usize]] * (10 * i + j + 12) as i64,
                false => 0,
            };
            (-1..3).flat_map(|i| (-1..2).map(move |j| (i, j))).map(|(i, j)| at(i, j)).sum()
        })
    };
    let boundaries = [
        ("symmetric", Boundary::Reflect),
        ("wrap", Boundary::Periodic),
        ("edge", Boundary::Nearest),
        ("constant", Boundary::Constant(3)),
    ];
    for (name, boundary) in boundaries {
        check(name, &x.map_overlap([(1, 2), (1, 1)], boundary, weighted));
    }
    check("windows", &x.sliding_window_view([4], [1]));
    check("windows_both", &x.sliding_window_view([3, 2], [0, 1]));
    check("along_axis", &x.apply_along_axis(0, |lane| lane.iter().max().unwrap() - lane[0]));
    check("along_axis_to", &x.apply_along_axis_to(1, 3, |lane| ndarray::array![lane[0], lane[6], lane[2]] * 2));
    check(
        "over_axes",
        &x.slice(s![.., .., ndarray::NewAxis]).apply_over_axes(|x, axis| x.sum_axis(keep(axis)), [0, -2]),
    );
    let matrix = |block: ArrayViewD<'_, i64>| block.into_dimensionality::<Ix2>().unwrap().to_owned();
    let dot = move |x: ArrayViewD<'_, i64>, y: ArrayViewD<'_, i64>| matrix(x).dot(&matrix(y).t()).into_dyn();
    check("einsum", &Array::blockwise2("ij", dot, (&x, "ik"), (&x, "jk")));
    let sums = Array::blockwise3(
        "k",
        |a, x, b| (&x * &a.insert_axis(Axis(1))).sum_axis(Axis(0)) * b,
        (&x.index_axis(1, 0), "i"),
        (&x, "ik"),
        (&x.index_axis(0, 0), "k"),
    );
    check("einsum3", &sums);
}

#[test]
fn constants_may_differ_by_axis() {
    let x = Array::<i64>::zeros([2, 2], 1);
    let around = x.overlap(1, [Boundary::Constant(7), Boundary::Constant(9)]);
    assert_eq!(around.shape(), [6, 6]);
    let all = run(&around);
    assert_eq!(all.slice(nd![1, ..]), ndarray::array![9, 0, 0, 0, 0, 9]);
    assert_eq!(all.slice(nd![0, 1..5]), ndarray::array![7, 7, 7, 7]);
    assert!(run(&x.overlap([1, 0], Boundary::None)).iter().all(|&x| x == 0));
}

#[test]
fn blocks_that_have_one_source_are_fused() {
    let x = Array::<i64>::zeros([8, 8], 4);
    let y = (&x + 1).map_blocks(|block| &block * 2).map_blocks_to(Outline::same(), |_, block| block.to_owned());
    let y = Array::blockwise("ji", |block| block.reversed_axes().to_owned(), (&y, "ij")) - 1;
    assert_eq!(y.graph().check().unwrap().len(), 4);
    assert_eq!(run(&y), ArrayD::from_elem(vec![8, 8], 1));
    // Equal expressions are the same tasks.
    let twice = || x.map_blocks(|block| &block * 2);
    let double = |block: ArrayViewD<'_, i64>| &block * 2;
    assert_ne!(twice().node().key, x.map_blocks(|block| &block * 3).node().key);
    assert_eq!(x.map_blocks(double).node().key, x.map_blocks(double).node().key);
}

#[test]
fn wrong_calls_are_refused_when_they_are_written() {
    let x = given();
    let same = |block: ArrayViewD<'_, i64>| block.to_owned();
    let outlined = |outline: Outline| x.map_blocks_to(outline, |_, block| block.to_owned());
    let errors = [
        (outlined(Outline::same().drop_axes([2])), "`map_blocks` was asked for axis 2"),
        (outlined(Outline::same().chunks([vec![1]])), "chunks were given for 1 axes"),
        (outlined(Outline::same().chunks([vec![1, 2, 3], vec![1]])), "a length for each chunk of the result"),
        (x.map_overlap(7, Boundary::None, same), "`map_overlap` cannot take `depth` = 7 of axis 0 of length 6"),
        (x.map_overlap([1, 1, 1], Boundary::None, same), "`depth` = 3 of them"),
        (x.map_overlap(1, vec![Boundary::None], same), "`boundary` = 1 of them"),
        (x.mask(&x.gt(3)).overlap(1, Boundary::None), "`overlap` needs to know how long axis 0 is"),
        (x.trim_internal(2, Boundary::Nearest), "`trim_internal` needs chunks that are longer"),
        (x.sliding_window_view([8], [1]), "`window` = 8 along axis 1 of length 7"),
        (x.sliding_window_view([1, 1], [1, -1]), "asked for axis 1 twice"),
        (x.apply_along_axis(2, |lane| lane.len() as i64), "`apply_along_axis` was asked for axis 2"),
        (Array::blockwise("ii", same, (&x, "ij")), "`i` is there twice"),
        (Array::blockwise("ij", same, (&x, "i")), "it must name each axis of shape (6, 7)"),
        (Array::blockwise("ijk", same, (&x, "ij")), "no input has an axis `k`"),
        (Array::blockwise2("ij", |x, _| x.to_owned(), (&x, "ij"), (&x, "ji")), "axis 0 has 7 and 6"),
        (x.apply_gufunc("(i)(j)->()", same), "lists of axes must have commas between them"),
        (x.apply_gufunc("(i)", same), "there is no ->"),
        (x.apply_gufunc("(i)->(j)", same), "no input has an axis `j`"),
        (x.apply_gufunc("(i,j,k)->()", same), "and this array has shape (6, 7)"),
        (x.apply_gufunc("(3)->()", same), "`3` is 3 long, and an axis of that name 7"),
        (x.apply_gufunc2("(i),(i)->()", &x.slice(s![.., 1..]), |x, _| x.to_owned()), "`i` is 7 long"),
        (Array::from_blocks(&x.to_delayed()[1..], x.chunks().to_vec()), "they say 6, and 5 were given"),
    ];
    for (array, expected) in errors {
        assert!(error(&array).contains(expected), "{} is not `{expected}`", error(&array));
    }
    let wrong = x.slice(s![9]);
    assert_eq!(error(&wrong.map_overlap(1, Boundary::None, same).map_blocks(same)), error(&wrong));
    assert!(on_reference(&wrong.to_bag()).is_err() && on_reference(&wrong.chunk_sizes()).is_err());
}

#[test]
fn errors_and_panics_of_functions_are_those_of_their_block() {
    let x = given();
    let message = |array: &Array<i64>| on_reference(array).unwrap_err().to_string();
    let short = x.map_blocks(|block| block.slice_axis(Axis(0), (..1).into()).to_owned());
    assert!(
        message(&short)
            .contains("`map_blocks` of block (0, 0): `map_blocks` gave a block of shape (1, 3) where (4, 3) was due")
    );
    let second = x.try_map_blocks_to(Outline::same(), |info, block| match info.block() {
        [1, 2] => Err("not this one".parse::<i64>().unwrap_err()),
        _ => Ok(block.to_owned()),
    });
    let Err(RunError::Task(error)) = on_reference(&second) else { panic!("a block fails") };
    let block = error.downcast_ref::<BlockError>().unwrap();
    assert_eq!(block.block(), [1, 2]);
    assert!(block.cause::<std::num::ParseIntError>().is_some());
    let Err(RunError::Task(error)) = on_reference(&x.map_blocks::<i64>(|_| panic!("no such luck"))) else {
        panic!("a block panics")
    };
    assert!(error.to_string().contains("no such luck"));
    let failed = x.try_map_overlap(1, Boundary::None, |_| Err::<ArrayD<i64>, _>("never"));
    assert!(message(&failed).contains("`map_overlap` of block (0, 0): never"));
    let scaled = Array::blockwise2_with("ij", 3, |n, x, y| (&x + &y) * *n, (&x, "ij"), (&x, "ij"));
    assert_eq!(run(&scaled), run(&(&x * 6)));
    let failed = Array::<i64>::try_blockwise("ji", |_| Err("never"), (&x, "ij"));
    assert!(message(&failed).contains("`blockwise` of block (0, 0): never"));
    let lanes = x.apply_along_axis_to(0, 2, |_| ndarray::array![1]);
    assert!(message(&lanes).contains("gave a block of shape (1,) where (2,) was due"));
    let gufunc = x.apply_gufunc("(i)->(2)", |_| ndarray::array![1].into_dyn());
    assert!(message(&gufunc).contains("gave a block of shape (1,) where (2,) was due"));
    let chunk = delayed(|n: i64| Chunk::from(ndarray::array![n].into_dyn()), (1,));
    assert!(message(&Array::from_delayed(&chunk, 2)).contains("gave a block of shape (1,) where (2,) was due"));
    assert_eq!(run(&Array::from_delayed(&chunk, UNKNOWN)), ndarray::array![1].into_dyn());
    let none = try_delayed(|text: String| text.parse().map(|n: i64| Chunk::from(ndarray::arr0(n).into_dyn())), ("x",));
    assert!(message(&Array::from_delayed(&none, Vec::new())).contains("invalid digit"));
}

#[test]
fn empty_bags_and_overlaps_over_many_chunks() {
    assert_eq!(run(&Array::from_bag(&Bag::<i64>::from_delayed([]))).len(), 0);
    let x = Array::<i64>::arange(0, 6, 1, 1);
    let around = x.overlap(Depth::All(2), Boundaries::All(Boundary::None));
    assert_eq!(around.chunks(), [vec![4, 6, 4]], "chunks are put together up to the depth");
    assert_eq!(run(&around), ndarray::array![0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 2, 3, 4, 5].into_dyn());
}
