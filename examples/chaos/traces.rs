//! What a cluster may leave behind: processes, directories of sockets, folders of values on disk, open descriptors, threads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the last threads may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is there.
#[derive(Debug)]
pub(crate) struct Traces {
    children: usize,
    folders: BTreeSet<PathBuf>,
    descriptors: usize,
    threads: usize,
}

impl Traces {
    pub(crate) fn look() -> Self {
        Traces {
            children: children().len(),
            folders: folders(),
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
        }
    }

    /// What there is more of than there was, when no longer anything goes away.
    pub(crate) fn wait_for_less(&self) -> Vec<String> {
        let begin = Instant::now();
        loop {
            let left = self.more(&Traces::look());
            if left.is_empty() || begin.elapsed() > PATIENCE {
                return left;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn more(&self, now: &Traces) -> Vec<String> {
        let counts = [
            ("child processes", self.children, now.children),
            ("open descriptors", self.descriptors, now.descriptors),
            ("threads", self.threads, now.threads),
        ];
        let more = counts.into_iter().filter(|(_, before, now)| now > before);
        let counts = more.map(|(what, before, now)| format!("{now} {what}, where {before} were before"));
        counts.chain(now.folders.difference(&self.folders).map(|folder| folder.display().to_string())).collect()
    }
}

/// The processes that this one has started, those that ended and were not waited for included.
pub(crate) fn children() -> Vec<i32> {
    let own = std::process::id().to_string();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let mut children: Vec<i32> = numbers.filter(|pid| parent(*pid).is_some_and(|parent| parent == own)).collect();
    children.sort_unstable();
    children
}

/// What stands behind the name of a program in its line of state: first the state itself, then its parent.
fn fields(path: &str) -> Option<Vec<String>> {
    let line = std::fs::read_to_string(path).ok()?;
    // The name of the program stands in brackets, and may hold anything.
    Some(line.rsplit_once(')')?.1.split_ascii_whitespace().map(str::to_owned).collect())
}

fn parent(pid: i32) -> Option<String> {
    fields(&format!("/proc/{pid}/stat"))?.into_iter().nth(1)
}

/// How long ago a process was started, in steps of a hundredth of a second.
pub(crate) fn age(pid: i32) -> Option<Duration> {
    let started: u64 = fields(&format!("/proc/{pid}/stat"))?.get(19)?.parse().ok()?;
    let uptime: f64 = std::fs::read_to_string("/proc/uptime").ok()?.split(' ').next()?.parse().ok()?;
    let since = uptime - started as f64 / rustix::param::clock_ticks_per_second() as f64;
    Some(Duration::from_secs_f64(since.max(0.0)))
}

/// Whether a thread that runs tasks is on a core, or waits for one. The system keeps 15 letters of a thread's name.
pub(crate) fn runs_a_task(pid: i32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut stats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    stats.any(|stat| stat.contains("(partita-worker-") && stat.contains(") R "))
}

/// Whether a process has a file with values in this folder open.
pub(crate) fn has_open(pid: i32, folder: &Path) -> bool {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let mut targets = files.filter_map(|file| std::fs::read_link(file.path()).ok());
    targets.any(|target| target.starts_with(folder) && target.extension().is_some_and(|end| end == "values"))
}

fn folders() -> BTreeSet<PathBuf> {
    let bases = [Some(std::env::temp_dir()), std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)];
    let entries = bases.into_iter().flatten().filter_map(|base| std::fs::read_dir(base).ok()).flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("partita-"));
    ours.map(|entry| entry.path()).collect()
}

fn count(folder: &str) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}
