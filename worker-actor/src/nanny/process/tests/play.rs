//! Parts that a worker's process plays in tests: this test binary, run again.

use crate::nanny::process::{Entry, Role, guard, init};
use partita_protocol::Attempt;
use rustix::process::{Signal, getpid, kill_process};
use std::io::{Read, Write};
use std::process::{Command, Stdio, exit};

/// What a process exits with that does not know what to do.
const LOST: i32 = 70;

/// As a test, this does nothing. As a worker, it never ends as a test.
#[test]
fn play() {
    fn here() {}
    match init(Entry::of_test(std::any::type_name_of_val(&here))) {
        Ok(Role::Main) => {}
        Ok(Role::Worker { briefing }) => act(&String::from_utf8(briefing).unwrap()),
        Err(error) => {
            eprintln!("{error}");
            exit(LOST);
        }
    }
}

/// A worker that does not know that it is one: it has no `init`.
#[test]
fn forget_init() {
    if std::env::var_os(super::super::MARK).is_some() {
        eprintln!("{}", guard().unwrap_err());
        exit(LOST);
    }
}

fn act(part: &str) {
    let (part, argument) = part.split_once(' ').unwrap_or((part, ""));
    match part {
        "exit" => exit(argument.parse().unwrap()),
        "abort" => std::process::abort(),
        "panic" => panic!("a worker that panics"),
        // Rust's own handler takes the first for an overflow, finds that it is none, and leaves the next to the system; those
        // that come meanwhile count as one.
        "segfault" => loop {
            kill_process(getpid(), Signal::SEGV).unwrap();
        },
        "overflow" => drop(std::thread::spawn(|| overflow(1)).join()),
        "flood" => flood(argument.parse().unwrap()),
        "wait" => eprintln!("hello"),
        "hello-die" => {
            eprintln!("hello");
            kill_process(getpid(), Signal::KILL).unwrap();
        }
        "begin" => begin_and_die(argument),
        "stop" => kill_process(getpid(), Signal::STOP).unwrap(),
        "deaf" => be_deaf(),
        "leave-behind" => {
            eprintln!("left {}", sleep().id());
            exit(0);
        }
        "keep-child" => eprintln!("left {}", sleep().id()),
        "read" => read(),
        "descend" => descend(),
        "environment" => environment(),
        _ => exit(LOST),
    }
    // Until it is killed.
    loop {
        std::thread::park();
    }
}

#[expect(unconditional_recursion, reason = "that is what is tested")]
fn overflow(depth: u64) -> u64 {
    std::hint::black_box(overflow(std::hint::black_box(depth + 1)) + depth)
}

/// Megabytes of what does terminals no good.
fn flood(megabytes: usize) {
    let wild = b"\x1b[2J\x1b]0;title\x07\xff\xfe\x00".repeat((1 << 20) / 16);
    let mut stderr = std::io::stderr().lock();
    (0..megabytes).for_each(|_| stderr.write_all(&wild).unwrap());
    stderr.write_all(b"\nthat was all\n").unwrap();
    exit(3);
}

fn sleep() -> std::process::Child {
    // It has the standard error of the worker, and so holds the pipe.
    Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap()
}

/// Takes no notice of SIGTERM.
fn be_deaf() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
        eprintln!("hello");
        loop {
            signal.recv().await;
            eprintln!("no");
        }
    });
}

/// Three threads begin executions, all of them die in the midst of the last.
fn begin_and_die(how: &str) {
    let barrier = std::sync::Arc::new(std::sync::Barrier::new(4));
    for first in [10, 20, 30] {
        let barrier = barrier.clone();
        std::thread::spawn(move || {
            (first..first + 3).map(Attempt).for_each(super::super::begin);
            barrier.wait();
            loop {
                std::thread::park();
            }
        });
    }
    barrier.wait();
    match how {
        "abort" => std::process::abort(),
        "exit" => exit(3),
        _ => kill_process(getpid(), Signal::KILL).unwrap(),
    }
}

/// User code that reads gets nothing, and does not reach the pipe from the parent.
fn read() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    eprintln!("read {text:?}");
    exit(0);
}

/// A worker that runs this program once more: it is no worker, and may start none.
fn descend() {
    if let Ok(error) = guard().map_err(|error| error.to_string()) {
        panic!("a worker may start workers: {error:?}");
    }
    let inner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "nanny::process::tests::play::descendant", "--nocapture"])
        .stderr(Stdio::inherit())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    exit(inner.code().unwrap());
}

/// What such a descendant does.
#[test]
fn descendant() {
    if std::env::var_os(super::super::MARK).is_some() {
        assert_eq!(init(Entry::Main).unwrap(), Role::Main);
        eprintln!("{}", guard().unwrap_err());
        exit(7);
    }
}

fn environment() {
    for name in ["OMP_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"] {
        eprintln!("{name}={}", std::env::var(name).unwrap_or_default());
    }
    eprintln!("arg0={}", std::env::args().next().unwrap());
    exit(0);
}
