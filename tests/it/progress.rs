//! Progress bars: silent when nobody looks at a terminal.

use partita::prelude::*;
use partita::{futures_of, progress};
use std::process::{Command, Stdio};

/// Says to the test binary that it is the one that is looked at.
const CHILD: &str = "PARTITA_PROGRESS_CHILD";

/// What is looked at: work with progress in a process whose standard error output is a pipe.
#[test]
fn work_with_progress() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let cluster = LocalCluster::builder().workers(1).threads_per_worker(2).start().unwrap();
    let client = cluster.client();
    let squares = Bag::<i64>::from_sequence(0..1000, 50).map(|x| x * x);
    assert_eq!(squares.sum().with_progress().compute().unwrap(), 332_833_500);
    let held = squares.persist().unwrap();
    progress(&held).unwrap();
    assert!(futures_of(&held).iter().all(Future::done));
    let futures = client.map(|x: i64| 100 / x, 0..10);
    progress(&futures).unwrap();
    assert_eq!(futures.iter().filter(|future| future.status() == "error").count(), 1);
    progress(&futures[1]).unwrap();
    cluster.close().unwrap();
}

#[test]
fn nothing_is_shown_where_there_is_no_terminal() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "progress::work_with_progress", "--nocapture"])
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, errors) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && out.contains("1 passed"), "{out}{errors}");
    for sign in ["[#", "\u{1b}[", "/50", "\r"] {
        assert!(!out.contains(sign) && !errors.contains(sign), "{sign:?} in {out}{errors}");
    }
}
