//! How a worker's process is started: which program, with what environment, and what it is told.

use super::birth::{Entry, MARK, mark_of};
use super::slate::{SLATE, Slate};
use partita_protocol::limits;
use rustix::io::Errno;
use std::ffi::OsString;
use std::io::{self, PipeWriter};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Where lines of a worker's standard error go on: each is harmless text, with its line end.
pub type Sink = Arc<dyn Fn(&str) + Send + Sync>;

/// What a process is started with.
#[derive(Clone)]
pub struct Plan {
    /// The worker's name; `ps` shows it.
    pub name: Arc<str>,
    /// How the started program finds its way to [`init`](super::init).
    pub entry: Entry,
    /// Variables of the environment, beside those of this process, which they hide.
    pub environment: Vec<(OsString, OsString)>,
    /// What it is told through a pipe that nobody else can read: the place for secrets. At most
    /// [`BRIEFING_BYTES`](limits::BRIEFING_BYTES).
    pub briefing: Vec<u8>,
    /// Where its standard error goes on.
    pub sink: Sink,
}

impl Plan {
    /// A process of this very program, with one thread for each library that would start its own, whose standard error
    /// goes on to that of this process.
    pub fn new(name: impl Into<Arc<str>>, entry: Entry, briefing: Vec<u8>) -> Self {
        let sink: Sink = Arc::new(eprint_quietly);
        Plan { name: name.into(), entry, environment: threads(1), briefing, sink }
    }

    /// Starts it. Its standard input is the pipe that this returns the other end of, with nothing in it yet: when the pipe
    /// closes, the process ends. Then there is the slate that it writes on, if it can have one.
    ///
    /// # Errors
    /// [`SpawnError`].
    pub(super) fn spawn(&self) -> Result<(Child, PipeWriter, Option<Slate>), SpawnError> {
        let size = self.briefing.len();
        if size > limits::BRIEFING_BYTES {
            return Err(SpawnError::LongBriefing { size, most: limits::BRIEFING_BYTES });
        }
        let (reader, writer) = io::pipe().map_err(SpawnError::of)?;
        let mark = mark_of(&reader).map_err(|errno| SpawnError::of(errno.into()))?;
        let slate = Slate::clean().and_then(|slate| Ok((slate.mark()?, slate))).ok();
        let mut command = Command::new(program());
        command
            .arg0(format!("partita {}", self.name))
            .args(self.entry.arguments())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env(MARK, mark)
            .env(SLATE, slate.as_ref().map_or("", |(mark, _)| mark))
            .stdin(Stdio::from(reader))
            .stderr(Stdio::piped())
            // What kills it kills all that it started, and Ctrl-C in a terminal reaches this process only.
            .process_group(0);
        let child = command.spawn().map_err(SpawnError::of)?;
        Ok((child, writer, slate.map(|(_, slate)| slate)))
    }
}

/// The program that runs in this process, even if its file was replaced or removed since: the system keeps the file of a
/// running program, and `/proc/self/exe` is that file rather than its name. It is looked up by the new process before it
/// becomes another program, when it still is a copy of this one. So no descriptor of the file needs to be held, which user
/// code could close, and workers always run the code that this process runs.
fn program() -> PathBuf {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { own } else { std::env::current_exe().unwrap_or(own) }
}

/// Variables that give libraries so many threads in each worker's process: its own threads fill the machine already. What
/// this process was given by its user stays as it is.
pub fn threads(count: usize) -> Vec<(OsString, OsString)> {
    const NAMES: [&str; 5] =
        ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"];
    let missing = NAMES.iter().filter(|name| std::env::var_os(name).is_none());
    missing.map(|name| (name.into(), count.to_string().into())).collect()
}

/// Writes to the standard error of this process; whether anybody reads it is not a worker's matter.
fn eprint_quietly(text: &str) {
    use std::io::Write;
    io::stderr().write_all(text.as_bytes()).ok();
}

/// Why a process could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// This process has as many files open as it may.
    #[error(
        "this process has too many files open: it may have {} (RLIMIT_NOFILE; raise it with `ulimit -n`)",
        shown(*.limit)
    )]
    NoDescriptors {
        /// How many it may have, if there is a limit.
        limit: Option<u64>,
    },
    /// This user has as many processes and threads as may be.
    #[error(
        "the system starts no more processes: this user may have {} with all threads (RLIMIT_NPROC; raise it with \
         `ulimit -u`, or have fewer workers)",
        shown(*.limit)
    )]
    NoProcesses {
        /// How many the user may have, if there is a limit.
        limit: Option<u64>,
    },
    /// The system has no memory for another process.
    #[error("the system has no memory for another process; have fewer workers")]
    NoMemory,
    /// The process is to be told more than it can be told.
    #[error("a worker's process cannot be told {size} bytes at its birth, only {most}")]
    LongBriefing {
        /// How much it is to be told.
        size: usize,
        /// How much it can be.
        most: usize,
    },
    /// Something else.
    #[error("the program of this process (`/proc/self/exe`) could not be started again: {0}; is it still executable?")]
    Refused(io::Error),
}

impl SpawnError {
    /// What an error of the system means.
    pub(super) fn of(error: io::Error) -> Self {
        let limit = |resource| rustix::process::getrlimit(resource).current;
        match Errno::from_io_error(&error) {
            Some(Errno::MFILE) => SpawnError::NoDescriptors { limit: limit(rustix::process::Resource::Nofile) },
            Some(Errno::NFILE) => SpawnError::NoDescriptors { limit: None },
            Some(Errno::AGAIN) => SpawnError::NoProcesses { limit: limit(rustix::process::Resource::Nproc) },
            Some(Errno::NOMEM) => SpawnError::NoMemory,
            _ => SpawnError::Refused(error),
        }
    }

    /// Whether it may pass by itself, when others give back what they have.
    pub fn is_passing(&self) -> bool {
        !matches!(self, SpawnError::LongBriefing { .. } | SpawnError::Refused(_))
    }
}

fn shown(limit: Option<u64>) -> String {
    limit.map_or_else(|| "as many as the whole system has".into(), |limit| limit.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FAULTS P21.
    #[test]
    fn errors_of_the_system_are_told_with_the_limit_and_the_remedy() {
        let table = [
            (Errno::MFILE, true, "RLIMIT_NOFILE"),
            (Errno::NFILE, true, "as many as the whole system has"),
            (Errno::AGAIN, true, "RLIMIT_NPROC"),
            (Errno::NOMEM, true, "no memory"),
            (Errno::ACCESS, false, "still executable"),
        ];
        for (errno, passing, words) in table {
            let error = SpawnError::of(errno.into());
            assert_eq!(error.is_passing(), passing, "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
        let plan = Plan::new("w", Entry::Main, vec![0; limits::BRIEFING_BYTES + 1]);
        assert!(matches!(plan.spawn(), Err(SpawnError::LongBriefing { .. })));
    }

    #[test]
    fn libraries_get_one_thread_unless_the_user_says_otherwise() {
        let set = threads(1);
        assert!(set.iter().all(|(_, value)| value == "1"));
        let all = set.len()
            + ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"]
                .iter()
                .filter(|name| std::env::var_os(name).is_some())
                .count();
        assert_eq!(all, 5);
    }
}
