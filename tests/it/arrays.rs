//! Arrays on clusters: the same bits for any number of workers, files, sizes that are computed, errors before work.

use crate::alone::alone;
use partita::array::{Array, ArrayError, ArrayFault, UNKNOWN, linalg, random};
use partita::prelude::*;
use partita::{Error, LocalCluster};

fn cluster(workers: usize) -> LocalCluster {
    LocalCluster::builder().workers(workers).threads_per_worker(2).start().unwrap()
}

/// Sums, products, factors and scans of one random matrix, as bits.
fn bits(client: &partita::Client, chunk: usize) -> Vec<u64> {
    let x = random::default_rng(7).normal(0.0, 1.0, [300, 40], [chunk, 40]);
    let y = x.t().dot(&x);
    let (_, strengths, _) = linalg::svd(&x);
    let norm = linalg::norm(&(&x - &x.mean(Some(0))));
    let all = (norm, x.sum(), x.var(0, 1), x.cumsum(0), y, strengths, x.median(1));
    let (a, b, c, d, e, f, g) = all.compute_on(client).unwrap();
    [a, b, c, d, e, f, g].iter().flat_map(|part| part.iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect()
}

/// FAULTS T25.
#[test]
fn one_two_and_eight_workers_give_the_same_bits() {
    let of = |workers: usize| {
        let cluster = cluster(workers);
        let found = bits(&cluster.client(), 50);
        cluster.close().unwrap();
        found
    };
    let one = of(1);
    assert!(one.len() > 300 * 40);
    assert!(one == of(2), "two workers");
    assert!(one == of(8), "eight workers");
}

#[test]
fn the_norm_of_a_difference_has_the_same_bits_for_all_chunks() {
    let cluster = cluster(2);
    let client = cluster.client();
    let norm = |chunk: usize| {
        let generator = random::default_rng(2020);
        let difference = generator.random(10_000, chunk) - generator.random(10_000, chunk);
        linalg::norm(&difference).item().compute_on(&client).unwrap()
    };
    let whole = norm(10_000);
    assert!((39.6..42.1).contains(&whole));
    for chunk in [1, 7, 100, 777, 4096, 9999] {
        assert_eq!(norm(chunk).to_bits(), whole.to_bits(), "chunks of {chunk}");
    }
    cluster.close().unwrap();
}

#[test]
fn lengths_are_computed_and_arrays_are_kept() {
    let cluster = cluster(2);
    let client = cluster.client();
    let x = Array::<i64>::arange(0, 100, 1, 30).persist_on(&client).unwrap();
    let some = x.mask(&(&x % 3).eq(0));
    assert_eq!(some.shape(), [UNKNOWN]);
    let known = some.compute_chunk_sizes_on(&client).unwrap();
    assert_eq!(known.chunks(), [vec![10, 10, 10, 4]]);
    assert_eq!(known.reshape([2, 17]).compute_on(&client).unwrap()[[1, 16]], 99);
    cluster.close().unwrap();
}

#[test]
fn errors_come_before_work_and_name_both_sides() {
    let cluster = cluster(1);
    let client = cluster.client();
    let runs = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = runs.clone();
    let counted = Array::<f64>::ones([4, 4], 2).map(move |x| {
        seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        x
    });
    let error = (&counted + &Array::ones([3, 4], 2)).sum().compute_on(&client).unwrap_err();
    assert!(matches!(&error, Error::Misbuilt(misbuilt) if misbuilt.place.file().ends_with("arrays.rs")), "{error}");
    assert!(matches!(error.array(), Some(ArrayError::Shapes { left_length: 4, right_length: 3, .. })), "{error}");
    assert_eq!(runs.load(std::sync::atomic::Ordering::Relaxed), 0);
    // What only data can show is the error of a task.
    let singular = linalg::inv(&Array::<f64>::zeros([4, 4], 2)).compute_on(&client).unwrap_err();
    let task = singular.task().unwrap_or_else(|| panic!("{singular}"));
    let partita::TaskErrorKind::Failed(cause) = task.kind() else { panic!("{singular}") };
    assert!(matches!(cause.downcast_ref(), Some(ArrayFault::Matrix { operation: "inv", .. })), "{singular}");
    cluster.close().unwrap();
}

#[test]
fn files_are_whole_or_not_there() {
    let left = alone("arrays::files_are_whole_or_not_there", || {
        let cluster = cluster(2);
        let client = cluster.client();
        let x = random::default_rng(1).random([200, 30], [60, 30]);
        x.to_npy("x.npy").unwrap().compute_on(&client).unwrap();
        let back = Array::<f64>::from_npy("x.npy", [50, 7]).unwrap();
        assert_eq!(back.compute_on(&client).unwrap(), x.compute_on(&client).unwrap());
        let broken = x.map_blocks_with(3, |_, block| {
            assert!(block.len() > 1000, "a block that is too small");
            block.to_owned()
        });
        let error = broken.to_npy("y.npy").unwrap().compute_on(&client).unwrap_err();
        assert!(error.to_string().contains("a block that is too small"), "{error}");
        cluster.close().unwrap();
        let mut names: Vec<String> = std::fs::read_dir(".")
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.contains(".npy"))
            .collect();
        names.sort();
        println!("{}", names.join(" "));
    });
    assert!(left.out.ends_with("x.npy\n"), "{}", left.out);
}

/// The notebook's computation, S20, and the lines that it is made on.
fn means() -> (Array<f64>, std::ops::Range<u32>) {
    let lines = line!()..line!() + 3;
    let a = random::normal(0.0, 1.0, [1000, 1000], [100, 100]);
    (a.dot(&a.t()).mean(Some(0)), lines)
}

/// The notebook's three profilers, S21, together and without a cluster: how many tasks ran, with a row of each.
fn tasks_by_profilers() -> u64 {
    use partita::diagnostics::{CacheProfiler, Profiler, ResourceProfiler, TaskRow, visualize};
    let (tasks, resources, cache) =
        (Profiler::start().unwrap(), ResourceProfiler::start().unwrap(), CacheProfiler::start().unwrap());
    let (means, lines) = means();
    assert_eq!(means.compute_on(&partita::Reference).unwrap().len(), 1000);
    let (rows, held) = (tasks.results(), cache.results());
    // Other tests compute meanwhile, on other lines.
    let own = |row: &TaskRow| {
        let line = row.line.as_ref().filter(|line| line.file.ends_with("tests/it/arrays.rs"));
        &*row.worker == "reference" && line.is_some_and(|line| lines.contains(&line.line))
    };
    let keys: std::collections::BTreeSet<_> = rows.iter().filter(|row| own(row)).map(|row| &row.key).collect();
    assert_eq!(held.iter().filter(|row| keys.contains(&row.key)).count(), keys.len());
    assert!(!resources.results().is_empty());
    let folder = tempfile::tempdir().unwrap();
    for file in ["profile.svg", "profile.html"] {
        let path = folder.path().join(file);
        visualize((&tasks, &resources, &cache), &path).unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() > 10_000, "{file}");
    }
    keys.len() as u64
}

/// The report is there, with its sections, and its figures are those of the records; as many tasks ran as without a cluster.
#[test]
fn the_notebooks_report_has_its_sections_and_the_figures_of_the_records() {
    let tasks = tasks_by_profilers();
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(2).without_default().start().unwrap();
    let (client, folder) = (cluster.client(), tempfile::tempdir().unwrap());
    let watching = client.watch().unwrap();
    let report = partita::diagnostics::performance_report_on(&client, folder.path().join("dask-report.html")).unwrap();
    assert_eq!(means().0.compute_on(&client).unwrap().len(), 1000);
    let path = report.finish().unwrap();
    let run = watching.finish().unwrap();
    cluster.close().unwrap();

    let page = std::fs::read_to_string(path).unwrap();
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    let data: serde_json::Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
    let sections =
        "summary stream progress workers bandwidth cache profile slowest critical groups code failures logs system";
    for section in sections.split(' ') {
        assert!(!data[section].is_null(), "{section} is not there");
    }
    let sum = |section: &str, field: &str| -> u64 {
        data[section].as_array().unwrap().iter().map(|row| row[field].as_u64().unwrap()).sum()
    };
    let records: u64 = run.executions().kept().map(|ran| ran.duration().as_nanos() as u64).sum();
    let count = run.executions().kept().count() as u64;
    assert_eq!(count, tasks);
    assert_eq!((&data["summary"]["executions"], &data["summary"]["dropped"]), (&count.into(), &0.into()));
    assert_eq!((&data["summary"]["time"]["compute"], &data["profile"]["time"]), (&records.into(), &records.into()));
    for section in ["groups", "code"] {
        assert_eq!((sum(section, "time"), sum(section, "executions")), (records, count), "{section}");
    }
    // They are so few that all are among the slowest.
    assert_eq!((sum("slowest", "time"), data["slowest"].as_array().unwrap().len() as u64), (records, count));
    assert_eq!((sum("workers", "busy"), sum("workers", "executed")), (records, count));
    assert_eq!(data["bandwidth"]["nbytes"], run.transfers().all.nbytes);
}
