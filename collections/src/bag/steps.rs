//! The steps that most operations are made of: map, filter and flat-map over a stream, each as push and as pull.

use super::error::{At, Raise};
use super::stream::{Fail, MORE, Source, Step, Stream};
use std::ops::ControlFlow;

/// Calls a function for elements of one partition, and says for which one it failed.
pub(super) struct Caller<F> {
    function: F,
    operation: &'static str,
    partition: u32,
    index: u64,
}

impl<F> Caller<F> {
    pub(super) fn new(operation: &'static str, partition: u32, function: F) -> Self {
        Caller { function, operation, partition, index: 0 }
    }

    #[inline]
    pub(super) fn call<U, E: Raise>(&mut self, call: impl FnOnce(&F) -> Result<U, E>) -> Result<U, Fail> {
        let result = call(&self.function);
        if !E::POSSIBLE {
            return result.map_err(|error| self.fault(error));
        }
        let result = result.map_err(|error| self.fault(error));
        self.index += 1;
        result
    }

    #[cold]
    fn fault<E: Raise>(&self, error: E) -> Fail {
        let at = At::Element { partition: self.partition, index: self.index };
        Box::new(error.raise(self.operation, at))
    }
}

/// A break with a fault that is boxed already.
fn stop(fault: Fail) -> Step {
    ControlFlow::Break(Some(fault))
}

/// Each element made into another.
pub(super) struct Map<T, F> {
    pub(super) stream: Stream<T>,
    pub(super) f: F,
}

impl<T: 'static, U, F: FnMut(T) -> Result<U, Fail>> Source<U> for Map<T, F> {
    fn next(&mut self) -> Result<Option<U>, Fail> {
        self.stream.next()?.map(&mut self.f).transpose()
    }

    fn drive(&mut self, sink: &mut dyn FnMut(U) -> Step) -> Step {
        let f = &mut self.f;
        self.stream.drive(&mut |element| match f(element) {
            Ok(made) => sink(made),
            Err(fault) => stop(fault),
        })
    }

    fn at_least(&self) -> usize {
        self.stream.at_least()
    }
}

/// Each element looked at and made into another.
pub(super) struct MapRef<T, F> {
    pub(super) stream: Stream<T>,
    pub(super) f: F,
}

impl<T: 'static, U, F: FnMut(&T) -> Result<U, Fail>> Source<U> for MapRef<T, F> {
    fn next(&mut self) -> Result<Option<U>, Fail> {
        self.stream.next()?.map(|element| (self.f)(&element)).transpose()
    }

    fn drive(&mut self, sink: &mut dyn FnMut(U) -> Step) -> Step {
        let f = &mut self.f;
        self.stream.drive_ref(&mut |element| match f(element) {
            Ok(made) => sink(made),
            Err(fault) => stop(fault),
        })
    }

    fn at_least(&self) -> usize {
        self.stream.at_least()
    }
}

/// The elements that a function keeps.
pub(super) struct Filter<T, F> {
    pub(super) stream: Stream<T>,
    pub(super) keep: F,
}

impl<T: Clone + 'static, F: FnMut(&T) -> Result<bool, Fail>> Source<T> for Filter<T, F> {
    fn next(&mut self) -> Result<Option<T>, Fail> {
        while let Some(element) = self.stream.next()? {
            if (self.keep)(&element)? {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }

    fn drive(&mut self, sink: &mut dyn FnMut(T) -> Step) -> Step {
        // What must be cloned to be taken is looked at first.
        if self.stream.lends() {
            return self.drive_ref(&mut |element| sink(element.clone()));
        }
        let keep = &mut self.keep;
        self.stream.drive(&mut |element| match keep(&element) {
            Ok(true) => sink(element),
            Ok(false) => MORE,
            Err(fault) => stop(fault),
        })
    }

    fn drive_ref(&mut self, sink: &mut dyn FnMut(&T) -> Step) -> Step {
        let keep = &mut self.keep;
        self.stream.drive_ref(&mut |element| match keep(element) {
            Ok(true) => sink(element),
            Ok(false) => MORE,
            Err(fault) => stop(fault),
        })
    }

    fn lends(&self) -> bool {
        self.stream.lends()
    }
}

/// Each element made into any number of others.
pub(super) struct FlatMap<T, F, I: IntoIterator> {
    stream: Stream<T>,
    f: F,
    current: Option<I::IntoIter>,
}

impl<T, F, I: IntoIterator> FlatMap<T, F, I> {
    pub(super) fn new(stream: Stream<T>, f: F) -> Self {
        FlatMap { stream, f, current: None }
    }
}

impl<T: 'static, I: IntoIterator, F: FnMut(T) -> Result<I, Fail>> Source<I::Item> for FlatMap<T, F, I> {
    fn next(&mut self) -> Result<Option<I::Item>, Fail> {
        loop {
            if let Some(made) = self.current.as_mut().and_then(Iterator::next) {
                return Ok(Some(made));
            }
            match self.stream.next()? {
                Some(element) => self.current = Some((self.f)(element)?.into_iter()),
                None => return Ok(None),
            }
        }
    }

    fn drive(&mut self, sink: &mut dyn FnMut(I::Item) -> Step) -> Step {
        if let Some(mut current) = self.current.take() {
            current.try_for_each(&mut *sink)?;
        }
        let f = &mut self.f;
        self.stream.drive(&mut |element| match f(element) {
            Ok(many) => many.into_iter().try_for_each(&mut *sink),
            Err(fault) => stop(fault),
        })
    }
}

/// The first elements.
pub(super) struct Take<T> {
    pub(super) stream: Stream<T>,
    pub(super) left: usize,
}

impl<T: Clone + 'static> Source<T> for Take<T> {
    fn next(&mut self) -> Result<Option<T>, Fail> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.stream.next()
    }

    fn drive(&mut self, sink: &mut dyn FnMut(T) -> Step) -> Step {
        self.drive_ref(&mut |element| sink(element.clone()))
    }

    fn drive_ref(&mut self, sink: &mut dyn FnMut(&T) -> Step) -> Step {
        if self.left == 0 {
            return MORE;
        }
        let (left, mut broken) = (&mut self.left, MORE);
        let step = self.stream.drive_ref(&mut |element| {
            *left -= 1;
            broken = sink(element);
            match broken.is_break() || *left == 0 {
                true => ControlFlow::Break(None),
                false => MORE,
            }
        });
        // Having enough is an end like any other to who reads this.
        match (broken, step) {
            (ControlFlow::Break(why), _) | (_, ControlFlow::Break(why @ Some(_))) => ControlFlow::Break(why),
            _ => MORE,
        }
    }

    fn lends(&self) -> bool {
        self.stream.lends()
    }

    fn at_least(&self) -> usize {
        self.stream.at_least().min(self.left)
    }
}
