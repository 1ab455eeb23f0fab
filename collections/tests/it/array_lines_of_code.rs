//! Every array knows the line of the user's code that made it.

use num_complex::Complex;
use partita_collections::Array;
use partita_collections::array::{Boundary, Indexing, Nested, Outline, Pad, PadBy, Side, fft, linalg, random, s};

/// Checks that these expressions are of this file.
macro_rules! lines {
    ($($expression:expr),* $(,)?) => {
        let mut others = Vec::new();
        $({
            let array = $expression;
            let place = array.node().place.to_string();
            if !place.contains("array_lines_of_code.rs") {
                others.push(format!("{} is of {place}", stringify!($expression)));
            }
        })*
        assert!(others.is_empty(), "{}", others.join("\n"));
    };
}

/// What the expressions are made of.
struct Given {
    m: Array<i64>,
    f: Array<f64>,
    c: Array<Complex<f64>>,
    b: Array<bool>,
    w: Array<f64>,
    sq: Array<f64>,
}

fn given() -> Given {
    let numbers = ndarray::Array2::from_shape_fn((5, 6), |(i, j)| ((6 * i + j) * 7 % 11) as i64);
    let m = Array::from_array(numbers, [2, 3]);
    let f = m.astype::<f64>();
    let (c, b, w) = (Array::from_parts_of(&f, &f), m.gt(4), f.ravel());
    let sq = f.slice(s![.., ..5]).rechunk(2);
    Given { m, f, c, b, w, sq }
}

#[test]
fn layers_of_group_1_are_of_the_line_that_wrote_them() {
    let Given { m, f, c, b, .. } = &given();
    lines!(
        f.sin(),
        f.map(|x| x),
        f.zip_with(f, |x, y| x + y),
        f + f,
        f + 1.0,
        1.0 - f,
        -f,
        !b,
        f.gt(1.0),
        f.gt(f),
        m & m,
        f.round(1),
        f.powi(2),
        f.pow(2.0),
        f.isclose(f, 0.1, 0.1),
        f.allclose(f, 0.1, 0.1),
        f.clip(0.0, 1.0),
        f.divmod(2.0).0,
        m.astype::<f32>(),
        m.view_as::<f64>(),
        f.isnull(),
        m.is_missing(),
        c.real(),
        c.abs(),
        c.conj(),
        b.logical_not(),
        b.logical_and(b),
        f.true_divide(2.0),
        f.floor_divide(2.0),
        f.ldexp(3),
        Array::where_(b, f, f),
        f.sum(),
        f.sum_axis(0),
        f.mean(0),
        f.var(0, 0)
    );
}

#[test]
fn layers_of_group_2_are_of_the_line_that_wrote_them() {
    let Given { f, .. } = &given();
    lines!(
        f.std(0, 0),
        f.moment(3, 0),
        f.skew(0),
        f.kurtosis(0),
        f.nanvar(0, 0),
        f.max(),
        f.ptp(0),
        f.argmax(0),
        f.topk(2, 0),
        f.argtopk(2, 0),
        f.median(0),
        f.quantile([0.1], 0),
        f.cumsum(0),
        f.cumsum(None),
        f.cumprod(0),
        f.diff(1, 0),
        f.ediff1d(),
        f.gradient(1.0, 0),
        f.push(None, 0),
        f.any(),
        f.count_nonzero(),
        f.average(0, f),
        f.cov(1),
        f.corrcoef(),
        f.prod(),
        f.nansum(0),
        f.nanmean(0),
        f.nanmax(0),
        f.reshape([30]),
        f.ravel(),
        f.rechunk(5),
        f.rechunk_axis(0, 5),
        f.t(),
        f.transpose([1, 0])
    );
}

#[test]
fn layers_of_group_3_are_of_the_line_that_wrote_them() {
    let Given { f, w, .. } = &given();
    lines!(
        f.swapaxes(0, 1),
        f.moveaxis(0, 1),
        f.rollaxis(1, 0),
        f.rot90(1, [0, 1]),
        f.expand_dims(0),
        f.expand_dims(0).squeeze(None),
        f.flip(0),
        f.fliplr(),
        f.roll(1, 0),
        f.roll(1, None),
        f.tile([2, 2]),
        f.repeat(2, 0),
        f.repeat(2, None),
        f.pad(1, Pad::Edge),
        f.pad_by(1, PadBy::Maximum),
        Array::concatenate([f, f], 0),
        Array::stack([f, f], 0),
        Array::hstack([f, f]),
        Array::vstack([w, w]),
        Array::dstack([f, f]),
        f.append(f, 0),
        w.atleast_2d(),
        w.atleast_3d(),
        f.broadcast_to([2, 5, 6]),
        Array::broadcast_arrays([f, w]).pop().unwrap(),
        Array::unify_chunks([f, &f.rechunk(1)]).remove(0),
        Array::block(Nested::from(vec![Nested::from(f), Nested::from(f)])),
        f.slice(s![1..]),
        f.index_axis(0, 1),
        f.partitions(s![1]),
        f.take([1], 0),
        f.take_array(&Array::arange(0, 2, 1, 1), 0),
        f.compress([true], 0),
        f.delete([1], 0),
        f.insert([1], 1.0, 0)
    );
}

#[test]
fn layers_of_group_4_are_of_the_line_that_wrote_them() {
    let Given { m, f, b, w, .. } = &given();
    lines!(
        f.vindex(&[&[0], &[1]]),
        f.mask(b),
        f.extract(b),
        f.mask_axis(&b.index_axis(1, 0), 0),
        f.argwhere(),
        f.nonzero().remove(0),
        f.flatnonzero(),
        f.set(s![1], 1.0),
        f.set_where(b, 1.0),
        f.set_where(b, f),
        m.choose(&[f, f]),
        Array::select_by(&[(b, f)], 0.0),
        m.unravel_index([5, 5]).remove(0),
        Array::ravel_multi_index(&[m, m], [20, 20]),
        Array::<i64>::tril_indices(3, 3, 0, 2)[0].clone(),
        m.slice(s![.., ..5]).tril_indices_from(0)[0].clone(),
        Array::<i64>::triu_indices(3, 3, 0, 2)[0].clone(),
        m.unique(),
        m.unique_counts().1,
        m.unique_index().1,
        m.unique_inverse().1,
        m.union1d(m),
        m.isin(m),
        m.digitize(vec![1], false),
        w.searchsorted(w, Side::Left),
        m.ravel().bincount(0),
        m.ravel().bincount_weighted(0, w),
        f.histogram((2, 0.0, 1.0)).0,
        f.histogram((2, 0.0, 1.0)).1,
        f.histogram_weighted((2, 0.0, 1.0), f).0,
        f.histogram_density((2, 0.0, 1.0), None).0,
        w.histogram2d(w, (2, 0.0, 1.0), (2, 0.0, 1.0), None).0,
        f.dot(&f.t()),
        f.matmul(&f.t())
    );
}

#[test]
fn layers_of_group_5_are_of_the_line_that_wrote_them() {
    let Given { f, b, w, sq, .. } = &given();
    lines!(
        f.tensordot(f, 2),
        w.outer(w),
        f.vdot(f),
        f.trace(),
        linalg::inner(f, f),
        linalg::einsum("ij->i", &[f]),
        linalg::norm(f),
        linalg::norm_with(f, linalg::Norm::P(1.0), None),
        linalg::qr(&f.rechunk([5, 6])).0,
        linalg::qr(&f.rechunk([2, 6])).1,
        linalg::sfqr(&f.rechunk([5, 2])).0,
        linalg::svd(&f.rechunk([2, 6])).1,
        linalg::svd_compressed(f, 2, Default::default()).0,
        linalg::lu(sq).0,
        linalg::solve(sq, sq),
        linalg::inv(sq),
        linalg::cholesky(sq, linalg::Triangle::Lower),
        linalg::solve_triangular(sq, sq, linalg::Triangle::Lower),
        linalg::solve_positive(sq, sq),
        linalg::lstsq(&f.rechunk([2, 6]), &f.slice(s![.., 0])).solution,
        f.dot(&w.slice(s![..6])),
        fft::fft(&f.rechunk(6)),
        fft::rfft(&f.rechunk(6)),
        fft::fft2(&f.rechunk(6)),
        fft::fftn(&f.rechunk(6)),
        fft::fftshift(f, None),
        fft::fftfreq(5, 1.0, 2),
        f.diag(0),
        w.diag(0),
        f.diagonal(0, 0, 1),
        f.tril(0),
        f.zeros_like(),
        f.full_like(1.0),
        f.mask(b).zeros_like()
    );
}

#[test]
fn layers_of_group_6_are_of_the_line_that_wrote_them() {
    let Given { f, w, .. } = &given();
    lines!(
        Array::<f64>::zeros(3, 2),
        Array::<f64>::full(3, 1.0, 2),
        Array::<f64>::arange(0.0, 3.0, 1.0, 2),
        Array::<f64>::linspace(0.0, 1.0, 3, 2),
        Array::<f64>::eye(3, 0, 2),
        Array::<f64>::tri(3, 0, 2),
        Array::from_array(ndarray::array![1.0], 1),
        Array::meshgrid([w, w], Indexing::Xy).remove(0),
        random::default_rng(1).normal(0.0, 1.0, 3, 2),
        random::normal(0.0, 1.0, 3, 2),
        random::default_rng(1).permutation(5, 2),
        random::default_rng(1).choice(5, 3, 2),
        f.map_blocks(|b| b.to_owned()),
        f.map_blocks_to(Outline::same(), |_, b| b.to_owned()),
        f.map_blocks2(f, |a, _| a.to_owned()),
        f.map_blocks_with(1i64, |_, b| b.to_owned()),
        f.map_overlap(1, Boundary::None, |b| b.to_owned()),
        f.overlap(1, Boundary::None),
        f.apply_along_axis(0, |l| l.sum()),
        f.apply_gufunc("(i)->()", |r| ndarray::arr0(r.sum()).into_dyn()),
        Array::blockwise("ij", |a| a.to_owned(), (f, "ij")),
        f.coarsen([1, 1], true, |b| b.sum()),
        f.sliding_window_view([2], [0]),
        Array::from_bag(&f.to_bag()),
        Array::from_blocks(&f.to_delayed(), f.chunks().to_vec())
    );
}
