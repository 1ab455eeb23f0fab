//! The shells: what arrives is told to a machine, and what it answers is done.

use super::board::Board;
use super::site::{RunId, Said, Sent, Transfer};
use crate::world::Told;
use partita_protocol::scheduler::{Effect, Event, Notice, Retirement};
use partita_protocol::worker::{self, Order, Report};
use partita_protocol::{ClientId, LossCause, TaskId, WorkerId};

impl Board {
    /// Tells the scheduler's machine something, and does what it answers.
    pub(super) fn tell(&mut self, event: Event) {
        self.scheduler.handle(self.now, event, &mut self.effects);
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain() {
            self.carry_out(effect);
        }
        self.effects = effects;
        if self.is_checked {
            self.check_scheduler();
        }
    }

    fn check_scheduler(&mut self) {
        if self.broken.is_none()
            && let Err(violation) = self.scheduler.validate()
        {
            self.break_with(|| format!("scheduler: {violation}"));
        }
    }

    fn check_site(&mut self, worker: WorkerId) {
        let Some(site) = self.sites.get(&worker).filter(|_| self.broken.is_none()) else { return };
        let (stored, counted) = (site.store.len() as u64, site.machine.stored());
        let violation = match site.machine.validate() {
            Err(violation) => format!("{worker}: {violation}"),
            Ok(()) if stored != counted => {
                format!("{worker}: W3: the store has {stored} values, the machine {counted}")
            }
            Ok(()) => return,
        };
        self.break_with(|| violation);
    }

    /// Checks every invariant of every machine.
    pub(super) fn check_machines(&mut self) {
        self.check_scheduler();
        self.sites.keys().copied().collect::<Vec<_>>().into_iter().for_each(|worker| self.check_site(worker));
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Order { worker, order } => {
                if let Some(site) = self.sites.get_mut(&worker).filter(|site| site.hears) {
                    site.inbox.push_back(Sent::Order(order));
                }
            }
            Effect::Notify { client, task, notice } => self.notified(client, task, &notice),
            Effect::Forget { task } => {
                if self.ids.get(task.index()) != Some(&task) {
                    self.break_with(|| format!("{task} is forgotten, and is not known"));
                }
                if let Some(id) = self.ids.get_mut(task.index()) {
                    *id = TaskId::new(task.index() as u32, task.generation() + 1);
                }
            }
            Effect::ForgetFault { fault } => {
                self.faults.remove(&fault);
            }
            Effect::Retirement { worker, outcome: Retirement::Ready { .. } } => self.end(worker, LossCause::Retired),
            Effect::Retirement { .. } | Effect::Record(_) => {}
        }
    }

    fn notified(&mut self, client: ClientId, task: TaskId, notice: &Notice) {
        let number = task.index() as u32;
        let Some(wants) = self.clients.get_mut(client.0 as usize) else { return };
        let Some(told) = wants.get_mut(&number) else {
            return self.break_with(|| format!("S21: {client} is told of {task}, which it does not want: {notice:?}"));
        };
        let new = match notice {
            Notice::Cancelled => {
                wants.remove(&number);
                return;
            }
            Notice::InMemory { .. } => Told::InMemory,
            Notice::Erred { .. } => Told::Erred,
            Notice::Lost => Told::Nothing,
        };
        if std::mem::replace(told, new) == new {
            self.break_with(|| format!("S21: {client} is told twice of {task}: {notice:?}"));
        }
    }

    /// A worker ends, with all that it holds; the scheduler hears of it behind all that it said.
    pub(super) fn end(&mut self, worker: WorkerId, cause: LossCause) {
        if let Some(site) = self.sites.remove(&worker) {
            self.said.entry(worker).or_default().push_back(Said::Lost(cause, site.begun()));
        }
    }

    /// Something that a worker said arrives.
    pub(super) fn hear(&mut self, worker: WorkerId, said: Said) {
        match said {
            Said::Lost(cause, begun) => {
                self.said.remove(&worker);
                self.tell(Event::WorkerLost { worker, cause, begun });
            }
            Said::Report(report) => {
                if let Report::Failed { task, fault, .. } = &report
                    && self.ids.get(task.index()) == Some(task)
                {
                    self.faults.insert(*fault);
                }
                self.tell(Event::WorkerReported { worker, report });
            }
        }
    }

    /// Something that was sent to a worker arrives.
    pub(super) fn arrive_at(&mut self, worker: WorkerId, sent: Sent) {
        match sent {
            Sent::Order(order) => {
                let lost = if let Order::PeerLost { peer } = &order { Some(*peer) } else { None };
                self.inform(worker, worker::Event::Ordered(order));
                if let Some(peer) = lost {
                    self.give_up(worker, peer);
                }
            }
            Sent::Put(task, value) => {
                let nbytes = self.size(task);
                self.keep(worker, task, value);
                self.inform(worker, worker::Event::DataPut { tasks: vec![(task, nbytes)] });
            }
        }
    }

    /// What a worker asked of a peer will not be answered.
    pub(super) fn give_up(&mut self, asker: WorkerId, peer: WorkerId) {
        let Some(site) = self.sites.get_mut(&asker) else { return };
        if let Some(transfer) = site.transfers.remove(&peer) {
            self.inform(asker, worker::Event::GatherFailed { peer, tasks: transfer.tasks });
        }
    }

    /// Tells a worker's machine something, and does what it answers.
    pub(super) fn inform(&mut self, worker: WorkerId, event: worker::Event) {
        let now = self.now;
        let Some(site) = self.sites.get_mut(&worker) else { return };
        site.machine.handle(now, event, &mut site.effects);
        let mut effects = std::mem::take(&mut site.effects);
        for effect in effects.drain() {
            self.perform(worker, effect);
        }
        let Some(site) = self.sites.get_mut(&worker) else { return };
        site.effects = effects;
        site.result = None;
        if self.is_checked {
            self.check_site(worker);
        }
    }

    fn perform(&mut self, worker: WorkerId, effect: worker::Effect) {
        let Some(site) = self.sites.get_mut(&worker) else { return };
        match effect {
            worker::Effect::Execute { task, attempt, inputs, .. } => self.execute(worker, (task, attempt), &inputs),
            worker::Effect::Keep { task, attempt } => match site.result.take_if(|(run, _)| *run == (task, attempt)) {
                Some((_, value)) => self.keep(worker, task, value),
                None => self.break_with(|| format!("{worker} keeps {task} of {attempt}, which has not ended now")),
            },
            worker::Effect::Gather { peer, tasks } => {
                if site.transfers.insert(peer, Transfer { tasks, answer: None }).is_some() {
                    self.break_with(|| format!("W4: {worker} asks {peer} twice"));
                }
            }
            worker::Effect::Drop { task } => {
                site.store.remove(&task);
            }
            worker::Effect::Report(report) => self.said.entry(worker).or_default().push_back(Said::Report(report)),
            // Its workers have no limit to their memory.
            worker::Effect::Spill { .. } | worker::Effect::Evict { .. } => {
                self.break_with(|| format!("ST1: {worker} writes to disk without need"));
            }
            // A run that returns early asks to be run again, which any run may do at any time.
            worker::Effect::Stop { .. }
            | worker::Effect::Abandon { .. }
            | worker::Effect::Forget { .. }
            | worker::Effect::Record(_) => {}
        }
    }

    fn execute(&mut self, worker: WorkerId, run: RunId, inputs: &[TaskId]) {
        let Some(site) = self.sites.get_mut(&worker) else { return };
        let values: Vec<u64> = inputs.iter().filter_map(|input| site.store.get(input).copied()).collect();
        let is_complete = values.len() == inputs.len();
        let is_second = site.runs.insert(run, values).is_some();
        if let Some(runs) = self.runs.get_mut(run.0.index()) {
            *runs += 1;
        }
        if !is_complete {
            self.break_with(|| format!("W2: {worker} runs {} without all of {inputs:?}", run.0));
        }
        if is_second {
            self.break_with(|| format!("S21: {worker} runs {} of {} twice", run.0, run.1));
        }
    }

    /// A value is in a worker's store; it must be the one that a plain evaluation gives.
    pub(super) fn keep(&mut self, worker: WorkerId, task: TaskId, value: u64) {
        if self.expected.get(task.index()) != Some(&value) {
            self.break_with(|| format!("X2: {worker} has a wrong value of {task}"));
        }
        if let Some(site) = self.sites.get_mut(&worker) {
            site.store.insert(task, value);
        }
    }

    pub(super) fn size(&self, task: TaskId) -> u64 {
        self.sizes.get(task.index()).copied().unwrap_or(8)
    }
}
