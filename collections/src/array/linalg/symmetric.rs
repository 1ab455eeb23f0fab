//! Symmetric products: a matrix times its transpose, of which only one half is computed.

use super::Multiply;
use super::contract::Labels;
use super::product::{Sums, group};
use crate::array::Array;
use crate::array::chunk::Chunk;
use crate::array::grid::Grid;
use crate::array::layers::{Built, blockwise_with, chunk_task_with};
use crate::array::lazy::Lazy;
use crate::identity::Identity;
use partita_graph::{Chosen, Fault, Function, Inputs, Kind, Node, Place, Reads};
use std::sync::Arc;

/// Whether one of two arrays is the transpose of the other and they are multiplied as matrices: then `true` if it is
/// the right one.
pub(super) fn turned_of<T: Multiply>(left: &Array<T>, right: &Array<T>, labels: &Labels) -> Option<bool> {
    let (&[row, inner], &[other, column]) = (labels.left.as_slice(), labels.right.as_slice()) else { return None };
    if inner != other || labels.out != [row, column] {
        return None;
    }
    match (is_transpose(right, left), is_transpose(left, right)) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Whether the first array is a layer that transposes the second.
fn is_transpose<T: Multiply>(turned: &Array<T>, array: &Array<T>) -> bool {
    let Kind::Blocks { inputs, .. } = &turned.node().kind else { return false };
    let [reads] = inputs.as_slice() else { return false };
    let blocks = turned.numblocks();
    let source = |part: u32| {
        let block = turned.grid.block(part as usize);
        array.grid.part(&[block[1], block[0]]) as u32
    };
    turned.node().key.name().as_str() == "transpose"
        && reads.node.key == array.node().key
        && turned.chunks()[0] == array.chunks()[1]
        && turned.chunks()[1] == array.chunks()[0]
        // Of one block nobody can tell from outside whether it is turned.
        && blocks.iter().product::<usize>() > 1
        && (0..turned.node().parts()).all(|part| reads.part(part) == source(part))
}

/// Number of block (row, column) on or above the diagonal, in C order.
fn upper(row: usize, column: usize, side: usize) -> usize {
    row * side - row * (row + 1) / 2 + column
}

/// `x · xᵀ`, or `xᵀ · x` if not `by_rows`: blocks on and above the diagonal, and turned views of them below it.
#[track_caller]
pub(super) fn symmetric<T: Multiply>(
    operation: &'static str,
    x: &Array<T>,
    by_rows: bool,
    grid: Grid,
) -> Built<Array<T>> {
    let [row_axis, inner_axis] = if by_rows { [0, 1] } else { [1, 0] };
    let (side, depth) = (x.numblocks()[row_axis], x.numblocks()[inner_axis]);
    let each = group(side * side);
    let groups = depth.div_ceil(each);
    let (multiply, square): (Function, Function) = (
        chunk_task_with(by_rows, |&by_rows, chunks: &[&Chunk<T>]| {
            let pairs = chunks.as_chunks::<2>().0.iter().map(|[left, right]| (*left, *right));
            product(pairs.collect(), by_rows, false)
        }),
        chunk_task_with(by_rows, |&by_rows, chunks: &[&Chunk<T>]| {
            product(chunks.iter().map(|chunk| (*chunk, *chunk)).collect(), by_rows, true)
        }),
    );
    let input = |row: usize, inner: usize| x.input(&if by_rows { [row, inner] } else { [inner, row] });
    let mut tasks: Vec<(Function, Inputs)> = Vec::new();
    let mut chunks = Vec::new();
    for row in 0..side {
        for column in row..side {
            chunks.push((row, column));
            for some in (0..depth).collect::<Vec<_>>().chunks(each) {
                tasks.push(match row == column {
                    true => (square.clone(), some.iter().map(|&inner| input(row, inner)).collect()),
                    false => {
                        let pair = |&inner: &usize| [input(row, inner), input(column, inner)];
                        (multiply.clone(), some.iter().flat_map(pair).collect())
                    }
                });
            }
        }
    }
    let identity = x.identity("symmetric").data(&(by_rows, each as u64));
    let name = format!("{operation}-half");
    let half = match groups {
        1 => Arc::new(Node::new(identity.key::<Chunk<T>>(&name), Kind::Tasks(tasks), Place::here())),
        _ => {
            let products = format!("{operation}-products");
            let key = identity.key::<Chunk<T>>(&products);
            let products = Arc::new(Node::new(key, Kind::Tasks(tasks), Place::here()));
            // A row of all blocks; their shapes are those of the whole result.
            let row = Grid::new(vec![vec![1; chunks.len()]])?;
            let sums = Sums { operation, products, groups, split_every: x.split_every };
            sums.build::<(), T>(row, (), |(), chunk| Ok(chunk)).node().clone()
        }
    };
    Ok(mirrored(operation, half, side, grid).split_like(x))
}

/// All blocks of a symmetric matrix of which there is one half.
#[track_caller]
fn mirrored<T: Multiply>(operation: &'static str, half: Arc<Node>, side: usize, grid: Grid) -> Array<T> {
    let source = |part: usize| {
        let (row, column) = (part / side, part % side);
        upper(row.min(column), row.max(column), side) as u32
    };
    let identity = Identity::of("mirrored").node(&half);
    let chosen = Chosen::new((0..side * side).map(source).collect());
    let reads = Reads { node: half, chosen: Some(Arc::new(chosen)) };
    let block = blockwise_with(side, |side, index, flows| {
        let side = **side;
        let [flow] = crate::layer::inputs(flows)?;
        let lazy = Lazy::<T>::of(flow, 0)?;
        let (row, column) = (index as usize / side, index as usize % side);
        Ok(if row <= column { lazy } else { lazy.into_chunk()?.permuted(&[1, 0]).into() })
    });
    Array::blocks(operation, identity, grid, vec![reads], block)
}

/// The sum of products of blocks with transposes of others; of a block on the diagonal only one half.
fn product<T: Multiply>(
    pairs: Vec<(&Chunk<T>, &Chunk<T>)>,
    by_rows: bool,
    on_diagonal: bool,
) -> Result<Chunk<T>, Fault> {
    let turn = |chunk: &Chunk<T>, turn: bool| if turn { chunk.clone().permuted(&[1, 0]) } else { chunk.clone() };
    let axis = if by_rows { 0 } else { 1 };
    let Some((first, second)) = pairs.first() else { return Err(Fault::failed("no blocks to multiply")) };
    let (rows, columns) = (first.shape()[axis], second.shape()[axis]);
    let mut out = super::dense::zeros(rows * columns);
    for (left, right) in pairs {
        let (left, right) = (turn(left, !by_rows), turn(right, by_rows));
        match on_diagonal {
            true => T::add_lower_product(&mut out, &left, &right),
            false => T::add_product(&mut out, &left, &right),
        }
    }
    if on_diagonal {
        for row in 0..rows {
            (row + 1..rows).for_each(|column| out[row * rows + column] = out[column * rows + row]);
        }
    }
    Ok(Chunk::new(&[rows, columns], out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::linalg::turn::transposed;
    use crate::bag::on_reference;

    fn numbers(rows: usize, columns: usize, chunks: [usize; 2]) -> Array<f64> {
        let all = ndarray::Array2::from_shape_fn((rows, columns), |(row, column)| ((row * 7 + column * 3) % 11) as f64);
        Array::from_array(all, chunks)
    }

    /// How many parts the nodes of this name have that a node is made of, and itself.
    fn parts(node: &Arc<Node>, name: &str) -> u32 {
        let mut below = 0;
        node.for_each_input(|input| below = below.max(parts(input, name)));
        if node.key.name().as_str() == name { node.parts() } else { below }
    }

    #[test]
    fn blocks_above_the_diagonal_are_numbered_in_c_order() {
        let numbers: Vec<usize> = (0..4).flat_map(|row| (row..4).map(move |column| upper(row, column, 4))).collect();
        assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn half_of_a_symmetric_product_is_computed() {
        for (rows, columns, chunks) in [(7, 5, [2, 2]), (6, 6, [3, 3]), (5, 30, [1, 1]), (9, 4, [2, 4]), (4, 9, [4, 2])]
        {
            let x = numbers(rows, columns, chunks).split_every(2);
            let turned = transposed(&x).unwrap();
            let plain: ndarray::Array2<f64> = on_reference(&x).unwrap().into_dimensionality().unwrap();
            let by_rows = x.dot(&turned);
            assert_eq!(on_reference(&by_rows).unwrap(), plain.dot(&plain.t()).into_dyn());
            let by_columns = turned.dot(&x);
            assert_eq!(on_reference(&by_columns).unwrap(), plain.t().dot(&plain).into_dyn());
            assert_eq!(by_rows.chunks(), [x.chunks()[0].clone(), x.chunks()[0].clone()]);
            let side = x.numblocks()[0] as u32;
            let groups = x.numblocks()[1].div_ceil(group((side * side) as usize)) as u32;
            let name = if groups == 1 { "dot-half" } else { "dot-products" };
            assert_eq!(parts(by_rows.node(), name), side * (side + 1) / 2 * groups);
        }
    }

    #[test]
    fn what_is_no_transpose_is_not_taken_for_one() {
        let x = numbers(4, 4, [2, 2]);
        let same = x.permuted(&[0, 1]);
        let labels = Labels { left: vec![0, 1], right: vec![1, 2], out: vec![0, 2] };
        assert_eq!(turned_of(&x, &same, &labels), None);
        assert_eq!(turned_of(&x, &transposed(&x).unwrap(), &labels), Some(true));
        assert_eq!(turned_of(&x, &transposed(&numbers(4, 4, [2, 1])).unwrap(), &labels), None);
        let crossed = Labels { out: vec![2, 0], ..labels };
        assert_eq!(turned_of(&x, &transposed(&x).unwrap(), &crossed), None);
    }
}
