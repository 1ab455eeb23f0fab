//! Arrays with an axis of a length that only computing tells, in all that goes on with them.

use crate::run;
use ndarray::{Axis, s as nd};
use partita_collections::Array;
use partita_collections::array::{Boundary, Outline, UNKNOWN, s};

#[test]
fn lengths_that_are_not_known() {
    let all = ndarray::Array::from_iter((0..42).map(|i| i * 5 % 17)).into_shape_with_order((6, 7)).unwrap().into_dyn();
    let x = Array::<i64>::from_array(all.clone(), [4, 3]);
    let large: Vec<usize> = (0..6).filter(|&row| all[[row, 0]] % 2 == 1).collect();
    let rows = x.mask_axis(&(x.index_axis(1, 0) % 2).eq(1), 0);
    let expected = all.select(Axis(0), &large);
    assert_eq!(rows.shape(), [UNKNOWN, 7]);
    assert_eq!(run(&rows.map_blocks(|block| &block + 1)), &expected + 1);
    let ranges = rows.map_blocks_to(Outline::same(), |info, block| {
        assert_eq!((info.ranges()[0].clone(), info.shape()), (UNKNOWN..UNKNOWN, &[UNKNOWN, 7][..]));
        block.mapv(|_| info.ranges()[1].start as i64)
    });
    assert_eq!(run(&ranges).index_axis(Axis(0), 0), ndarray::array![0, 0, 0, 3, 3, 3, 6].into_dyn());
    assert_eq!(run(&rows.slice(s![.., ..;-2])), expected.slice(nd![.., ..;-2]).to_owned().into_dyn());
    assert_eq!(run(&rows.take([6, 0], 1)), expected.select(Axis(1), &[6, 0]));
    let mut zeros = expected.clone();
    zeros.slice_mut(nd![.., 2..5]).fill(0);
    assert_eq!(run(&rows.set(s![.., 2..5], 0)), zeros);
    assert_eq!(run(&rows.delete([1], 1)), expected.select(Axis(1), &[0, 2, 3, 4, 5, 6]));
    let sums = rows.apply_gufunc("(i)->()", |row| ndarray::arr0(row.sum()).into_dyn());
    assert_eq!(run(&sums), expected.sum_axis(Axis(1)));
    assert_eq!(run(&rows.to_bag_of_rows()).len(), large.len());
    let windows = rows.sliding_window_view([3], [1]);
    assert_eq!(run(&windows.sum_axis(-1)).shape(), [large.len(), 5]);
    let around = rows.map_overlap([0, 1], Boundary::Periodic, |block| block.to_owned());
    assert_eq!(run(&around), expected);
    let first: Vec<usize> = large.iter().copied().filter(|&row| row < 4).collect();
    assert_eq!(run(&rows.partitions(s![0, ..])), all.select(Axis(0), &first));
    let both = Array::blockwise2("ij", |x, y| &x - &y, (&rows, "ij"), (&rows, "ij"));
    assert!(run(&both).iter().all(|&x| x == 0));
    assert!(rows.mask(&rows.gt(3)).check().is_err(), "C order takes rows in one piece, and so their number");
    let column = rows.index_axis(1, 3);
    let some: Vec<i64> = expected.index_axis(Axis(1), 3).iter().copied().filter(|&x| x > 3).collect();
    assert_eq!(run(&column.mask(&column.gt(3))), ndarray::Array1::from(some).into_dyn());
}
