//! The example `chaos`, for some seconds in each phase.

use clap::Parser;
use partita::init_test;
use std::process::Command;

#[path = "../../examples/chaos/main.rs"]
#[allow(dead_code, reason = "the program's own `main` is not called")]
mod example;

const IN_CHILD: &str = "PARTITA_TEST_CHAOS";

/// FAULTS P1: processes are killed as they start, compute, send values, spill, idle and leave; all results are right, and nothing
/// is left behind.
#[test]
fn processes_are_killed_in_each_phase() {
    init_test!();
    if std::env::var_os(IN_CHILD).is_none() {
        // In a folder of its own, so that what others leave there is not taken for what it left behind.
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        let command = command.args(["--exact", "chaos::processes_are_killed_in_each_phase", "--nocapture"]);
        let command = command.env(IN_CHILD, "1").env("TMPDIR", folder.path()).env_remove("XDG_RUNTIME_DIR");
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
        return;
    }
    for (phase, rate) in
        [("start", "180"), ("compute", "180"), ("transfer", "180"), ("spill", "60"), ("idle", "180"), ("end", "180")]
    {
        println!("-- {phase}");
        let arguments =
            ["chaos", "--workers", "2", "--stop-rate", "0", "--seconds", "4", "--rate", rate, "--phase", phase];
        assert!(example::chaos(example::Args::parse_from(arguments)), "{phase}");
    }
}
