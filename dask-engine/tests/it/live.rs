//! A worker in a real cluster: the scheduler is Dask's own, and checks itself after every step.

mod client;
mod cluster;
mod execute;

use client::TestClient;
use cluster::{Cluster, versions};
use partita_dask::Key;
use partita_dask::engine::{DaskCluster, Options};
use partita_graph::Engine;

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
        client.submit(&[(&a, b"const 1", &[]), (&b, b"add 10", &[&a]), (&c, b"sum", &[&a, &b])], &[&c]);
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
        let mut tasks: Vec<(&Key, &[u8], Vec<&Key>)> = Vec::new();
        tasks.extend(leaves.iter().zip(&calls).map(|(key, call)| (key, call.as_bytes(), Vec::new())));
        tasks.extend(
            sums.iter().enumerate().map(|(n, key)| (key, &b"sum"[..], leaves[4 * n..4 * n + 4].iter().collect())),
        );
        tasks.push((&total, b"sum", sums.iter().collect()));
        let tasks: Vec<(&Key, &[u8], &[&Key])> =
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
            &[(&bad, b"fail it went wrong", &[]), (&after, b"add 1", &[&bad]), (&good, b"const 5", &[])],
            &[&after, &good],
        );
        let error = client.result(&after).unwrap_err();
        assert!(error.contains("it went wrong"), "{error}");
        assert_eq!(client.result(&good), Ok(5));
    });
}

/// Graphs of Partita's on workers that run their blocks: what the reference engine gives, also when a worker dies.
#[test]
fn graphs_run_on_a_dask_cluster() {
    on_each(|cluster| {
        let _stays = cluster.runner("w1", 2, "open sesame");
        let dies = cluster.runner("w2", 2, "open sesame");
        let engine = DaskCluster::connect(&cluster.address, Options::new("open sesame")).unwrap();
        for leaves in [1, 2, 500] {
            let (graph, expected) = super::block::tree(leaves);
            assert_eq!(number(&engine.run(graph).unwrap()[0]), expected, "{leaves} leaves");
        }
        let (graph, expected) = super::block::tree(2000);
        std::thread::scope(|scope| {
            let running = scope.spawn(|| engine.run(graph).unwrap());
            std::thread::sleep(std::time::Duration::from_millis(100));
            dies.kill();
            assert_eq!(number(&running.join().unwrap()[0]), expected);
        });
        let text = engine.run(super::block::broken()).unwrap_err().to_string();
        assert!(text.contains("it went wrong") && text.contains("block.rs"), "{text}");
    });
}

/// Workers come and go, without a word or with one, while graph after graph runs.
#[test]
fn workers_that_come_and_go_cost_no_result() {
    let cluster = Cluster::start("");
    let mut workers = vec![cluster.runner("w0", 2, "k"), cluster.runner("w1", 2, "k")];
    let engine = DaskCluster::connect(&cluster.address, Options::new("k")).unwrap();
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            for round in 0..30 {
                let (graph, expected) = super::block::tree(300 + round);
                assert_eq!(number(&engine.run(graph).unwrap()[0]), expected, "round {round}");
            }
            over.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        for number in 2.. {
            if over.load(std::sync::atomic::Ordering::SeqCst) || running.is_finished() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(40));
            workers.push(cluster.runner(&format!("w{number}"), 2, "k"));
            workers.remove(number % 2).kill();
        }
    });
    cluster.end();
}

fn number(value: &partita_graph::Value) -> i64 {
    *value.get::<i64>().unwrap()
}

/// Who has another key has nothing run, and is told so; and where no scheduler is, that is said.
#[test]
fn strangers_are_refused() {
    on_each(|cluster| {
        let _worker = cluster.runner("w1", 2, "open sesame");
        let engine = DaskCluster::connect(&cluster.address, Options::new("another")).unwrap();
        let text = engine.run(super::block::tree(8).0).unwrap_err().to_string();
        assert!(text.contains("was not sealed with this cluster's key"), "{text}");
    });
    let nobody = "tcp://127.0.0.1:1".parse().unwrap();
    let text = DaskCluster::connect(&nobody, Options::new("")).unwrap_err().to_string();
    assert!(text.starts_with("nobody answers at tcp://127.0.0.1:1"), "{text}");
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
        let mut tasks: Vec<(&Key, &[u8], Vec<&Key>)> =
            slow.iter().map(|key| (key, &b"sleep 50"[..], Vec::new())).collect();
        tasks.push((&total, b"sum", slow.iter().collect()));
        let tasks: Vec<(&Key, &[u8], &[&Key])> =
            tasks.iter().map(|(key, call, needs)| (*key, *call, &needs[..])).collect();
        client.submit(&tasks, &[&total]);
        std::thread::sleep(std::time::Duration::from_millis(500));
        dies.kill();
        assert_eq!(client.result(&total), Ok(40 * 50));
        drop(stays);
    });
}
