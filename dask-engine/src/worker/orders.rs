//! What a scheduler says, carried out.

use super::event::Effect;
use super::machine::Worker;
use super::task::State;
use crate::key::Key;
use crate::ops::{ComputeTask, FromWorker, MapOf, StartStop, TaskErred, ToWorker};
use crate::pickle::{exception, graph};
use bytes::Bytes;
use rmpv::Value;
use std::sync::Arc;

impl Worker {
    pub(super) fn ordered(&mut self, order: ToWorker) {
        match order {
            ToWorker::ComputeTask(task) => self.compute(task),
            ToWorker::FreeKeys { keys, .. } => keys.iter().for_each(|key| self.free(key)),
            ToWorker::RemoveReplicas { keys, stimulus_id } => self.remove_replicas(keys, stimulus_id),
            ToWorker::AcquireReplicas { who_has, nbytes, .. } => self.acquire(&who_has, nbytes),
            ToWorker::StealRequest { key, stimulus_id } => self.steal(key, stimulus_id),
            ToWorker::RefreshWhoHas { who_has, .. } => self.refresh(who_has),
            ToWorker::RemoveWorker { worker, .. } => {
                let peer: Arc<str> = worker.into();
                // A request that it will never answer ends with its connection.
                self.effects.push(Effect::Disconnect { peer: peer.clone() });
                self.forget_peer(&peer);
            }
            ToWorker::WorkerStatusChange { status, stimulus_id } => {
                self.status.clone_from(&status);
                self.say(FromWorker::WorkerStatusChange { status, stimulus_id });
            }
            ToWorker::Close { reason } => {
                self.effects.push(Effect::End { reason: reason.unwrap_or_else(|| "the scheduler said so".to_owned()) });
            }
            ToWorker::CloseStream => self.effects.push(Effect::End { reason: "the scheduler ends".to_owned() }),
            ToWorker::CancelCompute { key } => {
                let state = self.tasks.get(&key).map(|task| &task.state);
                if matches!(state, Some(State::Waiting { .. } | State::Ready { .. })) {
                    self.release(&key);
                }
            }
            ToWorker::Unknown => {}
        }
    }

    fn compute(&mut self, order: ComputeTask) {
        let key = order.key;
        let task = self.tasks.entry(key.clone()).or_default();
        // What is told of it from now on is told under the newest number, or the scheduler runs it again.
        task.run_id = order.run_id;
        match &mut task.state {
            State::Waiting { .. } | State::Ready { .. } => return,
            State::Running { orphaned, .. } => {
                *orphaned = false;
                return;
            }
            State::Held => {
                let (run_id, nbytes) = (task.run_id, task.nbytes);
                let class = crate::value::Seen::class_of_bytes();
                return self.finished(&key, run_id, (nbytes, "partita".to_owned(), class), Vec::new(), 0);
            }
            State::Named | State::Fetch | State::Flight { .. } | State::Missing => {}
        }
        let payload = order.annotations.0.into_iter().find(|(name, _)| name.as_str() == Some(graph::PAYLOAD));
        let Some((_, Value::Binary(payload))) = payload else { return self.refuse(&key, order.run_id) };
        task.payload = Bytes::from(payload);
        task.priority = order.priority;
        task.needs = order.nbytes.0.iter().map(|(need, _)| need.clone()).collect();
        task.state = State::Waiting { missing: 0 };
        for (need, nbytes) in order.nbytes.0 {
            let holders = order.who_has.get(&need).map(Vec::as_slice).unwrap_or_default();
            self.name(&need, nbytes, holders).needed_by.insert(key.clone());
            self.want(&need);
        }
        self.look(&key);
    }

    /// A task that only Python can run.
    fn refuse(&mut self, key: &Key, run_id: i64) {
        let text = format!(
            "the task {key} is one of Python's, and this worker is a Partita worker, which runs tasks of Rust programs; keep tasks of \
             Python away from it with `workers=..` or resources"
        );
        let stimulus_id = self.stimulus("task-erred");
        let none: Vec<StartStop> = Vec::new();
        self.say(FromWorker::TaskErred(TaskErred {
            key: key.clone(),
            run_id,
            status: "error".to_owned(),
            exception: Value::Binary(exception::write(&text)),
            traceback: Value::Nil,
            exception_text: text,
            traceback_text: String::new(),
            thread: 0,
            startstops: none,
            stimulus_id,
        }));
        self.release(key);
    }

    /// What is known of a value that somebody has.
    pub(super) fn name(&mut self, key: &Key, nbytes: u64, holders: &[String]) -> &mut super::task::Task {
        let own = self.config.address.clone();
        let task = self.tasks.entry(key.clone()).or_default();
        if task.state != State::Held {
            task.nbytes = nbytes;
        }
        for holder in holders.iter().filter(|holder| ***holder != *own) {
            if !task.holders.iter().any(|known| **known == **holder) {
                task.holders.push(holder.as_str().into());
            }
        }
        task
    }

    fn free(&mut self, key: &Key) {
        let Some(task) = self.tasks.get_mut(key) else { return };
        match &mut task.state {
            State::Running { orphaned, .. } => {
                if !std::mem::replace(orphaned, true) {
                    self.effects.push(Effect::Stop(key.clone()));
                }
            }
            _ => self.release(key),
        }
    }

    /// A key is not wanted any longer. It stays known as long as tasks here need it, and is fetched again if one waits for it.
    pub(super) fn release(&mut self, key: &Key) {
        self.let_go_of_needs(key);
        let Some(task) = self.tasks.get_mut(key) else { return };
        task.wanted = false;
        let was_held = task.state == State::Held;
        match &task.state {
            State::Ready { rank } => self.ready.remove(rank),
            // What comes is dropped if nobody needs it then.
            State::Flight { .. } => return,
            State::Running { .. } => return,
            _ => {}
        }
        task.state = State::Named;
        let needed_by: Vec<Key> = task.needed_by.iter().cloned().collect();
        if was_held {
            self.effects.push(Effect::Drop(key.clone()));
            // Whoever asked for it: it may have crossed what was told before, and the scheduler would take this worker for a holder
            // for ever.
            let stimulus_id = self.stimulus("release");
            self.say(FromWorker::ReleaseWorkerData { key: key.clone(), stimulus_id });
        }
        if needed_by.is_empty() {
            self.tasks.remove(key);
            return;
        }
        needed_by.iter().for_each(|dependent| self.look(dependent));
        self.want(key);
    }

    /// A task ended or is given up: what it needed may be forgotten here.
    pub(super) fn let_go_of_needs(&mut self, key: &Key) {
        let Some(task) = self.tasks.get_mut(key) else { return };
        for need in std::mem::take(&mut task.needs) {
            let Some(needed) = self.tasks.get_mut(&need) else { continue };
            needed.needed_by.remove(key);
            let idle = matches!(needed.state, State::Named | State::Fetch | State::Missing);
            if needed.needed_by.is_empty() && !needed.wanted && idle {
                self.tasks.remove(&need);
            } else {
                self.want(&need);
            }
        }
    }

    fn steal(&mut self, key: Key, stimulus_id: String) {
        let word = self.tasks.get(&key).map(super::task::Task::word);
        if matches!(word, Some("ready" | "waiting")) {
            self.release(&key);
        }
        self.say(FromWorker::StealResponse { key, state: word.map(str::to_owned), stimulus_id });
    }

    /// Copies are dropped unless tasks here need them; then the scheduler is told that they are still here.
    fn remove_replicas(&mut self, keys: Vec<Key>, stimulus_id: String) {
        let mut refused = Vec::new();
        for key in keys {
            match self.tasks.get(&key) {
                Some(task) if task.state != State::Held => {}
                Some(task) if !task.needed_by.is_empty() => refused.push(key),
                _ => self.release(&key),
            }
        }
        if !refused.is_empty() {
            self.say(FromWorker::AddKeys { keys: refused, stimulus_id });
        }
    }

    fn acquire(&mut self, who_has: &MapOf<Key, Vec<String>>, nbytes: MapOf<Key, u64>) {
        for (key, nbytes) in nbytes.0 {
            let holders = who_has.get(&key).map(Vec::as_slice).unwrap_or_default();
            let task = self.name(&key, nbytes, holders);
            if !task.is_own() && task.state != State::Held {
                task.wanted = true;
                self.want(&key);
            }
        }
    }
}
