//! A disk in memory that fails when it is told to.

use super::disk::Disk;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What can be asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Take,
    Create,
    Write,
    /// A write that takes only a part: no failure, whoever writes goes on with the rest.
    ShortWrite,
    Flush,
    Open,
    Read,
}

/// All that make a disk fail.
pub(crate) const FAILURES: [Asked; 6] =
    [Asked::Take, Asked::Create, Asked::Write, Asked::Flush, Asked::Open, Asked::Read];

/// A disk in memory. The n-th time that one thing is asked of it, and from then on, it fails.
#[derive(Default)]
pub(crate) struct Faulty {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<PathBuf, Vec<u8>>,
    made: u32,
    used: u64,
    /// What fails, and how often it still does not.
    fails: Option<(Asked, u32)>,
}

impl State {
    fn ask(&mut self, asked: Asked) -> io::Result<()> {
        match &mut self.fails {
            Some((fails, 0)) if *fails == asked => Err(io::Error::other(format!("{asked:?} fails"))),
            Some((fails, left)) if *fails == asked => {
                *left -= 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Faulty {
    /// From the n-th time on, this fails; the first time is 0.
    pub(crate) fn fail(&self, asked: Asked, after: u32) {
        self.state.lock().fails = Some((asked, after));
    }

    /// Nothing fails any longer.
    pub(crate) fn mend(&self) {
        self.state.lock().fails = None;
    }

    /// Whether the disk failed, or would at the next time.
    pub(crate) fn failed(&self) -> bool {
        self.state.lock().fails.is_some_and(|(_, left)| left == 0)
    }

    /// Files, and bytes that were taken and not given back.
    pub(crate) fn used(&self) -> (usize, u64) {
        let state = self.state.lock();
        (state.files.len(), state.used)
    }

    /// Changes the bytes of all files.
    pub(crate) fn change(&self, mut change: impl FnMut(&mut Vec<u8>)) {
        self.state.lock().files.values_mut().for_each(&mut change);
    }

    /// The first file's bytes.
    pub(crate) fn first(&self) -> Vec<u8> {
        self.state.lock().files.values().next().cloned().unwrap_or_default()
    }
}

/// A file that is written or read.
struct Open {
    state: Arc<Mutex<State>>,
    path: PathBuf,
    at: usize,
}

impl Write for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state.lock();
        state.ask(Asked::Write)?;
        let taken = if state.ask(Asked::ShortWrite).is_err() { bytes.len().min(7) } else { bytes.len() };
        state.files.entry(self.path.clone()).or_default().extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.state.lock().ask(Asked::Flush)
    }
}

impl Read for Open {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state.lock();
        state.ask(Asked::Read)?;
        let file = state.files.get(&self.path).ok_or(io::ErrorKind::NotFound)?;
        let left = file.get(self.at..).unwrap_or_default();
        // Never as much as is asked for at once, as disks may do.
        let taken = into.len().min(left.len()).min(1 + into.len() / 2);
        into[..taken].copy_from_slice(&left[..taken]);
        self.at += taken;
        Ok(taken)
    }
}

impl Disk for Faulty {
    fn create(&self) -> io::Result<(PathBuf, Box<dyn Write + Send>)> {
        let mut state = self.state.lock();
        state.ask(Asked::Create)?;
        state.made += 1;
        let path = PathBuf::from(format!("{:06}", state.made));
        state.files.insert(path.clone(), Vec::new());
        Ok((path.clone(), Box::new(Open { state: self.state.clone(), path, at: 0 })))
    }

    fn open(&self, path: &Path, offset: u64) -> io::Result<Box<dyn Read>> {
        self.state.lock().ask(Asked::Open)?;
        Ok(Box::new(Open { state: self.state.clone(), path: path.to_path_buf(), at: offset as usize }))
    }

    fn remove(&self, path: &Path, nbytes: u64) {
        let mut state = self.state.lock();
        state.files.remove(path);
        state.used -= nbytes;
    }

    fn take(&self, nbytes: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.ask(Asked::Take)?;
        state.used += nbytes;
        Ok(())
    }
}
