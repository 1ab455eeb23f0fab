//! Reading files in the cloud: what is read is what the same files on this machine hold, and no more is asked for than
//! is needed.

use crate::frame_cloud_server::{Server, sent};
use crate::frames::frames;
use crate::on_reference;
use partita_collections::dataframe::polars::prelude::{
    self as pl, IpcWriter, NamedFrom, ParquetCompression, ParquetWriter, SerWriter, Series, df,
};
use partita_collections::dataframe::{
    DataFrame, col, len, lit, read_csv, read_ipc, read_ndjson, read_parquet, read_table,
};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use tempfile::TempDir;

/// The same files in a directory and in the bucket `bucket` of a server.
pub(crate) fn both(files: &[(&str, Vec<u8>)]) -> (TempDir, Server) {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::start());
    for (name, bytes) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        server.put(&format!("bucket/{name}"), bytes.clone());
    }
    (directory, server)
}

pub(crate) fn parquet(frame: &pl::DataFrame, rows: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let writer = ParquetWriter::new(&mut bytes).with_row_group_size(Some(rows));
    writer.with_compression(ParquetCompression::Uncompressed).finish(&mut frame.clone()).unwrap();
    bytes
}

fn read(frame: &DataFrame) -> pl::DataFrame {
    on_reference(frame).unwrap()
}

/// Rows of CSV, some of which have line ends within quotes.
fn csv(rows: std::ops::Range<usize>) -> Vec<u8> {
    let mut text = "x,s\n".to_string();
    rows.for_each(|row| match row % 7 {
        3 => writeln!(text, "{row},\"a, \"\"b\"\"\nc {row}\"").unwrap(),
        _ => writeln!(text, "{row},text {row}").unwrap(),
    });
    text.into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn csv_is_read_in_blocks_of_any_size_from_buckets_and_servers() {
    let (directory, server) = both(&[("a.csv", csv(0..60)), ("b.csv", csv(60..90))]);
    for block in [13, 100, 1 << 20] {
        let local = read_csv(directory.path().join("*.csv")).block_size(block).finish().unwrap();
        let stored =
            read_csv("s3://bucket/*.csv").storage_options(server.options()).block_size(block).finish().unwrap();
        assert_eq!(stored.npartitions(), local.npartitions());
        assert_eq!(read(&stored), read(&local), "{block}");
        let urls = ["a.csv", "b.csv"].map(|name| server.url(&format!("bucket/{name}")));
        let web = read_csv(urls.to_vec()).block_size(block).finish().unwrap();
        assert_eq!(read(&web), read(&local), "{block}");
    }
    let filter = |frame: DataFrame| read(&frame.filter(col("x").gt(lit(80))).select([col("s")]));
    let stored = read_csv("s3://bucket/b.csv").storage_options(server.options()).finish().unwrap();
    assert_eq!(filter(stored), filter(read_csv(directory.path().join("b.csv")).finish().unwrap()));
}

#[test]
fn blocks_are_ranges_and_compressed_files_come_whole() {
    let plain: Vec<u8> = (0..200_000).flat_map(|row| format!("{row}\ttext\n").into_bytes()).collect();
    let text = [b"x\ts\n".to_vec(), plain].concat();
    let (directory, server) = both(&[("a.tsv", text.clone()), ("b.tsv.gz", gzip(&text))]);
    let local = read_table(directory.path().join("a.tsv")).finish().unwrap();
    let blocks = read_table("s3://bucket/a.tsv").storage_options(server.options()).block_size(500_000);
    let blocks = blocks.newlines_in_values(false).finish().unwrap();
    assert!(blocks.npartitions() > 3);
    server.log();
    let first = on_reference(&blocks.get_partition(0)).unwrap();
    let log = server.log();
    assert!(sent(&log) < 600_000 && log.iter().all(|asked| asked.range.is_some()), "{log:?}");
    assert_eq!(first, read(&local).slice(0, first.height()));
    assert_eq!(read(&blocks), read(&local));
    let compressed = read_table("s3://bucket/*.gz").storage_options(server.options()).finish().unwrap();
    assert_eq!((compressed.npartitions(), read(&compressed)), (1, read(&local)));
    let signed = read_table(server.url("bucket/b.tsv.gz?signature=secret")).finish().unwrap();
    assert_eq!(read(&signed), read(&local));
}

#[test]
fn lines_of_json_are_read() {
    let lines =
        |rows: std::ops::Range<i64>| rows.flat_map(|x| format!("{{\"x\": {x}, \"s\": \"é{x}\"}}\n").into_bytes());
    let (directory, server) = both(&[("a/1.ndjson", lines(0..50).collect()), ("a/2.ndjson", lines(50..70).collect())]);
    for block in [11, 1000] {
        let local = read_ndjson(directory.path().join("a/*.ndjson")).block_size(block).finish().unwrap();
        let stored = read_ndjson("s3://bucket/a/*.ndjson").storage_options(server.options()).block_size(block);
        assert_eq!(read(&stored.finish().unwrap()), read(&local));
    }
    let named = read_ndjson("s3://bucket/a/2.ndjson").storage_options(server.options()).include_path_column("path");
    let paths = read(&named.finish().unwrap().select([col("path").first()]));
    assert_eq!(paths, df!("path" => ["s3://bucket/a/2.ndjson"]).unwrap());
}

/// Four columns of 8 bytes a row, in two row groups.
fn wide(rows: i64) -> pl::DataFrame {
    let column = |name: &str, factor: i64| {
        let values: Vec<i64> = (0..rows).map(|row| row.wrapping_mul(factor).rotate_left(17)).collect();
        Series::new(name.into(), values).into()
    };
    let row = Series::new("row".into(), (0..rows).collect::<Vec<_>>()).into();
    let columns = vec![row, column("a", 0x9e37_79b9), column("b", 0x85eb_ca6b_97f4), column("c", 0xc2b2_ae35_0d1f)];
    pl::DataFrame::new_infer_height(columns).unwrap()
}

#[test]
fn of_parquet_only_the_columns_and_row_groups_that_are_needed_are_asked_for() {
    let frame = wide(200_000);
    let bytes = parquet(&frame, 100_000);
    let (directory, server) = both(&[("x.parquet", bytes.clone())]);
    let chunk = 100_000 * 8;
    for url in ["s3://bucket/x.parquet".to_string(), server.url("bucket/x.parquet")] {
        server.log();
        let stored = read_parquet(&url).storage_options(server.options()).finish().unwrap();
        let local = read_parquet(directory.path().join("x.parquet")).finish().unwrap();
        assert_eq!((stored.known_len(), stored.npartitions()), (local.known_len(), local.npartitions()));
        let footer = sent(&server.log());
        assert!(footer <= 64 << 10, "{footer} bytes of {} for the footer", bytes.len());
        let one = read(&stored.select([col("b")]));
        assert_eq!(one, frame.select(["b"]).unwrap());
        let served = sent(&server.log());
        assert!(served < 2 * chunk + 200_000, "{served} bytes for a column of {}", 2 * chunk);
        let some = |frame: &DataFrame| read(&frame.filter(col("row").gt(lit(150_000))).select([col("row"), col("c")]));
        assert_eq!(some(&stored), some(&local));
        let served = sent(&server.log());
        assert!(served < 2 * chunk + 200_000, "{served} bytes for two columns of one row group");
        assert_eq!(read(&stored.select([len()])), read(&local.select([len()])));
        server.log();
        assert_eq!(read(&stored), frame);
        let log = server.log();
        let requests = log.iter().filter(|asked| asked.method == "GET").count();
        assert!(requests <= 3, "the columns of a row group lie side by side: {log:?}");
    }
}

#[test]
fn directories_of_hive_are_listed_and_hidden_files_left_out() {
    let frame = |from: i64| df!("x" => [from, from + 1]).unwrap();
    let file = |from| parquet(&frame(from), 10);
    let (directory, server) = both(&[
        ("cars/year=2013/part.10.parquet", file(1)),
        ("cars/year=2013/part.9.parquet", file(3)),
        ("cars/year=2014/part.0.parquet", file(5)),
        ("cars/_SUCCESS", Vec::new()),
        ("cars/year=2014/.part.1.parquet", b"junk".to_vec()),
        ("cars/notes.txt", b"notes".to_vec()),
        ("carsbeside/x.parquet", file(7)),
    ]);
    let stored = |url: &str| read(&read_parquet(url).storage_options(server.options()).finish().unwrap());
    let local = |path: &str| read(&read_parquet(directory.path().join(path)).finish().unwrap());
    for path in ["cars", "cars/*/part*.parquet", "cars/year=*", "cars/year=2013", "cars/**/part.?.parquet"] {
        let (stored, local) = (stored(&format!("s3://bucket/{path}")), local(path));
        assert_eq!(stored, local, "{path}");
        assert!(stored.schema().contains("year") || path == "cars/year=2013");
    }
    assert_eq!(stored("s3://bucket/cars/"), local("cars"));
    let of_2014 = read_parquet("s3://bucket/cars").storage_options(server.options()).finish().unwrap();
    server.log();
    let rows = read(&of_2014.filter(col("year").eq(lit(2014))));
    assert_eq!(rows, df!("x" => [5i64, 6], "year" => [2014i64, 2014]).unwrap());
    assert!(server.log().iter().all(|asked| asked.path.contains("2014")), "files of other years are left alone");
}

#[test]
fn many_urls_come_in_their_order() {
    let names: Vec<String> = (0..40).map(|number| format!("{number}.parquet")).collect();
    let files: Vec<(&str, Vec<u8>)> = names
        .iter()
        .enumerate()
        .map(|(x, name)| (name.as_str(), parquet(&df!("x" => [x as i64]).unwrap(), 1)))
        .collect();
    let (_directory, server) = both(&files);
    let urls: Vec<String> = names.iter().map(|name| format!("s3://bucket/{name}")).collect();
    let stored = read_parquet(&urls).storage_options(server.options()).finish().unwrap();
    assert_eq!(read(&stored), df!("x" => (0..40i64).collect::<Vec<_>>()).unwrap());
}

#[test]
fn other_stores_are_asked_as_they_want_it() {
    let (_directory, server) = both(&[("a/x.parquet", parquet(&df!("x" => [1i64, 2]).unwrap(), 1))]);
    let base = server.url("");
    let base = base.trim_end_matches('/');
    let google = [("google_base_url", base), ("google_skip_signature", "true"), ("allow_http", "true")];
    for url in ["gs://bucket/a/x.parquet", "gs://bucket/*/*.parquet"] {
        let stored = read_parquet(url).storage_options(google).finish().unwrap();
        assert_eq!(read(&stored), df!("x" => [1i64, 2]).unwrap(), "{url}");
    }
    let azure =
        [("azure_endpoint", base), ("account_name", "me"), ("azure_skip_signature", "true"), ("allow_http", "true")];
    for url in ["az://bucket/a/x.parquet", "abfss://bucket@me.dfs.core.windows.net/a/x.parquet"] {
        let stored = read_parquet(url).storage_options(azure).finish().unwrap();
        assert_eq!(read(&stored), df!("x" => [1i64, 2]).unwrap(), "{url}");
    }
}

#[test]
fn files_of_the_same_name_in_other_stores_are_others() {
    let [one, other] = [1i64, 2].map(|x| both(&[("x.parquet", parquet(&df!("x" => [x]).unwrap(), 1))]));
    let frame =
        |server: &Server| read_parquet("s3://bucket/x.parquet").storage_options(server.options()).finish().unwrap();
    let (one, other) = (frame(&one.1), frame(&other.1));
    assert_eq!(read(&DataFrame::concat([&one, &other])), df!("x" => [1i64, 2]).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_frame_is_read_as_from_this_machine((frame, parts) in frames(), rows in 1..9usize) {
        let mut ipc = Vec::new();
        IpcWriter::new(&mut ipc).with_record_batch_size(Some(rows)).finish(&mut frame.clone()).unwrap();
        let (directory, server) = both(&[("x.parquet", parquet(&frame, rows)), ("x.arrow", ipc)]);
        let options = server.options();
        let of = |path: &Path| read_parquet(path).storage_options(options.clone()).split_row_groups(parts).finish().unwrap();
        prop_assert!(read(&of(Path::new("s3://bucket/x.parquet"))).equals_missing(&read(&of(&directory.path().join("x.parquet")))));
        let of = |path: &Path| read_ipc(path).storage_options(options.clone()).split_row_groups(parts).finish().unwrap();
        let (stored, local) = (of(Path::new("s3://bucket/x.arrow")), of(&directory.path().join("x.arrow")));
        prop_assert!(read(&stored).equals_missing(&read(&local)));
        prop_assert!(read(&stored.select([col("i")])).equals_missing(&frame.select(["i"]).unwrap()));
    }
}
