//! Folders that are made, locked, removed and reclaimed.

use super::*;

const LOOSE: FolderKind = FolderKind { prefix: "kind-", lock: "lock", strict: false, unlocked: None };

/// FAULTS M12, D6.
#[test]
fn a_folder_goes_with_its_owner_and_those_of_the_dead_with_the_next() {
    let base = tempfile::tempdir().unwrap();
    let living = PrivateFolder::make(base.path(), &LOOSE).unwrap();
    let dead = base.path().join("kind-dead");
    std::fs::create_dir(&dead).unwrap();
    std::fs::write(dead.join("lock"), "").unwrap();
    std::fs::write(dead.join("more"), "").unwrap();
    let fresh = base.path().join("kind-fresh");
    std::fs::create_dir(&fresh).unwrap();
    let done = reclaim(base.path(), &LOOSE);
    assert_eq!((done.removed, done.living, done.left, done.failed.len()), (vec![dead], 1, 1, 0));
    // What has had no lock for long goes if it is empty.
    let patient = FolderKind { unlocked: Some(Duration::from_secs(30)), ..LOOSE };
    let before = std::time::SystemTime::now() - Duration::from_secs(60);
    std::fs::File::open(&fresh).unwrap().set_modified(before).unwrap();
    assert_eq!(reclaim(base.path(), &patient).removed, [fresh]);
    let path = living.path().to_path_buf();
    living.remove().unwrap();
    living.remove().unwrap();
    drop(living);
    assert!(!path.exists() && std::fs::read_dir(base.path()).unwrap().next().is_none());
    assert_eq!(reclaim(&path, &LOOSE).removed, [] as [PathBuf; 0], "nothing is there");
}

#[test]
#[cfg(unix)]
fn a_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let base = tempfile::tempdir().unwrap();
    let folder = PrivateFolder::make(base.path(), &LOOSE).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(folder.path()), mode(&folder.path().join("lock"))), (0o700, 0o600));
    let other = PrivateFolder::make(base.path(), &LOOSE).unwrap();
    assert_ne!(folder.path(), other.path());
    // One that others may enter is left alone by those who are strict.
    let open = base.path().join("kind-0000000000000001");
    std::fs::create_dir(&open).unwrap();
    std::fs::write(open.join("lock"), "").unwrap();
    owner_only(&open, 0o755).unwrap();
    let strict = FolderKind { strict: true, ..LOOSE };
    let done = reclaim(base.path(), &strict);
    assert_eq!((done.removed.len(), done.living, done.left), (0, 2, 1));
    owner_only(&open, 0o700).unwrap();
    assert_eq!(reclaim(base.path(), &strict).removed, [open]);
    assert!(PrivateFolder::make(&base.path().join("nowhere"), &LOOSE).is_err());
}
