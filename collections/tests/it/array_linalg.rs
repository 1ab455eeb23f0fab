//! Linear algebra against NumPy's results, against plain loops, and against its own definitions.

use crate::run;
use ndarray::{Array2, ArrayD, Axis, IxDyn};
use num_complex::Complex;
use partita_collections::Array;
use partita_collections::array::linalg::{self, Compression, Field, Norm, Triangle, einsum, norm_with};
use partita_collections::array::{Chunks, Cut};
use proptest::prelude::*;
use serde_json::Value;

/// An array of a golden file.
fn golden(value: &Value) -> ArrayD<f64> {
    let shape: Vec<usize> = value["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let data = value["data"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    ArrayD::from_shape_vec(shape, data).unwrap()
}

fn close(found: &ArrayD<f64>, expected: &ArrayD<f64>, tolerance: f64, what: &str) {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    let scale = expected.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance * scale, "{what}: {found} is not {expected}");
    }
}

fn order(value: &Value) -> Norm {
    match value.as_str() {
        _ if value.is_null() => Norm::Euclidean,
        Some("fro") => Norm::Frobenius,
        Some("nuc") => Norm::Nuclear,
        Some("inf") => Norm::Infinity,
        Some(_) => Norm::NegativeInfinity,
        None => Norm::P(value.as_f64().unwrap()),
    }
}

fn axes(value: &Value) -> Vec<isize> {
    value.as_array().unwrap().iter().map(|axis| axis.as_i64().unwrap() as isize).collect()
}

/// The results of a case for arrays in these chunks.
fn results(case: &Value, args: &[Array<f64>]) -> Vec<ArrayD<f64>> {
    match case["name"].as_str().unwrap() {
        "dot" => vec![run(&args[0].dot(&args[1]))],
        "matmul" => vec![run(&args[0].matmul(&args[1]))],
        "tensordot" => vec![run(&args[0].tensordot(&args[1], (axes(&case["axes"][0]), axes(&case["axes"][1]))))],
        "inner" => vec![run(&linalg::inner(&args[0], &args[1]))],
        "outer" => vec![run(&args[0].outer(&args[1]))],
        "vdot" => vec![run(&args[0].vdot(&args[1]))],
        "trace" => vec![run(&args[0].trace_at(case["offset"].as_i64().unwrap() as isize))],
        "einsum" => vec![run(&einsum(case["text"].as_str().unwrap(), &args.iter().collect::<Vec<_>>()))],
        "norm" if case["axes"].is_null() => vec![run(&norm_with(&args[0], order(&case["order"]), None))],
        "norm" => vec![run(&norm_with(&args[0], order(&case["order"]), axes(&case["axes"])))],
        "qr" => {
            let (q, r) = linalg::qr(&args[0]);
            vec![run(&q), run(&r)]
        }
        "svd" => vec![run(&linalg::svd(&args[0]).1)],
        "cholesky" => vec![run(&linalg::cholesky(&args[0], Triangle::Lower))],
        "lu" => {
            let (p, l, u) = linalg::lu(&args[0]);
            vec![run(&p), run(&l), run(&u)]
        }
        "solve" => vec![run(&linalg::solve(&args[0], &args[1]))],
        "solve_triangular" => {
            let triangle = if case["lower"] == true { Triangle::Lower } else { Triangle::Upper };
            vec![run(&linalg::solve_triangular(&args[0], &args[1], triangle))]
        }
        "inv" => vec![run(&linalg::inv(&args[0]))],
        "lstsq" => {
            let found = linalg::lstsq(&args[0], &args[1]);
            let rank = run(&found.rank).mapv(|rank| rank as f64);
            vec![run(&found.solution), run(&found.residuals), rank, run(&found.singular_values)]
        }
        other => panic!("no case of {other}"),
    }
}

/// The chunks that a case is tried with.
fn chunkings(case: &Value) -> Vec<Chunks> {
    let tall = case["args"][0]["shape"][0].as_u64() >= case["args"][0]["shape"][1].as_u64();
    let singular = ["nuc", "2", "2.0", "-2"].contains(&case["order"].to_string().trim_matches('"'));
    let along = |cut: usize| -> Chunks {
        if tall { [Cut::Each(cut), Cut::Whole].into() } else { [Cut::Whole, Cut::Each(cut)].into() }
    };
    match case["name"].as_str().unwrap() {
        "svd" | "lstsq" => vec![Cut::Whole.into(), along(2), along(1)],
        "norm" if singular && case["axes"].is_null() => vec![Cut::Whole.into(), along(2)],
        "qr" if tall => vec![Cut::Whole.into(), along(2), along(1)],
        "qr" => vec![Cut::Whole.into(), along(3), along(4)],
        "lu" => vec![Cut::Whole.into()],
        _ => vec![Cut::Whole.into(), 3.into(), 2.into(), 1.into()],
    }
}

#[test]
fn results_are_those_of_numpy() {
    let cases: Value = serde_json::from_str(include_str!("../numpy/linalg.json")).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 80);
    for case in cases {
        let args: Vec<ArrayD<f64>> = case["args"].as_array().unwrap().iter().map(golden).collect();
        for chunks in chunkings(case) {
            let array = |(number, x): (usize, &ArrayD<f64>)| {
                let chunks = match (&chunks, number) {
                    (Chunks::Axes(cuts), 1..) => Chunks::Axes(vec![cuts[0].clone(); x.ndim()]),
                    (chunks, _) => chunks.clone(),
                };
                Array::from_array(x.clone(), chunks)
            };
            let arrays: Vec<Array<f64>> = args.iter().enumerate().map(array).collect();
            let what = format!("{} {} in {chunks:?}", case["name"], case["text"]);
            let found = results(case, &arrays);
            let expected: Vec<ArrayD<f64>> = case["outs"].as_array().unwrap().iter().map(golden).collect();
            assert_eq!(found.len(), expected.len(), "{what}");
            for (found, expected) in found.iter().zip(&expected) {
                close(found, expected, 1e-10, &what);
            }
        }
    }
}

fn numbers(shape: &[usize], seed: u64) -> ArrayD<i64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    ArrayD::from_shape_simple_fn(shape, || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % 19) as i64 - 9
    })
}

/// Einstein's summation by loops over all letters.
fn plain_einsum(inputs: &[&str], out: &str, arrays: &[ArrayD<i64>]) -> ArrayD<i64> {
    let mut letters: Vec<(char, usize)> = Vec::new();
    for (input, array) in inputs.iter().zip(arrays) {
        for (letter, &length) in input.chars().zip(array.shape()) {
            if !letters.iter().any(|(known, _)| *known == letter) {
                letters.push((letter, length));
            }
        }
    }
    let at = |letter: char| letters.iter().position(|(known, _)| *known == letter).unwrap();
    let mut result = ArrayD::zeros(out.chars().map(|letter| letters[at(letter)].1).collect::<Vec<_>>());
    let count: usize = letters.iter().map(|(_, length)| length).product();
    for mut number in 0..count {
        let mut place = vec![0; letters.len()];
        for (index, (_, length)) in letters.iter().enumerate() {
            place[index] = number % length;
            number /= length;
        }
        let index = |text: &str| IxDyn(&text.chars().map(|letter| place[at(letter)]).collect::<Vec<_>>());
        result[index(out)] += inputs.iter().zip(arrays).map(|(input, x)| x[index(input)]).product::<i64>();
    }
    result
}

const TEXTS: [&str; 22] = [
    "ij,jk->ik",
    "ij,kj->ki",
    "ji,jk->ki",
    "ii->i",
    "ii->",
    "iij->j",
    "ij,ij->",
    "ij,ij->ij",
    "i,j->ij",
    "i,j->",
    "bij,bjk->bik",
    "bij,jbk->kbi",
    "ij->ji",
    "ijk->kij",
    "i,i,i->i",
    "ij,j,i->",
    "ijk,kl,lj->i",
    "ab,cd->",
    "ij,jk,kl->il",
    "ijij->ij",
    "ijk,jki->",
    "abc,cbd->ad",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn einsum_is_what_its_letters_say(
        text in prop::sample::select(TEXTS.to_vec()),
        lengths in prop::collection::vec(prop_oneof![Just(0usize), Just(1), 2..6usize], 4),
        cuts in prop::collection::vec(prop::collection::vec(0..6usize, 0..3), 12),
        seed: u64,
    ) {
        let (inputs, out) = text.split_once("->").unwrap();
        let inputs: Vec<&str> = inputs.split(',').collect();
        let mut cuts = cuts.iter().cycle();
        let length = |letter: char| lengths[letter as usize % 4];
        let mut arrays = Vec::new();
        let mut plain = Vec::new();
        for (number, input) in inputs.iter().enumerate() {
            let shape: Vec<usize> = input.chars().map(length).collect();
            let x = numbers(&shape, seed.wrapping_add(number as u64));
            let chunks: Vec<Vec<usize>> = shape.iter().map(|&length| {
                let mut ends: Vec<usize> = cuts.next().unwrap().iter().map(|&end| end.min(length)).collect();
                ends.extend([0, length]);
                ends.sort_unstable();
                ends.windows(2).map(|pair| pair[1] - pair[0]).collect()
            }).collect();
            arrays.push(Array::<i64>::from_array(x.clone(), chunks));
            plain.push(x);
        }
        let found = einsum(text, &arrays.iter().collect::<Vec<_>>());
        let expected = plain_einsum(&inputs, out, &plain);
        prop_assert_eq!(found.shape(), expected.shape());
        prop_assert_eq!(run(&found), expected.clone());
        let floats: Vec<Array<f64>> = arrays.iter().map(|x| x.map(|x| x as f64)).collect();
        let found = einsum(text, &floats.iter().collect::<Vec<_>>());
        prop_assert_eq!(run(&found), expected.mapv(|x| x as f64), "whole numbers of floats are exact");
    }

    #[test]
    fn factors_of_matrices_make_them_again(
        (rows, columns) in (1..9usize, 1..9usize),
        cuts in prop::collection::vec(1..4usize, 3),
        split: u8,
        seed: u64,
    ) {
        let x = numbers(&[rows, columns], seed).mapv(|x| x as f64);
        let mut ends: Vec<usize> = cuts.iter().scan(0, |end, &length| { *end += length; Some(*end) }).filter(|&end| end < rows).collect();
        ends.extend([0, rows]);
        ends.sort_unstable();
        let chunks: Vec<usize> = ends.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let array = Array::from_array(x.clone(), vec![chunks, vec![columns]]).split_every(2 + usize::from(split % 2));
        let (q, r) = linalg::qr(&array);
        let rank = rows.min(columns);
        prop_assert_eq!((q.shape(), r.shape()), (&[rows, rank][..], &[rank, columns][..]));
        is_close(&run(&q.dot(&r)), &x)?;
        orthonormal(&run(&q))?;
        let r = matrix(run(&r));
        for ((row, column), &x) in r.indexed_iter() {
            prop_assert!(row < column || (row == column && x >= 0.0) || x == 0.0);
        }
        let (u, s, vh) = linalg::svd(&array);
        let (u, s, vh) = (matrix(run(&u)), run(&s), matrix(run(&vh)));
        is_close(&(&u * &s.clone().into_dimensionality::<ndarray::Ix1>().unwrap()).dot(&vh).into_dyn(), &x)?;
        orthonormal(&u.clone().into_dyn())?;
        orthonormal(&vh.t().to_owned().into_dyn())?;
        prop_assert!(s.iter().zip(s.iter().skip(1)).all(|(a, b)| a >= b && *b >= 0.0));
    }

    #[test]
    fn square_systems_are_solved(
        (side, columns) in (1..9usize, 0..4usize),
        (rows, others, right) in (1..9usize, 1..9usize, 1..9usize),
        seed: u64,
    ) {
        // Heavy on the diagonal, so that blocks may be taken as they come.
        let x = numbers(&[side, side], seed).mapv(|x| x as f64) + Array2::<f64>::eye(side).into_dyn() * 100.0;
        let shape = if columns == 0 { vec![side] } else { vec![side, columns] };
        let b = numbers(&shape, seed ^ 1).mapv(|x| x as f64);
        let a = Array::from_array(x.clone(), [rows, others]);
        let right = Array::from_array(b.clone(), right);
        is_close(&run(&a.dot(&linalg::solve(&a, &right))), &b)?;
        is_close(&run(&a.dot(&linalg::inv(&a))), &Array2::eye(side).into_dyn())?;
        let (p, l, u) = linalg::lu(&a);
        is_close(&run(&p.dot(&l).dot(&u)), &x)?;
        let (l, u) = (matrix(run(&l)), matrix(run(&u)));
        prop_assert!(l.indexed_iter().all(|((row, column), &x)| row > column || x == f64::from(row == column)));
        prop_assert!(u.indexed_iter().all(|((row, column), &x)| row <= column || x == 0.0));
        let both = matrix(x);
        let positive = both.dot(&both.t());
        let spd = Array::from_array(positive.clone(), [rows, others]);
        let lower = matrix(run(&linalg::cholesky(&spd, Triangle::Lower)));
        is_close(&lower.dot(&lower.t()).into_dyn(), &positive.clone().into_dyn())?;
        let upper = matrix(run(&linalg::cholesky(&spd, Triangle::Upper)));
        prop_assert_eq!(upper.t(), lower.view());
        let found = linalg::solve_positive(&spd, &right);
        is_close(&run(&spd.dot(&found)), &b)?;
        let found = matrix_or_vector(run(&linalg::solve_triangular(&spd, &right, Triangle::Upper)));
        let mut half = positive;
        half.indexed_iter_mut().for_each(|((row, column), x)| *x = if row > column { 0.0 } else { *x });
        is_close(&half.dot(&found).into_shape_with_order(IxDyn(&shape)).unwrap(), &b)?;
    }
}

fn matrix(x: ArrayD<f64>) -> Array2<f64> {
    x.into_dimensionality().unwrap()
}

fn matrix_or_vector(x: ArrayD<f64>) -> Array2<f64> {
    let x = if x.ndim() == 1 { x.insert_axis(Axis(1)) } else { x };
    matrix(x)
}

fn is_close(found: &ArrayD<f64>, expected: &ArrayD<f64>) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.shape(), expected.shape());
    let scale = expected.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        prop_assert!((found - expected).abs() <= 1e-9 * scale, "{} is not {}", found, expected);
    }
    Ok(())
}

fn orthonormal(q: &ArrayD<f64>) -> Result<(), TestCaseError> {
    let q = matrix(q.clone());
    is_close(&q.t().dot(&q).into_dyn(), &Array2::eye(q.ncols()).into_dyn())
}

#[test]
fn complex_matrices_have_factors_too() {
    let x = numbers(&[6, 6], 3).mapv(|x| x as f64);
    let y = numbers(&[6, 6], 4).mapv(|x| x as f64);
    let a = ndarray::Zip::from(&x).and(&y).map_collect(|&re, &im| Complex::new(re, im));
    let array = |x: &ArrayD<Complex<f64>>, chunks: Chunks| Array::from_array(x.clone(), chunks);
    let near = |left: &Array<Complex<f64>>, right: &Array<Complex<f64>>| {
        let error = run(&linalg::norm(&(left - right)).item());
        assert!(error < 1e-9, "{error}");
    };
    let tall = array(&a, [Cut::Each(4), Cut::Whole].into());
    let (q, r) = linalg::qr(&tall);
    near(&q.dot(&r), &tall);
    let diagonal: Vec<Complex<f64>> = run(&r).diag().to_vec();
    assert!(diagonal.iter().all(|x| x.im.abs() < 1e-12 && x.re > 0.0));
    let (u, s, vh) = linalg::svd(&tall);
    let scaled = u.zip_with(&s, |x, s| x * s);
    near(&scaled.dot(&vh), &tall);
    let flat = array(&a.slice(ndarray::s![..2, ..]).to_owned().into_dyn(), [Cut::Whole, Cut::Each(2)].into());
    let (q, r) = linalg::qr(&flat);
    near(&q.dot(&r), &flat);
    let (u, s, vh) = linalg::svd(&flat);
    near(&u.zip_with(&s, |x, s| x * s).dot(&vh), &flat);
    let square = array(&a, [2, 3].into());
    let eye = Array2::<Complex<f64>>::eye(6).into_dyn();
    near(&square.dot(&linalg::inv(&square)), &array(&eye, 2.into()));
    let matrix: Array2<Complex<f64>> = a.into_dimensionality().unwrap();
    let positive = matrix.dot(&matrix.t().mapv(|x| x.conj()));
    let spd = array(&positive.clone().into_dyn(), [2, 4].into());
    let lower: Array2<Complex<f64>> = run(&linalg::cholesky(&spd, Triangle::Lower)).into_dimensionality().unwrap();
    let again = lower.dot(&lower.t().mapv(|x| x.conj()));
    near(&array(&again.into_dyn(), 3.into()), &spd);
    let right = Array::<Complex<f64>>::ones([6, 2], [4, 1]);
    near(&spd.dot(&linalg::solve_positive(&spd, &right)), &right);
}

#[test]
fn single_precision_has_its_own_tolerance() {
    fn check<T: Field>(x: &ArrayD<T>) {
        let a = Array::from_array(x.clone(), [Cut::Each(3), Cut::Whole]);
        let (q, r) = linalg::qr(&a);
        let error = run(&linalg::norm(&(q.dot(&r) - &a)).item());
        assert!(error < 1e-4, "{error}");
        assert_eq!(run(&linalg::lstsq(&a, &Array::<T>::ones(8, 3)).rank.item()), 3);
    }
    check(&numbers(&[8, 3], 5).mapv(|x| x as f32));
}

#[test]
fn compressed_factors_of_a_matrix_of_low_rank_are_exact() {
    let (left, right) = (numbers(&[40, 3], 1), numbers(&[3, 30], 2));
    let left = Array::<f64>::from_array(left.mapv(|x| x as f64), [7, 3]);
    let right = Array::from_array(right.mapv(|x| x as f64), [3, 8]);
    let x = left.dot(&right);
    let compression = Compression { power_iterations: 1, seed: 5, ..Compression::default() };
    let (u, s, vh) = linalg::svd_compressed(&x, 3, compression);
    assert_eq!((u.shape(), s.shape(), vh.shape()), (&[40, 3][..], &[3][..], &[3, 30][..]));
    let again = u.zip_with(&s, |x, s| x * s).dot(&vh);
    let error = run(&linalg::norm(&(again - &x)).item());
    assert!(error < 1e-8, "{error}");
    let whole = linalg::svd(&Array::from_array(run(&x), Cut::Whole));
    close(&run(&s), &run(&whole.1).slice(ndarray::s![..3]).to_owned().into_dyn(), 1e-10, "singular values");
    let other = linalg::svd_compressed(&Array::from_array(run(&x), 11), 3, compression);
    close(&run(&other.2), &run(&vh), 1e-8, "chunks do not matter");
}

#[test]
fn many_blocks_are_added_up_along_a_tree_in_one_order() {
    let x = Array::<f64>::arange(0.0, 400.0, 1.0, 10).map(|x| (x * 0.7).sin());
    let y = x.outer(&x);
    let found = y.split_every(2).dot(&y);
    let again = y.split_every(2).dot(&y);
    assert_eq!(found.node().key, again.node().key);
    let whole: Array2<f64> = run(&y).into_dimensionality().unwrap();
    close(&run(&found), &whole.dot(&whole).into_dyn(), 1e-12, "blocks");
    let row = Array::<f64>::ones([1, 400], [1, 10]);
    let column = Array::<f64>::ones([400, 1], [10, 1]);
    assert_eq!(run(&row.split_every(3).dot(&column)), ArrayD::from_elem(vec![1, 1], 400.0));
}
