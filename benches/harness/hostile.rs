//! What hostile connections cost a cluster of worker processes that works meanwhile.

use crate::Args;
use crate::cost::processor_seconds_of;
use crate::graphs::merge_of;
use crate::measure::{Measured, median, round};
use crate::processes::children;
use partita::{Compute, LocalCluster};
use serde_json::{Map, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Tasks of one graph, and one that sums them.
const TASKS: u64 = 2_000;

/// What was done in one stretch of time.
struct Turn {
    /// Tasks a second.
    throughput: f64,
    /// Seconds of processors that a task took, in this process and those of the workers.
    processor: f64,
    /// Whether all sums were right.
    right: bool,
}

/// Processor time that the attackers of all turns took, by how many seconds they attacked.
#[derive(Default)]
struct Attacks {
    processor: f64,
    seconds: f64,
    closed: u64,
}

/// By turns without and with n hostile connections, spread evenly over the turn: how many tasks of `merge` a second are done, and
/// what each costs. The attacker is a process of its own, whose processor time is told apart: on few cores it takes theirs.
pub(crate) fn run(args: &Args) -> partita::Result<Measured> {
    let attacker = attacker(args);
    let cluster = args.cluster()?;
    cluster.client().wait_for_workers(args.workers).wait()?;
    let sockets = sockets();
    if sockets.is_empty() {
        eprintln!("the cluster has no sockets: `hostile` is about workers that are processes (--processes)");
        std::process::exit(2);
    }
    let seconds = Duration::from_secs_f64(args.seconds);
    turn(&cluster, seconds.min(Duration::from_secs(2)))?;
    let (mut quiet, mut attacked, mut attacks) = (Vec::new(), Vec::new(), Attacks::default());
    for pair in 0..args.runs.max(1) {
        // Which one comes first changes, so that what grows with time does not speak for one of them.
        for attack in [pair % 2 == 1, pair % 2 == 0] {
            let child = attack.then(|| begin(&attacker, &sockets, args));
            let turn = turn(&cluster, seconds)?;
            match child {
                Some(child) => {
                    attacks.add(child);
                    attacked.push(turn);
                }
                None => quiet.push(turn),
            }
        }
    }
    let right = quiet.iter().chain(&attacked).all(|turn| turn.right);
    cluster.close()?;
    let extra = told(&quiet, &attacked, &attacks, sockets.len());
    let runs = attacked.iter().map(|turn| (TASKS + 1) as f64 / turn.throughput).collect();
    let params = json!({ "connections": args.n, "seconds": args.seconds, "graph": TASKS });
    let check = json!([right, attacks.closed]);
    Ok(Measured {
        params,
        runs,
        tasks: TASKS + 1,
        check,
        expected: json!([true, args.n * args.runs.max(1) as u64]),
        extra,
    })
}

/// Computes graphs for so long.
fn turn(cluster: &LocalCluster, seconds: Duration) -> partita::Result<Turn> {
    let client = cluster.client();
    let workers = children();
    let spent =
        || processor_seconds_of("self") + workers.iter().map(|pid| processor_seconds_of(&pid.to_string())).sum::<f64>();
    let (began, before, mut graphs, mut right) = (Instant::now(), spent(), 0u64, true);
    while began.elapsed() < seconds {
        right &= merge_of(TASKS).compute_on(&client)? == TASKS * (TASKS + 1) / 2;
        graphs += 1;
    }
    let tasks = (graphs * (TASKS + 1)) as f64;
    Ok(Turn { throughput: tasks / began.elapsed().as_secs_f64(), processor: (spent() - before) / tasks, right })
}

fn told(quiet: &[Turn], attacked: &[Turn], attacks: &Attacks, sockets: usize) -> Map<String, serde_json::Value> {
    let of = |turns: &[Turn], what: fn(&Turn) -> f64| median(&turns.iter().map(what).collect::<Vec<_>>());
    let losses = |what: fn(&Turn) -> f64| -> Vec<f64> {
        quiet.iter().zip(attacked).map(|(quiet, attacked)| 1.0 - what(attacked) / what(quiet)).collect()
    };
    let each = losses(|turn| turn.throughput);
    let (quiet_cost, attacked_cost) = (of(quiet, |turn| turn.processor), of(attacked, |turn| turn.processor));
    let mut extra = Map::new();
    let mut tell = |name: &str, value: serde_json::Value| drop(extra.insert(name.into(), value));
    tell(
        "measured",
        json!("tasks of merge a second by turns without and with hostile connections, each turn beside its neighbour"),
    );
    tell("sockets_attacked", json!(sockets));
    tell("tasks_per_s_quiet", json!(round(of(quiet, |turn| turn.throughput))));
    tell("tasks_per_s_attacked", json!(round(of(attacked, |turn| turn.throughput))));
    tell("loss_of_throughput", json!(round(median(&each))));
    tell("loss_of_each_pair", json!(each.iter().map(|loss| round(*loss)).collect::<Vec<_>>()));
    tell("processor_us_per_task_quiet", json!(round(quiet_cost * 1e6)));
    tell("processor_us_per_task_attacked", json!(round(attacked_cost * 1e6)));
    tell("more_processor_per_task", json!(round(attacked_cost / quiet_cost - 1.0)));
    tell("attacker_processor_seconds_per_second", json!(round(attacks.processor / attacks.seconds)));
    tell("cores", json!(std::thread::available_parallelism().map_or(0, std::num::NonZero::get)));
    extra
}

/// The program that attacks: the one that is named, or that of the same build.
fn attacker(args: &Args) -> PathBuf {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("partita-hostile"));
    let program = args.hostile.clone().or_else(beside).unwrap_or_default();
    if !program.is_file() {
        eprintln!("{} is not there: cargo build --release -p partita-wire --bin partita-hostile", program.display());
        std::process::exit(2);
    }
    program
}

/// Begins an attack on these sockets that lasts as long as a turn.
fn begin(program: &Path, sockets: &[PathBuf], args: &Args) -> Option<(Child, Instant)> {
    let mut command = Command::new(program);
    command.arg("attack").args(sockets);
    command.args(["--connections", &args.n.to_string(), "--rate", &(args.n as f64 / args.seconds).to_string()]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    Some((child.inspect_err(|error| eprintln!("no attack: {error}")).ok()?, Instant::now()))
}

impl Attacks {
    /// Waits for the end of an attack, and reads what it tells.
    fn add(&mut self, child: Option<(Child, Instant)>) {
        let Some((child, began)) = child else { return };
        let Ok(output) = child.wait_with_output() else { return };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = |before: &str| -> Option<f64> {
            let (_, rest) = text.rsplit_once(before)?;
            rest.split(' ').next()?.parse().ok()
        };
        self.closed += number("all: ").unwrap_or_default() as u64;
        self.processor += number("processor ").unwrap_or_default() / 1e3;
        self.seconds += began.elapsed().as_secs_f64();
    }
}

/// The sockets at which the cluster listens, this process and those of the workers: all in the folder of the one that is this
/// process's own and has the scheduler's name.
fn sockets() -> Vec<PathBuf> {
    let own: BTreeSet<String> = entries(Path::new("/proc/self/fd"))
        .filter_map(|file| Some(std::fs::read_link(file).ok()?.to_str()?.strip_prefix("socket:[")?.replace(']', "")))
        .collect();
    let table = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let of = |line: &str| {
        let mut fields = line.split_ascii_whitespace().skip(6);
        let (inode, path) = (fields.next()?, PathBuf::from(fields.next()?));
        (own.contains(inode) && path.ends_with("scheduler")).then(|| path.parent().map(Path::to_path_buf))?
    };
    let is_socket = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name == "scheduler" || name.starts_with("worker-")
    };
    let folder = table.lines().find_map(of);
    let mut sockets: Vec<PathBuf> = folder.iter().flat_map(|folder| entries(folder)).filter(is_socket).collect();
    sockets.sort();
    sockets
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}
