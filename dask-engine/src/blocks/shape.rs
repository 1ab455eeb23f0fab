//! The shape of a graph: which task needs which.

/// The shape of a graph, in static order: a task needs only those before it.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// Where the inputs of each task begin in `inputs`; one more than there are tasks.
    begins: Vec<u32>,
    inputs: Vec<u32>,
    classes: Vec<u32>,
    wanted: Vec<bool>,
}

impl Shape {
    /// Adds a task that needs these; its number. Tasks of different classes are never in one block: those of which different
    /// things are asked. If it is wanted, its result can be asked for.
    ///
    /// # Panics
    /// If it needs one that does not come before it.
    pub fn add(&mut self, inputs: &[u32], class: u32, wanted: bool) -> u32 {
        let number = self.len() as u32;
        assert!(inputs.iter().all(|input| *input < number), "task {number} needs {inputs:?}");
        if self.begins.is_empty() {
            self.begins.push(0);
        }
        self.inputs.extend_from_slice(inputs);
        self.begins.push(self.inputs.len() as u32);
        self.classes.push(class);
        self.wanted.push(wanted);
        number
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The tasks that a task needs.
    pub fn inputs(&self, task: u32) -> &[u32] {
        let range = self.begins[task as usize] as usize..self.begins[task as usize + 1] as usize;
        &self.inputs[range]
    }

    pub(super) fn class(&self, task: u32) -> u32 {
        self.classes[task as usize]
    }

    /// Whether its result can be asked for.
    pub fn is_wanted(&self, task: u32) -> bool {
        self.wanted[task as usize]
    }
}
