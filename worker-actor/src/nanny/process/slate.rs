//! The slate of a worker's process: a few pages of memory that it shares with its nanny. Each of its threads writes into a row
//! of its own which execution it begins, so that the nanny can read it there when the process is dead: whoever is killed tells
//! nobody what it was about.
//!
//! A row is not wiped when its execution is over. If the scheduler knows of that, the row means nothing to it; if not, the
//! result may be what killed the process on its way. What a task waits for before its function is called, as its inputs,
//! stands on no slate: what dies of that is counted otherwise (see [`UNBEGUN_DEATHS`](limits::UNBEGUN_DEATHS)).
//!
//! The memory is a file without a name. As the pipe of its standard input, the process gets it from its parent alone: it is
//! told under which number its parent has the file, opens it there, and sees that it is the file that was meant. Without a
//! slate, as where the system has no such files or does not let the process open it, all that the process was given counts as
//! begun.

use parking_lot::Mutex;
use partita_protocol::{Attempt, Begun, limits};
use rustix::fs::fstat;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::OnceLock;

/// The variable of the environment that tells a worker's process where its slate is.
pub(super) const SLATE: &str = "PARTITA_WORKER_SLATE";

/// Bytes of a row.
const ROW: usize = 8;

/// What the first row says when the process has the slate.
const ADOPTED: u64 = 1;

/// What it says when the process had more threads than there are rows.
const FULL: u64 = 2;

/// A slate, as either side has it.
#[derive(Debug)]
pub(super) struct Slate(File);

impl Slate {
    /// A clean one.
    ///
    /// # Errors
    /// If the system has no such files, or none left.
    #[cfg(target_os = "linux")]
    pub(super) fn clean() -> io::Result<Self> {
        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
        let file = File::from(memfd_create("partita-slate", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
        file.set_len((ROW * (1 + limits::SLATE_ROWS as usize)) as u64)?;
        // Whatever the process does to it, it stays as small as it is, and what is read of it is there.
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Ok(Slate(file))
    }

    /// None: the system has no such files.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn clean() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Where a process that is started from here finds it, and how it knows it.
    pub(super) fn mark(&self) -> io::Result<String> {
        let stat = fstat(&self.0)?;
        Ok(format!("{}:{}:{}:{}", std::process::id(), self.0.as_raw_fd(), stat.st_dev, stat.st_ino))
    }

    /// The slate with this mark; none if it is not there, or another file is.
    fn find(mark: &str) -> Option<Self> {
        let parts: Vec<u64> = mark.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
        let [process, number, device, inode] = parts[..] else { return None };
        let path: PathBuf = format!("/proc/{process}/fd/{number}").into();
        // Should another file be there by now, opening it must neither wait nor change anything.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new().write(true).custom_flags(flags).open(path).ok()?;
        let stat = fstat(&file).ok()?;
        let same = (stat.st_dev, stat.st_ino) == (device, inode);
        same.then_some(Slate(file))
    }

    fn write(&self, row: usize, what: u64) {
        // One that cannot be written is as good as none; memory of this size can be.
        self.0.write_all_at(&what.to_le_bytes(), (row * ROW) as u64).ok();
    }

    /// What the process had begun when it wrote last.
    pub(super) fn begun(&self) -> Begun {
        let mut bytes = vec![0; ROW * (1 + limits::SLATE_ROWS as usize)];
        if self.0.read_exact_at(&mut bytes, 0).is_err() {
            return Begun::Unknown;
        }
        let (rows, _) = bytes.as_chunks::<ROW>();
        let mut rows = rows.iter().map(|row| u64::from_le_bytes(*row));
        match rows.next() {
            Some(ADOPTED) => Begun::These(rows.filter(|row| *row != 0).map(Attempt).collect()),
            _ => Begun::Unknown,
        }
    }
}

/// The slate of this process, if it is a worker and has one.
static OWN: OnceLock<Slate> = OnceLock::new();

/// Rows that threads gave back, and how many were given out.
static ROWS: Mutex<(Vec<u32>, u32)> = Mutex::new((Vec::new(), 0));

thread_local! {
    static OWN_ROW: Row = Row::take();
}

/// The row of a thread.
struct Row(u32);

impl Row {
    fn take() -> Self {
        let (free, given) = &mut *ROWS.lock();
        Row(free.pop().unwrap_or_else(|| {
            *given = given.saturating_add(1);
            *given
        }))
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        ROWS.lock().0.push(self.0);
    }
}

/// Takes the slate over that the parent of this process made for it, if there is one.
pub(super) fn adopt() {
    if let Some(slate) = std::env::var(SLATE).ok().and_then(|mark| Slate::find(&mark)) {
        slate.write(0, ADOPTED);
        OWN.set(slate).ok();
    }
}

/// This thread begins an execution: one system call if this process has a slate, else nothing.
#[inline]
pub(crate) fn begin(attempt: Attempt) {
    if let Some(slate) = OWN.get() {
        note(slate, attempt);
    }
}

fn note(slate: &Slate, attempt: Attempt) {
    // A thread that ends runs nothing any more.
    let row = OWN_ROW.try_with(|row| row.0).unwrap_or(u32::MAX);
    match row <= limits::SLATE_ROWS {
        true => slate.write(row as usize, attempt.0),
        false => slate.write(0, FULL),
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// Both sides of one slate, in this process.
    fn both() -> (Slate, Slate) {
        let nanny = Slate::clean().unwrap();
        let child = Slate::find(&nanny.mark().unwrap()).unwrap();
        (nanny, child)
    }

    #[test]
    fn what_threads_begin_is_read_by_the_nanny_and_rows_are_used_again() {
        let (nanny, child) = both();
        note(&child, Attempt(7));
        assert_eq!(nanny.begun(), Begun::Unknown, "nobody took it over");
        child.write(0, ADOPTED);
        for attempt in 1..=100 {
            std::thread::scope(|scope| drop(scope.spawn(|| note(&child, Attempt(attempt))).join()));
        }
        note(&child, Attempt(8));
        let Begun::These(attempts) = nanny.begun() else { panic!("unknown") };
        assert!(attempts.contains(&Attempt(8)) && attempts.contains(&Attempt(100)), "{attempts:?}");
        assert!(!attempts.contains(&Attempt(7)) && attempts.len() < 50, "{attempts:?}");
        child.write(0, FULL);
        assert_eq!(nanny.begun(), Begun::Unknown);
    }

    #[test]
    fn a_slate_stays_as_large_as_it_is() {
        let (nanny, child) = both();
        child.write(0, ADOPTED);
        assert!(child.0.write_all_at(&[1; 8], 1 << 20).is_err());
        assert!(child.0.set_len(0).is_err() && child.0.set_len(1 << 20).is_err());
        assert_eq!(nanny.begun(), Begun::none());
    }

    #[test]
    fn no_other_file_is_taken_for_it() {
        let slate = Slate::clean().unwrap();
        let mark = slate.mark().unwrap();
        let other = File::open("/dev/null").unwrap();
        let (own, number) = (std::process::id(), other.as_raw_fd());
        let (_, file) = mark.split_once(':').unwrap().1.split_once(':').unwrap();
        let wrong = [
            format!("{own}:{number}:{file}"),
            format!("{own}:0"),
            String::new(),
            mark.replace(':', "-"),
            "x".repeat(99),
        ];
        assert!(wrong.iter().all(|mark| Slate::find(mark).is_none()));
        assert!(Slate::find(&mark).is_some());
    }
}
