use partita::prelude::*;

struct Model(i64);

impl Model {
    #[delayed]
    fn predict(&self, x: i64) -> i64 {
        self.0 * x
    }
}

fn main() {}
