//! Names: how columns are named, one or several.

use polars::prelude::PlSmallStr;

/// The name of a column or the names of several: `"a"`, `["a", "b"]`, a `Vec` of strings.
pub trait IntoNames {
    /// As the list that Polars takes.
    fn into_names(self) -> Vec<PlSmallStr>;
}

impl IntoNames for &str {
    fn into_names(self) -> Vec<PlSmallStr> {
        vec![self.into()]
    }
}

impl IntoNames for &String {
    fn into_names(self) -> Vec<PlSmallStr> {
        vec![self.as_str().into()]
    }
}

impl IntoNames for String {
    fn into_names(self) -> Vec<PlSmallStr> {
        vec![self.into()]
    }
}

impl IntoNames for PlSmallStr {
    fn into_names(self) -> Vec<PlSmallStr> {
        vec![self]
    }
}

impl<T: AsRef<str>, const N: usize> IntoNames for [T; N] {
    fn into_names(self) -> Vec<PlSmallStr> {
        self.iter().map(|name| name.as_ref().into()).collect()
    }
}

impl<T: AsRef<str>> IntoNames for &[T] {
    fn into_names(self) -> Vec<PlSmallStr> {
        self.iter().map(|name| name.as_ref().into()).collect()
    }
}

impl<T: AsRef<str>> IntoNames for Vec<T> {
    fn into_names(self) -> Vec<PlSmallStr> {
        self.as_slice().into_names()
    }
}

impl<T: AsRef<str>> IntoNames for &Vec<T> {
    fn into_names(self) -> Vec<PlSmallStr> {
        self.as_slice().into_names()
    }
}
