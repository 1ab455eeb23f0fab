//! Running a simulation: a world is set up, the graph is handed in, faults happen, until all results are there.

use super::check::Table;
use super::{Checked, Fault, SimulateError};
use crate::report::{Failures, Report, Tally};
use crate::universe::Number;
use crate::world::{Step, Trace, World};
use partita_protocol::scheduler::{Notice, WorkerInfo};
use partita_protocol::{ClientId, LossCause, Time, WorkerId};
use partita_scheduler::machine::{Adapter, Step as Scale, Why};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::time::{Duration, Instant};

/// A moment that does not come: 292 years.
const NEVER: Time = Time(u64::MAX / 2);

/// Who is shown everything that happens.
type Watch<'a> = Option<&'a mut dyn FnMut(Time, &Trace)>;

/// A moment that was asked for.
#[derive(Clone, Debug)]
enum Moment {
    Planned(Fault),
    /// One of the workers dies, and again after this time.
    Periodic(Duration),
    /// A worker of this place comes back.
    Return(usize),
    Thaw(WorkerId),
    /// It is looked whether there are enough workers, or too many.
    Look,
}

/// What the client wants of a task.
#[derive(Clone, Copy, PartialEq)]
enum Want {
    No,
    Missing,
    There,
}

struct Drive<'a> {
    checked: &'a Checked,
    world: World,
    tally: Tally<'a>,
    client: ClientId,
    /// The worker of each place, if it lives.
    seats: Vec<Option<WorkerId>>,
    moments: Vec<Moment>,
    random: Pcg64Mcg,
    /// Results that are not there yet.
    pending: usize,
    wants: Vec<Want>,
    /// Results that will not come.
    failures: Failures,
    began: Time,
    /// Runs that had started when a periodic death came last.
    progress: u64,
    /// Workers that died and will come back.
    away: usize,
    /// What is to happen once at a moment that was asked for.
    due: usize,
    adapter: Adapter,
}

/// Runs it to the end.
pub(crate) fn run(checked: &Checked, mut watch: Watch) -> Result<Report, SimulateError> {
    let clock = Instant::now();
    let mut drive = Drive::new(checked);
    drive.workers_join(&mut watch);
    drive.begin();
    while drive.pending > 0 {
        match drive.step(&mut watch) {
            Some(Step::Worked) => {}
            Some(Step::Woke(number)) => drive.woke(number)?,
            None => return Err(drive.stuck()),
        }
        if drive.world.now() >= NEVER {
            return Err(drive.stuck());
        }
        if let Some(violation) = drive.world.violation() {
            let (violation, seed) = (violation.to_string(), checked.settings.seed);
            return Err(SimulateError::Broken { violation, seed });
        }
    }
    let (end, events) = (drive.world.now(), drive.world.steps());
    if watch.is_some() {
        drive.drain(&mut watch);
    }
    Ok(drive.tally.report(end, events, &drive.failures, clock.elapsed()))
}

impl Moment {
    /// Whether it comes again and again.
    fn is_repeated(&self) -> bool {
        matches!(self, Moment::Periodic(_) | Moment::Look)
    }
}

impl<'a> Drive<'a> {
    fn new(checked: &'a Checked) -> Self {
        let universe = checked.plan.universe().clone();
        let mut world = World::new(universe, checked.settings.clone(), Table(checked.costs.clone()));
        let first = checked.first_workers();
        let seat = |(place, info): (usize, &WorkerInfo)| (place < first).then(|| world.add_worker(info.clone()));
        let seats = checked.infos.iter().enumerate().map(seat).collect();
        let client = world.add_client();
        let mut wants = vec![Want::No; checked.plan.len()];
        checked.plan.outputs().iter().for_each(|number| wants[*number as usize] = Want::Missing);
        Drive {
            checked,
            world,
            tally: Tally::new(checked),
            client,
            seats,
            moments: Vec::new(),
            random: Pcg64Mcg::seed_from_u64(checked.settings.seed ^ 0x6661_756c_7473),
            pending: checked.plan.outputs().len(),
            wants,
            failures: Failures::new(),
            began: Time::ZERO,
            progress: 0,
            away: 0,
            due: 0,
            adapter: Adapter::default(),
        }
    }

    /// Lets the next thing happen, and takes note of it.
    fn step(&mut self, watch: &mut Watch) -> Option<Step> {
        let step = self.world.step()?;
        let now = self.world.now();
        let mut gone = Vec::new();
        for trace in self.world.trace() {
            if let Trace::Died(worker) = trace {
                gone.push(*worker);
            }
            if let Trace::Learned { number, notice, .. } = trace {
                let there = matches!(notice, Notice::InMemory { .. } | Notice::Erred { .. } | Notice::Cancelled);
                let want = &mut self.wants[*number as usize];
                if !self.failures.is_empty() {
                    self.failures.remove(number);
                }
                if let Notice::Erred { blame, cause } = notice {
                    self.failures.insert(*number, (blame.index() as Number, cause.clone()));
                }
                match (*want, there) {
                    (Want::Missing, true) => (*want, self.pending) = (Want::There, self.pending - 1),
                    (Want::There, false) => (*want, self.pending) = (Want::Missing, self.pending + 1),
                    _ => {}
                }
            }
            if let Some(watch) = watch {
                watch(now, trace);
            }
            self.tally.see(now, trace);
        }
        gone.into_iter().for_each(|worker| self.left(worker));
        Some(step)
    }

    /// All workers come, and data that workers hold already is put there.
    fn workers_join(&mut self, watch: &mut Watch) {
        for worker in self.seats.iter().flatten() {
            // They have come in the order of their places.
            self.tally.seated(worker.0 as usize);
        }
        while self.step(watch).is_some() {}
        let held = self.checked.plan.held();
        if !held.is_empty() {
            self.world.scatter(self.client, held);
            while self.step(watch).is_some() {}
        }
    }

    /// The graph is handed in, and faults are planned.
    fn begin(&mut self) {
        self.began = self.world.now();
        self.tally.begin(self.began);
        let plan = &self.checked.plan;
        // Data that was put in is there, and was learned of before the graph was handed in.
        match plan.order() {
            [] => self.world.submit(self.client, plan.outputs()),
            order => self.world.submit_in_order(self.client, plan.outputs(), order.to_vec()),
        }
        for (at, fault) in self.checked.faults.plan.clone() {
            self.plan(at, Moment::Planned(fault));
        }
        if let Some(period) = self.checked.faults.every {
            self.plan(period, Moment::Periodic(period));
        }
        if self.checked.adapt.is_some() {
            self.plan(Duration::ZERO, Moment::Look);
        }
    }

    fn plan(&mut self, after: Duration, moment: Moment) {
        self.due += usize::from(!moment.is_repeated());
        self.world.wake(after, self.moments.len() as u64);
        self.moments.push(moment);
    }

    fn woke(&mut self, number: u64) -> Result<(), SimulateError> {
        let Some(moment) = self.moments.get(number as usize).cloned() else { return Ok(()) };
        self.due -= usize::from(!moment.is_repeated());
        match moment {
            Moment::Look => self.look()?,
            Moment::Planned(Fault::Kill(place)) => self.kill(place),
            Moment::Planned(Fault::Slow(place, times)) => {
                if let Some(worker) = self.seats[place] {
                    self.world.slow(worker, times);
                }
            }
            Moment::Planned(Fault::Freeze(place, lasting)) => {
                if let Some(worker) = self.seats[place] {
                    self.world.freeze(worker);
                    self.plan(lasting, Moment::Thaw(worker));
                }
            }
            Moment::Thaw(worker) => self.world.thaw(worker),
            Moment::Return(place) => {
                self.away -= 1;
                if self.seats[place].is_none() {
                    self.come(place);
                }
            }
            Moment::Periodic(period) => {
                let live: Vec<usize> = (0..self.seats.len()).filter(|place| self.seats[*place].is_some()).collect();
                self.still_goes_on()?;
                if !live.is_empty() {
                    let place = live[self.random.random_range(0..live.len())];
                    self.kill(place);
                }
                self.plan(period, Moment::Periodic(period));
            }
        }
        Ok(())
    }

    /// What happens again and again would go on for ever when nothing else does.
    fn still_goes_on(&mut self) -> Result<(), SimulateError> {
        let runs = self.tally.runs();
        let waits = self.due > 0 || self.world.scheduler().next_timeout().is_some();
        if runs == self.progress && !waits && self.world.is_quiet() {
            return Err(self.stuck());
        }
        self.progress = runs;
        Ok(())
    }

    /// Whether there are enough workers is decided as by a cluster that adapts.
    fn look(&mut self) -> Result<(), SimulateError> {
        let Some(config) = &self.checked.adapt else { return Ok(()) };
        let scheduler = self.world.scheduler();
        let stays = |worker: &&WorkerId| !scheduler.is_retiring(**worker);
        let there = self.seats.iter().flatten().filter(stays).count();
        match self.adapter.look(there + self.away, scheduler.adaptive_target(config), config) {
            Scale::Stay => self.still_goes_on()?,
            Scale::Up(target) => {
                let free = (0..self.seats.len()).filter(|place| self.seats[*place].is_none());
                let places: Vec<usize> = free.take(target - there - self.away).collect();
                places.into_iter().for_each(|place| self.come(place));
            }
            Scale::Down(count) => {
                for worker in scheduler.workers_to_close(count) {
                    self.world.retire(worker);
                }
            }
        }
        self.plan(config.interval, Moment::Look);
        Ok(())
    }

    /// A worker comes to a place.
    fn come(&mut self, place: usize) {
        let worker = self.world.add_worker(self.checked.infos[place].clone());
        self.tally.seated(place);
        self.seats[place] = Some(worker);
    }

    /// A worker is gone, and was not killed: it was let go.
    fn left(&mut self, worker: WorkerId) {
        if let Some(seat) = self.seats.iter_mut().find(|seat| **seat == Some(worker)) {
            *seat = None;
            self.tally.left(worker, self.world.now());
        }
    }

    /// The worker of a place dies, and comes back after a while.
    fn kill(&mut self, place: usize) {
        if let Some(worker) = self.seats[place].take() {
            let cause = LossCause::Died("killed in the simulation".into());
            self.world.kill(worker, cause, Duration::ZERO);
            self.tally.died(worker, self.world.now());
            if let Some(away) = self.checked.faults.restart {
                self.away += 1;
                self.plan(away, Moment::Return(place));
            }
        }
    }

    /// The client lets everything go, and what follows from that happens.
    fn drain(&mut self, watch: &mut Watch) {
        self.world.leave(self.client);
        while let Some(step) = self.step(watch) {
            if matches!(step, Step::Woke(_)) {
                break;
            }
        }
    }

    /// Why nothing goes on.
    fn stuck(&self) -> SimulateError {
        let plan = &self.checked.plan;
        let missing = |number: &&Number| self.wants[**number as usize] == Want::Missing;
        let number = plan.outputs().iter().find(missing).copied().unwrap_or(0);
        let (task, why) = self.root_of(number);
        SimulateError::Stuck {
            after: self.world.now().since(self.began),
            pending: self.pending,
            wanted: plan.outputs().len(),
            task: plan.name(task),
            why,
        }
    }

    /// A task that holds another one up, and what it waits for.
    fn root_of(&self, mut number: Number) -> (Number, String) {
        loop {
            match self.world.scheduler().why(self.world.id_of(number)) {
                Some(Why::Waiting { missing }) if !missing.is_empty() => number = self.world.number_of(missing[0]),
                Some(why) => return (number, self.reason(&why).to_string()),
                None => return (number, "the scheduler does not know it".to_string()),
            }
        }
    }

    fn reason(&self, why: &Why) -> &'static str {
        match why {
            Why::Processing { worker, .. } => match self.world.host(*worker) {
                Some(host) if self.is_full(host.info(), host.nbytes()) => {
                    "the memory and the disk of its worker are full"
                }
                _ => "its worker stands still",
            },
            Why::Queued { .. } => "no worker has a free thread and free memory",
            Why::NoWorker { .. } => match self.world.hosts().any(|(_, host)| host.machine().is_paused()) {
                true => "no worker that may run it has free memory",
                false => "no worker that may run it is there",
            },
            _ => "it is not known why",
        }
    }

    fn is_full(&self, info: &WorkerInfo, nbytes: u64) -> bool {
        let pause = self.checked.settings.storage.pause;
        info.memory_limit > 0 && nbytes as f64 > info.memory_limit as f64 * pause
    }
}
