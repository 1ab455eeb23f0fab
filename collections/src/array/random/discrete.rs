//! Discrete distributions: arrays of `i64`.

use super::continuous::poisson_events;
use super::drawn::{By, Draw, drawn, refused, sampled};
use super::generator::{Generator, shared};
use super::philox::{Sequence, open};
use crate::array::chunks::{Chunks, IntoShape};
use crate::array::{Array, ArrayError};
use crate::identity::Identity;
use partita_graph::Travels;
use rand::Rng;
use rand::distr::Uniform;
use rand_distr::{Binomial, Distribution, Gamma, Geometric, Hypergeometric, Poisson, Zeta};

/// Samples of a distribution as integers; what is beyond 64 bits becomes the largest one.
fn whole<S, P, D, E: ToString>(
    parameters: P,
    make: impl Fn(&P) -> Result<D, E> + Clone + Send + Sync + 'static,
    f: impl Fn(S) -> i64 + Clone + Send + Sync + 'static,
) -> Result<impl Draw<i64>, String>
where
    P: Travels + Clone,
    D: Distribution<S> + Clone + Send + Sync + 'static,
{
    sampled(parameters, make, (), move |(), x| f(x))
}

fn counts(n: i64) -> Result<u64, String> {
    u64::try_from(n).map_err(|_| "a number of things must not be negative".to_string())
}

distributions! {
    /// Integers from `low` up to `high`, without it, all as likely; NumPy's `integers` and `randint`.
    ///
    /// ```
    /// use partita_collections::{array::random, bag::on_reference};
    ///
    /// let x = on_reference(&random::integers(1, 7, 1000, 100))?;
    /// assert!((1..7).all(|n| x.iter().any(|&x| x == n)) && x.iter().all(|x| (1..7).contains(x)));
    /// assert!(random::integers(3, 3, 10, 10).check().is_err());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    integers(low: i64, high: i64) -> i64 { whole((low, high), |&(low, high)| Uniform::new(low, high), |x| x) }
    /// Integers from `low` up to `high`, without it; another name of `integers`.
    randint(low: i64, high: i64) -> i64 { whole((low, high), |&(low, high)| Uniform::new(low, high), |x| x) }
    /// Integers from `low` up to and with `high`.
    random_integers(low: i64, high: i64) -> i64 { whole((low, high), |&(low, high)| Uniform::new_inclusive(low, high), |x| x) }
    /// Integers from 0 to the largest of 64 bits.
    tomaxint() -> i64 { Ok::<_, String>(By((), |(): &(), sequence: &mut Sequence<'_>| (sequence.next_u64() >> 1) as i64)) }
    /// Successes in `n` trials, each with probability `p`.
    ///
    /// ```
    /// use partita_collections::{array::random, bag::on_reference};
    ///
    /// let x = random::default_rng(2).binomial(10, 0.3, 10_000, 1000);
    /// assert!((on_reference(&x.mean(None).item())? - 3.0).abs() < 0.1);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    binomial(n: i64, p: f64) -> i64 {
        counts(n).and_then(|n| whole((n, p), |&(n, p)| Binomial::new(n, p), |x: u64| x as i64))
    }
    /// Trials up to the first success, with it, each with probability `p`.
    geometric(p: f64) -> i64 {
        if p > 0.0 { whole(p, |&p| Geometric::new(p), |x: u64| i64::try_from(x).unwrap_or(i64::MAX).saturating_add(1)) }
        else { Err("a probability must be above 0 and at most 1".to_string()) }
    }
    /// Events of a Poisson process of which `lambda` are expected.
    poisson(lambda: f64) -> i64 {
        // rand_distr has no Poisson process without events.
        Poisson::new(if lambda == 0.0 { 1.0 } else { lambda }).map(|_| {
            By(lambda, |lambda: &f64, sequence: &mut Sequence<'_>| events(*lambda, sequence))
        })
    }
    /// Failures before `n` successes, each with probability `p`: a Poisson number whose mean has a gamma distribution.
    negative_binomial(n: f64, p: f64) -> i64 {
        match p > 0.0 && p <= 1.0 {
            false => Err("a probability must be above 0 and at most 1".to_string()),
            true => Gamma::new(n, 1.0).map_err(|error| error.to_string()),
        }
        .map(|_| By((n, p), |&(n, p): &(f64, f64), sequence: &mut Sequence<'_>| {
            let gamma = Gamma::new(n, 1.0).map_or(f64::NAN, |gamma| gamma.sample(sequence));
            events(gamma * (1.0 - p) / p, sequence)
        }))
    }
    /// Good ones among `nsample` that are drawn from `ngood` good and `nbad` bad ones, without putting them back.
    hypergeometric(ngood: i64, nbad: i64, nsample: i64) -> i64 {
        counts(ngood).and_then(|good| Ok((good, counts(nbad)?, counts(nsample)?))).and_then(|(good, bad, sample)| {
            if good + bad > 1 << 53 {
                return Err("there must be no more than 2^53 of them".to_string());
            }
            let parameters = (good + bad, good, sample);
            whole(parameters, |&(all, good, sample)| Hypergeometric::new(all, good, sample), |x: u64| x as i64)
        })
    }
    /// The logarithmic series distribution, by Kemp's algorithm LK (1981).
    logseries(p: f64) -> i64 {
        match (0.0..1.0).contains(&p) {
            true => Ok(By(p, |p: &f64, sequence: &mut Sequence<'_>| log_series(*p, sequence))),
            false => Err("a probability must be at least 0 and below 1"),
        }
    }
    /// The Zipf (zeta) distribution with this exponent, above 1.
    zipf(a: f64) -> i64 { whole(a, |&a| Zeta::new(a), |x: f64| x as i64) }
}

/// Events of a Poisson process of this mean; none if there is no such process.
fn events(mean: f64, sequence: &mut Sequence<'_>) -> i64 {
    poisson_events(mean, sequence) as i64
}

fn log_series(p: f64, sequence: &mut Sequence<'_>) -> i64 {
    let r = (-p).ln_1p();
    let v = open(sequence.next_u64());
    if v >= p {
        return 1;
    }
    let q = -(r * open(sequence.next_u64())).exp_m1();
    match v {
        v if v <= q * q => (1.0 + v.ln() / q.ln()).floor().max(1.0) as i64,
        v if v >= q => 1,
        _ => 2,
    }
}
