use partita::prelude::*;

fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {
    let sum = delayed(add, (1, "two"));
    let _ = sum.compute();
}
