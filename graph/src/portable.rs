//! Portable names: types and functions without captures, named by their place in the executable.
//!
//! A closure that captures nothing has size zero, so a constant [`Descriptor`] can be made for its type alone. Its
//! address, relative to an anchor in the same image, is the same in every process started from the same executable,
//! whatever the address randomisation does. A wrong offset finds no magic number and is refused; it can select
//! another descriptor at the most, never jump into the middle of code. (The idea of naming functions by offset is
//! procspawn's; descriptors make it safe to receive.)
//!
//! Types of values, of task functions and of blocks have descriptors too, of kinds of their own: each tells how one of its type
//! is made of bytes, and is taken for nothing else.

use crate::function::{Function, TaskFn};
use crate::key::Token;
use crate::node::Block;
use crate::travel::{NotRead, Travels, Unpacker};
use crate::value::{CodecError, Data, Value};
use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

/// What stands at the front of each descriptor.
const MAGIC: [u64; 2] = [0x7061_7274_6974_6131, 0x9bd1_55e7_3c0a_4f26];

/// A type, described by constants.
#[repr(C)]
pub struct Descriptor {
    magic: [u64; 2],
    described: TypeId,
    name: fn() -> &'static str,
    entry: Entry,
}

/// What can be done with a descriptor in the process that receives its offset.
#[derive(Clone, Copy)]
pub(crate) enum Entry {
    /// Nothing: it tells functions apart.
    Name,
    /// A value of the type is read, which has so many bytes in memory.
    Value(fn(&[u8], usize) -> Result<Value, CodecError>),
    /// A task function of the type is made.
    Task(fn(&mut Unpacker<'_>) -> Result<Function, NotRead>),
    /// The function of a layer is made.
    Block(fn(&mut Unpacker<'_>) -> Result<Arc<dyn Block>, NotRead>),
    /// Something that a function of the type gives.
    Made(fn() -> Box<dyn Any>),
}

impl Entry {
    /// The kind, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Entry::Name => "the name of a function",
            Entry::Value(_) => "a type of values",
            Entry::Task(_) => "a type of task functions",
            Entry::Block(_) => "a type of layers",
            Entry::Made(_) => "a constant",
        }
    }
}

/// Offsets are counted from here.
static ANCHOR: Descriptor =
    Descriptor { magic: MAGIC, described: TypeId::of::<Descriptor>(), name: anchor_name, entry: Entry::Name };

fn anchor_name() -> &'static str {
    "partita::anchor"
}

struct Of<F>(PhantomData<F>);

impl<F: 'static> Of<F> {
    const NAME: &'static Descriptor = &Descriptor::new::<F>(Entry::Name);
}

impl<T: Data> Of<T> {
    const VALUE: &'static Descriptor = &Descriptor::new::<T>(Entry::Value(Value::read_sized::<T>));
}

impl<T: TaskFn + Travels> Of<T> {
    const TASK: &'static Descriptor = &Descriptor::new::<T>(Entry::Task(|from| Ok(Arc::new(T::unpack(from)?))));
}

impl<T: Block + Travels> Of<T> {
    const BLOCK: &'static Descriptor = &Descriptor::new::<T>(Entry::Block(|from| Ok(Arc::new(T::unpack(from)?))));
}

struct Makes<F, T>(PhantomData<(F, T)>);

impl<F: Fn() -> T + 'static, T: 'static> Makes<F, T> {
    const SIZE: () = assert!(size_of::<F>() == 0, "a function that is named by its type captures nothing");
    const MADE: &'static Descriptor = &Descriptor::new::<F>(Entry::Made(Self::made));

    fn made() -> Box<dyn Any> {
        let () = Self::SIZE;
        // SAFETY: only `Portable::of_maker` gives the offset of this descriptor, and it was given such a function; what
        // has size zero has no other contents. Whoever sends the offset of another function's descriptor can have it called,
        // which that function's owner allowed too by giving it away.
        let make = unsafe { conjured::<F>() };
        Box::new(make())
    }
}

/// A value of a type without size, out of nothing.
///
/// # Safety
/// A value of the type was held by who named it, in this process or another one of the same executable: a type can be a proof
/// of something, of which no value may exist otherwise. The type must have size zero; a debug build asserts that.
pub(crate) unsafe fn conjured<F>() -> F {
    debug_assert_eq!(size_of::<F>(), 0);
    // SAFETY: reading nothing is valid from any pointer that is aligned and not null, as this one is.
    unsafe { NonNull::<F>::dangling().read() }
}

/// The name of a function in any process started from the same executable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Portable {
    offset: i64,
}

/// A portable name that is not accepted here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortableError {
    /// It was made by another executable.
    #[error("the function was named by another build: theirs is {theirs}, ours is {ours}")]
    BuildMismatch {
        /// The build that made the name.
        theirs: Token,
        /// This build.
        ours: Token,
    },
    /// Nothing that it could name stands at its offset.
    #[error("offset {offset} names nothing in this executable")]
    NoFunction {
        /// The offset.
        offset: i64,
    },
}

impl Portable {
    /// The portable name of `F`, if it captures nothing.
    ///
    /// ```
    /// use partita_graph::Portable;
    ///
    /// let y = 2;
    /// assert!(Portable::of(&|x: i64| x + 1).is_some());
    /// assert!(Portable::of(&move |x: i64| x + y).is_none(), "it captures y");
    /// ```
    pub fn of<F: 'static>(_: &F) -> Option<Self> {
        if std::mem::size_of::<F>() != 0 {
            return None;
        }
        Some(Portable::at(Of::<F>::NAME))
    }

    /// The portable name of a type of values.
    pub fn of_value<T: Data>() -> Self {
        Portable::at(Of::<T>::VALUE)
    }

    /// The portable name of a type of task functions that can be made of bytes.
    pub fn of_task<T: TaskFn + Travels>() -> Self {
        Portable::at(Of::<T>::TASK)
    }

    /// The portable name of a type of layers that can be made of bytes.
    pub fn of_block<T: Block + Travels>() -> Self {
        Portable::at(Of::<T>::BLOCK)
    }

    /// The portable name of what a function without captures gives.
    pub(crate) fn of_maker<F: Fn() -> T + 'static, T: 'static>(_: &F) -> Self {
        let () = Makes::<F, T>::SIZE;
        Portable::at(Makes::<F, T>::MADE)
    }

    pub(crate) fn at(descriptor: &'static Descriptor) -> Self {
        let address = std::ptr::from_ref(descriptor) as i64;
        Portable { offset: address.wrapping_sub(&raw const ANCHOR as i64) }
    }

    /// How far the function's descriptor stands from the anchor, in bytes.
    pub fn offset(self) -> i64 {
        self.offset
    }

    /// The descriptor that `offset` names in this process, for a name made by the build `theirs`.
    ///
    /// # Errors
    /// [`PortableError`] if the name is another build's, or if no descriptor stands there.
    pub fn resolve(offset: i64, theirs: Token) -> Result<&'static Descriptor, PortableError> {
        let ours = build_id();
        if theirs != ours {
            return Err(PortableError::BuildMismatch { theirs, ours });
        }
        Portable::find(offset)
    }

    /// The descriptor that an offset of this build names.
    pub(crate) fn find(offset: i64) -> Result<&'static Descriptor, PortableError> {
        image::find(offset).ok_or(PortableError::NoFunction { offset })
    }
}

impl Descriptor {
    const fn new<T: 'static>(entry: Entry) -> Self {
        Descriptor { magic: MAGIC, described: TypeId::of::<T>(), name: std::any::type_name::<T>, entry }
    }

    /// What it is good for.
    pub(crate) fn entry(&self) -> Entry {
        self.entry
    }

    /// The name of the type.
    pub fn name(&self) -> &'static str {
        (self.name)()
    }

    /// Whether it describes `F`.
    pub fn describes<F: 'static>(&self) -> bool {
        self.described == TypeId::of::<F>()
    }
}

/// The identity of this executable.
static BUILD: std::sync::OnceLock<Token> = std::sync::OnceLock::new();

/// Has this process take the identity that another one found for the very file that both run, so that it need not be read
/// once more. Without effect if it is known already. Whoever calls this answers for the file: a wrong identity lets
/// functions in that another executable named.
pub fn adopt_build_id(id: Token) {
    BUILD.set(id).ok();
}

/// The identity of this executable: the hash of its file, taken once.
pub fn build_id() -> Token {
    *BUILD.get_or_init(|| {
        let mut hasher = blake3::Hasher::new();
        let file = std::fs::File::open("/proc/self/exe").or_else(|_| std::fs::File::open(std::env::current_exe()?));
        match file.and_then(|file| hasher.update_reader(file).map(|_| ())) {
            Ok(()) => Token::from_hash(&hasher.finalize()),
            // Without a file to hash no other process can be known to be the same build.
            Err(_) => Token::unique(),
        }
    })
}

/// The part of the executable that may be read as descriptors.
mod image {
    use super::{ANCHOR, Descriptor, MAGIC};
    use std::ops::Range;
    use std::sync::OnceLock;

    /// Read-only segments of the image that holds the anchor, as addresses.
    fn segments() -> &'static [Range<usize>] {
        static SEGMENTS: OnceLock<Vec<Range<usize>>> = OnceLock::new();
        SEGMENTS.get_or_init(|| {
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
            let all: Vec<(Range<usize>, bool, &str)> = maps.lines().filter_map(parse).collect();
            let anchor = &raw const ANCHOR as usize;
            let file = all.iter().find(|(range, _, _)| range.contains(&anchor)).map(|(_, _, file)| *file);
            all.iter()
                .filter(|(_, fixed, name)| *fixed && Some(*name) == file && !name.is_empty())
                .map(|(range, ..)| range.clone())
                .collect()
        })
    }

    /// A line of `/proc/self/maps`: addresses, whether it is readable and not writable, and the file.
    fn parse(line: &str) -> Option<(Range<usize>, bool, &str)> {
        let mut words = line.split_ascii_whitespace();
        let (from, to) = words.next()?.split_once('-')?;
        let rights = words.next()?.as_bytes();
        let range = usize::from_str_radix(from, 16).ok()?..usize::from_str_radix(to, 16).ok()?;
        Some((range, rights.first() == Some(&b'r') && rights.get(1) == Some(&b'-'), words.nth(3).unwrap_or("")))
    }

    pub(super) fn find(offset: i64) -> Option<&'static Descriptor> {
        let address = (&raw const ANCHOR as i64).wrapping_add(offset) as usize;
        let end = address.checked_add(std::mem::size_of::<Descriptor>())?;
        let inside = segments().iter().any(|range| range.start <= address && end <= range.end);
        if !inside || !address.is_multiple_of(std::mem::align_of::<Descriptor>()) {
            return None;
        }
        // SAFETY: the bytes lie in a mapped, read-only segment of this executable's own image and are aligned, so
        // they can be read as plain numbers.
        let magic = unsafe { (address as *const [u64; 2]).read() };
        // SAFETY: only descriptors carry the magic number: it stands in no other constant of this crate, and 128
        // random bits do not occur by chance. Descriptors are constants, so they live as long as the process.
        (magic == MAGIC && offset != 0).then(|| unsafe { &*(address as *const Descriptor) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double(x: i64) -> i64 {
        x * 2
    }

    #[test]
    fn functions_are_found_again_and_told_apart() {
        let portable = Portable::of(&double).unwrap();
        let found = Portable::resolve(portable.offset(), build_id()).unwrap();
        assert!(found.name().ends_with("double"), "{}", found.name());
        let other = Portable::of(&|x: i64| x + 1).unwrap();
        assert_ne!(portable, other);
        assert!(!Portable::resolve(other.offset(), build_id()).unwrap().describes::<i64>());
    }

    /// FAULTS P19.
    #[test]
    fn wrong_offsets_and_builds_are_refused() {
        let offset = Portable::of(&double).unwrap().offset();
        for wrong in [offset + 8, offset + 1, offset + (1 << 40), 0, i64::MIN, i64::MAX] {
            let refused = Portable::resolve(wrong, build_id());
            assert_eq!(refused.err(), Some(PortableError::NoFunction { offset: wrong }));
        }
        let stranger = Token::of(b"another executable");
        let error = Portable::resolve(offset, stranger).err().unwrap();
        assert!(error.to_string().contains(&stranger.to_string()), "{error}");
    }

    /// Runs this test binary again, and has it resolve an offset that this process made.
    #[test]
    fn another_process_of_the_same_executable_finds_the_same_function() {
        const VARIABLE: &str = "PARTITA_TEST_RESOLVE";
        if let Ok(wanted) = std::env::var(VARIABLE) {
            let found = Portable::resolve(wanted.parse().unwrap(), build_id()).unwrap();
            println!("resolved {}", found.name());
            return;
        }
        let offset = Portable::of(&double).unwrap().offset();
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "portable::tests::another_process_of_the_same_executable_finds_the_same_function"])
            .arg("--nocapture")
            .env(VARIABLE, offset.to_string())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&child.stdout);
        assert!(text.contains("resolved") && text.contains("double"), "{text}");
    }
}
