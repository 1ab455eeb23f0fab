//! Names that are like another, for people who mistyped one.

use std::sync::Arc;

/// How many names are given at most.
const MOST: usize = 3;

/// The names that are most like `name`, the nearest first; none that differs in more than a third of its letters.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a Arc<str>>) -> Vec<Arc<str>> {
    let most = (name.chars().count() / 3).max(2);
    let mut near: Vec<(usize, &Arc<str>)> =
        names.map(|known| (distance(name, known), known)).filter(|(distance, _)| *distance <= most).collect();
    near.sort();
    near.into_iter().take(MOST).map(|(_, known)| known.clone()).collect()
}

/// How many letters must be put in, taken out or changed to make one name of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], line + 1);
        for (column, known) in other.iter().enumerate() {
            let changed = before + usize::from(letter != *known);
            before = row[column + 1];
            row[column + 1] = changed.min(before + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ_are_counted() {
        for (one, other, count) in [("", "", 0), ("a", "", 1), ("train", "trian", 2), ("kitten", "sitting", 3)] {
            assert_eq!(distance(one, other), count, "{one} {other}");
        }
    }

    #[test]
    fn the_nearest_names_come_first_and_strangers_not_at_all() {
        let names: Vec<Arc<str>> = ["trainings", "test", "training", "trainer"].map(Arc::from).to_vec();
        assert_eq!(nearest("traning", names.iter()), ["training".into(), "trainings".into()]);
        assert!(nearest("weather", names.iter()).is_empty());
    }
}
