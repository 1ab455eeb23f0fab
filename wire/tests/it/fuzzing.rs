//! A short run of each fuzzer; `partita-fuzz` has longer ones.

use partita_wire::fuzz::{Report, Target, replay, run};

/// FAULTS M3, M5: nothing that is tried makes anything panic, and part of it gets past the first checks.
#[test]
fn a_short_run_of_each_fuzzer_finds_nothing() {
    for target in Target::ALL {
        match run(target, 20_261_130, |tries| tries < 3000) {
            Ok(Report { tries, deep }) => assert!(tries == 3000 && deep > 100, "{target}: {deep} of {tries} went deep"),
            Err(finding) => panic!("{finding}"),
        }
    }
}

/// The same seed tries the same.
#[test]
fn runs_of_one_seed_are_the_same() {
    for target in Target::ALL {
        let (once, again) = (run(target, 5, |tries| tries < 200), run(target, 5, |tries| tries < 200));
        assert_eq!(once.unwrap(), again.unwrap());
        assert!(!replay(target, 5, 0, &[]).unwrap(), "nothing is not accepted");
    }
}
