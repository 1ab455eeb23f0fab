//! What can be wrong with an array: when an expression is built, and when a task of it runs.

use super::UNKNOWN;
use std::fmt;

/// An expression that makes no sense; found when it is built. Operators and methods of arrays hand on an array that
/// stands for the error, and computing it gives the error and the line before any work starts; [`Array::check`] tells at
/// once.
///
/// ```
/// use partita_collections::array::{Array, ArrayError};
///
/// let left = Array::<f64>::ones([2, 3], 2);
/// let sum = &left + &Array::ones([2, 4], 2);
/// let error = sum.check().unwrap_err();
/// assert!(error.to_string().starts_with("`+` cannot pair shapes (2, 3) and (2, 4): axis 1 has 3 and 4"));
/// ```
///
/// [`Array::check`]: super::Array::check
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// Two shapes that do not fit together.
    #[error(
        "`{operation}` cannot pair shapes {} and {}: axis {axis} has {} and {}. Lengths must be equal, or one of them 1",
        Show(left), Show(right), One(*left_length), One(*right_length)
    )]
    Shapes {
        /// The operation.
        operation: &'static str,
        /// The shape on the left.
        left: Vec<usize>,
        /// The shape on the right.
        right: Vec<usize>,
        /// The axis, of the shape with more of them.
        axis: usize,
        /// The length on the left.
        left_length: usize,
        /// The length on the right.
        right_length: usize,
    },
    /// Arrays that cannot be joined, since they differ in another axis than the one they are joined along.
    #[error(
        "`{operation}` cannot join shapes {} and {}{}",
        Show(left),
        Show(right),
        differing(left, right, *along)
    )]
    Join {
        /// The operation.
        operation: &'static str,
        /// The shape of the first array.
        left: Vec<usize>,
        /// The shape of the one that does not fit it.
        right: Vec<usize>,
        /// The axis that they are joined along, if they have it already.
        along: Option<usize>,
    },
    /// Two axes that are multiplied with each other and are not equally long.
    #[error(
        "`{operation}` cannot pair axis {left_axis} of shape {} with axis {right_axis} of shape {}: {} is not {}",
        Show(left), Show(right), left[*left_axis], right[*right_axis]
    )]
    Pairing {
        /// The operation.
        operation: &'static str,
        /// The shape on the left.
        left: Vec<usize>,
        /// The axis on the left.
        left_axis: usize,
        /// The shape on the right.
        right: Vec<usize>,
        /// The axis on the right.
        right_axis: usize,
    },
    /// Chunks along an axis whose lengths are not known do not stand side by side.
    #[error(
        "`{operation}` cannot pair axes of {left} and {right} chunks of unknown lengths: `compute_chunk_sizes()` first"
    )]
    UnknownChunks {
        /// The operation.
        operation: &'static str,
        /// Chunks on the left.
        left: usize,
        /// Chunks on the right.
        right: usize,
    },
    /// An operation needs lengths that only computing tells.
    #[error("`{operation}` needs to know how long axis {axis} is: `compute_chunk_sizes()` first")]
    Unknown {
        /// The operation.
        operation: &'static str,
        /// The axis.
        axis: usize,
    },
    /// An axis that the array does not have.
    #[error("`{operation}` was asked for axis {axis} of an array with {ndim}{}", if *ndim == 1 { " axis" } else { " axes" })]
    Axis {
        /// The operation.
        operation: &'static str,
        /// The axis that was asked for.
        axis: isize,
        /// How many there are.
        ndim: usize,
    },
    /// An axis that was named twice.
    #[error("`{operation}` was asked for axis {axis} twice")]
    AxisTwice {
        /// The operation.
        operation: &'static str,
        /// The axis.
        axis: usize,
    },
    /// An array of another number of axes than an operation takes.
    #[error("`{operation}` takes {wanted}, and this array has shape {}", Show(shape))]
    Dimensions {
        /// The operation.
        operation: &'static str,
        /// What it takes.
        wanted: &'static str,
        /// The shape that was given.
        shape: Vec<usize>,
    },
    /// Lengths of chunks that are not those of the array.
    #[error("chunks {} of axis {axis} have {} elements together, and the axis has {length}", Show(chunks), chunks.iter().map(|&length| length as u128).sum::<u128>())]
    ChunkLengths {
        /// The axis.
        axis: usize,
        /// The lengths of its chunks.
        chunks: Vec<usize>,
        /// The length of the axis.
        length: usize,
    },
    /// A number of chunk settings that is not the number of axes.
    #[error("chunks were given for {given} axes of shape {}, which has {}", Show(shape), shape.len())]
    ChunkAxes {
        /// For how many axes chunks were given.
        given: usize,
        /// The shape.
        shape: Vec<usize>,
    },
    /// Chunks of no elements for an axis that has some.
    #[error("chunks of length 0 cannot cover axis {axis} of length {length}")]
    EmptyChunks {
        /// The axis.
        axis: usize,
        /// Its length.
        length: usize,
    },
    /// More elements than can be numbered.
    #[error("shape {} has more elements than the 2^60 that an array may have", Show(shape))]
    TooManyElements {
        /// The shape.
        shape: Vec<usize>,
    },
    /// More chunks than a graph can have tasks.
    #[error("shape {} would have {chunks} chunks, more than {limit}: make them larger", Show(shape))]
    TooManyChunks {
        /// The shape.
        shape: Vec<usize>,
        /// How many chunks.
        chunks: u128,
        /// How many there can be.
        limit: usize,
    },
    /// Blocks of a result that would not fit into memory.
    #[error(
        "`{operation}` would make blocks of shape {}, {} each, more than the {} that a block may have: {remedy}",
        Show(block), bytes(*nbytes), bytes(*limit)
    )]
    BlockTooLarge {
        /// The operation.
        operation: String,
        /// The shape of the largest block.
        block: Vec<usize>,
        /// Its size in bytes.
        nbytes: u64,
        /// The limit in bytes.
        limit: u64,
        /// What to do.
        remedy: String,
    },
    /// A shape of another number of elements.
    #[error("shape {} cannot become {}: {} elements are not {}", Show(from), Show(to), total(from), total(to))]
    Reshape {
        /// The shape that there is.
        from: Vec<usize>,
        /// The shape that was asked for.
        to: Vec<usize>,
    },
    /// A place outside of an axis.
    #[error("index {index} is outside of axis {axis} of length {length}")]
    Index {
        /// The index.
        index: isize,
        /// The axis.
        axis: usize,
        /// Its length.
        length: usize,
    },
    /// An argument out of range.
    #[error("`{operation}` cannot take `{argument}` = {value}: {allowed}")]
    Argument {
        /// The operation.
        operation: &'static str,
        /// The argument.
        argument: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Parameters for which there is no such distribution.
    #[error("`{operation}` has no distribution for {parameters}: {reason}")]
    Distribution {
        /// The distribution.
        operation: &'static str,
        /// Its parameters.
        parameters: String,
        /// What is wrong with them.
        reason: String,
    },
    /// A reduction of nothing that has no value for it.
    #[error("`{operation}` of no elements has no value: axis {axis} of shape {} is empty", Show(shape))]
    Empty {
        /// The operation.
        operation: &'static str,
        /// The axis.
        axis: usize,
        /// The shape.
        shape: Vec<usize>,
    },
    /// Chunks that an algorithm cannot work with.
    #[error("`{operation}` needs {needs}, and the chunks are {}: {remedy}", ShowChunks(chunks))]
    Chunking {
        /// The operation.
        operation: &'static str,
        /// What it needs.
        needs: &'static str,
        /// The chunks that there are.
        chunks: Vec<Vec<usize>>,
        /// What to do.
        remedy: String,
    },
    /// Text that names axes and cannot be read.
    #[error("`{operation}` cannot read \"{text}\": {reason}")]
    Text {
        /// The operation.
        operation: &'static str,
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What a task of an array can find wrong with its data; the source of the task's error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayFault {
    /// A block is of another shape than it should be.
    #[error("`{operation}` gave a block of shape {} where {} was due", Show(found), Show(expected))]
    BlockShape {
        /// The operation.
        operation: &'static str,
        /// The shape that it has.
        found: Vec<usize>,
        /// The shape that it should have.
        expected: Vec<usize>,
    },
    /// A matrix that cannot be factorised or solved with.
    #[error("`{operation}`: {reason}")]
    Matrix {
        /// The operation.
        operation: &'static str,
        /// What is wrong with the matrix.
        reason: String,
    },
    /// A value that an operation cannot take.
    #[error("`{operation}` met {value}: {allowed}")]
    Element {
        /// The operation.
        operation: &'static str,
        /// The value.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A reduction of nothing that has no value for it.
    #[error("`{operation}` of no elements has no value")]
    Empty {
        /// The operation.
        operation: &'static str,
    },
}

/// Shows a shape as NumPy does.
pub(crate) struct Show<'a>(pub(crate) &'a [usize]);

impl fmt::Display for Show<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (axis, &length) in self.0.iter().enumerate() {
            let comma = if axis > 0 { ", " } else { "" };
            match length {
                UNKNOWN => write!(f, "{comma}?")?,
                length => write!(f, "{comma}{length}")?,
            }
        }
        f.write_str(if self.0.len() == 1 { ",)" } else { ")" })
    }
}

/// Shows a length.
struct One(usize);

impl fmt::Display for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            UNKNOWN => f.write_str("?"),
            length => write!(f, "{length}"),
        }
    }
}

struct ShowChunks<'a>(&'a [Vec<usize>]);

impl fmt::Display for ShowChunks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axes: Vec<String> = self.0.iter().map(|chunks| Show(chunks).to_string()).collect();
        write!(f, "({})", axes.join(", "))
    }
}

/// Says how two shapes that should be alike differ.
fn differing(left: &[usize], right: &[usize], along: Option<usize>) -> String {
    if left.len() != right.len() {
        return format!(": they have {} and {} axes, and must have as many", left.len(), right.len());
    }
    let axes = left.iter().zip(right).enumerate();
    let mut differing = axes.filter(|(axis, (a, b))| Some(*axis) != along && a != b);
    let along = along.map_or(String::new(), |axis| format!(" along axis {axis}"));
    match differing.next() {
        Some((axis, (a, b))) => format!("{along}: axis {axis} has {a} and {b}, and must have one length"),
        None => along,
    }
}

/// How many elements a shape has.
fn total(lengths: &[usize]) -> String {
    let known = lengths.iter().map(|&length| (length != UNKNOWN).then_some(length as u128));
    let total = known.reduce(|a, b| a?.checked_mul(b?)).unwrap_or(Some(1));
    total.map_or("?".to_string(), |total| total.to_string())
}

/// A size for people.
pub(crate) fn bytes(nbytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut size = nbytes as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < units.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{nbytes} B") } else { format!("{size:.1} {}", units[unit]) }
}
