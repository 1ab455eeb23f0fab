//! Removes the directories of runs that have died, and of nobody else.

use super::PREFIX;
use super::base::DIGITS;
use super::lock::{self, Owner};
use crate::limits::{PLACE_BEING_MADE, RECLAIMED_DIRECTORIES};
use std::fs::{DirEntry, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a reclaim did.
#[derive(Default, Debug)]
pub struct Reclaimed {
    /// Directories that were removed.
    pub removed: Vec<PathBuf>,
    /// Directories whose owners live.
    pub living: usize,
    /// Directories that look like these, and were left alone because they are not certainly a dead run's of this user.
    pub left: usize,
}

impl Reclaimed {
    pub(super) fn add(&mut self, other: Reclaimed) {
        self.removed.extend(other.removed);
        self.living += other.living;
        self.left += other.left;
    }
}

/// Whether a directory of this name may be one of ours.
fn is_ours_by_name(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX);
    digits
        .is_some_and(|digits| digits.len() == DIGITS && digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')))
}

pub(super) fn reclaim(base: &Path) -> Reclaimed {
    let mut done = Reclaimed::default();
    let Ok(entries) = std::fs::read_dir(base) else { return done };
    let ours = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_ours_by_name));
    for entry in ours.take(RECLAIMED_DIRECTORIES) {
        match judge(&entry) {
            Judged::Living => done.living += 1,
            Judged::Left => done.left += 1,
            Judged::Removed => done.removed.push(entry.path()),
        }
    }
    done
}

enum Judged {
    Living,
    Left,
    Removed,
}

/// Removes one directory, if its owner is certainly dead.
fn judge(entry: &DirEntry) -> Judged {
    // Of a link this is the link.
    let Ok(found) = entry.metadata() else { return Judged::Left };
    if !found.is_dir() || !is_private(&found, rustix::process::geteuid().as_raw()) {
        return Judged::Left;
    }
    // The lock, if it was taken, is held until the directory is gone.
    let (owner, _lock) = lock::look(&entry.path());
    let removed = match owner {
        Owner::Lives => return Judged::Living,
        Owner::Unknown => return Judged::Left,
        Owner::Died => std::fs::remove_dir_all(entry.path()),
        // Without a lock there is nothing in it, or this fails.
        Owner::Unlocked if is_old(&found) => std::fs::remove_dir(entry.path()),
        Owner::Unlocked => return Judged::Left,
    };
    match removed {
        Ok(()) => Judged::Removed,
        Err(error) => {
            tracing::warn!("the directory {} of a dead run is left behind: {error}", entry.path().display());
            Judged::Left
        }
    }
}

/// Whether it belongs to this user, who alone may enter it.
fn is_private(found: &Metadata, us: u32) -> bool {
    found.uid() == us && found.mode() & 0o077 == 0
}

/// Whether its maker had time enough to lock it.
fn is_old(found: &Metadata) -> bool {
    let age = found.modified().ok().and_then(|made| SystemTime::now().duration_since(made).ok());
    age.is_some_and(|age| age > PLACE_BEING_MADE)
}

#[cfg(test)]
mod tests {
    use super::is_ours_by_name;

    /// FAULTS M12.
    #[test]
    fn only_names_that_were_made_here_are_looked_at() {
        assert!(is_ours_by_name("partita-0123456789abcdef"));
        let others = [
            "partita-",
            "partita-0123456789abcdeF",
            "partita-0123456789abcde",
            "partita-0123456789abcdef0",
            "dask-01",
            "",
        ];
        assert_eq!(others.map(is_ours_by_name), [false; 6]);
    }
}
