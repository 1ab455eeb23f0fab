//! A function that takes one result in several places.

use partita_graph::{Fault, Function, NotPortable, Packer, Portable, TaskFn, Token, Value};
use partita_protocol::{IdMap, TaskId};

/// Lists shorter than this are searched from the front.
const SHORT: usize = 8;

/// A function whose inputs come each once, and are given to it as often as it names them.
pub(super) struct Spread {
    function: Function,
    /// For each argument, which of the inputs it is.
    places: Vec<u32>,
}

impl Spread {
    /// Wraps the function if one of its inputs stands twice in the list; `None` if there is nothing to do.
    pub(super) fn new(function: &Function, inputs: &[TaskId]) -> Option<Self> {
        if inputs.len() < 2 || (inputs.len() < SHORT && all_differ(inputs)) {
            return None;
        }
        let mut first: IdMap<TaskId, u32> = IdMap::default();
        let mut next = 0;
        let mut place = |input: &TaskId| {
            *first.entry(*input).or_insert_with(|| {
                next += 1;
                next - 1
            })
        };
        let places: Vec<u32> = inputs.iter().map(&mut place).collect();
        ((next as usize) < inputs.len()).then(|| Spread { function: function.clone(), places })
    }
}

fn all_differ(inputs: &[TaskId]) -> bool {
    inputs.iter().enumerate().all(|(at, input)| !inputs[..at].contains(input))
}

impl TaskFn for Spread {
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        let all: Vec<Value> = self.places.iter().filter_map(|&place| inputs.get(place as usize).cloned()).collect();
        self.function.call(&all).map_err(|fault| match fault {
            Fault::Type { input, mismatch } => {
                Fault::Type { input: self.places.get(input).map_or(input, |&place| place as usize), mismatch }
            }
            fault => fault,
        })
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

partita_graph::travels!(Spread { function, places });

#[cfg(test)]
mod tests {
    use super::*;
    use partita_graph::{FromValues, Work, WorkReader, WorkWriter, build_id};
    use std::sync::Arc;

    fn list() -> Function {
        Arc::new(FromValues::new("Vec<i64>", |inputs: &[Value]| {
            Ok(Value::new(inputs.iter().filter_map(|input| input.get::<i64>().ok().copied()).collect::<Vec<i64>>()))
        }))
    }

    #[test]
    fn a_result_that_is_taken_twice_is_given_twice() {
        let ids = |list: &[u32]| -> Vec<TaskId> { list.iter().map(|&index| TaskId::new(index, 0)).collect() };
        assert!(Spread::new(&list(), &ids(&[1, 2, 3])).is_none());
        let long: Vec<u32> = (0..100).collect();
        assert!(Spread::new(&list(), &ids(&long)).is_none());
        let spread = Spread::new(&list(), &ids(&[5, 7, 5, 5, 7])).unwrap();
        let value = spread.call(&[Value::new(50i64), Value::new(70i64)]).unwrap();
        assert_eq!(value.get::<Vec<i64>>().unwrap(), &[50, 70, 50, 50, 70]);
        // It does so in another process, too.
        let written = Work::Call(Arc::new(spread)).write(&mut WorkWriter::new()).unwrap();
        let read = Work::read(&written, &mut WorkReader::new(build_id()).unwrap()).unwrap();
        let Work::Call(function) = read else { panic!("a call") };
        let value = function.call(&[Value::new(50i64), Value::new(70i64)]).unwrap();
        assert_eq!(value.get::<Vec<i64>>().unwrap(), &[50, 70, 50, 50, 70]);
    }
}
