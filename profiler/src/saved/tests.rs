//! Runs in files, whole and damaged.

use super::*;
use crate::compare::compare;
use crate::export::{rows, write_chrome_trace, write_csv};
use crate::scene::{Scene, scripted};
use crate::view;
use partita_graph::Token;
use partita_protocol::Time;

#[test]
fn a_run_is_the_same_after_it_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.partita");
    let run = scripted(0);
    run.save(&path).unwrap();
    let loaded = Run::load(&path).unwrap();
    assert_eq!(rows(&loaded).collect::<Vec<_>>(), rows(&run).collect::<Vec<_>>(), "also the keys of unique tokens");
    assert_eq!(loaded.span(), run.span());
    assert_eq!(loaded.records(), run.records());
    assert_eq!(loaded.failures().kept().collect::<Vec<_>>(), run.failures().kept().collect::<Vec<_>>());
    assert_eq!(loaded.logs().kept().collect::<Vec<_>>(), run.logs().kept().collect::<Vec<_>>());
    let end = Time(u64::MAX);
    let states = |run: &Run| run.timeline().unwrap().states(end);
    assert_eq!(states(&loaded), states(&run));
    assert_eq!(compare(&run, &loaded), compare(&run, &run));
    for at in [None, Some(run.span().0)] {
        let views = |run: &Run| (view::graph(run, at, 100), view::groups(run, at), view::bandwidth(run, at, 9));
        assert_eq!(views(&loaded), views(&run), "also of past moments");
    }
    // It goes on as the first one does, and can be saved again.
    assert_eq!(Run::from_bytes(&loaded.to_bytes().unwrap()).unwrap().executions().count, run.executions().count);
}

#[test]
fn whatever_byte_is_damaged_or_missing_it_is_told() {
    let bytes = small();
    for end in 0..bytes.len() {
        Run::from_bytes(&bytes[..end]).unwrap_err();
    }
    for at in 0..bytes.len() {
        for bits in [1, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= bits;
            let error = Run::from_bytes(&damaged).unwrap_err();
            match at {
                0..12 => assert_eq!(error, RunFileError::NotARun),
                12..16 => assert!(matches!(error, RunFileError::OtherVersion { .. }), "{error}"),
                20..28 => assert!(matches!(error, RunFileError::Truncated { .. } | RunFileError::Damaged), "{error}"),
                _ => assert_eq!(error, RunFileError::Damaged),
            }
        }
    }
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(Run::from_bytes(&longer).unwrap_err(), RunFileError::Damaged);
}

/// The file of a run with two tasks.
fn small() -> Vec<u8> {
    let mut scene = Scene::with_workers(&["a"]);
    let group = scene.group("inc");
    let first = scene.ran((group, Token::of(b"inc"), 0), &[], (0, 0), (0, 5), true);
    scene.ran((group, Token::unique(), 1), &[first], (0, 1), (6, 9), false);
    scene.run().to_bytes().unwrap()
}

/// A file with another body, and the checksum of that: made by somebody, not by chance.
fn forged(body: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(crc32fast::hash(body).to_le_bytes());
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(body);
    bytes
}

#[test]
fn forged_files_neither_panic_nor_take_all_memory() {
    let bytes = small();
    let body = &bytes[HEAD..];
    for at in 0..body.len() {
        // Markers of lists, maps and texts of four thousand million, among others.
        for byte in [0xdd, 0xdf, 0xdb, 0xc6, 0xc0, 0x00, 0xff, 0xcf] {
            let mut other = body.to_vec();
            other[at] = byte;
            if let Ok(run) = Run::from_bytes(&forged(&other)) {
                // Some bytes are part of a number or a name; what is read can be shown.
                assert!(rows(&run).count() <= body.len());
                let mut shown = Vec::new();
                write_chrome_trace(&run, &mut shown).unwrap();
                write_csv(&run, &mut shown).unwrap();
                let comparison = compare(&run, &run);
                assert!(
                    comparison.groups.iter().all(|group| group.time.by() == 0),
                    "{comparison} {}",
                    comparison.html()
                );
            }
        }
    }
    let huge = [0xdd, 0xff, 0xff, 0xff, 0xff];
    assert!(matches!(Run::from_bytes(&forged(&huge)).unwrap_err(), RunFileError::Malformed { .. }));
    // A list of lists of lists, and so on.
    assert!(matches!(Run::from_bytes(&forged(&[0x91; 100_000])).unwrap_err(), RunFileError::Malformed { .. }));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Run::load("nowhere/at-all").unwrap_err();
    assert!(error.to_string().contains("nowhere/at-all"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    std::fs::write(&path, "hello").unwrap();
    let error = Run::load(&path).unwrap_err();
    assert!(error.to_string().contains("Run::save"), "{error}");
}
