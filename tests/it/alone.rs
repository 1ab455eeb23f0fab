//! A test in a process of its own: for what counts its output, draws into its directory, or needs the default cluster.

use std::process::Command;
use tempfile::TempDir;

const CHILD: &str = "PARTITA_TEST_ALONE";
const BEGIN: &str = "-- the test itself --";

/// What a test left behind in its own process.
pub(crate) struct Left {
    /// What it printed.
    pub(crate) out: String,
    /// What it complained of.
    pub(crate) err: String,
    /// The directory that it ran in, which was empty.
    pub(crate) directory: TempDir,
}

/// Runs `body`, which is that of the test of this name, in a process that runs nothing else. It must succeed.
pub(crate) fn alone(test: &str, body: impl FnOnce()) -> Left {
    if std::env::var_os(CHILD).is_some() {
        println!("\n{BEGIN}");
        body();
        std::process::exit(0);
    }
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .current_dir(&directory)
        .env(CHILD, "1")
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{test} failed in its own process: {out}{err}");
    let (_, out) = out.split_once(&format!("{BEGIN}\n")).expect("the name of the test is right");
    Left { out: out.to_string(), err, directory }
}

/// Shows warnings, as a program would.
pub(crate) fn show_warnings() {
    let filter = tracing_subscriber::EnvFilter::new("warn");
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}
