//! Scenes of a place, each after a fault of the catalogue.

use super::{Stage, ms};
use crate::nanny::process::policy::{
    Config, Effect, Event, Excess, Exit, GaveUp, Incarnation, Lifetime, Look, Next, Verdict, Warning, Why,
};
use partita_protocol::{LossCause, ProcessEnd, Time, limits};
use std::time::Duration;

const I1: Incarnation = Incarnation(1);
const I2: Incarnation = Incarnation(2);

fn config() -> Config {
    Config::new("w")
}

/// FAULTS P7.
#[test]
fn a_crash_loop_ends_with_a_typed_verdict_that_has_the_last_words() {
    let mut stage = Stage::new(config());
    let mut verdicts = Vec::new();
    for number in 1..=limits::FAILED_STARTS + 1 {
        stage.tell(Event::Spawned { incarnation: Incarnation(number), pid: number });
        stage.pass(ms(10));
        stage.exit(number, Exit::Code(3));
        stage.pass(ms(500));
        verdicts.extend(stage.verdicts());
    }
    assert!(stage.now < Time::ZERO + Duration::from_secs(5), "{:?}", stage.now);
    let Some(Verdict::GaveUp(gave_up)) = verdicts.pop() else { panic!("{verdicts:?}") };
    assert_eq!(gave_up.excess, Excess::FailedStarts { starts: 6 });
    assert_eq!(gave_up.causes.len(), limits::TOLD_DEATHS);
    let text = gave_up.to_string();
    assert!(text.contains("worker `w` was given up") && text.contains("6 starts failed"), "{text}");
    assert!(text.contains("exit code 3 before it came to `partita::init()`"), "{text}");
    assert!(text.ends_with("it wrote last:\nwords of 6"), "{text}");
    let pauses: Vec<u128> = verdicts.iter().map(|verdict| pause(verdict).as_millis()).collect();
    assert_eq!(pauses, [25, 50, 100, 200, 400]);
    // Once and for all.
    stage.pass(Duration::from_secs(1_000));
    stage.exit(6, Exit::Code(3));
    assert_eq!(stage.drain(), []);
    assert_eq!(stage.policy.next_timeout(), None);
}

fn pause(verdict: &Verdict) -> Duration {
    match verdict {
        Verdict::Restarting { pause, .. } => *pause,
        other => panic!("{other:?}"),
    }
}

/// FAULTS R38: killed every half second for ever, as no user's tasks would, a place is never lost without a word.
#[test]
fn kills_every_half_second_for_ever_never_lose_a_place_in_silence() {
    let mut stage = Stage::new(config());
    let mut alive = 0;
    for number in 1..=1_200 {
        stage.start(number);
        stage.pass(ms(250));
        stage.exit(number, Exit::Signal(9));
        stage.pass(ms(250));
        alive += u32::from(stage.policy.current() == Some(Incarnation(number + 1)));
    }
    assert_eq!(alive, 1_200, "after each death another one is there within a quarter of a second");
    assert!(!stage.verdicts().iter().any(|verdict| matches!(verdict, Verdict::GaveUp(_))));
}

/// FAULTS R38: if it is too much, it is told once, with what was too much.
#[test]
fn too_many_deaths_are_told_once() {
    let mut stage = Stage::new(Config { deaths: 2, ..config() });
    for number in 1..=3 {
        stage.start(number);
        stage.exit(number, Exit::Signal(9));
        stage.pass(ms(250));
    }
    let gave_up: Vec<GaveUp> = stage
        .verdicts()
        .into_iter()
        .filter_map(|verdict| match verdict {
            Verdict::GaveUp(gave_up) => Some(gave_up),
            _ => None,
        })
        .collect();
    assert_eq!(gave_up.len(), 1);
    assert_eq!(gave_up[0].excess, Excess::Deaths { deaths: 3, window: limits::PROCESS_DEATH_WINDOW });
    assert!(gave_up[0].to_string().contains("perhaps the kernel's OOM killer"), "{}", gave_up[0]);
    // A place that failed can be had again, and what was before is forgotten.
    stage.tell(Event::RestartAsked { timeout: limits::STOP_TIMEOUT });
    assert_eq!(stage.drain(), [Effect::Spawn(Incarnation(4))]);
    stage.start(4);
    stage.exit(4, Exit::Signal(9));
    assert!(matches!(&stage.verdicts()[..], [Verdict::Ready(_), Verdict::Restarting { .. }]));
}

/// FAULTS P8, R39.
#[test]
fn a_stopped_process_is_noticed_fenced_killed_and_replaced() {
    let mut stage = Stage::ready(config());
    stage.pass_seeing(Duration::from_secs(10), |_| Look { stopped: true, rss: 0 });
    let effects = stage.drain();
    let [Effect::Fence(I1, LossCause::Process(loss)), Effect::Kill(I1)] = &effects[..2] else {
        panic!("{effects:?}");
    };
    assert_eq!(loss.end, ProcessEnd::Stopped { time: limits::STOPPED_GRACE });
    stage.exit(1, Exit::Signal(9));
    let verdicts = stage.verdicts();
    let [Verdict::Restarting { cause, .. }] = &verdicts[..] else { panic!("{verdicts:?}") };
    assert!(cause.to_string().contains("SIGSTOP"), "the signal of the nanny is not the cause: {cause}");
    stage.pass(ms(250));
    assert_eq!(stage.policy.current(), Some(I2));
}

#[test]
fn a_process_that_is_stopped_for_a_moment_goes_on() {
    let mut stage = Stage::ready(config());
    for _ in 0..5 {
        stage.pass_seeing(ms(2_500), |_| Look { stopped: true, rss: 0 });
        stage.pass(ms(200));
        stage.tell(Event::Heartbeat { incarnation: I1, doing: "".into() });
    }
    assert_eq!(stage.drain(), []);
}

/// FAULTS P9.
#[test]
fn what_a_fenced_process_says_is_ignored() {
    let mut stage = Stage::ready(config());
    stage.pass_seeing(Duration::from_secs(4), |_| Look { stopped: true, rss: 0 });
    stage.drain();
    assert_eq!(stage.policy.current(), None);
    stage.tell(Event::Heartbeat { incarnation: I1, doing: "alive!".into() });
    stage.tell(Event::Hello { incarnation: I1 });
    stage.tell(Event::LinkBroken { incarnation: I1 });
    stage.looked(1, false, 0);
    assert_eq!(stage.drain(), []);
    stage.exit(1, Exit::Signal(9));
    stage.pass(ms(250));
    stage.start(2);
    stage.drain();
    stage.tell(Event::Heartbeat { incarnation: I1, doing: "still!".into() });
    stage.exit(1, Exit::Code(0));
    assert_eq!(stage.drain(), [], "and it cannot end its successor");
    assert_eq!(stage.policy.current(), Some(I2));
}

/// FAULTS R40.
#[test]
fn a_silent_process_is_not_only_dropped_but_replaced() {
    let mut stage = Stage::ready(config());
    for _ in 0..10 {
        stage.pass(Duration::from_secs(29));
        stage.tell(Event::Heartbeat { incarnation: I1, doing: "".into() });
    }
    assert_eq!(stage.drain(), [], "a slow one is not dead (FAULTS P10)");
    stage.pass(Duration::from_secs(30));
    assert_eq!(stage.fence(), ProcessEnd::Silent { time: limits::HEARTBEAT_TTL });
    stage.exit(1, Exit::Signal(9));
    stage.pass(ms(250));
    assert_eq!(stage.policy.current(), Some(I2));
}

/// FAULTS P25, P26.
#[test]
fn who_slept_kills_nobody() {
    let eight_hours = Duration::from_secs(8 * 3600);
    let mut stage = Stage::ready(Config { lifetime: Some(Lifetime { time: eight_hours, restart: true }), ..config() });
    for _ in 0..3 {
        stage.pass(Duration::from_secs(20));
        stage.now = stage.now + eight_hours;
        stage.tell(Event::TimePassed);
        stage.looked(1, false, 0);
        // What lay in the pipe is read only now.
        stage.tell(Event::Heartbeat { incarnation: I1, doing: "".into() });
        stage.drain().iter().for_each(|effect| assert_eq!(effect, &Effect::Look(I1)));
    }
    stage.pass(Duration::from_secs(29));
    assert_eq!(stage.drain(), []);
    // While it starts, and while it leaves, as well.
    let mut stage = Stage::new(config());
    stage.tell(Event::Spawned { incarnation: I1, pid: 1 });
    stage.now = stage.now + Duration::from_secs(30);
    stage.tell(Event::Hello { incarnation: I1 });
    stage.tell(Event::StopAsked { timeout: limits::STOP_TIMEOUT, why: Why::Closing });
    stage.drain();
    stage.now = stage.now + Duration::from_secs(30);
    stage.tell(Event::TimePassed);
    assert_eq!(stage.drain(), [Effect::Look(I1)], "four more seconds to leave");
}

/// FAULTS T8, and Dask's users who cannot tell the nanny from the kernel.
#[test]
fn over_memory_is_told_with_its_sizes_whatever_signal_ended_it() {
    let limit = 1_000;
    let mut stage = Stage::ready(Config { memory_limit: Some(limit), ..config() });
    stage.looked(1, false, 950);
    assert_eq!(stage.drain(), []);
    stage.looked(1, false, 951);
    let effects = stage.drain();
    assert!(matches!(&effects[..], [Effect::Fence(I1, _), Effect::Terminate(I1)]), "{effects:?}");
    stage.pass(limits::TERMINATE_GRACE);
    assert_eq!(stage.drain(), [Effect::Kill(I1)]);
    stage.exit(1, Exit::Signal(9));
    let verdicts = stage.verdicts();
    let [Verdict::Restarting { cause: LossCause::Process(loss), .. }] = &verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!(loss.end, ProcessEnd::OverMemory { rss: 951, limit });
    assert!(loss.to_string().ends_with("words of 1") && !loss.to_string().contains("kernel"), "{loss}");
}

/// FAULTS R35: the start fails, the exit comes before the error, the kill takes for ever; no state lasts.
#[test]
fn a_start_that_fails_in_any_order_closes_nothing_for_good() {
    // The exit is seen before the start.
    let mut stage = Stage::new(config());
    stage.exit(1, Exit::Code(1));
    stage.tell(Event::Spawned { incarnation: I1, pid: 1 });
    stage.tell(Event::SpawnFailed { incarnation: I1, why: "late".into(), passing: false });
    stage.pass(ms(25));
    assert_eq!(stage.policy.current(), Some(I2));
    // It is closed before it was started, and again.
    stage.tell(Event::StopAsked { timeout: limits::STOP_TIMEOUT, why: Why::Closing });
    stage.tell(Event::StopAsked { timeout: limits::STOP_TIMEOUT, why: Why::Closing });
    stage.drain();
    stage.tell(Event::Spawned { incarnation: I2, pid: 2 });
    assert_eq!(stage.drain(), [Effect::Kill(I2)]);
    stage.exit(2, Exit::Signal(9));
    assert_eq!(stage.drain(), [Effect::Verdict(Verdict::Left { killed: true, stuck: None })]);
    assert!(stage.policy.is_over());
    // The kill takes for ever: the place is given up, closing ends, and a restart waits for the old process.
    for stop in [true, false] {
        let mut stage = Stage::ready(config());
        if stop {
            stage.tell(Event::StopAsked { timeout: limits::STOP_TIMEOUT, why: Why::Closing });
        }
        stage.pass(Duration::from_secs(60));
        let verdicts = stage.verdicts();
        match (stop, &verdicts[..]) {
            (true, [Verdict::Left { killed: true, stuck: Some(1001) }]) => {}
            (false, [Verdict::GaveUp(gave_up)]) => {
                assert!(gave_up.to_string().contains("is still there"), "{gave_up}");
                let restart = Event::RestartAsked { timeout: Duration::ZERO };
                stage.tell(restart.clone());
                assert!(matches!(&stage.drain()[..], [Effect::Warn(Warning::Stuck { .. })]));
                stage.exit(1, Exit::Signal(9));
                stage.tell(restart);
                assert_eq!(stage.drain(), [Effect::Spawn(I2)]);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_start_without_a_hello_is_killed_and_counted() {
    let mut stage = Stage::new(Config { failed_starts: 0, ..config() });
    stage.tell(Event::Spawned { incarnation: I1, pid: 1 });
    stage.pass(limits::HELLO_TIMEOUT);
    assert!(matches!(stage.fence(), ProcessEnd::StartFailed { why } if why.contains("no hello within 15s")));
    stage.exit(1, Exit::Signal(9));
    assert!(matches!(&stage.verdicts()[..], [Verdict::GaveUp(_)]));
}

/// FAULTS P21.
#[test]
fn a_want_of_descriptors_is_waited_out_for_longer() {
    let mut stage = Stage::new(config());
    let fail = |number| Event::SpawnFailed { incarnation: Incarnation(number), why: "EMFILE".into(), passing: true };
    for number in 1..=limits::STARVED_STARTS {
        stage.tell(fail(number));
        stage.pass(limits::FAILED_START_PAUSE_MAX);
    }
    assert!(stage.policy.current().is_some());
    stage.tell(fail(limits::STARVED_STARTS + 1));
    assert!(matches!(stage.verdicts().last(), Some(Verdict::GaveUp(_))));
}

/// FAULTS P19.
#[test]
fn another_build_is_hopeless() {
    let (ours, theirs) = (partita_graph::Token::of(b"a"), partita_graph::Token::of(b"b"));
    let mut stage = Stage::new(config());
    stage.tell(Event::Spawned { incarnation: I1, pid: 1 });
    stage.tell(Event::Refused { incarnation: I1, end: ProcessEnd::BuildMismatch { ours, theirs } });
    stage.exit(1, Exit::Signal(9));
    let verdicts = stage.verdicts();
    let [Verdict::GaveUp(gave_up)] = &verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!(gave_up.excess, Excess::Hopeless);
}

#[test]
fn a_broken_link_waits_a_moment_for_the_exit_that_tells_more() {
    let mut stage = Stage::ready(config());
    stage.tell(Event::LinkBroken { incarnation: I1 });
    stage.pass(ms(50));
    stage.exit(1, Exit::Signal(11));
    assert_eq!(stage.fence(), ProcessEnd::Signalled { signal: 11 });
    let mut stage = Stage::ready(config());
    stage.tell(Event::LinkBroken { incarnation: I1 });
    stage.pass(limits::LINK_GRACE);
    assert_eq!(stage.fence(), ProcessEnd::LinkBroken);
}

/// FAULTS L6, and the seed's "still alive after … seconds".
#[test]
fn who_does_not_leave_is_warned_of_terminated_and_killed() {
    let mut stage = Stage::ready(config());
    stage.tell(Event::Heartbeat { incarnation: I1, doing: "running `train`".into() });
    stage.tell(Event::StopAsked { timeout: Duration::from_secs(5), why: Why::Closing });
    assert_eq!(stage.drain(), [Effect::Fence(I1, LossCause::Retired), Effect::AskToLeave(I1)]);
    stage.pass(ms(3_999));
    assert_eq!(stage.drain(), []);
    stage.pass(ms(1));
    let effects = stage.drain();
    let [Effect::Warn(warning), Effect::Terminate(I1)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(
        warning.to_string(),
        "worker `w` (process 1001) is still alive 4.0 seconds after it was asked to leave, because the cluster closes \
         (running `train`); it is sent SIGTERM"
    );
    stage.pass(ms(1_000));
    let effects = stage.drain();
    let [Effect::Warn(Warning::StillAlive { next: Next::Killed, .. }), Effect::Kill(I1)] = &effects[..] else {
        panic!("{effects:?}");
    };
    stage.exit(1, Exit::Signal(9));
    assert_eq!(stage.drain(), [Effect::Verdict(Verdict::Left { killed: true, stuck: None })]);
    // A second wish, with less patience.
    let mut stage = Stage::ready(config());
    stage.tell(Event::StopAsked { timeout: Duration::from_secs(5), why: Why::Closing });
    stage.drain();
    stage.tell(Event::StopAsked { timeout: Duration::ZERO, why: Why::Closing });
    assert_eq!(stage.drain(), [Effect::Kill(I1)]);
}

#[test]
fn a_restart_keeps_the_place() {
    let mut stage = Stage::ready(config());
    stage.tell(Event::RestartAsked { timeout: limits::STOP_TIMEOUT });
    assert_eq!(stage.drain(), [Effect::Fence(I1, LossCause::Retired), Effect::AskToLeave(I1)]);
    stage.exit(1, Exit::Code(0));
    assert_eq!(stage.drain(), [Effect::Spawn(I2)], "at once");
    // An end is not taken back by a restart.
    stage.start(2);
    stage.tell(Event::StopAsked { timeout: limits::STOP_TIMEOUT, why: Why::Closing });
    stage.tell(Event::RestartAsked { timeout: limits::STOP_TIMEOUT });
    stage.exit(2, Exit::Code(0));
    assert!(stage.policy.is_over());
}

#[test]
fn a_lifetime_ends_with_a_retirement_and_a_successor() {
    let life = Duration::from_secs(60);
    let mut stage = Stage::ready(Config {
        lifetime: Some(Lifetime { time: life, restart: true }),
        heartbeat_ttl: life * 100,
        ..config()
    });
    stage.pass(life);
    assert_eq!(stage.drain(), [Effect::Retire(I1)]);
    stage.tell(Event::RetireRefused);
    stage.pass(limits::LIFETIME_PATIENCE);
    assert_eq!(stage.drain(), [Effect::Retire(I1)], "it is tried again");
    stage.tell(Event::RetireDone);
    assert_eq!(stage.drain(), [Effect::Fence(I1, LossCause::Retired), Effect::AskToLeave(I1)]);
    stage.exit(1, Exit::Code(0));
    assert_eq!(stage.drain(), [Effect::Spawn(I2)]);
}

/// FAULTS P27.
#[test]
fn who_retires_is_not_replaced_also_if_it_dies_before() {
    let mut stage = Stage::ready(config());
    stage.tell(Event::RetireBegun);
    stage.tell(Event::RetireRefused);
    stage.tell(Event::RetireDone);
    assert_eq!(stage.drain(), [], "it stays");
    stage.tell(Event::RetireBegun);
    stage.exit(1, Exit::Signal(11));
    let effects = stage.drain();
    assert!(matches!(&effects[..], [Effect::Fence(I1, LossCause::Process(_)), Effect::Verdict(Verdict::Left { .. })]));
}
