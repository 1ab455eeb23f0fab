//! Dataframes: the cars read, filtered, grouped and joined; groups of a table in memory; a sort; and the flights.

#[path = "../../examples/flights.rs"]
#[allow(dead_code, reason = "the program's own `main` is not called")]
mod example;

use crate::Args;
use crate::measure::Measured;
use partita::dataframe::polars::prelude as pl;
use partita::dataframe::{DataFrame, DataType, JoinType, col, len, lit, read_csv, set_shuffle_memory, shuffle_usage};
use partita::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A file of the peers' data.
fn data(name: &str) -> PathBuf {
    std::env::var("PEERS_DATA").map_or_else(|_| PathBuf::from("data"), PathBuf::from).join(name)
}

/// What the data's manifest says; null if there is none.
fn expected(check: &str) -> Value {
    let text = std::fs::read_to_string(data("manifest.json")).unwrap_or_default();
    let manifest: Value = serde_json::from_str(&text).unwrap_or_default();
    manifest["checks"][check].clone()
}

/// The file of so many cars, or the files that are named.
fn cars(args: &Args) -> partita::Result<DataFrame> {
    let file = data(&format!("cars_1e{}.csv", args.n.ilog10()));
    let reader = read_csv(args.files.clone().map_or(file, PathBuf::from));
    Ok(match args.block {
        Some(bytes) => reader.block_size(bytes).finish()?,
        None => reader.finish()?,
    })
}

/// A number of a frame.
fn number(frame: &pl::DataFrame, column: usize, row: usize) -> f64 {
    let found = frame.columns().get(column).and_then(|column| column.get(row).ok());
    found.and_then(|value| value.extract::<f64>()).unwrap_or(f64::NAN)
}

/// The sum of a column of a frame.
fn total(frame: &pl::DataFrame, column: usize) -> f64 {
    (0..frame.height()).map(|row| number(frame, column, row)).sum()
}

/// Rows, the sum of their counts, and the sum of their means.
fn groups(frame: &pl::DataFrame) -> Value {
    json!([frame.height(), total(frame, 2) as u64, (total(frame, 1) * 1e4).round() / 1e4])
}

fn measured(args: &Args, check: &str, mut run: impl FnMut() -> partita::Result<Value>) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let params = json!({ "n": args.n, "block": args.block });
    let expected = match expected(check) {
        known if args.files.is_none() && !known.is_null() => known,
        _ => run()?,
    };
    let measured = Measured::of(args, params, 1, expected, run)?;
    cluster.close()?;
    Ok(measured)
}

/// The ten dearest cars that cost no more than 40,000.
pub(crate) fn top10(args: &Args) -> partita::Result<Measured> {
    measured(args, &format!("df-top10@1e+0{}", args.n.ilog10()), || {
        let dearest = cars(args)?.filter(col("price").lt_eq(lit(40_000))).nlargest(10, "price").compute()?;
        let price = dearest.get_column_index("price").unwrap_or(0);
        Ok(json!([total(&dearest, price) as u64]))
    })
}

/// Mean price and count of each brand.
pub(crate) fn group_by(args: &Args) -> partita::Result<Measured> {
    measured(args, &format!("df-groupby@1e+0{}", args.n.ilog10()), || {
        let aggregates = [col("price").mean().alias("mean"), len().alias("count")];
        Ok(groups(&cars(args)?.group_by([col("brand")]).agg(aggregates).compute()?))
    })
}

/// Mean price and count of each brand's country.
pub(crate) fn join(args: &Args) -> partita::Result<Measured> {
    measured(args, &format!("df-join@1e+0{}", args.n.ilog10()), || {
        let brands = read_csv(data("brands.csv")).finish()?;
        let joined = cars(args)?.join(&brands, "brand", "brand", JoinType::Inner);
        let aggregates = [col("price").mean().alias("mean"), len().alias("count")];
        Ok(groups(&joined.group_by([col("country")]).agg(aggregates).compute()?))
    })
}

/// Questions 1, 3 and 5 of db-benchmark, on a table in memory.
pub(crate) fn h2o(args: &Args) -> partita::Result<Measured> {
    let table = table()?;
    let frame = DataFrame::from_polars(table, 2 * args.workers * args.threads);
    measured(args, &args.workload, || {
        let (keys, aggregates, places) = match args.workload.as_str() {
            "h2o-q1" => ("id1", vec![col("v1").sum()], vec![1]),
            "h2o-q3" => ("id3", vec![col("v1").sum(), col("v3").mean()], vec![1, 2]),
            _ => ("id6", vec![col("v1").sum(), col("v2").sum(), col("v3").sum()], vec![1, 2, 3]),
        };
        let found = frame.group_by([col(keys)]).agg(aggregates).compute()?;
        let sum = |&place: &usize| {
            let sum = total(&found, place);
            if found.columns()[place].dtype().is_integer() {
                json!(sum as u64)
            } else {
                json!((sum * 1e3).round() / 1e3)
            }
        };
        Ok(std::iter::once(json!(found.height())).chain(places.iter().map(sum)).collect())
    })
}

/// The table of db-benchmark, with categories as there.
fn table() -> partita::Result<pl::DataFrame> {
    let types = ["id4", "id5", "id6", "v1", "v2"].map(|name| (name, DataType::Int32));
    let frame = read_csv(data("G1_1e7_1e2_0_0.csv")).dtypes(types).finish()?;
    let cluster = LocalCluster::builder().workers(1).threads_per_worker(2).start()?;
    let category = || DataType::from_categories(pl::Categories::global());
    let mut table = frame.with_columns(["id1", "id2", "id3"].map(|name| col(name).cast(category()))).compute()?;
    table.rechunk_mut();
    cluster.close()?;
    Ok(table)
}

/// Rows sorted by a scattered number, and held.
pub(crate) fn set_index(args: &Args) -> partita::Result<Measured> {
    let n = args.n / 16 * 16;
    let ids: Vec<i64> = (0..n as i64).map(|i| i.wrapping_mul(2_654_435_761) % (1 << 32)).collect();
    let table = pl::DataFrame::new_infer_height(vec![
        pl::Column::new("id".into(), ids),
        pl::Column::new("x".into(), (0..n as i64).collect::<Vec<_>>()),
    ]);
    let frame = DataFrame::from_polars(table.unwrap_or_default(), 16);
    let cluster = args.cluster()?;
    let mut sorted = None;
    let params = json!({ "n": n });
    let mut measured = Measured::of(args, params, 1, Value::Null, || {
        sorted = None;
        let held = frame.set_index("id").persist()?;
        held.select([col("x").max()]).compute()?;
        sorted = Some(held);
        Ok(Value::Null)
    })?;
    if let Some(sorted) = sorted {
        let all = sorted.compute()?;
        let ids = all.columns()[0].as_materialized_series();
        let rising = ids.i64().is_ok_and(|ids| ids.iter().flatten().is_sorted());
        measured.check = json!([all.height(), total(&all, 1) as u64, rising]);
        measured.expected = json!([n, n * (n - 1) / 2, true]);
    }
    cluster.close()?;
    Ok(measured)
}

/// Cars by nearly as many groups as there are, and all of them sorted by price, both by way of shuffles; no result of that
/// size is brought here.
pub(crate) fn shuffle(args: &Args) -> partita::Result<Measured> {
    if let Some(mebibytes) = args.memory {
        set_shuffle_memory((mebibytes as usize) << 18);
    }
    let cluster = args.cluster()?;
    let whole = cars(args)?.select([len().alias("rows"), col("price").sum()]).compute()?;
    let expected = json!([number(&whole, 0, 0) as u64, number(&whole, 1, 0) as u64, true]);
    let mut groups = 0;
    let params = json!({ "files": args.files, "block": args.block, "memory": args.memory });
    let mut measured = Measured::of(args, params, 1, expected, || {
        let cars = cars(args)?;
        let counts = cars.group_by(["km", "price", "year", "model"].map(col)).agg([len().alias("count")]);
        let counted = counts.select([len().alias("groups"), col("count").sum().alias("rows")]).compute()?;
        groups = number(&counted, 0, 0) as u64;
        let parts = cars.set_index("price").map_partitions(ends).compute()?;
        let column = |name: &str| parts.get_column_index(name).unwrap_or(0);
        let ends = (0..parts.height()).filter(|&row| number(&parts, column("rows"), row) > 0.0);
        let ends = ends.flat_map(|row| ["least", "most"].map(|end| number(&parts, column(end), row)));
        let sorted = (0..parts.height()).all(|row| number(&parts, column("sorted"), row) == 1.0) && ends.is_sorted();
        Ok(json!([number(&counted, 1, 0) as u64, total(&parts, column("sum")) as u64, sorted]))
    })?;
    measured.extra.insert("groups".into(), json!(groups));
    measured.extra.insert("shuffle_peak_mb".into(), json!(shuffle_usage().peak >> 20));
    cluster.close()?;
    Ok(measured)
}

/// One row of a partition sorted by price: how many there are, their sum, the ends, and whether they are in order.
fn ends(part: pl::DataFrame) -> Result<pl::DataFrame, pl::PolarsError> {
    let prices = part.column("price")?.i64()?;
    let sorted = i64::from(prices.iter().flatten().is_sorted());
    let (least, most) = (prices.iter().flatten().next(), prices.iter().flatten().last());
    pl::DataFrame::new_infer_height(vec![
        pl::Column::new("rows".into(), [prices.len() as u64]),
        pl::Column::new("sum".into(), [prices.iter().flatten().sum::<i64>()]),
        pl::Column::new("least".into(), [least]),
        pl::Column::new("most".into(), [most]),
        pl::Column::new("sorted".into(), [sorted]),
    ])
}

/// The example of the flights, end to end.
pub(crate) fn flights(args: &Args) -> partita::Result<Measured> {
    Measured::of(args, json!({}), 1, json!("336776 flights in 9 partitions"), || {
        let mut out = Vec::new();
        let run = example::run(std::iter::empty(), &mut out);
        let text = run.map_or_else(|error| error.to_string(), |()| String::from_utf8_lossy(&out).into_owned());
        Ok(json!(text.lines().next()))
    })
}
