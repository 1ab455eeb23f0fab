//! Dense matrices: faer's views of chunks, and chunks of faer's results.

use super::Field;
use crate::array::chunk::Chunk;
use crate::array::{Element, Number};
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::traits::ComplexField;
use faer::{Accum, Mat, MatMut, MatRef, Par};

/// How faer can look at a chunk.
enum Layout {
    /// Rows follow each other, this far apart.
    Rows(usize),
    /// Columns do.
    Columns(usize),
}

fn layout<T: Element>(chunk: &Chunk<T>) -> Option<Layout> {
    let (&[rows, columns], (_, &[down, right])) = (chunk.shape(), chunk.memory()) else { return None };
    let far = |stride: isize, least: usize, count: usize| match usize::try_from(stride) {
        _ if count <= 1 => Some(least),
        Ok(stride) if stride >= least => Some(stride),
        _ => None,
    };
    match (right == 1 || columns <= 1, down == 1 || rows <= 1) {
        (true, _) if far(down, columns, rows).is_some() => far(down, columns, rows).map(Layout::Rows),
        (_, true) => far(right, rows, columns).map(Layout::Columns),
        _ => None,
    }
}

/// The matrix in memory that faer can look at: itself, unless an axis of it is stretched or runs backwards.
pub(super) fn settled<T: Element>(chunk: &Chunk<T>) -> Chunk<T> {
    let empty = chunk.is_empty();
    if !empty && layout(chunk).is_some() { chunk.clone() } else { Chunk::new(chunk.shape(), chunk.to_vec()) }
}

/// The view of a matrix that is [`settled`].
pub(super) fn view<T: Element>(chunk: &Chunk<T>) -> MatRef<'_, T> {
    let (&[rows, columns], (elements, _)) = (chunk.shape(), chunk.memory()) else {
        return MatRef::from_row_major_slice(&[], 0, 0);
    };
    let span = |far: usize, lines: usize, length: usize| &elements[..far * lines.saturating_sub(1) + length];
    match layout(chunk) {
        _ if rows == 0 || columns == 0 => MatRef::from_row_major_slice(&[], rows, columns),
        Some(Layout::Columns(far)) => {
            MatRef::from_column_major_slice_with_stride(span(far, columns, rows), rows, columns, far)
        }
        Some(Layout::Rows(far)) => {
            MatRef::from_row_major_slice_with_stride(span(far, rows, columns), rows, columns, far)
        }
        None => MatRef::from_row_major_slice(&[], 0, 0),
    }
}

/// A matrix of its own.
pub(super) fn matrix<T: Field>(chunk: &Chunk<T>) -> Mat<T> {
    view(&settled(chunk)).to_owned()
}

/// A chunk of a matrix, column by column in memory.
pub(super) fn to_chunk<T: Field>(matrix: MatRef<'_, T>) -> Chunk<T> {
    let (rows, columns) = matrix.shape();
    let mut elements = Vec::with_capacity(rows * columns);
    for column in 0..columns {
        elements.extend(matrix.col(column).iter().copied());
    }
    Chunk::new(&[columns, rows], elements).permuted(&[1, 0])
}

/// A chunk of a column.
pub(super) fn column<T: Element>(elements: Vec<T>) -> Chunk<T> {
    Chunk::new(&[elements.len()], elements)
}

/// Zeros that are written. Zeros that the system promises are pages that are looked at first and copied when they are
/// added to, and each such copy holds up all threads for a moment.
pub(super) fn zeros<T: Number>(count: usize) -> Vec<T> {
    let mut zeros = Vec::with_capacity(count);
    zeros.resize(count, T::ZERO);
    zeros
}

/// Adds a product to a matrix in C order.
pub(super) fn product<T: ComplexField + Number>(out: &mut [T], left: &Chunk<T>, right: &Chunk<T>) {
    let (rows, columns) = (left.shape()[0], right.shape()[1]);
    if out.is_empty() || right.shape()[0] == 0 {
        return;
    }
    let (left, right) = (settled(left), settled(right));
    let out = MatMut::from_row_major_slice_mut(out, rows, columns);
    faer::linalg::matmul::matmul(out, Accum::Add, view(&left), view(&right), T::ONE, Par::Seq);
}

/// Adds the lower half of a product of square shape to a matrix in C order.
pub(super) fn lower_product<T: ComplexField + Number>(out: &mut [T], left: &Chunk<T>, right: &Chunk<T>) {
    let (rows, columns) = (left.shape()[0], right.shape()[1]);
    if out.is_empty() || right.shape()[0] == 0 {
        return;
    }
    let (left, right) = (settled(left), settled(right));
    let out = MatMut::from_row_major_slice_mut(out, rows, columns);
    let (half, full) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
    triangular::matmul(out, half, Accum::Add, view(&left), full, view(&right), full, T::ONE, Par::Seq);
}

/// `matrix -= left × right`.
pub(super) fn subtract_product<T: Field>(matrix: &mut Mat<T>, left: &Chunk<T>, right: &Chunk<T>) {
    let (left, right) = (settled(left), settled(right));
    faer::linalg::matmul::matmul(matrix, Accum::Add, view(&left), view(&right), T::ONE.negated(), Par::Seq);
}

/// `matrix -= left × rightᴴ`.
pub(super) fn subtract_adjoint_product<T: Field>(matrix: &mut Mat<T>, left: &Chunk<T>, right: &Chunk<T>) {
    let (left, right) = (settled(left), settled(right));
    let adjoint = view(&right).adjoint();
    faer::linalg::matmul::matmul(matrix, Accum::Add, view(&left), adjoint, T::ONE.negated(), Par::Seq);
}

/// The conjugate of the transpose; a view if numbers are real.
pub(super) fn adjoint<T: Field>(chunk: &Chunk<T>) -> Chunk<T> {
    let turned = chunk.clone().permuted(&[1, 0]);
    if T::IS_REAL {
        return turned;
    }
    Chunk::new(turned.shape(), turned.to_vec().into_iter().map(Number::conjugate).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(rows: usize, columns: usize) -> Chunk<f64> {
        Chunk::new(&[rows, columns], (0..rows * columns).map(|x| x as f64).collect())
    }

    #[test]
    fn views_are_what_chunks_are() {
        let base = numbers(5, 7);
        let some = [
            base.clone(),
            base.clone().permuted(&[1, 0]),
            base.clone().cut(0, 1, 1, 3).cut(1, 2, 1, 4),
            base.clone().cut(0, 1, 2, 2).permuted(&[1, 0]),
            base.clone().cut(1, 1, 2, 3),
            base.clone().cut(0, 4, -1, 5),
            base.clone().cut(0, 2, 1, 1),
            base.clone().cut(1, 2, 1, 1),
            base.clone().cut(1, 2, 1, 1).permuted(&[1, 0]),
            base.clone().cut(1, 2, 1, 0),
            Chunk::full(&[3, 2], 1.0),
            Chunk::full(&[1, 1], 1.0),
        ];
        for chunk in some {
            let settled = settled(&chunk);
            let seen = view(&settled);
            assert_eq!([seen.nrows(), seen.ncols()], chunk.shape());
            for row in 0..seen.nrows() {
                for column in 0..seen.ncols() {
                    assert_eq!(seen[(row, column)], chunk.at(&[row, column]));
                }
            }
            assert_eq!(to_chunk(seen), chunk);
        }
        let cut = base.cut(0, 1, 1, 3).cut(1, 2, 1, 4);
        assert_eq!(settled(&cut).memory().0.as_ptr(), cut.memory().0.as_ptr(), "nothing is copied");
    }
}
