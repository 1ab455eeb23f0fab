//! The notebook "Dask presentation", part by part: bags, arrays, delayed calls, a graph by hand, futures.
//!
//! ```text
//! cargo run --example presentation [DIRECTORY]
//! ```
//!
//! It prints as it goes, and draws the graphs of its fold and its loops into the directory.

use partita::array::{linalg, random};
use partita::dataframe::{col, lit, read_csv};
use partita::prelude::*;
use partita::raw::{Graph, task, value};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Sales of cars: those of the notebook, and others.
const CARS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/cars.csv");

fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    run(std::env::args().skip(1), &mut std::io::stdout())
}

pub(crate) fn run(mut args: impl Iterator<Item = String>, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let directory = args.next().map_or_else(|| std::env::temp_dir().join("partita"), PathBuf::from);
    std::fs::create_dir_all(&directory)?;

    // A scheduler, five workers with their nannies and a profiler: actors in this process. And a client.
    let cluster = LocalCluster::builder().workers(5).threads_per_worker(1).start()?;
    let client = cluster.client();
    writeln!(out, "{client}")?;

    bags(&directory, out)?;
    groups(out)?;
    limits(out)?;
    arrays(out)?;
    cars(out)?;
    loops(&directory, out)?;
    recursion(out)?;
    graph_by_hand(out)?;
    futures(&client, out)?;
    products(out)?;

    cluster.close()?;
    writeln!(out, "\nclosed")?;
    Ok(())
}

/// `map`, `filter` and `fold` of thirteen numbers in five partitions.
fn bags(directory: &Path, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\n# Bag: map, filter, fold")?;
    let numbers = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
    let numbers = Bag::<String>::from_sequence(numbers, 5);
    writeln!(out, "{numbers}")?;
    writeln!(out, "sizes: {:?}", numbers.map_partitions(|part| [part.len()]).compute()?)?;

    let numbers = numbers.try_map(|text| text.parse::<i64>());
    writeln!(out, "map: {:?}", numbers.compute()?)?;

    let even = numbers.filter(|n| n % 2 == 0);
    writeln!(out, "filter: {:?}", even.compute()?)?;
    writeln!(out, "its partitions: {:?}", even.map_partitions(|part| [part]).compute()?)?;

    // Nothing of this has run before `compute`: the methods build a graph.
    let total = even.fold(0, |sum, n| sum + n);
    let (written, fused) = (total.graph().without_fusion().check()?.len(), total.graph().check()?.len());
    writeln!(out, "the graph of the fold: {written} tasks as written, {fused} as they run")?;
    total.visualize(directory.join("fold.svg"))?;
    writeln!(out, "fold: {}", total.compute()?)?;
    Ok(())
}

/// `fold_by`: the cities of each department, from their zip codes.
fn groups(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\n# Bag: fold_by")?;
    let cities = [
        ("Balma", 31130),
        ("Blagnac", 31700),
        ("Ramonville-Saint-Agne", 31520),
        ("Vieille-Toulouse", 31320),
        ("L'Union", 31240),
        ("Portet-sur-Garonne", 31120),
        ("Tournefeuille", 31170),
        ("Suresnes", 92150),
        ("Nanterre", 92000),
        ("La Garenne-Colombes", 92250),
        ("Bobigny", 93000),
        ("Montreuil", 93100),
    ]
    .map(|(city, zip)| (city.to_string(), zip));
    let by_department = Bag::<(String, u32)>::from_sequence(cities, 5).fold_by(
        |(_, zip)| zip / 1000,
        Vec::new(),
        |mut names: Vec<String>, (city, _)| {
            names.push(city);
            names
        },
        |left, right| [left, right].concat(),
    );
    for (department, names) in by_department.compute()? {
        writeln!(out, "{department}: {}", names.join(", "))?;
    }
    Ok(())
}

/// The notebook lists four limits of bags. Which of them hold here?
fn limits(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\n# Bag: the four limits of the notebook")?;
    writeln!(out, "1. processes by default: no, threads of this process; elements are handed over as pointers")?;
    writeln!(out, "2. bags are immutable: yes")?;
    writeln!(out, "3. slower than arrays and frames: no interpreter here, but elements have no columns")?;
    let remainders = Bag::range(1000, 8).group_by(|n| n % 7);
    let groups = remainders.map_ref(|(_, members)| members.len()).compute()?;
    writeln!(out, "4. group_by is slow: it moves every element, so fold_by is still better; {} groups", groups.len())?;
    Ok(())
}

/// The distance of two random points in ten thousand dimensions.
fn arrays(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\n# Array: norm of a difference")?;
    let a = random::random(10_000, 100);
    let b = random::random(10_000, 100);
    writeln!(out, "{a}")?;
    let distance = linalg::norm(&(&a - &b)).item();
    let (written, fused) = (distance.graph().without_fusion().check()?.len(), distance.graph().check()?.len());
    writeln!(out, "the graph of the norm: {written} tasks as written, {fused} as they run")?;
    writeln!(out, "norm: {:.3}", distance.compute()?)?;

    // One seed gives the same bits for any chunks.
    let in_chunks_of = |chunk: usize| {
        let generator = random::default_rng(2020);
        let difference = generator.random(10_000, chunk) - generator.random(10_000, chunk);
        linalg::norm(&difference).item().compute()
    };
    let norms = [in_chunks_of(100)?, in_chunks_of(777)?, in_chunks_of(10_000)?];
    writeln!(out, "in chunks of 100, 777 and 10000 the same bits: {}", norms.iter().all(|norm| *norm == norms[0]))?;
    Ok(())
}

/// The ten dearest cars that cost no more than 40,000 euros.
fn cars(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\n# DataFrame: the dearest of the cheaper cars")?;
    let cars = read_csv(CARS).separator(b',').finish()?;
    writeln!(out, "{cars}")?;
    let dearest = cars.filter(col("price").lt_eq(lit(40_000))).nlargest(10, "price");
    let (written, fused) = (dearest.graph().without_fusion().check()?.len(), dearest.graph().check()?.len());
    writeln!(out, "the graph of the ten dearest: {written} tasks as written, {fused} as they run")?;
    writeln!(out, "{}", dearest.compute()?)?;
    Ok(())
}

/// A product of a hundred blocks with as many, which warns of its thousand pairs.
fn products(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\n# Array: a product, and its column means")?;
    let a = random::normal(0.0, 1.0, [1000, 1000], [100, 100]);
    let means = a.dot(&a.t()).mean(Some(0));
    writeln!(out, "{} chunks, shape {:?}", means.npartitions(), means.compute()?.shape())?;
    Ok(())
}

/// A loop whose rounds are independent, and one whose rounds need each other.
fn loops(directory: &Path, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\n# Delayed: loops")?;
    let tens: Vec<_> = (0..10).map(|e| delayed(|e: i64| e * 10, (e,))).collect();
    let tens = delayed(|tens: Vec<i64>| tens, (tens,));
    tens.visualize(directory.join("graph1.png"))?;
    writeln!(out, "independent, {} tasks: {:?}", tens.graph().check()?.len(), tens.compute()?)?;

    let add = |a: i64, b: i64| a + b;
    let (mut a, mut b) = (delayed(add, (1, 1)), delayed(add, (1, 1)));
    a = delayed(add, (&a, &b));
    b = delayed(add, (1, &b));
    a = delayed(add, (1, &a));
    a = delayed(add, (&a, &b));
    a.visualize(directory.join("graph2.png"))?;
    writeln!(out, "dependent, {} tasks: {}", a.graph().without_fusion().check()?.len(), a.compute()?)?;
    Ok(())
}

#[delayed]
fn fib(n: u64) -> partita::Result<u64> {
    if n < 2 {
        return Ok(n);
    }
    let a = fib(n - 1); // these calls are delayed
    let b = fib(n - 2);
    let (a, b) = compute((a, b))?; // both run in parallel, from inside a task
    Ok(a + b)
}

/// A task that computes tasks: its thread runs others meanwhile.
fn recursion(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\n# Delayed: recursion")?;
    writeln!(out, "fib(8) = {}", fib(8).compute()?)?;
    Ok(())
}

/// Keys, values and tasks, as in Dask's dictionaries.
fn graph_by_hand(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\n# A graph by hand")?;
    let sum = |numbers: Vec<i64>| numbers.iter().sum::<i64>();
    let graph = Graph::new()
        .value("x", 1i64)
        .value("y", 2i64)
        .task("z", |x: i64, y: i64| x + y, ("x", "y"))
        .task("w", sum, (["x", "y", "z"],))
        .task("v", |s: i64, two: i64| vec![s, two], (task(sum, (["w", "z"],)), value(2i64)));
    writeln!(out, "z = {}", threaded::get::<i64>(&graph, "z")?)?;
    let all = threaded::get::<(i64, (i64, i64), Vec<i64>)>(&graph, ("x", ("z", "w"), "v"))?;
    writeln!(out, "(x, (z, w), v) = {all:?}")?;
    Ok(())
}

fn complex_algorithm(e: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(10 * e));
    e
}

/// Calls that run at once: a future for each, given back as they end.
fn futures(client: &Client, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\n# Futures")?;
    let future = client.submit(complex_algorithm, (5,));
    writeln!(out, "{future}")?;
    wait(std::slice::from_ref(&future), Duration::from_secs(12))?;
    writeln!(out, "{future}")?;

    // Equal calls share one task: of these ten, four run, and 5 is there already.
    let futures = client.map(complex_algorithm, [9, 5, 7, 5, 12, 9, 5, 7, 12, 5]);
    write!(out, "as completed:")?;
    for done in as_completed(futures) {
        write!(out, " {}", done.result()?)?;
    }
    writeln!(out)?;
    Ok(())
}
