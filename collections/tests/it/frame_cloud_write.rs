//! Writing to the cloud: objects are there whole, and all of them or none.

use crate::frame_cloud::both;
use crate::frame_cloud_server::{Fault, Server};
use crate::frames::{assert_like, frames};
use crate::on_reference;
use partita_collections::dataframe::polars::prelude::{self as pl, df};
use partita_collections::dataframe::{
    CloudError, DataFrame, FileError, TargetError, col, lit, overwrite, read_csv, read_ipc, read_ndjson, read_parquet,
};
use proptest::prelude::*;
use std::path::PathBuf;

fn numbers(rows: i64, parts: usize) -> DataFrame {
    DataFrame::from_polars(df!("x" => (0..rows).collect::<Vec<_>>()).unwrap(), parts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn there_and_back((frame, parts) in frames()) {
        let server = Server::start();
        let mine = DataFrame::from_polars(frame.clone(), parts);
        let to = |name: &str| format!("s3://bucket/{name}");
        let written = mine.write_parquet(to("p")).storage_options(server.options()).row_group_size(3).finish().unwrap();
        let written = on_reference(&written).unwrap();
        let expected: Vec<PathBuf> = (0..parts).map(|part| to(&format!("p/part.{part}.parquet")).into()).collect();
        prop_assert_eq!(written.paths(), expected);
        prop_assert_eq!(written.bytes() as usize, server.paths().iter().map(|path| server.get(path).unwrap().len()).sum::<usize>());
        let read = read_parquet(to("p")).storage_options(server.options()).finish().unwrap();
        assert_like(&on_reference(&read).unwrap(), &frame, "parquet");
        on_reference(&mine.write_ipc(to("i")).storage_options(server.options()).finish().unwrap()).unwrap();
        let read = read_ipc(written_paths(&server, "i")).storage_options(server.options()).finish().unwrap();
        assert_like(&on_reference(&read).unwrap(), &frame, "ipc");
        server.no_uploads();
    }
}

fn written_paths(server: &Server, below: &str) -> Vec<String> {
    let prefix = format!("bucket/{below}/");
    let mut paths: Vec<String> = server.paths().into_iter().filter(|path| path.starts_with(&prefix)).collect();
    paths.sort();
    paths.into_iter().map(|path| format!("s3://{path}")).collect()
}

#[test]
fn text_is_written_in_directories_single_objects_and_compressed() {
    let server = Server::start();
    let frame = numbers(10, 3);
    let options = server.options();
    on_reference(&frame.write_csv("s3://bucket/c").storage_options(options.clone()).finish().unwrap()).unwrap();
    assert_eq!(server.get("bucket/c/part.2.csv").unwrap(), b"x\n6\n7\n8\n9\n");
    let single = frame.write_csv("s3://bucket/one/x.csv").storage_options(options.clone()).single_file();
    let written = on_reference(&single.finish().unwrap()).unwrap();
    assert_eq!(written.paths(), [PathBuf::from("s3://bucket/one/x.csv")]);
    assert_eq!(server.get("bucket/one/x.csv").unwrap(), b"x\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    let lines = frame.write_ndjson("s3://bucket/j").storage_options(options.clone()).name("x-*.ndjson.gz");
    on_reference(&lines.finish().unwrap()).unwrap();
    let read = read_ndjson("s3://bucket/j/*.gz").storage_options(options.clone()).finish().unwrap();
    assert_eq!(on_reference(&read).unwrap(), on_reference(&frame).unwrap());
    let read = read_csv("s3://bucket/c/*").storage_options(options).finish().unwrap();
    assert_eq!(on_reference(&read).unwrap(), on_reference(&frame).unwrap());
}

#[test]
fn rows_go_to_directories_of_hive() {
    let server = Server::start();
    let frame = df!("x" => [1i64, 2, 3], "k" => ["a/b", "c", "a/b"]).unwrap();
    let mine = DataFrame::from_polars(frame, 1);
    let writer = mine.write_parquet("s3://bucket/h").storage_options(server.options()).partition_by("k");
    on_reference(&writer.finish().unwrap()).unwrap();
    assert_eq!(server.paths(), ["bucket/h/k=a%2Fb/part.0.parquet", "bucket/h/k=c/part.0.parquet"]);
    let read = read_parquet("s3://bucket/h").storage_options(server.options()).finish().unwrap();
    let expected = df!("x" => [1i64, 3, 2], "k" => ["a/b", "a/b", "c"]).unwrap();
    assert_eq!(on_reference(&read).unwrap(), expected);
}

#[test]
fn large_objects_are_sent_in_parts() {
    let server = Server::start();
    let frame = numbers(2_500_000, 1);
    let writer = frame.write_ipc("s3://bucket/x").storage_options(server.options());
    let written = on_reference(&writer.finish().unwrap()).unwrap();
    assert!(written.bytes() > 16 << 20);
    let parts = server.log().iter().filter(|asked| asked.query.contains("partNumber")).count();
    assert_eq!(parts, 3);
    let read = read_ipc("s3://bucket/x").storage_options(server.options()).finish().unwrap();
    assert_eq!(on_reference(&read.select([col("x").sum()])).unwrap(), df!("x" => [2_499_999 * 1_250_000i64]).unwrap());
}

#[test]
fn what_is_there_is_replaced_only_when_asked_for() {
    let (_directory, server) = both(&[("x/old.csv", b"x\n1\n".to_vec()), ("y/letter.txt", b"dear".to_vec())]);
    let options = server.options();
    let frame = numbers(2, 1);
    let write = |target: partita_collections::dataframe::Target| {
        frame.write_csv(target).storage_options(options.clone()).finish()
    };
    let error = write("s3://bucket/x".into()).unwrap_err();
    assert_eq!(error, FileError::Target(TargetError::Exists { path: "s3://bucket/x".into() }));
    let error = write(overwrite("s3://bucket/y")).unwrap_err();
    assert!(matches!(&error, FileError::Target(TargetError::Foreign { .. })), "{error}");
    on_reference(&write(overwrite("s3://bucket/x")).unwrap()).unwrap();
    assert_eq!(server.paths(), ["bucket/x/part.0.csv", "bucket/y/letter.txt"]);
    // Someone else was there first.
    let late = write("s3://bucket/z".into()).unwrap();
    server.put("bucket/z/part.0.csv", b"theirs");
    assert!(on_reference(&late).unwrap_err().to_string().contains("is there already"));
    assert_eq!(server.get("bucket/z/part.0.csv").unwrap(), b"theirs");
    server.no_uploads();
    let error = frame.write_csv("http://me:secret@host/x").finish().unwrap_err();
    assert!(matches!(&error, FileError::Cloud(CloudError::ReadOnly { .. })), "{error}");
    assert!(error.to_string().contains("`http://***@host/x`: over HTTP files can be read, and not written"), "{error}");
    let shown = format!("{:?}", overwrite("http://me:secret@host/x"));
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn when_something_fails_nothing_is_there() {
    for (method, path) in [("POST", "part.1.csv?uploads"), ("PUT", "part.1.csv"), ("POST", "part.1.csv?uploadId")] {
        let server = Server::start();
        server.plant(method, path, Fault::Status(403, "AccessDenied"), usize::MAX);
        let writer = numbers(9, 3).write_csv("s3://bucket/x").storage_options(server.options());
        let error = on_reference(&writer.finish().unwrap()).unwrap_err().to_string();
        assert!(error.contains("`s3://bucket/x/part.1.csv`") && error.contains("403, AccessDenied"), "{error}");
        assert!(!error.contains("hush"), "{error}");
        server.no_uploads();
        assert_eq!(server.paths(), Vec::<String>::new(), "{method} {path}");
    }
}

#[test]
fn a_task_that_fails_leaves_nothing() {
    let server = Server::start();
    let frame = numbers(9, 3).with_columns([col("x").cast(pl::DataType::String).alias("s")]);
    let failing = frame.map_partitions_to(frame.schema().clone(), |frame: pl::DataFrame| {
        match frame.column("x")?.get(0)?.try_extract::<i64>()? {
            0 => Ok(frame),
            _ => Err(pl::PolarsError::ComputeError("no".into())),
        }
    });
    let writer = failing.write_parquet("s3://bucket/x").storage_options(server.options());
    assert!(on_reference(&writer.finish().unwrap()).is_err());
    server.no_uploads();
    assert_eq!(server.paths(), Vec::<String>::new());
    assert_eq!(on_reference(&frame.filter(col("x").lt(lit(1)))).unwrap().height(), 1);
}
