//! What reports say: bounds that hold, sums that fit, the same seed the same report.

use partita_simulator::{
    Cost, Durations, Faults, Held, Reason, Report, SimulateError, Simulation, Universe, compare, families,
};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn drawn() -> Durations {
    Durations::new().otherwise(Cost::new(20 * MS, "1 MiB").log_normal(0.6))
}

fn timeless(mut report: Report) -> Report {
    report.wall = Duration::ZERO;
    report
}

#[test]
fn sums_fit_and_no_family_is_faster_than_its_bound() {
    let families: [(&str, Universe); 6] = [
        ("fan", families::fan(200)),
        ("tree", families::tree(128, 4)),
        ("chains", families::chains(20, 10)),
        ("stencil", families::stencil(20, 10)),
        ("shuffle", families::shuffle(12)),
        ("random", families::random_dag(3, 200, 3, 40)),
    ];
    for (name, universe) in families {
        let tasks = universe.len() as u64;
        let report = Simulation::of(universe).workers(6).threads(2).durations(drawn()).run().unwrap();
        assert!(report.ratio() >= 1.0 && report.ratio() < 3.0, "{name}: {report}");
        assert_eq!((report.counts.runs, report.counts.finished, report.recomputed()), (tasks, tasks, 0), "{name}");
        let threads = report.busy() + report.idle();
        assert_eq!(threads, report.makespan * 12, "{name}");
        let by_group: Duration = report.groups.iter().map(|group| group.busy).sum();
        assert_eq!(report.busy(), by_group, "{name}");
        let (sent, received): (u64, u64) =
            report.workers.iter().fold((0, 0), |sum, worker| (sum.0 + worker.sent, sum.1 + worker.received));
        assert_eq!((sent, received), (report.transfers.nbytes, report.transfers.nbytes), "{name}");
        for worker in &report.workers {
            let held: u64 = worker.peak.held.iter().map(|held| held.nbytes).sum();
            assert_eq!(held, worker.peak.nbytes, "{name}: {worker:?}");
        }
        for (worker, curve) in report.workers.iter().zip(&report.memory.workers) {
            assert_eq!(curve.iter().max(), Some(&worker.peak.nbytes), "{name}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_report_and_another_one_another() {
    let shuffle = Simulation::of(families::shuffle(15)).workers(5).jitter(MS).durations(drawn());
    let faults = Faults::new().kill_every(60 * MS).restart_after(20 * MS);
    let run = |seed| timeless(shuffle.clone().seed(seed).faults(faults.clone()).run().unwrap());
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).makespan, run(2).makespan);
}

#[test]
fn a_task_takes_the_same_time_on_every_cluster() {
    let graph = Simulation::of(families::random_dag(9, 300, 2, 50)).durations(drawn()).seed(4);
    let bound = |workers| graph.clone().workers(workers).run().unwrap();
    assert_eq!(bound(1).busy(), bound(20).busy());
    assert_eq!(bound(1).bounds.critical_path, bound(20).bounds.critical_path);
}

#[test]
fn a_death_is_told_with_what_it_cost() {
    let mut universe = Universe::new();
    let load: Vec<_> = (0..8).map(|_| universe.task("load", &[])).collect();
    let slow = universe.task("slow", &load);
    universe.task("end", &[slow]);
    let durations = Durations::new()
        .group("load", Cost::new(100 * MS, 8))
        .group("slow", Cost::new(1000 * MS, 8))
        .group("end", Cost::new(MS, 8));
    let faults = (0..2).fold(Faults::new(), |faults, place| faults.kill_at(600 * MS, place)).restart_after(50 * MS);
    let report = Simulation::of(universe).workers(2).threads(4).durations(durations).faults(faults).run().unwrap();
    assert_eq!(report.counts.deaths, 2);
    let reasons: Vec<_> = report.again.iter().map(|again| (again.group.as_str(), again.reason, again.count)).collect();
    assert_eq!(reasons, [("load", Reason::ResultLost, 8), ("slow", Reason::WorkerDied, 1)], "{report}");
    assert!(report.to_string().contains("its result was lost with a worker (load-0, load-1"), "{report}");
    assert!(report.makespan > 1750 * MS && report.makespan < 1760 * MS, "{report}");
}

/// FAULTS P10.
#[test]
fn slow_and_paused_workers_make_it_take_longer() {
    let fan = Simulation::of(families::fan(8)).workers(4).durations(Durations::same(100 * MS, 8)).stealing(false);
    let base = fan.clone().run().unwrap().makespan;
    let slow = fan.clone().faults(Faults::new().slow(2, 5)).run().unwrap().makespan;
    let paused = fan.faults(Faults::new().pause_at(10 * MS, 1, 700 * MS)).run().unwrap().makespan;
    assert!(base < 310 * MS && slow > 590 * MS && paused > 700 * MS, "{base:?} {slow:?} {paused:?}");
}

#[test]
fn what_does_not_come_is_told() {
    let faults = Faults::new().kill_every(30 * MS).restart_after(MS);
    let one = Simulation::of(families::fan(1)).durations(Durations::same(100 * MS, 8)).faults(faults);
    let report = one.run().unwrap();
    let failed = &report.failed[0];
    assert_eq!((report.counts.erred, failed.task.as_str(), failed.blame.as_str()), (1, "join-1", "leaf-0"), "{report}");
    assert_eq!(failed.cause, "4 workers died while they ran it");
    assert_eq!(report.recomputed(), 3, "{report}");
}

#[test]
fn settings_without_sense_are_refused_with_both_values() {
    let fan = || Simulation::of(families::fan(3)).durations(Durations::same(MS, 8));
    let table = [
        (fan().workers(0), "`workers` cannot be 0: at least 1"),
        (fan().threads(0), "`threads` cannot be 0: at least 1"),
        (fan().memory("10 GBB"), "`memory` cannot be \"10 GBB\": bytes, or a number with a unit"),
        (fan().memory(0), "`memory` cannot be 0: more than 0 bytes"),
        (fan().bandwidth(0), "`bandwidth` cannot be 0"),
        (fan().disk("much"), "`disk` cannot be \"much\""),
        (fan().resource("GPU", f64::NAN), "`resource` cannot be NaN of GPU"),
        (fan().workers(1).names(["a", "b"]), "`names` cannot be 2 names"),
        (fan().workers(2).names(["a", "a"]), "`names` cannot be \"a\" twice"),
        (fan().faults(Faults::new().kill_at(MS, 1)), "`faults` cannot be for worker 1"),
        (fan().workers(20_001), "`workers` cannot be 20001: at least 1 and at most 20,000"),
        (fan().workers(1).latency(Duration::MAX), "`latency` cannot be"),
        (fan().faults(Faults::new().kill_every(Duration::ZERO)), "`kill_every` cannot be 0ns"),
        (fan().faults(Faults::new().kill_every(Duration::from_micros(1))), "`kill_every` cannot be 1µs"),
        (fan().faults(Faults::new().slow(0, 0)), "`slow` cannot be 0"),
        (Simulation::of(Universe::new()), "there is nothing to simulate: the graph has no task"),
        (
            fan().durations(Durations::new().group("leaf", Cost::new(MS, 8))),
            "nothing says how long tasks of `join` take (only those of `leaf`). Name them with",
        ),
        (fan().durations(Durations::same(MS, "1 XB")), "`nbytes` cannot be \"1 XB\""),
        (
            fan().memory("99999999999999999999 TiB"),
            "`memory` cannot be \"99999999999999999999 TiB\": bytes, or a number",
        ),
        (
            fan().durations(Durations::same(Duration::MAX, 8)),
            "`duration` cannot be 18446744073709551615.999999999s for",
        ),
        (
            fan().durations(Durations::same(15_000 * DAY, 8)),
            "`duration` cannot be 164 years for all tasks together: at most 100",
        ),
        (
            fan().durations(Durations::same(MS, 1u64 << 60)),
            "`nbytes` cannot be 4611686018427387904 bytes for all results",
        ),
        (
            fan().durations(Durations::same(MS, 8).group("other", Cost::new(MS, 8).uniform(7.0))),
            "the spread of group `other` cannot be 7: a share",
        ),
        (
            fan().faults(Faults::new().kill_at(Duration::MAX, 0)),
            "`faults` cannot be 18446744073709551615.999999999s: at",
        ),
        (
            fan().faults(Faults::new().pause_at(MS, 0, Duration::MAX)),
            "`pause_at` cannot be 18446744073709551615.999999999s",
        ),
        (fan().faults(Faults::new().restart_after(Duration::MAX)), "`restart_after` cannot be 18446744073709551615.9"),
        (
            fan().durations(Durations::same(DAY, 8)).faults(Faults::new().slow(0, u32::MAX)),
            "`slow` cannot be 4294967295 with a task of 86400s: at most 100 years for a task",
        ),
    ];
    for (simulation, words) in table {
        let error = simulation.run().unwrap_err().to_string();
        assert!(error.starts_with(words), "{error}\n{words}");
        assert_eq!(simulation.preflight().unwrap_err().to_string(), error);
    }
}

#[test]
fn a_task_that_no_worker_can_run_is_refused() {
    let mut universe = Universe::new();
    let task = universe.task("train", &[]);
    let options = partita_graph::TaskOptions::new().resource("GPU", 2.0);
    universe.options(task, options.clone().into());
    let one = Simulation::of(universe.clone()).durations(Durations::same(MS, 8)).resource("GPU", 1.0).workers(3);
    let error = one.run().unwrap_err();
    assert!(matches!(error, SimulateError::Unsatisfiable { .. }), "{error}");
    let words = "no worker can ever run `train-0`: it needs 2 of GPU, and the workers have 1 of GPU. Ask less";
    assert!(error.to_string().starts_with(words), "{error}");
    assert!(one.resource("GPU", 2.0).run().is_ok());
    universe.options(task, partita_graph::TaskOptions::new().workers(["big"]).into());
    let named = Simulation::of(universe).durations(Durations::same(MS, 8)).workers(3);
    assert!(matches!(named.run(), Err(SimulateError::Unsatisfiable { .. })));
    assert!(named.names(["big"]).run().is_ok());
}

#[test]
fn without_a_disk_full_workers_are_stuck_and_it_is_said() {
    let durations = Durations::same(10 * MS, "400 MiB");
    let fan = Simulation::of(families::fan(20)).workers(2).memory("1 GiB").durations(durations);
    let spilled = fan.clone().run().unwrap();
    assert!(spilled.fullest().unwrap().peak.spilled > 0);
    assert!(spilled.to_string().contains("2 of 2 workers went over their limit"), "{spilled}");
    let given_up = fan.clone().disk(0).run().unwrap();
    assert!(given_up.failed[0].cause.starts_with("no worker could take it for 60.0 s"), "{given_up}");
    let patient = partita_scheduler::machine::Config { no_workers_timeout: None, ..Default::default() };
    let error = fan.disk(0).scheduler_config(patient).run().map(|report| report.makespan).unwrap_err();
    assert!(matches!(error, SimulateError::Stuck { wanted: 1, pending: 1, .. }), "{error}");
    assert!(error.to_string().contains("free memory"), "{error}");
}

#[test]
fn deaths_do_not_go_on_when_nothing_else_does() {
    let patient = partita_scheduler::machine::Config { no_workers_timeout: None, ..Default::default() };
    let fan =
        Simulation::of(families::fan(4)).workers(2).durations(Durations::same(100 * MS, 8)).scheduler_config(patient);
    let error =
        fan.faults(Faults::new().kill_every(30 * MS).no_restart()).run().map(|report| report.makespan).unwrap_err();
    assert!(matches!(error, SimulateError::Stuck { .. }), "{error}");
}

#[test]
fn the_peak_names_those_who_are_to_blame() {
    let durations = Durations::new().group("leaf", Cost::new(10 * MS, "1 MiB")).group("join", Cost::new(MS, 8));
    let report = Simulation::of(families::fan(50)).workers(1).durations(durations).run().unwrap();
    let peak = &report.fullest().unwrap().peak;
    let leaves = Held { group: "leaf".into(), count: 50, nbytes: 50 << 20 };
    assert_eq!(
        peak.held,
        [Held { group: "leaf".into(), ..leaves }, Held { group: "join".into(), count: 1, nbytes: 8 }]
    );
}

#[test]
fn reports_are_data_and_stand_side_by_side() {
    let tree = Simulation::of(families::tree(64, 2)).durations(drawn());
    let reports = [1, 4, 16].map(|workers| tree.clone().workers(workers).run().unwrap());
    let text = serde_json::to_string(&reports[1]).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), reports[1]);
    let comparison = compare(&[("1", &reports[0]), ("4", &reports[1]), ("16", &reports[2])]);
    let lines: Vec<String> = comparison.to_string().lines().map(str::to_string).collect();
    assert!(lines.iter().all(|line| line.chars().count() == lines[1].chars().count()), "{comparison}");
    assert!(comparison.markdown().lines().all(|line| line.matches('|').count() == 5), "{}", comparison.markdown());
    assert!(reports[0].makespan > reports[1].makespan && reports[1].makespan > reports[2].makespan);
}

#[test]
fn what_failed_does_not_look_like_a_fast_run() {
    let fan = Simulation::of(families::fan(4)).durations(Durations::same(1000 * MS, 8));
    let good = fan.clone().run().unwrap();
    let bad = fan.faults(Faults::new().kill_at(10 * MS, 0).no_restart()).seed(1).run().unwrap();
    assert!(good.is_complete() && !bad.is_complete());
    let page = bad.to_string();
    assert!(page.contains("  makespan       failed: 1 of the results will not come; it ended after"), "{page}");
    assert!(!page.contains("times as long") && good.to_string().contains("times as long"), "{page}");
    assert!(
        bad.task_stream().contains("1 of the results failed") && !bad.task_stream().contains("times the lower bound")
    );
    let table = compare(&[("good\nrun", &good), ("bad", &bad)]).markdown();
    let cells = |name: &str| table.lines().find(|line| line.contains(name)).map(str::to_string).unwrap();
    assert!(cells("makespan").ends_with("| failed |") && cells("ratio").ends_with("| - |"), "{table}");
    assert!(table.starts_with("|  | good run | bad |\n"), "{table}");
}
