//! Slots: where an argument comes from when its task runs.

use partita_graph::{Data, Fault, Named, NotPortable, NotRead, Packer, Shared, Travels, Unpacker, Value};

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
        read: Named<Read<T>>,
    },
}

/// Makes an argument of all inputs of a task, the first that counts and how many count.
pub type Read<T> = fn(&[Value], u32, u32) -> Result<T, Fault>;

impl<T: Data + Clone> Travels for Slot<T> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        match self {
            Slot::Const(value) => {
                false.pack(into)?;
                into.data(value)
            }
            Slot::Read { start, count, read } => {
                true.pack(into)?;
                start.pack(into)?;
                count.pack(into)?;
                read.pack(into)
            }
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        if !bool::unpack(from)? {
            return Ok(Slot::Const(from.data()?));
        }
        let (start, count, read) = Travels::unpack(from)?;
        Ok(Slot::Read { start, count, read })
    }
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

fn input(inputs: &[Value], number: u32) -> Result<&Value, Fault> {
    inputs.get(number as usize).ok_or_else(|| Fault::failed(format!("a call has no input {number}")))
}

/// Reads one input as a `T` of its own.
pub(super) fn read_one<T: Data + Clone>(inputs: &[Value], start: u32, _: u32) -> Result<T, Fault> {
    input(inputs, start)?.get::<T>().cloned().map_err(wrong(start))
}

/// Reads one input in place.
pub(super) fn read_shared<T: Data>(inputs: &[Value], start: u32, _: u32) -> Result<Shared<T>, Fault> {
    input(inputs, start)?.share::<T>().map_err(wrong(start))
}

/// Reads two inputs as a pair.
pub(super) fn read_pair<A: Data + Clone, B: Data + Clone>(
    inputs: &[Value],
    start: u32,
    _: u32,
) -> Result<(A, B), Fault> {
    Ok((read_one(inputs, start, 1)?, read_one(inputs, start + 1, 1)?))
}

/// Reads several inputs as a list.
pub(super) fn read_list<T: Data + Clone>(inputs: &[Value], start: u32, count: u32) -> Result<Vec<T>, Fault> {
    (start..start + count).map(|input| read_one(inputs, input, 1)).collect()
}

/// Reads several inputs in place, as a list.
pub(super) fn read_shared_list<T: Data>(inputs: &[Value], start: u32, count: u32) -> Result<Vec<Shared<T>>, Fault> {
    (start..start + count).map(|input| read_shared(inputs, input, 1)).collect()
}
