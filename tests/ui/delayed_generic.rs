use partita::prelude::*;

#[delayed]
fn twice<T: Clone>(x: T) -> (T, T) {
    (x.clone(), x)
}

fn main() {}
