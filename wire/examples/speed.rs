//! What a connection costs: `cargo run --release -p partita-wire --example speed`. Two threads with a runtime each, as two
//! processes have; between them a Unix socket.

#![allow(clippy::unwrap_used, reason = "a measurement may panic")]

use bytes::Bytes;
use partita_wire::{Connection, Gate, Identity, Limits, Listener, Place, Role, Token256, connect};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const ROUNDS: usize = 20_000;
const GIB: usize = 1 << 30;

fn us(role: Role) -> Identity {
    Identity { role, number: 0, incarnation: 1, lane: 0 }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().unwrap()
}

/// Answers each message with its number; a message with segments with their bytes.
async fn echo(connection: Connection) {
    let (sender, mut receiver) = connection.split::<u64, u64>();
    while let Some(message) = receiver.next().await.unwrap() {
        let bytes: u64 = message.segments.iter().map(|segment| segment.len() as u64).sum();
        sender.send(&(message.head + bytes), Vec::new()).unwrap();
    }
}

/// Connects from a thread of its own, and echoes there.
fn other_side(path: PathBuf, gate: Gate) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        runtime().block_on(async { echo(connect(&path, us(Role::Worker), &gate).await.unwrap()).await });
    })
}

fn main() {
    let place = Place::fresh().unwrap();
    let limits = Limits { queue_bytes: 2 * GIB as u64, ..Limits::default() };
    let gate = Gate { limits, ..Gate::new(Token256::random().unwrap()) };
    runtime().block_on(async {
        let mut listener = Listener::bind(&place, "speed", us(Role::Scheduler), gate.clone()).unwrap();
        let other = other_side(listener.path().to_path_buf(), gate);
        let (sender, mut receiver) = listener.accept().await.unwrap().connection.split::<u64, u64>();

        let mut times: Vec<Duration> = Vec::with_capacity(ROUNDS);
        for round in 0..ROUNDS as u64 {
            let start = Instant::now();
            sender.send(&round, Vec::new()).unwrap();
            assert_eq!(receiver.next().await.unwrap().unwrap().head, round);
            times.push(start.elapsed());
        }
        times.sort_unstable();
        let micros = |share: usize| times[ROUNDS * share / 100].as_nanos() as f64 / 1000.0;
        println!("there and back: p50 {:.1} us, p90 {:.1}, p99 {:.1}", micros(50), micros(90), micros(99));

        for burst in [32, 1000] {
            let start = Instant::now();
            for _ in 0..(500_000 / burst) {
                (0..burst).for_each(|number| sender.send(&number, Vec::new()).unwrap());
                for _ in 0..burst {
                    receiver.next().await.unwrap().unwrap();
                }
            }
            let each = start.elapsed().as_nanos() as f64 / 500_000.0;
            println!("bursts of {burst}: {each:.0} ns for a message there and back");
        }

        for (count, length) in [(1, GIB), (16, GIB / 16), (1024, GIB / 1024), (16 << 10, GIB >> 14)] {
            let segment = Bytes::from(vec![1; length]);
            let rates = (0..4).map(|_| (segment.clone(), count));
            let mut best = 0.0f64;
            for (segment, count) in rates {
                let start = Instant::now();
                (0..count).for_each(|_| sender.send(&0, vec![segment.clone()]).unwrap());
                for _ in 0..count {
                    assert_eq!(receiver.next().await.unwrap().unwrap().head, length as u64);
                }
                best = best.max(GIB as f64 / start.elapsed().as_secs_f64() / 1e9);
            }
            println!("1 GiB in {count} segments of {length} bytes: {best:.2} GB/s, the best of 4");
        }
        drop(sender);
        assert!(receiver.next().await.unwrap().is_none());
        tokio::task::spawn_blocking(move || other.join()).await.unwrap().unwrap();
    });
}
