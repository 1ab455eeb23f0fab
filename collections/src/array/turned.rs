//! Turned blocks: a block whose rows are columns in memory is read some rows at a time, in squares that are turned in the
//! processor's registers.

use multiversion::multiversion;

/// Elements on a side of a square: a line of the processor's cache holds as many numbers of 64 bits.
const SIDE: usize = 8;

/// Bytes of rows that are turned at a time: they stay in the processor's second cache.
const BAND_BYTES: usize = 256 * 1024;

/// How many rows of this many elements are turned at a time.
pub(crate) fn band_rows<T>(length: usize) -> usize {
    let rows = BAND_BYTES / (length * size_of::<T>()).max(1);
    (rows - rows % SIDE).clamp(SIDE, 8 * SIDE)
}

/// Rows of a turned block in C order: `count` rows, whose columns begin at `start`, `start + stride`, … of `data` and
/// are as many as a row has elements. `rows` are as many as they fill.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
pub(crate) fn turn<T: Copy>(data: &[T], start: usize, stride: isize, count: usize, rows: &mut [T]) {
    let length = rows.len() / count.max(1);
    let from = |column: usize| start.wrapping_add_signed(column as isize * stride);
    let (wide, high) = (length - length % SIDE, count - count % SIDE);
    for at in (0..wide).step_by(SIDE) {
        for row in (0..high).step_by(SIDE) {
            for (next, line) in square(data, |next| from(at + next) + row, count).into_iter().enumerate() {
                let into = (row + next) * length + at;
                rows[into..into + SIDE].copy_from_slice(&line);
            }
        }
    }
    for (row, into) in rows.chunks_exact_mut(length.max(1)).enumerate() {
        let first = if row < high { wide } else { 0 };
        for (column, element) in into.iter_mut().enumerate().skip(first) {
            *element = data[from(column) + row];
        }
    }
}

/// A square whose columns begin at these places, turned. The elements that follow `ahead` of them are on their way to the
/// caches then.
#[inline(always)]
fn square<T: Copy>(data: &[T], from: impl Fn(usize) -> usize, ahead: usize) -> [[T; SIDE]; SIDE] {
    let columns: [[T; SIDE]; SIDE] = std::array::from_fn(|next| {
        let at = from(next);
        prefetch(data, at + ahead);
        let column = &data[at..at + SIDE];
        std::array::from_fn(|row| column[row])
    });
    std::array::from_fn(|row| std::array::from_fn(|next| columns[next][row]))
}

/// Lets the processor bring an element to its caches, if there is one at this place.
#[inline(always)]
fn prefetch<T>(data: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(element) = data.get(at) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86_64 has the instruction, and it is a hint that reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(element).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (data, at);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_what_their_columns_have() {
        for (length, count, gap) in
            [(1, 1, 1), (8, 8, 8), (9, 17, 20), (100, 64, 64), (23, 7, 9), (40, 8, 11), (3, 16, 16)]
        {
            let data: Vec<u32> = (0..(length * gap + 5) as u32).collect();
            for (start, stride) in [(5, gap as isize), ((length - 1) * gap, -(gap as isize))] {
                let mut rows = vec![0; length * count];
                turn(
                    &data[..data.len().min(start.max((length - 1) * gap + 5) + count)],
                    start,
                    stride,
                    count,
                    &mut rows,
                );
                for row in 0..count {
                    for column in 0..length {
                        let expected = (start as isize + column as isize * stride) as usize + row;
                        assert_eq!(rows[row * length + column], expected as u32);
                    }
                }
            }
        }
    }

    #[test]
    fn bands_fit_the_cache() {
        assert_eq!(band_rows::<f64>(1000), 32);
        assert_eq!((band_rows::<f64>(1), band_rows::<f64>(10_000_000), band_rows::<u8>(0)), (64, 8, 64));
    }
}
