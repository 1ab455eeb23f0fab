//! What the process and the machine used over time, and how busy the cluster was.

use super::range::Range;
use super::series::{Series, Stretch, stretches};
use super::{STATES, cache};
use crate::run::{Bin, Run};
use partita_protocol::telemetry::Usage;
use serde::Serialize;

/// Values over time of the whole cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct System {
    /// Cores that the process and the machine keep busy.
    pub cpu: Series,
    /// Bytes of the process, and those of results that the workers hold.
    pub memory: Series,
    /// Bytes of the machine that are in use, and that it has.
    pub machine: Series,
    /// Bytes of results that the workers hold.
    pub held: Series,
    /// Threads that computed, as a mean of each stretch.
    pub busy: Series,
    /// Tasks by state, without those that are forgotten.
    pub states: Series,
    /// Bytes a second from worker to worker.
    pub sent: Series,
    /// Executions that ended, and that failed, a second.
    pub ended: Series,
}

/// Values over time of the whole cluster, in at most so many points.
pub fn system(run: &Run, range: Range, points: usize) -> System {
    let (before, stretches) = stretches(run, range, points);
    let times: Vec<u64> = stretches.iter().map(|stretch| stretch.end).collect();
    let usage =
        |of: fn(&Usage) -> f64| stretches.iter().map(|stretch| last_usage(stretch).map(|usage| of(&usage))).collect();
    let rate = |of: fn(&Bin) -> u64| stretches.iter().map(|stretch| Some(stretch.rate(of))).collect();
    let busy = stretches.iter().map(|stretch| Some(stretch.rate(Bin::busy) / 1e9)).collect();
    let lines = |lines: Vec<(&str, Vec<Option<f64>>)>| {
        Series::new(&times, lines.into_iter().map(|(name, values)| (name.into(), values)))
    };
    let held = cache::held(run, range, points);
    let results = held.lines.first().map(|line| line.values.clone()).unwrap_or_default();
    System {
        // What is drawn last is on top: the process is part of the machine.
        cpu: lines(vec![
            ("machine", usage(|usage| f64::from(usage.machine_cpu))),
            ("process", usage(|usage| f64::from(usage.cpu))),
        ]),
        memory: lines(vec![("process", usage(|usage| usage.memory as f64)), ("results", results)]),
        machine: lines(vec![
            ("in use", usage(|usage| usage.machine_memory as f64)),
            ("total", usage(|usage| usage.machine_total as f64)),
        ]),
        held,
        busy: lines(vec![("threads", busy)]),
        states: lines(states(before, &stretches)),
        sent: lines(vec![("sent", rate(|bin| bin.sent))]),
        ended: lines(vec![("ended", rate(|bin| bin.ended)), ("failed", rate(|bin| bin.failed))]),
    }
}

fn last_usage(stretch: &Stretch) -> Option<Usage> {
    stretch.bins.iter().rev().find_map(|bin| bin.usage)
}

/// Tasks in each state but the last at the end of each stretch.
fn states(before: &[Bin], stretches: &[Stretch]) -> Vec<(&'static str, Vec<Option<f64>>)> {
    let mut now = [0i64; 8];
    let mut add = |bins: &[Bin]| {
        let groups = bins.iter().flat_map(|bin| bin.groups.values());
        groups.for_each(|group| now.iter_mut().zip(group.steps).for_each(|(now, step)| *now += step));
        now
    };
    add(before);
    let counts: Vec<[i64; 8]> = stretches.iter().map(|stretch| add(stretch.bins)).collect();
    let line = |state: usize| counts.iter().map(|counts| Some(counts[state].max(0) as f64)).collect();
    STATES.iter().enumerate().take(7).map(|(state, &name)| (name, line(state))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::{Script, runs};
    use partita_protocol::Time;
    use partita_protocol::telemetry::State::{Memory, Processing, Released};
    use proptest::prelude::*;

    #[test]
    fn states_and_use_over_time() {
        let ms = 1_000_000;
        let mut script = Script::new(1);
        let machine = (2.0, 700, 1_000);
        script.usage(Usage {
            time: Time(5 * ms),
            cpu: 1.5,
            memory: 100,
            machine_cpu: machine.0,
            machine_memory: machine.1,
            machine_total: machine.2,
        });
        let task = script.task("inc", &[]);
        script.step(15 * ms, task, Released, Processing);
        script.ran_at(task, 0, (15 * ms, 25 * ms), true);
        script.step(25 * ms, task, Processing, Memory);
        script.store(14 * ms, 0, 1, 40);
        let run = script.run();
        let system = system(&run, Range::of(&run), 100);
        // The run is from 5 ms to 25 ms: two stretches of 10 ms, and the last moment.
        assert_eq!(system.cpu.times, [10 * ms, 20 * ms, 20 * ms + 1]);
        let first = |series: &Series| {
            series.lines.iter().map(|line| (line.name.to_string(), line.values[0].unwrap())).collect::<Vec<_>>()
        };
        let named = |name: &str, value| (name.to_string(), value);
        assert_eq!(first(&system.cpu), [named("machine", 2.0), named("process", 1.5)]);
        assert_eq!(system.cpu.lines[0].values, [Some(2.0), None, None]);
        assert_eq!(first(&system.memory), [named("process", 100.0), named("results", 40.0)]);
        assert_eq!(system.memory.lines[1].values, [Some(40.0); 3]);
        assert_eq!(first(&system.machine), [named("in use", 700.0), named("total", 1_000.0)]);
        let state = |name: &str| &system.states.lines.iter().find(|line| &*line.name == name).unwrap().values;
        assert_eq!(*state("processing"), [Some(0.0), Some(1.0), Some(0.0)]);
        assert_eq!(*state("memory"), [Some(0.0), Some(0.0), Some(1.0)]);
        assert_eq!(system.busy.lines[0].values, [Some(0.0), Some(1.0), Some(0.0)]);
    }

    proptest! {
        /// However many points there are, the busy threads over time add up to the time of the executions.
        #[test]
        fn busy_threads_add_up_to_the_records(run in runs(), points in 1usize..50) {
            let (_, stretches) = stretches(&run, Range::of(&run), points);
            prop_assert!(stretches.len() <= points);
            let busy: u64 = stretches.iter().flat_map(|stretch| stretch.bins).map(Bin::busy).sum();
            prop_assert_eq!(u128::from(busy), run.executions().busy.as_nanos());
            let ended: u64 = stretches.iter().flat_map(|stretch| stretch.bins).map(|bin| bin.ended).sum();
            prop_assert_eq!(ended, run.executions().count);
        }
    }
}
