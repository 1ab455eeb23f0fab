//! Random arrays: the same bits for any chunks, and the moments of their distributions.

use crate::run;
use partita_collections::Array;
use partita_collections::array::random::{self, Generator, default_rng};
use proptest::prelude::*;

/// Makes an array of a shape in chunks of a length.
type Make = dyn Fn(&Generator, Vec<usize>, usize) -> Array<f64>;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn bits_do_not_depend_on_chunks(
        shape in proptest::collection::vec(0usize..9, 0..4),
        chunk in 1usize..10,
        seed: u64,
    ) {
        let both = |make: &Make| {
            let whole = run(&make(&default_rng(seed), shape.clone(), 100));
            (whole, run(&make(&default_rng(seed), shape.clone(), chunk)))
        };
        let (whole, pieces) = both(&|generator, shape, chunk| generator.random(shape, chunk));
        prop_assert_eq!(whole, pieces);
        let (whole, pieces) = both(&|generator, shape, chunk| generator.standard_gamma(0.4, shape, chunk));
        prop_assert_eq!(whole, pieces, "one of many draws an element");
        let (whole, pieces) = both(&|generator, shape, chunk| generator.multinomial(9, &[1.0, 2.0], shape, chunk).astype());
        prop_assert_eq!(whole, pieces);
    }
}

/// Mean and variance of a sample, and what they should be, within `within` standard errors or so.
#[track_caller]
fn moments(name: &str, array: &Array<f64>, mean: f64, variance: f64) {
    let sample = run(array);
    let n = sample.len() as f64;
    let found = sample.sum() / n;
    let spread = sample.iter().map(|x| (x - found).powi(2)).sum::<f64>() / n;
    assert!((found - mean).abs() <= 5.0 * (variance / n).sqrt(), "{name}: a mean of {found}, not {mean}");
    assert!((spread / variance - 1.0).abs() < 0.25, "{name}: a variance of {spread}, not {variance}");
}

#[test]
fn continuous_distributions_have_their_moments() {
    let g = default_rng(20);
    let n = 20_000;
    let pi = std::f64::consts::PI;
    moments("random", &g.random(n, 999), 0.5, 1.0 / 12.0);
    moments("uniform", &g.uniform(-3.0, 5.0, n, 999), 1.0, 64.0 / 12.0);
    moments("standard_normal", &g.standard_normal(n, 999), 0.0, 1.0);
    moments("normal", &g.normal(3.0, 2.0, n, 999), 3.0, 4.0);
    moments(
        "lognormal",
        &g.lognormal(0.1, 0.5, n, 999),
        (0.1f64 + 0.125).exp(),
        (0.25f64.exp() - 1.0) * (0.2f64 + 0.25).exp(),
    );
    moments("exponential", &g.exponential(2.0, n, 999), 2.0, 4.0);
    moments("standard_exponential", &g.standard_exponential(n, 999), 1.0, 1.0);
    moments("gamma", &g.gamma(2.0, 3.0, n, 999), 6.0, 18.0);
    moments("standard_gamma", &g.standard_gamma(0.5, n, 999), 0.5, 0.5);
    moments("beta", &g.beta(2.0, 3.0, n, 999), 0.4, 0.04);
    moments("chisquare", &g.chisquare(3.0, n, 999), 3.0, 6.0);
    moments("noncentral_chisquare", &g.noncentral_chisquare(3.0, 2.0, n, 999), 5.0, 14.0);
    moments("f", &g.f(5.0, 20.0, n, 999), 20.0 / 18.0, 2.0 * 400.0 * 23.0 / (5.0 * 324.0 * 16.0));
    moments(
        "noncentral_f",
        &g.noncentral_f(5.0, 30.0, 2.0, n, 999),
        30.0 * 7.0 / (5.0 * 28.0),
        1.0 * 2.0 * (49.0 + 9.0 * 28.0) / (28.0 * 28.0 * 26.0) * 36.0,
    );
    moments("standard_t", &g.standard_t(10.0, n, 999), 0.0, 10.0 / 8.0);
    moments("triangular", &g.triangular(0.0, 1.0, 5.0, n, 999), 2.0, (25.0 + 1.0 - 5.0) / 18.0);
    moments("weibull", &g.weibull(2.0, n, 999), pi.sqrt() / 2.0, 1.0 - pi / 4.0);
    moments("rayleigh", &g.rayleigh(2.0, n, 999), 2.0 * (pi / 2.0).sqrt(), (4.0 - pi) / 2.0 * 4.0);
    moments("gumbel", &g.gumbel(1.0, 2.0, n, 999), 1.0 + 2.0 * 0.577_215_664_9, pi * pi / 6.0 * 4.0);
    moments("laplace", &g.laplace(1.0, 2.0, n, 999), 1.0, 8.0);
    moments("logistic", &g.logistic(1.0, 2.0, n, 999), 1.0, 4.0 * pi * pi / 3.0);
    moments("pareto", &g.pareto(6.0, n, 999), 0.2, 6.0 / (25.0 * 4.0));
    moments("power", &g.power(3.0, n, 999), 0.75, 3.0 / (16.0 * 5.0));
    moments("vonmises", &g.vonmises(0.5, 4.0, n, 999), 0.5, 0.29);
    moments("wald", &g.wald(2.0, 8.0, n, 999), 2.0, 1.0);
    let cauchy = run(&g.standard_cauchy(n, 999));
    let below = cauchy.iter().filter(|x| **x < 1.0).count() as f64 / n as f64;
    assert!((below - 0.75).abs() < 0.02, "a quarter is above 1, not {below}");
}

#[test]
fn discrete_distributions_have_their_moments() {
    let g = default_rng(21);
    let n = 20_000;
    let check =
        |name: &str, array: Array<i64>, mean: f64, variance: f64| moments(name, &array.astype(), mean, variance);
    check("integers", g.integers(-2, 4, n, 999), 0.5, 35.0 / 12.0);
    check("random_integers", g.random_integers(1, 6, n, 999), 3.5, 35.0 / 12.0);
    check("binomial", g.binomial(12, 0.25, n, 999), 3.0, 2.25);
    check("geometric", g.geometric(0.25, n, 999), 4.0, 12.0);
    check("poisson", g.poisson(3.0, n, 999), 3.0, 3.0);
    check("negative_binomial", g.negative_binomial(4.0, 0.5, n, 999), 4.0, 8.0);
    check("hypergeometric", g.hypergeometric(15, 5, 8, n, 999), 6.0, 8.0 * 0.75 * 0.25 * 12.0 / 19.0);
    let p = 0.6f64;
    let log = -1.0 / (1.0 - p).ln();
    check(
        "logseries",
        g.logseries(p, n, 999),
        log * p / (1.0 - p),
        -p * (p + (1.0 - p).ln()) / ((1.0 - p).powi(2) * (1.0 - p).ln().powi(2)),
    );
    check("choice_weighted", g.choice_weighted(&[1.0, 0.0, 1.0], n, 999), 1.0, 1.0);
    let zipf = run(&g.zipf(4.0, n, 999));
    let ones = zipf.iter().filter(|x| **x == 1).count() as f64 / n as f64;
    assert!((ones - 1.0 / 1.082_323_2).abs() < 0.01, "{ones}");
    assert_eq!(run(&g.poisson(0.0, 10, 3)).sum(), 0);
    assert!(run(&g.tomaxint(10, 3)).iter().all(|x| *x >= 0));
}

#[test]
fn choices_without_putting_back_are_different() {
    let some = run(&default_rng(3).choice_distinct(100, 40, 7)).into_raw_vec_and_offset().0;
    let mut sorted = some.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert!(sorted.len() == 40 && some != sorted && some.iter().all(|x| (0..100).contains(x)));
    // Each place holds each number about as often.
    let mut counts = [[0; 4]; 4];
    for seed in 0..4000 {
        let four = run(&default_rng(seed).permutation(4, 4));
        four.iter().enumerate().for_each(|(place, &number)| counts[place][number as usize] += 1);
    }
    assert!(counts.iter().flatten().all(|count| (900..1100).contains(count)), "{counts:?}");
}

#[test]
fn impossible_distributions_are_refused() {
    let g = default_rng(0);
    let wrong = [
        (g.normal(0.0, -1.0, 3, 3).check().unwrap_err(), "`normal` has no distribution for mean = 0, deviation = -1: "),
        (g.uniform(2.0, 1.0, 3, 3).check().unwrap_err(), "`uniform` has no distribution for low = 2, high = 1: "),
        (g.beta(0.0, 1.0, 3, 3).check().unwrap_err(), "`beta` has no distribution for a = 0, b = 1: "),
        (g.integers(5, 5, 3, 3).check().unwrap_err(), "`integers` has no distribution for low = 5, high = 5: "),
        (
            g.choice(0, 3, 3).check().unwrap_err(),
            "`choice` cannot take `n` = 0: there must be something to choose from, so it must be at least 1",
        ),
        (random::choice(-2, 3, 3).check().unwrap_err(), "`choice` cannot take `n` = -2: "),
        (g.binomial(-1, 0.5, 3, 3).check().unwrap_err(), "`binomial` has no distribution for n = -1, p = 0.5: "),
        (g.geometric(0.0, 3, 3).check().unwrap_err(), "`geometric` has no distribution for p = 0: "),
        (g.poisson(f64::NAN, 3, 3).check().unwrap_err(), "`poisson` has no distribution for lambda = NaN: "),
        (g.choice_weighted(&[0.0, -1.0], 3, 3).check().unwrap_err(), "`choice_weighted` cannot take `weights`"),
        (g.choice_distinct(3, 4, 3).check().unwrap_err(), "`choice_distinct` cannot take `count` = 4 of 3"),
        (g.random([3, 3], [1, 0]).check().unwrap_err(), "chunks of length 0"),
    ];
    for (error, message) in wrong {
        assert!(error.to_string().starts_with(message), "{error}");
    }
}
