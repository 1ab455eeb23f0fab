//! Files of NumPy's format `.npy`, version 1 to 3: what their header tells, and blocks of their elements.

use super::super::super::Element;
use super::super::super::chunk::Chunk;
use super::super::super::error::{Show, bytes};
use super::super::dtype;
use super::super::error::StoreError;
use super::runs::Runs;
use crate::identity::Identity;
use ndarray_npy::npy::header::{Header, Layout};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;

/// Runs with no more than this many bytes between them are read together.
const GAP: usize = 8 << 10;

/// Headers of more bytes than this are refused; NumPy refuses those of more than 10,000.
const MAX_HEADER: usize = 64 << 10;

/// Brackets in brackets up to this depth are read in headers; those of arrays have one in another.
const MAX_DEPTH: usize = 16;

/// A `.npy` file whose header was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct NpyFile {
    path: PathBuf,
    shape: Vec<usize>,
    fortran: bool,
    /// Whether numbers are in the other order of bytes than this machine's.
    swapped: bool,
    /// Where the elements start.
    offset: u64,
    state: State,
}

/// Size and time of the last change of a file.
type State = (u64, Option<SystemTime>);

partita_graph::travels_as_data!(NpyFile);

impl NpyFile {
    /// Reads the header of a file of elements of type `T`, and looks whether all of them are there.
    pub(super) fn open<T: Element>(path: &Path) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(|error| StoreError::reading(path, &error))?;
        let file = File::open(&path).map_err(|error| StoreError::reading(&path, &error))?;
        let state = state(&path, &file)?;
        let (header, offset) = header(&path, file)?;
        let Some(description) = header.type_descriptor.as_string() else {
            return Err(dtype::mismatch::<T>(&path, "structures"));
        };
        let swapped = dtype::is_swapped::<T>(&path, description)?;
        let fortran = header.layout.is_fortran();
        let npy = NpyFile { path, shape: header.shape, fortran, swapped, offset, state };
        let needed = file_size::<T>(&npy.shape, offset).unwrap_or(u64::MAX);
        match needed > state.0 {
            true => Err(StoreError::Short { path: npy.path, shape: npy.shape, needed, found: state.0 }),
            false => Ok(npy),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Told of the file as it was when its header was read: equal files are the same array.
    pub(super) fn identify(&self, identity: Identity) -> Identity {
        let time = self.state.1.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let time = time.map(|time| (time.as_secs(), time.subsec_nanos()));
        identity.data(&(self.path.to_string_lossy(), self.state.0, time))
    }

    /// The elements in these ranges. Only their bytes are read, and small gaps between them.
    pub(super) fn read<T: Element>(&self, ranges: &[Range<usize>]) -> Result<Chunk<T>, StoreError> {
        let failed = |error: std::io::Error| StoreError::reading(&self.path, &error);
        let file = File::open(&self.path).map_err(failed)?;
        let found = state(&self.path, &file)?;
        if found != self.state {
            return Err(StoreError::Changed { path: self.path.clone(), planned: self.state, found });
        }
        let turned = |axes: usize| (0..axes).rev().collect::<Vec<usize>>();
        match self.fortran {
            false => {
                let lengths: Vec<usize> = ranges.iter().map(Range::len).collect();
                Ok(Chunk::new(&lengths, self.elements(file, &self.shape, ranges)?))
            }
            // Fortran's order is C's order of the axes turned around.
            true => {
                let order = turned(ranges.len());
                let shape: Vec<usize> = order.iter().map(|&axis| self.shape[axis]).collect();
                let ranges: Vec<Range<usize>> = order.iter().map(|&axis| ranges[axis].clone()).collect();
                let lengths: Vec<usize> = ranges.iter().map(Range::len).collect();
                Ok(Chunk::new(&lengths, self.elements(file, &shape, &ranges)?).permuted(&order))
            }
        }
    }

    /// The elements of a block of an array in C order.
    fn elements<T: Element>(
        &self,
        mut file: File,
        shape: &[usize],
        ranges: &[Range<usize>],
    ) -> Result<Vec<T>, StoreError> {
        let size = size_of::<T>();
        let runs = Runs::new(shape, ranges);
        let mut gathered = Gathered::<T>::new(self, ranges.iter().map(Range::len).product());
        let mut starts = runs.starts().peekable();
        let mut buffer = Vec::new();
        while let Some(first) = starts.next() {
            let mut own = vec![first];
            let mut end = first + runs.len;
            while let Some(&next) = starts.peek()
                && (next - end) * size <= GAP
                && (next + runs.len - first) * size <= PIECE
            {
                own.push(next);
                end = next + runs.len;
                starts.next();
            }
            let begin = self.offset + (first * size) as u64;
            file.seek(SeekFrom::Start(begin)).map_err(|error| StoreError::reading(&self.path, &error))?;
            let mut left = (end - first) * size;
            // A run that is longer than a piece is alone.
            let mut at = begin;
            while left > 0 {
                buffer.resize(left.min(PIECE), 0);
                file.read_exact(&mut buffer).map_err(|error| StoreError::reading(&self.path, &error))?;
                match own.as_slice() {
                    [_] => gathered.add(&buffer, at)?,
                    several => {
                        for start in several {
                            let from = (start - first) * size;
                            gathered.add(&buffer[from..from + runs.len * size], at)?;
                        }
                    }
                }
                left -= buffer.len();
                at += buffer.len() as u64;
            }
        }
        gathered.finish()
    }
}

/// Elements made of bytes that come in pieces.
struct Gathered<'a, T> {
    npy: &'a NpyFile,
    elements: Vec<T>,
    bytes: Vec<u8>,
    /// Where the last piece that came stands in the file.
    offset: u64,
}

impl<'a, T: Element> Gathered<'a, T> {
    fn new(npy: &'a NpyFile, count: usize) -> Self {
        Gathered { npy, elements: Vec::with_capacity(count), bytes: Vec::new(), offset: npy.offset }
    }

    fn add(&mut self, bytes: &[u8], offset: u64) -> Result<(), StoreError> {
        self.offset = offset;
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() < PIECE { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.npy.swapped {
            dtype::swap::<T>(&mut self.bytes);
        }
        let damaged = || StoreError::Element { path: self.npy.path.clone(), wanted: T::DTYPE, offset: self.offset };
        self.elements.extend(T::from_bytes(&self.bytes).ok_or_else(damaged)?);
        self.bytes.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<T>, StoreError> {
        self.flush()?;
        Ok(self.elements)
    }
}

/// Size and time of the last change.
fn state(path: &Path, file: &File) -> Result<State, StoreError> {
    let found = file.metadata().map_err(|error| StoreError::reading(path, &error))?;
    match found.is_file() {
        true => Ok((found.len(), found.modified().ok())),
        false => Err(StoreError::NotAFile { path: path.to_path_buf() }),
    }
}

/// The header of a file, and where it ends.
fn header(path: &Path, file: File) -> Result<(Header, u64), StoreError> {
    let refused = |reason: String| Err(StoreError::format(path, "a .npy file", reason));
    let mut start = Vec::new();
    file.take(MAX_HEADER as u64).read_to_end(&mut start).map_err(|error| StoreError::reading(path, &error))?;
    if !start.starts_with(b"\x93NUMPY") {
        return refused("it does not start as one. `numpy.save` writes them".into());
    }
    let Some(text) = header_text(&start) else {
        return refused(format!("its header is cut short, or of more than {}", bytes(MAX_HEADER as u64)));
    };
    let depth = text.iter().scan(0usize, |depth, byte| {
        match byte {
            b'(' | b'[' | b'{' => *depth += 1,
            b')' | b']' | b'}' => *depth = depth.saturating_sub(1),
            _ => {}
        }
        Some(*depth)
    });
    if depth.max() > Some(MAX_DEPTH) {
        return refused(format!("its header has brackets in brackets, more than {MAX_DEPTH} deep"));
    }
    let mut rest = start.as_slice();
    match Header::from_reader(&mut rest) {
        Ok(header) => Ok((header, (start.len() - rest.len()) as u64)),
        Err(error) => refused(error.to_string()),
    }
}

/// The text of a header, behind its version and length.
fn header_text(start: &[u8]) -> Option<&[u8]> {
    let (from, length) = match start.get(6)? {
        1 => (10, u32::from(u16::from_le_bytes(start.get(8..10)?.try_into().ok()?))),
        _ => (12, u32::from_le_bytes(start.get(8..12)?.try_into().ok()?)),
    };
    start.get(from..from + length as usize)
}

/// The header of a file of elements in C order.
pub(super) fn written_header<T: Element>(path: &Path, shape: &[usize]) -> Result<Vec<u8>, StoreError> {
    let type_descriptor = py_literal::Value::String(dtype::description::<T>());
    let header = Header { type_descriptor, layout: Layout::Standard, shape: shape.to_vec() };
    let written = header.to_bytes().map_err(|error| StoreError::unwritable(path, "a .npy file", error))?;
    match file_size::<T>(shape, written.len() as u64) {
        Some(_) => Ok(written),
        None => {
            let reason = format!("shape {} has more bytes than a file can have", Show(shape));
            Err(StoreError::unwritable(path, "a .npy file", reason))
        }
    }
}

/// The bytes of a file of this shape, if there can be one.
pub(super) fn file_size<T: Element>(shape: &[usize], offset: u64) -> Option<u64> {
    // No axis hides behind one of length 0: sizes of parts must be numbers, too.
    let size = |n: usize| n.max(1) as u64;
    let bytes = shape.iter().try_fold(size_of::<T>() as u64, |all, &n| all.checked_mul(size(n)))?;
    let last = bytes.checked_add(offset).filter(|&last| i64::try_from(last).is_ok())?;
    Some(if shape.contains(&0) { offset } else { last })
}
