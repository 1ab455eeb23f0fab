//! Which operations can run in another process: the table of `docs/processes.md`, and a run in one.

use crate::{on_reference, run, through};
use partita_collections::delayed::{delayed, try_delayed};
use partita_collections::{Bag, Collection, raw};
use partita_graph::{CheckedGraph, TravelError, Value, Work, WorkReader, WorkWriter, build_id};
use std::collections::BTreeMap;

fn numbers() -> Bag<i64> {
    Bag::<i64>::from_sequence(0..40, 5)
}

fn checked<C: Collection>(collection: &C) -> CheckedGraph {
    collection.graph().check().unwrap()
}

/// What the table says about one operation, and a graph of it.
type Row = (&'static str, bool, CheckedGraph);

fn calls() -> Vec<Row> {
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    let (captured, pointer): (i64, fn(i64, i64) -> i64) = (3, add);
    let sum = delayed(add, (1, 2));
    let fails = |text: String| text.parse::<i64>();
    let by_hand = raw::Graph::new().value("x", 1i64).task("z", add, ("x", raw::value(2i64)));
    let by_hand = partita_graph::Graph::new(by_hand.nodes(["z"]).unwrap()).check().unwrap();
    vec![
        ("functions and closures without captures, with any arguments", true, checked(&delayed(add, (sum, 40)))),
        ("functions that can fail", true, checked(&try_delayed(fails, ("7",)))),
        ("graphs written by hand", true, by_hand),
        ("closures with captures", false, checked(&delayed(move |n: i64| n + captured, (1,)))),
        ("pointers to functions", false, checked(&delayed(pointer, (1, 2)))),
    ]
}

fn bags() -> Vec<Row> {
    let (bag, captured) = (numbers(), 3);
    let pairs = bag.map(|n| (n % 3, n));
    vec![
        ("`map`, `filter`, `flat_map`, `map_partitions` of functions without captures", true, {
            checked(&bag.map(|n| n * 2).filter(|n| n % 3 == 0).flat_map(|n| [n, n]).map_partitions(|part| part))
        }),
        ("`map_with`, `filter_with`, `fold_with` and all others that take data apart", true, {
            checked(&bag.map_with(captured, |by, n| n * by).filter_with(5, |most, n| n < most).fold_with(
                1,
                0,
                |_, a, b| a + b,
            ))
        }),
        ("`fold`, `reduction`, `sum`, `mean`, `topk`, `distinct`, `frequencies`", true, {
            checked(&bag.fold(0, |a, b| a + b).map_with(1, |one, n| n + one))
        }),
        ("`group_by`, `fold_by`, `join`, `zip`, `product`, `repartition`", true, {
            let grouped = pairs.group_by(|pair| pair.0).map(|(key, group)| (key, group.len() as i64));
            checked(&grouped.join([(1i64, 2i64)], |own| own.0, |other| other.0).repartition(2))
        }),
        ("`sample`, `choices`, `random_sample`", true, checked(&bag.sample(3, 1))),
        ("strings: `lower`, `split`, `match_`", true, {
            let words = Bag::<String>::from_sequence(["a b", "c d"], 2);
            checked(&words.str().match_("a*").unwrap().str().split(" "))
        }),
        ("functions with captures, in any of them", false, checked(&bag.map(move |n| n + captured))),
    ]
}

#[cfg(feature = "array")]
fn arrays() -> Vec<Row> {
    use partita_collections::Array;
    use partita_collections::array::{linalg, random};
    let x = Array::<f64>::arange(0.0, 36.0, 1.0, 9).reshape([6, 6]).rechunk(4);
    let captured = 2.0;
    let directory = tempfile::tempdir().unwrap();
    let sink = x.to_npy(directory.path().join("x.npy")).unwrap();
    struct Ones;
    impl partita_collections::array::Source<f64> for Ones {
        fn shape(&self) -> Vec<usize> {
            vec![4]
        }

        fn read(
            &self,
            ranges: &[std::ops::Range<usize>],
        ) -> Result<ndarray::ArrayD<f64>, partita_collections::bag::BoxError> {
            Ok(ndarray::ArrayD::ones(vec![ranges[0].len()]))
        }
    }
    vec![
        (
            "creation, arithmetic, functions of elements, comparisons, `where_`",
            true,
            checked(&(&x * 2.0 + &x.sin()).clip(0.0, 9.0)),
        ),
        ("reductions, scans, statistics, sorting, histograms", true, checked(&x.var(0, 1).cumsum(0).sum())),
        (
            "slicing, `rechunk`, `reshape`, transposition, joining, padding, rolling",
            true,
            checked(&x.t().rechunk(3).reshape([4, 9])),
        ),
        ("linear algebra and Fourier transforms", true, checked(&linalg::qr(&x.rechunk([6, 6])).0.dot(&x))),
        ("random arrays", true, checked(&random::default_rng(1).gamma(2.0, 1.5, 100, 30))),
        (
            "`map`, `map_blocks`, `map_overlap`, `apply_along_axis` of functions without captures, and their `…_with`",
            true,
            { checked(&x.map(|x| x + 1.0).map_blocks_with(3.0, |by, block| block.mapv(|x| x * by))) },
        ),
        ("functions of blocks with captures", false, checked(&x.map(move |x| x * captured))),
        ("`from_source`", false, checked(&Array::from_source(std::sync::Arc::new(Ones), 2))),
        ("`store`, `to_npy`, `to_npy_stack`, `to_zarr`", false, checked(&sink)),
    ]
}

#[cfg(feature = "dataframe")]
fn frames() -> Vec<Row> {
    use partita_collections::dataframe::polars::prelude::{IntoLazy, df};
    use partita_collections::dataframe::{DataFrame, JoinType, SortMultipleOptions, col, lit, read_csv};
    let frame = DataFrame::from_polars(df!("x" => [1, 2, 3, 4], "k" => ["a", "b", "a", "c"]).unwrap(), 2);
    let more = frame.filter(col("x").gt(lit(1))).with_columns([(col("x") * lit(2)).alias("y")]);
    let groups = more.group_by([col("k")]).agg([col("y").sum(), col("x").approx_n_unique()]);
    let joined = more.join(&groups, "k", "k", JoinType::Inner).sort("x", SortMultipleOptions::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.csv");
    std::fs::write(&path, "x\n1\n2\n3\n").unwrap();
    // Its tasks are run in another process, so the file stays.
    std::mem::forget(folder);
    let captured = 2;
    let twice = frame.map_partitions(|part| part.lazy().select([col("x") * lit(2)]).collect());
    let with_capture = frame.map_partitions(move |part| part.lazy().select([col("x") * lit(captured)]).collect());
    let written = tempfile::tempdir().unwrap();
    vec![
        ("frames at hand, `to_delayed`", true, checked(&frame)),
        ("expressions, joins, groups, sorts, shuffles, windows", true, {
            checked(&joined.with_columns([col("y").cum_sum(false).alias("z")]))
        }),
        ("`read_csv`, `read_ndjson`, `read_parquet`, `read_ipc` of files of this machine", true, {
            checked(&read_csv(path).block_size(2).finish().unwrap().select([col("x").sum()]))
        }),
        (
            "`map_partitions`, `map_overlap`, `apply`, `from_map`, `from_bag`, `to_bag` of functions without captures",
            true,
            { checked(&twice) },
        ),
        ("functions of frames with captures", false, checked(&with_capture)),
        ("Rust functions in expressions, as of `Expr::map`", false, {
            checked(&frame.select([col("x").map(Ok, |_, field| Ok(field.clone()))]))
        }),
        ("`write_csv`, `write_ndjson`, `write_parquet`, `write_ipc`", false, {
            checked(&frame.write_parquet(written.path().join("x")).finish().unwrap())
        }),
    ]
}

fn rows() -> Vec<Row> {
    let mut rows = calls();
    rows.extend(bags());
    #[cfg(feature = "array")]
    rows.extend(arrays());
    #[cfg(feature = "dataframe")]
    rows.extend(frames());
    rows
}

/// What the page says: operations and whether they travel.
fn page() -> BTreeMap<String, bool> {
    let page = include_str!("../../../docs/processes.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.rsplit_once(" | "));
    let rows = rows.filter(|(_, answer)| matches!(*answer, "yes" | "no"));
    rows.map(|(operations, answer)| (operations.to_string(), answer == "yes")).collect()
}

#[test]
fn the_page_says_which_operations_travel() {
    let page = page();
    let mut found = 0;
    for (operations, travels, graph) in rows() {
        assert_eq!(page.get(operations), Some(&travels), "`docs/processes.md`: {operations}");
        match graph.through_bytes() {
            Ok(_) => assert!(travels, "{operations}"),
            Err(TravelError::NotPortable { error, .. }) => assert!(!travels, "{operations}: {error}"),
            Err(error) => panic!("{operations}: {error}"),
        }
        found += 1;
    }
    if cfg!(all(feature = "array", feature = "dataframe")) {
        assert_eq!(found, page.len(), "the page has rows that no test knows");
    }
}

/// A graph as it is sent: of each task what it does and which tasks it reads, and which tasks are wanted.
type Sent = (Vec<(Vec<u8>, Vec<u32>)>, Vec<u32>);

fn sent(graph: &CheckedGraph) -> Sent {
    let mut writer = WorkWriter::new();
    let task = |(rank, task): (usize, &partita_graph::CheckedTask)| {
        (task.work.write(&mut writer).unwrap(), graph.inputs(rank).to_vec())
    };
    (graph.tasks().enumerate().map(task).collect(), graph.outputs().to_vec())
}

/// Runs what was sent, and tells the results' written forms.
fn received((tasks, outputs): &Sent) -> Vec<Vec<u8>> {
    let mut reader = WorkReader::new(build_id()).unwrap();
    let mut values: Vec<Value> = Vec::with_capacity(tasks.len());
    for (written, inputs) in tasks {
        values.push(match Work::read(written, &mut reader).unwrap() {
            Work::Value(value) => value,
            Work::Call(function) => {
                let inputs: Vec<Value> = inputs.iter().map(|&rank| values[rank as usize].clone()).collect();
                function.call(&inputs).unwrap()
            }
            Work::Held(_) => panic!("nothing is held"),
        });
    }
    outputs.iter().map(|&output| values[output as usize].write().unwrap()).collect()
}

/// Runs this test binary again, and has it run all graphs of the table that travel.
#[test]
fn another_process_computes_what_this_one_wrote() {
    const VARIABLE: &str = "PARTITA_TEST_SENT";
    if let Ok(path) = std::env::var(VARIABLE) {
        let sent: Vec<Sent> = rmp_serde::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let results: Vec<Vec<Vec<u8>>> = sent.iter().map(received).collect();
        return std::fs::write(path, rmp_serde::to_vec(&results).unwrap()).unwrap();
    }
    let graphs: Vec<Row> = rows().into_iter().filter(|(_, travels, _)| *travels).collect();
    let all: Vec<Sent> = graphs.iter().map(|(.., graph)| sent(graph)).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), rmp_serde::to_vec(&all).unwrap()).unwrap();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "travels::another_process_computes_what_this_one_wrote"])
        .env(VARIABLE, file.path())
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let theirs: Vec<Vec<Vec<u8>>> = rmp_serde::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
    for (((operations, ..), own), theirs) in graphs.iter().zip(&all).zip(&theirs) {
        assert_eq!(&received(own), theirs, "{operations}");
    }
}

#[test]
fn a_refusal_names_the_function_and_the_remedy() {
    let captured = 3;
    let kept = numbers().map(move |n| n + captured);
    assert_eq!(run(&kept).len(), 40, "it runs where it was made");
    let error = checked(&kept).through_bytes().unwrap_err().to_string();
    assert!(error.contains("travels::a_refusal_names_the_function_and_the_remedy::{{closure}}` captures"), "{error}");
    assert!(error.contains("map_with(env, |env, x| …)") && error.contains("travels.rs"), "{error}");
    assert_eq!(on_reference(&numbers().map_with(captured, |by, n| n + by)).unwrap(), run(&kept));
}

#[test]
fn tasks_of_these_tests_are_run_a_second_time() {
    let before = through::again();
    run(&numbers().map(|n| n + 1).sum());
    assert_eq!(through::again() - before, 6, "five partitions and their sum");
}
