//! Linear algebra: what is refused when it is built, what only data can show, and what wraps around.

use crate::run;
use ndarray::{Array2, ArrayD};
use partita_collections::Array;
use partita_collections::array::Cut;
use partita_collections::array::linalg::{self, Compression, Norm, Triangle, einsum, norm_with};

#[test]
fn what_makes_no_sense_is_refused_with_both_values() {
    let ones = |rows: usize, columns: usize, chunk: usize| Array::<f64>::ones([rows, columns], chunk);
    let vector = Array::<f64>::ones(3, 2);
    let error = |array: &Array<f64>| array.check().unwrap_err().to_string();
    let table: Vec<(Array<f64>, &str)> = vec![
        (
            ones(2, 3, 1).dot(&ones(2, 3, 1)),
            "`dot` cannot pair axis 1 of shape (2, 3) with axis 0 of shape (2, 3): 3 is not 2",
        ),
        (ones(2, 3, 1).matmul(&Array::ones([], 1)), "`matmul` takes arrays with axes"),
        (Array::ones([2, 2, 3], 1).matmul(&Array::ones([3, 3, 2], 1)), "`matmul` cannot pair shapes (2,) and (3,)"),
        (ones(2, 3, 1).tensordot(&vector, 2), "`tensordot` cannot take `axes` = 2"),
        (ones(2, 3, 1).tensordot(&vector, ([1, 0], [0, 0])), "`tensordot` was asked for axis 0 twice"),
        (ones(2, 3, 1).outer(&vector), "`outer` takes vectors (`ravel()` first), and this array has shape (2, 3)"),
        (ones(2, 3, 1).vdot(&vector), "`vdot` cannot pair shapes (2, 3) and (3,)"),
        (vector.trace(), "`trace` takes an array of two axes or more"),
        (einsum("ij,jk->ik", &[&vector]), "it names 2 arrays, and there are 1"),
        (einsum("ij->i", &[&vector]), "\"ij\" names 2 axes, and array 0 has 1"),
        (einsum("i->j", &[&vector]), "no array has the axis `j` of the result"),
        (einsum("i->ii", &[&vector]), "the result has axis 0 twice"),
        (einsum("i1->i", &[&ones(2, 3, 1)]), "`1` is no letter"),
        (einsum("...i->i", &[&ones(2, 3, 1)]), "the result has no `...`"),
        (einsum("ii->i", &[&ones(2, 3, 1)]), "`einsum` cannot pair axis 0 of shape (2, 3) with axis 1"),
        (linalg::qr(&ones(4, 4, 2)).0, "`rechunk` axis 1 to one chunk of 4, or use `svd_compressed`"),
        (linalg::qr(&ones(4, 6, 4).dot(&ones(6, 6, 2))).1, "`qr` needs a first chunk with as many columns as rows"),
        (linalg::svd(&vector).0, "`svd` takes a matrix, and this array has shape (3,)"),
        (linalg::svd_compressed(&ones(4, 3, 2), 4, Compression::default()).0, "cannot take `rank` = 4"),
        (linalg::cholesky(&ones(2, 3, 1), Triangle::Lower), "`cholesky` takes a square matrix"),
        (
            linalg::solve(&ones(3, 3, 2), &ones(2, 3, 1)),
            "`solve` cannot pair axis 1 of shape (3, 3) with axis 0 of shape (2, 3)",
        ),
        (norm_with(&vector, Norm::Nuclear, None), "`norm` cannot take `order` = Nuclear"),
        (norm_with(&ones(2, 3, 1), Norm::P(3.0), None), "`norm` cannot take `order` = P(3.0)"),
        (
            norm_with(&Array::<f64>::ones([2, 2, 2], 1), Norm::P(1.0), None),
            "a norm with an order is over one axis or two",
        ),
        (
            ones(1 << 20, 2, 1 << 20).dot(&ones(2, 1 << 20, 1 << 20)),
            "`dot` would make blocks of shape (1048576, 1048576), 8.0 TiB each",
        ),
    ];
    for (array, expected) in table {
        let found = error(&array);
        assert!(found.contains(expected), "{found}\nhas no\n{expected}");
        assert!(found.contains("array_linalg_refused.rs"), "the line of the expression is told: {found}");
    }
}

#[test]
fn what_only_data_can_show_fails_with_the_place() {
    let fails = |array: &Array<f64>, expected: &str| {
        let error = partita_collections::bag::on_reference(array).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\nhas no\n{expected}");
    };
    let mut x = Array2::<f64>::eye(5);
    x[[3, 3]] = 0.0;
    let array = |x: &Array2<f64>| Array::from_array(x.clone(), 2);
    let right = Array::<f64>::ones(5, 2);
    fails(&linalg::lu(&array(&x)).2, "block (1, 1) has no inverse: pivot 3 of the matrix is 0");
    fails(&linalg::solve(&array(&x), &right), "`solve`: block (1, 1) has no inverse: pivot 3 of the matrix is 0");
    fails(&linalg::inv(&array(&x)), "`inv`: block (1, 1)");
    fails(
        &linalg::solve_triangular(&array(&x), &right, Triangle::Lower),
        "block (1, 1), element 3 of the diagonal is 0",
    );
    x[[3, 3]] = -1.0;
    fails(&linalg::cholesky(&array(&x), Triangle::Lower), "not positive definite: block (1, 1), pivot 3 of the matrix");
    x[[4, 4]] = f64::NAN;
    x[[3, 3]] = 1.0;
    fails(&linalg::cholesky(&array(&x), Triangle::Upper), "block (2, 2), pivot 4 of the matrix");
    fails(&linalg::svd(&Array::from_array(x, Cut::Whole)).1, "`svd`: the matrix has NaN or infinite elements");
    fails(&norm_with(&Array::<f64>::ones(0, 1), Norm::Infinity, None), "`norm` of no elements has no value");
}

#[test]
fn nan_spreads_through_norms() {
    let x = Array::from_array(ndarray::array![1.0, f64::NAN, 3.0], 1);
    for order in [Norm::Euclidean, Norm::Infinity, Norm::NegativeInfinity, Norm::P(1.0), Norm::P(3.0)] {
        assert!(run(&norm_with(&x, order, None).item()).is_nan(), "{order:?}");
    }
    assert_eq!(run(&norm_with(&x, Norm::P(0.0), None).item()), 3.0);
}

#[test]
fn integers_wrap_and_bytes_stay_bytes() {
    let x = Array::<i32>::full([2, 3], i32::MAX, [1, 2]);
    let y = Array::<i32>::full([3, 2], 2, [2, 1]);
    assert_eq!(run(&x.dot(&y)), ArrayD::from_elem(vec![2, 2], i32::MAX.wrapping_mul(2).wrapping_mul(3)));
    assert_eq!(run(&x.trace().item()), 2 * i64::from(i32::MAX));
    let bytes = Array::<u8>::full(3, 200, 2);
    assert_eq!(run(&bytes.vdot(&bytes).item()), (3 * 200u32 * 200) as u8);
}

/// FAULTS G10.
#[test]
fn products_of_nothing_are_zero() {
    let x = Array::<f64>::ones([2, 0], 1);
    assert_eq!(run(&x.dot(&Array::ones([0, 3], 1))), ArrayD::<f64>::zeros(vec![2, 3]));
    assert_eq!(run(&Array::<f64>::ones([0, 2], 1).dot(&Array::ones([2, 0], 1))).shape(), [0, 0]);
    assert_eq!(run(&linalg::norm(&x).item()), 0.0);
    assert_eq!(run(&x.trace().item()), 0.0);
}
