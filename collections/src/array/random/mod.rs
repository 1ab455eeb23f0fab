//! Random arrays: the same bits for one seed, whatever the chunks, the workers and the order.
//!
//! Each element has random numbers of its own, made of the seed, the array's number and the element's place by a
//! counter-based generator (Philox4x32-10), so a block is drawn without knowing the others. Distributions are those of
//! the crate `rand_distr`.
//!
//! ```
//! use partita_collections::array::random;
//! use partita_collections::bag::on_reference;
//!
//! let whole = random::default_rng(42).normal(0.0, 1.0, [30, 40], [30, 40]);
//! let pieces = random::default_rng(42).normal(0.0, 1.0, [30, 40], [7, 11]);
//! assert_eq!(on_reference(&whole)?, on_reference(&pieces)?);
//! # Ok::<(), partita_graph::RunError>(())
//! ```
//!
//! The functions of this module draw from one generator that the whole process shares; it starts with a seed of the
//! system's, or with that of [`seed`]. [`default_rng`] makes generators of your own.

/// Distributions: for each a method of [`Generator`] and a function that draws from the generator of the process. The
/// expression gives how an element is drawn, or why there is no such distribution.
macro_rules! distributions {
    ($($(#[$doc:meta])* $name:ident($($parameter:ident: $type:ty),*) -> $out:ty { $draw:expr })*) => {
        impl Generator {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(&self, $($parameter: $type,)* shape: impl IntoShape, chunks: impl Into<Chunks>) -> Array<$out> {
                let identity = Identity::of("random").data(&($($parameter,)*));
                match $draw {
                    Ok(draw) => {
                        let (shape, chunks) = (shape.into_shape(), chunks.into());
                        drawn(stringify!($name), identity, self.source(), &shape, &chunks, draw)
                    }
                    Err(reason) => {
                        let parameters: Vec<String> =
                            vec![$(format!("{} = {}", stringify!($parameter), $parameter)),*];
                        let (parameters, reason) = (parameters.join(", "), ToString::to_string(&reason));
                        refused(ArrayError::Distribution { operation: stringify!($name), parameters, reason })
                    }
                }
            })*
        }

        $($(#[$doc])*
        #[track_caller]
        pub fn $name($($parameter: $type,)* shape: impl IntoShape, chunks: impl Into<Chunks>) -> Array<$out> {
            shared().$name($($parameter,)* shape, chunks)
        })*
    };
}

mod choice;
mod continuous;
mod discrete;
mod drawn;
mod generator;
mod philox;

pub use choice::{choice, choice_distinct, choice_weighted, multinomial, permutation};
pub use continuous::*;
pub use discrete::*;
pub use generator::{Generator, default_rng, seed};
