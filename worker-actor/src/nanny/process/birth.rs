//! How a started process finds out that it is to be a worker, before the user's code runs; and what keeps a program from
//! starting itself again and again.
//!
//! A worker's process is the user's own program, so its `main` begins once more. [`init`] at its top is where the two part.
//! The mark is a variable of the environment that names the pipe of the process's standard input: only the process that
//! was started as a worker has both. Whatever a task starts inherits the variable but not the pipe, so it does not take
//! itself for a worker; nothing has to be removed from the environment, which a program with threads cannot do safely.
//!
//! No program can start itself without end. Processes are started only where [`init`] was called before, and then the
//! started one calls it too; and none that inherited the mark starts any, however deep it stands.
//!
//! In tests the `main` is that of the test harness. There, the process is started with arguments that name one test, which
//! has [`init`] at its top: see [`Entry::of_test`].

use super::{orphan, slate};
use partita_protocol::limits;
use rustix::fd::AsFd;
use std::fs::File;
use std::io::{self, Read};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The variable of the environment that tells a process that it is a worker, or was started by one.
pub const MARK: &str = "PARTITA_WORKER_PROCESS";

/// Where a started process finds [`init`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// At the top of `main`.
    Main,
    /// At the top of the test of this name.
    Test(String),
}

impl Entry {
    /// The test that an item stands in, by the full name of the item.
    ///
    /// ```
    /// use partita_worker::nanny::process::Entry;
    ///
    /// fn here() {}
    /// let name = std::any::type_name_of_val(&here);
    /// assert!(matches!(Entry::of_test(name), Entry::Test(_)));
    /// assert_eq!(Entry::of_test("it::clusters::a_test::{{closure}}::here"), Entry::Test("clusters::a_test".into()));
    /// ```
    pub fn of_test(item: &str) -> Self {
        let path = item.split("::").skip(1).filter(|part| *part != "{{closure}}");
        let mut path: Vec<&str> = path.collect();
        path.pop();
        Entry::Test(path.join("::"))
    }

    /// The arguments of the started program.
    pub(super) fn arguments(&self) -> Vec<&str> {
        match self {
            Entry::Main => Vec::new(),
            Entry::Test(name) => vec!["--exact", name, "--nocapture", "--include-ignored", "--test-threads=1"],
        }
    }
}

/// What this process is.
#[derive(Debug, PartialEq, Eq)]
pub enum Role {
    /// The user's program: go on.
    Main,
    /// A worker: do its work and exit, and never come to the user's code. It ends at once when its parent does.
    Worker {
        /// What its parent told it.
        briefing: Vec<u8>,
    },
}

/// Why a process that was started as a worker cannot be one. It must exit rather than go on with the user's code.
#[derive(Debug, thiserror::Error)]
pub enum BirthError {
    /// Its parent said nothing, or not all.
    #[error(
        "this process was started as a worker, and was told nothing: its parent is gone, or it was told of before: {0}"
    )]
    Untold(io::Error),
    /// Its parent says too much.
    #[error("this process was started as a worker, and is to be told {size} bytes, more than {most}")]
    LongBriefing {
        /// How much.
        size: usize,
        /// How much it may be.
        most: usize,
    },
    /// It cannot be made to end with its parent.
    #[error("this process was started as a worker, and cannot watch its parent: {0}")]
    Unwatched(io::Error),
}

/// Why no processes may be started from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReexecGuard {
    /// The started program would not know that it is a worker, and do everything once more.
    #[error(
        "worker processes run this very program, which must know that it is one of them before it does anything else: call \
         `partita::init()` at the top of `main`, or of the test"
    )]
    NoInit,
    /// A worker's process came here, past the place where it should have become a worker.
    #[error(
        "this process was started as a worker, and came to start workers of its own: call `partita::init()` at the very top \
         of `main`, or of the test, before anything else"
    )]
    Unborn,
    /// A worker's process, or one that a task started, wants workers of its own.
    #[error(
        "a process of a worker starts no further processes; use threads here, or, for another program that a task runs, take \
         `{MARK}` out of its environment (`Command::env_remove`)"
    )]
    InsideWorker,
}

/// Whether and where this process called [`init`] as the user's program.
static PREPARED: OnceLock<Entry> = OnceLock::new();
/// Whether this process became a worker.
static BORN: AtomicBool = AtomicBool::new(false);

/// Tells the user's program from a worker's process. To be called before anything else, in `main` or in a test.
///
/// # Errors
/// [`BirthError`], after which the process must exit.
pub fn init(entry: Entry) -> Result<Role, BirthError> {
    let Some(mark) = std::env::var_os(MARK) else {
        // The first is as good as any: all lead to this program.
        PREPARED.get_or_init(|| entry);
        return Ok(Role::Main);
    };
    if BORN.load(Ordering::Acquire) || !is_marked(&mark) {
        return Ok(Role::Main);
    }
    let briefing = be_born()?;
    BORN.store(true, Ordering::Release);
    Ok(Role::Worker { briefing })
}

/// Where a process that is started from here finds [`init`].
///
/// # Errors
/// [`ReexecGuard`] if none may be started.
pub fn guard() -> Result<Entry, ReexecGuard> {
    match std::env::var_os(MARK) {
        Some(_) if BORN.load(Ordering::Acquire) => Err(ReexecGuard::InsideWorker),
        Some(mark) if is_marked(&mark) => Err(ReexecGuard::Unborn),
        Some(_) => Err(ReexecGuard::InsideWorker),
        None => PREPARED.get().cloned().ok_or(ReexecGuard::NoInit),
    }
}

/// The mark of a process that has this pipe as its standard input: the device and number of the pipe.
pub(super) fn mark_of(pipe: impl AsFd) -> rustix::io::Result<String> {
    let stat = rustix::fs::fstat(pipe)?;
    Ok(format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// Whether the mark is meant for this process, and not for one that it descends from.
fn is_marked(mark: &std::ffi::OsStr) -> bool {
    mark_of(io::stdin()).is_ok_and(|own| mark == own.as_str())
}

/// Hears what the parent says, and takes the pipe out of the reach of user code, which finds an empty standard input.
fn be_born() -> Result<Vec<u8>, BirthError> {
    let pipe = io::stdin().as_fd().try_clone_to_owned().map_err(BirthError::Unwatched)?;
    let mut pipe = File::from(pipe);
    let briefing = listen(&mut pipe)?;
    let nothing = File::open("/dev/null").map_err(BirthError::Unwatched)?;
    rustix::stdio::dup2_stdin(nothing).map_err(|errno| BirthError::Unwatched(errno.into()))?;
    orphan::watch(pipe).map_err(BirthError::Unwatched)?;
    slate::adopt();
    Ok(briefing)
}

/// Says what [`listen`] hears.
pub(super) fn brief(mut pipe: impl io::Write, briefing: &[u8]) -> io::Result<()> {
    let size = u32::try_from(briefing.len()).map_err(io::Error::other)?;
    pipe.write_all(&size.to_le_bytes())?;
    pipe.write_all(briefing)
}

fn listen(mut pipe: impl Read) -> Result<Vec<u8>, BirthError> {
    let mut size = [0; 4];
    pipe.read_exact(&mut size).map_err(BirthError::Untold)?;
    let (size, most) = (u32::from_le_bytes(size) as usize, limits::BRIEFING_BYTES);
    if size > most {
        return Err(BirthError::LongBriefing { size, most });
    }
    let mut briefing = vec![0; size];
    pipe.read_exact(&mut briefing).map_err(BirthError::Untold)?;
    Ok(briefing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_heard_and_all_else_is_refused() {
        for briefing in [&b""[..], b"secret", &[7; limits::BRIEFING_BYTES]] {
            let mut pipe = Vec::new();
            brief(&mut pipe, briefing).unwrap();
            assert_eq!(listen(&pipe[..]).unwrap(), briefing);
            for cut in [0, 3, pipe.len() - 1] {
                assert!(matches!(listen(&pipe[..cut]), Err(BirthError::Untold(_))), "{cut}");
            }
        }
        let long = (limits::BRIEFING_BYTES as u32 + 1).to_le_bytes();
        assert!(matches!(listen(&long[..]), Err(BirthError::LongBriefing { .. })));
        assert!(matches!(listen(&[0xff; 64][..]), Err(BirthError::LongBriefing { .. })));
    }

    #[test]
    fn tests_are_found_by_the_names_of_items_in_them() {
        fn here() {}
        let entry = Entry::of_test(std::any::type_name_of_val(&here));
        let name = "nanny::process::birth::tests::tests_are_found_by_the_names_of_items_in_them";
        assert_eq!(entry, Entry::Test(name.into()));
        assert_eq!(entry.arguments()[..2], ["--exact", name]);
    }
}
