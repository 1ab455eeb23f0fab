//! Turned, reshaped and rechunked arrays, against ndarray.

use crate::run;
use ndarray::{ArrayD, IxDyn};
use partita_collections::array::{Array, Cut, UNKNOWN};
use proptest::prelude::*;

fn filled(shape: &[usize]) -> ArrayD<i64> {
    ArrayD::from_shape_vec(IxDyn(shape), (0..shape.iter().product::<usize>() as i64).collect()).unwrap()
}

/// Chunks of an axis, some of them empty.
pub(crate) fn chunks_of(length: usize) -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..=length, 0..3).prop_map(move |mut ends| {
        ends.extend([0, length]);
        ends.sort_unstable();
        ends.windows(2).map(|pair| pair[1] - pair[0]).collect()
    })
}

/// A shape and chunks for it.
pub(crate) fn cut(shape: Vec<usize>) -> impl Strategy<Value = (Vec<usize>, Vec<Vec<usize>>)> {
    let axes: Vec<_> = shape.iter().map(|&length| chunks_of(length)).collect();
    (Just(shape), axes)
}

/// Any shape of so many axes, and chunks for it.
pub(crate) fn any_array(ndim: std::ops::Range<usize>) -> impl Strategy<Value = (Vec<usize>, Vec<Vec<usize>>)> {
    proptest::collection::vec(0usize..7, ndim).prop_flat_map(cut)
}

proptest! {
    #[test]
    fn axes_in_any_order((shape, chunks) in any_array(0..5), keys in proptest::collection::vec(any::<u32>(), 5)) {
        let a = filled(&shape);
        let x = Array::from_array(a.clone(), chunks);
        let mut order: Vec<usize> = (0..shape.len()).collect();
        order.sort_by_key(|&axis| keys[axis]);
        let signed: Vec<isize> = order.iter().map(|&axis| axis as isize - shape.len() as isize).collect();
        prop_assert_eq!(run(&x.transpose(signed)), a.clone().permuted_axes(order));
        prop_assert_eq!(run(&x.t()), a.t());
        prop_assert_eq!(run(&(&x + &x.t().t())), &a + &a);
        if shape.len() > 1 {
            let mut swapped = a.clone();
            swapped.swap_axes(0, 1);
            prop_assert_eq!(run(&x.swapaxes(0, 1)), swapped.clone());
            prop_assert_eq!(run(&x.rot90(4, [0, 1])), a.clone());
            let mut turned = swapped;
            turned.invert_axis(ndarray::Axis(0));
            prop_assert_eq!(run(&x.rot90(1, [0, 1])), turned);
            prop_assert_eq!(run(&x.rot90(2, [0, 1]).rot90(-2, [0, 1])), a.clone());
            prop_assert_eq!(run(&x.rot90(3, [0, 1]).rot90(1, [0, 1])), a.clone());
        }
        let wide = x.expand_dims(-1).expand_dims(0);
        prop_assert_eq!(run(&wide), a.clone().insert_axis(ndarray::Axis(shape.len())).insert_axis(ndarray::Axis(0)));
        prop_assert_eq!(run(&wide.squeeze([0, -1])), a);
    }

    #[test]
    fn any_shape_of_as_many_elements(
        (factors, cuts) in proptest::collection::vec(1usize..5, 0..5).prop_flat_map(|factors| {
            let n = factors.len();
            (Just(factors), proptest::collection::vec(any::<bool>(), 2 * n))
        }),
        each in proptest::collection::vec(1usize..9, 6),
    ) {
        // Neighbouring factors are multiplied into the axes of two shapes.
        let shape = |joins: &[bool]| {
            let mut shape: Vec<usize> = Vec::new();
            for (&factor, &join) in factors.iter().zip(joins) {
                match shape.last_mut() {
                    Some(last) if join => *last *= factor,
                    _ => shape.push(factor),
                }
            }
            shape
        };
        let (from, to) = (shape(&cuts[..factors.len()]), shape(&cuts[factors.len()..]));
        let a = filled(&from);
        let chunks: Vec<Cut> = from.iter().zip(&each).map(|(_, &each)| Cut::Each(each)).collect();
        let x = Array::from_array(a.clone(), chunks);
        let reshaped = x.reshape(to.clone());
        prop_assert_eq!(reshaped.shape(), &to[..]);
        prop_assert_eq!(run(&reshaped), a.clone().into_shape_with_order(IxDyn(&to)).unwrap());
        prop_assert_eq!(run(&reshaped.reshape(from)), a.clone());
        prop_assert_eq!(run(&x.ravel()).into_raw_vec_and_offset().0, a.into_raw_vec_and_offset().0);
    }

    #[test]
    fn any_chunks((shape, old, new) in proptest::collection::vec(0usize..9, 0..4).prop_flat_map(|shape| {
        let axes: Vec<_> = shape.iter().map(|&length| (chunks_of(length), chunks_of(length))).collect();
        (Just(shape), axes).prop_map(|(shape, axes)| {
            let (old, new): (Vec<_>, Vec<_>) = axes.into_iter().unzip();
            (shape, old, new)
        })
    })) {
        let a = filled(&shape);
        let x = Array::from_array(a.clone(), old).rechunk(new.clone());
        prop_assert_eq!(x.chunks(), &new[..]);
        prop_assert_eq!(run(&x), a);
    }
}

#[test]
fn lengths_that_follow_and_lengths_that_do_not_fit() {
    let x = Array::<i64>::arange(0, 24, 1, 5);
    assert_eq!(x.reshape([2, UNKNOWN, 3]).shape(), [2, 4, 3]);
    assert_eq!(Array::<f64>::zeros([0, 3], 2).reshape([3, 0]).shape(), [3, 0]);
    let error = |array: Array<i64>| array.check().unwrap_err().to_string();
    assert!(error(x.reshape([5, 5])).starts_with("shape (24,) cannot become (5, 5): 24 elements are not 25"));
    assert!(error(x.reshape([UNKNOWN, UNKNOWN])).starts_with("shape (24,) cannot become (?, ?)"));
    assert!(error(x.transpose([1])).starts_with("`transpose` was asked for axis 1 of an array with 1 axis"));
    assert!(error(x.transpose([0, 0])).starts_with("`transpose` takes one number for each axis"));
    assert!(error(x.swapaxes(0, 3)).starts_with("`swapaxes` was asked for axis 3"));
    assert!(error(x.rechunk(0)).starts_with("chunks of length 0"));
}

#[test]
fn what_is_turned_stays_one_task_a_block() {
    use partita_collections::Collection;
    let x = Array::<f64>::full([40, 40], 1.0, 10).map(|x| x + 1.0);
    assert_eq!(x.t().sin().graph().check().unwrap().len(), 16);
    assert_eq!((&x + &x.t()).graph().check().unwrap().len(), 32, "each block is read twice, so it is kept");
    let tall = Array::<f64>::ones([1000, 10], [100, 10]);
    assert_eq!(tall.ravel().graph().check().unwrap().len(), 10, "blocks are runs already");
    assert_eq!(tall.reshape([100, 100]).chunks(), [vec![10; 10], vec![100]]);
}
