//! Identities: what a layer is the result of, from which its key is made, so that equal bags share their tasks.

use partita_graph::{Key, Node, Portable, Token};
use serde::Serialize;
use std::any::type_name;

/// Written data up to this size, in bytes, is part of a layer's identity; above, the layer is like no other.
const MAX_WRITTEN: usize = 64 << 10;

/// What a layer is the result of: operation, inputs, functions and parameters. Unknown as soon as one of them is (a
/// closure with captures cannot be compared), and then the layer's key is unique.
#[derive(Clone)]
pub(crate) struct Identity(Option<Vec<u8>>);

impl Identity {
    /// The identity of a layer that this operation makes.
    pub(crate) fn of(operation: &str) -> Self {
        Identity(Some(Vec::new())).bytes(operation.as_bytes())
    }

    /// An identity like no other.
    #[cfg(feature = "dataframe")]
    pub(crate) fn unique() -> Self {
        Identity(None)
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        if let Some(known) = &mut self.0 {
            known.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            known.extend_from_slice(bytes);
        }
        self
    }

    /// It reads this node.
    pub(crate) fn node(self, node: &Node) -> Self {
        let part = node.key.partition().map_or(u64::MAX, u64::from);
        let named = self.bytes(node.key.name().as_str().as_bytes()).bytes(&node.key.token().to_bytes());
        named.bytes(&part.to_le_bytes()).bytes(&node.parts().to_le_bytes())
    }

    /// It calls this function.
    pub(crate) fn function<F: 'static>(self, function: &F) -> Self {
        match Portable::of(function) {
            Some(portable) => self.bytes(&portable.offset().to_le_bytes()),
            None => Identity(None),
        }
    }

    /// It depends on this value.
    pub(crate) fn data<T: Serialize>(self, data: &T) -> Self {
        let Identity(Some(_)) = &self else { return self };
        let mut written = Bounded(Vec::new());
        match data.serialize(&mut rmp_serde::Serializer::new(&mut written)) {
            Ok(()) => self.bytes(type_name::<T>().as_bytes()).bytes(&written.0),
            Err(_) => Identity(None),
        }
    }

    /// Its key, for a layer of this name whose partitions are of type `P`.
    pub(crate) fn key<P>(self, name: &str) -> Key {
        match self.bytes(type_name::<P>().as_bytes()).0 {
            Some(bytes) => Key::new(name, Token::of(&bytes)),
            None => Key::unique(name),
        }
    }
}

/// Refuses to grow over the limit.
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_WRITTEN {
            return Err(std::io::Error::other("too large to be part of an identity"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_parameters_give_equal_keys_and_others_do_not() {
        let key = |n: i64| Identity::of("take").data(&n).key::<i64>("take");
        assert_eq!(key(3), key(3));
        assert_ne!(key(3), key(4));
        assert_ne!(Identity::of("a").data(&1u8).key::<i64>("x"), Identity::of("a").data(&1i64).key::<i64>("x"));
        assert_ne!(Identity::of("a").key::<i64>("x"), Identity::of("a").key::<u64>("x"));
    }

    #[test]
    fn captures_and_large_data_make_a_key_unique() {
        let captured = 3;
        let closure = move |x: i64| x + captured;
        assert!(Identity::of("map").function(&closure).key::<i64>("map").token().is_unique());
        let portable = |x: i64| x + 3;
        assert!(!Identity::of("map").function(&portable).key::<i64>("map").token().is_unique());
        assert!(Identity::of("map").data(&vec![0u8; MAX_WRITTEN]).key::<i64>("map").token().is_unique());
    }
}
