//! Values that travel from worker to worker.

use super::faults::LostRequest;
use super::host::Stored;
use super::{Happening, Trace, World};
use partita_protocol::worker::Event;
use partita_protocol::{TaskId, WorkerId};
use std::time::Duration;

impl World {
    /// A worker asks another for values.
    pub(super) fn ask(&mut self, asker: WorkerId, holder: WorkerId, tasks: Vec<TaskId>) {
        let takes = self.latency();
        self.requests += 1;
        let request = self.requests;
        let Some(host) = &mut self.hosts[asker.0 as usize] else { return };
        host.asked.insert(holder, (request, tasks.clone()));
        let lost = host.lose_next.take();
        self.queue.push(self.now + takes, Happening::Asked { holder, asker, request, tasks, lost });
    }

    /// A request arrives. If it is lost, or nobody is there, whoever asked gives up after a while.
    pub(super) fn asked(
        &mut self,
        holder: WorkerId,
        asker: WorkerId,
        request: u64,
        tasks: Vec<TaskId>,
        lost: Option<LostRequest>,
    ) {
        let patience = self.settings.network.patience;
        let give_up = (self.now + patience, Happening::GaveUp { asker, holder, request });
        if lost.is_some() {
            self.queue.push(give_up.0, give_up.1.clone());
        }
        let Some(host) = &mut self.hosts[holder.0 as usize] else {
            if lost.is_none() {
                self.queue.push(give_up.0, give_up.1);
            }
            return;
        };
        let late = match lost {
            Some(LostRequest::Request | LostRequest::Reply) => return,
            // The answer comes when nobody waits for it any more.
            Some(LostRequest::Late) => patience + Duration::from_millis(1),
            None => Duration::ZERO,
        };
        let (mut found, mut missing) = (Vec::with_capacity(tasks.len()), Vec::new());
        for task in tasks {
            match host.store.get(&task) {
                Some(stored) => found.push((task, *stored)),
                None => missing.push(task),
            }
        }
        let nbytes = found.iter().map(|(_, stored)| stored.nbytes).fold(0, u64::saturating_add);
        let read = host.memory.on_disk(found.iter().map(|(task, _)| *task));
        let travel = self.settings.network.travel(nbytes) + host.memory.time(read);
        let there = self.hosts[asker.0 as usize].as_ref().map_or(self.now, |host| host.port_in);
        let Some(host) = &mut self.hosts[holder.0 as usize] else { return };
        let start = self.now.max(host.port_out).max(there);
        host.port_out = start + travel;
        if let Some(asking) = &mut self.hosts[asker.0 as usize] {
            asking.port_in = start + travel;
        }
        let latency = self.latency();
        let (count, until) = (found.len() as u32, start + travel + latency + late);
        self.trace.push(Trace::Sent { from: holder, to: asker, nbytes, count, until });
        let lacking = missing.clone();
        let answer = Happening::Answered { asker, holder, request, found, missing };
        self.queue.push(until, answer);
        if !lacking.is_empty() {
            self.inform(holder, Event::Vanished { tasks: lacking });
            self.end_turn(holder);
        }
    }

    pub(super) fn answered(
        &mut self,
        asker: WorkerId,
        holder: WorkerId,
        request: u64,
        found: Vec<(TaskId, Stored)>,
        missing: Vec<TaskId>,
    ) {
        let Some(host) = &mut self.hosts[asker.0 as usize] else { return };
        if host.asked.get(&holder).is_none_or(|(known, _)| *known != request) {
            // Nobody waits for this answer any more.
            return;
        }
        host.asked.remove(&holder);
        let sizes = found.iter().map(|(task, stored)| (*task, stored.nbytes)).collect();
        for (task, stored) in found {
            self.keep(asker, task, stored);
        }
        self.inform(asker, Event::Gathered { peer: holder, found: sizes, missing });
        self.end_turn(asker);
    }

    pub(super) fn gave_up(&mut self, asker: WorkerId, holder: WorkerId, request: u64) {
        let Some(host) = &self.hosts[asker.0 as usize] else { return };
        if host.asked.get(&holder).is_some_and(|(known, _)| *known == request) {
            self.peer_gone(asker, holder);
            self.end_turn(asker);
        }
    }

    /// What a worker asked of a peer will not be answered.
    pub(super) fn peer_gone(&mut self, asker: WorkerId, peer: WorkerId) {
        let Some(host) = &mut self.hosts[asker.0 as usize] else { return };
        if let Some((_, tasks)) = host.asked.remove(&peer) {
            self.inform(asker, Event::GatherFailed { peer, tasks });
        }
    }
}
