//! Processes of other users.

use crate::support::{Served, hostile};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

/// A user that is not this one.
const NOBODY: u32 = 65_534;

/// FAULTS M11: a process of another user cannot come near a socket; and if it could, it is hung up on before it is told
/// anything. Needs root, which alone can be somebody else; without it `users_must_be_the_same` checks the rule itself.
#[test]
fn other_users_are_refused() {
    if !is_root() {
        return;
    }
    let folder = tempfile::Builder::new().prefix("wire").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("hostile");
    std::fs::copy(hostile().get_program(), &program).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let attack = |path: &Path| {
        let mut attack = std::process::Command::new(&program);
        attack.arg("attack").arg(path).args(["--connections", "5", "--kind", "silent"]);
        attack.uid(NOBODY).gid(NOBODY).output().unwrap()
    };
    let closed = Served::start(&[]);
    let out = attack(&closed.path);
    let told = String::from_utf8(out.stdout).unwrap();
    assert!(!out.status.success() && told.contains("Permission denied"), "{told}");
    let mut open = Served::start(&["--open"]);
    std::fs::set_permissions(open.path.parent().unwrap().parent().unwrap(), std::fs::Permissions::from_mode(0o755))
        .unwrap();
    let out = attack(&open.path);
    let told = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success() && told.contains("5 hung up on") && told.contains(" 0 bytes came"), "{told}");
    assert_eq!(open.figure("uid:"), 5);
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("Uid:")).unwrap();
    line.split_whitespace().nth(2) == Some("0")
}
