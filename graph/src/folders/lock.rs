//! The lock by which a folder's owner says that it lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

/// Bytes of it that are read.
const READ_BYTES: u64 = 256;

/// What is to be thought of a folder's owner.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Owner {
    /// It holds the lock.
    Lives,
    /// It held the lock and does so no more, or the machine was started anew since.
    Died,
    /// There is no lock: the folder is being made, or its maker died right then.
    Unlocked,
    /// It cannot be told.
    Unknown,
}

/// Makes the lock of a new folder and takes it. The system frees it when the process ends; no child inherits it.
pub(super) fn make(lock: &Path) -> io::Result<File> {
    let mut options = options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(lock)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::NotFound.into()),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // A reclaim may have come before the lock; then the file is no longer that of the folder.
    lock.symlink_metadata()?;
    write!(file, "{}\n{}\n", boot().unwrap_or_default(), std::process::id())?;
    Ok(file)
}

/// What is to be thought of the owner of a folder. A lock that was taken for this is held until the answer is dropped.
pub(super) fn look(lock: &Path) -> (Owner, Option<File>) {
    // It may be anything where others can write, such as a pipe: who opens that waits for ever.
    match lock.symlink_metadata() {
        Ok(found) if found.is_file() => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (Owner::Unlocked, None),
        _ => return (Owner::Unknown, None),
    }
    let file = match options().read(true).write(true).open(lock) {
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

/// No link is followed, and nothing is waited for.
fn options() -> OpenOptions {
    #[allow(unused_mut, reason = "on some systems there is nothing to set")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FAULTS M12: of two looks at the same time one takes the lock, and a folder that is locked again is left alone.
    #[test]
    fn a_lock_tells_whether_its_owner_lives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("owner");
        assert_eq!(look(&path).0, Owner::Unlocked);
        let lock = make(&path).unwrap();
        assert_eq!(look(&path).0, Owner::Lives);
        drop(lock);
        let (owner, held) = look(&path);
        assert_eq!((owner, look(&path).0), (Owner::Died, Owner::Lives));
        drop(held);
        std::fs::remove_file(&path).unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/dev/null", &path).unwrap();
            assert_eq!(look(&path).0, Owner::Unknown, "no link is followed");
            std::fs::remove_file(&path).unwrap();
            assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
            assert_eq!(look(&path).0, Owner::Unknown, "no pipe is waited for");
        }
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
