//! Limits in time and shares: retries that wait, timeouts, deadlines, clients that share a cluster, priorities.

use crate::faults_support::{
    Count, Gate, LIMIT, builder, cluster, failure_of, result_of, until, until_nothing_is_left, within,
};
use partita::prelude::*;
use partita::{RetryOn, TaskErrorKind};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

/// Long enough for a task that is not held up, short enough to wait for.
const SHORT: Duration = Duration::from_millis(500);

/// What is far beyond all that a test waits for.
const LONG: Duration = Duration::from_secs(3600);

#[derive(Debug, thiserror::Error)]
#[error("line {0} is busy")]
struct Busy(usize);

fn asked(options: TaskOptions) -> (LocalCluster, Client) {
    let cluster = cluster(1, 1);
    let client = cluster.client().with_options(options);
    (cluster, client)
}

/// A task that fails with [`Busy`] so often, and counts its runs.
fn fails(runs: &Count, failures: usize) -> impl Fn() -> Result<i64, Busy> + Clone + Send + Sync + 'static {
    let runs = runs.clone();
    move || match runs.add() {
        run if run < failures => Err(Busy(run)),
        _ => Ok(42),
    }
}

#[test]
fn a_task_that_fails_is_run_again_after_a_while() {
    let options = TaskOptions::new().retries(3).retry_delay(Duration::from_millis(1));
    let (_cluster, client) = asked(options);
    let runs = Count::new();
    assert_eq!(result_of(&client.try_submit(fails(&runs, 3), ())).unwrap(), 42);
    assert_eq!(runs.get(), 4);
    let runs = Count::new();
    let error = failure_of(&client.try_submit(fails(&runs, 4), ()));
    assert!(error.to_string().contains("line 3 is busy"), "{error}");
    assert_eq!(runs.get(), 4);
    until_nothing_is_left(&client);
}

#[test]
fn only_errors_of_the_kind_that_was_named_are_tried_again() {
    let kinds = [
        (RetryOn::All, true),
        (RetryOn::Errors, true),
        (RetryOn::Panics, false),
        (RetryOn::Containing("is busy".into()), true),
        (RetryOn::Containing("is gone".into()), false),
    ];
    for (kind, again) in kinds {
        let (_cluster, client) = asked(TaskOptions::new().retries(1).retry_on(kind.clone()));
        let runs = Count::new();
        let result = result_of(&client.try_submit(fails(&runs, 1), ()));
        assert_eq!((result.is_ok(), runs.get()), (again, 1 + usize::from(again)), "{kind:?}: {result:?}");
    }
    let (_cluster, client) = asked(TaskOptions::new().retries(1).retry_on(RetryOn::Panics));
    let runs = Count::new();
    let counted = runs.clone();
    let panics_once = move || if counted.add() == 0 { panic!("at the first time") } else { 1i64 };
    assert_eq!(result_of(&client.submit(panics_once, ())).unwrap(), 1);
}

/// The worker that this thread belongs to.
fn worker() -> String {
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    name.split("-exec-").next().unwrap_or_default().to_owned()
}

#[test]
fn a_retry_elsewhere_is_on_another_worker() {
    let cluster = cluster(2, 1);
    let client = cluster.client().with_options(TaskOptions::new().retries(1).retry_elsewhere());
    for with_input in [false, true] {
        let (seen, input) = (Arc::new(Mutex::new(Vec::new())), client.impure().submit(|| 1i64, ()));
        let see = seen.clone();
        let call = move |x: i64| {
            let mut seen = see.lock().unwrap();
            seen.push(worker());
            if seen.len() == 1 { Err(Busy(0)) } else { Ok(x) }
        };
        let future = match with_input {
            true => client.try_submit(call, (&input,)),
            false => client.try_submit(call, (1,)),
        };
        assert_eq!(result_of(&future).unwrap(), 1);
        let seen = seen.lock().unwrap();
        assert!(seen.len() == 2 && seen[0] != seen[1], "{seen:?}");
    }
}

/// FAULTS T10, T11.
#[test]
fn a_task_that_takes_too_long_fails_and_its_place_is_taken() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let hung = client.with_options(TaskOptions::new().timeout(SHORT)).submit(move || pass.through(), ());
    let child = client.submit(|(): ()| 1i64, (&hung,));
    let error = failure_of(&hung);
    assert!(matches!(error.kind(), TaskErrorKind::TimedOut { limit } if *limit == SHORT), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&hung.key().to_string()) && text.contains("500ms") && text.contains("Raise the timeout"));
    assert_eq!(failure_of(&child).key(), hung.key());
    // The only thread is still in the task; another one has taken its place.
    assert_eq!(gate.arrived(), 1);
    let others = client.map(|x: i64| x + 1, 0..100);
    assert_eq!(client.gather(&others).unwrap().iter().sum::<i64>(), 5050);
    gate.open();
    drop((hung, child, others));
    until_nothing_is_left(&client);
    assert_eq!(result_of(&client.submit(|x: i64| x, (7,))).unwrap(), 7);
}

#[test]
fn a_run_that_took_too_long_is_tried_again() {
    let (_cluster, client) = asked(TaskOptions::new().timeout(SHORT).retries(1));
    let (gate, runs) = (Gate::new(), Count::new());
    let (pass, counted) = (gate.pass(), runs.clone());
    let once_hung = move || {
        if counted.add() == 0 {
            pass.through();
            return 1i64;
        }
        2
    };
    let future = client.submit(once_hung, ());
    assert_eq!(result_of(&future).unwrap(), 2, "what the first run gives in the end is dropped");
    gate.open();
    assert_eq!(result_of(&client.submit(|x: i64| x, (3,))).unwrap(), 3);
    assert_eq!(result_of(&future).unwrap(), 2);
    drop(future);
    until_nothing_is_left(&client);
}

#[test]
fn time_spent_behind_others_does_not_count() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let first = client.submit(move || pass.through(), ());
    gate.wait_for(1);
    let limited = client.with_options(TaskOptions::new().timeout(SHORT));
    let later = limited.map(|x: i64| x, 0..20);
    // Far more than a run may take: the clock of none of them has begun.
    assert!(matches!(later[0].result_timeout(SHORT + SHORT / 5), Err(partita::RunError::Timeout { .. })));
    gate.open();
    assert_eq!(client.gather(&later).unwrap().len(), 20);
    result_of(&first).unwrap();
}

#[test]
fn a_task_that_waits_for_its_own_tasks_can_take_too_long() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let nested = move || {
        let pass = pass.clone();
        partita::get_client().unwrap().submit(move || pass.through(), ()).result().unwrap();
    };
    let parent = client.with_options(TaskOptions::new().timeout(SHORT)).submit(nested, ());
    gate.wait_for(1);
    let error = failure_of(&parent);
    assert!(matches!(error.kind(), TaskErrorKind::TimedOut { .. }) && error.key() == parent.key(), "{error}");
    gate.open();
    assert_eq!(result_of(&client.submit(|x: i64| x, (7,))).unwrap(), 7);
    drop(parent);
    until_nothing_is_left(&client);
}

#[test]
fn a_deadline_is_for_the_whole_computation() {
    let cluster = cluster(1, 2);
    let gate = Gate::new();
    let parts: Vec<_> = (0..1000i64)
        .map(|number| {
            let pass = gate.pass();
            delayed(
                move |x: i64| {
                    if x == 500 {
                        pass.through();
                    }
                    x
                },
                (number,),
            )
        })
        .collect();
    let total = delayed(|parts: Vec<i64>| parts.iter().sum::<i64>(), (parts,));
    let client = cluster.client().with_options(TaskOptions::new().deadline(SHORT));
    let own = client.clone();
    let key = total.key().to_string();
    let error = within(LIMIT, move || total.compute_on(&own)).unwrap_err();
    let error = error.task().unwrap();
    assert!(matches!(error.kind(), TaskErrorKind::DeadlinePassed { limit } if *limit == SHORT), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&key) && text.contains("500ms") && text.contains("Raise the deadline"), "{text}");
    gate.open();
    until_nothing_is_left(&client);
    assert_eq!(result_of(&client.submit(|x: i64| x, (7,))).unwrap(), 7, "another computation has its own time");
}

#[test]
fn wishes_of_a_client_are_asked_for_whole_computations() {
    let cluster = cluster(1, 1);
    let (runs, gate) = (Count::new(), Gate::new());
    let client = cluster.client().with_options(TaskOptions::new().retries(2).deadline(SHORT));
    let inner = try_delayed(fails(&runs, 2), ());
    assert_eq!(result_of(&client.compute(&inner.map(|x: i64| x + 1)).unwrap()).unwrap(), 43);
    assert_eq!(runs.get(), 3, "what the result depends on was tried again too");
    let pass = gate.pass();
    // Its own wishes stay, and do not save it from the deadline.
    let hung = delayed(move || pass.through(), ()).priority(3);
    let error = failure_of(&client.compute(&hung).unwrap());
    assert!(matches!(error.kind(), TaskErrorKind::DeadlinePassed { .. }), "{error:?}");
}

#[test]
fn a_deadline_that_is_met_changes_nothing() {
    let cluster = cluster(2, 2);
    let client = cluster.client().with_options(TaskOptions::new().deadline(LONG).timeout(LONG));
    let total = Bag::range(1_000, 10).map(|x: i64| x * 2).sum();
    assert_eq!(total.compute_on(&client).unwrap(), 999_000);
    let future = client.compute(&total).unwrap();
    assert_eq!(result_of(&future).unwrap(), 999_000);
    drop(future);
    until_nothing_is_left(&client);
}

#[test]
fn each_client_waits_for_a_task_as_long_as_it_said() {
    static GATE: LazyLock<Gate> = LazyLock::new(Gate::new);
    // Without captures, so that both clients mean the same task.
    fn slow(x: i64) -> i64 {
        GATE.pass().through();
        x + 1
    }
    let cluster = cluster(1, 1);
    let hasty = cluster.client().with_options(TaskOptions::new().deadline(SHORT));
    let other = cluster.new_client().unwrap();
    let patient = other.with_options(TaskOptions::new().deadline(LONG));
    let (late, value) = (hasty.submit(slow, (1,)), patient.submit(slow, (1,)));
    let above = other.submit(|x: i64| x * 10, (&value,));
    GATE.wait_for(1);
    for _ in 0..2 {
        let error = failure_of(&late);
        assert!(matches!(error.kind(), TaskErrorKind::DeadlinePassed { limit } if *limit == SHORT), "{error:?}");
        assert_eq!((value.status(), above.status()), ("pending", "pending"));
        late.retry();
        until("it waits again", || late.status() == "pending");
    }
    assert!(matches!(failure_of(&late).kind(), TaskErrorKind::DeadlinePassed { .. }));
    GATE.open();
    assert_eq!((result_of(&value).unwrap(), result_of(&above).unwrap()), (2, 20));
    assert_eq!(late.status(), "error", "it was told, and did not ask again");
    late.retry();
    until("it is told of the result", || late.status() == "finished");
    assert_eq!((result_of(&late).unwrap(), GATE.arrived()), (2, 1));
    drop((late, value, above));
    until_nothing_is_left(&hasty);
}

#[test]
fn what_was_late_can_be_tried_again_when_others_have_let_go_of_it() {
    static GATE: LazyLock<Gate> = LazyLock::new(Gate::new);
    fn slow(x: i64) -> i64 {
        GATE.pass().through();
        x + 2
    }
    let cluster = cluster(1, 1);
    let (hasty, patient) = (cluster.client(), cluster.new_client().unwrap());
    let hasty = hasty.with_options(TaskOptions::new().deadline(SHORT));
    let (late, value) = (hasty.submit(slow, (1,)), patient.submit(slow, (1,)));
    failure_of(&late);
    GATE.open();
    assert_eq!(result_of(&value).unwrap(), 3);
    drop(value);
    // It is behind what drops the value.
    assert_eq!(result_of(&patient.submit(|x: i64| x, (7,))).unwrap(), 7);
    late.retry();
    until("it is computed again", || late.status() == "finished");
    assert_eq!((result_of(&late).unwrap(), GATE.arrived()), (3, 2));
    drop(late);
    until_nothing_is_left(&hasty);
}

#[test]
fn a_small_client_does_not_wait_behind_a_large_one() {
    // Without a check after every event: there are too many tasks for that.
    let cluster = builder(1, 1).validate(false).start().unwrap();
    let (large, small) = (cluster.client(), cluster.new_client().unwrap());
    let (gate, done) = (Gate::new(), Count::new());
    let pass = gate.pass();
    let first = large.submit(move || pass.through(), ());
    gate.wait_for(1);
    let counted = done.clone();
    let many = large.map(
        move |x: i64| {
            counted.add();
            x
        },
        0..10_000,
    );
    let counted = done.clone();
    let few = small.map(move |_: i64| counted.get(), 0..10);
    until("all of them are handed in", || small.summary().is_ok_and(|now| now.tasks >= 10_011));
    gate.open();
    let before: Vec<usize> = few.iter().map(|future| result_of(future).unwrap()).collect();
    assert!(before.iter().all(|done| *done < 9_000), "{before:?} of the others had ended");
    assert_eq!(large.gather(&many).unwrap().len(), 10_000);
    result_of(&first).unwrap();
}

/// FAULTS G23.
#[test]
fn priorities_to_the_very_ends_are_kept() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let first = client.submit(move || pass.through(), ());
    gate.wait_for(1);
    let order = Arc::new(Mutex::new(Vec::new()));
    let asked = [i32::MIN, 0, -1, i32::MAX, 5, i32::MIN + 1];
    let futures = asked.map(|priority| {
        let order = order.clone();
        let urgent = client.with_options(TaskOptions::new().priority(priority));
        urgent.submit(move || order.lock().unwrap().push(priority), ())
    });
    until("all of them are handed in", || client.summary().is_ok_and(|now| now.tasks >= 7));
    gate.open();
    futures.iter().for_each(|future| result_of(future).unwrap());
    // Of the first ones to come, one may have been given to the worker ahead.
    let order = order.lock().unwrap();
    let sorted = |list: &[i32]| list.windows(2).all(|pair| pair[0] > pair[1]);
    let without_first: Vec<i32> = order.iter().copied().filter(|priority| *priority > i32::MIN).collect();
    assert!(sorted(&without_first), "{order:?}");
    result_of(&first).unwrap();
}
