//! Censuses: what the profiler is told when it has lost records and caught up again.

use super::actor::SchedulerActor;
use actix::{AsyncContext, Context};
use partita_protocol::Time;
use partita_protocol::limits::{CENSUS_NAMES, CENSUS_PACE, CENSUS_TASKS};
use partita_protocol::telemetry::Record;

/// Whether a census was asked for, and when there was one last.
#[derive(Default)]
pub(super) struct Censuses {
    pub(super) asked: bool,
    /// Whether it waits for its time.
    waits: bool,
    last: Option<Time>,
}

impl SchedulerActor {
    /// Hands over the census that was asked for, or wakes up when it is time for it. At the end of each turn.
    pub(super) fn give_census(&mut self, context: &mut Context<Self>) {
        if !self.censuses.asked || self.censuses.waits {
            return;
        }
        let wait = self.censuses.last.map(|last| (last + CENSUS_PACE).since(self.now)).filter(|wait| !wait.is_zero());
        if let Some(wait) = wait {
            self.censuses.waits = true;
            context.run_later(wait, |actor, context| {
                actor.censuses.waits = false;
                actor.guarded(context, |_| {});
            });
            return;
        }
        (self.censuses.asked, self.censuses.last) = (false, Some(self.now));
        self.record_census();
        self.flush_records();
    }

    /// Tells the names again that may have been lost, and then the states of all tasks: what the records so far come to.
    fn record_census(&mut self) {
        // What was added up until now is of the time before it.
        self.record_steps();
        let registry = &self.registry;
        // They are numbered in the order in which they came.
        let old = |count: usize| count.saturating_sub(CENSUS_NAMES) as u32;
        let prefixes = registry.prefixes().filter(|(prefix, _)| prefix.0 >= old(registry.prefixes().len()));
        let places = registry.places().filter(|(place, _)| place.0 >= old(registry.places().len()));
        let prefixes = prefixes.map(|(prefix, name)| Record::Prefix { prefix, name: name.as_str().into() });
        let places = places.map(|(place, at)| Record::Place { place, file: at.file().into(), line: at.line() });
        self.records.extend(prefixes.chain(places));
        let most = if self.settings.listeners.any() { CENSUS_TASKS } else { 0 };
        let census = self.machine().census(self.now, most);
        self.records.push(Record::Census(Box::new(census)));
    }
}
