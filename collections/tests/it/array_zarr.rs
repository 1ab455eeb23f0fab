//! Zarr arrays: against those that zarr-python wrote, and round trips over random shapes, chunks and options.

use crate::on_reference;
use crate::run;
use ndarray::{ArrayD, IxDyn};
use num_complex::Complex;
use partita_collections::Array;
use partita_collections::array::{
    Cut, Element, Number, Source, StoreError, TargetError, ZarrCompression, ZarrOptions, ZarrVersion, overwrite,
};
use partita_collections::bag::BoxError;
use proptest::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn stored(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/zarr").join(name)
}

/// The table that `make_stores.py` writes.
fn table() -> ArrayD<f64> {
    ArrayD::from_shape_fn(IxDyn(&[3, 4]), |at| (at[0] * 4 + at[1]) as f64 / 4.0 - 1.0)
}

/// Numbered elements, from 0 on.
fn numbered<T: Number>(shape: &[usize]) -> ArrayD<T> {
    let all = (0..shape.iter().product::<usize>()).map(|n| T::from_f64((n % 251) as f64)).collect();
    ArrayD::from_shape_vec(IxDyn(shape), all).unwrap()
}

fn holds<T: Element>(name: &str, expected: &ArrayD<T>) {
    let array = Array::<T>::from_zarr(stored(name)).unwrap();
    assert_eq!(run(&array), *expected, "{name}");
    for chunk in [1, 2, 100] {
        let array = Array::<T>::from_zarr_in(stored(name), chunk).unwrap();
        assert_eq!(run(&array), *expected, "{name} in chunks of {chunk}");
    }
}

/// What is in a directory.
fn listed(directory: &Path) -> Vec<String> {
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn arrays_that_zarr_python_wrote() {
    let table = table();
    let complex = ArrayD::from_shape_fn(IxDyn(&[3, 4]), |at| Complex::new(table[&at], table[[2 - at[0], at[1]]]));
    for version in ["v2", "v3"] {
        let name = |name: &str| format!("{version}_{name}");
        holds::<f64>(&name("plain"), &table);
        holds::<f64>(&name("default"), &table);
        holds::<f32>(&name("gzip"), &table.mapv(|x| x as f32));
        holds::<bool>(&name("bool"), &table.mapv(|x| x > 0.0));
        holds::<i32>(&name("big_i4"), &numbered(&[3, 4]));
        holds::<Complex<f64>>(&name("c16"), &complex);
        holds::<f64>(&name("scalar"), &ndarray::arr0(2.5).into_dyn());
        let filled = run(&Array::<f64>::from_zarr(stored(&name("filled"))).unwrap());
        assert!(filled.shape() == [3, 4] && filled.iter().all(|x| x.is_nan()), "{filled}");
        let chunks = Array::<f64>::from_zarr(stored(&name("default"))).unwrap().chunks().to_vec();
        assert_eq!(chunks, [vec![2, 1], vec![3, 1]]);
    }
    holds::<f64>("v2_fortran", &table);
    holds::<f64>("v3_turned", &table);
    holds::<i64>("v3_sharded", &numbered(&[6, 4]));
    holds::<f64>("v3_group/inner/table", &table);
}

#[test]
fn blosc_is_read_with_its_feature_and_named_without() {
    for name in ["v2_blosc", "v3_blosc"] {
        match cfg!(feature = "zarr-blosc") {
            true => holds::<f64>(name, &table()),
            false => {
                let error = Array::<f64>::from_zarr(stored(name)).unwrap_err().to_string();
                assert!(error.contains("The feature `zarr-blosc` of this crate reads it"), "{error}");
            }
        }
    }
}

#[test]
fn what_cannot_be_read_is_told_when_it_is_built() {
    let directory = tempfile::tempdir().unwrap();
    let broken = directory.path().join("broken");
    std::fs::create_dir(&broken).unwrap();
    std::fs::write(broken.join("zarr.json"), "{\"zarr_format\": 3, \"node_type\": \"arr").unwrap();
    let cases = [
        (directory.path().join("none"), "there is no `"),
        (stored("v3_plain/zarr.json"), "is a file, and a directory is needed"),
        (directory.path().to_path_buf(), "it has neither `zarr.json` nor `.zarray`"),
        (stored("v3_group"), "it is a group: name an array in it"),
        (stored("v2_gzip"), "holds float32, and was to be read as float64: read it as `Array::<f32>`"),
        (stored("v3_gzip"), "holds float32, and was to be read as float64"),
        (stored("v2_i2"), "holds int16, and was to be read as float64: write it as one of float64"),
        (stored("v3_i2"), "holds int16, and was to be read as float64: write it as one of float64"),
        (broken, "cannot be read as a Zarr array: "),
    ];
    for (path, expected) in cases {
        let error = Array::<f64>::from_zarr(&path).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(&*path.to_string_lossy()), "{error}");
    }
    let many = std::fs::read_to_string(stored("v2_plain/.zarray")).unwrap();
    let many = many.replacen('3', "1000000000000000", 1);
    std::fs::create_dir(directory.path().join("many")).unwrap();
    std::fs::write(directory.path().join("many/.zarray"), many).unwrap();
    let error = Array::<f64>::from_zarr(directory.path().join("many")).unwrap_err().to_string();
    assert!(error.contains("shape (1000000000000000, 4) would have 1000000000000000 chunks"), "{error}");
    let chunks = Array::<f64>::from_zarr_in(stored("v3_plain"), [2]).unwrap_err().to_string();
    assert!(chunks.contains("chunks were given for 1 axes of shape (3, 4)"), "{chunks}");
}

#[test]
fn damaged_chunks_are_told_when_they_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    run(&Array::<f64>::ones(4, 2).to_zarr(&path, ZarrOptions::default()).unwrap());
    std::fs::write(path.join("c/1"), "nonsense").unwrap();
    let array = Array::<f64>::from_zarr(&path).unwrap();
    let error = on_reference(&array).unwrap_err().to_string();
    assert!(error.contains("cannot be read as a Zarr array"), "{error}");
}

#[test]
fn stored_chunks_have_one_writer() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    let x = Array::<f64>::ones([10, 4], vec![vec![4, 4, 2], vec![4]]);
    let wrong = |x: &Array<f64>, options: ZarrOptions| x.to_zarr(&path, options).unwrap_err().to_string();
    let error = wrong(&x, ZarrOptions::default().chunks([3, 4]));
    assert!(error.contains("is stored in chunks of 3 along axis 0, and the array's chunks are (4, 4, 2)"), "{error}");
    assert!(error.contains("`rechunk` to multiples of 3 first"), "{error}");
    let uneven = Array::<f64>::ones(10, vec![vec![3, 4, 3]]);
    let error = wrong(&uneven, ZarrOptions::default());
    assert!(error.contains("is stored in chunks of 3 along axis 0, and the array's chunks are (3, 4, 3)"), "{error}");
    assert!(wrong(&x, ZarrOptions::default().chunks([4])).contains("chunks were given for 1 axes of shape (10, 4)"));
    assert!(wrong(&x, ZarrOptions::default().chunks([0, 4])).contains("`chunks` = (0, 4): no length may be 0"));
    assert!(wrong(&x, ZarrOptions::default().inner_chunks([3, 4])).contains("`inner_chunks` = (3, 4)"));
    let version2 = ZarrOptions::default().version(ZarrVersion::V2).inner_chunks([2, 4]);
    assert!(wrong(&x, version2).contains("version 2 of Zarr has none"));
    let level = wrong(&x, ZarrOptions::default().compression(ZarrCompression::Gzip(12)));
    assert!(level.contains("cannot be written as a Zarr array"), "{level}");
    let large = wrong(&x, ZarrOptions::default().chunks([1 << 40, 4]));
    assert!(large.contains("blocks of shape (1099511627776, 4), 32.0 TiB each, more than the 2.0 GiB"), "{large}");
    assert_eq!(listed(directory.path()), [""; 0]);
}

#[test]
fn an_array_is_whole_or_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    let failing = Array::from_source(Arc::new(Broken), 3);
    assert!(on_reference(&failing.to_zarr(&path, ZarrOptions::default()).unwrap()).is_err());
    assert_eq!(listed(directory.path()), [""; 0], "what was written goes");
    let zeros_and_ones = Array::<i64>::arange(0, 4, 1, 2);
    let written = zeros_and_ones.to_zarr(&path, ZarrOptions::default()).unwrap();
    assert_eq!(run(&written), path);
    assert_eq!(
        zeros_and_ones.to_zarr(&path, ZarrOptions::default()).unwrap_err(),
        StoreError::Target(TargetError::Exists { path: path.clone() })
    );
    assert!(on_reference(&failing.to_zarr(overwrite(&path), ZarrOptions::default()).unwrap()).is_err());
    assert_eq!(run(&Array::<i64>::from_zarr(&path).unwrap()), numbered::<i64>(&[4]), "the old one stays");
    let version2 = ZarrOptions::default().version(ZarrVersion::V2);
    run(&Array::<i64>::zeros(4, 2).to_zarr(overwrite(&path), version2).unwrap());
    assert_eq!(listed(&path), [".zarray"], "chunks of zeros are not stored, and the old ones are gone");
    assert_eq!(run(&Array::<i64>::from_zarr(&path).unwrap()), ArrayD::<i64>::zeros(IxDyn(&[4])));
    assert_eq!(listed(directory.path()), ["x"]);
    let group = directory.path().join("group");
    std::fs::create_dir(&group).unwrap();
    std::fs::copy(stored("v3_group/zarr.json"), group.join("zarr.json")).unwrap();
    let error = zeros_and_ones.to_zarr(overwrite(&group), ZarrOptions::default()).unwrap_err();
    assert_eq!(error, StoreError::Target(TargetError::Foreign { path: group, expected: "Zarr array" }));
}

/// The numbers 0 to 9 in blocks of 3, of which the last one cannot be read.
struct Broken;

impl Source<i64> for Broken {
    fn shape(&self) -> Vec<usize> {
        vec![10]
    }

    fn read(&self, ranges: &[Range<usize>]) -> Result<ArrayD<i64>, BoxError> {
        match ranges[0].end == 10 {
            true => Err("the last block is lost".into()),
            false => Ok(numbered(&[ranges[0].len()])),
        }
    }
}

/// The length of an axis, that of inner chunks, how many of them a stored one has, and how many stored ones a block.
type Axis = (usize, usize, usize, usize);

/// Up to three axes, a version and a compression.
fn arrays() -> impl Strategy<Value = (Vec<Axis>, ZarrVersion, ZarrCompression)> {
    let axis = (0usize..8, 1usize..4, 1usize..3, 1usize..4);
    let version = prop::sample::select(vec![ZarrVersion::V2, ZarrVersion::V3]);
    let compressions = vec![ZarrCompression::None, ZarrCompression::Zstd(3), ZarrCompression::Gzip(1)];
    (prop::collection::vec(axis, 0..4), version, prop::sample::select(compressions))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read_back((axes, version, compression) in arrays(), sharded: bool) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.zarr");
        let shape: Vec<usize> = axes.iter().map(|axis| axis.0).collect();
        let all = numbered::<i32>(&shape);
        let cuts: Vec<Cut> = axes.iter().map(|axis| Cut::Each(axis.1 * axis.2 * axis.3)).collect();
        let array = Array::from_array(all.clone(), cuts);
        let stored: Vec<usize> = axes.iter().map(|axis| axis.1 * axis.2).collect();
        let mut options = ZarrOptions::default().version(version).compression(compression).chunks(stored.clone());
        if sharded && version == ZarrVersion::V3 {
            options = options.inner_chunks(axes.iter().map(|axis| axis.1).collect::<Vec<usize>>());
        }
        run(&array.to_zarr(&path, options).unwrap());
        let back = Array::<i32>::from_zarr(&path).unwrap();
        prop_assert_eq!(run(&back), all.clone());
        if !shape.contains(&0) {
            let cuts: Vec<Cut> = stored.into_iter().map(Cut::Each).collect();
            prop_assert_eq!(back.chunks().to_vec(), Array::<i32>::zeros(shape, cuts).chunks().to_vec());
        }
        prop_assert_eq!(run(&Array::<i32>::from_zarr_in(&path, 3).unwrap()), all);
        prop_assert_eq!(listed(directory.path()), ["x.zarr"]);
    }
}
