//! Removes the folders of processes that have died, and of nobody else.

use super::lock::{self, Owner};
use super::{DIGITS, FolderKind};
use std::fs::{DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Folders that one reclaim looks at.
const MOST: usize = 4096;

/// What a reclaim did.
#[derive(Default, Debug)]
pub struct Reclaimed {
    /// Folders that were removed.
    pub removed: Vec<PathBuf>,
    /// Folders whose owners live.
    pub living: usize,
    /// Folders that look like these, and were left alone because they are not certainly a dead process's of this user; also
    /// those that could not be removed.
    pub left: usize,
    /// Folders of the dead that could not be removed, and why.
    pub failed: Vec<(PathBuf, io::Error)>,
}

impl Reclaimed {
    /// Adds what another one did.
    pub fn add(&mut self, other: Reclaimed) {
        self.removed.extend(other.removed);
        self.living += other.living;
        self.left += other.left;
        self.failed.extend(other.failed);
    }
}

/// Whether a folder of this name may be one of this kind.
fn is_of_kind(name: &str, kind: &FolderKind) -> bool {
    let is_digit = |c| matches!(c, b'0'..=b'9' | b'a'..=b'f');
    let is_made = |digits: &str| digits.len() == DIGITS && digits.bytes().all(is_digit);
    name.strip_prefix(kind.prefix).is_some_and(|digits| !kind.strict || is_made(digits))
}

/// Removes folders of this kind in `base` whose owners have died. Only those of this user are, and what cannot be judged is left
/// alone: links, and those whose lock is anything but a file.
pub fn reclaim(base: &Path, kind: &FolderKind) -> Reclaimed {
    let mut done = Reclaimed::default();
    let Ok(entries) = std::fs::read_dir(base) else { return done };
    let ours = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(|name| is_of_kind(name, kind)));
    for entry in ours.take(MOST) {
        match judge(&entry, kind) {
            Judged::Living => done.living += 1,
            Judged::Left => done.left += 1,
            Judged::Removed(Ok(())) => done.removed.push(entry.path()),
            Judged::Removed(Err(error)) => {
                done.left += 1;
                done.failed.push((entry.path(), error));
            }
        }
    }
    done
}

/// What became of a folder.
enum Judged {
    /// Its owner lives.
    Living,
    /// It was left alone.
    Left,
    /// Its owner is dead: it was removed, or could not be.
    Removed(io::Result<()>),
}

/// Removes one folder, if its owner is certainly dead.
fn judge(entry: &DirEntry, kind: &FolderKind) -> Judged {
    // Of a link this is the link.
    let Ok(found) = entry.metadata() else { return Judged::Left };
    if !found.is_dir() || !is_own(&found) || (kind.strict && !is_closed(&found)) {
        return Judged::Left;
    }
    // The lock, if it was taken, is held until the folder is gone.
    let (owner, _lock) = lock::look(&entry.path().join(kind.lock));
    match owner {
        Owner::Lives => Judged::Living,
        Owner::Unknown => Judged::Left,
        Owner::Died => Judged::Removed(std::fs::remove_dir_all(entry.path())),
        // Without a lock there is nothing in it, or this fails.
        Owner::Unlocked if kind.unlocked.is_some_and(|age| is_older(&found, age)) => {
            Judged::Removed(std::fs::remove_dir(entry.path()))
        }
        Owner::Unlocked => Judged::Left,
    }
}

/// Whether it belongs to this user.
#[cfg(unix)]
fn is_own(found: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(found) == rustix::process::geteuid().as_raw()
}

/// Whether nobody else may enter it.
#[cfg(unix)]
fn is_closed(found: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(found) & 0o077 == 0
}

#[cfg(not(unix))]
fn is_own(_: &Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn is_closed(_: &Metadata) -> bool {
    true
}

/// Whether its maker had time enough to lock it.
fn is_older(found: &Metadata, than: Duration) -> bool {
    let age = found.modified().ok().and_then(|made| SystemTime::now().duration_since(made).ok());
    age.is_some_and(|age| age > than)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FAULTS M12.
    #[test]
    fn only_names_that_were_made_here_are_looked_at() {
        let strict = FolderKind { prefix: "partita-", lock: "owner", strict: true, unlocked: None };
        assert!(is_of_kind("partita-0123456789abcdef", &strict));
        let others = [
            "partita-",
            "partita-0123456789abcdeF",
            "partita-0123456789abcde",
            "partita-0123456789abcdef0",
            "dask-01",
            "",
        ];
        assert_eq!(others.map(|name| is_of_kind(name, &strict)), [false; 6]);
        let loose = FolderKind { strict: false, ..strict };
        assert!(is_of_kind("partita-results", &loose) && !is_of_kind("dask-01", &loose));
    }
}
