//! The names of functions and types, as people call them.

use partita_graph::Name;
use std::any::type_name;
use std::cell::RefCell;
use std::collections::HashMap;

/// The name of a function: the last part of its path; `closure` for closures.
///
/// ```
/// use partita_collections::call::name_of;
///
/// fn inc(x: i64) -> i64 {
///     x + 1
/// }
/// assert_eq!(name_of(&inc).as_str(), "inc");
/// assert_eq!(name_of(&|x: i64| x).as_str(), "closure");
/// ```
pub fn name_of<F>(_: &F) -> Name {
    thread_local! {
        static NAMES: RefCell<HashMap<*const u8, Name>> = RefCell::default();
    }
    let full = type_name::<F>();
    NAMES.with(|names| names.borrow_mut().entry(full.as_ptr()).or_insert_with(|| Name::from(last_part(full))).clone())
}

fn last_part(full: &str) -> &str {
    // Type parameters of a generic function say little and are long.
    let plain = full.split('<').next().unwrap_or(full);
    match plain.rsplit("::").next() {
        None | Some("" | "{{closure}}") => "closure",
        Some(name) => name,
    }
}

/// A type's name without the paths: `Vec<String>` for `alloc::vec::Vec<alloc::string::String>`.
///
/// ```
/// assert_eq!(partita_collections::call::short_type::<Vec<(String, u64)>>(), "Vec<(String, u64)>");
/// ```
pub fn short_type<T>() -> String {
    let mut short = String::new();
    let mut word = String::new();
    for c in type_name::<T>().chars() {
        match c {
            ':' => word.clear(),
            c if c.is_alphanumeric() || c == '_' => word.push(c),
            c => {
                short.push_str(&word);
                word.clear();
                short.push(c);
            }
        }
    }
    short + &word
}
