//! Attributes: `#[delayed]`, under which calls of a function build tasks, and `#[main]`, under which a program can be a worker.

use proc_macro::TokenStream;

mod delayed;
mod entry;

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

/// Lets a program have worker processes: calls `partita::init()` before anything else that `main` does.
///
/// Workers in processes of their own are started from the same executable. In a process that was started as a worker
/// `partita::init()` does not return: it works until its cluster ends. In all others it returns at once, and `main` goes on.
///
/// ```text
/// #[partita::main]
/// fn main() -> partita::Result<()> {
///     let cluster = LocalCluster::builder().processes(true).start()?;
///     …
/// }
/// ```
///
/// It is for a plain `fn main()` without arguments, which may return what it likes. An `async fn main` is refused, since the
/// runtime would be started before; below the attribute of the runtime it is none any more:
///
/// ```text
/// #[tokio::main]
/// #[partita::main]
/// async fn main() { … }
/// ```
#[proc_macro_attribute]
pub fn main(attribute: TokenStream, item: TokenStream) -> TokenStream {
    entry::expand(attribute.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
