//! Files in the cloud that cannot be read: what is tried again, what is told, and what is never shown.

use crate::frame_cloud::{both, parquet};
use crate::frame_cloud_server::{Fault, Server};
use crate::on_reference;
use partita_collections::dataframe::polars::prelude::df;
use partita_collections::dataframe::{
    CloudError, DataFrame, FileError, FileFault, FrameFault, ReadError, ReadFault, col, read_csv, read_ipc,
    read_parquet,
};
use partita_graph::{RunError, TaskErrorKind};

/// Two thousand rows, in several ranges of bytes.
fn text() -> Vec<u8> {
    let rows: String = (0..2000).map(|row| format!("{row},text {row}\n")).collect();
    format!("x,s\n{rows}").into_bytes()
}

/// What the first failed task says.
fn fault<T: std::error::Error + Clone + 'static>(frame: &DataFrame) -> T {
    let RunError::Task(error) = on_reference(frame).unwrap_err() else { panic!("no task failed") };
    let TaskErrorKind::Failed(source) = error.kind() else { panic!("{error}") };
    source.downcast_ref::<T>().cloned().unwrap_or_else(|| panic!("{source}"))
}

fn csv_fault(frame: &DataFrame) -> ReadFault {
    fault(frame)
}

fn file_fault(frame: &DataFrame) -> FileFault {
    match fault(frame) {
        FrameFault::File { fault, .. } => fault,
        other => panic!("{other}"),
    }
}

#[test]
fn errors_of_the_server_and_answers_that_are_cut_short_are_tried_again() {
    let (directory, server) = both(&[("a.csv", text()), ("x.parquet", parquet(&df!("x" => [1i64, 2, 3]).unwrap(), 1))]);
    server.plant("HEAD", "a.csv", Fault::Status(500, "InternalError"), 1);
    server.plant("GET", "a.csv", Fault::Status(503, "SlowDown"), 1);
    server.plant("GET", "a.csv", Fault::Half, 1);
    server.plant("GET", "list-type", Fault::Status(500, "InternalError"), 1);
    server.plant("GET", "x.parquet", Fault::Half, 1);
    let stored = read_csv("s3://bucket/*.csv").storage_options(server.options()).finish().unwrap();
    let local = read_csv(directory.path().join("a.csv")).finish().unwrap();
    assert_eq!(on_reference(&stored).unwrap(), on_reference(&local).unwrap());
    let web = read_parquet(server.url("bucket/x.parquet")).finish().unwrap();
    assert_eq!(on_reference(&web).unwrap(), df!("x" => [1i64, 2, 3]).unwrap());
}

#[test]
fn answers_that_stay_short_are_errors() {
    let (_directory, server) = both(&[("a.csv", text())]);
    let stored = read_csv("s3://bucket/a.csv").storage_options(server.options()).finish().unwrap();
    server.plant("GET", "a.csv", Fault::Half, usize::MAX);
    let fault = csv_fault(&stored);
    assert!(matches!(&fault, ReadFault::Cloud(_)), "{fault}");
    assert!(fault.to_string().contains("`s3://bucket/a.csv`"), "{fault}");
}

#[test]
fn files_that_change_or_vanish_before_they_are_read_are_errors() {
    for tagless in [false, true] {
        let parquet = |from: i64| parquet(&df!("x" => [from, from + 1]).unwrap(), 1);
        let (_directory, server) = both(&[("a.csv", text()), ("x.parquet", parquet(1))]);
        if tagless {
            server.tagless();
        }
        let csv = read_csv(server.url("bucket/a.csv")).block_size(4000).finish().unwrap();
        let frame = read_parquet(server.url("bucket/x.parquet")).split_row_groups(1).finish().unwrap();
        server.put("bucket/a.csv", text());
        server.put("bucket/x.parquet", parquet(3));
        let fault = csv_fault(&csv);
        assert!(matches!(&fault, ReadFault::Changed { .. }), "{fault}");
        let changed = file_fault(&frame);
        assert!(matches!(&changed, FileFault::Cloud(CloudError::Changed { .. })), "{changed}");
        assert!(changed.to_string().contains("changed since the dataframe was made"), "{changed}");
        server.put("bucket/a.csv", b"x,s\n1,a\n");
        assert!(matches!(csv_fault(&csv), ReadFault::Changed { .. }));
        server.remove("bucket/a.csv");
        server.remove("bucket/x.parquet");
        assert!(matches!(csv_fault(&csv), ReadFault::Gone { .. }));
        assert!(matches!(file_fault(&frame), FileFault::Vanished { .. }));
    }
}

/// What is said when a dataframe cannot be made.
fn said(url: &str, options: &[(&str, String)]) -> [String; 3] {
    let csv = read_csv(url).storage_options(options.to_vec()).finish().unwrap_err();
    let parquet = read_parquet(url).storage_options(options.to_vec()).finish().unwrap_err();
    let ipc = read_ipc(url).storage_options(options.to_vec()).finish().unwrap_err();
    assert!(matches!(csv, ReadError::Cloud(_) | ReadError::Files(_) | ReadError::Sample(_)), "{csv}");
    assert!(!matches!(parquet, FileError::Format { .. }), "{parquet}");
    [csv.to_string(), parquet.to_string(), ipc.to_string()]
}

#[test]
fn what_is_wrong_is_told_before_anything_is_read_and_with_a_remedy() {
    let (_directory, server) = both(&[("a.csv", text())]);
    let options = server.options();
    let closed = [("aws_endpoint", "http://127.0.0.1:1".to_string()), ("max_retries", "0".to_string())];
    let closed = [&options[..options.len() - 1], &closed].concat();
    let unknown = [&options[..], &[("aws_regoin", "there".to_string())]].concat();
    for (url, options, expected) in [
        ("s3://bucket/b.csv", &options, "there is no file `s3://bucket/b.csv` (404"),
        ("s3://bucket/b*.csv", &options, "no file matches `s3://bucket/b*.csv`"),
        ("s3://nowhere/*.csv", &options, "NoSuchBucket"),
        ("s3://bucket/a.csv", &closed, "the server could not be reached"),
        ("s3://bucket/a.csv", &unknown, "`aws_regoin` is not known"),
        ("s3://key:secret@bucket/a.csv", &options, "`s3://***@bucket/a.csv` is no URL of a file: credentials"),
        ("ftp://user:secret@host/a.csv", &options, "`ftp://***@host/a.csv`: there are no files at `ftp://`"),
        ("https://user:secret@host/*.csv", &options, "over HTTP nothing can be listed"),
        (&*server.url("bucket/b.csv?token=secret"), &vec![], "/bucket/b.csv?***` (404"),
    ] {
        for said in said(url, options) {
            assert!(said.contains(expected), "{url}: {said}");
            assert!(!said.contains("secret") && !said.contains("hush"), "{said}");
        }
    }
}

#[test]
fn missing_rights_are_told_with_where_credentials_come_from() {
    let (_directory, server) = both(&[("a.csv", text()), ("b/x.parquet", parquet(&df!("x" => [1]).unwrap(), 1))]);
    let plant = |method, code| server.plant(method, "", Fault::Status(code, "AccessDenied"), usize::MAX);
    let stored = read_csv("s3://bucket/a.csv").storage_options(server.options()).finish().unwrap();
    plant("GET", 403);
    let fault = csv_fault(&stored);
    assert!(matches!(&fault, ReadFault::Cloud(CloudError::Denied { status: 403, .. })), "{fault}");
    for said in said("s3://bucket/*", &server.options()) {
        assert!(said.contains("403, AccessDenied: This is AccessDenied."), "{said}");
        assert!(said.contains("`AWS_ACCESS_KEY_ID`") && !said.contains("hush"), "{said}");
    }
    let error = read_parquet(server.url("bucket/b/x.parquet")).finish().unwrap_err();
    assert!(matches!(&error, FileError::Cloud(CloudError::Denied { status: 403, .. })), "{error}");
}

#[test]
fn where_there_are_no_credentials_it_says_so() {
    // Those of whoever runs the tests are not for this: it runs itself again without.
    let theirs: Vec<_> = std::env::vars_os().map(|(name, _)| name).collect();
    let theirs: Vec<_> = theirs.iter().filter(|name| name.to_string_lossy().starts_with("AWS_")).collect();
    if !theirs.is_empty() {
        let name = "frame_cloud_faults::where_there_are_no_credentials_it_says_so";
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        for name in theirs {
            again.env_remove(name);
        }
        let output = again.args(["--exact", name]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let (_directory, server) = both(&[]);
    let nobody = [("aws_endpoint", server.url("")), ("aws_allow_http", "true".to_string())];
    let metadata = [("aws_metadata_endpoint", "http://127.0.0.1:1".to_string()), ("max_retries", "0".to_string())];
    let error = read_parquet("s3://bucket/x").storage_options(nobody).storage_options(metadata).finish().unwrap_err();
    assert!(matches!(&error, FileError::Cloud(CloudError::NoCredentials { .. })), "{error}");
}

#[test]
fn signatures_that_are_for_reading_only_suffice() {
    let (_directory, server) = both(&[("x.parquet", parquet(&df!("x" => [1i64]).unwrap(), 1))]);
    server.plant("HEAD", "", Fault::Status(403, "AccessDenied"), usize::MAX);
    let frame = read_parquet(server.url("bucket/x.parquet?signature=secret")).finish().unwrap();
    assert_eq!(on_reference(&frame).unwrap(), df!("x" => [1i64]).unwrap());
}

#[test]
fn servers_that_send_whole_files_only_are_told_unless_the_whole_is_read() {
    let (_directory, server) = both(&[("a.csv", text())]);
    server.plant("GET", "a.csv", Fault::Whole, usize::MAX);
    let whole = read_csv(server.url("bucket/a.csv")).finish().unwrap();
    assert_eq!(on_reference(&whole).unwrap().height(), 2000);
    let blocks = read_csv(server.url("bucket/a.csv")).block_size(1000).finish().unwrap();
    let fault = csv_fault(&blocks);
    assert!(matches!(&fault, ReadFault::Cloud(CloudError::NoRanges { .. })), "{fault}");
}

#[test]
fn secrets_are_used_and_never_shown() {
    let server = Server::start();
    server.put("a.csv", text());
    let url = server.url("a.csv?signature=secret").replace("http://", "http://me:s%20ecret@");
    let reader = read_csv(&url).storage_options([("aws_secret_access_key", "secret")]).include_path_column("path");
    let shown = format!("{reader:?}");
    assert!(!shown.contains("ecret\"") && !shown.contains("s%20ecret") && shown.contains("***"), "{shown}");
    let frame = reader.finish().unwrap();
    let path = on_reference(&frame.select([col("path").first()])).unwrap();
    let expected = server.url("a.csv?***").replace("http://", "http://***@");
    assert_eq!(path, df!("path" => [expected]).unwrap());
    let log = server.log();
    // `me:s ecret`, as HTTP wants it.
    assert!(log.iter().all(|asked| asked.login.as_deref() == Some("Basic bWU6cyBlY3JldA==")), "{log:?}");
    assert!(log.iter().all(|asked| asked.query == "signature=secret"), "{log:?}");
    server.put("a.csv", b"1");
    let all = [format!("{frame}"), frame.explain(), format!("{:?}", on_reference(&frame).unwrap_err())];
    for shown in all {
        assert!(!shown.contains("ecret"), "{shown}");
    }
    let parquet = format!("{:?}", read_parquet(&url).storage_options([("token", "secret")]));
    assert!(!parquet.contains("ecret\"") && !parquet.contains("=secret"), "{parquet}");
    let error = format!("{:?}", read_parquet(&url).finish().unwrap_err());
    assert!(!error.contains("ecret"), "{error}");
}

#[test]
fn waiting_for_a_server_is_possible_within_a_runtime() {
    let (_directory, server) = both(&[("a.csv", text())]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let frame = runtime.block_on(async { read_csv(server.url("bucket/a.csv")).finish().unwrap() });
    assert_eq!(on_reference(&frame).unwrap().height(), 2000);
}
