//! Private directories: who may enter them, and who removes them.

use crate::support::{Served, gate, hostile, named};
use partita_wire::{Listener, Place, PlaceError, Token256};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;

fn base() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("wire").tempdir_in("/tmp").unwrap()
}

fn directories(base: &Path) -> usize {
    std::fs::read_dir(base).unwrap().count()
}

/// FAULTS M12, secure default 4: a fresh directory that its owner alone may enter, gone with its owner.
#[test]
fn places_are_private_different_and_removed() {
    let base = base();
    let (one, two) = (Place::fresh_in(base.path()).unwrap(), Place::fresh_in(base.path()).unwrap());
    assert_ne!(one.path(), two.path());
    assert_eq!(one.path().metadata().unwrap().permissions().mode() & 0o7777, 0o700);
    let lock = one.path().join("owner").metadata().unwrap();
    assert_eq!(lock.permissions().mode() & 0o7777, 0o600);
    drop((one, two));
    assert_eq!(directories(base.path()), 0);
}

/// FAULTS M12: too long a path is an error with both lengths; names that lead elsewhere are refused; a name is had once.
#[tokio::test]
async fn paths_of_sockets_are_checked() {
    let base = base();
    let long = base.path().join("x".repeat(60));
    std::fs::create_dir(&long).unwrap();
    let refused = Place::fresh_in(&long).unwrap_err();
    assert!(matches!(refused, PlaceError::TooLong { length: 108.., most: 107, .. }), "{refused}");
    assert!(refused.to_string().contains("107") && refused.to_string().contains("TMPDIR"), "{refused}");
    let place = Place::fresh_in(base.path()).unwrap();
    for name in ["", ".", "..", "a/b", "/tmp/x", "../x", "a\0b", "x/"] {
        assert!(matches!(place.socket(name), Err(PlaceError::Name { .. })), "{name:?}");
    }
    let most = 107 - place.path().as_os_str().len() - 1;
    assert!(place.socket(&"x".repeat(most)).is_ok());
    let refused = place.socket(&"x".repeat(most + 1)).unwrap_err();
    assert!(matches!(refused, PlaceError::TooLong { length: 108, most: 107, .. }), "{refused}");
    let _first = Listener::bind(&place, "name", named(0), gate()).unwrap();
    let second = Listener::bind(&place, "name", named(0), gate()).unwrap_err();
    assert!(matches!(second, PlaceError::InUse { .. }), "{second}");
    let nowhere = Place::fresh_in(&base.path().join("nowhere"));
    assert!(nowhere.is_err());
}

/// FAULTS M12: directories of runs that were killed are removed at the next start, with all that is in them.
#[test]
fn what_killed_runs_left_is_reclaimed() {
    let base = base();
    let mut child = hostile();
    let child = child.arg("serve").arg(base.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    Token256::random().unwrap().write_to(child.stdin.as_mut().unwrap()).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let living = Place::reclaim_in(base.path());
    assert_eq!((living.living, living.removed.len(), living.left), (1, 0, 0));
    child.kill().unwrap();
    child.wait().unwrap();
    let socket = line.trim_end().strip_prefix("listening ").unwrap();
    assert!(Path::new(socket).exists(), "killed, it cleans nothing up");
    let dead = Place::reclaim_in(base.path());
    assert_eq!((dead.living, dead.removed.len(), dead.left, directories(base.path())), (0, 1, 0, 0));
}

/// FAULTS M12: nothing is removed but what is certainly a dead run's of this user.
#[test]
fn reclaiming_leaves_all_others_alone() {
    let base = base();
    let own = Place::fresh_in(base.path()).unwrap();
    let make = |name: &str, mode: u32| {
        let path = base.path().join(name);
        std::fs::DirBuilder::new().mode(mode).create(&path).unwrap();
        path
    };
    // Open to others: anybody could have made what is in it. The umask takes nothing away from this.
    let open = make("partita-0000000000000001", 0o700);
    std::fs::write(open.join("owner"), "").unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
    // Being made: without a lock, and young.
    make("partita-0000000000000002", 0o700);
    // Another name.
    std::fs::write(make("partita-results", 0o700).join("owner"), "").unwrap();
    // A link to what would be removed, and a file.
    let elsewhere = make("elsewhere", 0o700);
    std::fs::write(elsewhere.join("owner"), "").unwrap();
    symlink(&elsewhere, base.path().join("partita-0000000000000003")).unwrap();
    std::fs::write(base.path().join("partita-0000000000000004"), "").unwrap();
    // A lock that leads elsewhere.
    let led = make("partita-0000000000000005", 0o700);
    symlink(elsewhere.join("owner"), led.join("owner")).unwrap();
    let before = directories(base.path());
    let done = Place::reclaim_in(base.path());
    assert_eq!((done.removed.len(), done.living, done.left), (0, 1, 5), "{done:?}");
    assert_eq!(directories(base.path()), before);
    assert!(own.path().join("owner").exists() && elsewhere.join("owner").exists());
    // A dead one among them is found all the same.
    std::fs::write(make("partita-0000000000000006", 0o700).join("owner"), "").unwrap();
    assert_eq!(Place::reclaim_in(base.path()).removed.len(), 1);
}

/// A listener's process that ends in order leaves nothing behind.
#[test]
fn a_process_that_ends_in_order_leaves_nothing() {
    let served = Served::start(&[]);
    let place = served.path.parent().unwrap().to_path_buf();
    assert!(place.exists());
    drop(served);
    assert!(!place.exists());
}
