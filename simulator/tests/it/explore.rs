//! The exhaustive small model: all orders of events of one and two keys on two workers.

use partita_protocol::WorkerId;
use partita_protocol::worker::Order;
#[cfg(feature = "planted")]
use partita_simulator::explore::replay;
use partita_simulator::explore::{Scope, Sent, search};

/// How deep the search goes: as told by the environment; else as deep as it gets in seconds, which is less far without
/// optimisation.
fn depth(name: &str, optimised: usize, otherwise: usize) -> usize {
    let told = std::env::var(name).ok().and_then(|text| text.parse().ok());
    told.unwrap_or(if cfg!(debug_assertions) { otherwise } else { optimised })
}

fn all_ends_well(scope: &Scope) {
    let start = std::time::Instant::now();
    let outcome = search(scope);
    println!("{outcome}; {:.1} s", start.elapsed().as_secs_f64());
    assert!(outcome.violation.is_none(), "{outcome}");
    assert_eq!(outcome.depth, scope.depth);
}

/// FAULTS M23, G22.
#[test]
fn one_key_on_two_workers() {
    all_ends_well(&Scope::chain(1, 2, depth("PARTITA_EXPLORE_ONE", 8, 6)));
}

/// FAULTS M23, G22.
#[test]
fn two_dependent_keys_on_two_workers() {
    all_ends_well(&Scope::chain(2, 2, depth("PARTITA_EXPLORE_TWO", 6, 5)));
}

#[test]
fn two_dependent_keys_with_a_transfer_under_way() {
    let scope = Scope::transfer(2, depth("PARTITA_EXPLORE_TRANSFER", 6, 4));
    let transfers = scope.start().sites().map(|(_, site)| site.transfers().count()).sum::<usize>();
    assert_eq!(transfers, 1, "the opening leads where it should");
    all_ends_well(&scope);
}

#[test]
fn a_steal_under_way() {
    let scope = Scope::steal(depth("PARTITA_EXPLORE_STEAL", 6, 4));
    let board = scope.start();
    let sent: Vec<_> = board.site(WorkerId(1)).unwrap().inbox().collect();
    assert!(matches!(sent[..], [Sent::Order(Order::Steal { .. })]), "the opening leads where it should: {sent:?}");
    all_ends_well(&scope);
}

#[test]
fn one_key_for_two_clients_on_three_workers() {
    let scope = Scope::chain(1, 3, depth("PARTITA_EXPLORE_MANY", 6, 4));
    all_ends_well(&Scope { clients: 2, reschedules: true, ..scope });
}

/// What is found wrong is told with the moves that lead there: here a worker that gives back what it runs.
#[cfg(feature = "planted")]
#[test]
fn a_violation_is_told_with_the_moves_that_lead_to_it() {
    use partita_protocol::planted::{Bug, plant};
    let scope = Scope { jobs: 1, ..Scope::steal(4) };
    let _guard = plant(Bug::RunningStolen);
    let outcome = search(&scope);
    let (message, path) = outcome.violation.as_ref().expect("the bug is found");
    assert!(path.len() <= 4, "{outcome}");
    let mut again = replay(&scope, path);
    again.calm();
    assert!(again.broken().is_some(), "{message}: the moves lead there again");
    let text = outcome.to_string();
    assert!(path.iter().all(|step| text.contains(&format!("{step:?}"))), "{outcome}");
}

/// Of the bugs that can be planted into the machines, these lie within reach of the small model. Takes too long without
/// optimisation.
#[cfg(all(feature = "planted", not(debug_assertions)))]
#[test]
fn planted_bugs_are_found() {
    use partita_protocol::planted::{Bug, plant};
    let within_reach = [
        Bug::HalfRemoved,
        Bug::GhostHolder,
        Bug::ErredInput,
        Bug::UnansweredMissing,
        Bug::UnansweredKeys,
        Bug::FlightAssigned,
        Bug::CancelledStart,
        Bug::OrphanInputs,
        Bug::FailedFlight,
        Bug::LateResult,
        Bug::LostTaker,
        Bug::OldResult,
        Bug::LeavingWorker,
        Bug::DeathUntold,
        Bug::RunningStolen,
        Bug::LostThief,
        Bug::StolenFailure,
        Bug::PhantomCopy,
        Bug::ForgottenCopy,
        Bug::DriftingBytes,
        Bug::IdleResumed,
        Bug::NotRevived,
        Bug::HungTransfer,
        Bug::KeptTurn,
    ];
    let scopes = [Scope::chain(1, 2, 5), Scope::chain(2, 2, 5), Scope::transfer(2, 4), Scope::steal(4)];
    let is_found = |bug: Bug| {
        let _guard = plant(bug);
        scopes.iter().any(|scope| {
            let scope = Scope { jobs: 1, ..scope.clone() };
            // A panic is one way of finding it.
            !std::panic::catch_unwind(|| search(&scope)).is_ok_and(|outcome| outcome.violation.is_none())
        })
    };
    let missed: Vec<Bug> = within_reach.into_iter().filter(|bug| !is_found(*bug)).collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
}
