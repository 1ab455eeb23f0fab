//! Slots: where an argument comes from when its task runs.

use partita_graph::{Data, Fault, Shared, Value};

/// One argument of a task.
#[derive(Clone)]
pub enum Slot<T> {
    /// At hand.
    Const(T),
    /// Made of the task's inputs from `start` on.
    Read {
        /// The first input.
        start: u32,
        /// How many.
        count: u32,
        /// Makes the argument of all inputs of the task.
        read: fn(&[Value], u32, u32) -> Result<T, Fault>,
    },
}

impl<T: Data + Clone> Slot<T> {
    /// The argument, for one run of the task.
    ///
    /// # Errors
    /// [`Fault::Type`] if an input is of another type.
    pub fn fill(&self, inputs: &[Value]) -> Result<T, Fault> {
        match self {
            Slot::Const(value) => Ok(value.clone()),
            Slot::Read { start, count, read } => read(inputs, *start, *count),
        }
    }

    /// Writes the constant, or the numbers of the inputs, for the token of a pure call; false if that is not possible.
    pub fn write(&self, into: &mut Vec<u8>) -> bool {
        match self {
            Slot::Const(value) => rmp_serde::encode::write(into, value).is_ok(),
            Slot::Read { start, count, .. } => {
                into.extend_from_slice(&start.to_le_bytes());
                into.extend_from_slice(&count.to_le_bytes());
                true
            }
        }
    }
}

fn wrong(input: u32) -> impl Fn(partita_graph::TypeMismatch) -> Fault {
    move |mismatch| Fault::Type { input: input as usize, mismatch }
}

/// Reads one input as a `T` of its own.
pub(super) fn read_one<T: Data + Clone>(inputs: &[Value], start: u32, _: u32) -> Result<T, Fault> {
    inputs[start as usize].get::<T>().cloned().map_err(wrong(start))
}

/// Reads one input in place.
pub(super) fn read_shared<T: Data>(inputs: &[Value], start: u32, _: u32) -> Result<Shared<T>, Fault> {
    inputs[start as usize].share::<T>().map_err(wrong(start))
}

/// Reads several inputs as a list.
pub(super) fn read_list<T: Data + Clone>(inputs: &[Value], start: u32, count: u32) -> Result<Vec<T>, Fault> {
    (start..start + count).map(|input| read_one(inputs, input, 1)).collect()
}

/// Reads several inputs in place, as a list.
pub(super) fn read_shared_list<T: Data>(inputs: &[Value], start: u32, count: u32) -> Result<Vec<Shared<T>>, Fault> {
    (start..start + count).map(|input| read_shared(inputs, input, 1)).collect()
}
