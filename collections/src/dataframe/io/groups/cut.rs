//! Cuts: which groups of rows make a partition.

use super::Group;
use super::scan::Piece;

/// How groups are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Of a file, while they have at most this many bytes.
    Bytes(u64),
    /// Of a file, this many.
    Groups(usize),
    /// All of this many files.
    Files(usize),
}

impl Default for Cut {
    fn default() -> Self {
        Cut::Bytes(128 << 20)
    }
}

impl Cut {
    /// The partitions of files with these row groups, of which only the first rows are read. There is at least one of
    /// each file, but for those after the last row that is read.
    pub(super) fn partitions(self, files: &[Vec<Group>], n_rows: Option<usize>) -> Vec<Vec<Piece>> {
        let mut partitions: Vec<Vec<Piece>> = Vec::new();
        for (file, groups) in files.iter().enumerate() {
            match self {
                Cut::Files(count) if file % count != 0 => {
                    if let Some(last) = partitions.last_mut() {
                        last.push(piece(file, groups, 0..groups.len()));
                    }
                }
                Cut::Files(_) => partitions.push(vec![piece(file, groups, 0..groups.len())]),
                Cut::Groups(count) => {
                    let ends = (1..groups.len()).filter(|group| group % count == 0);
                    partitions.extend(cut_at(file, groups, ends));
                }
                Cut::Bytes(limit) => {
                    let mut bytes = 0;
                    let ends = (0..groups.len()).filter(|&group| {
                        let is_start = group > 0 && bytes + groups[group].bytes > limit;
                        bytes = groups[group].bytes + if is_start { 0 } else { bytes };
                        is_start
                    });
                    partitions.extend(cut_at(file, groups, ends));
                }
            }
        }
        if let Some(rows) = n_rows {
            first(&mut partitions, rows);
        }
        partitions
    }
}

fn piece(file: usize, groups: &[Group], range: std::ops::Range<usize>) -> Piece {
    Piece { file, rows: groups[range.clone()].iter().map(|group| group.rows).sum(), groups: range }
}

/// A file's row groups, cut before some of them.
fn cut_at(file: usize, groups: &[Group], cuts: impl Iterator<Item = usize>) -> Vec<Vec<Piece>> {
    let mut start = 0;
    let ends = cuts.chain([groups.len()]);
    ends.map(|end| vec![piece(file, groups, std::mem::replace(&mut start, end)..end)]).collect()
}

/// Leaves the first rows, and at least one partition.
fn first(partitions: &mut Vec<Vec<Piece>>, rows: usize) {
    let mut left = rows;
    let mut needed = 1;
    for (number, piece) in partitions
        .iter_mut()
        .enumerate()
        .flat_map(|(number, pieces)| pieces.iter_mut().map(move |piece| (number, piece)))
    {
        piece.rows = piece.rows.min(left);
        left -= piece.rows;
        if piece.rows > 0 {
            needed = number + 1;
        }
    }
    partitions.truncate(needed);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(partitions: &[Vec<Piece>]) -> Vec<Vec<(usize, usize, usize)>> {
        let short = |piece: &Piece| (piece.file, piece.groups.len(), piece.rows);
        partitions.iter().map(|pieces| pieces.iter().map(short).collect()).collect()
    }

    #[test]
    fn row_groups_are_put_together() {
        let group = |rows| Group { rows, bytes: rows as u64 * 10 };
        let files = [vec![group(3), group(4), group(5)], vec![], vec![group(1), group(100)]];
        assert_eq!(
            rows(&Cut::Groups(2).partitions(&files, None)),
            [vec![(0, 2, 7)], vec![(0, 1, 5)], vec![(1, 0, 0)], vec![(2, 2, 101)]]
        );
        assert_eq!(
            rows(&Cut::Bytes(80).partitions(&files, None)),
            [vec![(0, 2, 7)], vec![(0, 1, 5)], vec![(1, 0, 0)], vec![(2, 1, 1)], vec![(2, 1, 100)]]
        );
        assert_eq!(rows(&Cut::Files(2).partitions(&files, None)), [vec![(0, 3, 12), (1, 0, 0)], vec![(2, 2, 101)]]);
        assert_eq!(rows(&Cut::Groups(1).partitions(&files, Some(5))), [vec![(0, 1, 3)], vec![(0, 1, 2)]]);
        assert_eq!(rows(&Cut::Groups(1).partitions(&files, Some(0))), [vec![(0, 1, 0)]]);
        assert_eq!(rows(&Cut::default().partitions(&files, Some(13))).len(), 3);
    }
}
