//! Abstract resources that tasks take and workers have: `{"GPU": 1}`.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Amounts of named resources, in thousandths, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources(Vec<(Arc<str>, u64)>);

impl Resources {
    /// From names and amounts; amounts of one name are added up, and rounded to thousandths.
    pub fn new<S: AsRef<str>>(amounts: impl IntoIterator<Item = (S, f64)>) -> Self {
        let mut list: Vec<(Arc<str>, u64)> = Vec::new();
        for (name, amount) in amounts {
            let thousandths = (amount.max(0.0) * 1000.0).round() as u64;
            match list.iter_mut().find(|(known, _)| **known == *name.as_ref()) {
                Some((_, sum)) => *sum += thousandths,
                None => list.push((name.as_ref().into(), thousandths)),
            }
        }
        list.sort();
        Resources(list)
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and amounts in thousandths, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, u64)> {
        self.0.iter().map(|(name, amount)| (name, *amount))
    }

    /// The amount of one resource in thousandths; 0 if it is not named.
    pub fn amount(&self, name: &str) -> u64 {
        self.0.iter().find(|(known, _)| **known == *name).map_or(0, |(_, amount)| *amount)
    }

    /// Whether all of `needs` can be taken from these amounts.
    pub fn covers(&self, needs: &Resources) -> bool {
        needs.iter().all(|(name, amount)| self.amount(name) >= amount)
    }

    /// Takes `needs` away; false, and nothing taken, if they are not covered.
    pub fn take(&mut self, needs: &Resources) -> bool {
        if !self.covers(needs) {
            return false;
        }
        for (name, amount) in needs.iter() {
            if let Some((_, free)) = self.0.iter_mut().find(|(known, _)| known == name) {
                *free -= amount;
            }
        }
        true
    }

    /// Gives `needs` back.
    pub fn give(&mut self, needs: &Resources) {
        for (name, amount) in needs.iter() {
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, free)) => *free += amount,
                None => self.0.push((name.clone(), amount)),
            }
        }
        self.0.sort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_and_giving_back_leaves_the_same() {
        let all = Resources::new([("GPU", 2.0), ("disk", 0.5)]);
        let needs = Resources::new([("GPU", 1.5)]);
        let mut free = all.clone();
        assert!(free.take(&needs));
        assert_eq!(free.amount("GPU"), 500);
        assert!(!free.take(&needs), "only half a GPU is left");
        free.give(&needs);
        assert_eq!(free, all);
        assert!(!all.covers(&Resources::new([("TPU", 1.0)])));
    }
}
