//! What a cluster may leave behind: processes, directories of sockets, folders of values on disk, open descriptors, threads.

use std::collections::BTreeSet;
use std::path::PathBuf;
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

fn parent(pid: i32) -> Option<String> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in brackets, and may hold anything.
    Some(line.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.to_owned())
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
