//! Results that are kept in files: what a later run takes from there, what it computes anew, and what is refused.

use crate::faults_support::{Count, Gate, builder, cluster, until, within};
use partita::prelude::*;
use partita::{CheckpointError, Error, Reference};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The files of a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Computes it by a cluster of its own, as a later run would.
fn run<C: Collection>(collection: &C, folder: &Path) -> C::Output {
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap();
    let kept = collection.persist_to_on(&cluster.client(), folder).unwrap();
    let output = kept.compute_on(&cluster.client()).unwrap();
    cluster.close().unwrap();
    output
}

#[test]
fn a_later_run_takes_every_kind_of_result_from_its_file() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    fn square(x: i64) -> i64 {
        CALLS.fetch_add(1, Ordering::SeqCst);
        x * x
    }
    let folder = tempfile::tempdir().unwrap();
    let bag = || Bag::<i64>::from_sequence(0..100, 7).map(square);
    let all = || (bag(), bag().sum(), delayed(square, (9,)).pure(), vec![bag().max()]);
    let expected = all().compute_on(&Reference).unwrap();
    for (round, calls) in [(0, 101), (1, 0), (2, 0)] {
        CALLS.store(0, Ordering::SeqCst);
        assert_eq!(run(&all(), folder.path()), expected, "round {round}");
        assert_eq!((CALLS.load(Ordering::SeqCst), files(folder.path()).len()), (calls, 10), "round {round}");
    }
}

/// Another folder is another wish, though the result is there already.
#[test]
fn each_folder_has_the_results_that_were_asked_for() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cluster = cluster(2, 1);
    let bag = Bag::<i64>::from_sequence(0..100, 7).map(|x| x + 1);
    let first = bag.persist_to_on(&cluster.client(), one.path()).unwrap();
    assert_eq!(first.count().compute_on(&cluster.client()).unwrap(), 100);
    let second = bag.persist_to_on(&cluster.client(), other.path()).unwrap();
    assert_eq!(second.count().compute_on(&cluster.client()).unwrap(), 100);
    assert_eq!((files(one.path()).len(), files(other.path()).len()), (7, 7));
}

#[test]
fn what_is_computed_from_kept_results_is_kept_too() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    fn double(x: i64) -> i64 {
        CALLS.fetch_add(1, Ordering::SeqCst);
        2 * x
    }
    let folder = tempfile::tempdir().unwrap();
    for (round, calls) in [(0, 20), (1, 0), (2, 1), (3, 0)] {
        CALLS.store(0, Ordering::SeqCst);
        let cluster = LocalCluster::builder().workers(1).without_default().start().unwrap();
        let client = cluster.client();
        let first = Bag::<i64>::from_sequence(0..10, 10).map(double).persist_to_on(&client, folder.path()).unwrap();
        let second = first.map(double).persist_to_on(&client, folder.path()).unwrap();
        assert_eq!(second.compute_on(&client).unwrap(), (0..10).map(|x| 4 * x).collect::<Vec<i64>>());
        assert_eq!(CALLS.load(Ordering::SeqCst), calls, "round {round}");
        if round == 1 {
            // Whichever it is of, what was computed from it counts.
            fs::remove_file(&files(folder.path())[0]).unwrap();
        }
    }
}

#[test]
fn what_is_asked_for_a_result_is_asked_for_its_file_too() {
    fn same(x: i64) -> i64 {
        x
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&delayed(same, (3,)).pure(), folder.path()), 3);
    let cluster = builder(1, 1).no_workers_timeout(Duration::from_millis(100)).start().unwrap();
    let restored = |worker: &str| {
        let kept =
            delayed(same, (3,)).pure().workers([worker]).persist_to_on(&cluster.client(), folder.path()).unwrap();
        kept.compute_on(&cluster.client())
    };
    let error = restored("nobody").unwrap_err();
    assert!(error.to_string().contains("found no worker that could run it"), "{error}");
    assert_eq!(restored("worker-0").unwrap(), 3);
}

#[cfg(feature = "array")]
#[test]
fn arrays_are_kept_chunk_by_chunk() {
    let folder = tempfile::tempdir().unwrap();
    let product = || {
        let numbers = Array::<f64>::arange(0.0, 3600.0, 1.0, 600).reshape([60, 60]);
        numbers.dot(&numbers.t())
    };
    let expected = product().compute_on(&Reference).unwrap();
    assert_eq!(run(&product(), folder.path()), expected);
    let kept = files(folder.path());
    assert_eq!(kept.len(), product().outputs().len());
    let written = |kept: &[PathBuf]| kept.iter().map(|file| fs::metadata(file).unwrap().modified().unwrap()).collect();
    let before: Vec<_> = written(&kept);
    assert_eq!(run(&product(), folder.path()), expected);
    assert_eq!((files(folder.path()), written(&kept)), (kept.clone(), before), "nothing was written again");
}

#[cfg(feature = "dataframe")]
#[test]
fn frames_are_kept_and_a_changed_file_of_input_is_read_anew() {
    use partita::dataframe::{col, read_csv};
    let folder = tempfile::tempdir().unwrap();
    let (csv, kept) = (folder.path().join("rows.csv"), folder.path().join("kept"));
    let total = || {
        let rows = read_csv(&csv).finish().unwrap();
        rows.group_by([col("k")]).agg([col("v").sum()]).sort(["k"], Default::default())
    };
    let mut lengths = Vec::new();
    for rows in ["k,v\na,1\nb,2\na,3\n", "k,v\na,1\nb,2\na,3\nc,4\n"] {
        fs::write(&csv, rows).unwrap();
        let expected = total().compute_on(&Reference).unwrap();
        for _ in 0..2 {
            assert_eq!(run(&total(), &kept), expected);
            lengths.push(files(&kept).len());
        }
    }
    assert!(lengths[0] == lengths[1] && lengths[1] < lengths[2] && lengths[2] == lengths[3], "{lengths:?}");
}

/// What tells this program that it is to end in the middle of its work, and the calls of [`fragile`].
const ABORTS: &str = "PARTITA_TEST_ABORTS";
static CALLS: AtomicUsize = AtomicUsize::new(0);

fn fragile(x: i64) -> i64 {
    if CALLS.fetch_add(1, Ordering::SeqCst) == 5 && std::env::var_os(ABORTS).is_some() {
        std::process::abort();
    }
    x + 1
}

#[test]
fn work_that_was_broken_off_goes_on_where_it_was() {
    let work = || Bag::<i64>::from_sequence(0..8, 8).map(fragile);
    if let Some(folder) = std::env::var_os(ABORTS) {
        run(&work(), Path::new(&folder));
        panic!("it should have ended");
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "checkpoints::work_that_was_broken_off_goes_on_where_it_was";
    let mut child = Command::new(std::env::current_exe().unwrap());
    let ended = child.args([name, "--exact"]).env(ABORTS, folder.path()).output().unwrap();
    assert!(!ended.status.success());
    // It may have been about to write one more.
    let kept = files(folder.path()).iter().filter(|file| file.extension().is_some_and(|end| end == "part")).count();
    assert!((1..8).contains(&kept), "{kept}");
    assert_eq!(run(&work(), folder.path()), (1..9).collect::<Vec<i64>>());
    assert_eq!(CALLS.load(Ordering::SeqCst), 8 - kept, "only the others were computed");
}

#[test]
fn damaged_files_are_computed_anew() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    fn cube(x: i64) -> i64 {
        CALLS.fetch_add(1, Ordering::SeqCst);
        x * x * x
    }
    let folder = tempfile::tempdir().unwrap();
    let work = || Bag::<i64>::from_sequence(0..6, 6).map(cube);
    let expected = run(&work(), folder.path());
    let kept = files(folder.path());
    let whole: Vec<Vec<u8>> = kept.iter().map(|file| fs::read(file).unwrap()).collect();
    let mut flipped = whole[0].clone();
    *flipped.last_mut().unwrap() ^= 0x10;
    let damages: [&[u8]; 4] = [&flipped, &whole[1][..whole[1].len() - 1], b"", &whole[4]];
    damages.iter().zip(&kept).for_each(|(damage, file)| fs::write(file, damage).unwrap());
    CALLS.store(0, Ordering::SeqCst);
    assert_eq!(run(&work(), folder.path()), expected);
    assert_eq!(CALLS.load(Ordering::SeqCst), 4);
    assert_eq!(kept.iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>(), whole, "all are whole again");
}

#[test]
fn a_file_that_changes_before_it_is_read_is_an_error_that_says_what_to_do() {
    fn same(x: i64) -> i64 {
        x
    }
    let folder = tempfile::tempdir().unwrap();
    let work = || delayed(same, (5,)).pure();
    assert_eq!(run(&work(), folder.path()), 5);
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let _blocker = client.submit(move || pass.through(), ());
    gate.wait_for(1);
    let kept = work().persist_to_on(&client, folder.path()).unwrap();
    let file = files(folder.path()).remove(0);
    fs::write(&file, "what is this?").unwrap();
    gate.open();
    let error = kept.compute_on(&client).unwrap_err();
    let Some(CheckpointError::Lost { path, .. }) = error.task().and_then(|task| task.downcast_ref()) else {
        panic!("{error:?}");
    };
    assert_eq!(*path, file.canonicalize().unwrap());
    assert!(error.to_string().contains("let go of what `persist_to` gave, and call it again"), "{error}");
    fs::remove_file(&file).unwrap();
    drop(kept);
    until("only the task that blocked is known", || client.summary().unwrap().tasks == 1);
    let kept = work().persist_to_on(&client, folder.path()).unwrap();
    assert_eq!(kept.compute_on(&client).unwrap(), 5, "and so it is");
    assert!(file.exists());
    assert_eq!(run(&work(), folder.path()), 5);
}

/// A result that cannot be written.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
enum Stubborn {
    Fails,
    Panics,
}

impl serde::Serialize for Stubborn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            // Its size is measured by its written form, too.
            _ if std::any::type_name::<S>().contains("size") => serializer.serialize_u8(0),
            Stubborn::Fails => Err(serde::ser::Error::custom("no")),
            Stubborn::Panics => panic!("no"),
        }
    }
}

/// A result that cannot be read as it was written.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Lopsided {
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<i64>,
    right: String,
}

/// FAULTS T16.
#[test]
fn a_result_that_cannot_be_written_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&delayed(|| Stubborn::Fails, ()).pure(), folder.path()), Stubborn::Fails);
    assert_eq!(run(&delayed(|| Stubborn::Panics, ()).pure(), folder.path()), Stubborn::Panics);
    for _ in 0..2 {
        let lopsided = delayed(|| Lopsided { left: None, right: "r".into() }, ()).pure();
        assert_eq!(run(&lopsided, folder.path()).right, "r", "also if it was kept before");
    }
    assert!(files(folder.path()).is_empty());
}

#[test]
fn what_cannot_be_resumed_is_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Count::new();
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let counter = ran.clone();
    let captured = Bag::<i64>::from_sequence(0..3, 1).map(move |x| x + counter.add() as i64);
    let line = line!() + 1;
    let impure = delayed(|x: i64| x, (1,));
    let named = delayed(|x: i64| x, (1,)).name("by hand");
    let (below, after) = (delayed(|x: i64| x, (&impure,)).pure(), delayed(|x: i64| x, (&named,)).pure());
    let refused = |x: &Delayed<i64>| x.persist_to_on(&client, folder.path()).map(drop).unwrap_err();
    for (error, name) in [
        (captured.persist_to_on(&client, folder.path()).map(drop).unwrap_err(), "map"),
        (captured.sum().persist_to_on(&client, folder.path()).map(drop).unwrap_err(), "map"),
        (refused(&impure), &*format!("checkpoints.rs:{line}")),
        (refused(&below), &format!("checkpoints.rs:{line}")),
        (refused(&named), "`by hand`"),
        (refused(&after), "`by hand`"),
    ] {
        let Error::Checkpoint(CheckpointError::Unique { .. }) = &error else { panic!("{error:?}") };
        assert!(error.to_string().contains(name) && error.to_string().contains("pure()"), "{error}");
    }
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let pure = delayed(|x: i64| x, (1,)).pure();
    for folder in [file.clone(), file.join("below"), PathBuf::from("/proc/none")] {
        let error = pure.persist_to_on(&client, &folder).map(drop).unwrap_err();
        assert!(
            matches!(&error, Error::Checkpoint(CheckpointError::Folder { folder: of, .. }) if *of == folder),
            "{error:?}"
        );
    }
    assert_eq!((ran.get(), client.summary().unwrap().tasks), (0, 0));
}

#[test]
fn thousands_of_results_are_looked_at_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    within(Duration::from_secs(120), move || {
        let work = || Bag::<u64>::from_sequence(0..20_000u64, 2_000).map(|x| x + 1);
        for _ in 0..2 {
            assert_eq!(run(&work(), &path), (1..20_001).collect::<Vec<u64>>());
        }
        assert_eq!(files(&path).len(), 2_000);
    });
}
