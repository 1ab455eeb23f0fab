//! Arrays: products, norms, sums and factors of random matrices.

use crate::Args;
use crate::measure::Measured;
use partita::array::{Cut, linalg, random};
use partita::prelude::*;
use serde_json::{Value, json};

/// A run of a workload on a cluster of its own, which gives a number and about what it should be.
fn measured(
    args: &Args,
    tasks: u64,
    mut run: impl FnMut(&Array<f64>) -> partita::Result<(f64, f64)>,
    x: &Array<f64>,
) -> partita::Result<Measured> {
    let params = json!({ "n": args.n, "chunk": args.chunk, "held": args.held });
    Measured::of(args, params, tasks, json!(true), || {
        let (found, about) = run(x)?;
        let near = (found - about).abs() <= 0.02 * about.abs();
        if !near {
            eprintln!("{found} is not about {about}");
        }
        Ok::<Value, partita::Error>(json!(near))
    })
}

/// A random square matrix; held by the workers, if asked for.
fn square(
    args: &Args,
    make: impl Fn(&random::Generator, [usize; 2], [usize; 2]) -> Array<f64>,
) -> partita::Result<Array<f64>> {
    let (n, chunk) = (args.n as usize, args.chunk);
    let x = make(&random::default_rng(1), [n, n], [chunk, chunk]);
    if !args.held {
        return Ok(x);
    }
    let held = x.persist()?;
    held.sum().item().compute()?;
    Ok(held)
}

/// `a·aᵀ` of normal numbers, and its column means.
pub(crate) fn dot(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let x = square(args, |generator, shape, chunks| generator.normal(0.0, 1.0, shape, chunks))?;
    let n = args.n as f64;
    let blocks = (n / args.chunk as f64).ceil() as u64;
    // The mean of the diagonal of a·aᵀ is n, and that of all means n / n.
    let run = |x: &Array<f64>| {
        let means = x.dot(&x.t()).mean(Some(0)).compute()?;
        let spread = 4.0 / n.sqrt();
        let sum = means.sum() / n;
        Ok((if means.len() == x.shape()[0] && (sum - 1.0).abs() < spread.max(0.2) { 1.0 } else { sum }, 1.0))
    };
    let result = measured(args, blocks.pow(3) + 3 * blocks * blocks, run, &x)?;
    drop(x);
    cluster.close()?;
    Ok(result)
}

/// The norm of the difference of two random vectors.
pub(crate) fn norm(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let (n, chunk) = (args.n as usize, args.chunk);
    let run = |_: &Array<f64>| {
        let generator = random::default_rng(1);
        let difference = generator.random(n, chunk) - generator.random(n, chunk);
        Ok((linalg::norm(&difference).item().compute()?, (n as f64 / 6.0).sqrt()))
    };
    let result = measured(args, 2 * (n as u64).div_ceil(chunk as u64), run, &Array::zeros(1, 1))?;
    cluster.close()?;
    Ok(result)
}

/// The sum of a matrix and its transpose.
pub(crate) fn xxt(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let x = square(args, |generator, shape, chunks| generator.random(shape, chunks))?;
    let run = |x: &Array<f64>| Ok(((x + &x.t()).sum().item().compute()?, (args.n * args.n) as f64));
    let result = measured(args, args.n.div_ceil(args.chunk as u64).pow(2), run, &x)?;
    drop(x);
    cluster.close()?;
    Ok(result)
}

/// The mean of sin(x)² + cos(x)², of numbers that are made on the way.
pub(crate) fn sines(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let x = random::default_rng(1).random(args.n as usize, args.chunk);
    let x = if args.held { x.persist()? } else { x };
    let run = |x: &Array<f64>| Ok(((x.sin().square() + x.cos().square()).mean(None).item().compute()?, 1.0));
    let result = measured(args, args.n.div_ceil(args.chunk as u64), run, &x)?;
    drop(x);
    cluster.close()?;
    Ok(result)
}

/// The singular values of a tall matrix of 50 columns.
pub(crate) fn svd(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let n = args.n as usize;
    let x = random::default_rng(1).normal(0.0, 1.0, [n, 50], [Cut::Each(args.chunk), Cut::Whole]);
    let x = if args.held { x.persist()? } else { x };
    let run = |x: &Array<f64>| {
        let (u, s, v) = linalg::svd(x);
        let (_, s, _) = (u.sum().item(), s, v).compute()?;
        Ok((s[[0]], (n as f64).sqrt()))
    };
    let result = measured(args, args.n.div_ceil(args.chunk as u64), run, &x)?;
    drop(x);
    cluster.close()?;
    Ok(result)
}

/// The mean of normal numbers around 1, which are made on the way.
pub(crate) fn normal(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let x = random::default_rng(1).normal(1.0, 1.0, args.n as usize, args.chunk);
    let run = |x: &Array<f64>| Ok((x.mean(None).item().compute()?, 1.0));
    let result = measured(args, args.n.div_ceil(args.chunk as u64), run, &x)?;
    cluster.close()?;
    Ok(result)
}

/// The sum of more random numbers than fit into memory: `n` GiB of them, in chunks of 64 MiB.
pub(crate) fn larger_than_memory(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let n = (args.n << 30) as usize / 8;
    let x = random::default_rng(1).random(n, 8 << 20);
    let run = |x: &Array<f64>| Ok((x.sum().item().compute()?, n as f64 / 2.0));
    let result = measured(args, args.n * 16, run, &x)?;
    cluster.close()?;
    Ok(result)
}
