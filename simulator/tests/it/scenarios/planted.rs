//! Each scenario finds the bug that it is about, when that is planted into the machines.

use super::{cancels, clients, gathers, losses, memory, retirement, steals};
use partita_protocol::planted::{Bug, plant};
use std::collections::BTreeSet;

/// Bugs, and the scenarios that find them.
const FOUND_BY: &[(Bug, fn())] = &[
    (Bug::HalfRemoved, losses::r01_a_worker_with_a_broken_link_does_not_come_back),
    (Bug::GhostHolder, losses::r02_a_removed_worker_holds_nothing),
    (Bug::GracefulDeath, retirement::r03_a_worker_that_was_stopped_is_not_held_against_its_task),
    (Bug::ErredInput, cancels::r04_a_second_computation_after_an_error),
    (Bug::UnansweredMissing, gathers::r05_gather_fails_and_only_the_scheduler_knows_of_another_replica),
    (Bug::UnansweredKeys, gathers::r06_a_response_without_keys_that_were_asked_for),
    (Bug::TwiceFetched, gathers::r06_cancelled_key_is_requested_again_while_its_gather_runs),
    (Bug::FlightAssigned, retirement::r16_a_copy_is_to_be_fetched_and_then_computed),
    (Bug::OldFailure, cancels::r17_an_old_end_is_told_while_the_task_is_queued),
    (Bug::LongReschedule, cancels::r09_a_long_running_task_and_a_cancelled_one_are_rescheduled),
    (Bug::CancelledGather, gathers::r10_a_cancelled_gather_fails),
    (Bug::CancelledStart, cancels::r11_cancelled_asked_for_and_paused_before_the_run_began),
    (Bug::OrphanInputs, cancels::r12_the_input_of_a_cancelled_run_goes_with_the_run),
    (Bug::FailedFlight, gathers::r07_fetch_is_cancelled_and_the_key_computed_while_the_link_hangs),
    (Bug::PeerNotTold, losses::r14_whoever_fetches_is_told_that_the_peer_is_gone),
    (Bug::LateResult, retirement::r15_a_result_comes_when_all_were_moved),
    (Bug::LostTaker, retirement::r15_whoever_took_a_copy_dies_before_the_worker_leaves),
    (Bug::FetchAssigned, retirement::r16_what_was_to_be_fetched_is_computed),
    (Bug::OldResult, cancels::r17_an_old_end_is_told_while_the_task_is_queued),
    (Bug::QueuedInput, losses::r18_a_queued_task_loses_its_input),
    (Bug::LeavingWorker, retirement::r19_a_task_is_asked_for_while_the_last_worker_leaves),
    (Bug::DeathUntold, losses::r20_an_ancestor_is_given_up_while_its_descendants_wait_for_it),
    (Bug::OldSteal, steals::r21_an_answer_about_another_run_moves_nothing),
    (Bug::RunningStolen, steals::r21_a_task_starts_before_it_can_be_stolen),
    (Bug::LostThief, steals::r21_the_thief_dies_amid_a_steal),
    (Bug::StolenFailure, steals::r22_a_stolen_task_fails_on_the_thief),
    (Bug::PhantomCopy, losses::r23_announced_data_that_nobody_knows_makes_no_phantom),
    (Bug::ForgottenCopy, losses::r23_announced_data_that_nobody_knows_makes_no_phantom),
    (Bug::OldSeceded, cancels::r25_messages_about_forgotten_tasks_and_old_runs),
    (Bug::PhantomWish, clients::r26_unknown_keys_are_wanted),
    (Bug::KnownDependent, clients::r26_a_graph_is_handed_in_again),
    (Bug::KeptResources, cancels::r28_a_task_with_resources_is_cancelled_and_asked_for_again),
    (Bug::DriftingBytes, cancels::r12_the_input_of_a_cancelled_run_goes_with_the_run),
    (Bug::PausedStart, memory::r30_a_paused_worker_goes_on_with_its_queue),
    (Bug::IdleResumed, memory::r30_what_is_queued_goes_to_a_worker_that_goes_on),
    (Bug::SecondClient, clients::r32_whoever_wants_a_result_is_told_whenever_it_asks),
    (Bug::NotRevived, losses::r33_a_shuffle_loses_its_workers_between_its_phases),
    (Bug::HungTransfer, gathers::r36_an_answer_is_given_up_in_the_middle),
];

#[test]
fn each_scenario_finds_the_bug_that_it_is_about() {
    let missed = FOUND_BY.iter().filter(|(bug, scenario)| {
        let _guard = plant(*bug);
        std::panic::catch_unwind(scenario).is_ok()
    });
    let missed: Vec<Bug> = missed.map(|(bug, _)| *bug).collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
    let known: BTreeSet<Bug> = FOUND_BY.iter().map(|(bug, _)| *bug).collect();
    let all = Bug::ALL.iter().filter(|bug| bug.regression() != "policy");
    let left: Vec<&Bug> = all.filter(|bug| !known.contains(bug)).collect();
    assert!(left.is_empty(), "no scenario is about {left:?}");
}
