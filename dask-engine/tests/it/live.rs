//! A worker in a real cluster: the scheduler is Dask's own, and checks itself after every step.

mod client;
mod cluster;
mod execute;

use client::TestClient;
use cluster::{Cluster, versions};
use partita_dask::Key;

/// The same, with a scheduler of each version.
fn on_each(test: fn(&Cluster)) {
    for version in versions() {
        let cluster = Cluster::start(&version);
        test(&cluster);
        cluster.end();
    }
}

#[test]
fn calls_that_need_each_other_run_on_workers() {
    on_each(|cluster| {
        let workers = [cluster.worker("w1", 1), cluster.worker("w2", 2)];
        let mut client = TestClient::connect(cluster);
        let [a, b, c] = ["a", "b", "c"].map(Key::from);
        client.submit(&[(&a, "const 1", &[]), (&b, "add 10", &[&a]), (&c, "sum", &[&a, &b])], &[&c]);
        assert_eq!(client.result(&c), Ok(12));
        client.release(&[&c]);
        drop(workers);
    });
}

#[test]
fn a_graph_of_a_thousand_runs_on_three_workers() {
    on_each(|cluster| {
        let _workers = ["w1", "w2", "w3"].map(|name| cluster.worker(name, 2));
        let mut client = TestClient::connect(cluster);
        let leaves: Vec<Key> = (0..800).map(|n| Key::numbered("leaf-0a1b2c3d", n)).collect();
        let sums: Vec<Key> = (0..200).map(|n| Key::numbered("sum-0a1b2c3d", n)).collect();
        let total = Key::from("total");
        let calls: Vec<String> = (0..800).map(|n| format!("const {n}")).collect();
        let mut tasks: Vec<(&Key, &str, Vec<&Key>)> = Vec::new();
        tasks.extend(leaves.iter().zip(&calls).map(|(key, call)| (key, call.as_str(), Vec::new())));
        tasks.extend(sums.iter().enumerate().map(|(n, key)| (key, "sum", leaves[4 * n..4 * n + 4].iter().collect())));
        tasks.push((&total, "sum", sums.iter().collect()));
        let tasks: Vec<(&Key, &str, &[&Key])> =
            tasks.iter().map(|(key, call, needs)| (*key, *call, &needs[..])).collect();
        client.submit(&tasks, &[&total]);
        assert_eq!(client.result(&total), Ok((0..800).sum()));
    });
}

#[test]
fn an_error_is_told_with_its_words() {
    on_each(|cluster| {
        let _worker = cluster.worker("w1", 1);
        let mut client = TestClient::connect(cluster);
        let [bad, after, good] = ["bad", "after", "good"].map(Key::from);
        client.submit(
            &[(&bad, "fail it went wrong", &[]), (&after, "add 1", &[&bad]), (&good, "const 5", &[])],
            &[&after, &good],
        );
        let error = client.result(&after).unwrap_err();
        assert!(error.contains("it went wrong"), "{error}");
        assert_eq!(client.result(&good), Ok(5));
    });
}

/// A worker that is killed takes its values with it, and all is computed again.
#[test]
fn a_worker_that_dies_costs_time_and_no_result() {
    on_each(|cluster| {
        let stays = cluster.worker("stays", 2);
        let dies = cluster.worker("dies", 2);
        let mut client = TestClient::connect(cluster);
        let slow: Vec<Key> = (0..40).map(|n| Key::numbered("slow-0a1b2c3d", n)).collect();
        let total = Key::from("total");
        let mut tasks: Vec<(&Key, &str, Vec<&Key>)> = slow.iter().map(|key| (key, "sleep 50", Vec::new())).collect();
        tasks.push((&total, "sum", slow.iter().collect()));
        let tasks: Vec<(&Key, &str, &[&Key])> =
            tasks.iter().map(|(key, call, needs)| (*key, *call, &needs[..])).collect();
        client.submit(&tasks, &[&total]);
        std::thread::sleep(std::time::Duration::from_millis(500));
        dies.kill();
        assert_eq!(client.result(&total), Ok(40 * 50));
        drop(stays);
    });
}
