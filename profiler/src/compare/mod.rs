//! Two runs side by side: where the time went in each, by group and by key.
//!
//! ```
//! use partita_profiler::compare::compare;
//! use partita_profiler::run::Run;
//!
//! let (before, after) = (Run::default(), Run::default());
//! let comparison = compare(&before, &after);
//! assert!(comparison.groups.is_empty() && comparison.wall.by() == 0);
//! println!("{comparison}");
//! ```

mod change;
mod compare;
mod html;
mod keys;
mod show;

pub use change::Change;
pub use compare::{Comparison, GroupChange, compare};
pub use keys::{KeyChange, Keys, LISTED, Only};

#[cfg(test)]
mod tests;
