//! Tests of the machine: scenes, and random calls against what must always hold.

use super::*;
use partita_protocol::WorkerId;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A machine with those who wait on it.
#[derive(Default)]
struct World {
    machine: Machine<u32>,
    desk: Desk,
    next: u64,
}

/// Who waits, who went away without a word, and what each was given.
#[derive(Default)]
struct Desk {
    waiting: BTreeSet<Ticket>,
    gone: BTreeSet<Ticket>,
    given: BTreeMap<Ticket, Answer<u32>>,
}

impl Post<u32> for Desk {
    fn offer(&mut self, ticket: Ticket, answer: Answer<u32>) -> Result<(), Answer<u32>> {
        if self.gone.contains(&ticket) {
            return Err(answer);
        }
        assert!(self.waiting.remove(&ticket), "{ticket:?} was told twice: {answer:?}");
        self.given.insert(ticket, answer);
        Ok(())
    }
}

const ME: Holder = Holder { client: ClientId(0), worker: None };

fn at(worker: u32) -> Holder {
    Holder { worker: Some(WorkerId(worker)), ..ME }
}

fn queue() -> Object {
    Object::new(Kind::Queue, "q")
}

fn lock() -> Object {
    Object::new(Kind::Lock, "l")
}

fn put(item: u32, limit: Option<usize>) -> Call<u32> {
    Call::Put { item, tag: Tag::of::<u32>(), limit }
}

fn get(count: usize) -> Call<u32> {
    Call::Get { tag: Tag::of::<u32>(), count, limit: None }
}

fn acquire(count: usize, limit: usize) -> Call<u32> {
    Call::Acquire { count, limit, wait: true }
}

impl World {
    fn tell(&mut self, event: Event<u32>) {
        self.machine.handle(event, &mut self.desk);
    }

    fn call_as(&mut self, holder: Holder, on: Object, call: Call<u32>) -> Ticket {
        self.next += 1;
        let ticket = Ticket(self.next);
        self.desk.waiting.insert(ticket);
        self.tell(Event::Called { ticket, holder, on, call });
        ticket
    }

    fn call(&mut self, on: Object, call: Call<u32>) -> Ticket {
        self.call_as(ME, on, call)
    }

    /// What somebody was given, if he was.
    fn given(&mut self, ticket: Ticket) -> Option<Answer<u32>> {
        self.desk.given.remove(&ticket)
    }

    fn items(&mut self, ticket: Ticket) -> Vec<u32> {
        match self.given(ticket) {
            Some(Answer::Items { items, .. }) => items,
            None => Vec::new(),
            other => panic!("{other:?}"),
        }
    }

    fn refused(&mut self, ticket: Ticket) -> String {
        match self.given(ticket) {
            Some(Answer::Refused(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    fn lease(&mut self, ticket: Ticket) -> Option<Lease> {
        match self.given(ticket) {
            Some(Answer::Lease(lease)) => lease,
            None => None,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn items_come_in_order_to_those_who_asked_in_order() {
    let mut world = World::default();
    let (first, pair, last) = (world.call(queue(), get(1)), world.call(queue(), get(2)), world.call(queue(), get(1)));
    for item in 1..=4 {
        world.call(queue(), put(item, None));
    }
    assert_eq!((world.items(first), world.items(pair), world.items(last)), (vec![1], vec![2, 3], vec![4]));
}

#[test]
fn a_full_queue_lets_givers_wait_in_order() {
    let mut world = World::default();
    let givers: Vec<Ticket> = (1..=3).map(|item| world.call(queue(), put(item, Some(1)))).collect();
    assert!(world.given(givers[0]).is_some() && world.given(givers[1]).is_none());
    world.desk.gone.insert(givers[1]);
    let ticket = world.call(queue(), get(1));
    assert_eq!(world.items(ticket), [1]);
    let ticket = world.call(queue(), get(1));
    assert_eq!(world.items(ticket), [3], "who gave up waiting keeps his item");
    let ticket = world.call(queue(), put(1, Some(2)));
    assert!(world.refused(ticket).contains("limit of 1, and was asked for with 2"));
    let ticket = world.call(queue(), get(2));
    assert!(world.refused(ticket).contains("can never give 2"));
}

#[test]
fn an_item_that_nobody_looked_at_goes_back_to_the_front() {
    let mut world = World::default();
    let gone = world.call(queue(), get(1));
    world.desk.gone.insert(gone);
    world.call(queue(), put(1, None));
    world.call(queue(), put(2, None));
    let ticket = world.call(queue(), get(1));
    let unread = world.given(ticket).unwrap();
    world.tell(Event::Unwanted(unread));
    let ticket = world.call(queue(), get(2));
    assert_eq!(world.items(ticket), [1, 2]);
    assert!(world.machine.queues.is_empty(), "an idle queue is forgotten");
}

#[test]
fn a_closed_queue_gives_what_is_left_and_tells_who_waits() {
    let mut world = World::default();
    let waits = world.call(queue(), get(2));
    world.call(queue(), put(7, None));
    let closer = world.call(queue(), Call::Close);
    assert_eq!(world.items(closer), [7]);
    assert_eq!(world.refused(waits), "queue `q` was closed");
}

#[test]
fn a_thing_is_of_the_type_of_its_first_use() {
    let mut world = World::default();
    world.call(queue(), put(1, None));
    let ticket = world.call(queue(), Call::Get { tag: Tag::of::<String>(), count: 1, limit: None });
    assert!(world.refused(ticket).contains("queue `q` holds `u32`, and was asked for `alloc::string::String`"));
}

#[test]
fn a_lock_goes_from_the_dead_to_the_next_in_line() {
    let mut world = World::default();
    for worker in [1, 2, 3] {
        world.tell(Event::WorkerJoined { worker: WorkerId(worker) });
    }
    let holders: Vec<Ticket> = (1..=3).map(|worker| world.call_as(at(worker), lock(), acquire(1, 1))).collect();
    assert!(world.lease(holders[0]).is_some());
    world.tell(Event::WorkerLost { worker: WorkerId(2) });
    assert!(matches!(world.given(holders[1]), Some(Answer::Dead)), "the dead do not wait");
    world.tell(Event::WorkerLost { worker: WorkerId(1) });
    let lease = world.lease(holders[2]).unwrap();
    let late = world.call_as(at(1), lock(), acquire(1, 1));
    assert!(matches!(world.given(late), Some(Answer::Dead)), "nor do they ask");
    world.tell(Event::ClientLeft { client: ME.client });
    assert!(world.machine.leases.is_empty());
    world.tell(Event::Freed(lease));
    let late = world.call(lock(), acquire(1, 1));
    assert!(matches!(world.given(late), Some(Answer::Dead)), "the client left");
}

#[test]
fn who_asks_for_many_leases_is_not_overtaken() {
    let mut world = World::default();
    let of = Object::new(Kind::Semaphore, "s");
    let one = world.call(of.clone(), acquire(1, 2));
    let (two, last) = (world.call(of.clone(), acquire(2, 2)), world.call(of.clone(), acquire(1, 2)));
    let one = world.lease(one).unwrap();
    assert!(world.lease(last).is_none(), "one is free, and the one before asked for two");
    world.tell(Event::Withdrawn { ticket: two, on: of.clone() });
    world.desk.waiting.remove(&two);
    assert!(world.lease(last).is_some());
    world.tell(Event::Freed(one));
    let ticket = world.call(of.clone(), acquire(3, 2));
    assert!(world.refused(ticket).contains("can never give 3 at a time: its limit is 2"));
}

#[test]
fn variables_events_and_workers_wake_all_who_wait() {
    let mut world = World::default();
    let (variable, event) = (Object::new(Kind::Variable, "v"), Object::new(Kind::Event, "e"));
    let workers = Object::new(Kind::Workers, "");
    let readers = [world.call(variable.clone(), get(1)), world.call(variable.clone(), get(1))];
    world.call(variable, Call::Replace { item: 5, tag: Tag::of::<u32>() });
    assert!(readers.iter().all(|reader| matches!(world.desk.given[reader], Answer::Value(Some(5)))));
    let waiters = [world.call(event.clone(), Call::Wait { count: 1 }), world.call(workers, Call::Wait { count: 1 })];
    world.call(event, Call::Set(true));
    world.tell(Event::WorkerJoined { worker: WorkerId(0) });
    assert!(waiters.iter().all(|waiter| matches!(world.desk.given[waiter], Answer::Done)));
}

#[test]
fn the_end_is_told_to_all() {
    let mut world = World::default();
    let waits = [world.call(queue(), get(1)), world.call(Object::new(Kind::Event, "e"), Call::Wait { count: 1 })];
    world.tell(Event::Ended(RunError::Closed));
    let late = world.call(queue(), Call::Count);
    assert!(waits.into_iter().chain([late]).all(|ticket| matches!(world.desk.given[&ticket], Answer::Ended(_))));
}

/// What somebody does at random.
#[derive(Clone, Debug)]
enum Step {
    Put,
    Get(usize),
    Drain,
    Acquire {
        worker: u32,
        count: usize,
    },
    Free(usize),
    /// Somebody stops waiting; the machine hears of it now or never.
    GiveUp {
        who: usize,
        heard: bool,
    },
    /// Somebody was given something, and drops it unread.
    Ignore(usize),
    Lose(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Put),
        3 => (1usize..4).prop_map(Step::Get),
        1 => Just(Step::Drain),
        3 => (0u32..4, 1usize..4).prop_map(|(worker, count)| Step::Acquire { worker, count }),
        2 => any::<usize>().prop_map(Step::Free),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(who, heard)| Step::GiveUp { who, heard }),
        1 => any::<usize>().prop_map(Step::Ignore),
        1 => (0u32..4).prop_map(Step::Lose),
    ]
}

const LEASES: usize = 3;

/// What must hold whatever happens, as the test itself keeps count of it.
#[derive(Default)]
struct Count {
    world: World,
    /// Items on the way in, by who brings them.
    brought: BTreeMap<Ticket, u32>,
    inside: BTreeSet<u32>,
    taken: BTreeSet<u32>,
    /// Who asked for how many leases, on which worker.
    asked: BTreeMap<Ticket, (Object, u32, usize)>,
    held: Vec<(Lease, u32, usize)>,
    calls: BTreeMap<Ticket, Object>,
    item: u32,
}

impl Count {
    fn step(&mut self, step: Step) {
        let semaphore = Object::new(Kind::Semaphore, "s");
        match step {
            Step::Put => {
                self.item += 1;
                let ticket = self.world.call(queue(), put(self.item, Some(4)));
                self.brought.insert(ticket, self.item);
                self.calls.insert(ticket, queue());
            }
            Step::Get(count) => {
                let ticket = self.world.call(queue(), get(count));
                self.calls.insert(ticket, queue());
            }
            Step::Drain => drop(self.world.call(queue(), Call::Drain { tag: Tag::of::<u32>() })),
            Step::Acquire { worker, count } => {
                self.world.tell(Event::WorkerJoined { worker: WorkerId(worker) });
                let ticket = self.world.call_as(at(worker), semaphore.clone(), acquire(count, LEASES));
                self.asked.insert(ticket, (semaphore.clone(), worker, count));
                self.calls.insert(ticket, semaphore);
            }
            Step::Free(which) if !self.held.is_empty() => {
                let (lease, ..) = self.held.swap_remove(which % self.held.len());
                self.world.tell(Event::Freed(lease));
            }
            Step::GiveUp { who, heard } => {
                let waiting: Vec<Ticket> = self.world.desk.waiting.iter().copied().collect();
                if let Some(&ticket) = waiting.get(who % waiting.len().max(1)) {
                    self.world.desk.waiting.remove(&ticket);
                    self.world.desk.gone.insert(ticket);
                    if heard {
                        let on = self.calls[&ticket].clone();
                        self.world.tell(Event::Withdrawn { ticket, on });
                    }
                }
            }
            Step::Ignore(which) => {
                let ticket = self.world.call(queue(), get(1));
                self.calls.insert(ticket, queue());
                match self.world.given(ticket) {
                    Some(answer) if which % 2 == 0 => self.world.tell(Event::Unwanted(answer)),
                    Some(answer) => drop(self.world.desk.given.insert(ticket, answer)),
                    None => {}
                }
            }
            Step::Lose(worker) => {
                self.world.tell(Event::WorkerLost { worker: WorkerId(worker) });
                self.held.retain(|(_, holder, _)| *holder != worker);
            }
            Step::Free(_) => {}
        }
        self.collect();
        self.check();
    }

    /// Takes in what was given.
    fn collect(&mut self) {
        for (ticket, answer) in std::mem::take(&mut self.world.desk.given) {
            match answer {
                Answer::Done => assert!(self.inside.insert(self.brought[&ticket])),
                Answer::Items { items, .. } => {
                    for item in items {
                        assert!(self.taken.insert(item), "item {item} was given twice");
                    }
                }
                Answer::Lease(Some(lease)) => {
                    let (_, worker, count) = self.asked[&ticket];
                    self.held.push((lease, worker, count));
                }
                Answer::Dead => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn check(&self) {
        let machine = &self.world.machine;
        let there: BTreeSet<u32> = machine.queues.values().flat_map(Queue::items).copied().collect();
        let lost: Vec<&u32> =
            self.inside.iter().filter(|item| !there.contains(item) && !self.taken.contains(item)).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        assert!(there.is_disjoint(&self.taken) && self.taken.is_subset(&self.inside));
        let held: usize = self.held.iter().map(|(_, _, count)| count).sum();
        assert!(held <= LEASES, "{held} of {LEASES} leases are held");
        for leases in machine.leases.values() {
            assert_eq!(leases.used(), (held, Some(LEASES)));
        }
    }
}

proptest! {
    #[test]
    fn no_item_is_lost_or_given_twice_and_no_lease_is_held_twice(steps in prop::collection::vec(step(), 1..120)) {
        let mut count = Count::default();
        steps.into_iter().for_each(|step| count.step(step));
        // Calm: everyone who waits gives up, and the machine hears of all who did; all leases end. Then all that was
        // put in can be taken out.
        for ticket in count.calls.keys().copied().collect::<Vec<_>>() {
            if count.world.desk.waiting.remove(&ticket) {
                count.world.desk.gone.insert(ticket);
            }
            let on = count.calls[&ticket].clone();
            count.world.tell(Event::Withdrawn { ticket, on });
        }
        count.collect();
        for (lease, ..) in std::mem::take(&mut count.held) {
            count.world.tell(Event::Freed(lease));
        }
        count.step(Step::Drain);
        prop_assert_eq!(&count.taken, &count.inside);
        prop_assert!(count.world.machine.leases.values().all(|leases| leases.used().0 == 0));
    }
}
