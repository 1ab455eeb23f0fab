//! URLs in a build without the feature `cloud`: they are refused, with what to turn on.

use partita_collections::dataframe::polars::prelude::df;
use partita_collections::dataframe::{DataFrame, read_csv, read_ipc, read_ndjson, read_parquet};

#[test]
fn urls_are_refused_and_the_feature_is_named() {
    let frame = DataFrame::from_polars(df!("x" => [1]).unwrap(), 1);
    for (url, shown) in [
        ("s3://bucket/x", "`s3://bucket/x` is a URL"),
        ("gs://bucket/*", "`gs://bucket/*` is a URL"),
        ("az://box/x", "`az://box/x` is a URL"),
        ("https://me:secret@example.org/x?signature=secret", "`https://***@example.org/x?***` is a URL"),
    ] {
        for error in [
            read_csv(url).finish().unwrap_err().to_string(),
            read_ndjson(url).storage_options([("timeout", "1s")]).finish().unwrap_err().to_string(),
            read_parquet(url).finish().unwrap_err().to_string(),
            read_ipc(url).finish().unwrap_err().to_string(),
            frame.write_parquet(url).finish().unwrap_err().to_string(),
            frame.write_csv(url).single_file().finish().unwrap_err().to_string(),
        ] {
            assert!(error.contains(shown) && error.contains("turn on the feature `cloud`"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
