//! Joined, moved, repeated and padded arrays of any shapes and chunks, against ndarray.

use crate::array_joins::{array_of, filled};
use crate::array_turns::{any_array, chunks_of};
use crate::run;
use ndarray::{ArrayD, Axis, IxDyn};
use partita_collections::array::{Array, Pad};
use proptest::prelude::*;

/// The elements of an array at places along each axis.
fn picked(a: &ArrayD<i64>, places: &[Vec<usize>]) -> ArrayD<i64> {
    places.iter().enumerate().fold(a.clone(), |a, (axis, places)| a.select(Axis(axis), places))
}

/// The place of an axis that padding stands for, by walking there.
fn walked(mode: Pad<i64>, length: usize, place: isize) -> usize {
    let last = length as isize - 1;
    let mut at = place;
    while at < 0 || at > last {
        at = match mode {
            Pad::Reflect if length > 1 => {
                if at < 0 {
                    -at
                } else {
                    2 * last - at
                }
            }
            Pad::Symmetric => {
                if at < 0 {
                    -at - 1
                } else {
                    2 * last + 1 - at
                }
            }
            Pad::Wrap => {
                if at < 0 {
                    at + last + 1
                } else {
                    at - last - 1
                }
            }
            _ => at.clamp(0, last),
        };
    }
    at as usize
}

proptest! {
    #[test]
    fn axes_are_moved_and_repeated(
        (shape, chunks) in any_array(1..4),
        shifts in proptest::collection::vec(-20isize..20, 3),
        counts in proptest::collection::vec(0usize..4, 7),
        each in 0usize..9,
    ) {
        let a = filled(&shape);
        let x = Array::from_array(a.clone(), chunks.clone());
        let all: Vec<Vec<usize>> = shape.iter().map(|&length| (0..length).collect()).collect();
        let moves: Vec<(isize, isize)> = (0..shape.len()).map(|axis| (shifts[axis], axis as isize)).collect();
        let places: Vec<Vec<usize>> = shape.iter().zip(&shifts).map(|(&length, shift)| {
            (0..length).map(|at| (at as isize - shift).rem_euclid(length as isize) as usize).collect()
        }).collect();
        let rolled = x.roll_axes(&moves);
        prop_assert_eq!(run(&rolled), picked(&a, &places));
        prop_assert_eq!(rolled.chunks(), &chunks[..]);
        let flat = x.roll(shifts[0], None);
        let back = flat.ravel().roll(-shifts[0], 0);
        prop_assert_eq!(run(&back).into_raw_vec_and_offset().0, a.iter().copied().collect::<Vec<_>>());
        for axis in 0..shape.len() {
            let mut places = all.clone();
            places[axis] = all[axis].iter().flat_map(|&at| vec![at; counts[at]]).collect();
            let repeated = x.repeat(counts[..shape[axis]].to_vec(), axis as isize);
            if shape[axis] != 1 {
                prop_assert_eq!(repeated.shape()[axis], places[axis].len());
                prop_assert_eq!(run(&repeated), picked(&a, &places));
            }
            places[axis] = all[axis].iter().flat_map(|&at| vec![at; each]).collect();
            prop_assert_eq!(run(&x.repeat(each, axis as isize)), picked(&a, &places));
        }
        let tiled: Vec<Vec<usize>> = all.iter().zip(&counts).map(|(places, &count)| places.repeat(count)).collect();
        prop_assert_eq!(run(&x.tile(counts[..shape.len()].to_vec())), picked(&a, &tiled));
        let turned: Vec<Vec<usize>> = all.iter().map(|places| places.iter().rev().copied().collect()).collect();
        prop_assert_eq!(run(&x.flip(None)), picked(&a, &turned));
    }

    #[test]
    fn axes_go_on_beyond_their_ends(
        (shape, chunks) in any_array(0..4),
        widths in proptest::collection::vec((0usize..15, 0usize..15), 3),
    ) {
        let a = filled(&shape);
        let x = Array::from_array(a.clone(), chunks);
        let widths = widths[..shape.len()].to_vec();
        let sizes: Vec<usize> =
            shape.iter().zip(&widths).map(|(length, (before, after))| length + before + after).collect();
        let mut constant = ArrayD::from_elem(IxDyn(&sizes), -1);
        constant.slice_each_axis_mut(|axis| {
            let axis = axis.axis.index();
            (widths[axis].0..widths[axis].0 + shape[axis]).into()
        }).assign(&a);
        let padded = x.pad(widths.clone(), Pad::Constant(-1));
        prop_assert_eq!(padded.shape(), &sizes[..]);
        prop_assert_eq!(run(&padded), constant);
        for mode in [Pad::Edge, Pad::Reflect, Pad::Symmetric, Pad::Wrap] {
            if shape.contains(&0) {
                continue;
            }
            let places: Vec<Vec<usize>> = shape.iter().zip(&widths).map(|(&length, &(before, after))| {
                (-(before as isize)..(length + after) as isize).map(|at| walked(mode, length, at)).collect()
            }).collect();
            prop_assert_eq!(run(&x.pad(widths.clone(), mode)), picked(&a, &places), "{:?}", mode);
        }
    }

    #[test]
    fn arrays_of_any_chunks_are_joined(
        (shape, one, other, third) in proptest::collection::vec(0usize..6, 1..4).prop_flat_map(|shape| {
            let cut = |shape: &Vec<usize>| shape.iter().map(|&length| chunks_of(length)).collect::<Vec<_>>();
            (Just(shape.clone()), cut(&shape), cut(&shape), cut(&shape))
        }),
        axis in 0usize..4,
    ) {
        let a = filled(&shape);
        let arrays: Vec<Array<i64>> = [one, other, third].into_iter().zip([1, -2, 3]).map(|(chunks, factor)| {
            Array::from_array(&a * factor, chunks)
        }).collect();
        let parts = [&a * 1, &a * -2, &a * 3];
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        let joined = axis % shape.len();
        let expected = ndarray::concatenate(Axis(joined), &views).unwrap();
        prop_assert_eq!(run(&Array::concatenate(&arrays, joined as isize)), expected);
        let beside = axis % (shape.len() + 1);
        prop_assert_eq!(run(&Array::stack(&arrays, beside as isize)), ndarray::stack(Axis(beside), &views).unwrap());
        let unified = Array::unify_chunks(&arrays);
        prop_assert!(unified.iter().all(|array| array.chunks() == unified[0].chunks()));
        for (array, part) in unified.iter().zip(&parts) {
            prop_assert_eq!(&run(array), part);
        }
    }

    #[test]
    fn diagonals_of_any_chunks(
        (shape, chunks) in any_array(2..4),
        offset in -8isize..8,
        axes in (0usize..3, 1usize..3),
    ) {
        let a = filled(&shape);
        let x = Array::from_array(a.clone(), chunks);
        let (first, second) = (axes.0 % shape.len(), (axes.0 + axes.1) % shape.len());
        let kept = |row: isize, column: isize, below: bool| if below { column <= row + offset } else { column >= row + offset };
        let (rows, columns) = (shape.len() - 2, shape.len() - 1);
        for below in [true, false] {
            let mut expected = a.clone();
            expected.indexed_iter_mut().for_each(|(at, x)| {
                *x = if kept(at[rows] as isize, at[columns] as isize, below) { *x } else { 0 };
            });
            prop_assert_eq!(run(&if below { x.tril(offset) } else { x.triu(offset) }), expected);
        }
        if first != second {
            let mut order: Vec<usize> = (0..shape.len()).filter(|&axis| axis != first && axis != second).collect();
            order.extend([first, second]);
            let turned = a.permuted_axes(order);
            let places: Vec<(usize, usize)> = (0..shape[first])
                .filter_map(|row| Some((row, row.checked_add_signed(offset).filter(|&column| column < shape[second])?)))
                .collect();
            let lanes: Vec<_> = places.iter().map(|&(row, column)| {
                let last = turned.ndim() - 1;
                turned.index_axis(Axis(last), column).index_axis_move(Axis(last - 1), row)
            }).collect();
            let found = run(&x.diagonal(offset, first as isize, second as isize));
            prop_assert_eq!(found.shape().last(), Some(&places.len()));
            if !lanes.is_empty() {
                prop_assert_eq!(found, ndarray::stack(Axis(turned.ndim() - 2), &lanes).unwrap());
            }
        }
    }

    #[test]
    fn shapes_are_stretched_to_each_others((shape, chunks) in any_array(0..4), ones in proptest::collection::vec(any::<bool>(), 3)) {
        let a = filled(&shape);
        let x = Array::from_array(a.clone(), chunks);
        let thin: Vec<usize> = shape.iter().zip(&ones).map(|(&length, &one)| if one { 1 } else { length }).collect();
        let y = array_of(&thin, 2);
        let [wide, stretched] = Array::broadcast_arrays([&x, &y]).try_into().unwrap();
        prop_assert_eq!(wide.chunks(), stretched.chunks());
        prop_assert_eq!(run(&wide), a);
        prop_assert_eq!(run(&stretched), filled(&thin).broadcast(IxDyn(&shape)).unwrap().to_owned());
        let [_, unified] = Array::unify_chunks([&x, &y]).try_into().unwrap();
        prop_assert_eq!(run(&unified), filled(&thin));
    }
}
