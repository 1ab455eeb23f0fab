//! Memory limits: what does not fit goes to disk and comes back, nothing is lost, and who cannot go on says why.

use crate::faults_support::until;
use partita::prelude::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering};
use std::time::Duration;

const MB: usize = 1 << 20;

/// A value of a megabyte that cannot be compressed.
pub(crate) fn block(seed: u64) -> Vec<u64> {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x
    };
    (0..MB / 8).map(next).collect()
}

/// A cluster of one worker that may hold so many megabytes.
pub(crate) fn cluster(folder: &Path, megabytes: u64) -> LocalCluster {
    let builder = LocalCluster::builder().threads_per_worker(2).without_default().validate(true);
    builder.memory_limit(megabytes << 20).spill_folder(folder).start().unwrap()
}

/// The files of values in a folder, and the bytes that they have.
pub(crate) fn files(folder: &Path) -> (usize, u64) {
    let inside = fs::read_dir(folder).unwrap().flat_map(|entry| fs::read_dir(entry.unwrap().path()).unwrap());
    let sizes = inside.flatten().filter(|entry| entry.file_name() != "lock");
    // Some go while one looks.
    let sizes = sizes.filter_map(|entry| Some(entry.metadata().ok()?.len()));
    sizes.fold((0, 0), |(count, sum), nbytes| (count + 1, sum + nbytes))
}

#[test]
fn what_does_not_fit_goes_to_disk_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(folder.path(), 16);
    let client = cluster.client();
    let blocks: Vec<_> = (0..64u64).map(|seed| client.submit(block, (seed,))).collect();
    partita::wait(&blocks, None).unwrap();
    let (count, nbytes) = files(folder.path());
    assert!(count >= 5 && nbytes >= 40 << 20, "{count} files of {nbytes} bytes");
    // Twice, in another order: tasks read what is on disk, and so do clients.
    for round in 0..2u64 {
        let sums: Vec<_> = blocks.iter().rev().map(|block| client.submit(sum, (block, round))).collect();
        for (seed, total) in (0..64u64).rev().zip(&sums) {
            assert_eq!(total.result().unwrap(), sum(block(seed), round), "block {seed}");
        }
    }
    let all = client.gather(&blocks).unwrap();
    assert!(all.iter().zip(0..).all(|(found, seed)| *found == block(seed)));
    drop(all);
    drop(blocks);
    // What nobody wants leaves the disk, too.
    while files(folder.path()).0 > 0 {
        std::thread::yield_now();
    }
    cluster.close().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the folder goes with the cluster");
}

fn sum(block: Vec<u64>, round: u64) -> u64 {
    block.iter().fold(round, |sum, x| sum.wrapping_add(*x))
}

/// FAULTS M7, secure default 7: nobody else may look into what is on disk, and its names tell nothing.
#[test]
fn files_are_for_their_owner_and_bear_no_names_of_the_user() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(folder.path(), 4);
    let client = cluster.client();
    let named = client.persist(&delayed(block, (0u64,)).name("../../secret/<script>")).unwrap();
    let blocks: Vec<_> = (1..16u64).map(|seed| client.submit(block, (seed,))).collect();
    partita::wait(&blocks, None).unwrap();
    assert_eq!(client.compute(&named).unwrap().result().unwrap(), block(0));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let inner = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    assert_eq!(mode(&inner), 0o700);
    for entry in fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap()) {
        assert_eq!(mode(&entry.path()), 0o600);
        let name = entry.file_name().into_string().unwrap();
        assert!(
            name == "lock" || name.strip_suffix(".values").is_some_and(|number| number.parse::<u64>().is_ok()),
            "{name}"
        );
    }
}

/// FAULTS D4, D3: what is damaged or gone is computed again, and nobody notices but by the time that it takes.
#[test]
fn what_is_lost_on_disk_is_computed_again() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(folder.path(), 8);
    let client = cluster.client();
    let runs = Arc::new(AtomicUsize::new(0));
    let blocks: Vec<_> = (0..32u64)
        .map(|seed| {
            let runs = runs.clone();
            client.submit(
                move |seed: u64| {
                    runs.fetch_add(1, Ordering::Relaxed);
                    block(seed)
                },
                (seed,),
            )
        })
        .collect();
    partita::wait(&blocks, None).unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 32);
    let inner = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let mut files: Vec<_> = fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().path()).collect();
    // What is being written just now is left alone.
    files.retain(|file| file.extension().is_some() && fs::metadata(file).is_ok_and(|file| file.len() > MB as u64));
    assert!(files.len() >= 3, "{files:?}");
    for (number, file) in files.iter().enumerate() {
        match number % 3 {
            0 => fs::remove_file(file).unwrap(),
            1 => fs::OpenOptions::new().write(true).open(file).unwrap().set_len(5000).unwrap(),
            _ => {
                let mut bytes = fs::read(file).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(file, bytes).unwrap();
            }
        }
    }
    // Half by tasks, half by the client.
    for (seed, future) in (0..32u64).zip(&blocks) {
        let expected = sum(block(seed), 0);
        let found = match seed % 2 {
            0 => client.submit(sum, (future, 0u64)).result().unwrap(),
            _ => sum(future.result().unwrap(), 0),
        };
        assert_eq!(found, expected, "block {seed}");
    }
    assert!(runs.load(Ordering::Relaxed) > 32, "something was lost");
    // Somebody cleans up.
    fs::remove_dir_all(&inner).unwrap();
    let again = client.gather(&blocks).unwrap();
    assert!(again.iter().zip(0..).all(|(found, seed)| *found == block(seed)));
}

/// FAULTS D1: a disk that takes no more loses nothing, and who waits is told why nothing goes on.
#[test]
fn a_full_disk_loses_nothing_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let builder = LocalCluster::builder().threads_per_worker(1).without_default().memory_limit(8u64 << 20);
    let builder = builder.spill_folder(folder.path()).spill_limit(4u64 << 20);
    let cluster = builder.no_workers_timeout(Duration::from_millis(200)).start().unwrap();
    let client = cluster.client();
    let blocks: Vec<_> = (0..40u64).map(|seed| client.submit(block, (seed,))).collect();
    let (mut there, mut refused) = (0, 0);
    for (seed, future) in (0..40u64).zip(&blocks) {
        match future.result() {
            Ok(found) => {
                assert_eq!(found, block(seed));
                there += 1;
            }
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("the memory of 1 of them is full"), "{text}");
                refused += 1;
            }
        }
    }
    assert!(there >= 8 && refused > 0, "{there} there, {refused} refused");
    assert!(files(folder.path()).1 <= 4 << 20);
    // With room it goes on.
    drop(blocks);
    assert_eq!(client.submit(sum, (vec![1u64, 2], 0u64)).result().unwrap(), 3);
}

/// FAULTS T16.
/// Results that cannot be written stay where they are.
#[test]
fn what_cannot_be_written_stays_in_memory() {
    #[derive(Clone)]
    struct Stubborn(Vec<u64>);
    impl serde::Serialize for Stubborn {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            // Its size is found out by this, and so it must not refuse before something was seen.
            use serde::ser::{Error, SerializeTuple};
            let mut tuple = serializer.serialize_tuple(2)?;
            tuple.serialize_element(&self.0)?;
            Err(S::Error::custom("it will not"))
        }
    }
    impl<'de> serde::Deserialize<'de> for Stubborn {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(serde::de::Error::custom("nothing was written"))
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(folder.path(), 32);
    let client = cluster.client();
    let stubborn: Vec<_> = (0..16u64).map(|seed| client.submit(|seed: u64| Stubborn(block(seed)), (seed,))).collect();
    let blocks: Vec<_> = (16..64u64).map(|seed| client.submit(block, (seed,))).collect();
    partita::wait(&blocks, None).unwrap();
    for (seed, future) in (0..16u64).zip(&stubborn) {
        assert_eq!(future.result().unwrap().0, block(seed));
    }
    for (seed, future) in (16..64u64).zip(&blocks) {
        assert_eq!(future.result().unwrap(), block(seed));
    }
}

/// FAULTS P29, D3.
#[test]
fn settings_without_sense_are_refused_before_anything_starts() {
    let refused =
        |builder: partita::cluster::Builder| builder.without_default().start().err().map(|error| error.to_string());
    let builder = LocalCluster::builder;
    for (builder, words) in [
        (builder().memory_target(0.0), "`memory_target` cannot be 0"),
        (builder().memory_target(f64::NAN), "`memory_target` cannot be NaN"),
        (builder().memory_pause(1.5), "`memory_pause` cannot be 1.5"),
        (builder().memory_target(0.9), "`memory_target` cannot be 0.9: not above `memory_pause`"),
        (builder().memory_spill(f64::NAN), "`memory_spill` cannot be NaN"),
        (builder().memory_spill(0.5), "`memory_spill` cannot be 0.5: not below `memory_target`"),
        (builder().memory_spill(0.9), "`memory_spill` cannot be 0.9: not above `memory_pause`"),
        (builder().spill_limit(0u64), "cannot be 0"),
        (
            builder().spill_folder("/nowhere/at/all"),
            "values that do not fit into memory cannot be written in `/nowhere/at/all`",
        ),
        (builder().spill_folder("/dev/null"), "cannot be written in `/dev/null`"),
    ] {
        let said = refused(builder).unwrap_or_default();
        assert!(said.contains(words), "{said:?} does not say {words:?}");
    }
    // What is not said fits to what is.
    assert_eq!(refused(builder().memory_target(0.75)), None);
    assert_eq!(refused(builder().memory_target(0.3).memory_pause(0.5)), None);
    // What is not used need not be there.
    assert_eq!(refused(builder().spill_folder("/nowhere/at/all").spill(false)), None);
}

/// FAULTS D6, P12: what a dead program left is removed by the next one, and what a living one has is not.
#[test]
fn folders_of_the_dead_are_removed_and_those_of_the_living_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let dead = folder.path().join("partita-spill-dead");
    fs::create_dir(&dead).unwrap();
    fs::write(dead.join("lock"), "").unwrap();
    fs::write(dead.join("1.values"), "left behind").unwrap();
    let foreign = folder.path().join("partita-spill-without-lock");
    fs::create_dir(&foreign).unwrap();
    let [first, second] = [4, 4].map(|megabytes| cluster(folder.path(), megabytes));
    until("what is dead is gone", || !dead.exists());
    let spill = |cluster: &LocalCluster| {
        let client = cluster.client();
        let blocks: Vec<_> = (0..16u64).map(|seed| client.submit(block, (seed,))).collect();
        partita::wait(&blocks, None).unwrap();
        blocks
    };
    let kept = spill(&first);
    assert!(foreign.exists());
    let others = spill(&second);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "two that live, and one that nobody knows");
    for (seed, future) in (0..16u64).zip(kept.iter().zip(&others)) {
        assert_eq!((future.0.result().unwrap(), future.1.result().unwrap()), (block(seed), block(seed)));
    }
}

/// FAULTS T19: what no worker can hold is refused with both sizes, before it runs; and smaller parts run.
#[test]
fn a_task_too_large_for_any_worker_fails_before_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(folder.path(), 8);
    let client = cluster.client();
    let blocks: Vec<_> = (0..16u64).map(|seed| client.submit(block, (seed,))).collect();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let all = client.submit(
        move |blocks: Vec<Shared<Vec<u64>>>| {
            counted.fetch_add(1, Ordering::Relaxed);
            blocks.len()
        },
        (&blocks,),
    );
    let error = all.result().err().unwrap();
    let partita::RunError::Task(task) = &error else { panic!("{error}") };
    let partita::TaskErrorKind::TooLarge { needs, limit } = *task.kind() else { panic!("{error}") };
    assert_eq!((needs, limit), (16 * (MB as u64 + 24), 8 << 20));
    let text = error.to_string();
    for word in ["takes 16777600 bytes", "can hold 8388608", "Cut its data into smaller parts, or raise `memory_limit`"]
    {
        assert!(text.contains(word), "{text}");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    let sums: Vec<_> = blocks.iter().map(|block| client.submit(sum, (block, 0u64))).collect();
    for (seed, total) in (0..16u64).zip(client.gather(&sums).unwrap()) {
        assert_eq!(total, sum(block(seed), 0));
    }
    cluster.close().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the folder goes with the cluster");
}

/// FAULTS T19: one result that is larger than memory goes to disk and comes back; who needs it whole as an argument is refused.
#[test]
fn one_result_larger_than_memory_is_on_disk() {
    let large = |seed: u64| (0..16u64).flat_map(|part| block(seed + part)).collect::<Vec<u64>>();
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(folder.path(), 8);
    let client = cluster.client();
    let results: Vec<_> = (1..4u64).map(|seed| client.submit(large, (seed,))).collect();
    partita::wait(&results, None).unwrap();
    for (seed, result) in (1..4u64).zip(&results) {
        assert!(result.result().unwrap() == large(seed), "{seed}");
    }
    let error = client.submit(sum, (&results[0], 0u64)).result().unwrap_err();
    let partita::RunError::Task(task) = &error else { panic!("{error}") };
    assert!(matches!(task.kind(), partita::TaskErrorKind::TooLarge { limit: 8_388_608, .. }), "{error}");
    assert_eq!(client.submit(sum, (vec![1u64, 2], 0u64)).result().unwrap(), 3, "others go on");
    assert_eq!(client.validate().unwrap(), Ok(()));
    // Where nothing goes to disk it is there all the same; nothing else starts before it is let go.
    let builder = LocalCluster::builder().threads_per_worker(1).without_default().memory_limit(8u64 << 20).spill(false);
    let cluster = builder.no_workers_timeout(Duration::from_millis(200)).start().unwrap();
    let client = cluster.client();
    let result = client.submit(large, (1u64,));
    assert!(result.result().unwrap() == large(1));
    let text = client.submit(sum, (vec![1u64], 0u64)).result().unwrap_err().to_string();
    assert!(text.contains("the memory of 1 of them is full"), "{text}");
    drop(result);
    assert_eq!(client.submit(sum, (vec![1u64, 2], 0u64)).result().unwrap(), 3);
}

/// FAULTS D4: data that was put in by hand and is damaged on disk cannot be computed again, and that is said.
#[test]
fn scattered_data_that_is_damaged_is_told_as_lost() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(folder.path(), 8);
    let client = cluster.client();
    let data = client.scatter((0..16u64).map(block));
    let on_disk = || -> Vec<std::path::PathBuf> {
        let inner =
            fs::read_dir(folder.path()).unwrap().flatten().flat_map(|inner| fs::read_dir(inner.path()).unwrap());
        let files = inner.flatten().map(|entry| entry.path()).filter(|file| file.extension().is_some());
        // What is being written just now is left alone.
        files.filter(|file| fs::metadata(file).is_ok_and(|file| file.len() > MB as u64)).collect()
    };
    while on_disk().len() < 3 {
        std::thread::yield_now();
    }
    for file in on_disk() {
        fs::write(file, "nothing of it").unwrap();
    }
    let (mut there, mut lost) = (0, 0);
    for (seed, future) in (0..16u64).zip(&data) {
        match client.submit(sum, (future, 0u64)).result() {
            Ok(found) => {
                assert_eq!(found, sum(block(seed), 0));
                there += 1;
            }
            Err(error) => {
                let partita::RunError::Task(task) = &error else { panic!("{error}") };
                assert!(matches!(task.kind(), partita::TaskErrorKind::DataLost), "{error}");
                assert_eq!(task.key(), future.key());
                assert!(error.to_string().contains("could not be read back from disk"), "{error}");
                lost += 1;
            }
        }
    }
    assert!(there > 0 && lost > 0, "{there} there, {lost} lost");
    assert_eq!(client.submit(sum, (vec![1u64, 2], 0u64)).result().unwrap(), 3);
}

/// What is local stays in memory, counts as said, and comes to the client as it is; other results make room for it.
#[test]
fn local_results_stay_and_count() {
    struct Handle(std::sync::Mutex<Vec<u64>>);
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(folder.path(), 16);
    let client = cluster.client();
    let make = |seed: u64| Local::sized(Handle(std::sync::Mutex::new(block(seed))), MB);
    let handles: Vec<_> = (0..4u64).map(|seed| client.submit(make, (seed,))).collect();
    let blocks: Vec<_> = (4..40u64).map(|seed| client.submit(block, (seed,))).collect();
    partita::wait(&handles, None).unwrap();
    partita::wait(&blocks, None).unwrap();
    assert!(files(folder.path()).1 >= 20 << 20, "others are on disk");
    let first = |handle: Local<Handle>| {
        let mut numbers = handle.0.lock().unwrap();
        numbers[0] = numbers[0].wrapping_add(1);
        numbers[0]
    };
    for (seed, handle) in (0..4u64).zip(&handles) {
        let expected = block(seed)[0].wrapping_add(1);
        assert_eq!(client.submit(first, (handle,)).result().unwrap(), expected);
        assert_eq!(handle.result().unwrap().0.lock().unwrap()[0], expected, "there is one of it");
    }
    for (seed, future) in (4..40u64).zip(&blocks) {
        assert_eq!(future.result().unwrap(), block(seed));
    }
}
