//! Runs a plan: lets things happen at their moments, has everything checked after every step, and goes through the
//! phases.

use super::course::Courses;
use super::outcome::{Found, Outcome, Phase};
use super::plan::{Plan, What};
use super::script::DESKS;
use crate::check::{Broken, Checks};
use crate::story::Story;
use crate::world::{Step, World};
use partita_protocol::{ClientId, LossCause, WorkerId};
use partita_scheduler::machine::Adapter;
use std::collections::BTreeSet;
use std::time::Duration;

/// The moment when calm begins, among those that were asked for.
const CALM: u64 = u64::MAX;

/// The moment when everything that is wanted must have ended.
pub(super) const BOUND: u64 = u64::MAX - 1;

/// The moment when nothing may be left.
pub(super) const END: u64 = u64::MAX - 2;

/// Steps that a seed may take for each task, and beside that.
const MOST_STEPS: (u64, u64) = (2_000, 200_000);

/// What follows from something that happened.
#[derive(Clone, Debug)]
pub(super) enum Follow {
    Join(usize),
    Thaw(WorkerId),
    Lose(WorkerId, LossCause),
    Bury(WorkerId),
    Speed(WorkerId),
    Empty(WorkerId),
    EmptyDisk(WorkerId),
}

/// A plan that is being run.
pub struct Driver<'a> {
    pub(super) plan: &'a Plan,
    pub(super) world: World,
    checks: Checks,
    story: Option<&'a mut Story>,
    /// The client at each desk.
    pub(super) desks: [Option<ClientId>; DESKS],
    /// What follows, by the number of its moment behind those of the deeds.
    follows: Vec<Follow>,
    /// Workers that were taken for lost and live on.
    pub(super) lost: BTreeSet<WorkerId>,
    /// Workers that hear nothing or are not heard.
    pub(super) cut: BTreeSet<WorkerId>,
    /// Workers that were asked to leave.
    pub(super) leaving: BTreeSet<WorkerId>,
    /// What it remembers of the work, if the cluster adapts its size.
    pub(super) adapter: Adapter,
    pub(super) phase: Phase,
    pub(super) outcome: Outcome,
    /// Whether the moment came when everything must have ended.
    pub(super) is_late: bool,
}

/// Runs a plan to its end, or to the first invariant that is found broken.
pub fn run(plan: &Plan, story: Option<&mut Story>) -> Outcome {
    let mut driver = Driver::new(plan, story);
    let found = driver.phases().err();
    driver.finish(found)
}

impl<'a> Driver<'a> {
    fn new(plan: &'a Plan, story: Option<&'a mut Story>) -> Self {
        let mut world = World::new(plan.universe.clone(), plan.settings.clone(), Courses(plan.courses.clone()));
        for (number, deed) in plan.deeds.iter().enumerate() {
            world.wake(deed.at, number as u64);
        }
        world.wake(plan.horizon, CALM);
        let checks = Checks::new(plan, &world);
        Driver {
            plan,
            world,
            checks,
            story,
            desks: [None; DESKS],
            follows: Vec::new(),
            lost: BTreeSet::new(),
            cut: BTreeSet::new(),
            leaving: BTreeSet::new(),
            adapter: Adapter::default(),
            phase: Phase::Safety,
            outcome: Outcome { seed: plan.seed, ..Outcome::default() },
            is_late: false,
        }
    }

    fn phases(&mut self) -> Result<(), Broken> {
        while self.phase == Phase::Safety && self.step()? {}
        self.calm()?;
        self.drain()
    }

    /// Takes one step, checks it, and does what is due. False if nothing is to happen any more.
    pub(super) fn step(&mut self) -> Result<bool, Broken> {
        let Some(step) = self.world.step() else { return Ok(false) };
        if let Step::Woke(number) = step {
            self.woke(number);
        }
        self.check()?;
        let (each, beside) = MOST_STEPS;
        if self.world.steps() > each * self.plan.universe.len() as u64 + beside {
            return Err(Broken::new("L4", format!("{} steps were taken", self.world.steps())));
        }
        Ok(true)
    }

    /// Has the checkers look at what happened since they looked last.
    pub(super) fn check(&mut self) -> Result<(), Broken> {
        if let Some(story) = &mut self.story {
            story.hear(&self.world);
        }
        self.outcome.workers = self.outcome.workers.max(self.world.hosts().count());
        self.checks.look(&self.world)
    }

    /// Has the checkers look at a world in which everything that is wanted has ended, if nothing goes on in it.
    pub(super) fn check_calm(&mut self) -> Result<(), Broken> {
        if self.world.is_quiet() { self.checks.calm(&self.world) } else { Ok(()) }
    }

    /// Has the checkers look at a world in which nothing goes on any more.
    pub(super) fn check_rest(&mut self) -> Result<(), Broken> {
        self.checks.rest(&self.world)
    }

    fn woke(&mut self, number: u64) {
        match number {
            CALM => self.phase = Phase::Calm,
            BOUND => self.is_late |= self.phase == Phase::Calm,
            END => self.is_late = true,
            number => match self.plan.deeds.get(number as usize) {
                Some(deed) if self.phase == Phase::Safety => {
                    if let Some(story) = &mut self.story {
                        story.tell(&self.world, format!("{:?}", deed.what));
                    }
                    self.act(&deed.what)
                }
                Some(_) => {}
                None => {
                    let follow = self.follows.get(number as usize - self.plan.deeds.len()).cloned();
                    if let Some(follow) = follow.filter(|_| self.phase == Phase::Safety) {
                        if let Some(story) = &mut self.story {
                            story.tell(&self.world, format!("{follow:?}"));
                        }
                        self.follow(follow);
                    }
                }
            },
        }
    }

    /// Has something follow after a while.
    pub(super) fn after(&mut self, time: Duration, follow: Follow) {
        self.world.wake(time, (self.plan.deeds.len() + self.follows.len()) as u64);
        self.follows.push(follow);
    }

    /// Counts something that happened.
    pub(super) fn note(&mut self, what: &What) {
        if let Some(kind) = what.fault() {
            *self.outcome.faults.entry(kind).or_default() += 1;
        }
    }

    fn finish(mut self, found: Option<Broken>) -> Outcome {
        let (at, phase) = (self.world.now(), self.phase);
        self.outcome.time = at;
        self.outcome.events = self.checks.events();
        self.outcome.hash = self.checks.hash();
        self.outcome.cells = self.world.cells().clone();
        let runs = self.world.universe().numbers().map(|number| self.world.runs_of(number));
        (self.outcome.tasks, self.outcome.runs) = (self.checks.asked(), runs.map(u64::from).sum());
        self.outcome.found = found.map(|broken| {
            if let Some(story) = &mut self.story {
                story.end(&self.world, &broken.tasks);
            }
            Found { id: broken.id, text: broken.text, tasks: broken.tasks, workers: broken.workers, at, phase }
        });
        self.outcome
    }
}
