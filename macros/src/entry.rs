//! What `#[main]` writes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, ItemFn, parse_quote, parse2};

/// The function as it was, which first asks whether this process is to be a worker.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream, Error> {
    if !attribute.is_empty() {
        return Err(Error::new(
            attribute.span(),
            "`#[partita::main]` takes no arguments; a cluster is set up by its builder",
        ));
    }
    let mut function: ItemFn = parse2(item).map_err(|error| {
        Error::new(error.span(), "`#[partita::main]` is for `fn main()`, and this is no function with a body")
    })?;
    refuse(&function)?;
    function.block.stmts.insert(0, parse_quote!(::partita::init();));
    Ok(quote!(#function))
}

/// Refuses whatever is not a plain `fn main()`, with the reason and what to write instead.
fn refuse(function: &ItemFn) -> Result<(), Error> {
    let sig = &function.sig;
    let refused = |tokens: &dyn quote::ToTokens, text: &str| Err(Error::new_spanned(tokens.to_token_stream(), text));
    if let Some(asyncness) = &sig.asyncness {
        return refused(
            asyncness,
            "`#[partita::main]` is for a `fn main()` without `async`: a worker must not start the runtime. Write it below \
             the runtime's own attribute, as in `#[tokio::main] #[partita::main]`, or remove `async` and start the runtime \
             inside `main`",
        );
    }
    if sig.ident != "main" {
        let text = format!(
            "`#[partita::main]` is for `fn main()`, and this is `{}`; call `partita::init()` as the first thing that `main` \
             does instead",
            sig.ident
        );
        return refused(&sig.ident, &text);
    }
    if !sig.inputs.is_empty() {
        return refused(
            &sig.inputs,
            "`#[partita::main]` is for a `fn main()` without arguments; those of the program are in `std::env::args()`",
        );
    }
    if !sig.generics.params.is_empty() || sig.generics.where_clause.is_some() {
        return refused(&sig.generics, "`#[partita::main]` is for a `fn main()` that is not generic");
    }
    let odd: [Option<&dyn quote::ToTokens>; 4] = [
        sig.constness.as_ref().map(|token| token as _),
        sig.unsafety.as_ref().map(|token| token as _),
        sig.abi.as_ref().map(|token| token as _),
        sig.variadic.as_ref().map(|token| token as _),
    ];
    match odd.into_iter().flatten().next() {
        Some(token) => refused(token, "`#[partita::main]` is for a plain `fn main()`: remove what stands here"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::expand;
    use quote::{ToTokens, quote};
    use syn::{ItemFn, parse2};

    fn expanded(item: proc_macro2::TokenStream) -> Result<String, String> {
        expand(quote!(), item).map(|tokens| tokens.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_worker_is_made_before_anything_else_happens() {
        let cases = [
            (
                quote!(
                    fn main() {}
                ),
                quote!(
                    fn main() {
                        ::partita::init();
                    }
                ),
            ),
            (
                quote! {
                    /// Adds.
                    #[allow(unused)]
                    pub fn main() -> Result<(), Box<dyn std::error::Error>> {
                        let sum = 1 + 1;
                        work(sum)
                    }
                },
                quote! {
                    /// Adds.
                    #[allow(unused)]
                    pub fn main() -> Result<(), Box<dyn std::error::Error>> {
                        ::partita::init();
                        let sum = 1 + 1;
                        work(sum)
                    }
                },
            ),
            (
                quote!(
                    fn main() -> std::process::ExitCode {
                        #![allow(unused)]
                        fn inner(x: i64) {}
                        code()
                    }
                ),
                quote!(
                    fn main() -> std::process::ExitCode {
                        #![allow(unused)]
                        ::partita::init();
                        fn inner(x: i64) {}
                        code()
                    }
                ),
            ),
        ];
        for (item, expected) in cases {
            let expected = parse2::<ItemFn>(expected).expect("a function").to_token_stream().to_string();
            assert_eq!(expanded(item), Ok(expected));
        }
    }

    #[test]
    fn whatever_is_no_plain_main_is_refused_with_a_remedy() {
        let cases = [
            ("async fn main() {}", "#[tokio::main] #[partita::main]"),
            ("async fn main() {}", "start the runtime inside `main`"),
            ("fn start() {}", "this is `start`; call `partita::init()` as the first thing"),
            ("fn main(arguments: Vec<String>) {}", "those of the program are in `std::env::args()`"),
            ("fn main(&self) {}", "without arguments"),
            ("fn main<T>() {}", "not generic"),
            ("fn main() where (): Copy {}", "not generic"),
            ("const fn main() {}", "remove what stands here"),
            ("unsafe fn main() {}", "remove what stands here"),
            ("extern \"C\" fn main() {}", "remove what stands here"),
            ("unsafe extern \"C\" fn main(count: i32, ...) {}", "without arguments"),
            ("struct Main;", "no function with a body"),
            ("fn main();", "no function with a body"),
            ("", "no function with a body"),
        ];
        for (item, remedy) in cases {
            let refused = expanded(item.parse().expect("tokens")).expect_err(item);
            assert!(refused.contains("`#[partita::main]`") && refused.contains(remedy), "{item}: {refused}");
        }
        let refused = expand(
            quote!(workers = 4),
            quote!(
                fn main() {}
            ),
        )
        .expect_err("no arguments")
        .to_string();
        assert!(refused.contains("takes no arguments; a cluster is set up by its builder"), "{refused}");
    }
}
