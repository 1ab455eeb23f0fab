//! NumPy's files, stacks of them, and sources and sinks: against files that NumPy and Dask wrote, and round trips over
//! random shapes and chunks.

use crate::on_reference;
use crate::run;
use ndarray::{ArrayD, ArrayViewD, IxDyn, SliceInfoElem};
use num_complex::Complex;
use partita_collections::Array;
use partita_collections::array::{Cut, Element, Number, Sink, Source, StoreError, TargetError, overwrite};
use partita_collections::bag::BoxError;
use partita_graph::RunError;
use proptest::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn npy(name: &str) -> PathBuf {
    data("npy").join(format!("{name}.npy"))
}

/// The table that `make_stores.py` writes.
fn table() -> ArrayD<f64> {
    ArrayD::from_shape_fn(IxDyn(&[3, 4]), |at| (at[0] * 4 + at[1]) as f64 / 4.0 - 1.0)
}

fn complex() -> ArrayD<Complex<f64>> {
    let table = table();
    ArrayD::from_shape_fn(IxDyn(&[3, 4]), |at| Complex::new(table[&at], table[[2 - at[0], at[1]]]))
}

/// Numbered elements.
fn numbered<T: Number>(shape: &[usize]) -> ArrayD<T> {
    let all = (0..shape.iter().product::<usize>()).map(|n| T::from_f64((n % 251) as f64)).collect();
    ArrayD::from_shape_vec(IxDyn(shape), all).unwrap()
}

fn holds<T: Element>(name: &str, expected: &ArrayD<T>) {
    for chunk in [1, 2, 100] {
        assert_eq!(run(&Array::<T>::from_npy(npy(name), chunk).unwrap()), *expected, "{name} in chunks of {chunk}");
    }
}

/// The text of a task's error and of its causes.
fn told<T: std::fmt::Debug>(result: Result<T, RunError>) -> String {
    result.unwrap_err().to_string()
}

/// What is in a directory.
fn listed(directory: &Path) -> Vec<String> {
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn files_that_numpy_wrote() {
    for name in ["c_f8", "fortran_f8", "big_f8", "version2", "version3"] {
        holds::<f64>(name, &table());
    }
    holds::<f32>("f4", &table().mapv(|x| x as f32));
    holds::<i64>("i8", &(-3..4).collect::<ndarray::Array1<i64>>().into_dyn());
    holds::<i32>("i4", &(-3..4).collect::<ndarray::Array1<i32>>().into_dyn());
    holds::<i32>("big_fortran_i4", &numbered(&[2, 3, 4]));
    holds::<u8>("u1", &(250..=255).collect::<ndarray::Array1<u8>>().into_dyn());
    holds::<bool>("bool", &table().mapv(|x| x > 0.0));
    holds::<Complex<f64>>("c16", &complex());
    holds::<Complex<f64>>("big_c16", &complex());
    holds::<f64>("scalar", &ndarray::arr0(2.5).into_dyn());
    holds::<f64>("empty", &ArrayD::zeros(IxDyn(&[0, 3])));
}

#[test]
fn stacks_that_dask_wrote() {
    let stack = Array::<i64>::from_npy_stack(data("stack")).unwrap();
    assert_eq!(stack.chunks(), [vec![2, 2, 1], vec![3], vec![4]]);
    assert_eq!(run(&stack), numbered::<i64>(&[5, 3, 4]));
    let stack = Array::<i64>::from_npy_stack(data("stack1")).unwrap();
    assert_eq!(stack.chunks(), [vec![5], vec![2, 1], vec![4]]);
    assert_eq!(run(&stack), numbered::<i64>(&[5, 3, 4]));
    assert_eq!(run(&Array::<i64>::from_npy_stack_along(data("stack1"), 1).unwrap()), numbered::<i64>(&[5, 3, 4]));
}

#[test]
fn equal_files_are_the_same_array() {
    let read = |chunks: usize| Array::<f64>::from_npy(npy("c_f8"), chunks).unwrap().node().key.clone();
    assert_eq!(read(2), read(2));
    assert_ne!(read(2), read(1));
    assert_ne!(read(2), Array::<f64>::from_npy(npy("fortran_f8"), 2).unwrap().node().key.clone());
}

#[test]
fn what_cannot_be_read_is_told_when_it_is_built() {
    let directory = tempfile::tempdir().unwrap();
    let wrong = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let whole = std::fs::read(npy("c_f8")).unwrap();
    let mut deep = b"\x93NUMPY\x01\x00\x00\x20".to_vec();
    deep.extend(vec![b'('; 0x2000]);
    let mut long = b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec();
    long.extend(b"{}");
    let huge = "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }";
    let huge = [&b"\x93NUMPY\x01\x00\x76\x00"[..], format!("{huge:<117}\n").as_bytes()].concat();
    let table: [(PathBuf, &str); 12] = [
        (directory.path().join("none.npy"), "there is no `"),
        (directory.path().to_path_buf(), "is no file"),
        (npy("f4"), "holds float32, and was to be read as float64: read it as `Array::<f32>`"),
        (npy("i2"), "holds int16, and was to be read as float64: write it as one of float64, float32"),
        (npy("text"), "holds texts of up to 5 characters"),
        (npy("structure"), "holds structures"),
        (wrong("text.npy", b"hello"), "cannot be read as a .npy file: it does not start as one"),
        (wrong("short.npy", &whole[..whole.len() - 1]), "(3, 4) needs 224 bytes, and the file has 223"),
        (wrong("head.npy", &whole[..100]), "its header is cut short"),
        (wrong("deep.npy", &deep), "brackets in brackets, more than 16 deep"),
        (wrong("long.npy", &long), "its header is cut short, or of more than 64.0 KiB"),
        (wrong("huge.npy", &huge), "(4611686018427387904, 4) needs 18446744073709551615 bytes"),
    ];
    for (path, expected) in table {
        let error = Array::<f64>::from_npy(&path, 2).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(&*path.to_string_lossy()), "{error}");
    }
    let chunks = Array::<f64>::from_npy(npy("c_f8"), [2]).unwrap_err().to_string();
    assert!(chunks.contains("chunks were given for 1 axes of shape (3, 4)"), "{chunks}");
    assert!(matches!(Array::<f64>::from_npy_stack(directory.path()), Err(StoreError::Missing { .. })));
    std::fs::write(directory.path().join("info"), b"cos\nsystem\n.").unwrap();
    let info = Array::<f64>::from_npy_stack(directory.path()).unwrap_err().to_string();
    assert!(info.contains("the pickle of a stack: it is no dictionary. `from_npy_stack_along"), "{info}");
    std::fs::copy(npy("c_f8"), directory.path().join("0.npy")).unwrap();
    std::fs::copy(npy("empty"), directory.path().join("1.npy")).unwrap();
    let unlike = Array::<f64>::from_npy_stack_along(directory.path(), 0).unwrap_err().to_string();
    assert!(unlike.contains("its shape (0, 3) does not follow (3, 4) along axis 0"), "{unlike}");
    let axis = Array::<f64>::from_npy_stack_along(directory.path(), 2).unwrap_err().to_string();
    assert!(axis.contains("was asked for axis 2 of an array with 2 axes"), "{axis}");
}

/// FAULTS D9.
#[test]
fn what_changed_or_is_damaged_is_told_when_it_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.npy");
    std::fs::copy(npy("c_f8"), &path).unwrap();
    let array = Array::<f64>::from_npy(&path, 2).unwrap();
    std::fs::copy(npy("big_c16"), &path).unwrap();
    assert!(told(on_reference(&array)).contains("changed since the array was made"));
    std::fs::remove_file(&path).unwrap();
    assert!(told(on_reference(&array)).contains("there is no `"));
    let mut damaged = std::fs::read(npy("bool")).unwrap();
    *damaged.last_mut().unwrap() = 7;
    std::fs::write(&path, damaged).unwrap();
    let array = Array::<bool>::from_npy(&path, [2, 4]).unwrap();
    assert!(told(on_reference(&array)).contains("has bytes that are no bool, after byte 136"));
}

#[test]
fn targets_are_looked_at_first() {
    let directory = tempfile::tempdir().unwrap();
    let x = Array::<f64>::ones([3, 4], 2);
    let there = directory.path().join("there");
    std::fs::write(&there, "something").unwrap();
    let nowhere = x.to_npy(directory.path().join("none/x.npy")).unwrap_err().to_string();
    assert!(nowhere.contains("there is no directory `") && nowhere.contains("none` to write into"), "{nowhere}");
    assert_eq!(x.to_npy(&there).unwrap_err(), StoreError::Target(TargetError::Exists { path: there.clone() }));
    assert_eq!(
        x.to_npy_stack(&there, 0).unwrap_err(),
        StoreError::Target(TargetError::NotADirectory { path: there.clone() })
    );
    let own = directory.path().to_path_buf();
    assert_eq!(x.to_npy(overwrite(&own)).unwrap_err(), StoreError::Target(TargetError::NotAFile { path: own.clone() }));
    assert!(matches!(x.to_npy_stack(overwrite(&own), 0), Err(StoreError::Target(TargetError::Foreign { .. }))));
    let axis = x.to_npy_stack(directory.path().join("stack"), -3).unwrap_err().to_string();
    assert!(axis.contains("was asked for axis -3 of an array with 2 axes"), "{axis}");
    let huge = Array::<f64>::ones([1 << 30, 1 << 30], 1 << 30).to_npy(directory.path().join("x.npy"));
    let huge = huge.unwrap_err().to_string();
    assert!(huge.contains("(1073741824, 1073741824) has more bytes than a file can have"), "{huge}");
    assert_eq!(listed(directory.path()), ["there"], "nothing is made before it is computed");
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "something");
}

#[test]
fn a_file_is_whole_or_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.npy");
    let failing = Array::from_source(Arc::new(Failing(AtomicUsize::new(0))), 1);
    let error = told(on_reference(&failing.to_npy(&path).unwrap()));
    assert!(error.contains("block 2 is lost"), "{error}");
    assert_eq!(listed(directory.path()), [""; 0], "what was written goes");
    let error = told(on_reference(&failing.to_npy_stack(directory.path().join("stack"), 0).unwrap()));
    assert!(error.contains("block 2 is lost"), "{error}");
    assert_eq!(listed(directory.path()), [""; 0]);
    run(&Array::<i64>::ones(4, 2).to_npy(&path).unwrap());
    assert!(on_reference(&failing.to_npy(overwrite(&path)).unwrap()).is_err());
    assert_eq!(run(&Array::<i64>::from_npy(&path, 4).unwrap()), numbered::<i64>(&[4]).mapv(|_| 1), "the old one stays");
    let later = Array::<i64>::zeros(4, 2).to_npy(directory.path().join("y.npy")).unwrap();
    std::fs::write(directory.path().join("y.npy"), "mine").unwrap();
    assert!(told(on_reference(&later)).contains("is there already"));
    assert_eq!(listed(directory.path()), ["x.npy", "y.npy"]);
    assert_eq!(std::fs::read_to_string(directory.path().join("y.npy")).unwrap(), "mine");
}

#[test]
fn writing_is_done_each_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.npy");
    let written = Array::<f64>::ones([3, 4], 2).to_npy(overwrite(&path)).unwrap();
    for _ in 0..2 {
        assert_eq!(run(&written), path);
        std::fs::remove_file(&path).unwrap();
    }
    let stack = directory.path().join("stack");
    let written = Array::<f64>::ones([3, 4], 2).to_npy_stack(overwrite(&stack), 0).unwrap();
    for _ in 0..2 {
        assert_eq!(run(&written), stack);
    }
    let shorter = Array::<f64>::ones([1, 4], 2).to_npy_stack(overwrite(&stack), 0).unwrap();
    run(&shorter);
    assert_eq!(listed(&stack), ["0.npy", "info"]);
    assert_eq!(listed(directory.path()), ["stack"]);
}

#[test]
fn what_makes_no_sense_is_not_written() {
    let directory = tempfile::tempdir().unwrap();
    let wrong = &Array::<f64>::ones(3, 1) + &Array::ones(4, 1);
    for written in [wrong.to_npy(directory.path().join("x")), wrong.to_npy_stack(directory.path().join("y"), 0)] {
        assert!(told(on_reference(&written.unwrap())).contains("cannot pair shapes (3,) and (4,)"));
    }
    assert!(told(on_reference(&wrong.store(Memory::new(&[3])))).contains("cannot pair shapes"));
    assert_eq!(listed(directory.path()), [""; 0]);
}

/// The numbers 0 to 4, of which the block of number 2 cannot be read.
struct Failing(AtomicUsize);

impl Source<i64> for Failing {
    fn shape(&self) -> Vec<usize> {
        vec![5]
    }

    fn read(&self, ranges: &[Range<usize>]) -> Result<ArrayD<i64>, BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        match ranges[0].contains(&2) {
            true => Err("block 2 is lost".into()),
            false => Ok(ranges[0].clone().map(|n| n as i64).collect::<ndarray::Array1<i64>>().into_dyn()),
        }
    }
}

fn slices(ranges: &[Range<usize>]) -> Vec<SliceInfoElem> {
    ranges.iter().map(|range| range.clone().into()).collect()
}

/// An array in memory, as a source and as a sink, and what became of it.
struct Memory<T> {
    all: Mutex<ArrayD<T>>,
    story: Mutex<Vec<&'static str>>,
}

impl<T: Element> Memory<T> {
    fn new(shape: &[usize]) -> Arc<Self> {
        Arc::new(Memory { all: Mutex::new(ArrayD::default(IxDyn(shape))), story: Mutex::default() })
    }
}

impl<T: Element> Source<T> for Memory<T> {
    fn shape(&self) -> Vec<usize> {
        self.all.lock().unwrap().shape().to_vec()
    }

    fn read(&self, ranges: &[Range<usize>]) -> Result<ArrayD<T>, BoxError> {
        Ok(self.all.lock().unwrap().slice(slices(ranges).as_slice()).to_owned())
    }
}

impl<T: Element> Sink<T> for Memory<T> {
    fn write(&self, ranges: &[Range<usize>], block: ArrayViewD<'_, T>) -> Result<(), BoxError> {
        self.all.lock().unwrap().slice_mut(slices(ranges).as_slice()).assign(&block);
        Ok(())
    }

    fn finish(&self) -> Result<(), BoxError> {
        self.story.lock().unwrap().push("finished");
        Ok(())
    }

    fn abandon(&self) {
        self.story.lock().unwrap().push("abandoned");
    }
}

#[test]
fn sinks_are_finished_or_abandoned() {
    let memory = Memory::<i64>::new(&[5]);
    let stored = Array::<i64>::arange(0, 5, 1, 2).store(memory.clone());
    assert_eq!(memory.story.lock().unwrap().len(), 0);
    run(&stored);
    assert_eq!(*memory.all.lock().unwrap(), numbered::<i64>(&[5]));
    run(&stored);
    let failing = Array::from_source(Arc::new(Failing(AtomicUsize::new(0))), 1);
    assert!(on_reference(&failing.store(memory.clone())).is_err());
    assert_eq!(*memory.story.lock().unwrap(), ["finished", "finished", "abandoned"]);
}

#[test]
fn sources_are_read_where_it_is_needed() {
    let source = Arc::new(Failing(AtomicUsize::new(0)));
    let array = Array::from_source(source.clone(), 1);
    assert_eq!((array.shape(), source.0.load(Ordering::Relaxed)), (&[5][..], 0));
    assert!(told(on_reference(&array)).contains("block 2 is lost"));
    assert_eq!(source.0.load(Ordering::Relaxed), 3);
    struct Wrong;
    impl Source<i64> for Wrong {
        fn shape(&self) -> Vec<usize> {
            vec![4, 4]
        }

        fn read(&self, _: &[Range<usize>]) -> Result<ArrayD<i64>, BoxError> {
            Ok(ArrayD::zeros(IxDyn(&[2, 3])))
        }
    }
    let error = told(on_reference(&Array::from_source(Arc::new(Wrong), 2)));
    assert!(error.contains("`from_source` gave a block of shape (2, 3) where (2, 2) was due"), "{error}");
    let error = Array::from_source(Arc::new(Wrong), [2]);
    assert!(error.check().unwrap_err().to_string().contains("chunks were given for 1 axes"));
}

#[test]
fn gaps_of_any_length_are_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.npy");
    // Rows of 24 KB, more than are read together, and columns next to each other; together more than a piece.
    let all = numbered::<f64>(&[60, 3000]);
    run(&Array::from_array(all.clone(), [7, 1100]).to_npy(&path).unwrap());
    assert_eq!(run(&Array::<f64>::from_npy(&path, [60, 3000]).unwrap()), all);
    assert_eq!(run(&Array::<f64>::from_npy(&path, [50, 2900]).unwrap()), all);
    assert_eq!(run(&Array::<f64>::from_npy(&path, [60, 5]).unwrap()), all);
}

/// A shape of up to three axes, and two ways to cut it.
fn shapes() -> impl Strategy<Value = (Vec<usize>, Vec<Cut>, Vec<Cut>)> {
    let axis = (0usize..6, 1usize..5, 1usize..5);
    prop::collection::vec(axis, 0..4).prop_map(|axes| {
        let cuts = |of: fn(&(usize, usize, usize)) -> usize| axes.iter().map(|axis| Cut::Each(of(axis))).collect();
        (axes.iter().map(|axis| axis.0).collect(), cuts(|axis| axis.1), cuts(|axis| axis.2))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read_back((shape, chunks, others) in shapes()) {
        let directory = tempfile::tempdir().unwrap();
        let all = numbered::<i32>(&shape);
        let array = Array::from_array(all.clone(), chunks.clone());
        let path = run(&array.to_npy(directory.path().join("x.npy")).unwrap());
        prop_assert_eq!(run(&Array::<i32>::from_npy(&path, others.clone()).unwrap()), all.clone());
        for axis in 0..shape.len() {
            let stack = directory.path().join(format!("stack{axis}"));
            run(&array.to_npy_stack(&stack, axis as isize).unwrap());
            let back = Array::<i32>::from_npy_stack(&stack).unwrap();
            prop_assert_eq!(&back.chunks()[axis], &array.chunks()[axis]);
            prop_assert_eq!(run(&back), all.clone());
        }
        let memory = Memory::<i32>::new(&shape);
        run(&array.store(memory.clone()));
        prop_assert_eq!(&*memory.all.lock().unwrap(), &all);
        prop_assert_eq!(run(&Array::from_source(memory, others)), all);
    }
}
