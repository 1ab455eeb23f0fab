//! Writing text: what is read back is what was written, and a file is there whole or not at all.

use crate::on_reference;
use crate::run;
use partita_collections::Bag;
use partita_collections::bag::WriteError;
use proptest::prelude::*;
use std::path::Path;

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn there_and_back(lines in prop::collection::vec("[a-z\u{e9} ]{0,9}", 0..30), parts in 1usize..14) {
        for extension in ["txt", "txt.gz", "txt.zst", "txt.bz2", "txt.xz"] {
            let directory = tempfile::tempdir().unwrap();
            let bag = Bag::<String>::from_sequence(lines.clone(), parts);
            let pattern = directory.path().join(format!("part-*.{extension}"));
            let paths = run(&bag.to_text_files(&pattern).unwrap());
            prop_assert_eq!(paths.len(), bag.npartitions());
            prop_assert_eq!(run(&Bag::read_text(&pattern).unwrap()), lines.clone(), "{}", extension);
            prop_assert!(paths.is_sorted());
        }
    }
}

#[test]
fn names_have_zeros_and_a_directory_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let bag = Bag::range(12, 12).map(|n| n.to_string());
    run(&bag.to_text_files(directory.path().join("n*.txt")).unwrap());
    assert_eq!(names(directory.path())[..2], ["n00.txt", "n01.txt"]);
    let inside = directory.path().join("inside");
    let lazy = bag.to_text_files(&inside).unwrap();
    assert!(!inside.exists(), "nothing is written before it is computed");
    run(&lazy);
    assert_eq!(names(&inside)[11], "11.part");
    assert_eq!(std::fs::read_to_string(inside.join("11.part")).unwrap(), "11\n");
    run(&bag.map(|_| "again".to_string()).to_text_files(&inside).unwrap());
    assert_eq!(std::fs::read_to_string(inside.join("11.part")).unwrap(), "again\n", "an old file is replaced");
}

/// FAULTS D17.
#[test]
fn a_partition_that_fails_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let bag = Bag::range(10, 2).try_map(|n| if n < 7 { Ok(n.to_string()) } else { Err("seven") });
    let error = on_reference(&bag.to_text_files(directory.path().join("*.txt.gz")).unwrap()).unwrap_err();
    assert!(error.to_string().contains("seven"), "{error}");
    assert!(names(directory.path()).iter().all(|name| name == "0.txt.gz"), "{:?}", names(directory.path()));
    let panics = Bag::range(10, 1).map(|_| -> String { panic!("no") });
    assert!(on_reference(&panics.to_text_files(directory.path().join("p*")).unwrap()).is_err());
    assert!(names(directory.path()).iter().all(|name| name == "0.txt.gz"));
}

/// FAULTS D17.
#[test]
fn a_target_that_cannot_be_used_is_known_before() {
    let directory = tempfile::tempdir().unwrap();
    let bag = Bag::range(2, 2).map(|n| n.to_string());
    let at = |name: &str| directory.path().join(name);
    std::fs::write(at("file"), "").unwrap();
    let refused = |name: &str| bag.to_text_files(at(name)).unwrap_err();
    assert_eq!(refused("missing/*.txt"), WriteError::NoDirectory { path: at("missing") });
    assert_eq!(refused("missing/below"), WriteError::NoDirectory { path: at("missing") });
    assert_eq!(refused("file"), WriteError::NotADirectory { path: at("file") });
    assert_eq!(refused("file/*.txt"), WriteError::NotADirectory { path: at("file") });
    assert_eq!(refused("*/a.txt"), WriteError::Stars { path: at("*/a.txt") });
    assert_eq!(refused("*-*.txt"), WriteError::Stars { path: at("*-*.txt") });
}

/// FAULTS D17.
#[test]
fn a_target_that_goes_away_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("a");
    std::fs::create_dir(&inside).unwrap();
    let lazy = Bag::range(2, 2).map(|n| n.to_string()).to_text_files(inside.join("*.txt")).unwrap();
    drop(directory);
    assert!(on_reference(&lazy).unwrap_err().to_string().contains("could not be written"));
}

#[cfg(unix)]
#[test]
fn files_have_the_rights_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    run(&Bag::<String>::from_sequence(["a"], 1).to_text_files(directory.path().join("*.txt")).unwrap());
    std::fs::write(directory.path().join("plain"), "").unwrap();
    let mode = |name: &str| std::fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("0.txt"), mode("plain"));
}
