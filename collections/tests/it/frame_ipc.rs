//! Reading Arrow IPC: files and streams, by record batches.

use crate::frames::{assert_like, frames};
use crate::on_reference;
use partita_collections::dataframe::polars::prelude::{IntoLazy, IpcCompression, df};
use partita_collections::dataframe::{DataFrame, col, len, lit, read_ipc};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn given(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/frames").join(name)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn there_and_back((frame, parts) in frames(), batch in 1..9usize, groups in 1..4usize, lz4 in any::<bool>()) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        let writer = DataFrame::from_polars(frame.clone(), parts).write_ipc(&path).record_batch_size(batch);
        let writer = writer.compression(lz4.then_some(IpcCompression::LZ4));
        let written = on_reference(&writer.finish().unwrap()).unwrap();
        prop_assert_eq!((written.files.len(), written.rows()), (parts, frame.height()));
        let read = read_ipc(&path).split_row_groups(groups).finish().unwrap();
        prop_assert_eq!(read.known_len(), Some(frame.height()));
        assert_like(&on_reference(&read).unwrap(), &frame, "all");
        let condition = || col("x").gt(lit(1.0)).or(col("s").eq(lit("a")));
        let expected = frame.clone().lazy().filter(condition()).select([col("c"), col("i")]).collect().unwrap();
        let found = on_reference(&read.filter(condition()).select([col("c"), col("i")])).unwrap();
        assert_like(&found, &expected, "filtered");
        let first = on_reference(&read_ipc(&path).n_rows(5).columns(["d", "k"]).finish().unwrap()).unwrap();
        assert_like(&first, &frame.slice(0, 5).select(["d", "k"]).unwrap(), "first rows");
        let count = on_reference(&read.select([len()])).unwrap();
        prop_assert_eq!(count, df!("len" => [frame.height() as u32]).unwrap());
    }
}

#[test]
fn files_and_streams_of_other_programs_are_read() {
    let read = read_ipc(given("batches.feather")).split_row_groups(1).finish().unwrap();
    assert_eq!((read.npartitions(), read.known_len()), (3, Some(20)));
    let all = on_reference(&read).unwrap();
    assert_eq!((all.width(), all.height()), (11, 20));
    let stream = read_ipc(given("stream.arrows")).finish().unwrap();
    assert_like(&on_reference(&stream).unwrap(), &all.slice(0, 4), "stream");
    let blue = on_reference(&read.filter(col("kind").eq(lit("blue"))).select([col("id")])).unwrap();
    assert_eq!(blue, df!("id" => [2i64, 5, 8, 11, 14, 17]).unwrap());
}

/// FAULTS D15.
#[test]
fn damaged_files_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let whole = std::fs::read(given("batches.feather")).unwrap();
    let stream = std::fs::read(given("stream.arrows")).unwrap();
    let at = directory.path().join("x.arrow");
    // Whatever is cut off or changed: an error or the content, and never a panic that gets out.
    for (bytes, what) in [(&whole, "file"), (&stream, "stream")] {
        for cut in (0..bytes.len()).step_by(97) {
            std::fs::write(&at, &bytes[..cut]).unwrap();
            match read_ipc(&at).finish() {
                Ok(read) => drop(on_reference(&read)),
                Err(error) => {
                    assert!(error.to_string().contains("x.arrow` cannot be read as Arrow IPC"), "{what}: {error}");
                }
            }
        }
    }
    for (bytes, what) in [(&whole, "file"), (&stream, "stream")] {
        for changed in (0..bytes.len()).step_by(101) {
            let mut bytes = bytes.clone();
            bytes[changed] ^= [0x55, 0xff, 0x80][changed % 3];
            std::fs::write(&at, &bytes).unwrap();
            if let Ok(read) = read_ipc(&at).finish()
                && let Err(error) = on_reference(&read)
            {
                assert!(error.to_string().contains("x.arrow` is damaged"), "{what}, byte {changed}: {error}");
            }
        }
    }
    std::fs::write(&at, "text").unwrap();
    assert!(read_ipc(&at).finish().is_err());
}
