//! What a worker is to run of a task: its function as it is, or within a `tracing` span.

use super::actor::SchedulerActor;
use partita_graph::{Fault, Function, Key, NotPortable, Packer, Portable, TaskFn, Token, Value, Work};
use partita_protocol::{TaskId, WorkerId};
use std::sync::Arc;

impl SchedulerActor {
    /// What the worker is to run; `None` if nothing is known of the task.
    pub(super) fn work_for(&self, worker: WorkerId, task: TaskId) -> Option<Work> {
        let entry = self.registry.get(task)?;
        if !self.settings.spans {
            return Some(another(&entry.work));
        }
        let function: Function = match &entry.work {
            Work::Value(value) => Arc::new(Known(value.clone())),
            Work::Call(function) => function.clone(),
            Work::Held(_) => return Some(Work::Held(None)),
        };
        let worker = self.names.get(&worker).cloned().unwrap_or_else(|| worker.to_string().into());
        Some(Work::Call(Arc::new(Spanned { function, key: entry.key.clone(), worker })))
    }
}

/// Another handle on what a task does.
fn another(work: &Work) -> Work {
    match work {
        Work::Value(value) => Work::Value(Value::clone(value)),
        Work::Call(function) => Work::Call(function.clone()),
        Work::Held(_) => Work::Held(None),
    }
}

/// A function that gives a value that is known.
struct Known(Value);

impl TaskFn for Known {
    fn call(&self, _: &[Value]) -> Result<Value, Fault> {
        Ok(self.0.clone())
    }

    fn returns(&self) -> &'static str {
        self.0.type_name()
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

partita_graph::travels!(Known { 0 });

/// A function that runs within a span.
struct Spanned {
    function: Function,
    key: Key,
    worker: Arc<str>,
}

impl TaskFn for Spanned {
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        let group = self.key.name().as_str();
        let span = tracing::info_span!(
            target: "partita::task",
            "task",
            otel.name = group,
            key = %self.key,
            group,
            worker = &*self.worker,
            ok = tracing::field::Empty,
        );
        let result = span.in_scope(|| self.function.call(inputs));
        span.record("ok", result.is_ok());
        result
    }

    fn returns(&self) -> &'static str {
        self.function.returns()
    }

    fn token(&self) -> Option<Token> {
        self.function.token()
    }

    fn portable(&self) -> Option<Portable> {
        self.function.portable()
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

partita_graph::travels!(Spanned { function, key, worker });
