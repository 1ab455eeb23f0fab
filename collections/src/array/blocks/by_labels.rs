//! Blockwise functions: blocks of several arrays that belong together by the names of their axes.

use crate::array::blocks::block_calls::returned;
use crate::array::error::ArrayError;
use crate::array::grid::{Grid, UNKNOWN, refine};
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element};
use crate::bag::BoxError;
use crate::identity::Identity;
use ndarray::{ArrayD, ArrayViewD};
use partita_graph::{Chosen, Data, Plain, Reads, Travels};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An array whose axes are named.
pub(crate) struct Named<'a> {
    pub(crate) grid: &'a Grid,
    pub(crate) labels: &'a [char],
}

/// How blocks come together.
pub(crate) struct Plan {
    /// The blocks of the result.
    pub(crate) grid: Grid,
    /// For each input the grid that it must have, and the block that each block of the result reads.
    pub(crate) inputs: Vec<(Grid, Arc<Chosen>)>,
}

/// A character that stands for axis `number`, none that is written by hand.
pub(crate) fn character(number: usize) -> char {
    char::from_u32(0xE000 + number as u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// How long an axis of these chunks is.
fn total(chunks: &[usize]) -> usize {
    if chunks.contains(&UNKNOWN) { UNKNOWN } else { chunks.iter().sum() }
}

/// What is wrong with the names of axes.
fn text(operation: &'static str, labels: &[char], reason: String) -> ArrayError {
    ArrayError::Text { operation, text: labels.iter().collect(), reason }
}

fn check_twice(operation: &'static str, labels: &[char]) -> Result<(), ArrayError> {
    let twice = (0..labels.len()).find(|&at| labels[..at].contains(&labels[at]));
    twice.map_or(Ok(()), |at| Err(text(operation, labels, format!("`{}` is there twice", labels[at]))))
}

/// The chunks of each name: those that the chunks of all axes of the name are made of.
fn chunks_of_labels(operation: &'static str, inputs: &[Named<'_>]) -> Result<BTreeMap<char, Vec<usize>>, ArrayError> {
    let mut all: BTreeMap<char, (Vec<usize>, usize)> = BTreeMap::new();
    for (number, input) in inputs.iter().enumerate() {
        check_twice(operation, input.labels)?;
        if input.labels.len() != input.grid.ndim() {
            let shape = crate::array::error::Show(input.grid.shape());
            return Err(text(operation, input.labels, format!("it must name each axis of shape {shape}")));
        }
        for (axis, label) in input.labels.iter().enumerate() {
            let (chunks, length) = (input.grid.axis(axis), input.grid.shape()[axis]);
            let Some((known, from)) = all.get_mut(label) else {
                all.insert(*label, (chunks.to_vec(), number));
                continue;
            };
            match (total(known), length) {
                _ if known == chunks => {}
                (_, 1) => {}
                (1, _) => (*known, *from) = (chunks.to_vec(), number),
                (UNKNOWN, _) | (_, UNKNOWN) => {
                    return Err(ArrayError::UnknownChunks { operation, left: known.len(), right: chunks.len() });
                }
                (left, right) if left == right => *known = refine(known, chunks),
                (left_length, right_length) => {
                    let (left, right) = (inputs[*from].grid.shape().to_vec(), input.grid.shape().to_vec());
                    return Err(ArrayError::Shapes { operation, left, right, axis, left_length, right_length });
                }
            }
        }
    }
    Ok(all.into_iter().map(|(label, (chunks, _))| (label, chunks)).collect())
}

/// Brings blocks together. Axes that the result does not have, and those in `whole`, are one chunk; `new` are axes of
/// the result that no input has.
pub(crate) fn plan(
    operation: &'static str,
    out: &[char],
    inputs: &[Named<'_>],
    whole: &[char],
    new: &[(char, usize)],
) -> Result<Plan, ArrayError> {
    check_twice(operation, out)?;
    let mut labels = chunks_of_labels(operation, inputs)?;
    for (label, chunks) in &mut labels {
        if chunks.len() > 1 && (whole.contains(label) || !out.contains(label)) {
            if chunks.contains(&UNKNOWN) {
                let holds = inputs.iter().find_map(|input| input.labels.iter().position(|own| own == label));
                return Err(ArrayError::Unknown { operation, axis: holds.unwrap_or(0) });
            }
            *chunks = vec![chunks.iter().sum()];
        }
    }
    labels.extend(new.iter().map(|&(label, length)| (label, vec![length])));
    let chunks = |label: &char| {
        labels.get(label).cloned().ok_or_else(|| text(operation, out, format!("no input has an axis `{label}`")))
    };
    let grid = Grid::new(out.iter().map(chunks).collect::<Result<_, _>>()?)?;
    let blocks: Vec<crate::array::chunk::Dims> = (0..grid.parts()).map(|part| grid.block(part)).collect();
    let fitted = inputs.iter().map(|input| {
        let own = |(axis, label): (usize, &char)| match input.grid.shape()[axis] {
            1 if total(&labels[label]) != 1 => vec![1],
            _ => labels[label].clone(),
        };
        let own = Grid::new(input.labels.iter().enumerate().map(own).collect())?;
        let at: Vec<Option<usize>> = input.labels.iter().map(|label| out.iter().position(|out| out == label)).collect();
        let place = |block: &crate::array::chunk::Dims| {
            let axes = at.iter().enumerate().map(|(axis, at)| match at {
                Some(at) if own.axis(axis).len() > 1 => block[*at],
                _ => 0,
            });
            own.part(&axes.collect::<Vec<usize>>()) as u32
        };
        let chosen = Chosen::new(blocks.iter().map(place).collect());
        Ok((own, Arc::new(chosen)))
    });
    Ok(Plan { inputs: fitted.collect::<Result<_, ArrayError>>()?, grid })
}

fn letters(labels: &str) -> Vec<char> {
    labels.chars().collect()
}

macro_rules! blockwise {
    ($($(#[$doc:meta])* $name:ident $try:ident $with:ident $core:ident: $($input:ident $type:ident $at:literal),+;)*) => {
        $(impl<U: Element> Array<U> {
            $(#[$doc])*
            #[track_caller]
            pub fn $name<$($type: Element),+>(
                out: &str,
                f: impl Fn($(ArrayViewD<'_, $type>),+) -> ArrayD<U> + Send + Sync + 'static,
                $($input: (&Array<$type>, &str)),+
            ) -> Self {
                let identity = Identity::of("blockwise").function(&f);
                $(let $input = ($input.0, letters($input.1));)+
                let f = move |(): &(), $($input: ArrayViewD<'_, $type>),+| Ok(f($($input),+));
                let inputs = ($(($input.0, $input.1.as_slice()),)+);
                Array::built($core("blockwise", identity, &letters(out), (&[], &[]), inputs, (), f))
            }

            #[doc = concat!("As [`", stringify!($name), "`](Array::", stringify!($name), "), with a function that can fail.")]
            #[track_caller]
            pub fn $try<$($type: Element,)+ E: Into<BoxError>>(
                out: &str,
                f: impl Fn($(ArrayViewD<'_, $type>),+) -> Result<ArrayD<U>, E> + Send + Sync + 'static,
                $($input: (&Array<$type>, &str)),+
            ) -> Self {
                let identity = Identity::of("blockwise").function(&f);
                $(let $input = ($input.0, letters($input.1));)+
                let f = move |(): &(), $($input: ArrayViewD<'_, $type>),+| f($($input),+).map_err(Into::into);
                let inputs = ($(($input.0, $input.1.as_slice()),)+);
                Array::built($core("blockwise", identity, &letters(out), (&[], &[]), inputs, (), f))
            }

            #[doc = concat!("As [`", stringify!($name), "`](Array::", stringify!($name), "), with data that the function needs.")]
            #[track_caller]
            pub fn $with<V: Data, $($type: Element),+>(
                out: &str,
                env: V,
                f: impl Fn(&V, $(ArrayViewD<'_, $type>),+) -> ArrayD<U> + Send + Sync + 'static,
                $($input: (&Array<$type>, &str)),+
            ) -> Self {
                let identity = Identity::of("blockwise").data(&env).function(&f);
                $(let $input = ($input.0, letters($input.1));)+
                let f = move |env: &Plain<V>, $($input: ArrayViewD<'_, $type>),+| Ok(f(env, $($input),+));
                let inputs = ($(($input.0, $input.1.as_slice()),)+);
                Array::built($core("blockwise", identity, &letters(out), (&[], &[]), inputs, Plain(env), f))
            }
        }

        /// Blocks that come together by the names of their axes; the identity is told of the arrays here.
        #[track_caller]
        pub(crate) fn $core<E: Travels, U: Element, $($type: Element),+>(
            operation: &'static str,
            identity: Identity,
            out: &[char],
            (whole, new): (&[char], &[(char, usize)]),
            inputs: ($((&Array<$type>, &[char]),)+),
            env: E,
            f: impl Fn(&E, $(ArrayViewD<'_, $type>),+) -> Result<ArrayD<U>, BoxError> + Send + Sync + 'static,
        ) -> Built<Array<U>> {
            let ($($input,)+) = inputs;
            $($input.0.sound()?;)+
            let named = [$(Named { grid: &$input.0.grid, labels: $input.1 }),+];
            let plan = plan(operation, out, &named, whole, new)?;
            let mut fitted = plan.inputs.iter();
            let mut identity = identity.data(&(out, new));
            let mut reads = Vec::new();
            $(if let Some((grid, chosen)) = fitted.next() {
                let own = $input.0.regrid(grid)?;
                identity = identity.node(&own.node).data(&$input.1);
                reads.push(Reads { node: own.node.clone(), chosen: Some(chosen.clone()) });
            })+
            let grid = plan.grid.clone();
            let block = blockwise_with((operation, grid, env), move |env, index, flows| {
                let [$($input),+] = crate::layer::inputs(flows)?;
                let (operation, grid, env) = &**env;
                $(let $input = Lazy::<$type>::of($input, $at)?.into_chunk()?;)+
                let block = grid.block(index as usize);
                returned(operation, &block, &grid.block_shape(&block), f(env, $($input.view().view()),+))
            });
            Ok(Array::blocks(operation, identity, plan.grid, reads, block))
        })*
    };
}

blockwise! {
    /// A function of the blocks of an array that belong to a block of the result, by the names of axes; Dask's
    /// `blockwise` of one array. Axes that the result does not have are put together and given as a whole.
    ///
    /// The function must give blocks as long, on each axis, as those of the axis of the same name; a block of another
    /// shape is an error of its task.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4], [5, 6]], 2);
    /// let turned = Array::blockwise("ji", |block| block.reversed_axes().to_owned(), (&x, "ij"));
    /// assert_eq!(on_reference(&turned)?, ndarray::array![[1, 3, 5], [2, 4, 6]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    blockwise try_blockwise blockwise_with blockwise_of: x A 0;
    /// As [`blockwise`](Array::blockwise), of two arrays. Axes of one name must be of the same length, or of length 1,
    /// which then stays; arrays of different chunks are cut finer.
    ///
    /// ```
    /// use ndarray::Ix2;
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![[1.0, 2.0], [3.0, 4.0]], 1);
    /// let product = Array::blockwise2("ij", |x, y| {
    ///     let matrix = |block: ndarray::ArrayViewD<f64>| block.into_dimensionality::<Ix2>().unwrap().to_owned();
    ///     matrix(x).dot(&matrix(y)).into_dyn()
    /// }, (&x, "ik"), (&x, "kj"));
    /// assert_eq!(on_reference(&product)?, ndarray::array![[7.0, 10.0], [15.0, 22.0]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    blockwise2 try_blockwise2 blockwise2_with blockwise2_of: x A 0, y B 1;
    /// As [`blockwise`](Array::blockwise), of three arrays.
    blockwise3 try_blockwise3 blockwise3_with blockwise3_of: x A 0, y B 1, z C 2;
}
