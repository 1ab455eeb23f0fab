//! A set of very few members in two words: none and one need no heap.

/// A small set in the order of insertion.
#[derive(Clone, Debug, Default)]
pub(crate) enum Few<T> {
    /// Empty.
    #[default]
    None,
    /// One member.
    One(T),
    /// Two and more.
    #[expect(clippy::box_collection, reason = "two words, not four: nearly every set has none or one")]
    Many(Box<Vec<T>>),
}

impl<T: Copy + PartialEq> Few<T> {
    /// The members.
    pub(crate) fn as_slice(&self) -> &[T] {
        match self {
            Few::None => &[],
            Few::One(member) => std::slice::from_ref(member),
            Few::Many(members) => members,
        }
    }

    /// Whether there is no member.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Few::None)
    }

    /// Adds a member; false if it was one already.
    pub(crate) fn insert(&mut self, member: T) -> bool {
        match self {
            Few::None => *self = Few::One(member),
            Few::One(one) if *one == member => return false,
            Few::One(one) => *self = Few::Many(Box::new(vec![*one, member])),
            Few::Many(members) if members.contains(&member) => return false,
            Few::Many(members) => members.push(member),
        }
        true
    }

    /// Takes a member out; false if it was none.
    pub(crate) fn remove(&mut self, member: T) -> bool {
        match self {
            Few::One(one) if *one == member => *self = Few::None,
            Few::Many(members) => match members.iter().position(|known| *known == member) {
                Some(place) => {
                    members.remove(place);
                    if let [one] = members[..] {
                        *self = Few::One(one);
                    }
                }
                None => return false,
            },
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_is_a_set() {
        let mut few = Few::None;
        assert!(few.insert(1) && few.insert(2) && few.insert(3) && !few.insert(2));
        assert_eq!(few.as_slice(), [1, 2, 3]);
        assert!(few.remove(2) && !few.remove(2) && few.remove(1));
        assert!(matches!(few, Few::One(3)));
        assert!(!few.insert(3) && few.remove(3) && few.is_empty());
        assert_eq!(std::mem::size_of::<Few<u32>>(), 16);
    }
}
