//! The scheduler's shell: what arrives is told to the machine, what it answers is sent.

use super::client::Open;
use super::{Happening, Patience, Trace, World};
use partita_protocol::priority::GENERATION_STEP;
use partita_protocol::scheduler::{Effect, Event, NewTask, Notice, Piece, Retirement};
use partita_protocol::telemetry::Record;
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Begun, ClientId, LossCause, TaskId, Time, WorkerId};

use super::client::Part;
use crate::universe::Number;

impl World {
    /// Tells the scheduler's machine something, and keeps what it answers for the end of the turn.
    pub(super) fn tell(&mut self, event: Event) {
        self.busy = self.busy.max(self.now) + self.settings.overhead;
        if self.traces_all() {
            self.trace.push(Trace::Told(event.clone()));
        }
        self.scheduler.handle(self.now, event, &mut self.effects);
        let mut effects = std::mem::take(&mut self.effects);
        let mut leaving = Vec::new();
        for effect in effects.drain() {
            match effect {
                // It goes when everything else that was answered is done: what the machine did with it is one turn.
                Effect::Retirement { worker, outcome: Retirement::Ready { .. } } => leaving.push(worker),
                effect => self.carry_out(effect),
            }
        }
        self.effects = effects;
        if self.settings.validate
            && self.violation.is_none()
            && let Err(violation) = self.scheduler.validate()
        {
            self.violation = Some(format!("scheduler: {violation}"));
        }
        for worker in leaving {
            self.let_go(worker);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Order { worker, order } => {
                if self.traces_all() {
                    self.trace.push(Trace::Ordered { worker, order: order.clone() });
                }
                self.orders.entry(worker).or_default().push(order);
            }
            Effect::Notify { client, task, notice } => {
                self.trace.push(Trace::Notified { client, task, notice: notice.clone() });
                self.notices.entry(client).or_default().push((task, notice));
            }
            Effect::Forget { task } => {
                let id = &mut self.ids[task.index()];
                if *id != task {
                    self.violation.get_or_insert_with(|| format!("{task} is forgotten, and {id} is what is known"));
                }
                *id = TaskId::new(task.index() as u32, task.generation() + 1);
            }
            Effect::ForgetFault { fault } => {
                self.faults.remove(&fault);
            }
            Effect::Record(record) => {
                if let Record::Transition { from, to, .. } = &record
                    && self.settings.cells
                {
                    *self.cells.scheduler.entry((*from, *to)).or_default() += 1;
                }
                self.trace.push(Trace::Recorded(record));
            }
            Effect::Retirement { .. } => {}
        }
    }

    /// Ends a turn of the scheduler: sends what it wants to tell, and sets its timer.
    pub(super) fn send(&mut self) {
        let departure = self.busy.max(self.now);
        while let Some((worker, orders)) = self.orders.pop_first() {
            let takes = self.latency() + (departure - self.now);
            let now = self.now;
            if let Some(host) = self.hosts[worker.0 as usize].as_mut().filter(|host| host.hears) {
                let time = host.orders.arrival(now, takes);
                self.dispatch(time, Happening::Orders(worker, orders));
            }
        }
        while let Some((client, notices)) = self.notices.pop_first() {
            let takes = self.latency() + (departure - self.now);
            let time = self.clients[client.0 as usize].from_scheduler.arrival(self.now, takes);
            self.queue.push(time, Happening::Learned(client, notices));
        }
        let due = self.scheduler.next_timeout();
        if due != self.timer {
            self.timer = due;
            if let Some(due) = due {
                self.queue.push(due.max(self.now), Happening::SchedulerTimer(due));
            }
        }
    }

    pub(super) fn scheduler_timer(&mut self, due: Time) {
        if self.timer == Some(due) {
            self.timer = None;
            self.tell(Event::TimePassed);
            self.send();
        }
    }

    pub(super) fn reported(&mut self, worker: WorkerId, reports: Vec<Report>) {
        for report in reports {
            if let Report::Failed { task, fault, .. } = &report
                && self.ids.get(task.index()) == Some(task)
            {
                self.faults.insert(*fault);
            }
            self.tell(Event::WorkerReported { worker, report });
        }
        self.send();
    }

    pub(super) fn joined(&mut self, worker: WorkerId) {
        if let Some(host) = self.host(worker) {
            let info = host.info.clone();
            self.tell(Event::WorkerJoined { worker, info });
            self.send();
        }
    }

    pub(super) fn lost(&mut self, worker: WorkerId, cause: LossCause, begun: Option<Begun>) {
        let mut seen = None;
        if let Some(host) = &mut self.hosts[worker.0 as usize] {
            // The link is closed: what it still says may arrive, what it is told does not.
            host.hears = false;
            seen = Some(host.executor.begun());
        }
        // Of one that was taken for lost, and ended before that was heard, nobody knows.
        let begun = begun.or(seen).unwrap_or_default();
        self.tell(Event::WorkerLost { worker, cause, begun });
        self.send();
    }

    pub(super) fn retire_heard(&mut self, worker: WorkerId) {
        self.tell(Event::RetirementAsked { worker });
        self.send();
    }

    /// A part of a graph: numbers become ids.
    pub(super) fn submitted(&mut self, client: ClientId, part: Part) {
        let open = self.open.remove(&(client, part.submission));
        let mut open = open.unwrap_or_else(|| {
            self.generation += GENERATION_STEP;
            Open { generation: self.generation, ids: Vec::new() }
        });
        let mut piece = Piece { generation: open.generation, ..Piece::default() };
        for task in &part.tasks {
            let id = self.ids[task.number as usize];
            let start = piece.dependencies.len() as u32;
            for place in &task.dependencies {
                let (dependency, owed) = &mut open.ids[*place as usize];
                *owed = owed.saturating_sub(1);
                piece.dependencies.push(*dependency);
            }
            let definition = self.universe.definition(task.number);
            piece.tasks.push(NewTask {
                task: id,
                prefix: definition.prefix_id(),
                rank: open.ids.len() as u32,
                dependents: task.dependents,
                dependencies: start..piece.dependencies.len() as u32,
                wanted: task.wanted,
                // Data is put in by hand; where it is not there, a task of its name fails.
                data: false,
                options: Patience::of(client).ask(definition.options.as_ref()),
            });
            open.ids.push((id, task.dependents));
        }
        if !part.last {
            self.open.insert((client, part.submission), open);
        }
        self.accept(client, part.tasks.iter().filter(|task| task.wanted).map(|task| task.number).collect(), true);
        self.tell(Event::GraphSubmitted { client, piece });
    }

    /// A client is gone: what it did not hand in will not come.
    pub(super) fn client_gone(&mut self, client: ClientId) {
        let left: Vec<_> = self.open.keys().filter(|(owner, _)| *owner == client).copied().collect();
        for key in left {
            let Some(open) = self.open.remove(&key) else { continue };
            let withdrawn = open.ids.into_iter().filter(|(_, owed)| *owed > 0).collect();
            let piece = Piece { generation: open.generation, withdrawn, ..Piece::default() };
            self.tell(Event::GraphSubmitted { client, piece });
        }
        self.tell(Event::ClientLeft { client });
    }

    /// Sends an order past the machine, as a message that is out of date.
    pub fn send_order(&mut self, worker: WorkerId, order: Order) {
        self.orders.entry(worker).or_default().push(order);
        self.send();
    }

    /// Tells the scheduler something past everyone, as a message that is out of date.
    pub fn tell_scheduler(&mut self, event: Event) {
        self.tell(event);
        self.send();
    }

    /// What a client is told of a notice.
    pub(super) fn learn(&mut self, client: ClientId, notices: Vec<(TaskId, Notice)>) {
        for (task, notice) in notices {
            let number = self.number_of(task);
            self.clients[client.0 as usize].learn(number, &notice);
            self.trace.push(Trace::Learned { client, number, notice });
        }
    }

    /// Tells a client that what it asked for is heard, and known or not, ahead of what is said of it.
    pub(super) fn accept(&mut self, client: ClientId, numbers: Vec<Number>, is_known: bool) {
        let takes = self.latency();
        let time = self.clients[client.0 as usize].from_scheduler.arrival(self.now, takes);
        self.queue.push(time, Happening::Accepted(client, numbers, is_known));
    }
}
