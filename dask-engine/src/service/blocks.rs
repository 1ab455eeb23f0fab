//! Runs blocks of Partita's graphs.

use super::execute::{Done, Execute, Given, Task};
use crate::block::{Outputs, Payload, Seal, run};
use crate::key::Key;
use partita_graph::catch;

/// Runs blocks that are sealed so, each on a thread of its own.
#[derive(Debug)]
pub struct BlockRunner {
    seal: Seal,
}

impl BlockRunner {
    /// One that opens this seal.
    pub fn new(seal: Seal) -> Self {
        BlockRunner { seal }
    }
}

impl Execute for BlockRunner {
    fn run(&self, task: Task, done: Done) {
        let seal = self.seal.clone();
        let name = format!("partita-block {}", task.key);
        let work = move || {
            let given = catch(|| give(&task, &seal)).unwrap_or_else(|panic| Given::Error(panic.message.to_string()));
            done(given);
        };
        // Whoever waits for what is dropped without a word takes it for asked to run elsewhere.
        if let Err(error) = std::thread::Builder::new().name(name).spawn(work) {
            tracing::error!(%error, "no thread for a block");
        }
    }

    fn stop(&self, _: &Key) {}
}

/// What a block gives. Failures of its tasks are among that: those that do not need them are not to fail, too.
fn give(task: &Task, seal: &Seal) -> Given {
    let payload = match Payload::read(&task.key, &task.payload, seal) {
        Ok(payload) => payload,
        Err(error) => return Given::Error(error.to_string()),
    };
    let mut inputs = Vec::with_capacity(payload.needs.len());
    for need in &payload.needs {
        let Some((_, value)) = task.inputs.iter().find(|(key, _)| key == need) else {
            return Given::Error(format!("the block needs {need}, which the scheduler does not know of"));
        };
        match Outputs::read(need, value, seal) {
            Ok(outputs) => inputs.push(outputs),
            Err(error) => return Given::Error(format!("{need}: {error}")),
        }
    }
    Given::Value(run(&payload, &inputs).write(&task.key, seal))
}
