//! What both sides know already: shared functions and environments, by number.

use super::NotRead;
use crate::function::TaskFn;
use crate::node::Block;
use hashbrown::HashMap;
use std::any::{Any, TypeId};
use std::sync::{Arc, Weak};

type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// Shared functions and environments that one receiver remembers at the most.
pub(super) const MAX_SHARED: usize = 1 << 16;
/// Numbers that are given before those that nobody holds any longer are looked for.
const FIRST_SWEEP: usize = 1024;

/// Something that functions share, as its owner's process knows it. It is not kept alive by being known.
pub(super) enum Handle {
    Function(Weak<dyn TaskFn>),
    Block(Weak<dyn Block>),
    Data(Weak<dyn Any + Send + Sync>, TypeId),
}

/// Its address and what it is taken for. While a handle is there, the address is not used again.
type Name = (usize, Option<TypeId>, bool);

impl Handle {
    fn name(&self) -> Name {
        match self {
            Handle::Function(weak) => (weak.as_ptr().cast::<()>() as usize, None, false),
            Handle::Block(weak) => (weak.as_ptr().cast::<()>() as usize, None, true),
            Handle::Data(weak, of) => (weak.as_ptr().cast::<()>() as usize, Some(*of), false),
        }
    }

    /// How many bytes it must take to be remembered. Most functions are one task's, which the sender's tables hold too.
    pub(super) fn worth(&self) -> usize {
        match self {
            Handle::Function(_) => 256,
            Handle::Block(_) | Handle::Data(..) => 16,
        }
    }

    /// How many hold it.
    fn holders(&self) -> usize {
        match self {
            Handle::Function(weak) => weak.strong_count(),
            Handle::Block(weak) => weak.strong_count(),
            Handle::Data(weak, _) => weak.strong_count(),
        }
    }
}

/// What a receiver was given.
#[derive(Default)]
pub(super) struct Given {
    numbers: Map<Name, u32>,
    handles: Map<u32, Handle>,
    next: u32,
    /// Looked through when there are so many.
    sweep: usize,
    /// How often it was asked for what is unused since it was looked through.
    asked: usize,
    /// Numbers given since the last [`Given::settle`].
    fresh: Vec<u32>,
    /// Numbers that the receiver is to forget, and was not told so.
    unused: Vec<u32>,
}

impl Given {
    pub(super) fn find(&self, handle: &Handle) -> Option<u32> {
        self.numbers.get(&handle.name()).copied()
    }

    /// Gives a number to what is held by more than one; what nobody else holds is not written again.
    pub(super) fn add(&mut self, handle: Handle) -> Option<u32> {
        if handle.holders() < 2 || self.handles.len() >= MAX_SHARED {
            return None;
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.numbers.insert(handle.name(), number);
        self.handles.insert(number, handle);
        self.fresh.push(number);
        Some(number)
    }

    /// The numbers that the receiver is to forget: of what nobody holds any longer, as far as somebody looked. It must be told
    /// before it is told more.
    pub(super) fn unused(&mut self) -> &[u32] {
        self.asked += 1;
        // Looking costs as much as a few of the writes since, even if all places are taken.
        let due = self.asked >= FIRST_SWEEP.max(self.handles.len() / 4);
        if due && self.handles.len() >= self.sweep.max(FIRST_SWEEP) {
            self.asked = 0;
            let free = self.handles.iter().filter(|(_, handle)| handle.holders() == 0).map(|(&number, _)| number);
            let free: Vec<u32> = free.collect();
            free.iter().for_each(|&number| self.forget(number));
            self.unused.extend(free);
            self.sweep = (2 * self.handles.len()).min(MAX_SHARED);
        }
        &self.unused
    }

    /// Takes nothing for known any longer.
    pub(super) fn forget_all(&mut self) {
        self.unused.extend(self.handles.keys());
        self.handles.clear();
        self.numbers.clear();
    }

    fn forget(&mut self, number: u32) {
        if let Some(handle) = self.handles.remove(&number) {
            self.numbers.remove(&handle.name());
        }
    }

    /// What was given since the last call reached the receiver, or did not.
    pub(super) fn settle(&mut self, reached: bool) {
        let fresh = std::mem::take(&mut self.fresh);
        match reached {
            true => self.unused.clear(),
            false => fresh.into_iter().for_each(|number| self.forget(number)),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.handles.len()
    }
}

/// Something that functions share, as it was received.
pub(super) enum Kept {
    Function(Arc<dyn TaskFn>),
    Block(Arc<dyn Block>),
    Data(Arc<dyn Any + Send + Sync>),
}

/// What was received.
#[derive(Default)]
pub(super) struct Taken {
    kept: Map<u32, Kept>,
}

impl Taken {
    pub(super) fn find(&self, number: u32) -> Result<&Kept, NotRead> {
        self.kept.get(&number).ok_or(NotRead::Unknown { number })
    }

    pub(super) fn add(&mut self, number: u32, kept: Kept) -> Result<(), NotRead> {
        if self.kept.len() >= MAX_SHARED {
            return Err(NotRead::Full { most: MAX_SHARED });
        }
        self.kept.insert(number, kept);
        Ok(())
    }

    pub(super) fn forget(&mut self, number: u32) {
        self.kept.remove(&number);
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }
}
