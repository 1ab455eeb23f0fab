//! Copies that clients ask for, surplus ones that go, and results that are moved to balance workers.

use super::{Case, c, t, task};
use crate::machine::Config;
use partita_protocol::WorkerId;
use partita_protocol::scheduler::{Event, WorkerInfo};
use partita_protocol::worker::Report;
use std::time::Duration;

impl Case {
    pub(crate) fn copies(&mut self, task: u32, copies: u32) {
        self.event(Event::CopiesAsked { tasks: vec![t(task)], copies });
    }

    pub(crate) fn added(&mut self, worker: u32, task: u32) {
        self.report(worker, Report::Added { tasks: vec![t(task)] });
    }

    pub(crate) fn lacks(&mut self, reporter: u32, holder: u32, task: u32) {
        self.report(reporter, Report::Missing { holder: WorkerId(holder), tasks: vec![t(task)] });
    }

    /// Puts data on a worker, for client 0.
    pub(crate) fn put(&mut self, worker: u32, task: u32, nbytes: u64) {
        self.event(Event::DataScattered { worker: WorkerId(worker), tasks: vec![(t(task), nbytes)] });
    }

    pub(crate) fn holders(&self, task: u32) -> Vec<u32> {
        let mut holders: Vec<u32> = self.scheduler.holders(t(task)).into_iter().map(|worker| worker.0).collect();
        holders.sort_unstable();
        holders
    }

    pub(crate) fn rebalance(&mut self) {
        self.event(Event::RebalanceAsked { workers: Vec::new() });
    }
}

#[test]
fn copies_go_to_other_hosts_and_the_emptiest_workers() {
    let mut case = Case::new();
    for (id, host) in ["a", "a", "b", "b"].into_iter().enumerate() {
        case.worker_like(id as u32, WorkerInfo { host: host.into(), ..super::info(id as u32, 1) });
    }
    case.submit([
        task(0).with(|o| o.workers(["worker-0"])).wanted(),
        task(1).with(|o| o.workers(["worker-2"])).wanted(),
    ]);
    case.finish(0, 0);
    case.finish(2, 1);
    case.skip();
    case.copies(0, 2);
    case.says(["w3 hold t0@[w0]"]);
    case.added(3, 0);
    case.copies(0, 3);
    case.says(["w1 hold t0@[w0, w3]"]);
    case.copies(0, 2);
    case.says([]);
    case.added(1, 0);
    case.says(["w0 free t0"]);
    assert_eq!(case.holders(0), [1, 3]);
}

#[test]
fn copies_are_asked_for_before_there_is_a_result_and_when_workers_come() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted()]);
    case.copies(0, 3);
    case.finish(0, 0);
    case.says(["w0 compute t0", "c0 t0 on w0, 8 bytes"]);
    assert!(case.scheduler.copies_are_there(t(0)), "nobody can take one");
    case.worker(1, 1);
    case.says(["w1 hold t0@[w0]"]);
    assert!(!case.scheduler.copies_are_there(t(0)));
    case.added(1, 0);
    case.says([]);
    case.worker(2, 1);
    case.says(["w2 hold t0@[w0, w1]"]);
    case.release(0, [0]);
    case.says(["w0 free t0", "w1 free t0", "forget t0"]);
    case.added(2, 0);
    case.says(["w2 free t0"]);
    case.is_empty();
}

#[test]
fn replicas_are_restored_after_a_loss() {
    let mut case = Case::workers([1, 1, 1]);
    case.submit([task(0).wanted()]);
    case.finish(0, 0);
    case.copies(0, 2);
    case.added(1, 0);
    case.skip();
    case.lose(1);
    case.says(["w0 lost w1", "w2 lost w1", "w2 hold t0@[w0]"]);
    case.report(2, Report::Paused);
    case.says([]);
    case.worker(3, 1);
    case.says(["w3 hold t0@[w0]"]);
    case.lacks(3, 0, 0);
    // What it says of the only holder is taken at its word: the result is computed again.
    case.says(["c0 t0 lost", "w0 free t0", "w3 holders t0 []", "w0 compute t0"]);
    case.finish(0, 0);
    case.says(["c0 t0 on w0, 8 bytes", "w3 hold t0@[w0]"]);
    case.added(3, 0);
    case.added(2, 0);
    case.says(["w0 free t0"]);
}

#[test]
fn reducing_never_drops_the_last_copy_nor_one_that_is_needed() {
    let mut case = Case::with(Config { reduce_copies: false, ..Config::default() });
    for id in 0..3 {
        case.worker(id, 1);
    }
    case.submit([task(0).wanted(), task(1).on([0]).with(|o| o.workers(["worker-1"])).wanted()]);
    case.finish(0, 0);
    case.added(1, 0);
    case.added(2, 0);
    case.skip();
    case.copies(0, 1);
    case.says([]);
    case.finish(1, 1);
    let said = case.said();
    assert_eq!(said.len(), 3, "{said:?}");
    assert_eq!(case.holders(0).len(), 1);
    case.copies(0, 1);
    case.copies(0, 0);
    case.says([]);
    let holder = case.holders(0)[0];
    case.lose(holder);
    case.skip();
    assert_eq!(case.state(0), Some(partita_protocol::telemetry::State::Processing));
}

#[test]
fn copies_that_tasks_needed_go_when_only_clients_want_the_result() {
    let mut case = Case::with(Config { reduce_copies: true, ..Config::default() });
    for id in 0..2 {
        case.worker(id, 1);
    }
    let on_other = |id| task(id).on([0]).with(|o| o.workers(["worker-1"])).wanted();
    case.submit([task(0).wanted(), on_other(1), on_other(2)]);
    case.finish(0, 0);
    case.added(1, 0);
    case.finish(1, 1);
    case.skip();
    assert_eq!(case.holders(0), [0, 1], "another task needs it");
    case.finish(1, 2);
    case.says(["c0 t2 on w1, 8 bytes", "w1 free t0"]);
    case.added(1, 0);
    case.says(["w1 free t0"]);
}

#[test]
fn data_that_was_put_on_several_workers_stays_there_until_fewer_are_asked_for() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).data().wanted()]);
    case.put(0, 0, 10);
    case.put(1, 0, 10);
    case.says(["c0 t0 on w0, 10 bytes"]);
    assert_eq!(case.holders(0), [0, 1]);
    case.copies(0, 1);
    case.says(["w0 free t0"]);
}

#[test]
fn rebalance_moves_and_loses_nothing() {
    let mut case = Case::workers([1]);
    case.submit([0, 1, 2, 3, 4, 5].map(|id| task(id).wanted()));
    for id in 0..6 {
        case.finish_after(0, id, Duration::from_millis(1), 100);
    }
    case.worker(1, 1);
    case.worker(2, 1);
    case.skip();
    case.rebalance();
    case.says(["w1 hold t0@[w0] t2@[w0]", "w2 hold t1@[w0] t3@[w0]"]);
    case.submit([task(6).on([2]).with(|o| o.workers(["worker-0"])).wanted()]);
    case.says(["w0 compute t6 t2@[w0]"]);
    case.added(1, 0);
    case.says(["w0 free t0"]);
    case.added(1, 2);
    case.says([]);
    assert_eq!(case.holders(2), [0, 1], "a task came to use it there");
    case.lose(2);
    case.says(["w0 lost w2", "w1 lost w2"]);
    assert_eq!((case.holders(1), case.holders(3)), (vec![0], vec![0]));
    case.rebalance();
    case.skip();
    case.lose(1);
    assert_eq!(
        [0, 1, 2, 3, 4, 5].map(|id| case.holders(id)),
        [0, 1, 2, 3, 4, 5].map(|id| {
            // What had moved is computed again.
            if id == 0 { vec![] } else { vec![0] }
        })
    );
    case.skip();
}

#[test]
fn a_balanced_cluster_and_used_results_stay() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).wanted(), task(1).wanted(), task(2).on([0]).wanted()]);
    case.finish(0, 0);
    case.finish(1, 1);
    case.skip();
    case.rebalance();
    case.says([]);
    case.lose(1);
    case.worker(2, 1);
    case.skip();
    case.event(Event::RebalanceAsked { workers: vec![WorkerId(0)] });
    case.says([]);
    case.event(Event::ClientLeft { client: c(0) });
    case.skip();
}
