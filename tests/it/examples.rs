//! Every example is run, each in a process of its own, and what it prints is looked at.

use crate::alone::{alone, show_warnings};
use std::path::Path;

macro_rules! examples {
    ($($name:ident $path:literal)*) => {
        $(
            #[path = $path]
            #[allow(dead_code, reason = "the program's own `main` is not called")]
            pub(crate) mod $name;
        )*

        /// The examples that are tested here.
        const TESTED: &[&str] = &[$(stringify!($name)),*];
    };
}

examples! {
    as_completed "../../examples/as_completed.rs"
    climatology "../../examples/climatology.rs"
    dashboard "../../examples/dashboard.rs"
    delayed_loops "../../examples/delayed_loops.rs"
    fib "../../examples/fib.rs"
    flights "../../examples/flights.rs"
    presentation "../../examples/presentation.rs"
    raw_graph "../../examples/raw_graph.rs"
    what_if "../../examples/what_if.rs"
    wordcount "../../examples/wordcount.rs"
}

/// Runs an example with these arguments in an empty directory.
macro_rules! warning {
    ($test:literal, $example:ident $(, $argument:literal)*) => {
        alone(concat!("examples::", $test), || {
            show_warnings();
            let arguments: &[&str] = &[$($argument),*];
            $example::run(arguments.iter().map(ToString::to_string), &mut std::io::stdout()).unwrap();
        })
    };
}

/// The same. It must not warn of anything.
macro_rules! left {
    ($test:literal, $example:ident $(, $argument:literal)*) => {{
        let left = warning!($test, $example $(, $argument)*);
        assert_eq!(left.err, "");
        left
    }};
}

#[test]
fn every_example_is_tested() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, TESTED);
}

#[test]
fn presentation_prints_the_notebook() {
    let left = warning!("presentation_prints_the_notebook", presentation, ".");
    let warnings: Vec<&str> = left.err.lines().collect();
    assert_eq!(warnings.len(), 1, "{}", left.err);
    assert!(warnings[0].contains("Increasing number of chunks by factor of 10"), "{}", left.err);
    let out = left.out;
    for picture in ["fold.svg", "graph1.png", "graph2.png"] {
        assert!(left.directory.path().join(picture).exists(), "{picture}");
    }
    for line in [
        "  Workers: 5",
        "  Cores: 5",
        "sizes: [3, 3, 3, 3, 1]",
        "map: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]",
        "filter: [0, 2, 4, 6, 8, 10, 12]",
        "its partitions: [[0, 2], [4], [6, 8], [10], [12]]",
        "the graph of the fold: 21 tasks as written, 11 as they run",
        "fold: 42",
        "31: Balma, Blagnac, Ramonville-Saint-Agne, Vieille-Toulouse, L'Union, Portet-sur-Garonne, Tournefeuille",
        "92: Suresnes, Nanterre, La Garenne-Colombes",
        "93: Bobigny, Montreuil",
        "the graph of the norm: 417 tasks as written, 117 as they run",
        "in chunks of 100, 777 and 10000 the same bits: true",
        "10 chunks, shape [1000]",
        "the graph of the ten dearest: 3 tasks as written, 1 as they run",
        "independent, 11 tasks: [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]",
        "dependent, 6 tasks: 8",
        "fib(8) = 21",
        "z = 3",
        "(x, (z, w), v) = (1, (3, 6), [9, 2])",
        "closed",
    ] {
        assert!(out.lines().any(|printed| printed == line), "{line:?} is missing in:\n{out}");
    }
    let futures: Vec<&str> = out.lines().filter(|line| line.starts_with("<Future: ")).collect();
    assert!(futures[1].starts_with("<Future: finished, type: u64, key: complex_algorithm-"), "{futures:?}");
    let completed = out.lines().find_map(|line| line.strip_prefix("as completed: ")).unwrap();
    let mut completed: Vec<u64> = completed.split(' ').map(|e| e.parse().unwrap()).collect();
    completed.sort();
    assert_eq!(completed, [5, 5, 5, 5, 7, 7, 9, 9, 12, 12]);
}

#[test]
fn dashboard_tells_where_it_is() {
    let out = left!("dashboard_tells_where_it_is", dashboard, "1").out;
    let (link, rest) = out.split_once('\n').unwrap();
    assert!(link.starts_with("open http://127.0.0.1:") && link.contains("/status?token="), "{out}");
    assert_eq!(rest, "round 0: the sum is 665667000000, and all was well\n");
}

#[test]
fn climatology_finds_the_worst_hour_and_draws() {
    let left = left!("climatology_finds_the_worst_hour_and_draws", climatology, "delays.svg");
    let lines: Vec<&str> = left.out.lines().collect();
    assert_eq!(lines[0], "1837 of 8760 hours have no departure", "{}", left.out);
    assert_eq!(lines[1], "the worst hour is 19, 25.6 minutes late, and the worst day is 2013-03-08, 84.3");
    let picture = std::fs::read_to_string(left.directory.path().join("delays.svg")).unwrap();
    assert!(picture.starts_with("<svg") && picture.ends_with("</svg>") && picture.matches("<polyline").count() == 4);
}

#[test]
fn flights_tell_who_was_late() {
    let out = left!("flights_tell_who_was_late", flights, "parquet").out;
    assert!(out.starts_with("336776 flights in 9 partitions\n"), "{out}");
    for line in [
        "│ EWR    ┆ 15.107954 ┆ 117596  │",
        "│ JFK    ┆ 12.112159 ┆ 109416  │",
        "│ LGA    ┆ 10.346876 ┆ 101509  │",
        "│ 7     ┆ FL      ┆ 41.162698 ┆ 252     │",
        "│ EWR    ┆ TYS  ┆ 41.818471 ┆ 314     │",
        "328521 rows in 9 files of Parquet",
        "│ Envoy Air              ┆ 35.316402 ┆ 0.037555 ┆ 25163   │",
    ] {
        assert!(out.lines().any(|printed| printed == line), "{line:?} is missing in:\n{out}");
    }
}

#[test]
fn wordcount_counts_the_bible() {
    let out = left!("wordcount_counts_the_bible", wordcount).out;
    let expected = "   63919 the\n   51696 and\n   34618 of\n   13560 to\n   12915 that\n";
    assert!(out.starts_with("789684 words, 12762 distinct, in "), "{out}");
    assert_eq!(out.split_once('\n').unwrap().1, expected);
}

#[test]
fn wordcount_takes_files_and_patterns() {
    let left = alone("examples::wordcount_takes_files_and_patterns", || {
        show_warnings();
        std::fs::write("a.txt", "Don't panic.\nThe cat's -- THE cat!\n").unwrap();
        std::fs::write("b.txt", "the end").unwrap();
        let arguments = ["*.txt", "--top", "1", "--workers", "2", "--threads", "1"].map(String::from);
        wordcount::run(arguments.into_iter(), &mut std::io::stdout()).unwrap();
    });
    assert_eq!(left.err, "");
    assert!(left.out.starts_with("8 words, 6 distinct, in "), "{}", left.out);
    assert!(left.out.ends_with("       3 the\n"), "{}", left.out);
}

#[test]
fn fib_counts_its_tasks() {
    let out = left!("fib_counts_its_tasks", fib, "8").out;
    assert!(out.starts_with("fib(8) = 21, 67 tasks in "), "{out}");
}

#[test]
fn as_completed_gives_every_future_back() {
    let out = left!("as_completed_gives_every_future_back", as_completed, "100").out;
    let (first, results) = out.split_once('\n').unwrap();
    let tasks: usize = first.strip_prefix("200 futures of ").unwrap().strip_suffix(" tasks").unwrap().parse().unwrap();
    let results: Vec<u64> = results.split_whitespace().map(|e| e.parse().unwrap()).collect();
    assert_eq!(results.len(), 200);
    assert!(results.iter().all(|e| (5..=30).contains(e)));
    assert_eq!(results.iter().collect::<std::collections::BTreeSet<_>>().len(), tasks);
}

#[test]
fn raw_graph_shows_values_and_errors() {
    let out = left!("raw_graph_shows_values_and_errors", raw_graph).out;
    let expected = "x = 1\ny = 2\nz = 3\nw = 6\nv = [9, 2]\n(x, (z, w), v) = (1, (3, 6), [9, 2])\n\
                    z = 3, without a cluster\nerror: key `u` is missing\nerror: key `y` is missing: task `z` needs it\n\
                    error: the graph has a cycle: a -> b -> a\nerror: the result `z` is not what was asked for: ";
    assert!(out.starts_with(expected), "{out}");
}

#[test]
fn what_if_shows_clusters_that_are_not_here() {
    let left = left!("what_if_shows_clusters_that_are_not_here", what_if, ".");
    let out = left.out;
    assert!(out.starts_with("789684 words, most of them the 63919, and 51696, of 34618; "), "{out}");
    let makespans = out.lines().filter(|line| line.starts_with("makespan")).count();
    assert_eq!(makespans, 2, "{out}");
    for words in ["10 workers  50 workers  200 workers", "cheapest", "random", "workers die", "advice:"] {
        assert!(out.contains(words), "{words:?} is missing in:\n{out}");
    }
    for workers in [10, 50, 200] {
        for kind in ["stream", "memory"] {
            let picture = std::fs::read(left.directory.path().join(format!("{kind}-{workers}.svg"))).unwrap();
            assert!(picture.starts_with(b"<svg ") && picture.ends_with(b"</svg>\n"), "{kind}-{workers}");
        }
    }
}

#[test]
fn delayed_loops_draws_its_graphs() {
    let left = left!("delayed_loops_draws_its_graphs", delayed_loops, ".");
    assert!(left.out.contains("\n[0, 10, 20, 30, 40, 50, 60, 70, 80, 90]\n"), "{}", left.out);
    assert!(left.out.ends_with("\n8\n"), "{}", left.out);
    for name in ["graph1", "graph2"] {
        let read = |extension| std::fs::read(left.directory.path().join(name).with_extension(extension)).unwrap();
        assert!(read("svg").starts_with(b"<svg "), "{name}");
        assert!(read("png").starts_with(b"\x89PNG"), "{name}");
    }
}
