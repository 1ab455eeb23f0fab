//! What there is to compute: tasks by number, each with its dependencies and its group.

use partita_graph::TaskOptions;
use partita_protocol::PrefixId;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::ops::Range;
use std::sync::Arc;

/// The number of a task in its universe. In the machines its id has this number as its place, and a generation.
pub type Number = u32;

/// A task as it is defined: the machines know no more of it either.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    /// What it depends on: smaller numbers, each once.
    pub dependencies: SmallVec<[Number; 2]>,
    /// The group that its statistics are kept for: a place in [`Universe::prefixes`].
    pub prefix: u32,
    /// Whether it is data that a client puts in by hand.
    pub data: bool,
    /// What the user asked for.
    pub options: Option<Arc<TaskOptions>>,
}

/// Everything that clients may ask for: tasks whose dependencies have smaller numbers, so that no cycle can be written.
#[derive(Clone, Debug, Default)]
pub struct Universe {
    definitions: Vec<Definition>,
    /// The names of the groups.
    prefixes: Vec<Arc<str>>,
    /// The numbers of the groups by name.
    places: FxHashMap<Arc<str>, u32>,
}

impl Universe {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a task of the group `prefix` and gives its number. Dependencies that are not smaller numbers, and repeated
    /// ones, are left out.
    ///
    /// ```
    /// use partita_simulator::Universe;
    ///
    /// let mut universe = Universe::new();
    /// let one = universe.task("load", &[]);
    /// let two = universe.task("sum", &[one]);
    /// assert_eq!(universe.definition(two).dependencies[..], [one]);
    /// ```
    pub fn task(&mut self, prefix: &str, dependencies: &[Number]) -> Number {
        let number = self.definitions.len() as Number;
        // Looking through a short list is faster than a set, and through a long one takes its square.
        let mut seen = FxHashSet::default();
        let mut kept = SmallVec::new();
        for dependency in dependencies {
            let is_new = if dependencies.len() > 16 { seen.insert(*dependency) } else { !kept.contains(dependency) };
            if *dependency < number && is_new {
                kept.push(*dependency);
            }
        }
        let prefix = self.prefix(prefix);
        self.definitions.push(Definition { dependencies: kept, prefix, ..Definition::default() });
        number
    }

    /// Adds data that is put in by hand.
    pub fn data(&mut self, prefix: &str) -> Number {
        let number = self.task(prefix, &[]);
        self.definitions[number as usize].data = true;
        number
    }

    /// Sets what the user asks for a task.
    pub fn options(&mut self, number: Number, options: Arc<TaskOptions>) {
        if let Some(definition) = self.definitions.get_mut(number as usize) {
            definition.options = Some(options);
        }
    }

    /// Takes back what the user asks for a task.
    pub(crate) fn clear_options(&mut self, number: Number) {
        if let Some(definition) = self.definitions.get_mut(number as usize) {
            definition.options = None;
        }
    }

    /// How many dependencies all tasks have together.
    pub(crate) fn edges(&self) -> usize {
        self.definitions.iter().map(|definition| definition.dependencies.len()).sum()
    }

    fn prefix(&mut self, name: &str) -> u32 {
        // Tasks of a group come in a row.
        if let Some(last) = self.definitions.last()
            && *self.prefixes[last.prefix as usize] == *name
        {
            return last.prefix;
        }
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let (place, name) = (self.prefixes.len() as u32, Arc::<str>::from(name));
        self.places.insert(name.clone(), place);
        self.prefixes.push(name);
        place
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.definitions.len()
    }

    /// Whether there is no task.
    pub fn is_empty(&self) -> bool {
        self.definitions.is_empty()
    }

    /// The task of this number.
    ///
    /// # Panics
    /// If there is none.
    pub fn definition(&self, number: Number) -> &Definition {
        &self.definitions[number as usize]
    }

    /// The name of a task: its group and its number.
    pub fn name(&self, number: Number) -> String {
        let prefix = self.definitions.get(number as usize).map_or("?", |task| &self.prefixes[task.prefix as usize]);
        format!("{prefix}-{number}")
    }

    /// The names of the groups, by number.
    pub fn prefixes(&self) -> &[Arc<str>] {
        &self.prefixes
    }

    /// All numbers.
    pub fn numbers(&self) -> Range<Number> {
        0..self.definitions.len() as Number
    }

    /// The tasks on which no other depends.
    pub fn ends(&self) -> Vec<Number> {
        let mut is_needed = vec![false; self.definitions.len()];
        for definition in &self.definitions {
            definition.dependencies.iter().for_each(|number| is_needed[*number as usize] = true);
        }
        self.numbers().filter(|number| !is_needed[*number as usize]).collect()
    }

    /// These tasks and everything that they depend on, dependencies first.
    pub fn closure(&self, outputs: &[Number]) -> Vec<Number> {
        let mut marked = vec![false; outputs.iter().max().map_or(0, |most| *most as usize + 1)];
        outputs.iter().for_each(|number| marked[*number as usize] = true);
        for number in (0..marked.len()).rev().filter(|number| *number < self.definitions.len()) {
            if marked[number] {
                self.definitions[number].dependencies.iter().for_each(|number| marked[*number as usize] = true);
            }
        }
        (0..marked.len() as Number).filter(|number| marked[*number as usize]).collect()
    }

    /// These tasks, which are sorted and all that they depend on, in the static order of Partita's graphs.
    pub fn static_order(&self, numbers: &[Number]) -> Vec<Number> {
        let mut ranks = vec![0u32; numbers.last().map_or(0, |last| *last as usize + 1)];
        numbers.iter().enumerate().for_each(|(at, number)| ranks[*number as usize] = at as u32);
        let (mut starts, mut edges) = (vec![0u32], Vec::new());
        for number in numbers {
            let dependencies = &self.definitions[*number as usize].dependencies;
            edges.extend(dependencies.iter().map(|number| ranks[*number as usize]));
            starts.push(edges.len() as u32);
        }
        partita_graph::order(&starts, &edges).into_iter().map(|at| numbers[at as usize]).collect()
    }

    /// The value that every run of a task must give, by a plain evaluation: a hash of its number and its inputs' values.
    pub fn expected(&self) -> Vec<u64> {
        let mut values: Vec<u64> = Vec::with_capacity(self.definitions.len());
        for number in self.numbers() {
            let inputs = self.definitions[number as usize].dependencies.iter().map(|number| values[*number as usize]);
            values.push(value_of(number, inputs));
        }
        values
    }

    /// The longest path, in the unit of `length`.
    pub fn critical_path(&self, mut length: impl FnMut(Number) -> u64) -> u64 {
        let mut ends: Vec<u64> = Vec::with_capacity(self.definitions.len());
        let mut longest = 0;
        for number in self.numbers() {
            let inputs = self.definitions[number as usize].dependencies.iter();
            let start = inputs.map(|number| ends[*number as usize]).max().unwrap_or(0);
            let end = start.saturating_add(length(number));
            longest = longest.max(end);
            ends.push(end);
        }
        longest
    }
}

impl Definition {
    /// The id of its group.
    pub fn prefix_id(&self) -> PrefixId {
        PrefixId(self.prefix)
    }
}

/// The value of a task in a simulation: a hash of its number and of its inputs' values, in their order.
pub fn value_of(number: Number, inputs: impl IntoIterator<Item = u64>) -> u64 {
    let mix = |hash: u64, next: u64| (hash.rotate_left(5) ^ next).wrapping_mul(0x517c_c1b7_2722_0a95);
    inputs.into_iter().fold(mix(0x9e37_79b9, u64::from(number) + 1), mix)
}
