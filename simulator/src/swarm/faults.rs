//! What goes wrong over time, drawn by seed: each kind of fault is on or off, and has a rate of its own.

use super::draw::{log, moment, rate};
use super::plan::{Deed, Size, What};
use crate::world::{LostRequest, Process};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use std::time::Duration;

/// Kinds of faults.
const KINDS: usize = 15;

/// Faults of one kind in a seed, at the most.
const MOST: f64 = 10.0;

/// Looks at the work of a cluster that adapts its size, at the most.
const LOOKS: u32 = 20;

/// Draws faults up to the horizon; `unit` is what things take, typically.
pub(super) fn draw(deeds: &mut Vec<Deed>, random: &mut Pcg64Mcg, size: Size, horizon: Duration, unit: Duration) {
    let chance = random.random_range(0.1..0.7);
    let mut counts: Vec<usize> = (0..KINDS).map(|_| rate(random, chance, MOST) as usize).collect();
    if size == Size::Big {
        // Kinds that need nothing to happen to but a worker.
        while counts.iter().sum::<usize>() < 20 {
            counts[[0, 2, 5, 6, 7, 8, 9, 14][random.random_range(0..8)]] += 1;
        }
    }
    if random.random_bool(0.25) {
        let (looks, target) = (random.random_range(2..=LOOKS), while_(random, horizon, unit));
        let look = |look| Deed { at: horizon * look / LOOKS, what: What::Adapt(target) };
        deeds.extend((0..looks).map(look));
    }
    for (kind, count) in counts.into_iter().enumerate() {
        for _ in 0..count {
            let at = moment(random, horizon);
            let what = fault(random, kind, horizon, unit);
            deeds.push(Deed { at, what });
        }
    }
}

/// What workers' processes have in memory beside values changes: some leak, and some give back what they had. Drawn after all
/// else, so that what else a seed draws is the same with it and without.
pub(super) fn swell(deeds: &mut Vec<Deed>, random: &mut Pcg64Mcg, horizon: Duration) -> Option<Process> {
    if !random.random_bool(0.6) {
        return None;
    }
    for _ in 0..random.random_range(0..=MOST as usize) {
        let percent = if random.random_bool(0.3) { 0 } else { random.random_range(20..=120) };
        deeds.push(Deed { at: moment(random, horizon), what: What::Swell(random.random(), percent) });
    }
    let keeps = if random.random_bool(0.5) { 0.0 } else { random.random_range(0.0..=1.0) };
    Some(Process { keeps, look: while_(random, horizon.mul_f64(0.1), Duration::from_nanos(100)) })
}

/// A while: between a part of what things take and a good part of the whole.
fn while_(random: &mut Pcg64Mcg, horizon: Duration, unit: Duration) -> Duration {
    let least = unit.as_nanos() as f64 * 0.1 + 10.0;
    let most = horizon.as_nanos() as f64 * 0.3 + 2.0 * least;
    Duration::from_nanos(log(random, least, most) as u64)
}

fn fault(random: &mut Pcg64Mcg, kind: usize, horizon: Duration, unit: Duration) -> What {
    let pick = random.random();
    let lasting = while_(random, horizon, unit);
    match kind {
        0 | 1 => {
            let heard =
                if random.random_bool(0.5) { Duration::ZERO } else { unit.mul_f64(random.random_range(0.0..2.0)) };
            What::Kill(pick, heard, random.random_bool(0.85).then_some(lasting))
        }
        2 => What::Freeze { pick, lasting, lost: None },
        3 => What::Freeze { pick, lasting, lost: Some(lasting.mul_f64(random.random_range(0.0..1.0))) },
        4 => {
            let (is_heard, hears) = [(true, false), (false, true), (false, false)][random.random_range(0..3)];
            What::Cut { pick, is_heard, hears, lost: lasting }
        }
        5 => What::Slow(pick, random.random_range(2..20), lasting),
        6 => What::Fill(pick, lasting),
        7 => What::FillDisk(pick, lasting),
        8 => What::Delay(pick, while_(random, horizon.mul_f64(0.3), unit), lasting),
        9 => {
            let ways = [LostRequest::Request, LostRequest::Reply, LostRequest::Late];
            What::LoseRequest(pick, ways[random.random_range(0..3)])
        }
        10 => What::LoseValue(pick, random.random()),
        11 => What::Retire(pick),
        12 => What::Rebalance,
        13 if random.random_bool(0.3) => What::KillAll(lasting),
        _ => What::Stale(pick),
    }
}
