//! Records in whatever order, and what a run makes of them.

use super::{Limits, Run};
use partita_graph::Token;
use partita_protocol::telemetry::{Batch, Record, State, Usage};
use partita_protocol::{PlaceId, PrefixId, TaskId, Time, WorkerId};

#[test]
fn tasks_are_released_from_the_moment_on_at_which_they_are_known() {
    let (task, prefix, ms) = (TaskId::new(0, 0), PrefixId(0), 1_000_000);
    let new = Record::Task {
        task,
        before: State::Forgotten,
        prefix,
        place: PlaceId(0),
        token: Token::of(b"0"),
        part: 0,
        dependencies: Box::default(),
    };
    let step = |time, from, to| Record::Transition { time: Time(time), task, prefix, from, to };
    let name = "early".into();
    let joined = Record::WorkerJoined { time: Time(1), worker: WorkerId(0), name, threads: 1, memory_limit: 0 };
    let usage = |time| Record::Usage(Usage { time: Time(time), ..Usage::default() });
    let mut run = Run::new(Limits::default());
    let records = vec![
        joined,
        usage(50 * ms),
        new.clone(),
        usage(60 * ms),
        new,
        step(70 * ms, State::Released, State::Memory),
        step(90 * ms, State::Memory, State::Released),
        step(90 * ms, State::Released, State::Forgotten),
    ];
    run.add(&Batch { records, dropped: 0 });
    assert_eq!(run.span(), (Time(50 * ms), Time(90 * ms)), "a worker that was there before does not begin it");
    let timeline = run.timeline().unwrap();
    let known: Vec<_> = [50, 60, 70, 90].map(|at| timeline.known(Time(at * ms)).get(&prefix).copied()).into();
    assert_eq!(known, [None, Some(1), Some(1), Some(1)]);
    let states: Vec<_> = [60, 70, 90].map(|at| timeline.states(Time(at * ms))[&prefix]).into();
    assert_eq!(states, [[1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 0, 0], [0; 8]]);
    assert_eq!(run.groups()[0].1.now, [0; 8]);
}

#[test]
fn workers_may_tell_of_tasks_before_the_scheduler_does_and_after_it_forgot_them() {
    let (task, prefix, worker) = (TaskId::new(7, 0), PrefixId(3), WorkerId(0));
    let ran = Record::Compute {
        task,
        attempt: partita_protocol::Attempt(0),
        worker,
        thread: 0,
        started: Time(10),
        stopped: Time(30),
        nbytes: 8,
        ok: true,
    };
    let sent = Record::Transfer {
        from: worker,
        to: WorkerId(1),
        count: 1,
        nbytes: 8,
        results: vec![(task, 8)].into(),
        started: Time(30),
        stopped: Time(35),
    };
    let step = |from, to| Record::Transition { time: Time(40), task, prefix, from, to };
    let known = [step(State::Released, State::Memory), step(State::Released, State::Forgotten)];
    let orders = [
        vec![ran.clone(), sent.clone(), known[0].clone(), known[1].clone()],
        vec![known[0].clone(), ran.clone(), known[1].clone(), sent.clone()],
        vec![known[0].clone(), known[1].clone(), ran, sent],
    ];
    for records in orders {
        let mut run = Run::new(Limits::default());
        run.add(&Batch { records, dropped: 0 });
        let groups: Vec<_> = run.groups().iter().map(|(prefix, group)| (*prefix, group.times.sum)).collect();
        assert_eq!(groups, [(prefix, 20)]);
        assert_eq!(run.executions().kept().map(|ran| ran.prefix).collect::<Vec<_>>(), [prefix]);
        let flows: Vec<_> = run.transfers().groups().map(|(prefix, flow)| (prefix, flow.nbytes)).collect();
        assert_eq!(flows, [(prefix, 8)]);
    }
}

#[test]
fn a_task_that_was_known_before_is_counted_in_the_state_that_it_was_in() {
    let (task, prefix, ms) = (TaskId::new(0, 0), PrefixId(0), 1_000_000);
    let step = |time, from, to| Record::Transition { time: Time(time * ms), task, prefix, from, to };
    let records = vec![
        step(5, State::Memory, State::Released),
        step(25, State::Released, State::Waiting),
        step(45, State::Waiting, State::Memory),
    ];
    let mut run = Run::new(Limits::default());
    run.add(&Batch { records, dropped: 0 });
    let timeline = run.timeline().unwrap();
    let states: Vec<_> = [5, 25, 45].map(|at| timeline.states(Time(at * ms))[&prefix]).into();
    assert_eq!(states, [[1, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 0, 0]]);
    let (_, group) = run.groups()[0];
    assert_eq!((group.tasks, group.now), (1, [0, 0, 0, 0, 0, 1, 0, 0]));
}

#[test]
fn a_moment_is_the_end_of_its_stretch_but_for_the_last_one() {
    let ms = 1_000_000;
    let mut run = Run::new(Limits { bins: 4, ..Limits::default() });
    assert_eq!((run.until(None), run.until(Some(Time(7)))), (None, None));
    let usage = |time| Record::Usage(Usage { time: Time(time), ..Usage::default() });
    run.add(&Batch { records: vec![usage(5 * ms), usage(40 * ms)], dropped: 0 });
    let until = |run: &Run, at| run.until(Some(Time(at * ms))).map(|until| until.0 / ms);
    assert_eq!(
        [0, 5, 14, 15, 34, 35, 99].map(|at| until(&run, at)),
        [15, 15, 15, 25, 35, 0, 0].map(|at| Some(at).filter(|at| *at > 0))
    );
    // Stretches become twice as long.
    run.add(&Batch { records: vec![usage(60 * ms)], dropped: 0 });
    assert_eq!(
        [5, 24, 25, 44, 45].map(|at| until(&run, at)),
        [25, 25, 45, 45, 0].map(|at| Some(at).filter(|at| *at > 0))
    );
    assert_eq!(run.until(Some(Time(u64::MAX))), None);
}
