//! A graph as it would be run: its tasks by number, what is wanted, and the names that users know.

mod graph;

use crate::universe::{Number, Universe};
use partita_graph::Key;
use std::sync::Arc;

/// A graph as it would be run, with no function and no value: numbers, groups, sizes of values that stand in it.
#[derive(Clone, Debug)]
pub struct Plan {
    universe: Arc<Universe>,
    /// What is wanted, each once.
    outputs: Vec<Number>,
    /// All tasks in the order in which they are handed in; empty if they are still to be ordered.
    order: Vec<Number>,
    /// The keys, if there are any.
    keys: Vec<Key>,
    /// The sizes of values that stand in the graph; [`NOT_KNOWN`] of tasks that call a function. Empty if all do.
    sizes: Vec<u64>,
    /// Results that workers hold already.
    held: Vec<Number>,
}

const NOT_KNOWN: u64 = u64::MAX;

impl Plan {
    /// These results of a universe, and all that they depend on.
    ///
    /// ```
    /// use partita_simulator::{Plan, families};
    ///
    /// let plan = Plan::of(families::tree(8, 2));
    /// assert_eq!((plan.len(), plan.name(0)), (15, "leaf-0".to_string()));
    /// ```
    pub fn of(universe: Universe) -> Self {
        let outputs = universe.ends();
        let held = universe.numbers().filter(|number| universe.definition(*number).data).collect();
        let universe = Arc::new(universe);
        Plan { universe, outputs, order: Vec::new(), keys: Vec::new(), sizes: Vec::new(), held }
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.universe.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.universe.is_empty()
    }

    /// How many dependencies there are.
    pub fn edges(&self) -> usize {
        self.universe.numbers().map(|number| self.universe.definition(number).dependencies.len()).sum()
    }

    /// The tasks.
    pub fn universe(&self) -> &Arc<Universe> {
        &self.universe
    }

    /// What is wanted.
    pub fn outputs(&self) -> &[Number] {
        &self.outputs
    }

    /// The order in which tasks are handed in, if it is given.
    pub(crate) fn order(&self) -> &[Number] {
        &self.order
    }

    /// Results that workers hold already.
    pub(crate) fn held(&self) -> &[Number] {
        &self.held
    }

    /// The name of a task: its key, or its group and number.
    pub fn name(&self, number: Number) -> String {
        self.keys.get(number as usize).map_or_else(|| self.universe.name(number), Key::to_string)
    }

    /// The key of a task, if it has one.
    pub fn key(&self, number: Number) -> Option<&Key> {
        self.keys.get(number as usize)
    }

    /// The group of a task.
    pub fn group(&self, number: Number) -> &str {
        &self.universe.prefixes()[self.universe.definition(number).prefix as usize]
    }

    /// The size of a value that stands in the graph.
    pub(crate) fn known_nbytes(&self, number: Number) -> Option<u64> {
        self.sizes.get(number as usize).copied().filter(|nbytes| *nbytes != NOT_KNOWN)
    }
}
