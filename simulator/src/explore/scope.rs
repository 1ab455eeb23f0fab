//! What a search tries: how much there is, and which moves are made.

use super::board::{Board, Rules};
use super::moves::Move;
use super::site::Said;
use crate::universe::{Number, Universe};
use crate::world::Told;
use partita_protocol::{Attempt, ClientId, Resources, TaskId, WorkerId};
use std::num::NonZero;
use std::sync::Arc;

/// What a search tries.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What there is to compute.
    pub universe: Arc<Universe>,
    /// What clients may ask for, each by itself.
    pub outputs: Vec<Number>,
    /// How many clients there are.
    pub clients: u32,
    /// How many workers there are, each with one thread; one that died may be replaced.
    pub workers: usize,
    /// The machines' settings.
    pub rules: Rules,
    /// Whether workers die, runs and transfers fail.
    pub faults: bool,
    /// Whether workers' memory fills and is freed.
    pub pauses: bool,
    /// Whether workers are asked to leave, and results to be held more than once.
    pub moving: bool,
    /// Whether runs ask to be run somewhere else.
    pub reschedules: bool,
    /// The moves that lead to the situation in which the search begins.
    pub opening: Vec<Move>,
    /// How many moves are made from there.
    pub depth: usize,
    /// On how many threads; with one, on the caller's.
    pub jobs: usize,
}

impl Scope {
    /// So many keys in a chain, each of which one client may ask for, on so many workers. Every kind of move but one: runs
    /// do not ask to be run somewhere else.
    pub fn chain(keys: u32, workers: usize, depth: usize) -> Self {
        let mut universe = Universe::new();
        let mut last = Vec::new();
        for _ in 0..keys {
            last = vec![universe.task("key", &last)];
        }
        let mut rules = Rules::default();
        // One death is forgiven, so that what follows the second is within reach.
        rules.scheduler.allowed_failures = 1;
        rules.scheduler.no_workers_timeout = None;
        Scope {
            outputs: universe.numbers().collect(),
            universe: Arc::new(universe),
            clients: 1,
            workers,
            rules,
            faults: true,
            pauses: true,
            moving: true,
            reschedules: false,
            opening: Vec::new(),
            depth,
            jobs: std::thread::available_parallelism().map_or(1, NonZero::get),
        }
    }

    /// Two dependent keys on so many workers, from the moment at which the first is in the memory of one worker and has
    /// been asked for by another that is to run the second.
    pub fn transfer(workers: usize, depth: usize) -> Self {
        let (here, there, client) = (WorkerId(0), WorkerId(1), ClientId(0));
        let opening = vec![
            Move::Submit(client, vec![1]),
            Move::Order(here),
            Move::Pause(here),
            Move::Report(here),
            Move::Finish(here, TaskId::new(0, 0), Attempt(1)),
            Move::Report(here),
            Move::Order(there),
            Move::Resume(here),
            Move::Report(here),
        ];
        Scope { opening, ..Scope::chain(2, workers, depth) }
    }

    /// Four keys on two workers, from the moment at which the first worker has ended its two and asks for the last key of
    /// the other, which has not been told yet. Only that key is let go and asked for again.
    pub fn steal(depth: usize) -> Self {
        let mut universe = Universe::new();
        let keys: Vec<Number> = (0..4).map(|_| universe.task("key", &[])).collect();
        let (thief, victim) = (WorkerId(0), WorkerId(1));
        let mut opening = vec![Move::Submit(ClientId(0), keys.clone())];
        opening.extend([thief, thief, victim, victim].map(Move::Order));
        for (number, attempt) in [(0, 1), (2, 3)] {
            opening.push(Move::Finish(thief, TaskId::new(number, 0), Attempt(attempt)));
            opening.push(Move::Report(thief));
        }
        Scope { universe: Arc::new(universe), outputs: keys[3..].to_vec(), opening, ..Scope::chain(0, 2, depth) }
    }

    /// The board before the first move: workers and clients are there, and the opening was made.
    pub fn start(&self) -> Board {
        let mut board = Board::new(self.universe.clone(), self.rules.clone());
        for _ in 0..self.workers {
            board.add_worker(1, Resources::default());
        }
        for _ in 0..self.clients {
            board.add_client();
        }
        self.opening.iter().for_each(|step| {
            board.play(step);
        });
        board
    }

    /// All moves that can be made.
    pub fn choices(&self, board: &Board) -> Vec<Move> {
        let mut list = Vec::new();
        self.client_choices(board, &mut list);
        self.worker_choices(board, &mut list);
        self.message_choices(board, &mut list);
        list
    }

    fn client_choices(&self, board: &Board, list: &mut Vec<Move>) {
        for (client, wants) in board.clients.iter().enumerate() {
            let client = ClientId(client as u32);
            for number in &self.outputs {
                let one = vec![*number];
                match wants.get(number) {
                    None => list.push(Move::Submit(client, one)),
                    Some(told) => {
                        list.push(Move::Release(client, one.clone()));
                        if *told == Told::Erred {
                            list.push(Move::Retry(client, one.clone()));
                        }
                        if self.moving && *told == Told::InMemory {
                            list.push(Move::Copies(one, 2));
                        }
                    }
                }
            }
        }
    }

    fn worker_choices(&self, board: &Board, list: &mut Vec<Move>) {
        for (id, site) in board.sites() {
            if self.faults {
                list.push(Move::Kill(id));
            }
            if self.pauses {
                list.push(if site.machine.is_paused() { Move::Resume(id) } else { Move::Pause(id) });
            }
            if self.moving && !board.retiring.contains(&id) {
                list.push(Move::Retire(id));
            }
            for (task, attempt) in site.runs() {
                list.push(Move::Finish(id, task, attempt));
                if self.faults {
                    list.push(Move::Fail(id, task, attempt));
                }
                if self.reschedules {
                    list.push(Move::Reschedule(id, task, attempt));
                }
            }
        }
        if board.sites.len() < self.workers {
            list.push(Move::Join(1));
        }
    }

    fn message_choices(&self, board: &Board, list: &mut Vec<Move>) {
        for (id, site) in board.sites() {
            if !site.inbox.is_empty() {
                list.push(Move::Order(id));
            }
            for (peer, transfer) in site.transfers() {
                match &transfer.answer {
                    Some(_) => list.push(Move::Arrive(id, peer)),
                    None if board.site(peer).is_some() => list.push(Move::Serve(id, peer)),
                    None => {}
                }
                if self.faults {
                    list.push(Move::Break(id, peer));
                }
            }
        }
        for (id, said) in board.said.iter().filter(|(_, said)| !said.is_empty()) {
            list.push(Move::Report(*id));
            if self.faults && said.len() > 1 && matches!(said.back(), Some(Said::Lost(..))) {
                list.push(Move::Hush(*id));
            }
        }
    }
}
