//! Runs a block: its tasks one after the other, each tried again as often as was asked, each result dropped after its last reader.

use super::outputs::{Failure, Outputs, Unread};
use super::payload::{Payload, Source, Step};
use partita_graph::{TaskError, TaskErrorKind, Value, Work, run_function};

type Outcome = Result<Value, Failure>;

/// What a block gives, whose inputs are these: what the blocks that it needs gave, in that order. A task that fails takes those
/// with it that need it, and no others.
pub fn run(payload: &Payload, inputs: &[Outputs]) -> Outputs {
    let Payload { steps, outputs, .. } = payload;
    let mut readers = vec![0_u32; steps.len()];
    let own = |input: &Source| match input {
        Source::Own(step) => Some(*step as usize),
        Source::Other(..) => None,
    };
    steps.iter().flat_map(|step| step.inputs.iter().filter_map(own)).for_each(|input| readers[input] += 1);
    outputs.iter().for_each(|output| readers[*output as usize] += 1);
    let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(steps.len());
    for step in steps {
        outcomes.push(Some(run_step(step, &outcomes, inputs)));
        for input in step.inputs.iter().filter_map(own) {
            readers[input] -= 1;
            if readers[input] == 0 {
                outcomes[input] = None;
            }
        }
    }
    Outputs::of(outputs.iter().filter_map(|output| {
        let output = *output as usize;
        Some((&steps[output], outcomes[output].clone()?))
    }))
}

fn run_step(step: &Step, outcomes: &[Option<Outcome>], others: &[Outputs]) -> Outcome {
    let failure = |text: String| step.failure(text);
    let lost = || failure("an input was dropped before it ran".to_owned());
    let input = |source: &Source| match source {
        Source::Own(own) => outcomes.get(*own as usize).cloned().flatten().unwrap_or_else(|| Err(lost())),
        Source::Other(block, output) => match others.get(*block as usize).map(|other| other.get(*output)) {
            Some(Ok(value)) => Ok(value),
            Some(Err(Unread::Failed(failed))) => Err(failed),
            Some(Err(error)) => Err(failure(error.to_string())),
            None => Err(lost()),
        },
    };
    let inputs: Vec<Value> = step.inputs.iter().map(input).collect::<Result<_, Failure>>()?;
    match &step.work {
        Work::Value(value) => Ok(value.clone()),
        Work::Call(function) => {
            let mut left = step.retries;
            loop {
                match run_function(&**function, &inputs, |_| None) {
                    Ok(value) => return Ok(value),
                    Err(_) if left > 0 => left -= 1,
                    Err(kind) => return Err(step.failed(kind)),
                }
            }
        }
        Work::Held(_) => Err(failure("its value is held by another cluster".to_owned())),
    }
}

impl Step {
    /// It failed, for this reason.
    pub(super) fn failure(&self, text: String) -> Failure {
        Failure { task: self.key.clone(), place: self.place.clone(), text }
    }

    /// As [`Step::failure`], for a reason that the function gave.
    fn failed(&self, kind: TaskErrorKind) -> Failure {
        let shown = TaskError::new(self.key.clone(), None, kind).to_string();
        let beginning = format!("task `{}` failed: ", self.key);
        self.failure(shown.strip_prefix(&beginning).map_or_else(|| shown.clone(), str::to_owned))
    }
}
