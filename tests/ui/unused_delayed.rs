#![deny(unused_must_use)]
use partita::prelude::*;

fn main() {
    delayed(|x: i64| x + 1, (1,));
}
