//! Graphs of tiny tasks: merge, tree, chain, fib.

use crate::Args;
use crate::measure::Measured;
use partita::prelude::*;
use serde_json::json;

pub(crate) fn inc(x: u64) -> u64 {
    x + 1
}

fn add(a: u64, b: u64) -> u64 {
    a + b
}

/// n independent tasks and one that sums them.
pub(crate) fn merge_of(n: u64) -> Delayed<u64> {
    let parts: Vec<_> = (0..n).map(|i| delayed(inc, (i,))).collect();
    delayed(|parts: Vec<u64>| parts.iter().sum::<u64>(), (parts,))
}

/// The sum of n numbers, each made by a task.
pub(crate) fn merge(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let n = args.n;
    let measured =
        Measured::of(args, json!({ "n": n }), n + 1, n * (n + 1) / 2, || merge_of(n).compute_on(&cluster.client()))?;
    cluster.close()?;
    Ok(measured)
}

/// A binary reduction over 2^k leaves.
pub(crate) fn tree(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let leaves = 1u64 << args.k;
    let measured = Measured::of(args, json!({ "k": args.k }), 2 * leaves - 1, leaves * (leaves + 1) / 2, || {
        let mut row: Vec<Delayed<u64>> = (0..leaves).map(|i| delayed(inc, (i,))).collect();
        while row.len() > 1 {
            row = row.chunks(2).map(|pair| delayed(add, (&pair[0], &pair[1]))).collect();
        }
        row.remove(0).compute()
    })?;
    cluster.close()?;
    Ok(measured)
}

/// n tasks one after the other.
pub(crate) fn chain(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let n = args.n;
    let measured = Measured::of(args, json!({ "n": n }), n, n, || {
        let mut link = delayed(inc, (0,));
        for _ in 1..n {
            link = delayed(inc, (link,));
        }
        link.compute()
    })?;
    cluster.close()?;
    Ok(measured)
}

#[delayed]
fn fibonacci(n: u64) -> partita::Result<u64> {
    if n < 2 {
        return Ok(n);
    }
    let (a, b) = compute((fibonacci(n - 1), fibonacci(n - 2)))?;
    Ok(a + b)
}

/// Every call a task that launches two tasks and waits for them.
pub(crate) fn fib(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let (mut a, mut b, mut calls) = (0u64, 1u64, (1u64, 1u64));
    for _ in 0..args.n {
        (a, b) = (b, a + b);
        calls = (calls.1, calls.0 + calls.1 + 1);
    }
    let measured = Measured::of(args, json!({ "n": args.n }), calls.0, a, || fibonacci(args.n).compute())?;
    cluster.close()?;
    Ok(measured)
}
