//! All flights that left New York in 2013, as a dataframe of three files: who was late, and where to; joined with the
//! airlines and the planes, written as Parquet and read back.
//!
//! ```text
//! cargo run --release --example flights [DIRECTORY]
//! ```
//!
//! The Parquet files go into the directory; without one, into a temporary one.

use partita::dataframe::{
    DataFrame, JoinType, ParquetCompression, SortMultipleOptions, col, len, lit, overwrite, read_csv, read_parquet,
};
use partita::prelude::*;
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/flights/");

fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    run(std::env::args().skip(1), &mut std::io::stdout())
}

pub(crate) fn run(mut args: impl Iterator<Item = String>, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let directory = args.next().map_or_else(|| std::env::temp_dir().join("partita-flights"), PathBuf::from);
    let cluster = LocalCluster::builder().workers(1).start()?;

    // What is missing is written "NA".
    let csv = |name: &str| read_csv(format!("{DATA}{name}")).null_values("NA").finish();
    // Blocks of compressed files are parsed side by side.
    let flights = read_csv(format!("{DATA}*.csv.gz")).null_values("NA").block_size(4 << 20).finish()?;
    let flown = flights.filter(col("dep_time").is_not_null());
    writeln!(out, "{} flights in {} partitions", flights.len()?, flights.npartitions())?;

    let late = || [col("dep_delay").mean().alias("late"), len().alias("flights")];
    let by_origin = flown.group_by([col("origin")]).agg(late()).sort("origin", SortMultipleOptions::default());
    let by_month = flown.group_by([col("month"), col("carrier")]).agg(late());
    let worst_months = by_month.filter(col("flights").gt(lit(100))).nlargest(5, "late");
    let routes = flown.group_by([col("origin"), col("dest")]).agg(late());
    let worst_routes = routes.filter(col("flights").gt(lit(100))).nlargest(10, "late");
    let (by_origin, worst_months, worst_routes) = (by_origin, worst_months, worst_routes).with_progress().compute()?;
    writeln!(out, "mean delay of departures, in minutes: {by_origin}")?;
    writeln!(out, "the five latest airlines and months: {worst_months}")?;
    writeln!(out, "the ten latest routes: {worst_routes}")?;

    // Names of the airlines, and how old the planes were.
    let airlines = csv("airlines.csv")?;
    let planes = csv("planes.csv")?.select([col("tailnum"), col("year").alias("built"), col("seats")]);
    let joined =
        flown.join(&airlines, "carrier", "carrier", JoinType::Left).join(&planes, "tailnum", "tailnum", JoinType::Left);
    // Compressed as Dask does it, which is quicker than Polars' way, for larger files.
    let parquet = joined.write_parquet(overwrite(&directory)).compression(ParquetCompression::Snappy);
    let written = parquet.finish()?.compute()?;
    writeln!(out, "{} rows in {} files of Parquet", written.rows(), written.paths().len())?;

    let read = read_parquet(&directory).finish()?;
    writeln!(out, "{}", oldest(&read).compute()?)?;
    cluster.close()?;
    Ok(())
}

/// The airlines whose planes were oldest.
fn oldest(flights: &DataFrame) -> DataFrame {
    let age = (lit(2013) - col("built")).mean().alias("age");
    let share = col("built").is_not_null().mean().alias("known");
    flights.group_by([col("name")]).agg([age, share, len().alias("flights")]).nlargest(3, "age")
}
