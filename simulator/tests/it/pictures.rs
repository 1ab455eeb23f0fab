//! Pictures: whole, small enough, and safe whatever tasks are called.

use partita_simulator::{Cost, Durations, Faults, Report, Simulation, Universe, families};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn simulation(universe: Universe) -> Simulation {
    Simulation::of(universe).durations(Durations::new().otherwise(Cost::new(20 * MS, "1 MiB").log_normal(0.6))).seed(3)
}

/// Every tag that is opened is closed, in order.
fn is_whole(svg: &str) -> bool {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        let name = |text: &str| text.split([' ', '\n']).next().unwrap_or_default().to_string();
        match tag.strip_prefix('/') {
            Some(end) if open.pop().as_deref() != Some(end) => return false,
            None if !tag.ends_with('/') => open.push(name(tag)),
            _ => {}
        }
    }
    open.is_empty()
}

fn check(report: &Report) {
    for svg in [report.task_stream(), report.memory_curves()] {
        assert!(svg.starts_with("<svg ") && is_whole(&svg), "{}", &svg[..200]);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "a place that is no number");
        assert!(svg.contains("prefers-color-scheme:dark"));
        assert!(svg.len() < 5 << 20, "{} bytes", svg.len());
    }
}

#[test]
fn every_run_of_a_small_simulation_is_shown_with_its_name() {
    let faults = Faults::new().kill_at(100 * MS, 1).restart_after(50 * MS);
    let shuffle = simulation(families::shuffle(10)).workers(4).threads(2).memory("64MiB").faults(faults);
    let report = shuffle.run().unwrap();
    check(&report);
    let svg = report.task_stream();
    assert_eq!(svg.matches("<title>split-").count() as u64, report.groups[0].runs);
    for words in
        ["worker-3 / 1", ">transfer<", ">death of a worker<", ", lost</title>", "threads busy", "moved between workers"]
    {
        assert!(svg.contains(words), "{words}");
    }
    assert!(report.memory_curves().contains("limit 64.00 MiB"));
}

#[test]
fn a_large_simulation_is_shown_by_a_grid() {
    let report = simulation(families::stencil(200, 100)).workers(300).threads(2).run().unwrap();
    assert!(!report.stream.exact && report.stream.rows.len() <= 200);
    check(&report);
    let busy: f64 = report.stream.busy.iter().map(|share| f64::from(*share)).sum();
    let share = busy * report.stream.interval.as_secs_f64() / report.makespan.as_secs_f64();
    assert!((share - report.utilisation()).abs() < 0.01, "{share} {}", report.utilisation());
    assert_eq!(report.stream.moved.iter().sum::<u64>(), report.transfers.nbytes);
    assert!(report.memory_curves().contains("the fullest worker"));
}

#[test]
fn names_cannot_break_out_of_a_picture() {
    let mut universe = Universe::new();
    let bad = universe.task("</svg><script>\u{7}&\"'", &[]);
    universe.task("end", &[bad]);
    let report = simulation(universe).names(["<b>"]).run().unwrap();
    check(&report);
    assert!(!report.task_stream().contains("<script>") && !report.memory_curves().contains("<b>"));
}

#[test]
fn a_picture_that_cannot_be_written_says_where() {
    let report = simulation(families::fan(2)).run().unwrap();
    let error = report.save_task_stream("no/such/folder/stream.svg").unwrap_err().to_string();
    assert!(error.starts_with("`no/such/folder/stream.svg` cannot be written: "), "{error}");
}
