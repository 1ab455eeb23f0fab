//! The attribute `#[delayed]`: calls of the function build tasks.

use proc_macro::TokenStream;

mod delayed;

/// Makes a function lazy: calling it gives a `Delayed` of its result instead of running it.
///
/// Each parameter `T` also takes a `Delayed<T>` or a `Future<T>`. A function that returns a `Result` gives a delayed
/// value of its `Ok` type, and its error is the task's error. Inside the body, the function's own name is the lazy one,
/// so that it can launch tasks of itself.
///
/// ```text
/// #[delayed]
/// fn fib(n: u64) -> partita::Result<u64> {
///     if n < 2 {
///         return Ok(n);
///     }
///     let (a, b) = compute((fib(n - 1), fib(n - 2)))?;
///     Ok(a + b)
/// }
/// assert_eq!(fib(8).compute()?, 21);
/// ```
#[proc_macro_attribute]
pub fn delayed(attribute: TokenStream, item: TokenStream) -> TokenStream {
    delayed::expand(attribute.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
