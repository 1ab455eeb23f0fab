//! Why results do not come, in words.

use super::{Failed, show_time};
use crate::plan::Plan;
use crate::universe::Number;
use partita_protocol::Cause;
use std::collections::BTreeMap;

/// Failures that are told one by one.
const TOLD: usize = 10;

/// The results that will not come, so far, each with the task that is to blame.
pub(crate) type Failures = BTreeMap<Number, (Number, Cause)>;

/// The first few in words.
pub(super) fn report(failures: &Failures, plan: &Plan) -> Vec<Failed> {
    let failed = |(number, (blame, cause)): (&Number, &(Number, Cause))| Failed {
        task: plan.name(*number),
        blame: plan.name(*blame),
        cause: words(cause),
    };
    failures.iter().take(TOLD).map(failed).collect()
}

fn words(cause: &Cause) -> String {
    match cause {
        Cause::Reported(_) => "it ended with an error".into(),
        Cause::WorkersDied { deaths, .. } => format!("{deaths} workers died while they ran it"),
        Cause::NeverBegan { deaths, .. } => format!("{deaths} workers died before they began it"),
        Cause::Unsatisfiable { needs, best } => format!("it needs {needs}, and the workers have {best}"),
        Cause::NoWorkers { waited, .. } => {
            let waited = show_time(*waited);
            format!("no worker could take it for {waited}: they were gone, or their memory and disk were full")
        }
        Cause::TimedOut { limit } => format!("it ran for longer than {}", show_time(*limit)),
        Cause::DeadlinePassed { limit } => format!("it was not there after {}", show_time(*limit)),
        Cause::DataLost => "its data was lost with a worker, and cannot be computed".into(),
        Cause::TooLarge { needs, limit } => {
            format!("it takes {needs} bytes, and the largest worker that may run it can hold {limit}")
        }
    }
}
