//! The program: what it refuses, what it ends with, and that nobody need read it to the end.

use std::process::{Command, Output, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partita-simulator"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> (Output, String, String) {
    let output = program(arguments).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    (output, out, error)
}

#[test]
fn what_makes_no_sense_is_refused_with_what_is_allowed() {
    let table: [(&[&str], &str); 9] = [
        (&["--seeds", "0"], "0 is not in 1.."),
        (&["quality", "--seeds", "0"], "0 is not in 1.."),
        (&["cells", "--seeds", "0"], "0 is not in 1.."),
        (&["--trace", "bogus"], "neither the number of a task nor `all`"),
        (&["--trace", "99999"], "seed 1 has "),
        (&["explore", "--keys", "0"], "0 is not in 1..=2"),
        (&["explore", "--keys", "3"], "3 is not in 1..=2"),
        (&["--jobs", "0"], "zero"),
        (&["explore", "--jobs", "0"], "zero"),
    ];
    for (arguments, words) in table {
        let (output, _, error) = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(words), "{arguments:?}: {error}");
    }
    let (output, out, _) = run(&["replay", "none", "--seconds", "nan"]);
    assert!(output.status.code() == Some(1) && out.contains("`NaN` is no value for --seconds"), "{out}");
}

#[test]
fn the_number_of_threads_may_follow_the_command() {
    let (output, out, error) = run(&["explore", "--depth", "2", "--jobs", "1"]);
    assert!(output.status.success() && out.contains("all end well"), "{out}{error}");
    let (output, out, error) = run(&["--seeds", "1", "--jobs", "1"]);
    assert!(output.status.success() && out.contains("0 violations"), "{out}{error}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in [&["--trace", "all"][..], &["--seeds", "1"], &["explore", "--depth", "1"]] {
        let mut child = program(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && error.is_empty(), "{arguments:?}: {:?} {error}", output.status);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = program(&["explore", "--depth", "1"]).stdout(full).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && error.starts_with("what was found cannot be printed"), "{error}");
}
