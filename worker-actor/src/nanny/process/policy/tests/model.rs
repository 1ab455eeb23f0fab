//! Random events in virtual time: the invariants of a place hold after each, and in the end it is left.

use super::{Stage, ms};
use crate::nanny::process::policy::{Config, Effect, Event, Exit, Incarnation, Lifetime, Look, Verdict, Why};
use partita_protocol::{ProcessEnd, Tail};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What happens next. Numbers choose among what is there, or stand for incarnations of old.
#[derive(Clone, Debug)]
enum Move {
    /// Time passes punctually.
    Pass(u64),
    /// Nobody looks for a while.
    Sleep(u64),
    /// The system answers the oldest open request for a process.
    Spawn {
        good: bool,
    },
    /// A process ends by itself.
    Die(i32),
    /// What was killed goes.
    Reap,
    /// Something is told of an incarnation: the newest, or one so many before.
    Tell(u8, u32),
    Ask(u8),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => (0..3_000_u64).prop_map(Move::Pass),
        1 => (0..40_000_u64).prop_map(Move::Pass),
        1 => (0..100_000_u64).prop_map(Move::Sleep),
        5 => any::<bool>().prop_map(|good| Move::Spawn { good }),
        2 => (0..12).prop_map(Move::Die),
        3 => Just(Move::Reap),
        8 => (0..7_u8, prop_oneof![4 => Just(0_u32), 1 => 1..4_u32]).prop_map(|(what, back)| Move::Tell(what, back)),
        1 => (0..6_u8).prop_map(Move::Ask),
    ];
    proptest::collection::vec(one, 1..200)
}

/// The world that a place is in.
struct World {
    stage: Stage,
    /// Starts that were asked for and not answered.
    asked: Vec<Incarnation>,
    /// Processes that live, and whether they were killed.
    live: BTreeMap<Incarnation, bool>,
    fenced: BTreeSet<Incarnation>,
    newest: u32,
    gave_up: u32,
    left: u32,
}

impl World {
    fn new(config: Config) -> Self {
        let stage = Stage::new(config);
        let (asked, live, fenced) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        let mut world = World { stage, asked, live, fenced, newest: 0, gave_up: 0, left: 0 };
        world.settle();
        world
    }

    /// Carries out what is wanted, and holds it against what must be.
    fn settle(&mut self) {
        for effect in self.stage.drain() {
            // Only a process that starts after nobody waits for it any more is still killed.
            let late = matches!(effect, Effect::Kill(_));
            assert!(self.left == 0 || late, "{effect:?} after the place was left");
            match effect {
                Effect::Spawn(incarnation) => {
                    assert!(incarnation.0 > self.newest, "{incarnation} after {}", self.newest);
                    assert!(self.live.is_empty() && self.asked.is_empty(), "two processes in one place");
                    self.newest = incarnation.0;
                    self.gave_up = 0;
                    self.asked.push(incarnation);
                }
                Effect::Fence(incarnation, _) => {
                    assert!(self.fenced.insert(incarnation), "told twice of {incarnation}")
                }
                Effect::Kill(incarnation) => {
                    self.live.entry(incarnation).and_modify(|killed| *killed = true);
                }
                Effect::AskToLeave(incarnation) | Effect::Retire(incarnation) | Effect::Terminate(incarnation) => {
                    assert_eq!(incarnation.0, self.newest);
                }
                Effect::Verdict(Verdict::GaveUp(_)) => {
                    self.gave_up += 1;
                    assert_eq!(self.gave_up, 1, "told twice that the place was given up");
                }
                Effect::Verdict(Verdict::Left { .. }) => self.left += 1,
                Effect::Verdict(_) | Effect::Warn(_) | Effect::Look(_) => {}
            }
        }
        if self.stage.policy.current().is_some() {
            assert!(!self.fenced.contains(&Incarnation(self.newest)));
        }
    }

    fn tell(&mut self, event: Event) {
        self.stage.tell(event);
        self.settle();
    }

    fn exit(&mut self, incarnation: Incarnation, exit: Exit) {
        self.live.remove(&incarnation);
        let stderr = Tail::of(b"gone");
        self.tell(Event::Exited { incarnation, exit, stderr, left_behind: 0 });
    }

    fn answer(&mut self, good: bool) {
        let Some(incarnation) = self.asked.pop() else { return };
        if good {
            self.live.insert(incarnation, false);
            self.tell(Event::Spawned { incarnation, pid: incarnation.0 });
        } else {
            self.tell(Event::SpawnFailed { incarnation, why: "no".into(), passing: incarnation.0.is_multiple_of(2) });
        }
    }

    fn reap(&mut self) {
        let killed: Vec<_> = self.live.iter().filter(|(_, killed)| **killed).map(|(id, _)| *id).collect();
        killed.into_iter().for_each(|incarnation| self.exit(incarnation, Exit::Signal(9)));
    }

    /// Time passes for a punctual nanny.
    fn pass(&mut self, time: Duration) {
        let end = self.stage.now + time;
        while let Some(due) = self.stage.policy.next_timeout().filter(|due| *due <= end) {
            self.stage.now = self.stage.now.max(due);
            self.tell(Event::TimePassed);
        }
        self.stage.now = end;
    }

    fn play(&mut self, one: Move) {
        match one {
            Move::Pass(time) => self.pass(ms(time)),
            Move::Sleep(time) => {
                self.stage.now = self.stage.now + ms(time);
                self.tell(Event::TimePassed);
            }
            Move::Spawn { good } => self.answer(good),
            Move::Die(how) => {
                if let Some(&incarnation) = self.live.keys().next() {
                    self.exit(incarnation, if how < 2 { Exit::Code(how) } else { Exit::Signal(how) });
                }
            }
            Move::Reap => self.reap(),
            Move::Tell(what, back) => {
                let incarnation = Incarnation(self.newest.saturating_sub(back));
                self.tell(match what {
                    0 | 1 => Event::Hello { incarnation },
                    2 => Event::Heartbeat { incarnation, doing: "é".repeat(400).into() },
                    3 => Event::LinkBroken { incarnation },
                    4 => Event::Looked { incarnation, look: Look { stopped: back == 0, rss: 1 } },
                    5 => Event::Looked { incarnation, look: Look { stopped: false, rss: u64::from(back) * 1_000 } },
                    _ => Event::Refused { incarnation, end: ProcessEnd::LinkBroken },
                });
            }
            Move::Ask(what) => self.tell(match what {
                0 => Event::RestartAsked { timeout: ms(0) },
                1 => Event::RestartAsked { timeout: ms(5_000) },
                2 => Event::RetireBegun,
                3 => Event::RetireRefused,
                4 => Event::RetireDone,
                _ => Event::Opened,
            }),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// FAULTS N1, L6, L8, R35.
    #[test]
    fn a_place_is_taken_waited_for_or_given_up_and_closes_from_every_state(
        moves in moves(), lifetime in proptest::option::of(any::<bool>()), reaps in any::<bool>(), answers in any::<bool>(),
    ) {
        let lifetime = lifetime.map(|restart| Lifetime { time: ms(20_000), restart });
        let mut world = World::new(Config { memory_limit: Some(1_500), lifetime, ..Config::new("w") });
        moves.into_iter().for_each(|one| world.play(one));
        // Calm: each wish for a process is answered or never, who is killed goes or never does. Closing ends all the same.
        world.tell(Event::StopAsked { timeout: ms(5_000), why: Why::Closing });
        for _ in 0..40 {
            if answers { world.answer(true); }
            if reaps { world.reap(); }
            world.pass(ms(1_000));
        }
        prop_assert_eq!(world.left, 1, "{:#?}", world.stage.policy);
        prop_assert_eq!(world.fenced.len(), world.newest as usize, "each process was told to be lost");
        prop_assert!(world.stage.policy.is_over());
        if reaps && answers { prop_assert!(world.live.is_empty(), "{:?}", world.live); }
    }
}
