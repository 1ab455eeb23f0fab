//! Which worker gets which task, and when.

use super::{Case, t, task};
use partita_protocol::worker::Report;
use partita_protocol::{TaskId, WorkerId};
use std::time::Duration;

fn on(case: &Case, id: u32) -> WorkerId {
    case.scheduler.processing_on(t(id)).unwrap().0
}

#[test]
fn root_tasks_wait_on_the_scheduler_and_are_spread_by_threads() {
    let mut case = Case::workers([1, 2]);
    case.submit(std::array::from_fn::<_, 10, _>(|id| task(id as u32).wanted()));
    let said = case.said();
    assert_eq!(said.iter().filter(|word| word.starts_with("w0")).count(), 2, "ceil(1.1)");
    assert_eq!(said.iter().filter(|word| word.starts_with("w1")).count(), 3, "ceil(2.2)");
    case.finish(0, 0);
    case.says(["c0 t0 on w0, 8 bytes", "w0 compute t5"]);
}

#[test]
fn higher_priorities_first_then_earlier_submissions_then_nested_ones() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted(), task(1).wanted()]);
    case.submit([task(2).wanted(), task(3).with(|o| o.priority(1)).wanted()]);
    case.submit([task(4).with(|o| o.priority(i32::MIN)).wanted(), task(5).with(|o| o.priority(i32::MAX)).wanted()]);
    let mut nested = super::piece(0, &[task(6).wanted()]);
    nested.generation = 1;
    nested.tasks[0].rank = 0;
    case.event(super::Event::GraphSubmitted { client: super::c(0), piece: nested });
    case.says(["w0 compute t0", "w0 compute t1"]);
    let mut order = Vec::new();
    let mut next = vec![0, 1];
    while !next.is_empty() {
        for id in std::mem::take(&mut next) {
            case.finish(0, id);
            for word in case.said() {
                if let Some(id) = word.strip_prefix("w0 compute t") {
                    next.push(id.parse().unwrap());
                }
            }
        }
        order.extend(next.iter().copied());
    }
    assert_eq!(order, [5, 3, 6, 2, 4]);
}

#[test]
fn short_tasks_travel_in_batches_and_unknown_ones_do_not() {
    let mut case = Case::workers([1]);
    case.submit(std::array::from_fn::<_, 200, _>(|id| task(id as u32).wanted()));
    assert_eq!(case.said().len(), 2);
    let time = Duration::from_micros(10);
    case.finish_after(0, 0, time, 8);
    assert_eq!(case.said().len(), 2, "one more: the other one might take long");
    case.finish_after(0, 1, time, 8);
    assert!(case.said().len() > 15);
    let before = case.scheduler.workers().next().unwrap().processing;
    assert_eq!(before, 20, "200 µs");
    for id in 2..11 {
        case.finish_after(0, id, time, 8);
        assert_eq!(case.said().len(), 1, "no refill before half");
    }
    case.finish_after(0, 11, time, 8);
    assert!(case.said().len() > 8);
}

#[test]
fn a_dependent_goes_where_its_inputs_are() {
    let mut case = Case::workers([1, 1]);
    case.submit([
        task(0).with(|o| o.workers(["worker-1"])),
        task(1).with(|o| o.workers(["worker-0"])),
        task(2).on([0, 1]).wanted(),
    ]);
    case.finish_after(1, 0, Duration::from_millis(1), 1 << 20);
    case.finish_after(0, 1, Duration::from_millis(1), 1 << 10);
    assert_eq!(on(&case, 2), WorkerId(1));
    case.skip();
}

#[test]
fn an_idle_worker_takes_over_when_moving_is_cheaper_than_waiting() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).prefix(1), task(1).on([0]).wanted(), task(2).on([0]).wanted(), task(3).on([0]).wanted()]);
    case.finish_after(0, 0, Duration::from_millis(1), 1 << 10);
    assert_eq!([1, 2, 3].map(|id| on(&case, id).0), [0, 1, 0]);
    case.skip();
    case.submit([task(4).on([0]).wanted()]);
    case.skip();
}

#[test]
fn large_data_is_not_moved_for_a_short_wait() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0), task(1).on([0]).wanted(), task(2).on([0]).wanted()]);
    case.finish_after(0, 0, Duration::from_millis(1), 1 << 30);
    assert_eq!([1, 2].map(|id| on(&case, id).0), [0, 0]);
    case.skip();
}

#[test]
fn equal_costs_are_spread() {
    let mut case = Case::workers([2, 2, 2]);
    case.submit(std::array::from_fn::<_, 6, _>(|id| task(id as u32).with(|o| o.workers(["here"])).wanted()));
    assert_eq!([0, 1, 2, 3, 4, 5].map(|id| on(&case, id).0), [0, 1, 2, 0, 1, 2]);
    case.skip();
}

#[test]
fn a_seceded_task_gives_its_slot_back() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted(), task(1).wanted(), task(2).wanted()]);
    case.says(["w0 compute t0", "w0 compute t1"]);
    let attempt = case.attempt(0, 0);
    case.report(0, Report::Seceded { task: t(0), attempt });
    case.report(0, Report::Seceded { task: t(0), attempt });
    case.says(["w0 compute t2"]);
    let worker = case.scheduler.workers().next().unwrap();
    assert_eq!((worker.processing, worker.seceded), (2, 1));
    case.finish(0, 0);
    case.says(["c0 t0 on w0, 8 bytes"]);
}

#[test]
fn an_assignment_tells_what_the_worker_must_know() {
    let mut case = Case::new();
    case.worker_with(0, 1, &[("GPU", 1.0)]);
    case.submit([task(0), task(1).on([0]).needs("GPU", 1.0).wanted()]);
    case.finish_after(0, 0, Duration::from_micros(7), 42);
    let effects: Vec<_> = case.effects.drain().collect();
    let super::Effect::Order { order: super::Order::Compute(assignment), .. } = &effects[1] else { panic!() };
    assert_eq!(assignment.task, TaskId::new(1, 0));
    assert_eq!((assignment.inputs[0].nbytes, assignment.expected_nanos), (42, 7_000));
    assert_eq!(assignment.resources.as_ref().unwrap().amount("GPU"), 1000);
    assert_eq!((assignment.priority.generation, assignment.priority.rank), (1, 1));
}

#[test]
fn records_tell_every_transition() {
    let mut case = Case::with(crate::machine::Config { record: true, ..Default::default() });
    case.worker(0, 1);
    case.submit([task(0).wanted()]);
    case.finish(0, 0);
    case.release(0, [0]);
    let states: Vec<_> = case
        .effects
        .drain()
        .filter_map(|effect| match effect {
            super::Effect::Record(partita_protocol::telemetry::Record::Transition { from, to, .. }) => Some((from, to)),
            _ => None,
        })
        .collect();
    use super::State::*;
    let path = [Released, Waiting, Queued, Processing, Memory, Released, Forgotten];
    assert_eq!(states, path.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>());
}

#[test]
fn steps_are_the_same_however_they_are_told() {
    use crate::machine::Telling::{self, Each, Packed, Sums};
    use partita_protocol::steps::GroupSteps;
    use partita_protocol::telemetry::Record;
    use std::collections::BTreeMap;

    // How each of a few stretches is told; the sums, those that were told one by one, and the tasks that failed.
    let told = |telling: [Telling; 4]| {
        let mut case = Case::with(crate::machine::Config { record: true, ..Default::default() });
        let mut groups: BTreeMap<_, GroupSteps> = BTreeMap::new();
        let (mut single, mut failed) = (Vec::new(), Vec::new());
        for (stretch, telling) in telling.into_iter().enumerate() {
            case.tell_steps(telling);
            match stretch {
                0 => case.worker(0, 2),
                1 => case.submit([
                    task(0).prefix(3),
                    task(1).prefix(70_000).on([0]).wanted(),
                    task(2).prefix(1).wanted(),
                ]),
                2 => {
                    case.finish(0, 0);
                    case.fail(0, 2, 9);
                }
                _ => {
                    case.finish(0, 1);
                    case.release(0, [1, 2]);
                }
            }
            let effects = case.effects.drain().filter_map(|effect| match effect {
                super::Effect::Record(record) => Some(record),
                _ => None,
            });
            let records: Vec<Record> = effects
                .chain(case.scheduler.take_moves().flat_map(|moves| moves.records().collect::<Vec<_>>()))
                .collect();
            for record in &records {
                if let Record::Transition { prefix, from, to, .. } = record {
                    groups.entry(*prefix).or_insert_with(|| GroupSteps::none(*prefix)).add(*from, *to);
                }
            }
            single.extend(records);
            for steps in case.scheduler.take_steps() {
                let group = groups.entry(steps.prefix).or_insert_with(|| GroupSteps::none(steps.prefix));
                group.count += steps.count;
                group.change.iter_mut().zip(steps.change).for_each(|(own, change)| *own += change);
                group.finished += steps.finished;
                group.erred += steps.erred;
            }
            failed.extend(case.scheduler.take_failed());
            assert_eq!(case.scheduler.untold(), 0);
        }
        (groups, single, failed)
    };
    let (each, all, failed) = told([Each; 4]);
    assert_eq!(each.values().map(|group| (group.finished, group.erred)).collect::<Vec<_>>(), [(0, 1), (1, 0), (1, 0)]);
    assert_eq!(failed, [super::t(2)]);
    // In the same order, at the same moments.
    assert_eq!(told([Packed; 4]), (each.clone(), all, failed.clone()));
    let (sums, few, fell) = told([Sums; 4]);
    assert_eq!((sums, fell), (each.clone(), failed));
    // The group whose number is too high.
    assert_eq!(few.len() as u64, each[&partita_protocol::PrefixId(70_000)].count);
    for telling in [[Sums, Each, Sums, Packed], [Each, Packed, Each, Sums], [Packed, Packed, Sums, Each]] {
        assert_eq!(told(telling).0, each);
    }
}
