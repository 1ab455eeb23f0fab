//! Values on disks that damage them, take no more, or do not give them back.

use super::{Disk, NewFile, Slot, SpillError};
use partita_graph::Value;
use partita_protocol::TaskId;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// The system's number of an error of a device.
const EIO: i32 = 5;

/// The system's number of the error of a full disk.
const ENOSPC: i32 = 28;

/// A disk in memory, which fails when it is told to.
#[derive(Clone, Default)]
struct Faulty(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: BTreeMap<PathBuf, Vec<u8>>,
    made: u32,
    /// Bytes that were announced and not removed again.
    used: u64,
    /// How often anything was asked of it.
    asked: u32,
    /// Which time it fails, and with what.
    fails: Option<(u32, i32)>,
    /// Whether it takes a few bytes at a time, and is interrupted at every third time.
    slow: bool,
}

impl Faulty {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Asks something of it.
    fn ask(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.asked += 1;
        match state.fails {
            Some((time, error)) if time == state.asked => Err(io::Error::from_raw_os_error(error)),
            _ => Ok(state),
        }
    }

    /// Has it fail at this time from now on, or never.
    fn fail(&self, fails: Option<(u32, i32)>) {
        let mut state = self.state();
        (state.asked, state.fails) = (0, fails);
    }

    /// How many files are there, and the bytes that they are said to have.
    fn left(&self) -> (usize, u64) {
        let state = self.state();
        (state.files.len(), state.used)
    }

    /// The only file.
    fn content(&self) -> Vec<u8> {
        let state = self.state();
        assert_eq!(state.files.len(), 1);
        state.files.values().next().unwrap().clone()
    }

    /// Puts this in the place of the only file.
    fn set(&self, content: Vec<u8>) {
        *self.state().files.values_mut().next().unwrap() = content;
    }
}

/// A file that is being written.
struct Sink(Faulty, PathBuf);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.ask()?;
        if state.slow && state.asked % 3 == 0 {
            return Err(ErrorKind::Interrupted.into());
        }
        let taken = if state.slow { bytes.len().min(5) } else { bytes.len() };
        state.files.get_mut(&self.1).unwrap().extend(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.ask().map(drop)
    }
}

impl Disk for Faulty {
    fn create(&self) -> io::Result<(PathBuf, Box<dyn Write + Send>)> {
        let mut state = self.ask()?;
        state.made += 1;
        let path = PathBuf::from(state.made.to_string());
        state.files.insert(path.clone(), Vec::new());
        Ok((path.clone(), Box::new(Sink(self.clone(), path))))
    }

    fn read(&self, path: &Path, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let state = self.ask()?;
        let file = state.files.get(path).ok_or(ErrorKind::NotFound)?;
        let found = file.get(offset as usize..offset as usize + into.len()).ok_or(ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(found);
        Ok(())
    }

    fn remove(&self, path: &Path, nbytes: u64) {
        let mut state = self.state();
        state.files.remove(path);
        state.used -= nbytes;
    }

    fn take(&self, nbytes: u64) -> io::Result<()> {
        self.ask()?.used += nbytes;
        Ok(())
    }
}

/// What is written in these tests: one that does not get smaller, and one that does.
fn values() -> [Vec<u32>; 2] {
    [(0..40u32).map(|x| x.wrapping_mul(2_654_435_761)).collect(), vec![7; 5000]]
}

/// Writes values as one file: those of tasks from this one on.
fn spill(disk: &Faulty, first: u32, version: u64, values: &[Vec<u32>]) -> io::Result<Vec<Slot>> {
    let mut file = NewFile::create(Arc::new(disk.clone()))?;
    let mut places = Vec::new();
    for (task, value) in (first..).zip(values) {
        let value = Value::new(value.clone());
        places.push(file.add(TaskId::new(task, 0), version, &value, &value.bytes().unwrap())?);
    }
    let file = file.finish()?;
    Ok(places.into_iter().map(|place| Slot::new(file.clone(), place)).collect())
}

/// Reads values; each is as it was written, or an error. Gives which of them are there.
fn read(slots: &[Slot]) -> Vec<bool> {
    let read = slots.iter().zip(values()).map(|(slot, expected)| match slot.read() {
        Ok(value) => {
            assert_eq!(*value.get::<Vec<u32>>().unwrap(), expected);
            true
        }
        Err(_) => false,
    });
    read.collect()
}

/// FAULTS D4: each byte belongs to one value, which is lost with it, and the others are not.
#[test]
fn whatever_bit_of_a_file_changes_the_value_is_lost_and_never_another_one() {
    let disk = Faulty::default();
    let slots = spill(&disk, 1, 1, &values()).unwrap();
    assert_eq!(read(&slots), [true, true]);
    let whole = disk.content();
    let mut lost = [0, 0];
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            disk.set(damaged);
            match read(&slots)[..] {
                [false, true] => lost[0] += 1,
                [true, false] => lost[1] += 1,
                ref there => panic!("byte {at}: {there:?}"),
            }
        }
    }
    assert!(lost[0] > 8 * 40 && lost[1] > 8 * 40, "{lost:?}");
}

/// FAULTS D4: cut off, filled with zeros, gone.
#[test]
fn a_file_that_is_cut_anywhere_or_empty_gives_no_wrong_value() {
    let disk = Faulty::default();
    let slots = spill(&disk, 1, 1, &values()).unwrap();
    let whole = disk.content();
    let mut there = [0, 0];
    for cut in 0..whole.len() {
        disk.set(whole[..cut].to_vec());
        read(&slots).iter().zip(&mut there).for_each(|(is, there)| *there += usize::from(*is));
    }
    assert!(there[0] > 0 && there[1] == 0, "the first is whole when only the second is cut: {there:?}");
    disk.set(vec![0; whole.len()]);
    assert_eq!(read(&slots), [false, false]);
    disk.state().files.clear();
    assert!(slots.iter().all(|slot| matches!(slot.read(), Err(SpillError::Unread(_)))));
}

/// FAULTS D4: in the place of a file stands that of another task, or an older one of the same.
#[test]
fn another_value_in_its_place_is_not_taken_for_it() {
    for (task, version) in [(2, 1), (1, 2)] {
        let (disk, other) = (Faulty::default(), Faulty::default());
        let slots = spill(&disk, 1, 1, &values()[..1]).unwrap();
        let _others = spill(&other, task, version, &values()[..1]).unwrap();
        assert_eq!(disk.content().len(), other.content().len());
        disk.set(other.content());
        let error = slots[0].read().unwrap_err();
        assert_eq!(error.to_string(), "another value stands in its place", "{task} {version}");
    }
}

/// FAULTS D1, D6: whenever the disk takes no more, it says so, and no part of the file is left.
#[test]
fn a_disk_that_is_full_at_any_moment_leaves_nothing_behind() {
    let disk = Faulty::default();
    drop(spill(&disk, 1, 1, &values()).unwrap());
    let asked = disk.state().asked;
    assert!(asked > 10, "{asked}");
    for time in 1..=asked {
        disk.fail(Some((time, ENOSPC)));
        let error = spill(&disk, 1, 1, &values()).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::StorageFull, "{time}");
        assert_eq!(disk.left(), (0, 0), "{time}");
    }
    disk.fail(None);
    let slots = spill(&disk, 1, 1, &values()).unwrap();
    assert_eq!(read(&slots), [true, true]);
    assert_eq!(disk.left(), (1, disk.content().len() as u64));
    drop(slots);
    assert_eq!(disk.left(), (0, 0));
}

/// FAULTS D5: a read that fails is told as such, and the next one may succeed; a disk that takes little at a time takes all.
#[test]
fn reads_that_fail_and_writes_that_are_short_are_survived() {
    let disk = Faulty::default();
    disk.state().slow = true;
    let slots = spill(&disk, 1, 1, &values()).unwrap();
    disk.fail(None);
    assert_eq!(read(&slots), [true, true]);
    let asked = disk.state().asked;
    for time in 1..=asked {
        disk.fail(Some((time, EIO)));
        let errors: Vec<_> = slots.iter().filter_map(|slot| slot.read().err()).collect();
        assert!(matches!(&errors[..], [SpillError::Unread(error)] if error.raw_os_error() == Some(EIO)), "{errors:?}");
        assert_eq!(read(&slots), [true, true]);
    }
}
