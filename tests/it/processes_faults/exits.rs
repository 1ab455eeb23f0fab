//! Programs that are asked to end by a signal.

use super::{add, lives};
use crate::faults_support::until;
use partita::init_test;
use partita::prelude::*;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The variable that has a test be a program: what it does, and the folder for its values.
const PROGRAM: &str = "PARTITA_TEST_ASKED";

/// A task that does not end by itself.
fn endless() -> i64 {
    loop {
        std::thread::park();
    }
}

/// A task that ends when it is asked to.
fn polite() -> i64 {
    while !partita::task::should_stop() {
        std::thread::sleep(Duration::from_millis(1));
    }
    0
}

/// A program with values on disk and a task that does not end by itself. It tells what its future ends with, and closes its cluster.
fn be_a_program(part: &str, folder: &str) {
    let grace = Duration::from_millis(if part == "patient" { 600_000 } else { 200 });
    let builder =
        LocalCluster::builder().workers(2).threads_per_worker(1).without_default().processes(part == "processes");
    let builder = builder.spill_folder(folder).memory_limit("1 GiB").memory_target(0.001).close_grace(grace);
    let cluster = builder.close_on_signals(true).start().unwrap();
    let client = cluster.client();
    let parts: Vec<_> = (0..8u64).map(|n| client.submit(|n: u64| vec![n; 500_000], (n,))).collect();
    wait(&parts, None).unwrap();
    until("values are on disk", || std::fs::read_dir(folder).unwrap().count() > 0);
    let pids: Vec<String> =
        (0..8).map(|_| client.impure().submit(std::process::id, ()).result().unwrap().to_string()).collect();
    let future = if part == "patient" { client.submit(endless, ()) } else { client.submit(polite, ()) };
    println!("\nready {}", pids.join(" "));
    println!("told {}", future.result().unwrap_err());
    println!("later {}", client.submit(add, (1, 2)).result().unwrap_err());
    drop(parts);
    if part == "processes" {
        drop(cluster);
    } else {
        cluster.close().unwrap();
    }
    println!("closed");
}

/// A program that runs, with the processes of its workers.
struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pids: Vec<u32>,
}

impl Program {
    /// Starts one and waits until it is ready. In a process group of its own, as a shell does it. Whatever these tests were started
    /// to ignore, as by `nohup`, it ignores HUP or nothing.
    fn start(name: &str, part: &str, folder: &Path, ignoring: bool) -> Self {
        let mut command = Command::new("env");
        command.arg("--default-signal=HUP,INT,TERM");
        if ignoring {
            command.args(["sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""]);
        }
        command.arg(std::env::current_exe().unwrap()).args([
            "--exact",
            &format!("processes_faults::exits::{name}"),
            "--nocapture",
        ]);
        command
            .env(PROGRAM, format!("{part} {}", folder.display()))
            .env("TMPDIR", folder)
            .env_remove("XDG_RUNTIME_DIR");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let pids = line(&mut lines, "ready ").split(' ').map(|pid| pid.parse().unwrap()).collect();
        Program { child, lines, pids }
    }

    /// As Ctrl-C in a terminal: the whole group hears it.
    fn tell(&self, signal: Signal) {
        kill_process_group(Pid::from_child(&self.child), signal).unwrap();
    }

    /// How it exits, and what it said until then.
    fn end(mut self) -> (Option<i32>, Vec<String>) {
        let said = self.lines.map_while(Result::ok).collect();
        let code = self.child.wait().unwrap().code();
        until("its workers have ended", || !self.pids.iter().any(|pid| lives(*pid)));
        (code, said)
    }
}

/// The rest of the first line that begins so.
fn line(lines: &mut Lines<BufReader<ChildStdout>>, begin: &str) -> String {
    let mut lines = lines.map_while(Result::ok);
    lines.find_map(|line| line.strip_prefix(begin).map(str::to_owned)).unwrap_or_else(|| panic!("no line `{begin}`"))
}

/// FAULTS P13: the first signal closes all, every future is told by what, nothing is left, and the exit code tells it too.
#[test]
fn a_program_that_is_asked_to_end_closes_its_clusters_first() {
    init_test!();
    if let Some((part, folder)) = std::env::var(PROGRAM).ok().as_deref().and_then(|told| told.split_once(' ')) {
        return be_a_program(part, folder);
    }
    let name = "a_program_that_is_asked_to_end_closes_its_clusters_first";
    for (part, signal, called, code) in [
        ("threads", Signal::INT, "SIGINT", 130),
        ("processes", Signal::INT, "SIGINT", 130),
        ("processes", Signal::TERM, "SIGTERM", 143),
        ("threads", Signal::HUP, "SIGHUP", 129),
    ] {
        let folder = tempfile::Builder::new().prefix("p").tempdir().unwrap();
        let program = Program::start(name, part, folder.path(), false);
        assert!(std::fs::read_dir(folder.path()).unwrap().count() > 0, "values are on disk");
        program.tell(signal);
        let (found, said) = program.end();
        assert_eq!(found, Some(code), "{part}, {called}: {said:?}");
        let told = format!("told the cluster was closed because the program was told to end by {called}");
        assert!(said.contains(&told) && !said.iter().any(|line| line == "closed"), "{part}: {said:?}");
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.is_empty(), "{part}, {called}: {left:?}");
    }
}

/// FAULTS P13: who asks twice does not wait, and what the program was started to ignore stays ignored.
#[test]
fn a_program_that_is_asked_twice_ends_at_once() {
    init_test!();
    if let Some((part, folder)) = std::env::var(PROGRAM).ok().as_deref().and_then(|told| told.split_once(' ')) {
        return be_a_program(part, folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start("a_program_that_is_asked_twice_ends_at_once", "patient", folder.path(), true);
    program.tell(Signal::HUP);
    program.tell(Signal::TERM);
    let told = line(&mut program.lines, "told ");
    assert!(told.ends_with("SIGTERM"), "{told}");
    assert!(program.child.try_wait().unwrap().is_none(), "it waits for its task");
    let begin = Instant::now();
    program.tell(Signal::INT);
    let (code, said) = program.end();
    assert_eq!(code, Some(130), "{said:?}");
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}

/// A program with two clusters, of which the first cannot close before its task has ended, which it never does.
fn be_a_program_of_two() {
    let cluster = || {
        let builder = LocalCluster::builder().workers(1).threads_per_worker(1).without_default();
        builder.close_grace(Duration::from_secs(600)).close_on_signals(true).start().unwrap()
    };
    static RUN: AtomicUsize = AtomicUsize::new(0);
    let noted = |task: fn() -> i64| {
        RUN.fetch_add(1, Ordering::SeqCst);
        task()
    };
    let (stuck, other) = (cluster(), cluster());
    let first = stuck.client().submit(move || noted(endless), ());
    let second = other.client().submit(move || noted(polite), ());
    until("both run", || RUN.load(Ordering::SeqCst) == 2);
    println!("\nready {}", std::process::id());
    std::thread::scope(|scope| {
        for (name, future) in [("first", &first), ("second", &second)] {
            scope.spawn(move || println!("{name} {}", future.result().unwrap_err()));
        }
    });
    stuck.close().unwrap();
}

/// FAULTS P13: no cluster waits for another one with telling its futures.
#[test]
fn all_clusters_of_a_program_hear_a_signal_at_once() {
    init_test!();
    if std::env::var_os(PROGRAM).is_some() {
        return be_a_program_of_two();
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "all_clusters_of_a_program_hear_a_signal_at_once";
    let mut program = Program::start(name, "two", folder.path(), false);
    program.tell(Signal::TERM);
    let mut told: Vec<_> = program.lines.by_ref().take(2).map(Result::unwrap).collect();
    told.sort();
    assert!(told[0].starts_with("first the cluster was closed") && told[0].ends_with("SIGTERM"), "{told:?}");
    assert!(told[1].starts_with("second the cluster was closed") && told[1].ends_with("SIGTERM"), "{told:?}");
    assert!(program.child.try_wait().unwrap().is_none(), "the first one waits for its task");
    program.tell(Signal::INT);
    assert_eq!(program.end().0, Some(130));
}
