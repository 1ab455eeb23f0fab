//! Values on disk come back as they were, or not at all: whatever is damaged, full, gone or another one's is found.

use super::form::{BLOCK, HEAD};
use super::testing::{Asked, FAILURES, Faulty};
use super::{Disk, NewFile, Slot, SpillError, SpillFolder};
use partita_graph::{Local, Value};
use partita_protocol::TaskId;
use proptest::prelude::*;
use std::fs;
use std::io;
use std::sync::Arc;

/// Bytes that cannot be compressed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x as u8
    };
    (0..length).map(|_| next()).collect()
}

fn task(index: u32) -> TaskId {
    TaskId::new(index, 3)
}

/// Writes values into one file, as the tasks 0, 1 and so on with the version 7.
fn write(disk: &Arc<dyn Disk>, values: &[Value]) -> io::Result<Vec<Slot>> {
    let named: Vec<_> = (0..).zip(values).map(|(index, value)| (task(index), 7, value.clone())).collect();
    super::write(disk.clone(), &named)
}

fn faulty() -> (Arc<Faulty>, Arc<dyn Disk>) {
    let faulty = Arc::new(Faulty::default());
    (faulty.clone(), faulty)
}

fn bytes_of(value: &Value) -> &Vec<u8> {
    value.get().expect("bytes")
}

fn is_damaged(found: &Result<Value, SpillError>) -> bool {
    matches!(found, Err(SpillError::Damaged(_) | SpillError::Unread(_)))
}

#[test]
fn values_of_all_sizes_come_back_from_one_file() {
    let base = tempfile::tempdir().unwrap();
    let folder = Arc::new(SpillFolder::new(base.path(), u64::MAX));
    let disk: Arc<dyn Disk> = folder.clone();
    let sizes = [0, 1, 100, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 5 * BLOCK + 17];
    let mut lists: Vec<Vec<u8>> = Vec::new();
    for size in sizes {
        lists.push(noise(size as u64 + 1, size));
        lists.push(vec![b'x'; size]);
    }
    // Noise before text: after blocks that do not get smaller, some are not tried.
    lists.push([noise(1, 2 * BLOCK), vec![0; 20 * BLOCK], noise(2, BLOCK / 2)].concat());
    let values: Vec<Value> = lists.iter().map(|list| Value::new(list.clone())).collect();
    let slots = write(&disk, &values).unwrap();
    for (slot, list) in slots.iter().zip(&lists).rev() {
        assert!(bytes_of(&slot.read().unwrap()) == list, "{} bytes", list.len());
    }
    let nbytes = slots[0].file_nbytes();
    assert_eq!(folder.used(), nbytes);
    let total: usize = lists.iter().map(Vec::len).sum();
    assert!(nbytes < total as u64 * 2 / 3, "what is all alike takes hardly any room: {nbytes} of {total}");
    drop(slots);
    assert_eq!(folder.used(), 0, "with the last place in it the file goes");
}

#[test]
fn values_of_other_types_come_back() {
    let (faulty, disk) = faulty();
    let text = ("text ".repeat(300_000), vec![Some(1u8), None]);
    let values = [Value::new(text.clone()), Value::new(vec![0.5f64, f64::NEG_INFINITY]), Value::new(())];
    let slots = write(&disk, &values).unwrap();
    assert_eq!(slots[0].read().unwrap().get::<(String, Vec<Option<u8>>)>().unwrap(), &text);
    assert_eq!(slots[1].read().unwrap().get::<Vec<f64>>().unwrap(), &[0.5, f64::NEG_INFINITY]);
    assert!(slots[2].read().unwrap().is::<()>());
    drop(slots);
    let error = write(&disk, &[values[1].clone(), Value::new(Local::new(1))]).err().unwrap().to_string();
    assert!(error.contains("`Local`"), "{error}");
    assert_eq!(faulty.used(), (0, 0), "what is local is never written");
}

/// FAULTS D4: a flipped bit, wherever it is.
#[test]
fn each_byte_that_is_changed_is_found() {
    for list in [noise(1, 200), vec![7; 5000]] {
        let (faulty, disk) = faulty();
        let slots = write(&disk, &[Value::new(list.clone())]).unwrap();
        let length = faulty.first().len();
        assert_eq!(length as u64, slots[0].file_nbytes());
        for at in 0..length {
            for flip in [1, 0x80, 0xff] {
                faulty.change(|file| file[at] ^= flip);
                assert!(is_damaged(&slots[0].read()), "byte {at} of {length} by {flip:#x}");
                faulty.change(|file| file[at] ^= flip);
            }
        }
        assert_eq!(bytes_of(&slots[0].read().unwrap()), &list);
    }
}

/// FAULTS D4: cut off, wherever it is, or filled with zeros.
#[test]
fn what_is_cut_off_or_zeroed_is_found() {
    let (faulty, disk) = faulty();
    let slots = write(&disk, &[Value::new(noise(1, 300))]).unwrap();
    let whole = faulty.first();
    for length in 0..whole.len() {
        faulty.change(|file| *file = whole[..length].to_vec());
        assert!(is_damaged(&slots[0].read()), "{length} bytes left");
        faulty.change(|file| *file = [&whole[..length], &vec![0; whole.len() - length]].concat());
        assert!(is_damaged(&slots[0].read()), "zeros from {length} on");
    }
    faulty.change(|file| *file = [&whole[..], b"more"].concat());
    assert!(slots[0].read().is_ok(), "what comes behind is another's");
}

/// FAULTS D4: the file of another value, another task, another version.
#[test]
fn what_stands_in_the_place_of_another_is_found() {
    let list = noise(1, 100);
    let value = Value::new(list.clone());
    let one = |task: TaskId, version: u64, value: &Value| {
        let (faulty, disk) = faulty();
        let mut file = NewFile::create(disk).unwrap();
        let place = file.add(task, version, value, &value.bytes().unwrap()).unwrap();
        (faulty, Slot::new(file.finish().unwrap(), place))
    };
    let (_right, slot) = one(task(1), 7, &value);
    assert_eq!(bytes_of(&slot.read().unwrap()), &list);
    for (what, task, version, other) in [
        ("another task", task(2), 7, value.clone()),
        ("another generation", TaskId::new(1, 4), 7, value.clone()),
        ("another version", task(1), 8, value.clone()),
        ("another length", task(1), 7, Value::new(noise(1, 101))),
    ] {
        let (theirs, kept) = one(task, version, &other);
        let (ours, slot) = one(self::task(1), 7, &value);
        let bytes = theirs.first();
        ours.change(|file| file.clone_from(&bytes));
        assert!(matches!(slot.read(), Err(SpillError::Damaged(_))), "{what}");
        drop(kept);
    }
}

#[test]
fn forged_sizes_are_refused_and_memory_is_that_of_the_value() {
    let (faulty, disk) = faulty();
    let slots = write(&disk, &[Value::new(noise(1, 100))]).unwrap();
    let whole = faulty.first();
    // Bytes in the file, and bytes of the value, of the only block.
    for (stored, plain) in
        [(u32::MAX, 100), (100, u32::MAX), (u32::MAX, u32::MAX), (101, 100), (0, 100), (0, 0), (99, 99)]
    {
        faulty.change(|file| {
            file.clone_from(&whole);
            file[HEAD..HEAD + 4].copy_from_slice(&stored.to_le_bytes());
            file[HEAD + 4..HEAD + 8].copy_from_slice(&plain.to_le_bytes());
        });
        assert!(is_damaged(&slots[0].read()), "{stored} bytes for {plain}");
    }
}

proptest! {
    /// FAULTS D4: whatever stands in a file, it is a value that was written or an error.
    #[test]
    fn whatever_stands_in_a_file_does_no_harm(
        length in 0..600usize,
        behind in prop_oneof![Just(0), Just(HEAD), Just(HEAD + 8), 0..800usize],
        junk in proptest::collection::vec(any::<u8>(), 0..800),
        alike in any::<bool>(),
    ) {
        let list = if alike { vec![3; length] } else { noise(5, length) };
        let (faulty, disk) = faulty();
        let slots = write(&disk, &[Value::new(list.clone())]).unwrap();
        faulty.change(|file| {
            file.truncate(behind);
            file.extend_from_slice(&junk);
        });
        if let Ok(value) = slots[0].read() {
            prop_assert_eq!(bytes_of(&value), &list);
        }
    }

    #[test]
    fn several_values_in_a_file_come_back(sizes in proptest::collection::vec(0..5000usize, 1..20), short in 0..40u32) {
        let (faulty, disk) = faulty();
        faulty.fail(Asked::ShortWrite, short);
        let lists: Vec<_> = sizes.iter().map(|size| noise(*size as u64, *size)).collect();
        let values: Vec<_> = lists.iter().map(|list| Value::new(list.clone())).collect();
        let slots = write(&disk, &values).unwrap();
        for (slot, list) in slots.iter().zip(&lists) {
            let found = slot.read().unwrap();
            prop_assert_eq!(bytes_of(&found), list);
        }
        drop(slots);
        prop_assert_eq!(faulty.used(), (0, 0));
    }
}

/// FAULTS D1, D5: whatever fails, and whenever: nothing is left behind, and what was written before is still there.
#[test]
fn a_disk_that_fails_at_any_step_leaves_nothing_behind() {
    let values = [Value::new(noise(1, 3000)), Value::new(vec![1u8; 3000]), Value::new(noise(2, 10))];
    for asked in FAILURES {
        for after in 0.. {
            let (faulty, disk) = faulty();
            let before = write(&disk, &values[..1]).unwrap();
            let used = faulty.used();
            faulty.fail(asked, after);
            let written = write(&disk, &values);
            let read = written.as_ref().map(|slots| slots.iter().map(Slot::read).collect::<Vec<_>>());
            let failed = faulty.failed();
            match &read {
                Err(error) => {
                    assert!(failed && error.to_string().contains("fails"), "{asked:?} {after}: {error}");
                    assert_eq!(faulty.used(), used, "{asked:?} {after}");
                }
                Ok(found) => {
                    for (found, value) in found.iter().zip(&values) {
                        match found {
                            Ok(found) => assert_eq!(bytes_of(found), bytes_of(value)),
                            Err(error) => assert!(matches!(error, SpillError::Unread(_)) && failed, "{error}"),
                        }
                    }
                }
            }
            faulty.mend();
            assert_eq!(bytes_of(&before[0].read().unwrap()), bytes_of(&values[0]), "{asked:?} {after}");
            drop(written);
            assert_eq!(faulty.used(), used, "{asked:?} {after}");
            if !failed {
                assert!(after > 0, "{asked:?} is never asked");
                break;
            }
        }
    }
}

#[test]
fn what_is_not_finished_goes() {
    let (faulty, disk) = faulty();
    let mut file = NewFile::create(disk).unwrap();
    let value = Value::new(noise(1, 100));
    file.add(task(0), 0, &value, &value.bytes().unwrap()).map(drop).unwrap();
    assert!(faulty.used().1 > 100);
    drop(file);
    assert_eq!(faulty.used(), (0, 0));
}

#[test]
fn a_folder_takes_no_more_than_it_may() {
    let base = tempfile::tempdir().unwrap();
    let folder = Arc::new(SpillFolder::new(base.path(), 10_000));
    let disk: Arc<dyn Disk> = folder.clone();
    let first = write(&disk, &[Value::new(noise(1, 6000))]).unwrap();
    let used = folder.used();
    let error = write(&disk, &[Value::new(noise(2, 6000))]).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::QuotaExceeded);
    assert!(error.to_string().contains("more than the 10000 that may be there"), "{error}");
    assert_eq!(folder.used(), used, "what was begun is given back");
    assert!(disk.take(u64::MAX).is_err(), "no sum overflows");
    assert_eq!(folder.used(), used);
    drop(first);
    assert_eq!(folder.used(), 0);
    assert!(write(&disk, &[Value::new(noise(2, 6000))]).is_ok());
}

/// The folders of values in a folder.
fn folders(base: &tempfile::TempDir) -> Vec<std::path::PathBuf> {
    fs::read_dir(base.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[cfg(unix)]
#[test]
fn folder_and_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let base = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(SpillFolder::new(base.path(), u64::MAX));
    assert!(folders(&base).is_empty(), "nothing is made before it is needed");
    let _slots = write(&disk, &[Value::new(noise(1, 10))]).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let inner = folders(&base).remove(0);
    assert_eq!(mode(&inner), 0o700);
    let files: Vec<_> = fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|file| mode(file) == 0o600));
    drop(disk);
    assert_eq!(folders(&base).len(), 1, "a value is still there");
}

/// FAULTS D3: a folder that is deleted while it is used is made again; what was in it is lost, and that is told.
#[test]
fn a_folder_that_is_deleted_is_made_again() {
    let base = tempfile::tempdir().unwrap();
    let folder = Arc::new(SpillFolder::new(base.path(), u64::MAX));
    let disk: Arc<dyn Disk> = folder.clone();
    let lost = write(&disk, &[Value::new(noise(1, 100))]).unwrap();
    fs::remove_dir_all(folders(&base).remove(0)).unwrap();
    assert!(matches!(lost[0].read(), Err(SpillError::Unread(error)) if error.kind() == io::ErrorKind::NotFound));
    let kept = write(&disk, &[Value::new(noise(2, 100))]).unwrap();
    assert_eq!(bytes_of(&kept[0].read().unwrap()), &noise(2, 100));
    drop((lost, kept));
    assert_eq!(folder.used(), 0);
}

/// FAULTS D6: a folder whose owner is dead goes, and nothing else does.
#[cfg(unix)]
#[test]
fn only_folders_of_the_dead_are_reclaimed() {
    use std::os::unix::fs::symlink;
    let (base, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let living: Arc<dyn Disk> = Arc::new(SpillFolder::new(base.path(), u64::MAX));
    let kept = write(&living, &[Value::new(noise(1, 100))]).unwrap();
    let make = |name: &str, lock: bool| {
        let path = base.path().join(name);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("1.values"), "left behind").unwrap();
        if lock {
            fs::write(path.join("lock"), "").unwrap();
        }
        path
    };
    let dead = make("partita-spill-dead", true);
    let others = make("partita-other", true);
    let fresh = make("partita-spill-fresh", false);
    // A lock that is a link, and a folder that is one, lead elsewhere.
    let linked = make("partita-spill-linked", false);
    let target = elsewhere.path().join("lock");
    fs::write(&target, "mine").unwrap();
    symlink(&target, linked.join("lock")).unwrap();
    symlink(elsewhere.path(), base.path().join("partita-spill-link")).unwrap();
    // A folder in the way of a lock, and a pipe that nobody reads: who opens it waits for ever.
    let odd = make("partita-spill-odd", false);
    fs::create_dir(odd.join("lock")).unwrap();
    let pipe = make("partita-spill-pipe", false);
    assert!(std::process::Command::new("mkfifo").arg(pipe.join("lock")).status().unwrap().success());

    let next: Arc<dyn Disk> = Arc::new(SpillFolder::new(base.path(), u64::MAX));
    let _slots = write(&next, &[Value::new(noise(2, 100))]).unwrap();
    assert!(!dead.exists(), "its owner is dead");
    for path in [&others, &fresh, &linked, &odd, &pipe] {
        assert!(path.join("1.values").exists(), "{}", path.display());
    }
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
    assert_eq!(bytes_of(&kept[0].read().unwrap()), &noise(1, 100));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_and_no_more() {
    let base = tempfile::tempdir().unwrap();
    let file = base.path().join("a file");
    fs::write(&file, "").unwrap();
    for place in [file, base.path().join("missing")] {
        let folder = Arc::new(SpillFolder::new(&place, u64::MAX));
        assert!(folder.check().is_err(), "{}", place.display());
        let disk: Arc<dyn Disk> = folder.clone();
        assert!(write(&disk, &[Value::new(vec![1u8])]).is_err());
        assert_eq!(folder.used(), 0);
    }
    assert!(SpillFolder::new(base.path(), 0).check().is_ok());
    assert_eq!(folders(&base).len(), 1, "a check leaves nothing");
}
