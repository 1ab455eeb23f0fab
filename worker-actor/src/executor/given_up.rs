//! Tests of jobs that are given up and of those that are urgent. None sleeps: threads meet at channels.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use super::enter_blocking;
use super::tests::{Call, URGENT, await_slots, call, close, executor, held, submit};
use std::sync::mpsc::{Sender, channel};

/// A job that says which thread it has, and then does as it is told.
fn told(said: &Sender<u32>) -> (Call, Sender<()>) {
    let (said, (go, gone)) = (said.clone(), channel());
    let run = move |context: &super::ThreadContext| {
        said.send(context.thread).unwrap();
        gone.recv().ok();
    };
    (Call(0, Box::new(run)), go)
}

/// FAULTS T10.
#[test]
fn another_thread_takes_the_place_of_one_that_is_given_up() {
    let executor = executor(1);
    let (said, hear) = channel();
    let (hung, go) = told(&said);
    submit(&executor, [hung]);
    let thread = hear.recv().unwrap();
    let (next, go_next) = held(&said, 7);
    submit(&executor, [next]);
    assert_eq!(executor.queued(), 1);
    executor.abandon(thread);
    executor.abandon(thread);
    assert_eq!(hear.recv(), Ok(7), "it runs on another thread");
    await_slots(&executor, 1);
    drop(go);
    let (last, go_last) = held(&said, 8);
    submit(&executor, [last]);
    // The thread that was given up is one too many until `next` ends.
    await_slots(&executor, 1);
    drop(go_next);
    assert_eq!(hear.recv(), Ok(8));
    drop(go_last);
    await_slots(&executor, 0);
    close(&executor);
}

#[test]
fn a_job_that_is_given_up_lends_its_slot_only_once() {
    for waits_first in [true, false] {
        let executor = executor(1);
        let (said, hear) = channel();
        let (go, gone) = channel::<()>();
        let own = said.clone();
        submit(
            &executor,
            [Call(
                0,
                Box::new(move |context| {
                    let before = waits_first.then(enter_blocking);
                    own.send(context.thread).unwrap();
                    gone.recv().unwrap();
                    drop(before);
                    drop(enter_blocking());
                    std::mem::forget(enter_blocking());
                    own.send(99).unwrap();
                    gone.recv().ok();
                }),
            )],
        );
        let thread = hear.recv().unwrap();
        executor.abandon(thread);
        let (other, go_other) = held(&said, 1);
        submit(&executor, [other]);
        assert_eq!(hear.recv(), Ok(1));
        go.send(()).unwrap();
        assert_eq!(hear.recv(), Ok(99));
        await_slots(&executor, 1);
        drop(go);
        drop(go_other);
        let (last, go_last) = held(&said, 2);
        submit(&executor, [last]);
        assert_eq!(hear.recv(), Ok(2));
        await_slots(&executor, 1);
        drop(go_last);
        await_slots(&executor, 0);
        close(&executor);
    }
}

#[test]
fn an_urgent_job_does_not_wait_for_one_that_went_on() {
    let executor = executor(1);
    let (said, hear) = channel();
    let (go, gone) = channel::<()>();
    let own = said.clone();
    let waited = call(move || {
        drop(enter_blocking());
        own.send(1).unwrap();
        gone.recv().ok();
    });
    submit(&executor, [waited]);
    assert_eq!(hear.recv(), Ok(1), "it went on, and has the only slot");
    let again = said.clone();
    submit(&executor, [Call(URGENT, Box::new(move |_| again.send(2).unwrap())), call(move || said.send(3).unwrap())]);
    // The one that is not urgent comes first by its rank, once a thread is there; both run while the first one goes on.
    let mut heard = vec![hear.recv().unwrap()];
    if heard == [3] {
        heard.push(hear.recv().unwrap());
    }
    assert!(heard.contains(&2), "{heard:?}");
    drop(go);
    close(&executor);
}

#[test]
fn a_close_counts_the_threads_that_were_given_up() {
    let executor = executor(1);
    let (said, hear) = channel();
    let (hung, go) = told(&said);
    submit(&executor, [hung]);
    executor.abandon(hear.recv().unwrap());
    assert_eq!(executor.close(std::time::Duration::ZERO).abandoned, 1);
    drop(go);
    close(&executor);
}
