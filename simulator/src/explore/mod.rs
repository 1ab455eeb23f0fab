//! A cluster moved by hand, one event at a time and in any order, and the search through all orders.
//!
//! A [`Board`] holds the production machines and everything that is under way between them. Nothing moves by itself and
//! there is no order in time: each [`Move`] delivers one message, ends one run or one transfer, or is a fault. So a test
//! can set up exactly the order of events that it is about, and [`search`] can try them all.
//!
//! ```
//! use partita_simulator::Universe;
//! use partita_simulator::explore::{Board, Move};
//! use partita_protocol::WorkerId;
//! use std::sync::Arc;
//!
//! let mut universe = Universe::new();
//! let one = universe.task("one", &[]);
//! let mut board = Board::new(Arc::new(universe), Default::default());
//! board.play(&Move::Join(1));
//! let client = board.add_client();
//! board.play(&Move::Submit(client, vec![one]));
//! board.play(&Move::Order(WorkerId(0)));
//! assert_eq!(board.site(WorkerId(0)).unwrap().runs().count(), 1);
//! board.calm();
//! board.drain();
//! assert_eq!(board.broken(), None);
//! ```

mod board;
mod canon;
mod command;
mod moves;
mod play;
mod scope;
mod search;
mod settle;
mod shell;
mod site;

pub use board::{Board, Rules};
pub use command::command;
pub use moves::Move;
pub use scope::Scope;
pub use search::{Outcome, replay, search};
pub use site::{Answer, Said, Sent, Site, Transfer};
