//! The lock by which a directory's owner says that it lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The file that is locked.
pub(super) const NAME: &str = "owner";
/// Bytes of it that are read.
const READ_BYTES: u64 = 256;

/// What is to be thought of a directory's owner.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Owner {
    /// It holds the lock.
    Lives,
    /// It held the lock and does so no more, or the machine was started anew since.
    Died,
    /// There is no lock: the directory is being made, or its maker died right then.
    Unlocked,
    /// It cannot be told.
    Unknown,
}

/// Makes the lock of a new directory and takes it. The system frees it when the process ends; no child inherits it.
pub(super) fn make(directory: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).custom_flags(no_follow());
    let mut file = options.open(directory.join(NAME))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::NotFound.into()),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // A reclaim may have come before the lock; then the file is no longer that of the directory.
    directory.join(NAME).symlink_metadata()?;
    write!(file, "{}\n{}\n", boot().unwrap_or_default(), std::process::id())?;
    Ok(file)
}

/// What is to be thought of the owner of a directory. A lock that was taken for this is held until the answer is dropped.
pub(super) fn look(directory: &Path) -> (Owner, Option<File>) {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(no_follow());
    let file = match options.open(directory.join(NAME)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (Owner::Unlocked, None),
        Err(_) => return (Owner::Unknown, None),
    };
    match file.try_lock() {
        Ok(()) => (Owner::Died, Some(file)),
        Err(TryLockError::WouldBlock) => (Owner::Lives, None),
        // The file system has no locks: another start of the machine tells as much.
        Err(TryLockError::Error(_)) if is_of_another_boot(&file) => (Owner::Died, Some(file)),
        Err(TryLockError::Error(_)) => (Owner::Unknown, None),
    }
}

fn is_of_another_boot(file: &File) -> bool {
    let mut text = String::new();
    let theirs = file.take(READ_BYTES).read_to_string(&mut text).ok().and_then(|_| text.lines().next());
    match (theirs, boot()) {
        (Some(theirs), Some(ours)) => !theirs.is_empty() && theirs != ours,
        _ => false,
    }
}

/// The id of this start of the machine.
fn boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_string())
}

fn no_follow() -> i32 {
    rustix::fs::OFlags::NOFOLLOW.bits() as i32
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// FAULTS M12: of two looks at the same time one takes the lock, and a directory that is locked again is left alone.
    #[test]
    fn a_lock_tells_whether_its_owner_lives() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(look(directory.path()).0, Owner::Unlocked);
        let lock = make(directory.path()).unwrap();
        assert_eq!(look(directory.path()).0, Owner::Lives);
        drop(lock);
        let (owner, held) = look(directory.path());
        assert_eq!((owner, look(directory.path()).0), (Owner::Died, Owner::Lives));
        drop(held);
        std::fs::remove_file(directory.path().join(NAME)).unwrap();
        std::os::unix::fs::symlink("/dev/null", directory.path().join(NAME)).unwrap();
        assert_eq!(look(directory.path()).0, Owner::Unknown, "no link is followed");
    }

    #[test]
    fn files_of_another_start_of_the_machine_are_known() {
        let mut file = tempfile::tempfile().unwrap();
        let mut says = |text: &str| {
            use std::io::Seek;
            file.set_len(0).unwrap();
            file.rewind().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.rewind().unwrap();
            is_of_another_boot(&file)
        };
        assert!(!says(&format!("{}\n1\n", boot().unwrap())));
        assert!(says("another\n1\n"));
        assert!(!says(""));
    }
}
