//! What `#[delayed]` writes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, FnArg, GenericArgument, ItemFn, PathArguments, ReturnType, Type, parse2};

/// The function as it was, inside one of the same name that delays it.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream, Error> {
    if !attribute.is_empty() {
        return Err(Error::new(attribute.span(), "`#[delayed]` takes no arguments; options go on the delayed call"));
    }
    let function: ItemFn = parse2(item)?;
    refuse(&function)?;
    let ItemFn { attrs, vis, sig, block } = &function;
    let (name, inputs, output) = (&sig.ident, &sig.inputs, &sig.output);
    let mut parameters = Vec::new();
    let mut names = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let FnArg::Typed(input) = input else {
            return Err(Error::new(input.span(), "`#[delayed]` is for functions without `self`"));
        };
        let (argument, ty) = (quote::format_ident!("argument_{index}"), &input.ty);
        parameters.push(quote!(#argument: impl ::partita::IntoArg<#ty>));
        names.push(argument);
    }
    let (result, call) = match output {
        ReturnType::Default => (quote!(()), quote!(delayed)),
        ReturnType::Type(_, ty) => match ok_type(ty) {
            Some(ok) => (quote!(#ok), quote!(try_delayed)),
            None => (quote!(#ty), quote!(delayed)),
        },
    };
    Ok(quote! {
        #(#attrs)*
        #[track_caller]
        #[must_use = "delayed calls are lazy and do nothing until computed"]
        #vis fn #name(#(#parameters),*) -> ::partita::Delayed<#result> {
            fn body(#inputs) #output #block
            ::partita::delayed::#call(body, (#(#names,)*)).called(stringify!(#name))
        }
    })
}

/// Refuses what cannot be a task, with the reason.
fn refuse(function: &ItemFn) -> Result<(), Error> {
    let sig = &function.sig;
    if let Some(asyncness) = &sig.asyncness {
        return Err(Error::new(asyncness.span(), "`#[delayed]` is for ordinary functions, not `async` ones"));
    }
    if !sig.generics.params.is_empty() {
        return Err(Error::new(sig.generics.span(), "`#[delayed]` functions cannot be generic: a task has one type"));
    }
    if sig.inputs.len() > 8 {
        return Err(Error::new(sig.inputs.span(), "`#[delayed]` functions take up to 8 arguments; group some of them"));
    }
    Ok(())
}

/// `T` of a type written `Result<T>` or `Result<T, E>`, with or without a path.
fn ok_type(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
