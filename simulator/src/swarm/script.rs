//! What clients and operators do over time, drawn by seed.

use super::draw::{computed, moment, rate, some};
use super::plan::{Deed, Size, What};
use crate::universe::{Number, Universe};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use std::time::Duration;

/// Clients that there are at a time, at the most.
pub(super) const DESKS: usize = 3;

/// Tasks that are asked for at once in a large world, at the least.
const LEAST_TASKS: usize = 110;

/// Workers come: most at once, some late.
pub(super) fn workers(deeds: &mut Vec<Deed>, random: &mut Pcg64Mcg, count: usize, size: Size, horizon: Duration) {
    let late = match size {
        Size::Any => rate(random, 0.4, 0.5),
        Size::Big => 0.0,
    };
    for at in 0..count {
        let is_late = at > 0 && random.random_bool(late);
        let at_time = if is_late { moment(random, horizon) } else { Duration::ZERO };
        deeds.push(Deed { at: at_time, what: What::Join(at) });
    }
}

/// Clients come, ask for results, change their minds, and go.
pub(super) fn clients(
    deeds: &mut Vec<Deed>,
    random: &mut Pcg64Mcg,
    universe: &Universe,
    size: Size,
    horizon: Duration,
) {
    let desks = random.random_range(1..=DESKS);
    for desk in 0..desks {
        deeds.push(Deed { at: Duration::ZERO, what: What::Arrive(desk) });
    }
    submissions(deeds, random, universe, desks, size, horizon);
    let tasks = computed(universe);
    let most = tasks.len() / 5 + 1;
    let rates: Vec<f64> = (0..7).map(|_| rate(random, 0.5, 6.0)).collect();
    for (kind, rate) in rates.into_iter().enumerate() {
        for _ in 0..rate as usize {
            let desk = random.random_range(0..desks);
            let numbers = some(random, &tasks, most);
            let at = moment(random, horizon);
            if kind < 2 && numbers.len().is_multiple_of(2) {
                // It is asked for again while what was said about it is still under way.
                deeds.push(Deed { at: at + horizon / 1000, what: What::Submit(desk, numbers.clone()) });
            }
            let what = match kind {
                0 => What::Release(desk, numbers),
                1 => What::Cancel(desk, numbers, random.random_bool(0.5)),
                2 => What::Retry(desk),
                3 => What::Want(desk, numbers),
                4 => What::Replicate(desk, numbers, random.random_range(1..=4)),
                5 => What::Submit(desk, numbers),
                _ => {
                    let back = at + horizon.mul_f64(random.random_range(0.0..0.1));
                    deeds.push(Deed { at: back, what: What::Arrive(desk) });
                    What::Leave(desk)
                }
            };
            deeds.push(Deed { at, what });
        }
    }
}

/// Everything that nothing depends on is asked for by somebody, and some of the rest.
fn submissions(
    deeds: &mut Vec<Deed>,
    random: &mut Pcg64Mcg,
    universe: &Universe,
    desks: usize,
    size: Size,
    horizon: Duration,
) {
    let ends = universe.ends();
    let tasks = computed(universe);
    let count = random.random_range(1..=5usize);
    let mut lists: Vec<Vec<Number>> = vec![Vec::new(); count];
    for end in ends {
        lists[random.random_range(0..count)].push(end);
    }
    if size == Size::Big {
        // What is asked for at once is large enough by itself.
        while universe.closure(&lists[0]).len() < LEAST_TASKS && lists.len() > 1 {
            lists.pop().into_iter().for_each(|list| lists[0].extend(list));
        }
    }
    let extra = rate(random, 0.7, 0.3);
    for (at, mut list) in lists.into_iter().enumerate() {
        if random.random_bool(0.5) && !tasks.is_empty() {
            list.extend(some(random, &tasks, (tasks.len() as f64 * extra) as usize));
        }
        let at = if at == 0 { Duration::ZERO } else { moment(random, horizon.mul_f64(0.7)) };
        let desk = random.random_range(0..desks);
        if random.random_bool(0.1) {
            let again = moment(random, horizon);
            deeds.push(Deed { at: again, what: What::Submit(desk, list.clone()) });
        }
        deeds.push(Deed { at, what: What::Submit(desk, list) });
    }
}
