//! Arrays with one axis of unknown length: what works along the other one, what along both, and what is refused.

use super::array_lines::{along, chunked, close, each_line};
use super::run;
use crate::on_reference;
use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, Slice, SliceInfoElem, s as nd};
use num_complex::Complex;
use partita_collections::Array;
use partita_collections::array::linalg::{self, Norm, norm_with};
use partita_collections::array::{Boundary, Chunk, Cut, Element, Pad, UNKNOWN, fft, keep, s};
use proptest::prelude::*;

/// A matrix of which some rows, or columns, were taken by a mask: as plain elements, with all lengths known, and with one
/// of them unknown.
#[derive(Clone, Debug)]
struct Half {
    plain: ArrayD<i64>,
    known: Array<i64>,
    half: Array<i64>,
    /// The axis of known length, 1 and more.
    axis: usize,
    /// The axis of unknown length.
    other: usize,
}

impl Half {
    fn new(all: ArrayD<i64>, sizes: &[Vec<usize>], held: &[bool], axis: usize) -> Self {
        let other = 1 - axis;
        let held = &held[..all.shape()[other]];
        let places: Vec<usize> = (0..held.len()).filter(|&at| held[at]).collect();
        let plain = all.select(Axis(other), &places);
        let mask = Array::from_array(ndarray::Array1::from(held.to_vec()), 3);
        let half = chunked(&all, sizes).mask_axis(&mask, other as isize);
        assert_eq!(half.shape()[other], UNKNOWN);
        Half { known: chunked(&plain, sizes), plain, half, axis, other }
    }

    /// Checks that an operation gives the same whether all lengths are known or not.
    fn check<T: Element>(
        &self,
        name: &str,
        same: impl Fn(&ArrayD<T>, &ArrayD<T>) -> bool,
        of: impl Fn(&Array<i64>, isize) -> Array<T>,
    ) {
        let (found, expected) = (of(&self.half, self.axis as isize), of(&self.known, self.axis as isize));
        match (on_reference(&found), on_reference(&expected)) {
            (Ok(all), Ok(expected)) => {
                assert!(same(&all, &expected), "{name}: {all} is not {expected}");
                let told = |(&length, &real): (&usize, &usize)| length == UNKNOWN || length == real;
                assert!(found.shape().iter().zip(all.shape()).all(told), "{name}: {:?}", found.shape());
                // Each block is of the shape that was told before.
                run(&found.chunk_sizes());
            }
            (Err(error), Err(_)) => assert!(!error.to_string().contains("compute_chunk_sizes"), "{name}: {error}"),
            (found, expected) => panic!("{name}: {found:?} is not {expected:?}"),
        }
    }

    fn same<T: Element>(&self, name: &str, of: impl Fn(&Array<i64>, isize) -> Array<T>) {
        self.check(name, |found, expected| found == expected, of);
    }

    fn near(&self, name: &str, of: impl Fn(&Array<i64>, isize) -> Array<f64>) {
        self.check(name, |found, expected| close(found, expected, 1e-12), of);
    }

    /// Checks an operation along the known axis against a plain function of its lines.
    fn lines<T: Element>(
        &self,
        name: &str,
        of: impl Fn(&Array<i64>, isize) -> Array<T>,
        plain: impl Fn(&[i64]) -> Vec<T>,
    ) {
        let expected = each_line(&self.plain, self.axis, plain);
        assert_eq!(run(&of(&self.half, self.axis as isize)), expected, "{name}");
    }

    /// One number for each axis: this one along the known axis, the other along the unknown one.
    fn pair<N>(&self, along: N, across: N) -> Vec<N> {
        if self.axis == 0 { vec![along, across] } else { vec![across, along] }
    }
}

fn halves() -> impl Strategy<Value = Half> {
    let sizes = prop::collection::vec(prop::collection::vec(0..4usize, 0..4), 2);
    let held = prop::collection::vec(any::<bool>(), 6);
    (1..7usize, 0..7usize, 0..2usize, sizes, held, prop::collection::vec(-9i64..9, 36)).prop_map(
        |(along, across, axis, sizes, held, elements)| {
            let lengths = if axis == 0 { [along, across] } else { [across, along] };
            let all = ArrayD::from_shape_vec(IxDyn(&lengths), elements[..along * across].to_vec()).unwrap();
            Half::new(all, &sizes, &held, axis)
        },
    )
}

/// Six columns, some rows of which were taken.
fn rows() -> Half {
    let all = ArrayD::from_shape_fn(IxDyn(&[7, 6]), |at| (at[0] * 6 + at[1]) as i64 * 5 % 17);
    Half::new(all, &[vec![3, 2], vec![2, 2]], &[true, true, false, false, false, true, false], 1)
}

#[test]
fn elements_move_along_the_known_axis() {
    let half = rows();
    let x = &half.half;
    assert_eq!(x.chunks(), [vec![UNKNOWN; 4], vec![2, 2, 2]]);
    assert_eq!(x.roll(1, 1).chunks(), x.chunks());
    assert_eq!(x.diff(2, 1).shape(), [UNKNOWN, 4]);
    assert_eq!(x.topk(4, 1).shape(), [UNKNOWN, 4]);
    assert_eq!(x.topk(4, 0).shape(), [UNKNOWN, 6]);
    assert_eq!(x.argmax(1).chunks(), [vec![UNKNOWN; 4]]);
    assert_eq!(x.pad([(0, 0), (1, 0)], Pad::Constant(0)).chunks(), [vec![UNKNOWN; 4], vec![1, 2, 2, 2]]);
    assert_eq!(x.tile([0, 1]).shape(), [0, 6]);
    let both = Array::stack([x, x], 1).mask_axis(&Array::from_array(ndarray::array![false, true], 1), 1);
    assert_eq!(both.roll(2, 2).shape(), [UNKNOWN, UNKNOWN, 6]);
    assert_eq!(run(&both.roll(2, 2)).index_axis_move(Axis(1), 0), run(&x.roll(2, 1)));
    let rolled = run(&x.roll(-1, 1));
    assert_eq!(rolled.slice(nd![.., ..5]), half.plain.slice(nd![.., 1..]));
    assert_eq!(rolled.slice(nd![.., 5]), half.plain.slice(nd![.., 0]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn lines_are_what_plain_loops_make_of_them(half in halves(), n in -7isize..8) {
        let length = half.plain.shape()[half.axis];
        half.lines("roll", |x, axis| x.roll(n, axis), |line| {
            let mut line = line.to_vec();
            line.rotate_right(n.rem_euclid(length as isize) as usize);
            line
        });
        half.lines("repeat", |x, axis| x.repeat(3, axis), |line| line.iter().flat_map(|&x| [x; 3]).collect());
        let widths = half.pair((2, 1), (0, 0));
        half.lines("pad", |x, _| x.pad(widths.clone(), Pad::Constant(7)), |line| [&[7, 7], line, &[7]].concat());
        half.lines("diff", |x, axis| x.diff(1, axis), |line| line.windows(2).map(|two| two[1] - two[0]).collect());
        half.lines("topk", |x, axis| x.topk(3, axis), |line| {
            let mut line = line.to_vec();
            line.sort_by(|a, b| b.cmp(a));
            line.truncate(3);
            line
        });
        half.lines("argtopk", |x, axis| x.argtopk(-2, axis), |line| {
            let mut places: Vec<i64> = (0..line.len() as i64).collect();
            places.sort_by_key(|&at| line[at as usize]);
            places.truncate(2);
            places
        });
        half.lines("cumsum", |x, axis| x.cumsum(axis), |line| {
            line.iter().scan(0, |sum, x| { *sum += x; Some(*sum) }).collect()
        });
        if length > 1 {
            half.lines("gradient", |x, axis| x.gradient(1.0, axis), |line| {
                let ends = |at: usize| (at.saturating_sub(1), (at + 1).min(length - 1));
                (0..length).map(ends).map(|(a, b)| (line[b] - line[a]) as f64 / (b - a) as f64).collect()
            });
        }
        let best = |line: &[i64]| (0..line.len()).rev().max_by_key(|&at| line[at]).unwrap() as i64;
        let expected = along(&half.plain, &[half.axis as isize], false, best);
        prop_assert_eq!(run(&half.half.argmax(half.axis as isize)), expected);
    }

    #[test]
    fn shapes_change_as_if_all_was_known(half in halves(), n in 0..4usize) {
        let other = half.other as isize;
        half.same("roll_axes", |x, axis| x.roll_axes(&[(n as isize, axis), (2, axis)]));
        let counts: Vec<usize> = (0..half.plain.shape()[half.axis]).map(|at| (at + n) % 3).collect();
        half.same("repeat", |x, axis| x.repeat(counts.clone(), axis));
        half.same("repeat 0", |x, axis| x.repeat(0, axis));
        half.same("tile", |x, _| x.tile(half.pair(n, 1)));
        half.same("tile both", |x, _| x.tile(half.pair(2, n)));
        half.same("tile more", |x, _| x.tile([2, 1, n]));
        for mode in [Pad::Constant(3), Pad::Edge, Pad::Reflect, Pad::Symmetric, Pad::Wrap] {
            half.same("pad", |x, _| x.pad(half.pair((n, 3), (0, 0)), mode));
        }
        half.same("flip", |x, axis| x.flip(axis));
        half.same("rechunk_axis", |x, axis| x.rechunk_axis(axis, n + 1));
        half.same("t", |x, _| x.t());
        half.same("moveaxis", |x, axis| x.moveaxis(axis, 0));
        half.same("squeeze", |x, axis| x.expand_dims(1).rechunk_axis(1, vec![0, 1, 0]).squeeze(1).roll(1, axis));
        half.same("concatenate", |x, axis| Array::concatenate([x, &x.flip(axis)], axis));
        half.same("concatenate across", |x, axis| Array::concatenate([x, &x.flip(axis), &half.known], other));
        half.same("stack", |x, _| Array::stack([x, x], 1));
        half.same("append", |x, axis| x.append(&x.roll(1, axis), axis));
        half.same("block", |x, _| Array::block(vec![vec![x, x]]));
        half.same("dstack", |x, _| Array::dstack([x, x]));
        half.same("tril", |x, axis| Array::stack([x, x], -1).moveaxis(axis, -1).tril(0));
        half.same("diagonal", |x, axis| Array::stack([x, x], 0).diagonal(n as isize - 1, 0, axis + 1));
        half.same("ones_like", |x, _| x.ones_like());
    }

    #[test]
    fn elements_are_picked_and_replaced_as_if_all_was_known(half in halves(), n in 0..6usize) {
        let length = half.plain.shape()[half.axis];
        let place = (n % length) as isize;
        let values = Array::arange(10, 12, 1, 1).reshape(half.pair(2, 1));
        let part = half.pair(Slice::from(..).step_by(2).into(), SliceInfoElem::from(..));
        half.same("slice", |x, _| x.slice(&part));
        half.same("index_axis", |x, axis| x.index_axis(axis, place));
        half.same("take", |x, axis| x.take([place, 0, -1], axis));
        half.same("take_array", |x, axis| x.take_array(&Array::arange(0, length as i64, 1, 2), axis));
        half.same("compress", |x, axis| x.compress([true], axis));
        half.same("mask_axis", |x, axis| x.mask_axis(&Array::arange(0, length as i64, 1, 2).gt(1), axis));
        half.same("delete", |x, axis| x.delete([place], axis));
        half.same("insert", |x, axis| x.insert([place, 0], 5, axis));
        half.same("insert array", |x, axis| x.insert([place, 0], &values, axis));
        half.same("insert own", |x, axis| x.insert([0], x.index_axis(axis, place).expand_dims(axis), axis));
        half.same("set", |x, _| x.set(&part, 5));
        let line = Array::arange(20, 20 + (length.div_ceil(2)) as i64, 1, 2).reshape(half.pair(UNKNOWN, 1));
        half.same("set array", |x, _| x.set(&part, &line));
        half.same("set own", |x, _| x.set(&part, -x.slice(&part)));
        let one = half.pair(SliceInfoElem::Index(0), SliceInfoElem::from(..));
        half.same("set one", |x, axis| x.set(&one, x.index_axis(axis, place)));
        half.same("set_where", |x, _| x.set_where(&x.gt(2), x));
        half.same("where", |x, _| Array::where_(&x.gt(2), x, &-x));
        half.same("choose", |x, _| (x % 2).eq(0).astype::<i64>().choose(&[x, &-x]));
        let first = half.pair(SliceInfoElem::from(..1), SliceInfoElem::from(..));
        half.same("partitions", |x, _| x.partitions(&first));
        half.same("coarsen", |x, _| x.coarsen(half.pair(n + 1, 1), true, |cell| cell.sum()));
        half.same("isin", |x, _| x.isin(&Array::arange(0, 3, 1, 2)));
    }

    #[test]
    fn scans_and_reductions_are_as_if_all_was_known(half in halves(), n in 1..4usize) {
        let (count, other) = (n as isize, half.other as isize);
        half.same("diff", |x, axis| x.diff(n, axis));
        let places: Vec<f64> = (0..half.plain.shape()[half.axis]).map(|at| (at * at) as f64).collect();
        half.near("gradient", |x, axis| x.gradient(places.clone(), axis));
        half.same("cumsum across", |x, _| x.cumsum(other));
        half.same("cumprod", |x, axis| x.cumprod(axis));
        half.same("push", |x, axis| x.astype::<f64>().push(None, axis));
        for axis in [half.axis as isize, other] {
            half.same("sum", |x, _| x.sum_axis(axis));
            half.same("prod", |x, _| x.prod_axis(keep(axis)));
            half.same("min", |x, _| x.min_axis(axis));
            half.same("max", |x, _| x.max_axis(axis));
            half.same("any", |x, _| x.any_axis(axis));
            half.same("count_nonzero", |x, _| x.count_nonzero_axis(axis));
            half.same("topk", |x, _| x.topk(count, axis));
            half.same("topk of the smallest", |x, _| x.topk(-count, axis));
            half.near("mean", |x, _| x.mean(axis));
            half.near("var", |x, _| x.var(axis, 1));
            half.near("moment", |x, _| x.moment(3, axis));
            half.near("norm", |x, _| norm_with(&x.astype::<f64>(), Norm::P(1.0), axis));
        }
        half.same("sum of all", |x, _| x.sum());
        half.same("argmin", |x, axis| x.argmin(axis));
        half.same("argmax", |x, axis| x.argmax(keep(axis)));
        half.same("nanargmin", |x, axis| x.astype::<f64>().nanargmin(axis));
        half.same("nanargmax", |x, axis| x.astype::<f64>().nanargmax(axis));
        half.same("argmax of two axes", |x, axis| Array::stack([x, x], 0).argmax([0, axis + 1]));
        half.same("argtopk", |x, axis| x.argtopk(count, axis));
        half.near("median", |x, axis| x.median(axis));
        half.near("quantile", |x, axis| x.quantile([0.1, 0.7], axis));
        let weights = Array::from_array(ndarray::Array1::from(places.clone()), 2);
        half.near("average", |x, axis| x.average(axis, &weights));
        half.near("average across", |x, axis| x.average(other, &x.index_axis(axis, 0).astype::<f64>()));
        half.same("reduction", |x, axis| {
            let sums = |block: ArrayViewD<'_, i64>, axis| block.sum_axis(axis).insert_axis(axis);
            let add = |some: &[&Chunk<i64>]| {
                let all = some.iter().map(|sums| sums.view().to_owned()).reduce(|a, b| a + b);
                Chunk::from(all.unwrap())
            };
            x.reduction(axis, move |block, axes| sums(block, Axis(axes[0])).into(), add, |sums| sums.view().to_owned())
        });
    }

    #[test]
    fn functions_of_blocks_are_as_if_all_was_known(half in halves(), n in 1..3usize) {
        let length = half.plain.shape()[half.axis];
        let depth = n.min(length);
        half.same("apply_along_axis", |x, axis| x.apply_along_axis(axis, |line| line.sum()));
        half.same("apply_along_axis_to", |x, axis| x.apply_along_axis_to(axis, 1, |line| ndarray::array![line.sum()]));
        half.same("apply_gufunc", |x, axis| {
            x.moveaxis(axis, -1).apply_gufunc("(i)->()", |line| ndarray::arr0(line.sum()).into_dyn())
        });
        let depths = half.pair(depth, 0);
        half.same("map_overlap", |x, _| {
            x.map_overlap(depths.clone(), Boundary::Reflect, |block: ArrayViewD<'_, i64>| block.mapv(|x| x + 1))
        });
        half.same("trim_internal", |x, _| {
            x.overlap(depths.clone(), Boundary::Periodic).trim_internal(depths.clone(), Boundary::Periodic)
        });
        half.same("overlap", |x, axis| {
            x.rechunk_axis(axis, length).overlap(depths.clone(), Boundary::Constant(4))
        });
        half.same("windows", |x, axis| x.sliding_window_view([depth], [axis]));
        half.same("apply_over_axes", |x, axis| x.apply_over_axes(|x, axis| x.sum_axis(keep(axis)), [axis]));
    }

    #[test]
    fn other_functions_are_as_if_all_was_known(half in halves()) {
        half.same("unique", |x, _| x.unique());
        half.same("digitize", |x, _| x.digitize(vec![-2, 3], false));
        half.same("histogram", |x, _| x.histogram((3, -5.0, 5.0)).0);
        half.same("bincount", |x, axis| x.index_axis(axis, 0).abs().bincount(0));
        half.same("searchsorted", |x, _| Array::arange(-4, 5, 1, 3).searchsorted(x, Default::default()));
        let weights = Array::arange(0, half.plain.shape()[half.axis] as i64, 1, 2);
        half.same("dot", |x, axis| x.moveaxis(axis, -1).dot(&weights));
        half.same("tensordot", |x, axis| x.tensordot(&weights, ([axis], [0])));
        half.near("cov", |x, axis| x.moveaxis(axis, 0).cov(0));
        half.same("vdot", |x, axis| x.vdot(&x.roll(1, axis)));
        half.same("einsum", |x, axis| linalg::einsum("ij,ik->jk", &[&x.moveaxis(axis, 1), &x.moveaxis(axis, 1)]));
        half.same("unify_chunks", |x, _| Array::unify_chunks([x, &x.rechunk_axis(half.axis as isize, 1)]).remove(0));
        half.near("fft", |x, axis| {
            let lines = x.astype::<Complex<f64>>().moveaxis(axis, -1);
            fft::fft(&lines.rechunk_axis(-1, Cut::Whole)).abs()
        });
        half.same("fftshift", |x, axis| fft::fftshift(x, axis));
    }
}

#[test]
fn what_needs_the_unknown_length_says_so() {
    let x = &rows().half;
    let column = Array::<i64>::arange(0, 3, 1, 2).reshape([3, 1]);
    let matrices = Array::stack([x, x], 0);
    let refused: [(&str, Array<i64>); 35] = [
        ("roll", x.roll(1, 0)),
        ("roll of all", x.roll(1, None)),
        ("roll_axes", x.roll_axes(&[(1, 1), (1, 0)])),
        ("repeat", x.repeat(2, 0)),
        ("repeat of all", x.repeat(2, None)),
        ("pad", x.pad(1, Pad::Constant(0))),
        ("flip", x.flip(0)),
        ("rot90", x.rot90(1, [1, 0])),
        ("rechunk", x.rechunk(2)),
        ("rechunk_axis", x.rechunk_axis(0, 2)),
        ("reshape", x.reshape([UNKNOWN, 3])),
        ("ravel", x.ravel()),
        ("diff", x.diff(1, 0)),
        ("cumsum of all", x.cumsum(None)),
        ("argmax", x.argmax(0)),
        ("argmin of all", x.argmin(None)),
        ("argtopk", x.argtopk(2, 0)),
        ("slice", x.slice(s![1..])),
        ("index_axis", x.index_axis(0, -1)),
        ("take", x.take([0], 0)),
        ("delete", x.delete([0], 0)),
        ("insert", x.insert([0], 1, 0)),
        ("insert of a column", x.insert([0], &column, 1)),
        ("set of a column", x.set(s![.., 0], column.ravel())),
        ("set of other chunks", x.set(s![.., 0], x.partitions(s![1..]).index_axis(1, 0))),
        ("broadcast_to", x.broadcast_to([2, UNKNOWN, 6])),
        ("broadcast_arrays", Array::broadcast_arrays([x, &x.slice(s![.., 0])]).remove(1)),
        ("vindex", x.vindex(&[&[0], &[1]])),
        ("mask", x.mask(&x.gt(3))),
        ("argwhere", x.argwhere()),
        ("tril", x.tril(0)),
        ("diagonal", matrices.diagonal(0, 0, 1)),
        ("coarsen", x.coarsen([2, 2], true, |cell| cell.sum())),
        ("overlap", x.overlap(1, Boundary::None)),
        ("windows", x.sliding_window_view([2], [0])),
    ];
    for (name, array) in refused {
        let error = array.check().unwrap_err().to_string();
        let (line, remedy) = (error.contains("array_half_known.rs"), error.contains("`compute_chunk_sizes()` first"));
        assert!(line && remedy && !error.contains("`chunks`"), "{name}: {error}");
    }
    for slopes in [x.gradient(1.0, 0), x.median(0), x.quantile([0.5], None)] {
        assert!(slopes.check().unwrap_err().to_string().contains("needs to know how long axis 0 is"));
    }
}
