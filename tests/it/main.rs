//! Integration tests of the whole crate.
