//! Panics of users' functions, caught with their message and place, and not printed.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// A caught panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic {
    /// Its message.
    pub message: String,
    /// Where, as `file:line:column`, if that is known.
    pub location: Option<String>,
}

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `f`; a panic comes back as a value, and is not printed: it is the caller's to report.
///
/// # Errors
/// [`Panic`] if `f` panicked.
pub fn catch<R>(f: impl FnOnce() -> R) -> Result<R, Panic> {
    install_hook();
    let outer = CATCHING.replace(true);
    // A task that panics is not run on with its half-changed data: its inputs are shared and read-only.
    let result = catch_unwind(AssertUnwindSafe(f));
    CATCHING.set(outer);
    result.map_err(|payload| {
        let location = LOCATION.with(|location| location.borrow_mut().take());
        let message = message_of(&*payload);
        // A payload may panic when it is dropped; that one is swallowed as well.
        let _ = catch_unwind(AssertUnwindSafe(move || drop(payload)));
        Panic { message, location }
    })
}

/// Values of users whose `Drop` may do anything: each is dropped with its panic caught, so that two of them that panic do
/// not end the process.
pub struct Discarded<T>(pub Vec<T>);

impl<T> Drop for Discarded<T> {
    fn drop(&mut self) {
        for value in self.0.drain(..) {
            // Nobody is left whom it concerns.
            drop(catch(move || drop(value)));
        }
    }
}

/// The text of a panic's payload.
pub fn message_of(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_string(),
        (_, Some(text)) => text.clone(),
        _ => "(a panic without a message)".to_string(),
    }
}

/// Puts a hook before the one that is there: panics inside [`catch`] are noted, all others go on as before.
fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| match CATCHING.get() {
            true => LOCATION.with(|location| *location.borrow_mut() = info.location().map(ToString::to_string)),
            false => before(info),
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_with_its_message_and_place() {
        let panic = catch(|| panic!("seven {}", 7)).unwrap_err();
        assert_eq!(panic.message, "seven 7");
        assert!(panic.location.unwrap().contains("panics.rs"));
        assert_eq!(catch(|| std::panic::panic_any(5)).unwrap_err().message, "(a panic without a message)");
        assert_eq!(catch(|| 3), Ok(3));
    }

    #[test]
    fn values_that_all_panic_when_dropped_are_all_dropped() {
        struct Bomb(std::sync::Arc<std::sync::atomic::AtomicUsize>);
        impl Drop for Bomb {
            fn drop(&mut self) {
                self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                panic!("in a drop");
            }
        }
        let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        drop(Discarded((0..3).map(|_| Bomb(count.clone())).collect()));
        assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), 3);
    }

    #[test]
    fn a_payload_that_panics_when_dropped_is_survived() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        assert!(catch(|| std::panic::panic_any(Bomb)).is_err());
        assert_eq!(catch(|| 3), Ok(3));
    }
}
