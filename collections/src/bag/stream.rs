//! Streams: the elements of one partition on their way through the steps of a task.
//!
//! A step takes a stream and gives one; nothing is kept in between. Elements are *pushed*: the last step drives its
//! source with a sink, the source drives its own, and so each step costs one indirect call an element (about 1.2 ns; a
//! chain of boxed iterators, which is pulled, costs about 2.2 ns a step). Pulling is there for steps that walk two
//! streams side by side and for users' iterators.

use super::Element;
use super::pieces::{Pieces, Reading};
use partita_graph::{Fault, Flow, Shared, TypeMismatch, Value};
use std::any::type_name;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

/// A fault, boxed so that the happy path stays small.
pub(super) type Fail = Box<Fault>;

/// Whether a sink wants more; a break with a fault is an error, one without means that it has enough.
pub(super) type Step = ControlFlow<Option<Fail>>;

/// Go on.
pub(super) const MORE: Step = ControlFlow::Continue(());

/// Where elements come from.
pub(super) trait Source<T> {
    /// The next element.
    fn next(&mut self) -> Result<Option<T>, Fail>;

    /// Pushes all elements that are left into `sink`. After a break the source is not asked again.
    fn drive(&mut self, sink: &mut dyn FnMut(T) -> Step) -> Step;

    /// As [`Source::drive`], for sinks that only look.
    fn drive_ref(&mut self, sink: &mut dyn FnMut(&T) -> Step) -> Step {
        self.drive(&mut |element| sink(&element))
    }

    /// Whether looking is cheaper than taking, because elements must be cloned to be taken.
    fn lends(&self) -> bool {
        false
    }

    /// How many elements there are at least.
    fn at_least(&self) -> usize {
        0
    }
}

/// Steps that may be on the way at once. Each is a call inside another one, and a task's stack has an end; after so
/// many the elements are kept, and the next step starts from them.
const MAX_DEPTH: u32 = 128;

/// The elements of one partition, not yet made.
pub(super) struct Stream<T> {
    source: Box<dyn Source<T>>,
    depth: u32,
}

impl<T: 'static> Stream<T> {
    pub(super) fn new(source: impl Source<T> + 'static) -> Self {
        Stream { source: Box::new(source), depth: 0 }
    }

    /// How many steps it goes through, as far as is known.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// The same stream, made by a step that reads streams this deep.
    pub(super) fn above(mut self, depth: u32) -> Self {
        self.depth = depth + 1;
        self
    }

    pub(super) fn next(&mut self) -> Result<Option<T>, Fail> {
        self.source.next()
    }

    pub(super) fn drive(&mut self, sink: &mut dyn FnMut(T) -> Step) -> Step {
        self.source.drive(sink)
    }

    pub(super) fn drive_ref(&mut self, sink: &mut dyn FnMut(&T) -> Step) -> Step {
        self.source.drive_ref(sink)
    }

    pub(super) fn lends(&self) -> bool {
        self.source.lends()
    }

    pub(super) fn at_least(&self) -> usize {
        self.source.at_least()
    }

    /// Takes each element.
    pub(super) fn for_each(mut self, mut f: impl FnMut(T)) -> Result<(), Fault> {
        outcome(self.drive(&mut |element| {
            f(element);
            MORE
        }))
    }

    /// Takes each element until `f` breaks.
    pub(super) fn try_for_each(mut self, mut f: impl FnMut(T) -> Step) -> Result<(), Fault> {
        outcome(self.drive(&mut f))
    }

    /// Folds all elements into one value, from the left.
    pub(super) fn fold<A>(mut self, initial: A, mut f: impl FnMut(A, T) -> Result<A, Fail>) -> Result<A, Fault> {
        let mut folded = Some(initial);
        outcome(self.drive(&mut |element| {
            if let Some(before) = folded.take() {
                match f(before, element) {
                    Ok(after) => folded = Some(after),
                    Err(fault) => return ControlFlow::Break(Some(fault)),
                }
            }
            MORE
        }))?;
        folded.ok_or_else(|| Fault::failed("a fold lost its value"))
    }

    /// Looks at each element.
    pub(super) fn for_each_ref(mut self, mut f: impl FnMut(&T)) -> Result<(), Fault> {
        outcome(self.drive_ref(&mut |element| {
            f(element);
            MORE
        }))
    }

    /// All elements.
    pub(super) fn collect(self) -> Result<Vec<T>, Fault> {
        let mut elements = Vec::with_capacity(self.at_least());
        self.for_each(|element| elements.push(element))?;
        Ok(elements)
    }

    /// The stream as what a step hands to the next.
    pub(super) fn into_flow(self) -> Flow {
        Flow::Lazy(Box::new(self))
    }
}

impl<T: Element> Stream<T> {
    /// The stream that input number `input` of a step gives: a step's, or the elements of a stored partition.
    pub(super) fn of(flow: Flow, input: usize) -> Result<Self, Fault> {
        match flow {
            Flow::Value(value) => Stream::of_value(&value).map_err(|mismatch| Fault::Type { input, mismatch }),
            Flow::Lazy(any) => match any.downcast::<Self>() {
                Ok(stream) if stream.depth < MAX_DEPTH => Ok(*stream),
                Ok(stream) => Ok(Stream::new(Given(stream.collect()?.into_iter()))),
                Err(_) => Err(Fault::failed(format!("a step was not given a stream of `{}`", type_name::<T>()))),
            },
        }
    }

    /// The elements of a stored partition.
    pub(super) fn of_value(value: &Value) -> Result<Self, TypeMismatch> {
        match value.share::<Pieces<T>>() {
            Ok(pieces) => Ok(Stream::new(Reading::new(pieces))),
            Err(_) => Ok(Stream::new(Stored { elements: value.share()?, next: 0 })),
        }
    }
}

/// A finished walk: an early end is no error.
pub(super) fn outcome(step: Step) -> Result<(), Fault> {
    match step {
        ControlFlow::Break(Some(fault)) => Err(*fault),
        _ => Ok(()),
    }
}

/// The elements of a stored partition.
struct Stored<T> {
    elements: Shared<Vec<T>>,
    next: usize,
}

impl<T: Element> Source<T> for Stored<T> {
    fn next(&mut self) -> Result<Option<T>, Fail> {
        let element = self.elements.get(self.next).cloned();
        self.next += 1;
        Ok(element)
    }

    fn drive(&mut self, sink: &mut dyn FnMut(T) -> Step) -> Step {
        self.drive_ref(&mut |element| sink(element.clone()))
    }

    fn drive_ref(&mut self, sink: &mut dyn FnMut(&T) -> Step) -> Step {
        let start = std::mem::replace(&mut self.next, self.elements.len());
        self.elements.iter().skip(start).try_for_each(sink)
    }

    fn lends(&self) -> bool {
        true
    }

    fn at_least(&self) -> usize {
        self.elements.len().saturating_sub(self.next)
    }
}

/// Elements at hand.
struct Given<T>(std::vec::IntoIter<T>);

impl<T> Source<T> for Given<T> {
    fn next(&mut self) -> Result<Option<T>, Fail> {
        Ok(self.0.next())
    }

    fn drive(&mut self, sink: &mut dyn FnMut(T) -> Step) -> Step {
        self.0.try_for_each(sink)
    }

    fn at_least(&self) -> usize {
        self.0.len()
    }
}

/// A fault inside an iterator, which has no place for it: it ends, and who asked looks here.
pub(super) type Slot = Rc<RefCell<Option<Fail>>>;

/// The elements of one partition as an iterator: what [`Bag::map_partitions_iter`](crate::Bag::map_partitions_iter)
/// hands to its function.
///
/// Elements are made one by one as they are asked for. Methods that walk to the end (`sum`, `fold`, `for_each`,
/// `count`, `collect`) are faster than a loop over `next`.
pub struct Elements<T> {
    stream: Stream<T>,
    slot: Slot,
}

impl<T: 'static> Elements<T> {
    pub(super) fn new(stream: Stream<T>) -> (Self, Slot) {
        let slot = Slot::default();
        (Elements { stream, slot: slot.clone() }, slot)
    }
}

impl<T: 'static> Iterator for Elements<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.slot.borrow().is_some() {
            return None;
        }
        self.stream.next().unwrap_or_else(|fault| {
            *self.slot.borrow_mut() = Some(fault);
            None
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.stream.at_least(), None)
    }

    fn fold<B, F: FnMut(B, T) -> B>(mut self, init: B, mut f: F) -> B {
        let mut folded = Some(init);
        let step = self.stream.drive(&mut |element| {
            folded = folded.take().map(|before| f(before, element));
            MORE
        });
        if let ControlFlow::Break(Some(fault)) = step {
            *self.slot.borrow_mut() = Some(fault);
        }
        match folded {
            Some(folded) => folded,
            None => unreachable!("a fold has its value back after each element"),
        }
    }
}

/// A user's iterator as a source; `slot` holds a fault of what it reads.
pub(super) struct Pulled<I> {
    pub(super) iterator: I,
    pub(super) slot: Slot,
}

impl<T, I: Iterator<Item = T>> Source<T> for Pulled<I> {
    fn next(&mut self) -> Result<Option<T>, Fail> {
        match self.iterator.next() {
            Some(element) => Ok(Some(element)),
            None => self.slot.borrow_mut().take().map_or(Ok(None), Err),
        }
    }

    fn drive(&mut self, sink: &mut dyn FnMut(T) -> Step) -> Step {
        self.iterator.try_for_each(sink)?;
        self.slot.borrow_mut().take().map_or(MORE, |fault| ControlFlow::Break(Some(fault)))
    }

    fn at_least(&self) -> usize {
        self.iterator.size_hint().0
    }
}
