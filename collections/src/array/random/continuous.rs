//! Continuous distributions: arrays of `f64`.

use super::drawn::{By, Draw, Uniform, drawn, refused, sampled};
use super::generator::{Generator, shared};
use super::philox::{Sequence, open};
use crate::array::chunks::{Chunks, IntoShape};
use crate::array::{Array, ArrayError};
use crate::identity::Identity;
use partita_graph::Travels;
use rand::Rng;
use rand_distr::{
    Beta, Cauchy, ChiSquared, Distribution, Exp1, FisherF, Gamma, Gumbel, InverseGaussian, Pareto, Poisson,
    StandardNormal, StudentT, Triangular, Weibull,
};
use std::f64::consts::PI;

/// Fine, or the reason why not.
fn must(fine: bool, reason: &'static str) -> Result<(), String> {
    if fine { Ok(()) } else { Err(reason.to_string()) }
}

/// Samples of a distribution of these parameters as they are.
fn plainly<P: Travels + Clone, D: Distribution<f64> + Clone + Send + Sync + 'static, E: ToString>(
    parameters: P,
    make: impl Fn(&P) -> Result<D, E> + Clone + Send + Sync + 'static,
) -> Result<impl Draw<f64>, String> {
    sampled(parameters, make, (), |(), x: f64| x)
}

/// What is made of standard normal numbers and two parameters.
fn bell(
    parameters: (f64, f64),
    f: impl Fn(&(f64, f64), f64) -> f64 + Clone + Send + Sync + 'static,
) -> Result<impl Draw<f64>, String> {
    sampled((), |()| Ok::<_, String>(StandardNormal), parameters, f)
}

/// What is made of standard exponential numbers and a parameter.
fn waiting(
    parameter: f64,
    f: impl Fn(&f64, f64) -> f64 + Clone + Send + Sync + 'static,
) -> Result<impl Draw<f64>, String> {
    sampled((), |()| Ok::<_, String>(Exp1), parameter, f)
}

/// A function of one number in (0, 1).
fn inverse(
    fine: Result<(), String>,
    parameters: [f64; 2],
    f: impl Fn([f64; 2], f64) -> f64 + Clone + Send + Sync + 'static,
) -> Result<impl Draw<f64>, String> {
    fine.map(|()| {
        By(parameters, move |&parameters: &[f64; 2], sequence: &mut Sequence<'_>| {
            f(parameters, open(sequence.next_u64()))
        })
    })
}

fn positive(x: f64) -> Result<(), String> {
    must(x > 0.0 && x.is_finite(), "it must be positive")
}

fn scale(x: f64) -> Result<(), String> {
    must(x >= 0.0 && x.is_finite(), "a scale must not be negative")
}

distributions! {
    /// Numbers in [0, 1), each with 53 random bits.
    ///
    /// ```
    /// use partita_collections::{array::random, bag::on_reference};
    ///
    /// let mean = on_reference(&random::default_rng(1).random([100, 100], 30).mean(None).item())?;
    /// assert!((mean - 0.5).abs() < 0.02);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    random() -> f64 { Ok::<_, String>(Uniform { low: 0.0, span: 1.0 }) }
    /// Numbers in [0, 1); another name of `random`.
    random_sample() -> f64 { Ok::<_, String>(Uniform { low: 0.0, span: 1.0 }) }
    /// Numbers in [low, high).
    ///
    /// ```
    /// use partita_collections::{array::random, bag::on_reference};
    ///
    /// let x = on_reference(&random::uniform(-2.0, 3.0, 1000, 100))?;
    /// assert!(x.iter().all(|x| (-2.0..3.0).contains(x)));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    uniform(low: f64, high: f64) -> f64 {
        must(low <= high && (high - low).is_finite(), "low must not be above high, and both finite")
            .map(|()| Uniform { low, span: high - low })
    }
    /// The normal distribution of mean 0 and standard deviation 1.
    standard_normal() -> f64 { bell((0.0, 1.0), |_, x| x) }
    /// The normal distribution with this mean and standard deviation.
    ///
    /// ```
    /// use partita_collections::{Array, array::random, bag::on_reference};
    ///
    /// let x = random::default_rng(5).normal(10.0, 2.0, 10_000, 1000);
    /// assert!((on_reference(&x.mean(None).item())? - 10.0).abs() < 0.1);
    /// let error = random::normal(0.0, -1.0, 10, 10).check().unwrap_err();
    /// assert!(error.to_string().starts_with("`normal` has no distribution for mean = 0, deviation = -1: a scale must not"));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    normal(mean: f64, deviation: f64) -> f64 {
        scale(deviation).and_then(|()| bell((mean, deviation), |env, x| env.0 + env.1 * x))
    }
    /// Numbers whose logarithm has the normal distribution with this mean and standard deviation.
    lognormal(mean: f64, sigma: f64) -> f64 {
        scale(sigma).and_then(|()| bell((mean, sigma), |env, x| (env.0 + env.1 * x).exp()))
    }
    /// The exponential distribution with mean 1.
    standard_exponential() -> f64 { waiting(1.0, |_, x| x) }
    /// The exponential distribution with this mean.
    exponential(mean: f64) -> f64 { scale(mean).and_then(|()| waiting(mean, |mean, x| mean * x)) }
    /// The gamma distribution with this shape and scale 1.
    standard_gamma(alpha: f64) -> f64 { plainly(alpha, |&alpha| Gamma::new(alpha, 1.0)) }
    /// The gamma distribution with this shape and scale.
    gamma(alpha: f64, theta: f64) -> f64 { scale(theta).and_then(|()| sampled(alpha, |&alpha| Gamma::new(alpha, 1.0), theta, |theta, x: f64| theta * x)) }
    /// The beta distribution.
    beta(a: f64, b: f64) -> f64 { plainly((a, b), |&(a, b)| Beta::new(a, b)) }
    /// The χ² distribution with so many degrees of freedom.
    chisquare(df: f64) -> f64 { plainly(df, |&df| ChiSquared::new(df)) }
    /// The χ² distribution that is off centre by `nonc`, by a Poisson mixture of central ones.
    noncentral_chisquare(df: f64, nonc: f64) -> f64 {
        positive(df).and_then(|()| scale(nonc)).map(|()| By((df, nonc), |&(df, nonc): &(f64, f64), sequence: &mut Sequence<'_>| {
            off_centre(df, nonc, sequence)
        }))
    }
    /// The F distribution.
    f(dfnum: f64, dfden: f64) -> f64 { plainly((dfnum, dfden), |&(dfnum, dfden)| FisherF::new(dfnum, dfden)) }
    /// The F distribution whose numerator is off centre by `nonc`.
    noncentral_f(dfnum: f64, dfden: f64, nonc: f64) -> f64 {
        positive(dfnum)
            .and_then(|()| scale(nonc))
            .and_then(|()| ChiSquared::new(dfden).map_err(|error| error.to_string()))
            .map(|_| By((dfnum, dfden, nonc), |&(dfnum, dfden, nonc): &(f64, f64, f64), sequence: &mut Sequence<'_>| {
                let above = off_centre(dfnum, nonc, sequence) / dfnum;
                above / (ChiSquared::new(dfden).map_or(f64::NAN, |below| below.sample(sequence)) / dfden)
            }))
    }
    /// Student's t distribution.
    standard_t(df: f64) -> f64 { plainly(df, |&df| StudentT::new(df)) }
    /// The triangular distribution over [left, right] with its peak at `mode`.
    triangular(left: f64, mode: f64, right: f64) -> f64 { plainly((left, right, mode), |&(left, right, mode)| Triangular::new(left, right, mode)) }
    /// The Weibull distribution with this shape and scale 1.
    weibull(a: f64) -> f64 { plainly(a, |&a| Weibull::new(1.0, a)) }
    /// The Rayleigh distribution.
    rayleigh(sigma: f64) -> f64 { scale(sigma).and_then(|()| waiting(sigma, |sigma, x| sigma * (2.0 * x).sqrt())) }
    /// The Gumbel distribution.
    gumbel(location: f64, spread: f64) -> f64 { plainly((location, spread), |&(location, spread)| Gumbel::new(location, spread)) }
    /// The Laplace distribution.
    laplace(location: f64, spread: f64) -> f64 {
        inverse(scale(spread), [location, spread], |[location, spread], u| match u < 0.5 {
            true => location + spread * (2.0 * u).ln(),
            false => location - spread * (2.0 - 2.0 * u).ln(),
        })
    }
    /// The logistic distribution.
    logistic(location: f64, spread: f64) -> f64 { inverse(scale(spread), [location, spread], |[location, spread], u| location + spread * (u / (1.0 - u)).ln()) }
    /// The Pareto distribution of the second kind (Lomax), as in NumPy: one of the first kind with scale 1, less 1.
    pareto(a: f64) -> f64 { sampled(a, |&a| Pareto::new(1.0, a), 1.0, |one, x: f64| x - one) }
    /// Numbers in (0, 1) with density `a·x^(a-1)`.
    power(a: f64) -> f64 { inverse(positive(a), [a, 0.0], |[a, _], u| u.powf(1.0 / a)) }
    /// The Cauchy distribution.
    standard_cauchy() -> f64 { plainly((), |&()| Cauchy::new(0.0, 1.0)) }
    /// The von Mises distribution on the circle, in [-π, π], by the rejection of Best and Fisher (1979).
    vonmises(mu: f64, kappa: f64) -> f64 {
        scale(kappa).map(|()| By((mu, kappa), |&(mu, kappa): &(f64, f64), sequence: &mut Sequence<'_>| {
            von_mises(mu, kappa, sequence)
        }))
    }
    /// The inverse Gaussian distribution.
    wald(mean: f64, lambda: f64) -> f64 { plainly((mean, lambda), |&(mean, lambda)| InverseGaussian::new(mean, lambda)) }
}

/// A χ² number with `df` degrees of freedom and two more for each event of a Poisson process.
fn off_centre(df: f64, nonc: f64, sequence: &mut Sequence<'_>) -> f64 {
    let events = poisson_events(nonc / 2.0, sequence);
    ChiSquared::new(df + 2.0 * events).map_or(f64::NAN, |above| above.sample(sequence))
}

/// Events of a Poisson process of this mean; as many as a normal number says if there are more than can be counted.
pub(super) fn poisson_events(mean: f64, sequence: &mut Sequence<'_>) -> f64 {
    match Poisson::new(mean) {
        Ok(poisson) => poisson.sample(sequence),
        Err(_) if mean > 1.0 => {
            let spread: f64 = StandardNormal.sample(sequence);
            (mean + mean.sqrt() * spread).max(0.0)
        }
        Err(_) => 0.0,
    }
}

fn von_mises(mu: f64, kappa: f64, sequence: &mut Sequence<'_>) -> f64 {
    if kappa < 1e-8 {
        return PI * (2.0 * open(sequence.next_u64()) - 1.0);
    }
    if kappa > 1e6 {
        // So narrow a one is as good as normal, and the rejection has not enough digits for it.
        let spread: f64 = StandardNormal.sample(sequence);
        return (mu + spread / kappa.sqrt() + PI).rem_euclid(2.0 * PI) - PI;
    }
    let r = 1.0 + (1.0 + 4.0 * kappa * kappa).sqrt();
    let rho = (r - (2.0 * r).sqrt()) / (2.0 * kappa);
    let s = (1.0 + rho * rho) / (2.0 * rho);
    loop {
        let z = (PI * open(sequence.next_u64())).cos();
        let w = (1.0 + s * z) / (s + z);
        let y = kappa * (s - w);
        let v = open(sequence.next_u64());
        if y * (2.0 - y) - v >= 0.0 || (y / v).ln() + 1.0 - y >= 0.0 {
            let turned = w.clamp(-1.0, 1.0).acos() * if open(sequence.next_u64()) < 0.5 { -1.0 } else { 1.0 } + mu;
            return (turned + PI).rem_euclid(2.0 * PI) - PI;
        }
    }
}
